//! Personal links: made, followed, resumed on another device, used once, revoked, expired.

use super::harness::{Reply, Site, backends, hidden, refusal, run};
use super::questionnaires::{form, site_of_every_kind};
use super::webdriver::Browser;

/// Links for these rows, made through the shell.
pub(super) fn invite(site: &Site, survey: &str, rows: &str, more: &[&str]) -> Vec<String> {
    let file = site.database.folder.path().join("guests.csv");
    std::fs::write(&file, rows).unwrap();
    let (file, base) = (file.display().to_string(), format!("{}/", site.address));
    let arguments = ["invite", "create", survey, &file, "--base-url", &base, "--database", &site.database.url];
    let out = run(&[&arguments[..], more].concat());
    let mut reader = csv::Reader::from_reader(out.as_bytes());
    let at = reader.headers().unwrap().iter().position(|name| name == "link").unwrap();
    let path = |url: &str| url.strip_prefix(&site.address).unwrap().to_owned();
    reader.records().map(|row| path(&row.unwrap()[at])).collect()
}

fn send(site: &Site, link: &str, page: &str, answers: &[(&str, &str)]) -> Reply {
    let mut fields = form(page);
    fields.retain(|(name, _)| !answers.iter().any(|(n, _)| n == name));
    fields.extend(answers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())));
    let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    site.post(link, &fields)
}

const REQUIRED: [(&str, &str); 4] = [
    ("quality_overall", "9"),
    ("satisfaction_overall", "8"),
    ("satisfaction_expected", "7"),
    ("satisfaction_ideal", "9"),
];

#[test]
fn pages_are_saved_as_they_are_sent_and_go_on_on_another_device() {
    for backend in backends() {
        let site = site_of_every_kind(backend);
        let rows = "reference,language,guest_name\nres-1,zh-Hans,Zoë\nres-2,,\n";
        let links = invite(&site, "every-kind", rows, &[]);
        let page = site.get(&links[0]).body;
        assert!(page.contains("<html lang=\"zh-Hans\"") && page.contains("Zoë"), "{page}");
        let first = send(&site, &links[0], &page, &[("overall", "2"), ("nps", "4")]);
        assert!(first.body.contains("name=\"_page\" value=\"unhappy\""), "{}", first.body);
        // Elsewhere: the second page, with the way back to what was answered; and the same attempt.
        let there = site.get(&format!("{}?lang=en", links[0]));
        assert_eq!(there.header("cache-control"), "no-store");
        assert!(there.body.contains("What went wrong?") && there.body.contains("Welcome back"), "{}", there.body);
        assert_eq!(hidden(&there.body, "_attempt"), hidden(&page, "_attempt"));
        let back =
            send(&site, &format!("{}?lang=en", links[0]), &there.body, &[("_go", "back"), ("wrong", "the lift")]);
        assert!(back.body.contains("name=\"overall\" value=\"2\" checked"), "{}", back.body);
        // Saved in between, without a look at whether it is right.
        let mut fields = form(&back.body);
        fields.push(("mood".into(), "5".into()));
        let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        assert_eq!(site.post(&format!("{}/draft", links[0]), &fields).status, 204);
        let again = site.get(&links[0]).body;
        assert!(again.contains("name=\"mood\" value=\"5\" checked") && again.contains("the lift"), "{again}");
        // Another guest's link has nothing of it.
        let other = site.get(&links[1]).body;
        assert!(!other.contains("the lift") && !other.contains("Welcome back"), "{other}");
    }
}

#[test]
fn a_link_works_once_and_says_why_it_no_longer_does() {
    for backend in backends() {
        let site = Site::demo(backend, 0);
        let links = invite(&site, "hotel-post-stay", "reference,unit\na,old-town\nb,dunes\nc,\n", &[]);
        // Two devices, then a double click: one response, one receipt.
        let (one, two) = (site.get(&links[0]).body, site.get(&links[0]).body);
        assert_ne!(hidden(&one, "_attempt"), hidden(&two, "_attempt"));
        let sent = send(&site, &links[0], &one, &REQUIRED);
        assert_eq!(sent.status, 303, "{}", sent.body);
        for page in [&one, &two] {
            assert_eq!(send(&site, &links[0], page, &REQUIRED).location, sent.location);
        }
        assert_eq!(site.responses(), 1);
        let used = site.get(&links[0]);
        let receipt = sent.location.split(['/', '?']).nth(4).unwrap();
        assert!(used.status == 410 && used.body.contains(&format!("href=\"/r/{receipt}\"")), "{}", used.body);
        assert!(used.body.contains("You have already answered"));
        let csv = site.get("/api/v1/surveys/hotel-post-stay/responses.csv").body;
        assert!(csv.lines().nth(1).unwrap().contains("old-town"), "{csv}");
        // Called back.
        let revoke = ["invite", "revoke", "hotel-post-stay", "b", "--database", &site.database.url];
        assert_eq!(run(&revoke), "1 called back\n");
        assert!(refusal(&revoke).contains("`b` has no open link"));
        let gone = site.get(&format!("{}?lang=zh-Hans", links[1]));
        assert!(gone.status == 410 && gone.body.contains("此链接已被撤回"), "{}", gone.body);
        assert_eq!(send(&site, &links[1], &one, &REQUIRED).status, 303, "the attempt of a known response");
        assert_eq!(send(&site, &links[1], &site.get(&links[2]).body, &REQUIRED).status, 410);
        // Expired, unknown, and a survey that is closed.
        let expired = invite(&site, "hotel-post-stay", "reference\nd\n", &["--until", "2026-01-01"]);
        let page = site.get(&expired[0]);
        assert!(page.status == 410 && page.body.contains("This link has expired"), "{}", page.body);
        let unknown = site.get("/i/0000000000");
        assert!(unknown.status == 404 && unknown.body.contains("This link does not work"), "{}", unknown.body);
        site.app
            .store
            .write_blocking(|db| soundings::store::surveys::set_status(db, "hotel-post-stay", "closed"))
            .unwrap();
        assert_eq!(site.get(&links[2]).status, 410);
        assert_eq!(site.responses(), 1);
    }
}

