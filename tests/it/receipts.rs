//! A guest comes back with a receipt: sees, corrects, takes back.

use soundings::service::authoring::publish;

use super::harness::{Site, backends, hidden};
use super::questionnaires::form;

const SURVEY: &str = "/s/hotel-post-stay?unit=old-town&lang=en";

/// Hands in, and returns the receipt.
fn hand_in(site: &Site, more: &[(&str, &str)]) -> String {
    let sent = site.post(SURVEY, &site.open(SURVEY).filled(more));
    assert_eq!(sent.status, 303, "{}", sent.body);
    sent.location.split(['/', '?']).nth(4).unwrap().to_owned()
}

/// The cell of a response in the export; `None` if the response is not there.
fn exported(site: &Site, receipt: &str, column: &str) -> Option<String> {
    let csv = site.get("/api/v1/surveys/hotel-post-stay/responses.csv").body;
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let at = reader.headers().unwrap().iter().position(|name| name == column).unwrap();
    reader.records().map(Result::unwrap).find(|row| &row[0] == receipt).map(|row| row[at].to_owned())
}

#[test]
fn a_guest_sees_and_corrects_the_answers_with_the_receipt() {
    for backend in backends() {
        let site = Site::demo(backend, 30);
        let receipt = hand_in(&site, &[("comment", "Cold <b>soup</b>"), ("quality_room", "na"), ("improve", "food")]);
        let before = site.get("/api/v1/reports/hotel-post-stay").json();
        // Found by the code as people type it.
        let typed = receipt.to_lowercase().replace('-', "%20");
        let found = site.get(&format!("/r?lang=en&code={typed}"));
        assert_eq!((found.status, found.location.as_str()), (303, format!("/r/{receipt}?lang=en").as_str()));
        let page = site.get(&found.location);
        assert_eq!((page.status, page.header("cache-control")), (200, "no-store"));
        for said in ["Cold &lt;b&gt;soup&lt;/b&gt;", "9 of 10", "Not applicable", "You can correct them until"] {
            assert!(page.body.contains(said), "{said}: {}", page.body);
        }
        assert!(site.get(&format!("/r/{receipt}?lang=zh-Hans")).body.contains("修改我的答卷"));
        // The survey with the answers in it; one is changed.
        let open = site.get(&format!("/r/{receipt}/correct?lang=en")).body;
        assert!(open.contains("name=\"quality_overall\" value=\"9\" checked"), "{open}");
        let mut fields = form(&open);
        fields.retain(|(name, _)| name != "quality_overall" && name != "comment");
        fields.extend([("quality_overall".into(), "2".into()), ("comment".into(), "The soup was cold".into())]);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        for _ in 0..2 {
            let sent = site.post(SURVEY, &fields);
            assert!(sent.status == 303 && sent.location.contains(&receipt), "{} {}", sent.status, sent.body);
        }
        assert_eq!(exported(&site, &receipt, "comment").as_deref(), Some("The soup was cold"));
        assert_eq!(exported(&site, &receipt, "quality_overall").as_deref(), Some("2"));
        let after = site.get("/api/v1/reports/hotel-post-stay").json();
        assert_eq!(after["responses"], 31);
        assert_ne!(after["constructs"], before["constructs"], "the figures follow");
        // A form that corrects needs the attempt that it corrects; another's is refused.
        let other = hand_in(&site, &[]);
        let forged: Vec<(&str, &str)> =
            fields.iter().map(|(n, v)| if *n == "_correct" { (*n, other.as_str()) } else { (*n, *v) }).collect();
        assert_eq!(site.post(SURVEY, &forged).status, 400);
    }
}

