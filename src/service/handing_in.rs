//! A program hands in a response: of a telephone interview, a paper form, an app of one's own.
//!
//! Owns: turning its JSON into what a form would have sent, so that a response is judged by the same rules whichever way
//! it comes. Refuses: answers to questions that the answers before them skip; half a response.

use std::collections::BTreeMap;

use super::collecting::{ATTEMPT_FIELD, Arrival, By, Outcome, REVISION_FIELD};
use super::{App, ServiceError, random_bytes};
use crate::survey::answers::{Answer, Answers, Reason, Rejection};
use crate::survey::ids::{AttemptKey, Receipt};

/// A response to be handed in.
#[derive(Debug, Default, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HandedIn {
    /// By field: a number for a rating, a text for a choice or a text, a list of texts for several choices, `true` for a box
    /// that is ticked, `null` for "does not apply".
    #[schema(value_type = Object)]
    pub answers: Answers,
    /// Code.
    #[serde(default)]
    pub unit: Option<String>,
    /// BCP 47; the survey's first language without it.
    #[serde(default)]
    pub language: Option<String>,
    /// Hidden fields, as a link would give them.
    #[serde(default)]
    pub given: BTreeMap<String, String>,
    /// Content hash of the revision that was asked; the current one without it.
    #[serde(default)]
    pub revision: Option<String>,
    /// 32 hexadecimal digits of one's own; a repeat of the same attempt gets the receipt of the first.
    #[serde(default)]
    #[schema(pattern = "^[0-9a-f]{32}$")]
    pub attempt: Option<String>,
}

impl App {
    /// Stores a response, or says everything that is wrong with it.
    ///
    /// # Errors
    /// As [`App::submit`]; [`ServiceError::BadAnswers`] with every rejection, or for a full quota.
    pub async fn hand_in(&self, slug: &str, response: HandedIn) -> Result<Receipt, ServiceError> {
        let HandedIn { mut answers, unit, language, given, revision, attempt } = response;
        let revision = match revision {
            Some(hash) => hash,
            None => self.published(slug).await?.revision.content_hash.clone(),
        };
        let attempt = match attempt {
            Some(key) => {
                let bad = |_| ServiceError::BadFilter {
                    name: "attempt",
                    given: key.chars().take(40).collect(),
                    expected: "32 hexadecimal digits",
                };
                key.parse::<AttemptKey>().map_err(bad)?
            }
            None => AttemptKey::from_random(random_bytes()),
        };
        // A box that is not ticked sends nothing.
        answers.0.retain(|_, answer| *answer != Answer::Ticked(false));
        let arrival = Arrival { unit, language, given: given.into_iter().collect() };
        let mut raw = answers.as_typed();
        raw.0.push((ATTEMPT_FIELD.to_owned(), attempt.to_string()));
        raw.0.push((REVISION_FIELD.to_owned(), revision));
        match self.take(slug, &arrival, &raw, By::Anybody).await? {
            Outcome::Stored(receipt) => Ok(receipt),
            Outcome::Show { rejections, .. } => Err(ServiceError::BadAnswers(told(&rejections))),
            Outcome::Full { .. } => Err(ServiceError::BadAnswers("there are enough responses of this kind".to_owned())),
        }
    }
}

/// What is wrong, for a program.
fn told(rejections: &[Rejection]) -> String {
    if rejections.is_empty() {
        return "a question that the answers lead to was not answered".to_owned();
    }
    let one = |rejection: &Rejection| format!("`{}` {}", rejection.field, why(&rejection.reason));
    rejections.iter().map(one).collect::<Vec<_>>().join("; ")
}

fn why(reason: &Reason) -> String {
    let ends = |min: Option<String>, max: Option<String>| match (min, max) {
        (Some(min), Some(max)) => format!("must lie between {min} and {max}"),
        (Some(min), None) => format!("must not be below {min}"),
        (None, Some(max)) => format!("must not be above {max}"),
        (None, None) => "is out of range".to_owned(),
    };
    match reason {
        Reason::Required => "is required".to_owned(),
        Reason::TooLong { longest, found } => format!("has {found} characters; at most {longest} are taken"),
        Reason::NotANumber { decimals } => format!("is no number with at most {decimals} decimals"),
        Reason::OutOfRange { min, max } => ends(min.map(|x| x.to_string()), max.map(|x| x.to_string())),
        Reason::NotADay => "is no day such as 2026-11-21".to_owned(),
        Reason::DayOutOfRange { min, max } => ends(min.clone(), max.clone()),
        Reason::NotAnEmail => "is no e-mail address".to_owned(),
        Reason::RankTwice => "has a rank twice".to_owned(),
        Reason::Sum { total, found } => format!("adds up to {found}, not to {total}"),
        Reason::Exclusive { choice } => format!("combines `{choice}` with others"),
        Reason::Constraint => "does not meet the questionnaire's own condition".to_owned(),
    }
}
