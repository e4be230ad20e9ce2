//! Accounts: made, signed in and out; and what each role sees, on its own units and on others.

use std::fmt::Write as _;

use diesel::RunQueryDsl as _;
use soundings::service::access::Role;
use soundings::web::server::Access;

use super::harness::{Backend, Reply, Site, backends, refusal, run};
use super::webdriver::Browser;

pub const PASSWORD: &str = "tall fog over the pier";

/// A site on which results are for accounts.
pub fn closed(backend: Backend, responses: usize) -> Site {
    Site::with(backend, responses, Access { open_results: false, open_responses: false, ..Access::open() })
}

fn admin(site: &Site, arguments: &[&str]) -> String {
    run(&[arguments, &["--base-url", &site.address, "--database", &site.database.url]].concat())
}

/// The path of the link that a command printed.
fn path(site: &Site, said: &str) -> String {
    said.lines().next().unwrap().strip_prefix(&site.address).unwrap().to_owned()
}

fn sign_in(site: &Site, email: &str, password: &str) -> Reply {
    site.post("/sign-in", &[("email", email), ("password", password), ("next", "/reports/hotel-post-stay?lang=en")])
}

/// The cookie of somebody with this role there.
pub fn somebody(site: &Site, email: &str, role: Role, unit: Option<&str>) -> String {
    let (app, email, unit) = (site.app.clone(), email.to_owned(), unit.map(str::to_owned));
    actix_web::rt::System::new().block_on(async move {
        let token = app.add_account(&email, "Somebody", &[(role, unit)]).await.unwrap().unwrap();
        app.set_password(&token, PASSWORD).await.unwrap().cookie
    })
}

/// As a browser with this cookie and no other asks.
pub fn as_somebody(site: &Site, cookie: &str, method: &str, path: &str) -> (u16, String, String) {
    let config = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0);
    let agent: ureq::Agent = config.build().into();
    let url = format!("{}{path}", site.address);
    let cookie = format!("session={cookie}");
    let mut reply = match method {
        "GET" => agent.get(url).header("cookie", cookie).header("accept-language", "en").call(),
        "DELETE" => agent.delete(url).header("cookie", cookie).call(),
        "PUT" => agent.put(url).header("cookie", cookie).send_json(serde_json::json!({"code": "x", "name": "x"})),
        "PATCH" => agent.patch(url).header("cookie", cookie).send_json(serde_json::json!({"status": "x"})),
        _ if path.ends_with("/merge") => {
            agent.post(url).header("cookie", cookie).send_json(serde_json::json!({"into": "nowhere"}))
        }
        _ if path.ends_with("/revoke") => {
            agent.post(url).header("cookie", cookie).send_json(serde_json::json!({"reference": "x"}))
        }
        _ if path.ends_with("/replay") => agent.post(url).header("cookie", cookie).send_json(serde_json::json!({})),
        _ => agent.post(url).header("cookie", cookie).header("accept-language", "en").send_form([("x", "y")]),
    }
    .unwrap();
    let location = reply.headers().get("location").and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
    // A workbook is no text.
    let body = String::from_utf8_lossy(&reply.body_mut().read_to_vec().unwrap()).into_owned();
    (reply.status().as_u16(), location, body)
}

