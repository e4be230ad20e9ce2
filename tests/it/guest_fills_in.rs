//! A guest opens a survey, answers, makes mistakes, sends twice; others try to break it.

use soundings::store::surveys;
use soundings::web::server::Access;

use super::harness::{Backend, Site, backends, hidden};

const SURVEY: &str = "/s/hotel-post-stay?unit=old-town&lang=en";

#[test]
fn answers_are_stored_once_and_counted() {
    for backend in backends() {
        let site = Site::demo(backend, 40);
        let opened = site.open(SURVEY);
        let fields = opened.filled(&[
            ("purpose", "leisure"),
            ("improve", "food"),
            ("improve", "room"),
            ("comment", "=1+1 \"quoted\", 好"),
        ]);
        let sent = site.post(SURVEY, &fields);
        assert_eq!(sent.status, 303, "{}", sent.body);
        let thanks = site.get(&sent.location);
        let receipt = sent.location.split(['/', '?']).nth(4).unwrap().to_owned();
        assert!(thanks.status == 200 && thanks.body.contains(&receipt), "{}", thanks.body);
        assert_eq!(site.responses(), 41);
        // Double click, reload, a retry after a timeout, even with other answers: the same receipt.
        for repeat in [fields.clone(), opened.filled(&[("comment", "other")]), vec![fields[0], fields[1]]] {
            assert_eq!(site.post(SURVEY, &repeat).location, sent.location);
        }
        assert_eq!(site.responses(), 41);
        let csv = site.get("/api/v1/surveys/hotel-post-stay/responses.csv").body;
        let row = csv.lines().find(|l| l.starts_with(&receipt)).unwrap();
        let revision = &opened.revision;
        assert!(row.contains(&format!(",hotel-post-stay,1.1,{revision},old-town,en,")), "{row}");
        assert!(row.ends_with(",leisure,,,room;food,\"'=1+1 \"\"quoted\"\", 好\""), "{row}");
    }
}

#[test]
fn many_at_once_with_the_same_attempt_store_one() {
    for backend in backends() {
        let site = Site::demo(backend, 40);
        let opened = site.open(SURVEY);
        let fields = opened.filled(&[]);
        let locations: Vec<String> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..16).map(|_| scope.spawn(|| site.post(SURVEY, &fields).location)).collect();
            threads.into_iter().map(|t| t.join().unwrap()).collect()
        });
        assert!(locations.iter().all(|l| *l == locations[0] && !l.is_empty()), "{locations:?}");
        assert_eq!(site.responses(), 41);
    }
}

#[test]
fn mistakes_are_shown_and_nothing_typed_is_lost() {
    for backend in backends() {
        let site = Site::demo(backend, 40);
        let opened = site.open(SURVEY);
        let long = "x".repeat(2001);
        let own = [("_attempt", opened.attempt.as_str()), ("_revision", opened.revision.as_str())];
        let typed = [("quality_overall", "3"), ("quality_room", "na"), ("improve", "food"), ("comment", long.as_str())];
        let fields: Vec<_> = own.into_iter().chain(typed).collect();
        let page = site.post(SURVEY, &fields);
        assert_eq!(page.status, 422);
        assert!(page.body.contains("4 answers need your attention"), "{}", page.body);
        assert!(page.body.contains(
            "<a href=\"#satisfaction_overall\">How satisfied are you with this stay?</a> Please choose an answer."
        ));
        assert!(page.body.contains("Please shorten this to 2,000 characters; it has 2,001."), "{}", page.body);
        assert!(page.body.contains("aria-describedby=\"satisfaction_overall-error\""));
        for kept in [
            "name=\"quality_overall\" value=\"3\" checked",
            "name=\"quality_room\" value=\"na\" checked",
            "value=\"food\" checked",
            &long,
        ] {
            assert!(page.body.contains(kept), "{kept}");
        }
        // Sending the mended page is the same attempt.
        assert_eq!(hidden(&page.body, "_attempt"), opened.attempt);
        assert_eq!(site.post(SURVEY, &opened.filled(&[])).status, 303);
        assert_eq!(site.responses(), 41);
    }
}

