//! Every route, on one screen.

use actix_web::guard;
use actix_web::web::{self, ServiceConfig};

use super::{
    accounts, api, guest, invited, kept, kiosk, operations, overview, problem, receipt, results, second_factor, sign_in,
};

/// The largest body that is read, in bytes.
pub const BODY_LIMIT: usize = 1024 * 1024;

/// Registers all routes. A known address with another method is answered 405.
pub fn routes(config: &mut ServiceConfig) {
    let page = || web::route().guard(guard::Any(guard::Get()).or(guard::Head()));
    config
        .app_data(web::FormConfig::default().limit(BODY_LIMIT).error_handler(problem::bad_form))
        .app_data(web::PayloadConfig::new(BODY_LIMIT))
        .app_data(web::PathConfig::default().error_handler(problem::bad_path))
        .app_data(web::QueryConfig::default().error_handler(problem::bad_query))
        // Guests, of whom there are the most: what stands first is found first.
        .service(web::resource("/s/{survey}").route(page().to(guest::show)).route(web::post().to(guest::submit)))
        .service(web::resource("/s/{survey}/thanks/{receipt}").route(page().to(guest::thanks)))
        .service(web::resource("/i/{token}").route(page().to(invited::show)).route(web::post().to(invited::submit)))
        .service(web::resource("/i/{token}/draft").route(web::post().to(invited::save)))
        .service(web::resource("/k/worker.js").route(page().to(kiosk::worker)))
        .service(web::resource("/k/{survey}").route(page().to(kiosk::show)).route(web::post().to(kiosk::submit)))
        .service(web::resource("/k/{survey}/exit").route(web::post().to(kiosk::exit)))
        .service(web::resource("/r").route(page().to(receipt::find)))
        .service(web::resource("/r/{receipt}").route(page().to(receipt::show)).route(web::post().to(receipt::withdraw)))
        .service(web::resource("/r/{receipt}/correct").route(page().to(receipt::correct)))
        // Accounts.
        .service(web::resource("/sign-in").route(page().to(sign_in::page)).route(web::post().to(sign_in::sign_in)))
        .service(
            web::resource("/sign-in/code").route(page().to(sign_in::code_page)).route(web::post().to(sign_in::code)),
        )
        .service(web::resource("/sign-in/demo").route(web::post().to(sign_in::demo)))
        .service(web::resource("/sign-in/openid").route(page().to(sign_in::openid)))
        .service(web::resource("/sign-in/openid/back").route(page().to(sign_in::openid_back)))
        .service(
            web::resource("/sign-in/forgot")
                .route(page().to(sign_in::forgot_page))
                .route(web::post().to(sign_in::forgot)),
        )
        .service(
            web::resource("/setup/{token}").route(page().to(sign_in::setup_page)).route(web::post().to(sign_in::setup)),
        )
        .service(web::resource("/sign-out").route(web::post().to(accounts::sign_out)))
        .service(
            web::resource("/welcome/{token}")
                .route(page().to(accounts::welcome_page))
                .route(web::post().to(accounts::welcome)),
        )
        .service(web::resource("/account").route(page().to(accounts::account)))
        .service(
            web::resource("/account/second-factor")
                .route(page().to(second_factor::page))
                .route(web::post().to(second_factor::enrol)),
        )
        .service(web::resource("/account/second-factor/remove").route(web::post().to(second_factor::remove)))
        .service(web::resource("/account/end-others").route(web::post().to(accounts::end_others)))
        // Quality teams.
        .service(web::resource("/").route(page().to(results::home)))
        .service(web::resource("/overview/{survey}").route(page().to(overview::overview)))
        .service(web::resource("/overview/{survey}/properties").route(page().to(overview::properties)))
        .service(web::resource("/overview/{survey}/paths").route(page().to(overview::paths)))
        .service(web::resource("/overview/{survey}/responses").route(page().to(overview::responses)))
        .service(web::resource("/overview/{survey}/segments").route(page().to(overview::segments)))
        .service(web::resource("/overview/{survey}/constructs/{construct}").route(page().to(overview::construct)))
        .service(web::resource("/overview/{survey}/questions/{question}").route(page().to(overview::question)))
        .service(web::resource("/overview/{survey}/measurement").route(page().to(overview::measurement)))
        .service(web::resource("/overview/{survey}/satisfiers").route(page().to(overview::satisfiers)))
        .service(web::resource("/overview/{survey}/expectations").route(page().to(overview::expectations)))
        .service(web::resource("/overview/{survey}/comments").route(page().to(overview::comments)))
        .service(web::resource("/reports/{survey}").route(page().to(results::report)))
        .service(web::resource("/reports/{survey}/keep").route(web::post().to(kept::keep)))
        .service(web::resource("/kept-reports").route(page().to(kept::list)))
        .service(web::resource("/kept-reports/{number}").route(page().to(kept::show)))
        // Machines.
        .service(web::resource("/healthz").route(page().to(api::healthz)))
        .service(web::resource("/readyz").route(page().to(operations::readyz)))
        .service(web::resource("/api").route(page().to(api::openapi::reference)))
        .configure(api_routes)
        .default_service(web::to(problem::no_such_page));
}

