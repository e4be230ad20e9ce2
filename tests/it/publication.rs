//! What a house's manager can find out about single guests: nothing, by no filter, no difference, no waiting.

use diesel::RunQueryDsl as _;
use serde_json::Value;
use soundings::service::access::Role;

use super::accounts::{as_somebody, closed, somebody};
use super::harness::{Backend, Site, backends, refusal, run, soundings};

const API: &str = "/api/v1/reports/hotel-post-stay";

/// Answers as a guest of a house; returns the receipt.
fn answer(site: &Site, unit: &str, staff: &str) -> String {
    let path = format!("/s/hotel-post-stay?unit={unit}");
    let opened = site.open(&path);
    let reply = site.post(&path, &opened.filled(&[("quality_staff", staff)]));
    assert_eq!(reply.status, 303);
    reply.location.split(['?', '/']).find(|part| part.len() == 14).unwrap().to_owned()
}

fn report(site: &Site, cookie: &str, query: &str) -> Value {
    let (status, _, body) = as_somebody(site, cookie, "GET", &format!("{API}{query}"));
    assert_eq!(status, 200, "{query}: {body}");
    serde_json::from_str(&body).unwrap()
}

fn count(report: &Value) -> u64 {
    report["responses"].as_u64().unwrap_or(0)
}

/// Whatever a manager can ask for about the own house, in November as in all time.
const FILTERS: [&str; 7] = [
    "?unit=dunes",
    "?unit=dunes&flagged=without",
    "?unit=dunes&from=2026-10-01",
    "?unit=dunes&from=2026-11-01",
    "?unit=dunes&from=2026-11-01&flagged=without",
    "?unit=coast",
    "?unit=coast&from=2026-11-01",
];

#[test]
fn waiting_and_subtracting_never_leave_fewer_than_five() {
    for backend in backends() {
        let site = closed(backend, 400);
        let manager = somebody(&site, "mia@larkfield.example", Role::Manager, Some("coast"));
        let analyst = somebody(&site, "ana@larkfield.example", Role::Analyst, None);
        let mut before: Vec<Value> = FILTERS.iter().map(|query| report(&site, &manager, query)).collect();
        let (mut changes, mut receipts) = (0, Vec::new());
        for guest in 0..17 {
            receipts.push(answer(
                &site,
                if guest % 4 == 3 { "lighthouse" } else { "dunes" },
                if guest == 7 { "1" } else { "10" },
            ));
            for (query, before) in FILTERS.iter().zip(&mut before) {
                let after = report(&site, &manager, query);
                let more = count(&after) - count(before);
                assert!(more == 0 || more >= 5, "{query}: {more} more after guest {guest}");
                if more == 0 && query.contains("unit=dunes") {
                    // Not a byte, a digest or a weight says that somebody answered.
                    assert_eq!(*before, after, "{query}: guest {guest}");
                }
                changes += usize::from(more > 0);
                *before = after;
            }
            assert_eq!(count(&report(&site, &analyst, "")), 401 + guest, "an analyst sees every response at once");
        }
        assert!(changes > 0, "in the end there were enough");
        // A guest who goes takes the group along; a guest who corrects leaves it.
        let first = count(&report(&site, &manager, "?unit=dunes"));
        assert_eq!(site.post(&format!("/r/{}", receipts[0]), &[("confirm", "yes")]).status, 303);
        let without = count(&report(&site, &manager, "?unit=dunes"));
        assert!(first - without >= 5, "{first} - {without}");
        // Head office misses one alone.
        assert_eq!(count(&report(&site, &analyst, "")), 416);
    }
}

#[test]
fn what_commits_late_or_is_removed_behind_our_back_is_noticed() {
    for backend in backends() {
        let site = closed(backend, 400);
        let analyst = somebody(&site, "ana@larkfield.example", Role::Analyst, None);
        let sql = |text: String| {
            site.app.store.write_blocking(move |db| Ok(diesel::sql_query(text).execute(db)?)).unwrap();
        };
        let receipt = answer(&site, "dunes", "10");
        // Another server drew a lower id, and commits once this one was read.
        sql(format!("UPDATE responses SET id = id + 7 WHERE receipt = '{receipt}'"));
        assert_eq!(count(&report(&site, &analyst, "")), 401);
        let columns = "survey_id, revision_id, unit_id, language, submitted_at, answers, indicators, flags, invited";
        sql(format!(
            "INSERT INTO responses (id, attempt_key, receipt, {columns}) \
             SELECT id - 3, 'late', 'LATE-0000-0000', {columns} FROM responses WHERE receipt = '{receipt}'"
        ));
        assert_eq!(count(&report(&site, &analyst, "")), 402);
        // And an administrator deletes one by hand.
        sql("DELETE FROM responses WHERE id = (SELECT min(id) FROM responses)".into());
        assert_eq!(count(&report(&site, &analyst, "")), 401);
    }
}

