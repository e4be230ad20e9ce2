//! Fresh survey pages, rendered once for each revision, language and unit.
//!
//! Owns: the rendered text around the one thing that differs between guests, the attempt key. Refuses:
//! pages with anything typed in them; those are rendered for the guest alone.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use actix_web::{HttpResponse, HttpResponseBuilder};

use super::guest_view::Shown;
use super::view;
use crate::survey::walk::Guest;

/// Stands in the rendered page where the attempt key goes; no survey text can hold its control character.
const MARK: &str = "\u{1}attempt\u{1}";

/// Pages kept; beyond it all are rendered anew.
const KEPT: usize = 1000;

/// Revision id, language, unit code.
type Key = (i64, String, Option<String>);

/// Rendered pages, cut where the attempt key goes.
#[derive(Default)]
pub struct Pages {
    rendered: Mutex<HashMap<Key, Arc<(String, String)>>>,
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
                match view::render("survey", &Shown { guest: Guest { attempt: MARK, ..shown.guest }, ..*shown }.view())
                {
                    Some(text) => self.keep(key, &text),
                    None => return view::broken(),
                }
            }
        };
        let body = [page.0.as_str(), shown.guest.attempt, page.1.as_str()].concat();
        response.content_type("text/html; charset=utf-8").body(body)
    }

    fn keep(&self, key: Key, text: &str) -> Arc<(String, String)> {
        let (before, after) = text.split_once(MARK).unwrap_or((text, ""));
        let page = Arc::new((before.to_owned(), after.to_owned()));
        let mut rendered = self.rendered.lock().unwrap_or_else(PoisonError::into_inner);
        if rendered.len() >= KEPT {
            rendered.clear();
        }
        rendered.insert(key, page.clone());
        page
    }
}
