//! Seals prove what was stored: every way of tampering is found, and what guests take back leaves the chain whole.

use std::process::Output;

use chrono::NaiveDate;
use sha2::{Digest as _, Sha256};

use super::harness::{Backend, Site, backends, soundings};

const SURVEY: &str = "/s/hotel-post-stay?unit=old-town&lang=en";

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn seal(site: &Site, on: &str) -> Option<String> {
    let (app, on) = (site.app.clone(), day(on));
    let sealed = actix_web::rt::System::new().block_on(async move { app.seal_daily(on).await });
    sealed.unwrap().map(|seal| seal.hash)
}

fn verify(site: &Site, more: &[&str]) -> (bool, String) {
    let Output { status, stdout, .. } =
        soundings().args(["verify", "--database", &site.database.url]).args(more).output().unwrap();
    (status.success(), String::from_utf8(stdout).unwrap())
}

fn execute(site: &Site, statement: &'static str) {
    let run = move |db: &mut _| Ok(diesel::RunQueryDsl::execute(diesel::sql_query(statement), db)?);
    assert!(site.app.store.write_blocking(run).unwrap() > 0, "{statement}");
}

fn hand_in(site: &Site) -> String {
    let sent = site.post(SURVEY, &site.open(SURVEY).filled(&[("comment", "sealed")]));
    sent.location.split(['/', '?']).nth(4).unwrap().to_owned()
}

#[test]
fn seals_follow_each_other_and_what_guests_do_leaves_them_whole() {
    for backend in backends() {
        let site = Site::demo(backend, 2500);
        let first = seal(&site, "2026-11-20").unwrap();
        assert_eq!(seal(&site, "2026-11-20"), None, "once a day");
        let (kept, taken_back, corrected) = (hand_in(&site), hand_in(&site), hand_in(&site));
        let said = verify(&site, &["--receipt", &kept]);
        assert!(said.0 && said.1.contains("3 not sealed yet") && said.1.contains("not sealed yet.\n"), "{said:?}");
        assert_eq!(seal(&site, "2026-11-19"), None, "the clock stepped back");
        let second = seal(&site, "2026-11-21").unwrap();
        assert_eq!(seal(&site, "2026-11-22"), None, "nothing new");
        // One is taken back, one corrected: the chain stays whole and says so.
        assert_eq!(site.post(&format!("/r/{taken_back}"), &[]).status, 303);
        let open = site.get(&format!("/r/{corrected}/correct")).body;
        let fields = super::questionnaires::form(&open);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        assert_eq!(site.post(SURVEY, &fields).status, 303);
        let third = seal(&site, "2026-11-22").unwrap();
        let said = verify(&site, &["--seal", &first, "--seal", &second, "--seal", &third, "--receipt", &kept]);
        assert!(said.0, "{said:?}");
        for part in [
            "2502 responses unchanged, 1 corrected and 1 withdrawn by their guests, 0 not sealed yet",
            "This response is leaf 2501, under seal 2 of 2026-11-21.",
        ] {
            assert!(said.1.contains(part), "{part}: {}", said.1);
        }
        assert!(!verify(&site, &["--seal", &"0".repeat(64)]).0, "a seal of another chain");
    }
}

#[test]
fn whatever_is_changed_added_or_removed_is_found() {
    let last = "(SELECT id FROM responses ORDER BY id DESC LIMIT 1)";
    for (what, statement, said) in [
        (
            "an answer",
            format!("UPDATE responses SET answers = '{{}}' WHERE id = {last}"),
            "changed since it was sealed",
        ),
        (
            "a time",
            format!("UPDATE responses SET submitted_at = '2020-01-01 00:00:00' WHERE id = {last}"),
            "changed since",
        ),
        (
            "a language",
            format!("UPDATE responses SET language = 'xx' WHERE id = {last}"),
            "changed since it was sealed",
        ),
        ("a unit", format!("UPDATE responses SET unit_id = NULL WHERE id = {last}"), "changed since it was sealed"),
        ("a response", format!("DELETE FROM responses WHERE id = {last}"), "its response was removed"),
        ("a leaf", "DELETE FROM seal_leaves WHERE position = 7".to_owned(), "leaf 7: missing"),
        (
            "a leaf's hash",
            "UPDATE seal_leaves SET hash = 'x' WHERE position = 7".to_owned(),
            "changed since it was sealed",
        ),
        ("the last leaf", "DELETE FROM seal_leaves WHERE position = 60".to_owned(), "its leaves end too early"),
        ("a seal", "DELETE FROM seals WHERE number = 1".to_owned(), "seal 1: missing"),
        ("a seal's hash", "UPDATE seals SET hash = 'x' WHERE number = 1".to_owned(), "seal 1 of 2026-11-20: is "),
        (
            "a seal's day",
            "UPDATE seals SET sealed_on = '2026-11-01' WHERE number = 2".to_owned(),
            "seal 2 of 2026-11-01: is ",
        ),
        (
            "a fate",
            "UPDATE seal_leaves SET fate = 'withdrawn' WHERE position = 7".to_owned(),
            "withdrawn, but its response is there",
        ),
    ] {
        let site = Site::demo(Backend::Sqlite, 50);
        seal(&site, "2026-11-20").unwrap();
        for _ in 0..10 {
            hand_in(&site);
        }
        seal(&site, "2026-11-21").unwrap();
        assert!(verify(&site, &[]).0);
        execute(&site, Box::leak(statement.into_boxed_str()));
        let found = verify(&site, &[]);
        assert!(!found.0 && found.1.contains(said), "{what}: {found:?}");
    }
}

/// Leaves and seals, computed as docs/sealing.md says, with nothing of the program's.
#[test]
fn a_stranger_can_recompute_a_seal() {
    #[derive(diesel::QueryableByName)]
    struct Row {
        #[diesel(sql_type = diesel::sql_types::Text)]
        text: String,
    }
    let site = Site::demo(Backend::Sqlite, 20);
    let receipt = hand_in(&site);
    let sealed = seal(&site, "2026-11-20").unwrap();
    let query = |text: String| {
        let run = move |db: &mut _| Ok(diesel::RunQueryDsl::load::<Row>(diesel::sql_query(text), db)?);
        site.app.store.read_blocking(run).unwrap().into_iter().map(|row| row.text).collect::<Vec<String>>()
    };
    let content = "l.salt || char(10) || json_object('receipt', r.receipt, 'survey', s.slug, 'revision', v.content_hash, \
        'unit', u.code, 'language', r.language, 'submitted_at', replace(r.submitted_at, ' ', 'T') || 'Z', 'answers', r.answers) || char(10)";
    let text = query(format!(
        "SELECT {content} AS text FROM seal_leaves l JOIN responses r ON r.id = l.response_id JOIN surveys s ON s.id = r.survey_id \
         JOIN revisions v ON v.id = r.revision_id LEFT JOIN units u ON u.id = r.unit_id WHERE r.receipt = '{receipt}'"
    ));
    let hex = |text: &str| Sha256::digest(text).iter().map(|b| format!("{b:02x}")).collect::<String>();
    let leaf = query("SELECT hash AS text FROM seal_leaves ORDER BY position DESC LIMIT 1".to_owned());
    assert_eq!(hex(&text[0]), leaf[0], "{}", text[0]);
    let leaves = query("SELECT hash AS text FROM seal_leaves ORDER BY position".to_owned());
    assert_eq!(hex(&format!("soundings seal 1\n2026-11-20\nnone\n{}\n", leaves.join("\n"))), sealed);
}
