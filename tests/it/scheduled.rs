//! Reports that come by mail when their time has come, by a real SMTP server.

use soundings::service::access::Role;
use soundings::service::mailing::Mailer;
use soundings::service::settings::Settings;
use soundings::web::server::Access;

use super::accounts::{as_somebody, somebody};
use super::harness::{Backend, Peer, Site, backends, refusal, run};
use super::identity::{Mails as _, link, settings, text};

/// Of the third quarter of 2026, of which the demonstration has answers.
const DUE: &str = "2026-12-01T07:00:05";

fn site(backend: Backend, smtp: &str) -> Site {
    let access = Access { open_results: false, open_responses: false, ..Access::open() };
    let mailer = Mailer::new(smtp, "Larkfield <quality@larkfield.example>").unwrap();
    Site::configured(backend, 2400, access, |base| Settings { mailer: Some(mailer), ..settings(base) })
}

fn on(site: &Site, arguments: &[&str]) -> String {
    run(&[&["report", "schedule"], arguments, &["--database", &site.database.url]].concat())
}

fn send(site: &Site, at: &str) {
    let (app, at) = (site.app.clone(), at.parse().unwrap());
    actix_web::rt::System::new().block_on(async move { app.send_due_reports(at).await.unwrap() });
}

#[test]
fn everybody_with_the_role_gets_the_report_of_their_house_once() {
    for backend in backends() {
        let Some(smtp) = Peer::start("smtp.mjs", "") else { return };
        let site = site(backend, &smtp.smtp());
        let mia = somebody(&site, "mia@larkfield.example", Role::Manager, Some("dunes"));
        let noa = somebody(&site, "noa@larkfield.example", Role::Manager, Some("riverside"));
        somebody(&site, "sue@larkfield.example", Role::Manager, Some("summit-lodge"));
        somebody(&site, "ana@larkfield.example", Role::Analyst, None);
        let add = ["add", "Houses", "hotel-post-stay", "--at", "0 7 1 * *", "--days", "quarter", "--role", "manager"];
        let said = on(&site, &add);
        assert!(said.starts_with("due first at ") && said.contains("-01 07:00 UTC"), "{said}");
        // Nothing is due yet; then it is, once, however often it is looked.
        send(&site, "2026-11-24T00:00:00");
        send(&site, DUE);
        send(&site, DUE);
        let mut mails: Vec<_> = (0..3).map(|_| smtp.mail()).collect();
        mails.sort_by_key(|mail| mail["to"].to_string());
        assert!(smtp.lines.recv_timeout(std::time::Duration::from_millis(300)).is_err(), "three, and no more");
        let to: Vec<String> = mails.iter().map(|mail| mail["to"][0].as_str().unwrap().to_owned()).collect();
        assert_eq!(to, ["mia@larkfield.example", "noa@larkfield.example", "sue@larkfield.example"]);
        let data = mails[0]["data"].as_str().unwrap();
        assert!(
            data.contains("Subject: Dunes Resort: Satisfaction ") && data.contains("2026-07-01 to 2026-09-30"),
            "{data}"
        );
        let has = |number: u8, kind: &str| data.contains(&format!("filename=\"report-{number}.{kind}\""));
        assert!((1..=2).any(|number| has(number, "pdf") && has(number, "xlsx")), "{data}");
        assert!(text(&mails[2]).contains("too few answers"), "{}", mails[2]);
        // Each link leads its reader, and no other house, to what was kept.
        let paths = [0, 1].map(|i| link(&mails[i], &site.address));
        for (path, own, other) in [(&paths[0], &mia, &noa), (&paths[1], &noa, &mia)] {
            assert_eq!(as_somebody(&site, own, "GET", path).0, 200, "{path}");
            assert_eq!(as_somebody(&site, other, "GET", path).0, 404, "{path}");
        }
        let number = paths[0].trim_start_matches("/kept-reports/").split('?').next().unwrap();
        let kept = as_somebody(&site, &mia, "GET", &format!("/api/v1/kept-reports/{number}")).2;
        let kept: serde_json::Value = serde_json::from_str(&kept).unwrap();
        assert_eq!((&kept["basis"], &kept["filter"]["unit"]["code"]), (&"groups".into(), &"dunes".into()));
        let listed = on(&site, &["list"]);
        assert!(listed.contains("next 2027-01-01 07:00 UTC; mails: 3 sent"), "{listed}");
        assert_eq!(on(&site, &["remove", "Houses"]), "Houses is removed\n");
        assert_eq!(on(&site, &["list"]), "");
    }
}

#[test]
fn a_mail_that_is_not_taken_is_tried_again_and_given_up_at_last() {
    let site = site(Backend::Sqlite, "smtp://127.0.0.1:1");
    somebody(&site, "mia@larkfield.example", Role::Manager, Some("dunes"));
    on(&site, &["add", "Houses", "hotel-post-stay", "--at", "0 7 1 * *", "--days", "quarter", "--role", "manager"]);
    send(&site, DUE);
    assert!(on(&site, &["list"]).contains("mails: 1 waiting"));
    // Not before its pause is over.
    send(&site, "2026-12-01T07:01:00");
    assert!(on(&site, &["list"]).contains("mails: 1 waiting"));
    for at in [
        "2026-12-02T07:00:00",
        "2026-12-04T07:00:00",
        "2026-12-06T07:00:00",
        "2026-12-08T07:00:00",
        "2026-12-10T07:00:00",
    ] {
        send(&site, at);
    }
    assert!(on(&site, &["list"]).contains("mails: 1 dead"), "{}", on(&site, &["list"]));
}

#[test]
fn a_schedule_that_cannot_be_understood_is_refused() {
    let site = site(Backend::Sqlite, "smtp://127.0.0.1:1");
    let add = |more: &[&str]| {
        let arguments =
            [&["report", "schedule", "add", "X", "hotel-post-stay"], more, &["--database", &site.database.url]];
        refusal(&arguments.concat())
    };
    assert!(add(&["--at", "every monday", "--role", "manager"]).contains("a cron expression such as `0 7 1 * *`"));
    assert!(add(&["--at", "0 7 * * 1", "--role", "export"]).contains("a role that reads reports"));
    assert!(add(&["--at", "0 7 * * 1", "--role", "king"]).contains("`king` is not one of"));
    assert!(add(&["--at", "0 7 * * 1", "--role", "viewer", "--unit", "atlantis"]).contains("atlantis"));
    assert!(add(&["--at", "0 7 * * 1", "--role", "viewer", "--days", "week"]).contains("`month`, `quarter` or `year`"));
    let gone = refusal(&["report", "schedule", "remove", "X", "--database", &site.database.url]);
    assert!(gone.contains("there is no schedule `X`"), "{gone}");
}