#[test]
fn the_first_administrator_comes_in_by_a_link_and_again_by_password() {
    for backend in backends() {
        let site = closed(backend, 120);
        let link = path(&site, &admin(&site, &["admin", "create", "Greta@Larkfield.example", "--name", "Greta Lund"]));
        let page = site.get(&link);
        assert!(page.status == 200 && page.body.contains("greta@larkfield.example"), "{}", page.body);
        for (weak, said) in
            [("short", "at least 10 characters"), ("gretalund1", "guessed early"), ("1q2w3e4r5t", "guessed early")]
        {
            let refused = site.post(&link, &[("password", weak)]);
            assert!(refused.status == 422 && refused.body.contains(said), "{weak}: {}", refused.body);
        }
        let set = site.post(&link, &[("password", PASSWORD)]);
        assert_eq!((set.status, set.location.as_str()), (303, "/"));
        let cookie = set.header("set-cookie");
        assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
        // Signed in at once; the link is good no more.
        let report = site.get("/reports/hotel-post-stay?lang=en");
        assert!(report.status == 200 && report.body.contains("Greta Lund"), "{}", report.body);
        assert_eq!(site.get(&link).status, 410);
        assert_eq!(
            site.get("/api/v1/surveys/hotel-post-stay/responses.csv").status,
            403,
            "an administrator is no analyst"
        );
        assert!(site.get("/account").body.contains("Administrator"));
        assert_eq!(site.post("/sign-out", &[]).status, 303);
        assert_eq!(site.get("/reports/hotel-post-stay").status, 303);
        // Unknown and wrong are told apart by nothing.
        let wrong = sign_in(&site, "greta@larkfield.example", "tall fog over the peer");
        let unknown = sign_in(&site, "nobody@larkfield.example", PASSWORD);
        assert_eq!((wrong.status, unknown.status), (422, 422));
        let same = |body: &str| body.replace("greta@", "").replace("nobody@", "");
        assert_eq!(same(&wrong.body), same(&unknown.body));
        let right = sign_in(&site, " GRETA@larkfield.example", PASSWORD);
        assert_eq!((right.status, right.location.as_str()), (303, "/reports/hotel-post-stay?lang=en"));
        assert_eq!(site.get("/reports/hotel-post-stay").status, 200);
        // A new link signs out whoever knows the old password.
        let again = path(&site, &admin(&site, &["account", "link", "greta@larkfield.example"]));
        assert_eq!(site.get("/reports/hotel-post-stay").status, 200, "until it is used");
        site.post("/sign-out", &[]);
        assert_eq!(sign_in(&site, "greta@larkfield.example", PASSWORD).status, 303);
        assert_eq!(site.post(&again, &[("password", "another fog, another pier")]).status, 303);
        site.post("/sign-out", &[]);
        assert_eq!(sign_in(&site, "greta@larkfield.example", PASSWORD).status, 422);
        assert!(refusal(&["account", "link", "x@y.example", "--database", &site.database.url]).contains("no account"));
    }
}

#[test]
fn sessions_end_and_other_sites_forms_do_nothing() {
    for backend in backends() {
        let site = closed(backend, 0);
        let first = somebody(&site, "a@larkfield.example", Role::Viewer, None);
        let app = site.app.clone();
        let second = actix_web::rt::System::new()
            .block_on(async move { app.sign_in("a@larkfield.example", PASSWORD, None).await.unwrap().cookie });
        let account = as_somebody(&site, &first, "GET", "/account").2;
        assert_eq!(account.matches("UTC").count(), 2, "{account}");
        // Browsers say where our own forms come from only if they may.
        assert_eq!(site.get("/sign-in").header("referrer-policy"), "same-origin");
        // Another site's form, sent by the guest's own browser.
        let config = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0);
        let agent: ureq::Agent = config.build().into();
        for (name, value, status) in [
            ("origin", "https://evil.example", 403),
            ("origin", "null", 403),
            ("sec-fetch-site", "cross-site", 403),
            ("sec-fetch-site", "same-site", 403),
            ("sec-fetch-site", "same-origin", 303),
            ("origin", site.address.as_str(), 303),
        ] {
            let request =
                agent.post(format!("{}/account/end-others", site.address)).header("cookie", format!("session={first}"));
            assert_eq!(
                request.header(name, value).send_form([("x", "y")]).unwrap().status(),
                status,
                "{name}: {value}"
            );
        }
        assert_eq!(as_somebody(&site, &second, "GET", "/account").0, 303, "signed out by the other one");
        assert_eq!(as_somebody(&site, &first, "GET", "/account").0, 200);
        // Days later both are over; so they are twelve hours after the last request.
        let set = |column: &str, value: &str| {
            let query = format!("UPDATE sessions SET {column} = '{value}'");
            site.app.store.write_blocking(move |db| Ok(diesel::sql_query(query).execute(db)?)).unwrap();
        };
        set("seen_at", "2026-01-01 00:00:00");
        assert_eq!(as_somebody(&site, &first, "GET", "/account").0, 303);
        for bad in ["", "x", &"y".repeat(5000)] {
            assert_eq!(as_somebody(&site, bad, "GET", "/account").0, 303);
        }
        run(&["account", "remove", "a@larkfield.example", "--database", &site.database.url]);
        assert!(!run(&["account", "list", "--database", &site.database.url]).contains("a@larkfield"));
    }
}

