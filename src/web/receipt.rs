//! A guest's answers, found again by receipt: seen, corrected, taken back.
//!
//! Refuses: to be kept in any cache; and to say more of an unknown receipt than that it is unknown.

use actix_web::http::{StatusCode, header};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;

use super::brand::{self, BrandView};
use super::guest::arrival;
use super::guest_view::Shown;
use super::problem::Problem;
use super::{headers, view};
use crate::report::labels::answer_words;
use crate::service::collecting::{ATTEMPT_FIELD, CORRECT_FIELD, guest};
use crate::service::receipts::{Held, typed_receipt};
use crate::service::{App, ServiceError};
use crate::survey::answers::RawAnswers;
use crate::survey::question::Question;
use crate::survey::text::{direction, negotiate};
use crate::wording::{self, Value, wording};

/// Where a code is typed in.
#[derive(Debug, Serialize)]
struct FindView {
    language: String,
    code: String,
    unknown: bool,
}

/// A response as its guest sees it.
#[derive(Debug, Serialize)]
struct HeldView {
    language: String,
    brand: BrandView,
    direction: &'static str,
    subtitle: String,
    receipt: String,
    items: Vec<Item>,
    /// Where answers are corrected; empty if it is too late.
    correct: String,
    until: String,
    action: String,
}

#[derive(Debug, Serialize)]
struct Item {
    question: String,
    answers: Vec<Words>,
}

#[derive(Debug, Serialize)]
struct Words {
    /// The row of a table; empty where the question has one answer.
    label: String,
    /// Empty where there is none.
    text: String,
}

/// `GET /r`: a field for the code; with `?code=` on to the answers, or back with a word.
pub async fn find(request: HttpRequest, app: Data<App>) -> Result<HttpResponse, Problem> {
    let arrival = arrival(&request)?;
    let asked = arrival.given.iter().find(|(name, _)| name == "code").map(|(_, code)| code.as_str());
    let known = wording::languages();
    let language = negotiate(&known, arrival.language.as_deref(), headers::accept_language(&request));
    if let Some(receipt) = asked.and_then(typed_receipt) {
        match app.held(receipt.as_str()).await {
            Err(ServiceError::UnknownReceipt) => {}
            Err(e @ ServiceError::Store(_)) => return Err(Problem::new(&e, &request)),
            _ => {
                let to = view::link(&["r", receipt.as_str()], &[("lang".to_owned(), language.to_owned())]);
                return Ok(HttpResponse::SeeOther().insert_header((header::LOCATION, to)).finish());
            }
        }
    }
    let code = asked.unwrap_or_default().chars().take(40).collect();
    let view = FindView { language: language.to_owned(), code, unknown: asked.is_some() };
    let status = if view.unknown { StatusCode::NOT_FOUND } else { StatusCode::OK };
    Ok(view::html(&mut view::private(status), "receipt-find", &view))
}

/// `GET /r/{receipt}`: the answers.
pub async fn show(request: HttpRequest, app: Data<App>, receipt: Path<String>) -> Result<HttpResponse, Problem> {
    let held = app.held(&receipt).await.map_err(|e| Problem::new(&e, &request))?;
    let language = language(&request, &held)?;
    let mut response = view::private(StatusCode::OK);
    Ok(view::html(brand::allow(&mut response, &held.revision.survey), "receipt", &held_view(&held, &language)))
}

/// `POST /r/{receipt}`: takes the answers back.
pub async fn withdraw(request: HttpRequest, app: Data<App>, receipt: Path<String>) -> Result<HttpResponse, Problem> {
    match app.withdraw(&receipt).await {
        // The page that says so is the one that a second visit finds.
        Ok(()) | Err(ServiceError::Withdrawn) => {
            let query: Vec<(String, String)> =
                arrival(&request)?.language.into_iter().map(|tag| ("lang".to_owned(), tag)).collect();
            let to = view::link(&["r", receipt.as_str()], &query);
            Ok(HttpResponse::SeeOther().insert_header((header::LOCATION, to)).finish())
        }
        Err(e) => Err(Problem::new(&e, &request)),
    }
}

/// `GET /r/{receipt}/correct`: the survey with the answers in it.
pub async fn correct(request: HttpRequest, app: Data<App>, receipt: Path<String>) -> Result<HttpResponse, Problem> {
    let held = app.held(&receipt).await.map_err(|e| Problem::new(&e, &request))?;
    if held.correct_until.is_none() {
        return Err(Problem::new(&ServiceError::TooLate, &request));
    }
    let language = language(&request, &held)?;
    let arrival = held.arrival();
    let mut typed = held.answers.as_typed();
    typed.0.push((ATTEMPT_FIELD.to_owned(), held.attempt.to_string()));
    typed.0.push((CORRECT_FIELD.to_owned(), held.receipt.to_string()));
    let walk = held.walk();
    let guest = guest(&held.attempt, &arrival, &language);
    let shown = Shown::first(&held.revision, &arrival, &language, guest, &typed, &walk);
    Ok(view::html(brand::allow(&mut view::private(StatusCode::OK), shown.survey()), "survey", &shown.view()))
}

/// The address's language, else the one that was answered in.
fn language(request: &HttpRequest, held: &Held) -> Result<String, Problem> {
    let wanted = arrival(request)?.language.unwrap_or_else(|| held.language.clone());
    Ok(negotiate(&held.revision.survey.template.languages, Some(&wanted), None).to_owned())
}

fn held_view(held: &Held, language: &str) -> HeldView {
    let (survey, words) = (&held.revision.survey, wording(language));
    let walk = held.walk();
    let arrival = held.arrival();
    let (typed, guest) = (RawAnswers::default(), guest(&held.attempt, &arrival, language));
    let shown = Shown::first(&held.revision, &arrival, language, guest, &typed, &walk);
    let asked = walk.pages.iter().flat_map(|seen| {
        seen.questions.iter().map(|n| &survey.template.pages[seen.page].questions[*n]).filter(|q| q.asks())
    });
    let item = |question: &Question| {
        let fields = question.fields();
        let words = |field: &crate::survey::field::Field<'_>| Words {
            label: if field.id == question.id() { String::new() } else { shown.text(field.label) },
            text: walk.kept.0.get(&field.id).map_or_else(String::new, |a| answer_words(field, a, survey, language)),
        };
        Item { question: shown.text(question.common().text), answers: fields.iter().map(words).collect() }
    };
    let day = |time: chrono::NaiveDateTime| words.day(time.date());
    let lang = [("lang".to_owned(), language.to_owned())];
    let title = shown.text(&survey.template.title);
    HeldView {
        language: language.to_owned(),
        brand: BrandView::of(survey, language),
        direction: direction(language),
        subtitle: words.fill("held-of", &[("title", Value::Text(title)), ("day", Value::Text(day(held.submitted_at)))]),
        receipt: held.receipt.to_string(),
        items: asked.map(item).collect(),
        correct: held
            .correct_until
            .map_or_else(String::new, |_| view::link(&["r", held.receipt.as_str(), "correct"], &lang)),
        until: held.correct_until.map_or_else(String::new, |until| {
            let time = until.format("%H:%M").to_string();
            words.fill("held-until", &[("day", Value::Text(day(until))), ("time", Value::Text(time))])
        }),
        action: view::link(&["r", held.receipt.as_str()], &lang),
    }
}
