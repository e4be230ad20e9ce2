//! Stays from the property system.

use actix_web::web::{Bytes, Data, Payload, Query};
use actix_web::{HttpMessage as _, HttpRequest, HttpResponse};
use futures_util::StreamExt as _;
use serde_json::json;

use super::{Page, PageQuery, ProblemSchema, reply};
use crate::service::access::Action;
use crate::service::stays::{Imported, Stay, StayImport};
use crate::service::{App, ServiceError, blocking};
use crate::web::problem::Problem;
use crate::web::reader::{Reader, Writer};
use crate::web::routes::BODY_LIMIT;

/// Pieces of a table that wait to be read.
const PIECES: usize = 16;

/// Stays in one's reach, in the order in which they first came; without how guests are reached.
#[utoipa::path(get, path = "/api/v1/stays", tag = "Stays", params(PageQuery),
    responses((status = 200, body = Page<Stay>), (status = 304), (status = "4XX", body = ProblemSchema, content_type = "application/problem+json")))]
pub async fn list(
    request: HttpRequest,
    app: Data<App>,
    Reader(viewer): Reader,
    query: Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let problem = |e: ServiceError| Problem::new(&e, &request);
    let (after, limit) = query.place().map_err(problem)?;
    let rows = app.stays(&viewer, after, limit).await.map_err(problem)?;
    Ok(reply::json(&request, &reply::page(rows, limit)))
}

/// Adds and changes stays, each once by its unit and key: JSON up to 1 MiB, or, with `content-type: text/csv`, a table of any
/// length, which streams. What is wrong is named, and the rest goes in.
#[utoipa::path(post, path = "/api/v1/stays", tag = "Stays",
    request_body(content((Vec<Stay> = "application/json"), (String = "text/csv"))),
    responses((status = 200, body = Imported), (status = "4XX", body = ProblemSchema, content_type = "application/problem+json")))]
pub async fn import(
    request: HttpRequest,
    app: Data<App>,
    Writer(viewer): Writer,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let problem = |e: ServiceError| Problem::new(&e, &request);
    // Before anything is read.
    app.admit_to(&viewer, Action::Manage, false).await.map_err(problem)?;
    let (noting, who) = (app.clone(), viewer.clone());
    let app = app.get_ref().clone();
    let begin = move || app.import_stays(&viewer);
    let imported = if request.content_type() == "text/csv" {
        streamed(begin, payload).await
    } else {
        let body = payload.to_bytes_limited(BODY_LIMIT).await;
        let body = body
            .ok()
            .and_then(Result::ok)
            .ok_or_else(|| problem(ServiceError::BadTable("more than 1 MiB; send a table".into())))?;
        let rows: Vec<serde_json::Value> =
            serde_json::from_slice(&body).map_err(|e| problem(ServiceError::BadTable(e.to_string())))?;
        blocking(move || {
            let mut import = begin()?;
            for (place, row) in (1..).zip(rows) {
                import.push(place, serde_json::from_value(row).map_err(|e| e.to_string()))?;
            }
            import.finish()
        })
        .await
    };
    let imported = imported.map_err(problem)?;
    let counts = json!({"added": imported.added, "changed": imported.changed, "rejected": imported.rejected});
    noting.note(&who, "stays.import", "", counts).await.map_err(problem)?;
    Ok(reply::json(&request, &imported))
}

/// A table as it comes, read on a thread of its own.
async fn streamed(
    begin: impl FnOnce() -> Result<StayImport, ServiceError> + Send + 'static,
    mut payload: Payload,
) -> Result<Imported, ServiceError> {
    let (sender, receiver) = tokio::sync::mpsc::channel::<std::io::Result<Bytes>>(PIECES);
    let reading = tokio::task::spawn_blocking(move || {
        let mut import = begin()?;
        import.push_csv(Pieces { receiver, left: Bytes::new() })?;
        import.finish()
    });
    while let Some(piece) = payload.next().await {
        // Whoever reads has stopped: what is wrong is said below.
        if sender.send(piece.map_err(std::io::Error::other)).await.is_err() {
            break;
        }
    }
    drop(sender);
    reading.await.map_err(|e| ServiceError::Store(crate::store::StoreError::Broken(Box::new(e))))?
}

/// The pieces of a body, as a reader.
struct Pieces {
    receiver: tokio::sync::mpsc::Receiver<std::io::Result<Bytes>>,
    left: Bytes,
}

impl std::io::Read for Pieces {
    fn read(&mut self, target: &mut [u8]) -> std::io::Result<usize> {
        while self.left.is_empty() {
            match self.receiver.blocking_recv() {
                Some(piece) => self.left = piece?,
                None => return Ok(0),
            }
        }
        let n = self.left.len().min(target.len());
        target[..n].copy_from_slice(&self.left.split_to(n));
        Ok(n)
    }
}
