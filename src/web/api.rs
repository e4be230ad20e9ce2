//! What machines read.

use actix_web::http::header;
use actix_web::web::{Bytes, Data, Path, Query};
use actix_web::{HttpRequest, HttpResponse};

use super::headers;
use super::problem::Problem;
use super::reader::Reader;
use crate::service::reporting::FilterQuery;
use crate::service::{App, ServiceError};

/// `GET /healthz`: the process answers.
pub async fn healthz() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain").body("ok\n")
}

/// `GET /api/v1/reports/{survey}`: the index report; the same content as the page.
pub async fn report(
    request: HttpRequest,
    app: Data<App>,
    Reader(viewer): Reader,
    slug: Path<String>,
    query: Query<FilterQuery>,
) -> Result<HttpResponse, Problem> {
    let report = app
        .report(&viewer, &slug, query.into_inner(), headers::accept_language(&request))
        .await
        .map_err(|e| Problem::new(&e, &request))?;
    Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(&*report))
}

/// `GET /api/v1/surveys/{survey}/responses.csv`: every response, streamed.
pub async fn responses_csv(
    request: HttpRequest,
    app: Data<App>,
    Reader(viewer): Reader,
    slug: Path<String>,
) -> Result<HttpResponse, Problem> {
    let export = app.export_csv(&viewer, &slug).await.map_err(|e| Problem::new(&e, &request))?;
    let parts = futures_util::stream::try_unfold(export, |mut export| async move {
        let part = export.next_part().await.inspect_err(|error| tracing::error!(%error, "an export broke off"))?;
        Ok::<_, ServiceError>(part.map(|part| (Bytes::from(part), export)))
    });
    // Once the stream has begun the status is sent; an error then cuts the connection, which a client notices.
    let parts = futures_util::TryStreamExt::map_err(parts, |_| {
        actix_web::error::ErrorInternalServerError("the export broke off")
    });
    let name = format!(
        "attachment; filename=\"{}-responses.csv\"",
        slug.replace(|c: char| !c.is_ascii_alphanumeric() && c != '-', "")
    );
    Ok(HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8")
        .insert_header((header::CONTENT_DISPOSITION, name))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .streaming(parts))
}