#[test]
fn passwords_are_tried_so_often_and_no_more() {
    let site = closed(Backend::Sqlite, 0);
    let tries: Vec<u16> = (0..25).map(|i| sign_in(&site, &format!("{i}@larkfield.example"), PASSWORD).status).collect();
    assert!(tries[..15].iter().all(|status| *status == 422), "{tries:?}");
    assert_eq!(tries[24], 429, "{tries:?}");
    let disguised = site.post("/%73ign-in", &[("email", "a@b.c"), ("password", PASSWORD)]);
    assert_eq!(disguised.status, 429, "the same place in disguise");
}

/// Every route with what stands for its parameters; `{unit}` is an own unit, a foreign one and none in turn.
const ROUTES: [(&str, &str, &str); 107] = [
    ("/s/{survey}", "GET", "/s/hotel-post-stay"),
    ("/s/{survey}", "POST", "/s/hotel-post-stay"),
    ("/s/{survey}/thanks/{receipt}", "GET", "/s/hotel-post-stay/thanks/AAAA-AAAA-AAAA"),
    ("/i/{token}", "GET", "/i/nothing"),
    ("/i/{token}/draft", "POST", "/i/nothing/draft"),
    ("/k/worker.js", "GET", "/k/worker.js"),
    ("/k/{survey}", "GET", "/k/checkout-kiosk"),
    ("/k/{survey}/exit", "POST", "/k/checkout-kiosk/exit"),
    ("/r", "GET", "/r"),
    ("/r/{receipt}", "GET", "/r/AAAA-AAAA-AAAA"),
    ("/r/{receipt}", "POST", "/r/AAAA-AAAA-AAAA"),
    ("/r/{receipt}/correct", "GET", "/r/AAAA-AAAA-AAAA/correct"),
    ("/sign-in", "GET", "/sign-in"),
    ("/sign-in", "POST", "/sign-in"),
    ("/sign-in/code", "GET", "/sign-in/code"),
    ("/sign-in/code", "POST", "/sign-in/code"),
    ("/sign-in/demo", "POST", "/sign-in/demo"),
    ("/sign-in/openid", "GET", "/sign-in/openid"),
    ("/sign-in/openid/back", "GET", "/sign-in/openid/back"),
    ("/sign-in/forgot", "GET", "/sign-in/forgot"),
    ("/sign-in/forgot", "POST", "/sign-in/forgot"),
    ("/setup/{token}", "GET", "/setup/nothing"),
    ("/setup/{token}", "POST", "/setup/nothing"),
    ("/sign-out", "POST", "/sign-out"),
    ("/welcome/{token}", "GET", "/welcome/nothing"),
    ("/welcome/{token}", "POST", "/welcome/nothing"),
    ("/account", "GET", "/account"),
    ("/account/second-factor", "GET", "/account/second-factor"),
    ("/account/second-factor/remove", "POST", "/account/second-factor/remove"),
    ("/account/end-others", "POST", "/account/end-others"),
    ("/", "GET", "/"),
    ("/overview/{survey}", "GET", "/overview/hotel-post-stay{unit}"),
    ("/overview/{survey}/properties", "GET", "/overview/hotel-post-stay/properties{unit}"),
    ("/overview/{survey}/paths", "GET", "/overview/hotel-post-stay/paths{unit}"),
    ("/overview/{survey}/responses", "GET", "/overview/hotel-post-stay/responses{unit}"),
    ("/overview/{survey}/segments", "GET", "/overview/hotel-post-stay/segments{unit}"),
    ("/overview/{survey}/constructs/{construct}", "GET", "/overview/hotel-post-stay/constructs/Value{unit}"),
    ("/overview/{survey}/questions/{question}", "GET", "/overview/hotel-post-stay/questions/quality_staff{unit}"),
    ("/overview/{survey}/measurement", "GET", "/overview/hotel-post-stay/measurement{unit}"),
    ("/overview/{survey}/satisfiers", "GET", "/overview/hotel-post-stay/satisfiers{unit}"),
    ("/overview/{survey}/expectations", "GET", "/overview/hotel-post-stay/expectations{unit}"),
    ("/overview/{survey}/comments", "GET", "/overview/hotel-post-stay/comments{unit}"),
    ("/reports/{survey}", "GET", "/reports/hotel-post-stay{unit}"),
    ("/reports/{survey}/keep", "POST", "/reports/hotel-post-stay/keep"),
    ("/kept-reports", "GET", "/kept-reports"),
    ("/kept-reports/{number}", "GET", "/kept-reports/1"),
    ("/api/v1/kept-reports", "GET", "/api/v1/kept-reports"),
    ("/api/v1/kept-reports", "POST", "/api/v1/kept-reports"),
    ("/api/v1/kept-reports/{number}", "GET", "/api/v1/kept-reports/1"),
    ("/api/v1/kept-reports/{number}/verification", "GET", "/api/v1/kept-reports/1/verification"),
    ("/healthz", "GET", "/healthz"),
    ("/readyz", "GET", "/readyz"),
    ("/api", "GET", "/api"),
    ("/api/v1/openapi.json", "GET", "/api/v1/openapi.json"),
    ("/api/v1/audit", "GET", "/api/v1/audit"),
    ("/api/v1/audit.jsonl", "GET", "/api/v1/audit.jsonl"),
    ("/api/v1/me", "GET", "/api/v1/me"),
    ("/api/v1/surveys", "GET", "/api/v1/surveys"),
    ("/api/v1/surveys", "POST", "/api/v1/surveys"),
    ("/api/v1/surveys/{survey}", "GET", "/api/v1/surveys/hotel-post-stay"),
    ("/api/v1/surveys/{survey}", "PATCH", "/api/v1/surveys/hotel-post-stay"),
    ("/api/v1/surveys/{survey}/revisions", "GET", "/api/v1/surveys/hotel-post-stay/revisions"),
    ("/api/v1/surveys/{survey}/revisions/{revision}", "GET", "/api/v1/surveys/hotel-post-stay/revisions/x"),
    ("/api/v1/surveys/{survey}/responses", "GET", "/api/v1/surveys/hotel-post-stay/responses"),
    ("/api/v1/surveys/{survey}/responses", "POST", "/api/v1/surveys/hotel-post-stay/responses"),
    ("/api/v1/surveys/{survey}/invitations", "GET", "/api/v1/surveys/hotel-post-stay/invitations"),
    ("/api/v1/surveys/{survey}/comments", "GET", "/api/v1/surveys/hotel-post-stay/comments{unit}"),
    ("/api/v1/surveys/{survey}/invitations", "POST", "/api/v1/surveys/hotel-post-stay/invitations"),
    ("/api/v1/surveys/{survey}/invitations/revoke", "POST", "/api/v1/surveys/hotel-post-stay/invitations/revoke"),
    ("/api/v1/units", "GET", "/api/v1/units"),
    ("/api/v1/units", "POST", "/api/v1/units"),
    ("/api/v1/units.csv", "GET", "/api/v1/units.csv"),
    ("/api/v1/units/{unit}", "GET", "/api/v1/units/dunes"),
    ("/api/v1/units/{unit}", "GET", "/api/v1/units/old-town"),
    ("/api/v1/units/{unit}", "PUT", "/api/v1/units/dunes"),
    ("/api/v1/units/{unit}/merge", "POST", "/api/v1/units/dunes/merge"),
    ("/api/v1/units/{unit}/changes", "GET", "/api/v1/units/dunes/changes"),
    ("/api/v1/stays", "GET", "/api/v1/stays"),
    ("/api/v1/stays", "POST", "/api/v1/stays"),
    ("/api/v1/accounts", "GET", "/api/v1/accounts"),
    ("/api/v1/accounts", "POST", "/api/v1/accounts"),
    ("/api/v1/accounts/{email}", "DELETE", "/api/v1/accounts/nobody@example.org"),
    ("/api/v1/tokens", "GET", "/api/v1/tokens"),
    ("/api/v1/tokens/{name}", "DELETE", "/api/v1/tokens/nothing"),
    ("/api/v1/webhooks", "GET", "/api/v1/webhooks"),
    ("/api/v1/webhooks", "POST", "/api/v1/webhooks"),
    ("/api/v1/webhooks/{webhook}", "GET", "/api/v1/webhooks/nothing"),
    ("/api/v1/webhooks/{webhook}", "PATCH", "/api/v1/webhooks/nothing"),
    ("/api/v1/webhooks/{webhook}", "DELETE", "/api/v1/webhooks/nothing"),
    ("/api/v1/webhooks/{webhook}/secret", "POST", "/api/v1/webhooks/nothing/secret"),
    ("/api/v1/webhooks/{webhook}/test", "POST", "/api/v1/webhooks/nothing/test"),
    ("/api/v1/webhooks/{webhook}/deliveries", "GET", "/api/v1/webhooks/nothing/deliveries"),
    ("/api/v1/webhooks/{webhook}/replay", "POST", "/api/v1/webhooks/nothing/replay"),
    ("/api/v1/reports/{survey}", "GET", "/api/v1/reports/hotel-post-stay{unit}"),
    ("/api/v1/overviews/{survey}", "GET", "/api/v1/overviews/hotel-post-stay{unit}"),
    ("/api/v1/reports/{survey}/report.xlsx", "GET", "/api/v1/reports/hotel-post-stay/report.xlsx{unit}"),
    ("/api/v1/kept-reports/{number}/report.xlsx", "GET", "/api/v1/kept-reports/1/report.xlsx"),
    ("/api/v1/reports/{survey}/report.pdf", "GET", "/api/v1/reports/hotel-post-stay/report.pdf{unit}"),
    ("/api/v1/kept-reports/{number}/report.pdf", "GET", "/api/v1/kept-reports/1/report.pdf"),
    ("/api/v1/overviews/{survey}/charts/{chart}", "GET", "/api/v1/overviews/hotel-post-stay/charts/months.csv{unit}"),
    ("/api/v1/overviews/{survey}/properties", "GET", "/api/v1/overviews/hotel-post-stay/properties{unit}"),
    ("/api/v1/overviews/{survey}/segments", "GET", "/api/v1/overviews/hotel-post-stay/segments{unit}"),
    (
        "/api/v1/overviews/{survey}/questions/{question}",
        "GET",
        "/api/v1/overviews/hotel-post-stay/questions/quality_staff{unit}",
    ),
    ("/api/v1/overviews/{survey}/satisfiers", "GET", "/api/v1/overviews/hotel-post-stay/satisfiers{unit}"),
    ("/api/v1/overviews/{survey}/expectations", "GET", "/api/v1/overviews/hotel-post-stay/expectations{unit}"),
    ("/api/v1/overviews/{survey}/measurement", "GET", "/api/v1/overviews/hotel-post-stay/measurement{unit}"),
    ("/api/v1/surveys/{survey}/responses.csv", "GET", "/api/v1/surveys/hotel-post-stay/responses.csv"),
];

