//! The ways in, with real peers: an SMTP server that takes the mails, an OpenID provider with PKCE, an app's codes.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use soundings::service::access::Role;
use soundings::service::mailing::Mailer;
use soundings::service::openid::Provider;
use soundings::service::settings::Settings;
use soundings::web::server::Access;

use super::accounts::{PASSWORD, as_somebody, closed, somebody};
use super::harness::{Backend, Database, Peer, Reply, Site, backends, hidden, refusal, run, soundings, tools};
use super::webdriver::Browser;

pub trait Mails {
    fn mail(&self) -> Value;
    fn smtp(&self) -> String;
}

impl Mails for Peer {
    fn mail(&self) -> Value {
        serde_json::from_str(&self.lines.recv_timeout(Duration::from_secs(30)).unwrap()).unwrap()
    }

    fn smtp(&self) -> String {
        format!("smtp://soundings:harbour@127.0.0.1:{}", self.port)
    }
}

/// The text of a mail, whatever its transfer encoding.
pub fn text(mail: &Value) -> String {
    let (_, body) = mail["data"].as_str().unwrap().split_once("\r\n\r\n").unwrap();
    body.replace("=\r\n", "").replace("=3D", "=")
}

/// The path of the link in a mail.
pub fn link(mail: &Value, base: &str) -> String {
    let text = text(mail);
    let start = text.find(base).unwrap_or_else(|| panic!("{base} in {text}")) + base.len();
    text[start..].split_whitespace().next().unwrap().to_owned()
}

pub fn settings(site: &str) -> Settings {
    Settings { base_url: site.to_owned(), ..Settings::default() }
}

fn closed_with(backend: Backend, settings: impl FnOnce(&str) -> Settings) -> Site {
    let access = Access { open_results: false, open_responses: false, ..Access::open() };
    Site::configured(backend, 60, access, settings)
}

fn sign_in(site: &Site, email: &str, password: &str) -> Reply {
    site.post("/sign-in", &[("email", email), ("password", password), ("next", "/account")])
}

#[test]
fn a_link_comes_by_mail_and_nobody_learns_who_has_an_account() {
    let Some(smtp) = Peer::start("smtp.mjs", "") else { return };
    let mailer = Mailer::new(&smtp.smtp(), "Larkfield <quality@larkfield.example>").unwrap();
    let site = closed_with(Backend::Sqlite, |base| Settings { mailer: Some(mailer), ..settings(base) });
    somebody(&site, "mia@larkfield.example", Role::Viewer, None);
    assert!(site.get("/sign-in").body.contains("Forgotten your password?"));
    let unknown = site.post("/sign-in/forgot", &[("email", "nobody@larkfield.example")]);
    let known = site.post("/sign-in/forgot", &[("email", "Mia@larkfield.example")]);
    assert_eq!((unknown.status, &unknown.body), (200, &known.body));
    let mail = smtp.mail();
    assert_eq!(mail["to"], serde_json::json!(["mia@larkfield.example"]), "the first, and only, mail");
    assert_eq!(mail["from"], "quality@larkfield.example");
    assert!(mail["data"].as_str().unwrap().contains("Subject: Set your Soundings password"), "{mail}");
    let path = link(&mail, &site.address);
    let set = site.post(&path, &[("password", "another fog, another pier")]);
    assert_eq!((set.status, set.location.as_str()), (303, "/"));
    assert_eq!(site.get("/account").status, 200);
    // Invited from the shell, by mail, in the same way.
    let base = site.address.as_str();
    let said = run(&[
        "account",
        "add",
        "ben@larkfield.example",
        "--role",
        "viewer",
        "--base-url",
        base,
        "--smtp",
        &smtp.smtp(),
        "--mail-from",
        "quality@larkfield.example",
        "--database",
        &site.database.url,
    ]);
    assert_eq!(said, "a link is on its way to ben@larkfield.example\n");
    assert_eq!(site.get(&link(&smtp.mail(), base)).status, 200);
    let wrong = refusal(&[
        "account",
        "link",
        "ben@larkfield.example",
        "--smtp",
        "smtp://127.0.0.1:1",
        "--mail-from",
        "a@b.example",
        "--database",
        &site.database.url,
    ]);
    assert!(wrong.contains("Connection") || wrong.contains("connection"), "{wrong}");
}

#[test]
fn without_mail_nobody_is_promised_one() {
    let site = closed(Backend::Sqlite, 0);
    assert_eq!(site.get("/sign-in/forgot").status, 404);
    assert!(!site.get("/sign-in").body.contains("/sign-in/forgot"));
    let said = refusal(&["serve", "--smtp", "smtp://x", "--bind", "127.0.0.1:0"]);
    assert!(said.contains("--mail-from"), "{said}");
}

