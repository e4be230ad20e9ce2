//! How API calls are answered: JSON with an entity tag, pages of lists, writes that are done once.
//!
//! Owns: conditional requests (RFC 9110) and idempotency keys; what a key was answered with is kept in memory for a day,
//! so that a link or token is never written down. Refuses: cursors and limits that were not given out.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use actix_web::body::to_bytes;
use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{Page, PageQuery};
use crate::service::ServiceError;
use crate::service::access::Viewer;
use crate::service::cursor::{cursor, place};
use crate::store::StoreError;
use crate::web::problem::Problem;

/// Entries of a page that nobody asked for otherwise.
const LIMIT: u16 = 100;
const MOST: u16 = 500;
/// How long an idempotency key is remembered, and how many are.
const REMEMBERED: Duration = Duration::from_hours(24);
const KEYS: usize = 10_000;

/// The entity tag of bytes.
pub fn tag(body: &[u8]) -> String {
    let hash: String = Sha256::digest(body).iter().take(16).map(|b| format!("{b:02x}")).collect();
    format!("\"{hash}\"")
}

fn bytes(value: &impl Serialize) -> Vec<u8> {
    // Values of our own always become JSON.
    serde_json::to_vec(value).unwrap_or_default()
}

/// Whether a header of entity tags names this one.
fn names(request: &HttpRequest, header: header::HeaderName, tag: &str) -> Option<bool> {
    let given = request.headers().get(header)?.to_str().ok()?;
    let plain = |one: &str| one.trim().trim_start_matches("W/").to_owned();
    Some(given.split(',').any(|one| one.trim() == "*" || plain(one) == tag))
}

/// A value as it is now: 304 for whoever has it already.
pub fn json(request: &HttpRequest, value: &impl Serialize) -> HttpResponse {
    let body = bytes(value);
    let tag = tag(&body);
    let known = names(request, header::IF_NONE_MATCH, &tag) == Some(true);
    let mut response = if known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response.insert_header((header::ETAG, tag)).insert_header((header::CACHE_CONTROL, "private, no-cache"));
    if known { response.finish() } else { response.content_type("application/json").body(body) }
}

/// Something that was made.
pub fn created(value: &impl Serialize) -> HttpResponse {
    let mut response = HttpResponse::Created();
    response.insert_header((header::CACHE_CONTROL, "no-store")).content_type("application/json").body(bytes(value))
}

/// Nothing to say but that it was done.
pub fn done() -> HttpResponse {
    HttpResponse::NoContent().finish()
}

/// Whether a write that is conditional (`If-Match`) is of what there is; `None` for nothing there.
///
/// # Errors
/// [`ServiceError::Changed`].
pub fn matches(request: &HttpRequest, now: Option<&impl Serialize>) -> Result<(), ServiceError> {
    let tag = now.map(|value| tag(&bytes(value)));
    match names(request, header::IF_MATCH, tag.as_deref().unwrap_or_default()) {
        Some(same) if !same || tag.is_none() => Err(ServiceError::Changed),
        _ => Ok(()),
    }
}

impl PageQuery {
    /// Where to go on, and how many.
    ///
    /// # Errors
    /// [`ServiceError::BadFilter`].
    pub fn place(&self) -> Result<(i64, i64), ServiceError> {
        let limit = self.limit.unwrap_or(LIMIT);
        if !(1..=MOST).contains(&limit) {
            return Err(ServiceError::BadFilter { name: "limit", given: limit.to_string(), expected: "1 to 500" });
        }
        let after = match &self.cursor {
            None => 0,
            Some(text) => place(text).ok_or_else(|| ServiceError::BadFilter {
                name: "cursor",
                given: text.chars().take(40).collect(),
                expected: "`next` of an earlier page",
            })?,
        };
        Ok((after, i64::from(limit)))
    }
}

/// What was sent, as JSON.
///
/// # Errors
/// [`ServiceError::BadTable`] with where it goes wrong.
pub fn read<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, ServiceError> {
    serde_json::from_slice(body).map_err(|e| ServiceError::BadTable(e.to_string()))
}

/// A name for people, without spaces around it.
///
/// # Errors
/// [`ServiceError::BadFilter`].
pub fn named(text: &str) -> Result<String, ServiceError> {
    let name = text.trim();
    if name.is_empty() || name.chars().count() > 200 || name.contains(char::is_control) {
        let given = name.chars().take(40).collect();
        return Err(ServiceError::BadFilter { name: "name", given, expected: "1 to 200 characters" });
    }
    Ok(name.to_owned())
}

