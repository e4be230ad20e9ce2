//! What the machines ask that keep a server running.

use actix_web::HttpResponse;
use actix_web::web::Data;

use crate::service::App;

/// `GET /readyz`: the database answers. `/healthz` says only that the process does.
pub async fn readyz(app: Data<App>) -> HttpResponse {
    match app.store.read(crate::store::surveys::all).await {
        Ok(_) => HttpResponse::Ok().content_type("text/plain").body("ready\n"),
        Err(error) => {
            tracing::error!(%error, "not ready");
            HttpResponse::ServiceUnavailable().content_type("text/plain").body("the database does not answer\n")
        }
    }
}