/// What programs use.
fn api_routes(config: &mut ServiceConfig) {
    use api::{audit, files, invitations, kept_reports, openapi, people, reports, stays, surveys, units, webhooks};
    let page = || web::route().guard(guard::Any(guard::Get()).or(guard::Head()));
    // With the methods that are answered there; others are told.
    let at = |path: &str, allowed: &'static str| {
        let refuse = move |request: actix_web::HttpRequest| async move { problem::no_such_method(&request, allowed) };
        web::resource(path.to_owned()).default_service(web::to(refuse))
    };
    config
        .service(at("/api/v1/openapi.json", "GET, HEAD").route(page().to(openapi::description)))
        .service(at("/api/v1/audit", "GET, HEAD").route(page().to(audit::list)))
        .service(at("/api/v1/audit.jsonl", "GET, HEAD").route(page().to(audit::lines)))
        .service(at("/api/v1/me", "GET, HEAD").route(page().to(people::me)))
        .service(at("/api/v1/reports/{survey}", "GET, HEAD").route(page().to(reports::report)))
        .service(at("/api/v1/reports/{survey}/report.xlsx", "GET, HEAD").route(page().to(files::report_xlsx)))
        .service(at("/api/v1/reports/{survey}/report.pdf", "GET, HEAD").route(page().to(files::report_pdf)))
        .service(
            at("/api/v1/kept-reports", "GET, HEAD, POST")
                .route(page().to(kept_reports::list))
                .route(web::post().to(kept_reports::keep)),
        )
        .service(at("/api/v1/kept-reports/{number}", "GET, HEAD").route(page().to(kept_reports::show)))
        .service(at("/api/v1/kept-reports/{number}/report.xlsx", "GET, HEAD").route(page().to(files::kept_xlsx)))
        .service(at("/api/v1/kept-reports/{number}/report.pdf", "GET, HEAD").route(page().to(files::kept_pdf)))
        .service(
            at("/api/v1/kept-reports/{number}/verification", "GET, HEAD").route(page().to(kept_reports::verification)),
        )
        .service(at("/api/v1/overviews/{survey}", "GET, HEAD").route(page().to(reports::overview)))
        .service(at("/api/v1/overviews/{survey}/charts/{chart}", "GET, HEAD").route(page().to(files::chart)))
        .service(at("/api/v1/overviews/{survey}/properties", "GET, HEAD").route(page().to(reports::properties)))
        .service(at("/api/v1/overviews/{survey}/segments", "GET, HEAD").route(page().to(reports::segments)))
        .service(at("/api/v1/overviews/{survey}/questions/{question}", "GET, HEAD").route(page().to(reports::question)))
        .service(at("/api/v1/overviews/{survey}/satisfiers", "GET, HEAD").route(page().to(reports::satisfiers)))
        .service(at("/api/v1/overviews/{survey}/expectations", "GET, HEAD").route(page().to(reports::expectations)))
        .service(at("/api/v1/overviews/{survey}/measurement", "GET, HEAD").route(page().to(reports::measurement)))
        .service(
            at("/api/v1/surveys", "GET, HEAD, POST")
                .route(page().to(surveys::list))
                .route(web::post().to(surveys::publish)),
        )
        .service(
            at("/api/v1/surveys/{survey}", "GET, HEAD, PATCH")
                .route(page().to(surveys::show))
                .route(web::patch().to(surveys::change)),
        )
        .service(at("/api/v1/surveys/{survey}/revisions", "GET, HEAD").route(page().to(surveys::revisions)))
        .service(at("/api/v1/surveys/{survey}/revisions/{revision}", "GET, HEAD").route(page().to(surveys::template)))
        .service(
            at("/api/v1/surveys/{survey}/responses", "GET, HEAD, POST")
                .route(page().to(reports::responses))
                .route(web::post().to(reports::hand_in)),
        )
        .service(at("/api/v1/surveys/{survey}/comments", "GET, HEAD").route(page().to(reports::comments)))
        .service(at("/api/v1/surveys/{survey}/responses.csv", "GET, HEAD").route(page().to(reports::responses_csv)))
        .service(
            at("/api/v1/surveys/{survey}/invitations", "GET, HEAD, POST")
                .route(page().to(invitations::list))
                .route(web::post().to(invitations::create)),
        )
        .service(at("/api/v1/surveys/{survey}/invitations/revoke", "POST").route(web::post().to(invitations::revoke)))
        .service(
            at("/api/v1/units", "GET, HEAD, POST").route(page().to(units::list)).route(web::post().to(units::put_all)),
        )
        .service(at("/api/v1/units.csv", "GET, HEAD").route(page().to(units::table)))
        .service(
            at("/api/v1/units/{unit}", "GET, HEAD, PUT").route(page().to(units::show)).route(web::put().to(units::put)),
        )
        .service(at("/api/v1/units/{unit}/merge", "POST").route(web::post().to(units::merge)))
        .service(at("/api/v1/units/{unit}/changes", "GET, HEAD").route(page().to(units::changes)))
        .service(
            at("/api/v1/stays", "GET, HEAD, POST").route(page().to(stays::list)).route(web::post().to(stays::import)),
        )
        .service(
            at("/api/v1/accounts", "GET, HEAD, POST")
                .route(page().to(people::accounts))
                .route(web::post().to(people::add_account)),
        )
        .service(at("/api/v1/accounts/{email}", "DELETE").route(web::delete().to(people::remove_account)))
        .service(
            at("/api/v1/tokens", "GET, HEAD, POST")
                .route(page().to(people::tokens))
                .route(web::post().to(people::add_token)),
        )
        .service(at("/api/v1/tokens/{name}", "DELETE").route(web::delete().to(people::remove_token)))
        .service(
            at("/api/v1/webhooks", "GET, HEAD, POST")
                .route(page().to(webhooks::list))
                .route(web::post().to(webhooks::add)),
        )
        .service(
            at("/api/v1/webhooks/{webhook}", "GET, HEAD, PATCH, DELETE")
                .route(page().to(webhooks::show))
                .route(web::patch().to(webhooks::change))
                .route(web::delete().to(webhooks::remove)),
        )
        .service(at("/api/v1/webhooks/{webhook}/secret", "POST").route(web::post().to(webhooks::rotate)))
        .service(at("/api/v1/webhooks/{webhook}/test", "POST").route(web::post().to(webhooks::test)))
        .service(at("/api/v1/webhooks/{webhook}/deliveries", "GET, HEAD").route(page().to(webhooks::deliveries)))
        .service(at("/api/v1/webhooks/{webhook}/replay", "POST").route(web::post().to(webhooks::replay)));
}