#[test]
fn every_route_with_every_role_on_own_foreign_and_no_unit() {
    // No route is forgotten.
    let routes = include_str!("../../src/web/routes.rs");
    for route in routes.split('"').filter(|part| part.starts_with('/') && !part.contains('\n')) {
        assert!(ROUTES.iter().any(|(known, ..)| *known == route), "{route} is not in the matrix");
    }
    for backend in backends() {
        let site = closed(backend, 400);
        let mut people: Vec<(String, String)> = vec![("nobody".to_owned(), String::new())];
        for role in Role::ALL {
            for unit in [None, Some("coast")] {
                let name = format!("{}{}", role.as_str(), unit.map_or(String::new(), |u| format!(" of {u}")));
                let email = format!("{}@larkfield.example", name.replace(' ', "-"));
                people.push((name, somebody(&site, &email, role, unit)));
            }
        }
        let mut matrix = String::new();
        for (_, method, path) in ROUTES {
            // Signing in is limited; what it answers is the same for all.
            let once = ["/sign-in", "/welcome", "/setup", "/account/second-factor"].iter().any(|p| path.starts_with(p));
            let units: &[&str] = if path.contains("{unit}") { &["", "?unit=dunes", "?unit=old-town"] } else { &[""] };
            for unit in units {
                let path = path.replace("{unit}", unit);
                writeln!(matrix, "{method} {path}").unwrap();
                let mut answers: Vec<(String, Vec<&str>)> = Vec::new();
                for (name, cookie) in people.iter().take(if once { 1 } else { people.len() }) {
                    if path.starts_with("/sign-out") {
                        continue;
                    }
                    let (status, location, body) = as_somebody(&site, cookie, method, &path);
                    let mut said = format!("{status}{}{location}", if location.is_empty() { "" } else { " to " });
                    if status == 200 && path.ends_with("responses.csv") {
                        let mut reader = csv::Reader::from_reader(body.as_bytes());
                        let at = reader.headers().unwrap().iter().position(|column| column == "unit").unwrap();
                        let units: std::collections::BTreeSet<String> =
                            reader.records().map(|row| row.unwrap()[at].to_owned()).collect();
                        said = format!("{said} with {}", units.into_iter().collect::<Vec<_>>().join(", "));
                    }
                    if status == 200 && path.contains("/api/") && path.ends_with("/responses") {
                        let page: serde_json::Value = serde_json::from_str(&body).unwrap();
                        let units: std::collections::BTreeSet<String> =
                            page["items"].as_array().unwrap().iter().map(|r| r["unit"].to_string()).collect();
                        said = format!("{said} with {}", units.into_iter().collect::<Vec<_>>().join(", "));
                    }
                    if status == 200 && path.contains("/api/") && path.contains("/comments") {
                        let page: serde_json::Value = serde_json::from_str(&body).unwrap();
                        let items = page["items"].as_array().unwrap();
                        let units: std::collections::BTreeSet<&str> =
                            items.iter().filter_map(|comment| comment["unit"].as_str()).collect();
                        let single = items.iter().filter(|comment| !comment["receipt"].is_null()).count();
                        let how = if items.is_empty() {
                            "none"
                        } else if single == items.len() {
                            "each"
                        } else {
                            "batches"
                        };
                        said = format!("{said} {how} of {}", units.into_iter().collect::<Vec<_>>().join(", "));
                    }
                    if status == 200 && path == "/api/v1/units.csv" {
                        said = format!("{said} with {} units", body.lines().count() - 1);
                    }
                    if status == 200 && path.starts_with("/api/v1/reports") && body.starts_with('{') {
                        let report: serde_json::Value = serde_json::from_str(&body).unwrap();
                        said = format!("{said} of {}", report["filter"]["unit"]["code"].as_str().unwrap_or("all"));
                    }
                    if status == 200 && path.starts_with("/api/v1/overviews") && body.starts_with('{') {
                        let overview: serde_json::Value = serde_json::from_str(&body).unwrap();
                        let overview = if overview["overview"].is_null() { &overview } else { &overview["overview"] };
                        let report = if overview["report"].is_null() { overview } else { &overview["report"] };
                        let unit = &report["filter"]["unit"]["code"];
                        said = format!("{said} of {}", unit.as_str().unwrap_or("all"));
                    }
                    match answers.iter_mut().find(|(earlier, _)| *earlier == said) {
                        Some((_, who)) => who.push(name),
                        None => answers.push((said, vec![name])),
                    }
                }
                for (said, who) in answers {
                    let everybody = who.len() == people.len();
                    let who = if everybody { "everybody".to_owned() } else { who.join(", ") };
                    writeln!(matrix, "  {said}: {who}").unwrap();
                }
            }
        }
        insta::assert_snapshot!("roles", matrix);
    }
}

