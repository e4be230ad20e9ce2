//! What single questions must be besides their shape: sensible ranges, ids of choices and rows, labels that fit.

use std::collections::HashSet;

use super::answers::{NOT_APPLICABLE, OTHER};
use super::check::Checked;
use super::question::{Choice, Question};
use super::template::{LANGUAGE, LONGEST_SEGMENT, MOST_SEGMENTS, Template};

/// Checks every question.
pub(super) fn check(template: &Template, checked: &mut Checked) {
    for (i, page) in template.pages.iter().enumerate() {
        for (j, question) in page.questions.iter().enumerate() {
            let path = format!("pages.{i}.questions.{j}");
            choices(&path, question, checked);
            ranges(&path, question, checked);
            flags(&path, question, checked);
        }
    }
    segments(template, checked);
    for name in template.scales.keys() {
        checked.identifier(&format!("scales.{name}#key"), name);
    }
}

/// What divides guests: at most five questions of one answer each.
fn segments(template: &Template, checked: &mut Checked) {
    for (i, id) in template.segments.iter().enumerate() {
        let path = format!("segments.{i}");
        let mut questions = template.pages.iter().flat_map(|page| &page.questions);
        match questions.find(|question| question.id() == id) {
            None => checked.error(&path, format!("there is no question `{id}`")),
            Some(Question::SingleChoice { .. } | Question::DropDown { .. } | Question::Hidden { .. }) => {}
            Some(_) => checked.error(
                &path,
                format!("`{id}` does not divide guests: name a single choice, a drop-down list or a hidden value"),
            ),
        }
        if template.segments[..i].contains(id) {
            checked.error(&path, format!("`{id}` is named twice"));
        }
        if id == LANGUAGE {
            checked.error(&path, "`language` is the guest's language already; give the question another id");
        }
    }
    if template.segments.len() > MOST_SEGMENTS {
        checked.error("segments", format!("at most {MOST_SEGMENTS} questions can divide guests"));
    }
}

fn choices(path: &str, question: &Question, checked: &mut Checked) {
    let mut seen = HashSet::new();
    for (k, choice) in question.choices().iter().enumerate() {
        let path = format!("{path}.choices.{k}");
        let id = choice.id.as_str();
        if matches!(question, Question::Hidden { .. }) {
            of_link(&path, choice, checked);
        } else {
            checked.identifier(&format!("{path}.id"), id);
        }
        if !seen.insert(id) {
            checked.error(&format!("{path}.id"), format!("the choice id `{id}` is used twice in `{}`", question.id()));
        }
        if id == NOT_APPLICABLE || (id == OTHER && !question.other().is_empty()) {
            checked.error(&format!("{path}.id"), format!("`{id}` has a meaning of its own; choose another id"));
        }
        if choice.show_if.is_some() && matches!(question, Question::Ranking { .. } | Question::ConstantSum { .. }) {
            checked.error(
                &format!("{path}.show_if"),
                "all choices of a ranking or a sum are shown; leave out the condition",
            );
        }
        if choice.exclusive && !matches!(question, Question::MultipleChoice { .. }) {
            checked.error(&format!("{path}.exclusive"), "only choices of a multiple choice can be exclusive");
        }
    }
    let rows: Vec<(&str, &str)> = match question {
        Question::Matrix { rows, .. } => rows.iter().map(|row| ("rows", row.id.as_str())).collect(),
        Question::SemanticDifferential { rows, .. } => rows.iter().map(|row| ("rows", row.id.as_str())).collect(),
        _ => Vec::new(),
    };
    for (k, (list, id)) in rows.into_iter().enumerate() {
        checked.identifier(&format!("{path}.{list}.{k}.id"), id);
    }
}

/// A value of a link, as links write it.
fn of_link(path: &str, choice: &Choice, checked: &mut Checked) {
    let id = choice.id.as_str();
    if id.is_empty() || id.trim() != id || id.chars().count() > LONGEST_SEGMENT || id.chars().any(char::is_control) {
        let message = format!(
            "`{id}` is no value of a link: {LONGEST_SEGMENT} characters at most, none of them at the ends a space"
        );
        checked.error(&format!("{path}.id"), message);
    }
    if choice.show_if.is_some() {
        checked.error(&format!("{path}.show_if"), "a hidden value is not shown; leave out the condition");
    }
}

fn ranges(path: &str, question: &Question, checked: &mut Checked) {
    match question {
        Question::Rating { min, max, labels, .. } | Question::Matrix { min, max, labels, .. } => {
            if min >= max {
                checked.error(&format!("{path}.max"), format!("`max` ({max}) must be above `min` ({min})"));
            }
            let points = usize::from(max.saturating_sub(*min)) + 1;
            if !labels.is_empty() && labels.len() != points {
                let message = format!("{} labels for {points} points; give one for each", labels.len());
                checked.error(&format!("{path}.labels"), message);
            }
        }
        Question::Slider { min, max, step, .. } => {
            if min >= max {
                checked.error(&format!("{path}.max"), format!("`max` ({max}) must be above `min` ({min})"));
            } else if (max - min) % step != 0 {
                checked.error(&format!("{path}.step"), format!("steps of {step} do not lead from {min} to {max}"));
            }
        }
        Question::Number { min: Some(min), max: Some(max), .. } if min >= max => {
            checked.error(&format!("{path}.max"), format!("`max` ({max}) must be above `min` ({min})"));
        }
        Question::Date { min, max, .. } => {
            for (name, day) in [("min", min), ("max", max)] {
                let bad = day.as_ref().filter(|d| chrono::NaiveDate::parse_from_str(d, "%Y-%m-%d").is_err());
                if let Some(day) = bad {
                    checked.error(&format!("{path}.{name}"), format!("`{day}` is not a day such as 2026-11-22"));
                }
            }
            if let (Some(min), Some(max)) = (min, max)
                && min > max
            {
                checked.error(&format!("{path}.max"), format!("`max` ({max}) must not be before `min` ({min})"));
            }
        }
        _ => {}
    }
}

/// Common fields that have no meaning for a kind.
fn flags(path: &str, question: &Question, checked: &mut Checked) {
    let common = question.common();
    let silent = !question.asks();
    if common.required && silent {
        checked.error(&format!("{path}.required"), "a text to read needs no answer");
    }
    let takes_none = matches!(
        question,
        Question::Consent { .. }
            | Question::Statement { .. }
            | Question::Ranking { .. }
            | Question::ConstantSum { .. }
            | Question::MultipleChoice { .. }
    );
    if common.not_applicable && takes_none {
        checked.error(
            &format!("{path}.not_applicable"),
            "this kind of question has no \"not applicable\"; leave it out, or offer a choice that says so",
        );
    }
}
