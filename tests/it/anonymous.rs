//! An administrator with a copy of the database and its write-ahead log tries to find out who said what, and does no
//! better than chance.

use std::collections::HashMap;
use std::fs;

use diesel::RunQueryDsl as _;
use soundings::service::authoring::{publish, read_template};
use soundings::service::collecting::ANONYMOUS_BATCH;
use soundings::service::inviting::Invitee;

use super::harness::{Backend, Site, backends, fixture};
use super::questionnaires::form;

const TEMPLATE: &str = r#"
id = "speak-freely"
version = "1"
languages = ["en"]
title.en = "Speak freely"
anonymous = true
[[pages]]
id = "p"
[[pages.questions]]
id = "overall"
type = "rating"
low.en = "Bad"
high.en = "Good"
text.en = "How was it?"
[[pages.questions]]
id = "words"
type = "short-text"
text.en = "In your words"
"#;

#[derive(diesel::QueryableByName, Debug, Clone)]
struct Row {
    #[diesel(sql_type = diesel::sql_types::Text)]
    a: String,
    #[diesel(sql_type = diesel::sql_types::Text)]
    b: String,
}

fn rows(site: &Site, query: &str) -> Vec<Row> {
    let query = query.to_owned();
    site.app.store.read_blocking(move |db| Ok(diesel::sql_query(query).load::<Row>(db)?)).unwrap()
}

fn site(backend: Backend, guests: usize) -> (Site, Vec<String>) {
    let site = Site::demo(backend, 0);
    let (survey, _) = read_template(TEMPLATE).unwrap();
    site.app.store.write_blocking(move |db| publish(db, &survey, TEMPLATE)).unwrap();
    let invitees: Vec<Invitee> =
        (0..guests).map(|i| Invitee { reference: format!("guest-{i}"), ..Invitee::default() }).collect();
    let app = site.app.clone();
    let invite = async move { app.invite("speak-freely", &invitees, None).await.unwrap() };
    let tokens = actix_web::rt::System::new().block_on(invite);
    (site, tokens)
}

/// Hands in the words by a link; returns the receipt.
fn speak(site: &Site, token: &str, words: &str) -> String {
    let link = format!("/i/{token}");
    let mut fields = form(&site.get(&link).body);
    fields.retain(|(name, _)| name != "words");
    fields.push(("words".into(), words.to_owned()));
    fields.push(("overall".into(), "7".into()));
    let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    let sent = site.post(&link, &fields);
    assert_eq!(sent.status, 303, "{}", sent.body);
    assert_eq!(site.post(&link, &fields).location, sent.location, "a double click");
    sent.location.split(['/', '?']).nth(4).unwrap().to_owned()
}

/// Where guest i's words are found first in some bytes; later or never: last.
fn places(bytes: &[u8], guests: usize) -> Vec<(usize, usize)> {
    let text = String::from_utf8_lossy(bytes);
    let mut found: Vec<(usize, usize)> =
        (0..guests).map(|i| (text.find(&marker(i)).unwrap_or(usize::MAX), i)).collect();
    found.sort_unstable();
    found
}

fn marker(guest: usize) -> String {
    format!("these are the words of {guest:05} end")
}

#[test]
fn whoever_holds_database_and_log_does_no_better_than_chance() {
    // Several times over, so that luck shows as luck: each guest is in a batch with nine others.
    let (mut by_rows, mut by_file, mut guests) = (0, 0, 0);
    for _ in 0..4 {
        let count = 5 * ANONYMOUS_BATCH;
        let (site, tokens) = site(Backend::Sqlite, count);
        for (i, token) in tokens.iter().enumerate() {
            speak(&site, token, &marker(i));
            // At any moment, nothing about a guest stands beside the words: not the link's use, not a time.
            if i % ANONYMOUS_BATCH == 4 {
                let used = rows(&site, "SELECT reference AS a, status AS b FROM invitations WHERE status = 'used'");
                assert_eq!(used.len(), i / ANONYMOUS_BATCH * ANONYMOUS_BATCH, "links are written down batch by batch");
            }
        }
        // The attacker knows who came when (from the door, say) and reads rows in the order of their ids.
        let stored = rows(&site, "SELECT answers AS a, CAST(submitted_at AS TEXT) AS b FROM responses ORDER BY id");
        assert_eq!(stored.len(), count);
        assert!(stored.iter().all(|row| row.b.contains("00:00:00")), "times are kept to the day: {:?}", stored[0]);
        by_rows += stored.iter().enumerate().filter(|(i, row)| row.a.contains(&marker(*i))).count();
        // Or in the order in which words lie in the file and in the log.
        let bytes = |ending: &str| {
            let path = site.database.url.strip_prefix("sqlite:").unwrap().to_owned() + ending;
            fs::read(path).unwrap_or_default()
        };
        let (file, log) = (bytes(""), bytes("-wal"));
        assert!(places(&log, count).iter().all(|(at, _)| *at == usize::MAX), "the log was emptied after the batch");
        let order = places(&file, count);
        let forwards = order.iter().enumerate().filter(|(i, (_, guest))| i == guest).count();
        let backwards = order.iter().rev().enumerate().filter(|(i, (_, guest))| i == guest).count();
        by_file += forwards.max(backwards);
        // Nothing joins: no receipt, no attempt, no draft at any invitation.
        assert!(
            rows(&site, "SELECT reference AS a, receipt AS b FROM invitations WHERE receipt IS NOT NULL").is_empty()
        );
        assert!(rows(&site, "SELECT attempt_key AS a, answers AS b FROM drafts").is_empty());
        let dump = String::from_utf8_lossy(&file);
        assert!(!tokens.iter().any(|token| dump.contains(token.as_str())), "tokens are nowhere");
        guests += count;
    }
    // By chance each batch gives one hit; 20 batches: 20, give or take 4.5. Whoever knows has all 200.
    for (what, hits) in [("rows", by_rows), ("file", by_file)] {
        assert!(hits <= 45, "{what}: {hits} of {guests} guests found out");
    }
}

