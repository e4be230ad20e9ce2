//! What is odd about a response is flagged by documented rules, shown, filterable, and never dropped.

use soundings::service::authoring::{publish, read_template};

use super::harness::{Site, backends};
use super::questionnaires::form;

const RULES: &str = r#"
[[contradictions]]
id = "angry_fan"
when = "quality_overall >= 9 && satisfaction_overall <= 2"
"#;

/// Hands in with these answers, so many seconds after opening; returns flags and seconds as exported.
fn flags(site: &Site, answers: &[(&str, &str)], seconds: i64) -> (String, String) {
    let path = "/s/flagged?lang=en";
    let mut fields = form(&site.get(path).body);
    for (name, value) in &mut fields {
        if name == "_opened" {
            *value = (value.parse::<i64>().unwrap() - seconds).to_string();
        }
    }
    fields.retain(|(name, _)| !answers.iter().any(|(n, _)| n == name));
    fields.extend(answers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())));
    let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    let sent = site.post(path, &fields);
    assert_eq!(sent.status, 303, "{}", sent.body);
    let receipt = sent.location.split(['/', '?']).nth(4).unwrap().to_owned();
    let csv = site.get("/api/v1/surveys/flagged/responses.csv").body;
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let heading = reader.headers().unwrap().clone();
    let row = reader.records().map(Result::unwrap).find(|row| row[0] == receipt).expect("nothing is dropped");
    let cell = |name: &str| row[heading.iter().position(|n| n == name).unwrap()].to_owned();
    (cell("flags"), cell("seconds"))
}

#[test]
fn odd_responses_are_flagged_shown_and_filterable() {
    for backend in backends() {
        let site = Site::demo(backend, 0);
        let text = soundings::survey::library::instrument("hotel-post-stay").unwrap();
        let text = text.replacen("id = \"hotel-post-stay\"", "id = \"flagged\"", 1) + RULES;
        let (survey, _) = read_template(&text).unwrap();
        let rated: Vec<String> = survey.rated().map(|f| f.id).collect();
        site.app.store.write_blocking(move |db| publish(db, &survey, &text)).unwrap();
        let all = |value: &dyn Fn(usize) -> &'static str| -> Vec<(String, &'static str)> {
            rated.iter().enumerate().map(|(i, id)| (id.clone(), value(i))).collect()
        };
        let with = |pairs: &[(String, &'static str)], more: &[(&'static str, &'static str)], seconds| {
            let kept = pairs.iter().filter(|(id, _)| !more.iter().any(|(n, _)| n == id));
            let fields: Vec<(&str, &str)> = kept.map(|(id, v)| (id.as_str(), *v)).chain(more.iter().copied()).collect();
            flags(&site, &fields, seconds)
        };
        let varied = all(&|i| ["7", "8", "9"][i % 3]);
        // The clock goes on while the form is fetched and sent: a second or more may pass on a busy machine.
        let (none, seconds) = with(&varied, &[], 95);
        assert!(none.is_empty() && (95..125).contains(&seconds.parse().unwrap()), "{none} {seconds}");
        assert_eq!(with(&all(&|_| "8"), &[], 95).0, "straight-lining");
        assert_eq!(with(&varied, &[], 10).0, "speeding");
        let against = [("quality_overall", "10"), ("satisfaction_overall", "1")];
        assert_eq!(with(&varied, &against, 95).0, "contradiction:angry_fan");
        assert_eq!(with(&all(&|_| "8"), &[("_website", "http://x")], 3).0, "straight-lining speeding machine");
        // A clock that was changed says nothing about time.
        assert_eq!(with(&varied, &[], -500), (String::new(), String::new()));
        let report = |query: &str| site.get(&format!("/api/v1/reports/flagged{query}")).json();
        assert_eq!((report("")["responses"].as_u64(), report("")["flagged"].as_u64()), (Some(6), Some(4)));
        assert_eq!(report("?flagged=without")["responses"], 2);
        assert_eq!(site.get("/api/v1/reports/flagged?flagged=maybe").status, 400);
        let page = site.get("/reports/flagged?lang=en&flagged=without").body;
        assert!(page.contains("name=\"flagged\" value=\"without\" checked"), "{page}");
    }
}

#[test]
fn a_rule_over_unknown_questions_is_placed() {
    let text = soundings::survey::library::instrument("hotel-post-stay").unwrap().to_owned();
    let Err(found) = read_template(&(text + "[[contradictions]]\nid = \"x\"\nwhen = \"nowhere > 3\"\n")) else {
        panic!("refused")
    };
    assert!(found.iter().any(|p| p.to_string().contains("nowhere")), "{found:?}");
}
