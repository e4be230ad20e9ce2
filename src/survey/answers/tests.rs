//! What is kept of a form, what is given back to be mended, and what is refused.

use super::*;
use crate::survey::check::check;

const GUEST: Guest<'_> = Guest { attempt: "a", unit: "", language: "en" };

fn survey() -> Survey {
    check(include_str!("../../../survey-templates/hotel-post-stay.toml")).into_survey().unwrap()
}

fn required() -> Vec<(&'static str, &'static str)> {
    vec![
        ("quality_overall", "9"),
        ("satisfaction_overall", "8"),
        ("satisfaction_expected", "7"),
        ("satisfaction_ideal", "10"),
    ]
}

fn send(extra: &[(&str, &str)]) -> Result<Parsed, Forged> {
    let fields = required().into_iter().chain(extra.iter().copied());
    parse(&survey(), &RawAnswers(fields.map(|(n, v)| (n.to_owned(), v.to_owned())).collect()), GUEST)
}

#[test]
fn keeps_each_kind_of_answer() {
    let parsed = send(&[
        ("_attempt", "x"),
        ("quality_room", "na"),
        ("purpose", "leisure"),
        ("improve", "food"),
        ("improve", "room"),
        ("comment", " a\r\nb\u{0} "),
    ])
    .unwrap();
    assert_eq!(parsed.rejections, []);
    assert_eq!(
        serde_json::to_string(&parsed.walk.kept).unwrap(),
        r#"{"comment":"a\nb","improve":["room","food"],"purpose":"leisure","quality_overall":9,"quality_room":null,"satisfaction_expected":7,"satisfaction_ideal":10,"satisfaction_overall":8}"#
    );
    let back: Answers = serde_json::from_str(&serde_json::to_string(&parsed.walk.kept).unwrap()).unwrap();
    assert_eq!(back, parsed.walk.kept);
}

#[test]
fn rejects_what_a_guest_can_mend_all_at_once() {
    let long = "长".repeat(2001);
    let raw = RawAnswers(vec![("quality_overall".into(), "9".into()), ("comment".into(), long)]);
    let parsed = parse(&survey(), &raw, GUEST).unwrap();
    let found: Vec<_> = parsed.rejections.iter().map(|r| (r.question.as_str(), r.reason.clone())).collect();
    assert_eq!(
        found,
        [
            ("satisfaction_overall", Reason::Required),
            ("satisfaction_expected", Reason::Required),
            ("satisfaction_ideal", Reason::Required),
            ("comment", Reason::TooLong { longest: 2000, found: 2001 }),
        ]
    );
}

#[test]
fn refuses_what_no_page_of_ours_sends() {
    let forged = |extra: &[(&str, &str)]| send(extra).unwrap_err().to_string();
    assert_eq!(forged(&[("admin", "1")]), "the survey has no question `admin`");
    assert_eq!(forged(&[("quality_room", "11")]), "`11` was not offered as an answer to `quality_room`");
    assert_eq!(forged(&[("quality_room", "+5")]), "`+5` was not offered as an answer to `quality_room`");
    assert_eq!(forged(&[("quality_room", "5"), ("quality_room", "6")]), "`quality_room` was answered more than once");
    assert_eq!(forged(&[("improve", "everything")]), "`everything` was not offered as an answer to `improve`");
    assert_eq!(forged(&[("quality_overall", "na")]), "`quality_overall` was answered more than once");
}