/// What an app shows, so many steps from now.
fn code_of(secret: &str, steps: i64) -> String {
    let secret = totp_rs::Secret::try_from_base32(secret).unwrap();
    let totp = totp_rs::Builder::new().with_secret(secret).with_account_name("x").build().unwrap();
    totp.generate(u64::try_from(chrono::Utc::now().timestamp() + 30 * steps).unwrap()).to_string()
}

#[test]
fn a_second_factor_is_removed_with_a_code_of_it() {
    for backend in backends() {
        let site =
            closed_with(backend, |base| Settings { second_factor_for: vec![Role::Administrator], ..settings(base) });
        let greta = "greta@larkfield.example";
        somebody(&site, greta, Role::Administrator, None);
        assert_eq!(sign_in(&site, greta, PASSWORD).location, "/account/second-factor");
        let secret = hidden(&site.get("/account/second-factor").body, "secret");
        let code = code_of(&secret, 0);
        let done = site.post("/account/second-factor", &[("secret", &secret), ("code", &code)]);
        let recovery = done.body.split("<code>").nth(1).unwrap().split('<').next().unwrap().to_owned();
        assert_eq!(site.get("/account").status, 200);
        assert_eq!(site.post("/account/second-factor/remove", &[("code", "000000")]).status, 403);
        assert_eq!(site.post("/account/second-factor/remove", &[("code", &recovery)]).status, 303);
        // The role needs one: whoever was signed in is not any more, and sets up a new one first.
        assert_eq!(site.get("/account").status, 303);
        assert_eq!(sign_in(&site, greta, PASSWORD).location, "/account/second-factor");
    }
}

#[test]
fn a_second_factor_is_asked_for_and_can_be_lost() {
    for backend in backends() {
        let site =
            closed_with(backend, |base| Settings { second_factor_for: vec![Role::Administrator], ..settings(base) });
        let greta = "greta@larkfield.example";
        // An administrator has to set one up before anything else.
        let half = somebody(&site, greta, Role::Administrator, None);
        assert_eq!(as_somebody(&site, &half, "GET", "/account").0, 303, "not signed in yet");
        assert_eq!(sign_in(&site, greta, PASSWORD).location, "/account/second-factor");
        let page = site.get("/account/second-factor").body;
        assert!(page.contains("<svg") && !page.contains("Keep these"), "{page}");
        let secret = hidden(&page, "secret");
        let wrong = site.post("/account/second-factor", &[("secret", &secret), ("code", "000000")]);
        assert!(wrong.status == 422 && hidden(&wrong.body, "secret") == secret, "{}", wrong.body);
        let code = code_of(&secret, 0);
        let done = site.post("/account/second-factor", &[("secret", &secret), ("code", &code)]);
        assert_eq!(done.status, 200, "{}", done.body);
        let recovery: Vec<String> =
            done.body.split("<code>").skip(1).map(|rest| rest.split('<').next().unwrap().to_owned()).collect();
        assert_eq!(recovery.len(), 10);
        assert!(site.get("/account").body.contains("10 recovery codes are left"));
        site.post("/sign-out", &[]);
        // From now on the password is half of it; a code is good once.
        assert!(sign_in(&site, greta, PASSWORD).location.starts_with("/sign-in/code?next="));
        assert_eq!(site.get("/account").status, 303);
        assert_eq!(site.post("/sign-in/code", &[("code", &code)]).status, 422, "used");
        let next = site.post("/sign-in/code", &[("code", &code_of(&secret, 1)), ("next", "/account")]);
        assert_eq!((next.status, next.location.as_str()), (303, "/account"), "{}", next.body);
        assert_eq!(site.get("/account").status, 200);
        // Whoever finds the browser open sets up no other one over it.
        let other = hidden(&site.get("/account/second-factor").body, "secret");
        let over = site.post("/account/second-factor", &[("secret", &other), ("code", &code_of(&other, 0))]);
        assert_eq!(over.status, 403, "{}", over.body);
        site.post("/sign-out", &[]);
        // A recovery code, once, however it is typed.
        assert_eq!(sign_in(&site, greta, PASSWORD).status, 303);
        let typed = recovery[0].to_uppercase().replace('-', " ");
        assert_eq!(site.post("/sign-in/code", &[("code", &typed)]).status, 303);
        site.post("/sign-out", &[]);
        assert_eq!(sign_in(&site, greta, PASSWORD).status, 303);
        assert_eq!(site.post("/sign-in/code", &[("code", &recovery[0])]).status, 422);
        // Five wrong ones, and the password is asked for again.
        for _ in 0..4 {
            assert_eq!(site.post("/sign-in/code", &[("code", "123456")]).status, 422);
        }
        let over = site.post("/sign-in/code", &[("code", &recovery[2])]);
        assert_eq!((over.status, over.location.starts_with("/sign-in")), (303, true), "{}", over.body);
        run(&["account", "reset-factor", greta, "--database", &site.database.url]);
        let app = site.app.clone();
        let listed = actix_web::rt::System::new().block_on(async move { app.accounts().await.unwrap() });
        assert_eq!(listed[0].account.totp, None);
    }
}