#[test]
fn guest_lists_with_mistakes_are_refused_and_make_no_link() {
    let site = Site::demo(super::harness::Backend::Sqlite, 0);
    let file = site.database.folder.path().join("bad.csv");
    let said = |rows: &str, survey: &str| {
        std::fs::write(&file, rows).unwrap();
        let (file, url) = (file.display().to_string(), &site.database.url);
        refusal(&["invite", "create", survey, &file, "--base-url", "http://x", "--database", url])
    };
    assert!(said("reference,unit\na,nowhere\n", "hotel-post-stay").contains("there is no unit `nowhere`"));
    assert!(said("reference\na\n", "nothing").contains("there is no survey `nothing`"));
    assert!(said("reference,unit\na\n", "hotel-post-stay").contains("bad.csv: CSV error: record 1"), "a short row");
    assert!(said("unit,unit\na,b\n", "hotel-post-stay").contains("the column `unit` is there twice"));
    let count = |db: &mut _| {
        #[derive(diesel::QueryableByName)]
        struct Count {
            #[diesel(sql_type = diesel::sql_types::BigInt)]
            n: i64,
        }
        let query = diesel::sql_query("SELECT COUNT(*) AS n FROM invitations");
        Ok(diesel::RunQueryDsl::get_result::<Count>(query, db)?.n)
    };
    assert_eq!(site.app.store.read_blocking(count).unwrap(), 0);
}

#[test]
fn with_script_answers_are_saved_while_answering() {
    let Some(browser) = Browser::open(375) else { return };
    let site = Site::demo(super::harness::Backend::Sqlite, 0);
    let links = invite(&site, "hotel-post-stay", "reference\na\n", &[]);
    browser.visit(&format!("{}{}?lang=en", site.address, links[0]));
    browser.click("input[name=quality_overall][value=\"9\"]");
    browser.write("#comment", "Halfway");
    assert_eq!(browser.wait_for_text("#saved"), "Your answers so far are saved");
    // Another device, which sees what has been answered and nothing else.
    let there = site.get(&links[0]).body;
    assert!(
        there.contains("name=\"quality_overall\" value=\"9\" checked") && there.contains("\nHalfway</textarea>"),
        "{there}"
    );
    // Leaving the page saves at once.
    browser.click("input[name=quality_room][value=\"3\"]");
    browser.visit("about:blank");
    let saved = || site.get(&links[0]).body.contains("name=\"quality_room\" value=\"3\" checked");
    assert!((0..50).any(|_| saved() || {
        std::thread::sleep(std::time::Duration::from_millis(100));
        false
    }));
}

#[test]
fn the_response_rate_is_of_those_whose_links_were_not_revoked() {
    for backend in backends() {
        let site = Site::demo(backend, 0);
        let rows = "reference,unit\na,old-town\nb,old-town\nc,dunes\nd,old-town\ne,old-town\nf,old-town\ng,old-town\n";
        let links = invite(&site, "hotel-post-stay", rows, &[]);
        let rate = |query: &str| {
            site.get(&format!("/api/v1/overviews/hotel-post-stay?{query}")).json()["response_rate"].clone()
        };
        assert_eq!((rate("")["invited"].as_i64(), rate("")["answered"].as_i64()), (Some(7), Some(0)));
        for link in [&links[0], &links[0], &links[2]] {
            let page = site.get(link).body;
            if page.contains("_attempt") {
                assert_eq!(send(&site, link, &page, &REQUIRED).status, 303);
            }
        }
        run(&["invite", "revoke", "hotel-post-stay", "g", "--database", &site.database.url]);
        let of = |query: &str| (rate(query)["invited"].as_i64(), rate(query)["answered"].as_i64());
        assert_eq!(of("period=all"), (Some(6), Some(2)));
        assert_eq!(of("period=all&unit=old-town"), (Some(5), Some(1)));
        assert_eq!(of("unit=dunes"), (None, None), "of one guest nothing is said");
        assert_eq!(
            of("segment.purpose=business"),
            (None, None),
            "what a guest who did not answer came for is not known"
        );
        assert_eq!(of("from=2020-01-01&to=2020-12-31"), (None, None));
        let page = site.get("/overview/hotel-post-stay?lang=en&period=all").body;
        assert!(page.contains("Response rate: <b>33%</b> · 2 of 6 guests invited in "), "{page}");
    }
}