#[test]
fn a_manager_signs_in_on_a_phone_and_sees_the_own_house() {
    let Some(browser) = Browser::open(375) else { return };
    let site = closed(Backend::Sqlite, 400);
    let arguments = [
        "account",
        "add",
        "mia@larkfield.example",
        "--name",
        "Mia Berg",
        "--role",
        "manager",
        "--unit",
        "harbour-house",
    ];
    let link = path(&site, &admin(&site, &arguments));
    browser.visit(&format!("{}{link}", site.address));
    browser.write("#password", PASSWORD);
    browser.click("button[type=submit]");
    browser.click("a[href='/account']");
    assert_eq!(browser.text("main a + h1, main p + h1"), "Mia Berg");
    browser.visit(&format!("{}/reports/hotel-post-stay?lang=en", site.address));
    assert!(browser.text("h1").contains("Harbour House"), "{}", browser.text("h1"));
    let offered = browser.script("return [...document.querySelectorAll('[name=unit] option')].map(o => o.value)");
    assert_eq!(offered, serde_json::json!(["harbour-house"]));
    browser.visit(&format!("{}/reports/hotel-post-stay?unit=old-town&lang=en", site.address));
    assert_eq!(browser.text("h1"), "Your account does not reach this far");
    browser.visit(&format!("{}/account", site.address));
    browser.click("form[action='/sign-out'] button");
    browser.find("a[href='/sign-in']");
    browser.visit(&format!("{}/reports/hotel-post-stay?lang=en", site.address));
    assert_eq!(browser.text("h1"), "Sign in");
    browser.write("#email", "mia@larkfield.example");
    browser.write("#password", PASSWORD);
    browser.click("button[type=submit]");
    browser.find("form.filter");
    assert!(browser.text("h1").contains("Harbour House"), "on to the page that was asked for");
}

