//! Which pages and questions a guest sees, from the answers so far.
//!
//! Owns: one rule for page, form and store: a question is asked where its page is reached and both conditions
//! hold, judged by the answers to what was asked before it. What is not asked is not kept. Refuses nothing.

use std::collections::{BTreeMap, BTreeSet};

use super::answers::{Answer, Answers};
use super::check::Survey;
use super::logic::{Expression, Value};
use super::order;
use super::question::{Choice, Question};

/// What conditions know besides answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Guest<'a> {
    /// From which orders follow.
    pub attempt: &'a str,
    /// Code of the unit; empty without one.
    pub unit: &'a str,
    pub language: &'a str,
}

/// A survey's expressions, compiled; keyed as the template names them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Logic {
    /// One entry per page.
    pub pages: Vec<PageLogic>,
    /// By question id.
    pub show_if: BTreeMap<String, Expression>,
    /// By question id.
    pub constraints: BTreeMap<String, Expression>,
    /// By question id and choice id.
    pub choices: BTreeMap<(String, String), Expression>,
    /// In the order of the template's.
    pub scores: Vec<Expression>,
    pub quotas: Vec<Expression>,
    pub contradictions: Vec<Expression>,
    /// Fields whose value is a list: empty, not null, without an answer.
    pub lists: BTreeSet<String>,
}

/// A page's expressions.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PageLogic {
    pub show_if: Option<Expression>,
    /// Where to go, by the number of a page; one more than the last is the end.
    pub skip: Vec<(Expression, usize)>,
}

/// A page as a guest sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Number of the page in the template.
    pub page: usize,
    /// Numbers of its questions in the template, in the order shown.
    pub questions: Vec<usize>,
}

/// A way through a survey.
#[derive(Debug, Clone, PartialEq)]
pub struct Walk {
    /// Pages with at least one question to show, in order.
    pub pages: Vec<Seen>,
    /// Answers to what was asked.
    pub kept: Answers,
}

/// The way through a survey that these answers lead.
pub fn walk(survey: &Survey, answers: &Answers, guest: Guest<'_>) -> Walk {
    let template = &survey.template;
    let order = order::pages(template, guest.attempt);
    let mut walk = Walk { pages: Vec::new(), kept: Answers::default() };
    for question in survey.questions().filter(|q| matches!(q, Question::Hidden { .. })) {
        keep(survey, question, answers, guest, &mut walk.kept);
    }
    let mut at = 0;
    while let Some(&page) = order.get(at) {
        at += 1;
        let logic = &survey.logic.pages[page];
        let reached = logic.show_if.as_ref().is_none_or(|e| holds(survey, e, &walk.kept, guest));
        if !reached {
            continue;
        }
        let mut seen = Seen { page, questions: Vec::new() };
        for number in order::questions(template, page, guest.attempt) {
            let question = &template.pages[page].questions[number];
            let condition = survey.logic.show_if.get(question.id());
            let shown = condition.is_none_or(|e| holds(survey, e, &walk.kept, guest));
            if shown && !matches!(question, Question::Hidden { .. }) {
                seen.questions.push(number);
                keep(survey, question, answers, guest, &mut walk.kept);
            }
        }
        if !seen.questions.is_empty() {
            walk.pages.push(seen);
        }
        let next = survey.logic.pages[page].skip.iter().find(|(e, _)| holds(survey, e, &walk.kept, guest));
        if let Some((_, target)) = next {
            at = order.iter().position(|p| p == target).unwrap_or(order.len()).max(at);
        }
    }
    walk
}

/// Keeps a question's answers, as far as they were offered.
fn keep(survey: &Survey, question: &Question, answers: &Answers, guest: Guest<'_>, kept: &mut Answers) {
    for field in question.fields() {
        let Some(answer) = answers.0.get(&field.id) else { continue };
        let offered = |id: &str| {
            let choice = question.choices().iter().find(|c| c.id == id);
            choice.is_none_or(|c| choice_is_offered(survey, question, c, kept, guest))
        };
        let answer = match answer {
            Answer::Text(id) if !question.choices().is_empty() && field.id == question.id() && !offered(id) => None,
            Answer::Choices(ids) => {
                let ids: Vec<String> = ids.iter().filter(|id| offered(id)).cloned().collect();
                (!ids.is_empty()).then_some(Answer::Choices(ids))
            }
            other => Some(other.clone()),
        };
        if let Some(answer) = answer {
            kept.0.insert(field.id, answer);
        }
    }
}

/// Whether a choice is offered after these answers.
pub fn choice_is_offered(
    survey: &Survey,
    question: &Question,
    choice: &Choice,
    kept: &Answers,
    guest: Guest<'_>,
) -> bool {
    let key = (question.id().to_owned(), choice.id.clone());
    survey.logic.choices.get(&key).is_none_or(|e| holds(survey, e, kept, guest))
}

/// Whether a condition holds after these answers.
pub fn holds(survey: &Survey, condition: &Expression, kept: &Answers, guest: Guest<'_>) -> bool {
    condition.holds(&|name| value(survey, name, kept, guest))
}

/// The value of a name in conditions and formulas.
pub fn value(survey: &Survey, name: &str, kept: &Answers, guest: Guest<'_>) -> Value {
    let text = |text: &str| if text.is_empty() { Value::Null } else { Value::Text(text.to_owned()) };
    match name {
        "unit" => return text(guest.unit),
        "language" => return text(guest.language),
        _ => {}
    }
    match kept.0.get(name) {
        Some(answer) => answer.value(),
        None if survey.logic.lists.contains(name) => Value::List(Vec::new()),
        None => match survey.template.scores.iter().position(|s| s.id == name) {
            Some(place) => score(survey, place, kept, guest),
            None => Value::Null,
        },
    }
}

/// The value of a score; null where too few of the questions that it names are answered.
pub fn score(survey: &Survey, place: usize, kept: &Answers, guest: Guest<'_>) -> Value {
    let Some(formula) = survey.logic.scores.get(place) else { return Value::Null };
    // Scores look at earlier scores only, so this ends.
    let value = |name: &str| value(survey, name, kept, guest);
    let needed = survey.template.scores[place].at_least.map_or(formula.names.len(), usize::from);
    let given = formula.names.iter().filter(|name| value(name).is_given()).count();
    if given < needed { Value::Null } else { formula.evaluate(&value) }
}
