//! Where a guest goes after sending a page: on, back, the same page again, or to the end.
//!
//! Owns: that nobody reaches the end with a question unseen or an answer to mend. A question that the answers of
//! its own page made visible is shown before anything else. Refuses nothing: a page that is no longer on the way
//! leads to the next one that is.

use super::answers::{Parsed, Rejection};
use super::check::Survey;
use super::question::Question;

/// What a form says about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sent<'a> {
    /// Id of the page that was shown; none where all were, or for a machine that sends everything at once.
    pub page: Option<&'a str>,
    /// Ids of the questions that were shown, separated by spaces; none: all.
    pub shown: Option<&'a str>,
    /// Back rather than on.
    pub back: bool,
    /// The same page again, in another language.
    pub stay: bool,
}

/// What to do next.
#[derive(Debug, Clone, PartialEq)]
pub enum Next {
    Complete,
    Show {
        /// Place in [`super::walk::Walk::pages`]; none: all pages.
        place: Option<usize>,
        /// What the guest has to mend there.
        rejections: Vec<Rejection>,
        /// Whether questions appeared that the guest has not seen.
        more: bool,
    },
}

/// Decides what follows.
pub fn next(survey: &Survey, parsed: &Parsed, sent: Sent<'_>) -> Next {
    let show = |place, rejections, more| Next::Show { place, rejections, more };
    let pages = &parsed.walk.pages;
    let Some(page) = sent.page.filter(|_| survey.one_by_one()) else {
        if sent.stay {
            return show(None, Vec::new(), false);
        }
        let (seen, more) = seen(survey, parsed, 0..pages.len(), sent.shown);
        let rejections = among(&parsed.rejections, &seen);
        if rejections.is_empty() && !more && parsed.rejections.is_empty() {
            return Next::Complete;
        }
        // What is open on pages shown one by one is shown there.
        let place = survey.one_by_one().then(|| place_of(survey, parsed));
        return show(place, rejections, more);
    };
    let known = survey.template.pages.iter().position(|p| p.id == page).unwrap_or(0);
    let here = pages.iter().position(|p| p.page == known);
    // A page that fell away: its place is that of the next one on the way.
    let place = here.unwrap_or_else(|| pages.iter().position(|p| p.page > known).unwrap_or(pages.len()));
    if sent.stay {
        return show(Some(place.min(pages.len().saturating_sub(1))), Vec::new(), false);
    }
    if sent.back {
        return show(Some(place.saturating_sub(1)), Vec::new(), false);
    }
    if here.is_some() {
        let (seen, more) = seen(survey, parsed, place..place + 1, sent.shown);
        let rejections = among(&parsed.rejections, &seen);
        if !rejections.is_empty() || more {
            return show(Some(place), rejections, more);
        }
    }
    let after = if here.is_some() { place + 1 } else { place };
    if after < pages.len() {
        return show(Some(after), Vec::new(), false);
    }
    if parsed.rejections.is_empty() {
        return Next::Complete;
    }
    let place = place_of(survey, parsed);
    let there = questions_of(survey, parsed, place);
    show(Some(place), among(&parsed.rejections, &there), false)
}

/// Ids of the questions of some pages that the guest has seen, and whether one that asks was not among them.
fn seen<'a>(
    survey: &'a Survey,
    parsed: &Parsed,
    places: std::ops::Range<usize>,
    shown: Option<&str>,
) -> (Vec<&'a str>, bool) {
    let all: Vec<&Question> = places.flat_map(|place| questions(survey, parsed, place)).collect();
    let was_shown = |q: &&&Question| shown.is_none_or(|shown| shown.split(' ').any(|id| id == q.id()));
    let seen: Vec<&str> = all.iter().filter(was_shown).map(|q| q.id()).collect();
    let more = all.iter().filter(|q| q.asks()).any(|q| !seen.contains(&q.id()));
    (seen, more)
}

fn questions<'a>(survey: &'a Survey, parsed: &Parsed, place: usize) -> Vec<&'a Question> {
    let page = &parsed.walk.pages[place];
    page.questions.iter().map(|number| &survey.template.pages[page.page].questions[*number]).collect()
}

fn questions_of<'a>(survey: &'a Survey, parsed: &Parsed, place: usize) -> Vec<&'a str> {
    questions(survey, parsed, place).into_iter().map(Question::id).collect()
}

/// What is to be mended in these questions.
fn among(rejections: &[Rejection], questions: &[&str]) -> Vec<Rejection> {
    rejections.iter().filter(|r| questions.contains(&r.question.as_str())).cloned().collect()
}

/// The first page with something to mend.
fn place_of(survey: &Survey, parsed: &Parsed) -> usize {
    let open = |place: &usize| !among(&parsed.rejections, &questions_of(survey, parsed, *place)).is_empty();
    (0..parsed.walk.pages.len()).find(open).unwrap_or(0)
}