#[test]
fn tries_by_others_do_not_keep_anybody_out() {
    let site = closed(Backend::Sqlite, 0);
    somebody(&site, "mia@larkfield.example", Role::Viewer, None);
    // Mia's own browser.
    let first = sign_in(&site, "mia@larkfield.example", PASSWORD);
    let device = first.all("set-cookie").into_iter().find(|c| c.starts_with("device=")).unwrap().to_owned();
    assert!(device.contains("HttpOnly") && device.contains("SameSite=Strict"), "{device}");
    // Somebody else's, without it.
    let stranger: ureq::Agent =
        ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0).build().into();
    let from = |password: &str| {
        let form = [("email", "mia@larkfield.example"), ("password", password)];
        let mut reply =
            stranger.post(format!("{}/sign-in", site.address)).header("accept-language", "en").send_form(form).unwrap();
        (reply.status().as_u16(), reply.body_mut().read_to_string().unwrap())
    };
    let tries: Vec<bool> = (0..14).map(|i| from(&format!("guess {i}")).1.contains("Too many passwords")).collect();
    assert!(!tries[3] && tries[13], "{tries:?}");
    assert_eq!(from(PASSWORD).0, 422, "not even the right one");
    assert_eq!(sign_in(&site, "mia@larkfield.example", PASSWORD).status, 303, "but Mia's own browser");
}

#[test]
fn the_first_account_is_made_by_the_link_that_the_server_prints() {
    let database = Database::new(Backend::Sqlite);
    let mut child = soundings()
        .args(["serve", "--bind", "127.0.0.1:0", "--database", &database.url])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let address = lines.next().unwrap().split_once("http://").unwrap().1.to_owned();
    let setup = lines.next().unwrap().split_once(&address).unwrap().1.to_owned();
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0).build().into();
    let url = format!("http://{address}{setup}");
    assert!(agent.get(&url).call().unwrap().body_mut().read_to_string().unwrap().contains("Make the first account"));
    assert_eq!(agent.get(format!("{url}x")).call().unwrap().status(), 410);
    let form = [("email", "greta@larkfield.example"), ("name", "Greta Lund"), ("analyst", "yes")];
    let made = agent.post(&url).send_form(form).unwrap();
    let welcome = made.headers()["location"].to_str().unwrap().to_owned();
    assert!(welcome.starts_with("/welcome/"), "{welcome}");
    let set = agent.post(format!("http://{address}{welcome}")).send_form([("password", PASSWORD)]).unwrap();
    assert_eq!(set.status(), 303);
    assert_eq!(agent.post(&url).send_form(form).unwrap().status(), 410, "once");
    child.kill().unwrap();
    child.wait().unwrap();
    let listed = run(&["account", "list", "--database", &database.url]);
    assert_eq!(listed, "greta@larkfield.example Greta Lund\n  administrator everywhere\n  analyst everywhere\n");
}

/// A site whose people sign in at a provider of their own.
fn with_provider(backend: Backend) -> Option<(Site, Peer)> {
    // The provider is told where it leads back to; so the site's port comes first.
    let mut peer = None;
    tools()?;
    let site = closed_with(backend, |base| {
        let provider = Peer::start("openid.mjs", &format!("{base}/sign-in/openid/back")).unwrap();
        let groups = [
            ("dunes-managers".to_owned(), vec![(Role::Manager, Some("dunes".to_owned()))]),
            ("quality".to_owned(), vec![(Role::Analyst, None), (Role::Viewer, Some("no-such-unit".to_owned()))]),
        ];
        let openid = Provider {
            issuer: format!("http://127.0.0.1:{}", provider.port),
            client_id: "soundings".to_owned(),
            client_secret: Some("a-secret-of-forty-characters-for-a-client".to_owned()),
            name: "Larkfield".to_owned(),
            groups_claim: "groups".to_owned(),
            groups: groups.into_iter().collect(),
        };
        peer = Some(provider);
        Settings { openid: Some(openid.checked().unwrap()), ..settings(base) }
    });
    Some((site, peer.unwrap()))
}

