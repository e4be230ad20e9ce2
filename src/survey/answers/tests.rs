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

/// What is kept of an answer to a question of the survey of every kind.
fn kept(fields: &[(&str, &str)]) -> (String, Vec<Reason>) {
    let survey = check(include_str!("../../../tests/fixtures/surveys/every-kind.toml")).into_survey().unwrap();
    let required = [("overall", "9"), ("bed", "1"), ("bath", "1"), ("view", "1")];
    let fields = required.iter().chain(fields).map(|(n, v)| ((*n).to_owned(), (*v).to_owned()));
    let parsed = parse(&survey, &RawAnswers(fields.collect()), GUEST).unwrap();
    let mut answers = parsed.walk.kept;
    for (name, _) in required {
        answers.0.remove(name);
    }
    (answers.to_json(), parsed.rejections.into_iter().map(|r| r.reason).collect())
}

#[test]
fn numbers_are_read_as_people_type_them_or_not_at_all() {
    assert_eq!(kept(&[("nights", "７")]).0, r#"{"nights":7.0}"#);
    assert_eq!(kept(&[("slide", "٥٠")]).0, r#"{"slide":50}"#);
    for odd in ["1,000", "1 000", "seven", "7,5", "1e1", "inf"] {
        assert_eq!(kept(&[("nights", odd)]).1, [Reason::NotANumber { decimals: 0 }], "{odd}");
    }
    assert!(matches!(kept(&[("nights", "61")]).1[..], [Reason::OutOfRange { .. }]));
}

#[test]
fn a_text_for_other_chooses_it_and_empty_parts_are_nothing() {
    assert_eq!(kept(&[("purpose_other", "a wedding")]).0, r#"{"purpose":"other","purpose_other":"a wedding"}"#);
    assert_eq!(kept(&[("used", "spa"), ("used_other", "roof")]).0, r#"{"used":["spa","other"],"used_other":"roof"}"#);
    assert_eq!(kept(&[("purpose", "leisure"), ("purpose_other", "x")]).0, r#"{"purpose":"leisure"}"#);
    assert_eq!(kept(&[("share_food", "100")]).0, r#"{"share_food":100,"share_rooms":0}"#);
}

#[test]
fn a_constraint_tests_answers_and_not_their_absence() {
    assert_eq!(kept(&[("nights", "40")]).1, [Reason::Constraint]);
    assert_eq!(kept(&[("nights", "40"), ("purpose", "business")]).1, []);
    assert_eq!(kept(&[]).1, []);
}

#[test]
fn not_applicable_wins_over_what_was_typed_beside_it() {
    let text = include_str!("../../../tests/fixtures/surveys/every-kind.toml");
    let text =
        text.replace("id = \"nights\"\ntype = \"number\"", "id = \"nights\"\nnot_applicable = true\ntype = \"number\"");
    let survey = check(&text).into_survey().unwrap();
    let fields = [("overall", "9"), ("nights", "50"), ("nights", "na")];
    let raw = RawAnswers(fields.map(|(n, v)| (n.to_owned(), v.to_owned())).to_vec());
    let parsed = parse(&survey, &raw, GUEST).unwrap();
    assert_eq!(parsed.walk.kept.0["nights"], Answer::NotApplicable(()));
    assert!(parsed.rejections.iter().all(|r| r.question != "nights"), "{:?}", parsed.rejections);
}