#[test]
fn whatever_days_are_asked_for_a_step_is_at_least_five() {
    for backend in backends() {
        let site = closed(backend, 2400);
        let manager = somebody(&site, "mia@larkfield.example", Role::Manager, Some("dunes"));
        let day = |n: u64| chrono::NaiveDate::from_ymd_opt(2026, 8, 1).unwrap() + chrono::Days::new(n);
        for (from, to) in [(0, 60), (7, 45)] {
            let growing: Vec<u64> = (from..to)
                .map(|n| count(&report(&site, &manager, &format!("?from={}&to={}", day(from), day(n)))))
                .collect();
            let steps: Vec<u64> = growing.windows(2).map(|pair| pair[1] - pair[0]).collect();
            assert!(steps.iter().all(|step| *step == 0 || *step >= 5), "{steps:?}");
            assert!(steps.iter().any(|step| *step > 0), "{growing:?}");
        }
    }
}

#[test]
fn what_is_shown_grows_with_the_number_of_responses() {
    let site = closed(Backend::Sqlite, 400);
    let analyst = somebody(&site, "ana@larkfield.example", Role::Analyst, None);
    let manager = somebody(&site, "mia@larkfield.example", Role::Manager, None);
    let all = report(&site, &analyst, "");
    for property in all["properties"].as_array().unwrap() {
        let (n, base) = (count(property), property["base"].as_str().unwrap());
        let expected = match n {
            ..5 => "nothing",
            5..30 => "means",
            30..100 => "low",
            _ => "full",
        };
        assert_eq!(base, expected, "{property}");
        assert_eq!(property["index"].is_null(), n < 30, "{property}");
    }
    // Means from five, on the question's scale; the analyst can make them again from the export.
    let small = all["properties"].as_array().unwrap().iter().find(|p| p["base"] == "means").unwrap();
    let code = small["code"].as_str().unwrap();
    let means = report(&site, &analyst, &format!("?unit={code}"));
    let csv = as_somebody(&site, &analyst, "GET", "/api/v1/surveys/hotel-post-stay/responses.csv").2;
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let column =
        |reader: &mut csv::Reader<&[u8]>, name| reader.headers().unwrap().iter().position(|h| h == name).unwrap();
    let (unit, staff) = (column(&mut reader, "unit"), column(&mut reader, "quality_staff"));
    let given: Vec<f64> = reader
        .records()
        .map(Result::unwrap)
        .filter(|row| row[unit] == *code)
        .filter_map(|row| row[staff].parse().ok())
        .collect();
    let shown = means["ratings"].as_array().unwrap().iter().find(|r| r["indicator"] == "quality_staff").unwrap();
    assert_eq!(shown["responses"], given.len());
    assert!((shown["mean"].as_f64().unwrap() - given.iter().sum::<f64>() / given.len() as f64).abs() < 1e-12);
    let page = as_somebody(&site, &analyst, "GET", &format!("/reports/hotel-post-stay?lang=en&unit={code}")).2;
    assert!(page.contains("What was rated, on average"), "{page}");
    // To a manager a house with fewer than five is one about which nothing is said.
    run(&["unit", "add", "new-house", "--name", "New House", "--parent", "coast", "--database", &site.database.url]);
    answer(&site, "new-house", "3");
    let page = as_somebody(&site, &manager, "GET", "/reports/hotel-post-stay?lang=en&unit=new-house").2;
    assert!(page.contains("Fewer than 5 responses") && page.contains("nobody can be singled out"), "{page}");
    assert!(report(&site, &manager, "?unit=new-house")["responses"].is_null());
    assert_eq!(count(&report(&site, &analyst, "?unit=new-house")), 1);
}

#[test]
fn thresholds_are_settings() {
    let said = refusal(&["serve", "--publish-rank-from", "20", "--bind", "127.0.0.1:0"]);
    assert!(said.contains("--publish-rank-from is 20; it must not be below --publish-index-from"), "{said}");
    let help = String::from_utf8(soundings().args(["serve", "--help"]).output().unwrap().stdout).unwrap();
    assert!(help.contains("--publish-comments-from") && help.contains("SOUNDINGS_PUBLISH_INDEX_FROM"), "{help}");
}

#[test]
fn a_new_revision_of_the_same_questions_changes_no_figure() {
    for backend in backends() {
        let site = closed(backend, 400);
        let manager = somebody(&site, "mia@larkfield.example", Role::Manager, None);
        let means = || {
            let report = report(&site, &manager, "");
            let mut all: Vec<String> = report["ratings"]
                .as_array()
                .unwrap()
                .iter()
                .map(|r| format!("{} {} {}", r["indicator"], r["responses"], r["mean"]))
                .collect();
            all.sort();
            (all, report["headline"]["score"].as_f64().unwrap())
        };
        let (before, index) = means();
        // The first two indicators of the model change places; not one response comes in.
        let text = include_str!("../../survey-templates/hotel-post-stay.toml");
        let line = text.lines().find(|line| line.starts_with("Quality =~")).unwrap();
        let (left, right) = line.split_once("=~ ").unwrap();
        let mut names: Vec<&str> = right.split(" + ").collect();
        names.swap(0, 1);
        let text = text.replacen(line, &format!("{left}=~ {}", names.join(" + ")), 1);
        let (survey, _) = soundings::service::authoring::read_template(&text).unwrap();
        site.app.store.write_blocking(move |db| soundings::service::authoring::publish(db, &survey, &text)).unwrap();
        let (after, again) = means();
        assert_eq!(before, after);
        assert!((index - again).abs() < 1e-9, "{index} {again}");
    }
}