#[test]
fn what_no_page_of_ours_sends_is_refused_and_not_stored() {
    for backend in backends() {
        let site = Site::demo(backend, 40);
        let opened = site.open(SURVEY);
        let with = |more: &[(&'static str, &'static str)]| site.post(SURVEY, &opened.filled(more)).status;
        assert_eq!(with(&[("admin", "1")]), 400);
        assert_eq!(with(&[("quality_room", "11")]), 400);
        assert_eq!(with(&[("quality_room", "1"), ("quality_room", "2")]), 400);
        let forged_attempt = site.post(SURVEY, &opened.filled(&[])[1..]);
        assert_eq!(forged_attempt.status, 400);
        let mut other_revision = opened.clone();
        other_revision.revision = "0".repeat(64);
        assert_eq!(site.post(SURVEY, &other_revision.filled(&[])).status, 400);
        let huge = "x".repeat(1_100_000);
        let too_large = site.post(SURVEY, &opened.filled(&[("comment", &huge)]));
        assert_eq!(too_large.status, 413);
        assert!(too_large.body.contains("That is too much at once"));
        assert_eq!(site.post("/s/hotel-post-stay?unit=nowhere", &opened.filled(&[])).status, 404);
        assert_eq!(site.responses(), 40);
    }
}

#[test]
fn unknown_and_closed_surveys_say_so_politely() {
    for backend in backends() {
        let site = Site::demo(backend, 40);
        assert_eq!(site.get("/s/nothing").status, 404);
        assert_eq!(site.get("/s/..%2f..%2fetc").status, 404);
        assert_eq!(site.get("/s/hotel-post-stay?unit=nowhere").status, 404);
        assert_eq!(site.get("/s/hotel-post-stay/thanks/AAAA-AAAA-AAAA").status, 404);
        let opened = site.open(SURVEY);
        let receipt = site.post(SURVEY, &opened.filled(&[])).location;
        site.app.store.write_blocking(|db| surveys::set_status(db, "hotel-post-stay", "closed")).unwrap();
        let closed = site.get("/s/hotel-post-stay?lang=zh");
        assert_eq!(closed.status, 410);
        assert!(closed.body.contains("本次调查已结束"), "{}", closed.body);
        let late = site.open_late();
        assert_eq!(site.post(SURVEY, &late.filled(&[])).status, 410);
        // Who had been thanked before the closing is still thanked.
        assert_eq!(site.post(SURVEY, &opened.filled(&[])).location, receipt);
        assert_eq!(site.responses(), 41);
    }
}

impl Site {
    /// A page that was opened before the survey closed.
    fn open_late(&self) -> super::harness::Opened {
        let revision =
            self.get("/api/v1/reports/hotel-post-stay").json()["survey"]["revision"].as_str().unwrap().to_owned();
        super::harness::Opened { attempt: "f".repeat(32), revision }
    }
}

#[test]
fn odd_requests_get_a_page_and_the_right_status() {
    for backend in backends() {
        let site = Site::demo(backend, 40);
        let status = |path: &str| site.get(path).status;
        for path in [
            "/s/a%00b",
            "/s/hotel-post-stay?unit=%00",
            "/reports/a%00",
            "/api/v1/reports/%00",
            "/api/v1/surveys/%00/responses.csv",
        ] {
            assert_eq!(status(path), 404, "{path}");
        }
        let twice = site.get_in("/s/hotel-post-stay?unit=old-town&unit=dunes", "zh");
        assert_eq!(twice.status, 400);
        assert!(twice.header("content-type").starts_with("text/html") && twice.body.contains("<html lang=\"zh-Hans\""));
        assert_eq!(
            site.get("/api/v1/reports/hotel-post-stay?unit=a&unit=b").header("content-type"),
            "application/problem+json"
        );
        let opened = site.open(SURVEY);
        let mut fields = opened.filled(&[]);
        fields[1].1 = "\0";
        assert_eq!(site.post(SURVEY, &fields).status, 400);
        // An attempt at one survey is no attempt at another.
        assert_eq!(site.post(SURVEY, &opened.filled(&[])).status, 303);
        let kiosk = site.open("/s/checkout-kiosk");
        let mixed = [
            ("_attempt", opened.attempt.as_str()),
            ("_revision", kiosk.revision.as_str()),
            ("overall", "9"),
            ("recommend", "9"),
        ];
        assert_eq!(site.post("/s/checkout-kiosk", &mixed).status, 400);
        assert_eq!(site.head(SURVEY), 200);
        assert_eq!(site.head("/nowhere"), 404);
        assert_eq!(site.post("/reports/hotel-post-stay", &[]).status, 405);
        assert_eq!(site.responses(), 41);
    }
}