/// A page of entries with their places.
pub fn page<T>(rows: Vec<(i64, T)>, limit: i64) -> Page<T> {
    let full = i64::try_from(rows.len()).is_ok_and(|n| n >= limit);
    let next = rows.last().filter(|_| full).map(|(id, _)| cursor(*id));
    Page { items: rows.into_iter().map(|(_, item)| item).collect(), next }
}

/// A page of a list that is in memory.
pub fn page_of<T>(all: Vec<T>, query: &PageQuery) -> Result<Page<T>, ServiceError> {
    let (after, limit) = query.place()?;
    let rows = (1..).zip(all).filter(|(place, _)| *place > after);
    Ok(page(rows.take(usize::try_from(limit).unwrap_or(0)).collect(), limit))
}

/// What writes with an idempotency key were answered.
#[derive(Default)]
pub struct Keys(Mutex<HashMap<String, Kept>>);

struct Kept {
    /// Of what was sent.
    hash: Vec<u8>,
    at: Instant,
    /// None while it is being done.
    answer: Option<(StatusCode, Vec<u8>)>,
}

impl Keys {
    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Kept>> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Does a write once for each `Idempotency-Key` of a caller: the second time it is answered as the first.
    ///
    /// # Errors
    /// [`ServiceError::KeyReused`] for another content with the same key, or the same while it is being done; what
    /// `work` returns, after which the key is free.
    pub async fn once(
        &self,
        request: &HttpRequest,
        viewer: &Viewer,
        body: &[u8],
        work: impl Future<Output = Result<HttpResponse, ServiceError>>,
    ) -> Result<HttpResponse, Problem> {
        let problem = |e: ServiceError| Problem::new(&e, request);
        let said = |name: &str| request.headers().get(name).and_then(|v| v.to_str().ok()).unwrap_or_default();
        let key = said("idempotency-key");
        if key.is_empty() {
            return work.await.map_err(problem);
        }
        // Of this caller, who has been let in, at this address.
        let name = format!("{}\0{}\0{key}", viewer.actor(), request.path());
        let hash = Sha256::digest(body).to_vec();
        {
            let mut kept = self.lock();
            kept.retain(|_, one| one.at.elapsed() < REMEMBERED);
            match kept.get(&name) {
                Some(one) if one.hash == hash => match &one.answer {
                    Some((status, body)) => return Ok(again(*status, body.clone())),
                    None => return Err(problem(ServiceError::KeyReused)),
                },
                Some(_) => return Err(problem(ServiceError::KeyReused)),
                None if kept.len() >= KEYS => {
                    let full = StoreError::Unavailable("too many idempotency keys".to_owned());
                    return Err(problem(ServiceError::Store(full)));
                }
                None => drop(kept.insert(name.clone(), Kept { hash, at: Instant::now(), answer: None })),
            }
        }
        // Whatever ends this before it is answered leaves the key free.
        let undone = Undone { keys: self, name: &name };
        match work.await {
            Ok(response) => {
                let (head, body) = response.into_parts();
                let body = to_bytes(body).await.unwrap_or_default();
                if let Some(one) = self.lock().get_mut(&name) {
                    one.answer = Some((head.status(), body.to_vec()));
                }
                std::mem::forget(undone);
                Ok(head.set_body(body).map_into_boxed_body())
            }
            Err(e) => Err(problem(e)),
        }
    }
}

/// A key whose write has not been answered.
struct Undone<'a> {
    keys: &'a Keys,
    name: &'a str,
}

impl Drop for Undone<'_> {
    fn drop(&mut self) {
        self.keys.lock().remove(self.name);
    }
}

fn again(status: StatusCode, body: Vec<u8>) -> HttpResponse {
    let mut response = HttpResponse::build(status);
    response.insert_header(("Idempotent-Replayed", "true")).insert_header((header::CACHE_CONTROL, "no-store"));
    response.content_type("application/json").body(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_read_page_by_page_to_its_end() {
        let read = |limit| {
            let (mut query, mut seen) = (PageQuery { cursor: None, limit: Some(limit) }, Vec::new());
            loop {
                let page = page_of((0..7).collect(), &query).unwrap();
                seen.extend(page.items);
                match page.next {
                    Some(next) => query.cursor = Some(next),
                    None => return seen,
                }
            }
        };
        for limit in [1, 3, 7, 8, 500] {
            assert_eq!(read(limit), (0..7).collect::<Vec<_>>(), "{limit}");
        }
        for bad in ["", "7", "YWZ0ZXIgLTE", "YWZ0ZXIgeA"] {
            assert!(PageQuery { cursor: Some(bad.to_owned()), limit: None }.place().is_err(), "{bad}");
        }
        assert!(PageQuery { cursor: None, limit: Some(0) }.place().is_err());
    }
}
