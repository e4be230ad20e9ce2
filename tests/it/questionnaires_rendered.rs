//! Every way through a questionnaire as a browser sees it: random guests over HTTP through the pages of every
//! template, in every language, who can answer only with what the page offers.

use std::collections::BTreeMap;
use std::fs;

use diesel::RunQueryDsl as _;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use soundings::service::authoring::{publish, read_template};
use soundings::survey::answers::{RawAnswers, parse};
use soundings::survey::check::Survey;
use soundings::survey::text::direction;
use soundings::survey::walk::Guest;

use super::harness::{Reply, Site, backends, hidden};
use super::questionnaires::{Luck, form, random_answer, survey, templates};

#[derive(diesel::QueryableByName)]
struct Stored {
    #[diesel(sql_type = diesel::sql_types::Text)]
    answers: String,
    #[diesel(sql_type = diesel::sql_types::Text)]
    language: String,
}

/// Every template, published on one site.
pub(super) fn library(site: &Site) -> Vec<Survey> {
    let read = |path: String| {
        let text = fs::read_to_string(&path).unwrap();
        let (found, _) = read_template(&text).unwrap();
        site.app.store.write_blocking(move |db| publish(db, &found, &text)).unwrap();
        survey(&path)
    };
    templates().into_iter().map(read).collect()
}

/// What can be sent with a page: for each name, the values that it offers, or anything where it is typed.
fn offers(page: &str, field: &str, value: &str) -> bool {
    let name = format!(" name=\"{field}\"");
    let mut tags = page.split('<').filter(|tag| tag.contains(&name));
    let typed = |tag: &str| {
        tag.starts_with("textarea")
            || ["text", "number", "email", "date"].iter().any(|t| tag.contains(&format!("type=\"{t}\"")))
    };
    let chosen = |tag: &str| {
        tag.contains(&format!("value=\"{value}\""))
            || (tag.starts_with("select")
                && page[page.find(&name).unwrap()..]
                    .split("</select>")
                    .next()
                    .unwrap()
                    .contains(&format!("<option value=\"{value}\"")))
    };
    tags.any(|tag| typed(tag) || chosen(tag))
}

/// What looks at every page on a way, with the form that led to it.
pub(super) type Seen<'a> = dyn FnMut(&Reply, &[(String, String)]) + 'a;

/// Reads a page, answers what is on it, sends, until the receipt; what is stored is what was visible on the way.
pub(super) fn stroll(site: &Site, survey: &Survey, language: &str, luck: &mut Luck, seen: &mut Seen<'_>) {
    let address = format!("/s/{}?lang={language}", survey.slug.as_str());
    let mut page = site.get(&address);
    let (attempt, mut typed) = (hidden(&page.body, "_attempt"), BTreeMap::<String, Vec<String>>::new());
    let guest = Guest { attempt: &attempt, unit: "", language };
    let mut last = Vec::new();
    for step in 0..120 {
        seen(&page, &last);
        assert!(matches!(page.status, 200 | 422), "{address}, {step}: {} {}", page.status, page.body);
        let said = format!("<html lang=\"{language}\" dir=\"{}\">", direction(language));
        assert!(page.body.contains(&said), "{address}: {}", page.body);
        let raw = typed.iter().flat_map(|(name, values)| values.iter().map(move |v| (name.clone(), v.clone())));
        let kept = parse(survey, &RawAnswers(raw.collect()), guest).unwrap().walk.kept;
        let mut fields = form(&page.body);
        let shown = fields.iter().find(|(name, _)| name == "_shown").map(|(_, ids)| ids.clone()).unwrap_or_default();
        let asked: Vec<&str> = shown.split_whitespace().collect();
        assert!(!asked.is_empty(), "{address}: a page without questions: {}", page.body);
        for question in asked.iter().map(|id| survey.question(id).unwrap()).filter(|q| q.asks()) {
            if !question.common().required && luck.below(5) == 0 {
                continue;
            }
            let answer = random_answer(survey, question, &kept, guest, luck);
            for field in question.fields() {
                fields.retain(|(name, _)| *name != field.id);
                typed.remove(&field.id);
            }
            for (field, value) in answer {
                assert!(offers(&page.body, &field, &value), "{address}: {field}={value} is not on {}", page.body);
                typed.entry(field.clone()).or_default().push(value.clone());
                fields.push((field, value));
            }
        }
        let sent: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        page = site.post(&address, &sent);
        last = fields;
        if page.status == 303 {
            let thanks = judge(site, survey, &page, &typed, guest);
            return seen(&thanks, &[]);
        }
        let full = survey.template.quotas.iter().any(|q| page.body.contains(q.message.in_language(language, "en")));
        if full && page.body.contains("class=\"done\"") {
            return;
        }
    }
    panic!("{address}: no end after 120 pages");
}

fn judge(site: &Site, survey: &Survey, done: &Reply, typed: &BTreeMap<String, Vec<String>>, guest: Guest<'_>) -> Reply {
    let thanks = site.get(&done.location);
    assert_eq!(thanks.status, 200, "{}", done.location);
    let attempt = guest.attempt.to_owned();
    let query = move |db: &mut soundings::store::Db| {
        let text = format!("SELECT answers, language FROM responses WHERE attempt_key = '{attempt}'");
        Ok(diesel::sql_query(text).get_result::<Stored>(db)?)
    };
    let stored = site.app.store.read_blocking(query).unwrap();
    let raw = typed.iter().flat_map(|(name, values)| values.iter().map(move |v| (name.clone(), v.clone())));
    let visible = parse(survey, &RawAnswers(raw.collect()), guest).unwrap().walk.kept.to_json();
    assert_eq!(stored.answers, visible, "{}", survey.slug.as_str());
    assert_eq!(stored.language, guest.language);
    thanks
}

#[test]
fn random_guests_find_their_way_through_the_pages_of_every_template() {
    for backend in backends() {
        let site = Site::demo(backend, 0);
        let surveys = library(&site);
        let config = Config { cases: 3, max_shrink_iters: 10, failure_persistence: None, ..Config::default() };
        let guests = prop::collection::vec(any::<u32>(), 64..128);
        let walked = TestRunner::new(config).run(&guests, |numbers| {
            for survey in &surveys {
                for language in &survey.template.languages {
                    stroll(&site, survey, language, &mut Luck { numbers: numbers.clone(), next: 0 }, &mut |_, _| ());
                }
            }
            Ok(())
        });
        walked.unwrap();
    }
}
