//! Fresh survey pages, rendered once for each revision, language and unit.
//!
//! Owns: the rendered text around what differs between guests: attempt key and time of opening. Refuses:
//! pages with anything typed in them; those are rendered for the guest alone.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use actix_web::{HttpResponse, HttpResponseBuilder};

use super::guest_view::Shown;
use super::view;
use crate::survey::walk::Guest;

/// Stands in the rendered page where the attempt key goes; no survey text can hold its control character.
const MARK: &str = "\u{1}attempt\u{1}";

/// Stands where the time of opening goes.
const OPENED: &str = "\u{1}opened\u{1}";

/// Pages kept; beyond it all are rendered anew.
const KEPT: usize = 1000;

/// Revision id, language, unit code.
type Key = (i64, String, Option<String>);

/// Rendered pages, cut where the attempt key goes.
#[derive(Default)]
pub struct Pages {
    rendered: Mutex<HashMap<Key, Arc<[String; 3]>>>,
}

impl Pages {
    /// The page of a guest who has typed nothing yet.
    pub fn fresh(&self, response: &mut HttpResponseBuilder, shown: &Shown<'_>) -> HttpResponse {
        if !shown.typed.0.is_empty() || shown.survey().draws_orders() {
            return view::html(response, "survey", &shown.view());
        }
        let key = (shown.revision.id, shown.language.to_owned(), shown.arrival.unit.clone());
        let known = self.rendered.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        let page = match known {
            Some(page) => page,
            None => {
                match view::render(
                    "survey",
                    &Shown { guest: Guest { attempt: MARK, ..shown.guest }, opened: OPENED, ..*shown }.view(),
                ) {
                    Some(text) => self.keep(key, &text),
                    None => return view::broken(),
                }
            }
        };
        let body = [&page[0], shown.guest.attempt, &page[1], shown.opened, &page[2]].concat();
        response.content_type("text/html; charset=utf-8").body(body)
    }

    fn keep(&self, key: Key, text: &str) -> Arc<[String; 3]> {
        let (before, rest) = text.split_once(MARK).unwrap_or((text, ""));
        let (between, after) = rest.split_once(OPENED).unwrap_or((rest, ""));
        let page = Arc::new([before, between, after].map(str::to_owned));
        let mut rendered = self.rendered.lock().unwrap_or_else(PoisonError::into_inner);
        if rendered.len() >= KEPT {
            rendered.clear();
        }
        rendered.insert(key, page.clone());
        page
    }
}