#[test]
fn a_text_of_spaces_and_control_characters_is_no_answer() {
    for backend in backends() {
        let site = Site::demo(backend, 0);
        let opened = site.open(SURVEY);
        assert_eq!(site.post(SURVEY, &opened.filled(&[("comment", " \u{1}\u{2} ")])).status, 303);
        let csv = site.get("/api/v1/surveys/hotel-post-stay/responses.csv").body;
        assert!(csv.lines().nth(1).unwrap().ends_with(",,,"), "{csv}");
    }
}

#[test]
fn the_language_is_the_links_then_the_browsers() {
    for backend in backends() {
        let site = Site::demo(backend, 0);
        let page = |path: &str, accept: &str| site.get_in(path, accept).body;
        assert!(page("/s/hotel-post-stay", "de, zh-CN;q=0.5").contains("<html lang=\"zh-Hans\""));
        assert!(page("/s/hotel-post-stay?lang=en", "zh-CN").contains("<html lang=\"en\""));
        assert!(page("/s/hotel-post-stay", "fr").contains("How was your stay?"));
    }
}

#[test]
fn the_first_page_fits_one_congestion_window_and_needs_nothing_else() {
    let site = Site::demo(Backend::Sqlite, 0);
    for survey in ["hotel-post-stay", "checkout-kiosk"] {
        for language in ["en", "zh-Hans"] {
            let wire = site.raw_get(&format!("/s/{survey}?lang={language}"));
            assert!(wire.windows(22).any(|w| w == b"content-encoding: gzip"), "compressed");
            assert!(wire.len() <= 14 * 1024, "{survey} {language}: {} bytes with headers", wire.len());
            let page = site.get(&format!("/s/{survey}?lang={language}")).body;
            for outside in ["<script", "src=", "<link rel=\"stylesheet\"", "@import", "url("] {
                assert!(!page.contains(outside), "{survey}: {outside}");
            }
        }
    }
}

#[test]
fn pages_are_the_same_as_when_they_were_last_looked_at() {
    let site = Site::demo(Backend::Sqlite, 0);
    for (name, path) in [("survey_en", SURVEY), ("kiosk_zh", "/s/checkout-kiosk?unit=old-town&lang=zh-Hans")] {
        let page = site.get(path);
        let policy = page.header("content-security-policy");
        assert!(policy.contains("style-src 'sha256-") && policy.contains("frame-ancestors 'none'"), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(page.header("x-content-type-options"), "nosniff");
        let attempt = hidden(&page.body, "_attempt");
        let opened = format!("value=\"{}\"", hidden(&page.body, "_opened"));
        let same = page.body.replace(&attempt, "ATTEMPT").replace(&opened, "value=\"OPENED\"");
        insta::assert_snapshot!(name, same);
    }
}

#[test]
fn results_stay_closed_unless_opened() {
    let site = Site::with(Backend::Sqlite, 40, Access { open_results: false, open_responses: false, ..Access::open() });
    for path in
        ["/reports/hotel-post-stay", "/api/v1/reports/hotel-post-stay", "/api/v1/surveys/hotel-post-stay/responses.csv"]
    {
        let refused = site.get(path);
        if path.starts_with("/api/") {
            assert_eq!(refused.status, 401, "{path}");
            assert_eq!(refused.header("content-type"), "application/problem+json");
        } else {
            assert_eq!(
                (refused.status, refused.location.as_str()),
                (303, "/sign-in?next=%2Freports%2Fhotel-post-stay")
            );
        }
    }
    assert!(!site.get("/").body.contains("hotel-post-stay"));
    assert_eq!(site.get(SURVEY).status, 200);
}