#[test]
fn every_order_within_a_batch_is_as_likely() {
    // Where the first of ten ends up, over 60 batches: 6 a place, give or take 2.3.
    let count = 60 * ANONYMOUS_BATCH;
    let (site, _) = site(Backend::Sqlite, 0);
    for i in 0..count {
        let page = form(&site.get("/s/speak-freely").body);
        let fields: Vec<(String, String)> = page.into_iter().filter(|(n, _)| n != "words").collect();
        let words = marker(i);
        let fields: Vec<(&str, &str)> =
            fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).chain([("words", words.as_str())]).collect();
        assert_eq!(site.post("/s/speak-freely", &fields).status, 303);
    }
    let stored = rows(&site, "SELECT answers AS a, receipt AS b FROM responses ORDER BY id");
    let mut seen: HashMap<usize, usize> = HashMap::new();
    for batch in 0..60 {
        let first = marker(batch * ANONYMOUS_BATCH);
        let of = &stored[batch * ANONYMOUS_BATCH..(batch + 1) * ANONYMOUS_BATCH];
        *seen.entry(of.iter().position(|row| row.a.contains(&first)).unwrap()).or_default() += 1;
    }
    assert!(seen.len() >= 8 && seen.values().all(|n| *n <= 19), "{seen:?}");
}

#[test]
fn an_anonymous_guest_is_thanked_durably_sees_corrects_and_withdraws() {
    for backend in backends() {
        let (site, tokens) = site(backend, 12);
        let receipts: Vec<String> = (0..3).map(|i| speak(&site, &tokens[i], &marker(i))).collect();
        // On disk before the thanks, though not among the responses yet.
        assert_eq!(rows(&site, "SELECT receipt AS a, answers AS b FROM waiting_responses").len(), 3);
        assert_eq!(rows(&site, "SELECT receipt AS a, answers AS b FROM responses").len(), 0);
        assert!(site.get(&format!("/r/{}", receipts[0])).body.contains(&marker(0)));
        let used = site.get(&format!("/i/{}", tokens[0]));
        assert!(used.status == 410 && used.body.contains("You have already answered"), "{}", used.body);
        assert!(!used.body.contains("/r/"), "the link leads to no answers");
        // Corrected and taken back while they wait.
        let mut fields = form(&site.get(&format!("/r/{}/correct", receipts[1])).body);
        fields.retain(|(name, _)| name != "words");
        fields.push(("words".into(), "mended".into()));
        let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        assert_eq!(site.post("/s/speak-freely", &fields).status, 303);
        assert_eq!(site.post(&format!("/r/{}", receipts[2]), &[]).status, 303);
        for token in &tokens[3..11] {
            speak(&site, token, "more");
        }
        let stored = rows(&site, "SELECT receipt AS a, answers AS b FROM responses");
        assert_eq!(stored.len(), 10);
        let words = |receipt: &String| stored.iter().find(|row| row.a == *receipt).map(|row| row.b.clone());
        assert!(words(&receipts[0]).unwrap().contains(&marker(0)) && words(&receipts[1]).unwrap().contains("mended"));
        assert_eq!(words(&receipts[2]), None);
        // Found, corrected and taken back as before, now among the others.
        assert!(site.get(&format!("/r/{}", receipts[0])).body.contains(&marker(0)));
        assert_eq!(site.post(&format!("/r/{}", receipts[0]), &[]).status, 303);
        assert_eq!(rows(&site, "SELECT receipt AS a, answers AS b FROM responses").len(), 9);
    }
}

#[test]
fn closing_lets_the_last_ones_go() {
    for backend in backends() {
        let (site, tokens) = site(backend, 3);
        let receipts: Vec<String> = (0..3).map(|i| speak(&site, &tokens[i], &marker(i))).collect();
        let said = super::harness::run(&["survey", "close", "speak-freely", "--database", &site.database.url]);
        assert!(said.contains("3 anonymous responses waited"), "{said}");
        let stored = rows(&site, "SELECT receipt AS a, answers AS b FROM responses");
        assert!(receipts.iter().all(|receipt| stored.iter().any(|row| row.a == *receipt)), "{stored:?}");
        assert_eq!(rows(&site, "SELECT receipt AS a, answers AS b FROM waiting_responses").len(), 0);
        assert!(site.get(&format!("/r/{}", receipts[1])).body.contains(&marker(1)));
    }
}

#[test]
fn an_anonymous_survey_takes_no_hidden_fields() {
    let text = fs::read_to_string(fixture("surveys/every-kind.toml")).unwrap();
    let text = text.replacen("layout =", "anonymous = true\nlayout =", 1);
    let Err(found) = read_template(&text) else { panic!("refused") };
    assert!(found.iter().any(|p| p.to_string().contains("an anonymous survey takes no hidden fields")), "{found:?}");
}