#[test]
fn comments_come_ten_responses_at_a_time_and_say_nothing_of_who_wrote_them() {
    for backend in backends() {
        let site = closed(backend, 0);
        let manager = somebody(&site, "mia@larkfield.example", Role::Manager, Some("coast"));
        let analyst = somebody(&site, "ana@larkfield.example", Role::Analyst, None);
        let comments = |who: &str, query: &str| -> Vec<Value> {
            let path = format!("/api/v1/surveys/hotel-post-stay/comments{query}");
            let (status, _, body) = as_somebody(&site, who, "GET", &path);
            assert_eq!(status, 200, "{body}");
            serde_json::from_str::<Value>(&body).unwrap()["items"].as_array().unwrap().clone()
        };
        let mut receipts = Vec::new();
        let mut before = 0;
        // In the month that goes on, groups are of five and four to nine responses wait.
        for guest in 0..31 {
            let opened = site.open("/s/hotel-post-stay?unit=dunes");
            let said = format!("guest {guest:02} writes");
            let reply = site.post("/s/hotel-post-stay?unit=dunes", &opened.filled(&[("comment", &said)]));
            receipts.push(reply.location.split(['?', '/']).find(|part| part.len() == 14).unwrap().to_owned());
            let shown = comments(&manager, "").len();
            assert!(shown == before || shown >= before + 10, "{before} and then {shown} after guest {guest}");
            before = shown;
        }
        assert!(before >= 20, "{before}");
        let shown = comments(&manager, "");
        for comment in &shown {
            assert!(comment["receipt"].is_null() && comment["submitted_at"].is_null() && comment["language"].is_null());
            assert_eq!(comment["unit"], "dunes");
        }
        let order: Vec<&str> = shown.iter().map(|comment| comment["text"].as_str().unwrap()).collect();
        assert!(!order.is_sorted() && !order.iter().rev().is_sorted(), "in no order that tells: {order:?}");
        // Page by page it is the same, and a search finds what it finds.
        assert_eq!(comments(&manager, "?search=GUEST%2003").len(), 1);
        assert_eq!(comments(&manager, "?search=nobody").len(), 0);
        assert_eq!(comments(&manager, "?question=another").len(), 0);
        // Head office sees each, with its receipt.
        let all = comments(&analyst, "?limit=500");
        assert_eq!(all.len(), 31);
        assert_eq!(all[0]["text"], "guest 30 writes", "the latest first");
        assert_eq!(all[30]["receipt"], receipts[0].as_str());
        // A guest who goes takes the batch along, and no comment of it is left alone.
        assert_eq!(site.post(&format!("/r/{}", receipts[0]), &[("confirm", "yes")]).status, 303);
        let left = comments(&manager, "");
        assert!(left.len() + 10 <= shown.len(), "{} of {}", left.len(), shown.len());
        assert!(left.iter().all(|comment| comment["text"] != "guest 00 writes"));
        // Nor are others put together anew when all of a group of five have gone: what is left was all there before.
        for receipt in &receipts[1..5] {
            assert_eq!(site.post(&format!("/r/{receipt}"), &[("confirm", "yes")]).status, 303);
            assert_eq!(comments(&manager, ""), left);
        }
        // Days count as their months: which days lead to a comment would tell its day.
        let today = chrono::Utc::now().date_naive();
        assert_eq!(comments(&manager, &format!("?from={today}&to={today}")), left);
    }
}

#[test]
fn pages_of_comments_lead_through_all_of_them() {
    let site = closed(Backend::Sqlite, 900);
    for (who, role, unit) in [("a@x.example", Role::Analyst, None), ("m@x.example", Role::Manager, Some("coast"))] {
        let cookie = somebody(&site, who, role, unit);
        let read = |limit: usize| {
            let (mut found, mut next) = (Vec::new(), String::new());
            loop {
                let path = format!("/api/v1/surveys/hotel-post-stay/comments?limit={limit}{next}");
                let page: Value = serde_json::from_str(&as_somebody(&site, &cookie, "GET", &path).2).unwrap();
                found.extend(page["items"].as_array().unwrap().clone());
                match page["next"].as_str() {
                    Some(cursor) => next = format!("&cursor={cursor}"),
                    None => return found,
                }
            }
        };
        let all = read(500);
        assert!(all.len() > 9, "{who}: {}", all.len());
        assert_eq!(read(3), all, "{who}");
    }
}