#[test]
fn a_program_reads_what_its_token_allows_until_it_ends() {
    for backend in backends() {
        let site = closed(backend, 400);
        let url = site.database.url.as_str();
        let make = |more: &[&str]| run(&[&["token", "add"], more, &["--database", url]].concat()).trim().to_owned();
        let export = make(&["data warehouse", "--role", "export", "--unit", "coast"]);
        let viewer = make(&["wall screen", "--role", "viewer", "--days", "30"]);
        let get = |token: &str, path: &str| {
            let agent: ureq::Agent =
                ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0).build().into();
            let mut reply = agent
                .get(format!("{}{path}", site.address))
                .header("authorization", format!("bearer {token}"))
                .call()
                .unwrap();
            (reply.status().as_u16(), reply.body_mut().read_to_string().unwrap())
        };
        let (csv, report) = ("/api/v1/surveys/hotel-post-stay/responses.csv", "/api/v1/reports/hotel-post-stay");
        let (status, body) = get(&export, csv);
        assert!(status == 200 && body.contains(",dunes,") && !body.contains(",old-town,"));
        assert_eq!((get(&export, report).0, get(&viewer, report).0, get(&viewer, csv).0), (403, 200, 403));
        assert_eq!(get(&export, "/reports/hotel-post-stay").0, 303, "pages are for people");
        let (status, body) = get("nonsense", report);
        assert!(status == 401 && body.contains("This token is not good"), "{body}");
        let listed = run(&["token", "list", "--database", url]);
        assert!(listed.contains("data warehouse: export coast, until ") && !listed.contains("never"), "{listed}");
        assert!(refusal(&["token", "add", "wall screen", "--role", "viewer", "--database", url]).contains("already"));
        let query = "UPDATE api_tokens SET expires_at = '2026-01-01 00:00:00' WHERE name = 'data warehouse'";
        site.app.store.write_blocking(move |db| Ok(diesel::sql_query(query).execute(db)?)).unwrap();
        assert_eq!(get(&export, csv).0, 401, "expired");
        run(&["token", "remove", "wall screen", "--database", url]);
        assert_eq!(get(&viewer, report).0, 401, "removed");
    }
}
