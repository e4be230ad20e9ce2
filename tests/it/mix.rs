//! Indices at one mix of guests: what adjusts them is what can be worked out by hand from what is not adjusted.

use serde_json::Value;
use soundings::service::access::Role;

use super::accounts::{as_somebody, closed, somebody};
use super::harness::{Backend, Site};

const API: &str = "/api/v1/overviews/hotel-post-stay";

fn get(site: &Site, cookie: &str, query: &str) -> Value {
    let (status, _, body) = as_somebody(site, cookie, "GET", &format!("{API}?{query}"));
    assert_eq!(status, 200, "{query}: {body}");
    serde_json::from_str(&body).unwrap()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

#[test]
fn adjusted_figures_are_weighted_means_of_those_of_the_parts() {
    let site = closed(Backend::Sqlite, 24_000);
    let analyst = somebody(&site, "ana@larkfield.example", Role::Analyst, None);
    // One house, and one of each segment but the purpose: the purposes alone are held.
    let of = "unit=harbour-house&segment.channel=direct&segment.language=en&segment.country=GB";
    let (now, then) = ("from=2026-02-01&to=2026-10-31", "from=2025-05-01&to=2026-01-31");
    let plain = get(&site, &analyst, &format!("{of}&{now}"));
    let adjusted = get(&site, &analyst, &format!("{of}&{now}&mix=same"));
    assert_eq!(
        (&plain["comparison"]["from"], &plain["comparison"]["to"]),
        (&"2025-05-01".into(), &"2026-01-31".into())
    );
    assert_eq!(plain["adjustment"], Value::Null);
    assert_eq!(adjusted["adjustment"]["held"], serde_json::json!(["Purpose of the trip"]));
    assert_eq!(adjusted["report"]["headline"], plain["report"]["headline"], "the period is what it is");
    let score = |report: &Value| number(&report["report"]["headline"]["score"]);
    let (mut expected, mut all) = (0.0, 0.0);
    for purpose in ["leisure", "business", "family", "other"] {
        let part = |days: &str| get(&site, &analyst, &format!("{of}&{days}&segment.purpose={purpose}&compare=none"));
        let (part_now, part_then) = (part(now), part(then));
        let n = number(&part_now["report"]["responses"]);
        assert!(n >= 30.0, "{purpose} {n}");
        expected += n * (score(&part_now) - score(&part_then));
        all += n;
    }
    assert_eq!(Value::from(all as u64), plain["report"]["responses"]);
    let change = &adjusted["comparison"]["change"];
    let (difference, raw) = (number(&change["difference"]), number(&plain["comparison"]["change"]["difference"]));
    assert!((difference - expected / all).abs() < 1e-4, "{difference} {}", expected / all);
    assert!((difference - raw).abs() > 1e-3, "there is something to adjust: {difference} {raw}");
    let width = |change: &Value| number(&change["ci"][1]) - number(&change["ci"][0]);
    let ratio = width(change) / width(&plain["comparison"]["change"]);
    assert!((0.8..1.3).contains(&ratio), "{ratio}");
}

#[test]
fn houses_can_weigh_by_the_guests_they_invited() {
    let site = closed(Backend::Sqlite, 24_000);
    let analyst = somebody(&site, "ana@larkfield.example", Role::Analyst, None);
    let days = "from=2026-08-01&to=2026-10-31";
    let plain = get(&site, &analyst, days);
    let weighed = get(&site, &analyst, &format!("{days}&weight=invited"));
    let mut expected = [0.0; 2];
    let mut all = 0.0;
    for house in plain["report"]["properties"].as_array().unwrap() {
        let alone = get(&site, &analyst, &format!("{days}&unit={}", house["code"].as_str().unwrap()));
        let invited = number(&alone["response_rate"]["invited"]);
        for (expected, construct) in expected.iter_mut().zip(["Satisfaction", "Loyalty"]) {
            let constructs = alone["report"]["constructs"].as_array().unwrap();
            let found = constructs.iter().find(|found| found["construct"] == construct).unwrap();
            *expected += invited * number(&found["score"]);
        }
        all += invited;
    }
    assert_eq!(number(&plain["response_rate"]["invited"]), all);
    let of = |construct: &str| {
        let constructs = weighed["report"]["constructs"].as_array().unwrap();
        number(&constructs.iter().find(|found| found["construct"] == construct).unwrap()["score"])
    };
    assert!((of("Satisfaction") - expected[0] / all).abs() < 1e-4 && (of("Loyalty") - expected[1] / all).abs() < 1e-4);
    assert!((number(&weighed["report"]["headline"]["score"]) - of("Satisfaction")).abs() < 1e-12);
    // Central Station is asked most and answers least, and is the weakest: the group is worse than its answers.
    let score = |of: &Value| number(&of["report"]["headline"]["score"]);
    assert!(score(&weighed) < score(&plain) - 0.3, "{} {}", score(&weighed), score(&plain));
    let page =
        as_somebody(&site, &analyst, "GET", &format!("/overview/hotel-post-stay?lang=en&{days}&weight=invited")).2;
    assert!(page.contains("Each house weighs by the guests it invited, not by those who answered."), "{page}");
    assert!(page.contains("name=\"weight\" value=\"invited\" checked"), "{page}");
    assert!(page.contains("weight&#x3D;invited"), "links keep it: {page}");
    // Houses are set against the whole as it is weighed.
    let path = format!("{API}/properties?{days}&weight=invited&mix=same");
    let (status, _, body) = as_somebody(&site, &analyst, "GET", &path);
    assert_eq!(status, 200, "{body}");
    let houses: Value = serde_json::from_str(&body).unwrap();
    let whole = houses["report"]["constructs"].as_array().unwrap();
    for house in houses["by_construct"].as_array().unwrap() {
        for (cell, whole) in house["constructs"].as_array().unwrap().iter().zip(whole) {
            let expected = number(&cell["score"]) - number(&whole["score"]);
            assert!((number(&cell["against"]["difference"]) - expected).abs() < 1e-9, "{house}");
            let [low, high] = [0, 1].map(|end| number(&cell["against"]["ci"][end]));
            assert!(low < expected && expected < high, "{house}");
        }
    }
    // Answers of a property that invited nobody in these days cannot be weighed by guests invited.
    let part = get(&site, &analyst, "from=2026-08-02&to=2026-08-20&weight=invited");
    assert_eq!(part["adjustment"]["invited"], false);
    assert!(!part["adjustment"]["without_invited"].as_array().unwrap().is_empty());
    for bad in ["mix=other", "weight=1"] {
        assert_eq!(as_somebody(&site, &analyst, "GET", &format!("{API}?{bad}")).0, 400, "{bad}");
    }
}