#[test]
fn what_is_taken_back_is_gone_and_stays_gone() {
    for backend in backends() {
        let site = Site::demo(backend, 30);
        let opened = site.open(SURVEY);
        let fields = opened.filled(&[("comment", "never mind")]);
        let sent = site.post(SURVEY, &fields);
        let receipt = sent.location.split(['/', '?']).nth(4).unwrap().to_owned();
        assert_eq!(site.responses(), 31);
        let address = format!("/r/{receipt}?lang=en");
        for _ in 0..2 {
            let gone = site.post(&address, &[]);
            assert_eq!((gone.status, gone.location.as_str()), (303, address.as_str()));
        }
        let page = site.get(&address);
        assert!(page.status == 410 && page.body.contains("Your answers have been deleted"), "{}", page.body);
        assert_eq!(exported(&site, &receipt, "comment"), None);
        assert_eq!(site.responses(), 30);
        // A repeat of the first submission, from a tab that is still open, does not bring it back.
        let again = site.post(SURVEY, &fields);
        assert_eq!(again.status, 410, "{}", again.body);
        assert_eq!(site.responses(), 30);
        assert_eq!(site.get(&format!("/r/{receipt}/correct")).status, 410);
    }
}

#[test]
fn unknown_codes_and_late_corrections_are_refused_in_words() {
    for backend in backends() {
        let site = Site::demo(backend, 0);
        let page = site.get("/r?lang=en");
        assert!(page.status == 200 && page.body.contains("Type the code"), "{}", page.body);
        for code in ["", "x", "AAAA-AAAA-AAAA", "%27%3B--"] {
            let page = site.get(&format!("/r?lang=en&code={code}x"));
            assert!(page.status == 404 && page.body.contains("There are no answers with this code"), "{}", page.body);
        }
        assert_eq!(site.get("/r/AAAA-AAAA-AAAA").status, 404);
        assert_eq!(site.post("/r/AAAA-AAAA-AAAA", &[]).status, 404);
        let receipt = hand_in(&site, &[]);
        let open = site.get(&format!("/r/{receipt}/correct?lang=en")).body;
        assert_eq!(hidden(&open, "_correct"), receipt);
        let age = |db: &mut _| {
            let text = "UPDATE responses SET submitted_at = '2026-01-01 00:00:00'";
            Ok(diesel::RunQueryDsl::execute(diesel::sql_query(text), db)?)
        };
        site.app.store.write_blocking(age).unwrap();
        let fields = form(&open);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        let late = site.post(SURVEY, &fields);
        assert!(late.status == 410 && late.body.contains("can no longer be corrected"), "{}", late.body);
        assert!(site.get(&format!("/r/{receipt}?lang=en")).body.contains("The time for corrections is over"));
        assert_eq!(site.post(&format!("/r/{receipt}"), &[]).status, 303, "taking back has no end");
    }
}

const QUOTA: &str = r#"
id = "quota"
version = "1"
languages = ["en"]
title.en = "Why?"
[[pages]]
id = "p"
[[pages.questions]]
id = "why"
type = "single-choice"
required = true
text.en = "Why did you come?"
choices = [{ id = "work", text.en = "Work" }, { id = "fun", text.en = "Fun" }]
[[quotas]]
id = "work"
when = "why == 'work'"
limit = 1
message.en = "Enough of work."
"#;

#[test]
fn quotas_follow_what_is_corrected_and_taken_back() {
    for backend in backends() {
        let site = Site::demo(backend, 0);
        let (survey, _) = soundings::service::authoring::read_template(QUOTA).unwrap();
        site.app.store.write_blocking(move |db| publish(db, &survey, QUOTA)).unwrap();
        let send = |page: &str, why: &str| {
            let mut fields = form(page);
            fields.retain(|(name, _)| name != "why");
            fields.push(("why".to_owned(), why.to_owned()));
            let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
            site.post("/s/quota", &fields)
        };
        let receipt = |reply: &super::harness::Reply| reply.location.split(['/', '?']).nth(4).unwrap().to_owned();
        let fresh = || site.get("/s/quota").body;
        let first = receipt(&send(&fresh(), "work"));
        assert!(send(&fresh(), "work").body.contains("Enough of work."));
        // Corrected to something else: a place is free, and taken again.
        let open = site.get(&format!("/r/{first}/correct")).body;
        assert_eq!(receipt(&send(&open, "fun")), first);
        let second = receipt(&send(&fresh(), "work"));
        assert!(send(&fresh(), "work").body.contains("Enough of work."));
        // Taken back: free once more.
        assert_eq!(site.post(&format!("/r/{second}"), &[]).status, 303);
        assert_eq!(send(&fresh(), "work").status, 303);
        assert!(send(&fresh(), "work").body.contains("Enough of work."));
    }
}