/// Goes through the provider's own forms as a browser does; what the site answers in the end.
fn through_the_provider(site: &Site, who: &str) -> (u16, String, ureq::Agent) {
    let config = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(10);
    let agent: ureq::Agent = config.build().into();
    let mut reply = agent
        .get(format!("{}/sign-in/openid?next=/account", site.address))
        .header("accept-language", "en")
        .call()
        .unwrap();
    for _ in 0..3 {
        let body = reply.body_mut().read_to_string().unwrap();
        let Some((_, form)) = body.split_once("action=\"").filter(|_| body.contains("name=\"prompt\"")) else {
            return (reply.status().as_u16(), body, agent);
        };
        let action = form.split('"').next().unwrap().to_owned();
        let prompt = if body.contains("value=\"login\"") { "login" } else { "consent" };
        reply = agent
            .post(&action)
            .header("accept-language", "en")
            .send_form([("prompt", prompt), ("login", who), ("password", "x")])
            .unwrap();
    }
    (reply.status().as_u16(), reply.body_mut().read_to_string().unwrap(), agent)
}

#[test]
fn people_sign_in_at_their_own_provider_with_roles_by_group() {
    for backend in backends() {
        let Some((site, _peer)) = with_provider(backend) else { return };
        assert!(site.get("/sign-in").body.contains("Sign in with Larkfield"));
        let (status, account, agent) = through_the_provider(&site, "mia");
        assert!(
            status == 200
                && account.contains("Mia Berg")
                && account.contains("Manager: reports (Dunes Resort and below)"),
            "{account}"
        );
        let report = |unit: &str| {
            agent.get(format!("{}/reports/hotel-post-stay?unit={unit}", site.address)).call().unwrap().status().as_u16()
        };
        assert_eq!((report("dunes"), report("old-town")), (200, 403));
        // An account that there was is the same person, if the address is verified; roles are the groups'.
        somebody(&site, "ana@larkfield.example", Role::Viewer, Some("dunes"));
        let (_, account, _) = through_the_provider(&site, "ana");
        assert!(account.contains("Analyst") && !account.contains("Dunes"), "{account}");
        assert!(!account.contains("Viewer"), "{account}");
        // An address that is not verified is nobody's, and a group without a role opens nothing.
        somebody(&site, "greta@larkfield.example", Role::Administrator, None);
        for stranger in ["eve", "tom"] {
            let (status, page, _) = through_the_provider(&site, stranger);
            assert!(status == 403 && page.contains("does not reach this far"), "{stranger}: {page}");
        }
        // Again, the same accounts.
        through_the_provider(&site, "mia");
        let listed = run(&["account", "list", "--database", &site.database.url]);
        assert_eq!(listed.matches('@').count(), 3, "{listed}");
    }
}

#[test]
fn what_comes_back_from_a_provider_must_belong_to_this_browser() {
    let Some((site, peer)) = with_provider(Backend::Sqlite) else { return };
    let begun = site.get("/sign-in/openid?next=//evil.example");
    assert_eq!(begun.status, 303);
    let query = begun.location.split_once('?').unwrap().1;
    let value =
        |name: &str| query.split('&').find_map(|pair| pair.strip_prefix(&format!("{name}="))).unwrap().to_owned();
    assert_eq!((value("code_challenge_method"), value("response_type")), ("S256".to_owned(), "code".to_owned()));
    let (state, nonce) = (value("state"), value("nonce"));
    assert!(state.len() >= 20 && nonce.len() >= 20 && value("code_challenge").len() == 43);
    let back = |query: &str| site.get(&format!("/sign-in/openid/back?{query}")).status;
    assert_eq!(back(&format!("state={state}&code=made-up")), 502, "the provider does not know this code");
    assert_eq!(back(&format!("state={state}&code=made-up")), 502, "and a state is good once");
    assert_eq!(back("state=other&code=x"), 502);
    assert_eq!(back(""), 502);
    // With the provider gone, people are told so, and passwords go on working.
    drop(peer);
    let gone = site.get("/sign-in/openid");
    assert!(gone.status == 502 && gone.body.contains("Signing in there did not work"), "{}", gone.body);
    somebody(&site, "mia@larkfield.example", Role::Viewer, None);
    assert_eq!(sign_in(&site, "mia@larkfield.example", PASSWORD).status, 303);
    let insecure = refusal(&[
        "serve",
        "--openid-issuer",
        "http://id.example.org",
        "--openid-client-id",
        "x",
        "--bind",
        "127.0.0.1:0",
    ]);
    assert!(insecure.contains("must begin with https://"), "{insecure}");
}

#[test]
fn a_person_signs_in_at_the_provider_in_a_browser() {
    let Some(browser) = Browser::open(375) else { return };
    let Some((site, _peer)) = with_provider(Backend::Sqlite) else { return };
    browser.visit(&format!("{}/sign-in?lang=en", site.address));
    browser.click("a[href^='/sign-in/openid']");
    browser.write("input[name=login]", "mia");
    browser.write("input[name=password]", "x");
    browser.click("form:has([value=login]) [type=submit]");
    browser.click("form:has([value=consent]) [type=submit]");
    browser.find("form.filter, .done, main");
    browser.visit(&format!("{}/account", site.address));
    assert_eq!(browser.text("main a + h1, main p + h1"), "Mia Berg");
}
