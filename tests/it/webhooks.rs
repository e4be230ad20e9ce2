//! Webhooks, against a receiver that checks signatures with the standard's own library.

use std::io::Write as _;
use std::time::Duration;

use serde_json::{Value, json};
use soundings::service::delivering::Sending;
use soundings::service::settings::Settings;
use soundings::web::server::Access;

use super::harness::{Backend, Peer, Site, backends, refusal, run};

/// A site whose webhooks may be on this machine, with short pauses.
fn site(backend: Backend, pauses: &[u32]) -> Site {
    let access = Access { open_results: false, open_responses: false, ..Access::open() };
    let sending = Sending { pauses: pauses.to_vec(), private_hosts: vec!["127.0.0.1".to_owned()] };
    Site::configured(backend, 40, access, |address| Settings {
        base_url: address.to_owned(),
        webhooks: sending,
        ..Settings::default()
    })
}

/// A receiver, and a program that manages.
struct Bench<'a> {
    site: &'a Site,
    token: String,
    peer: Peer,
}

impl<'a> Bench<'a> {
    fn new(site: &'a Site) -> Option<Self> {
        let peer = Peer::start("webhooks.mjs", "")?;
        let said = run(&["token", "add", "hooks", "--role", "administrator", "--database", &site.database.url]);
        Some(Self { site, token: said.trim().to_owned(), peer })
    }

    fn call(&self, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
        let agent: ureq::Agent =
            ureq::Agent::config_builder().http_status_as_error(false).allow_non_standard_methods(true).build().into();
        let request = ureq::http::Request::builder().method(method).uri(format!("{}/api/v1{path}", self.site.address));
        let request = request
            .header("authorization", format!("Bearer {}", self.token))
            .header("content-type", "application/json");
        let mut reply = match body {
            Some(body) => agent.run(request.body(body.to_string()).unwrap()),
            None => agent.run(request.body(()).unwrap()),
        }
        .unwrap();
        let text = reply.body_mut().read_to_string().unwrap();
        (reply.status().as_u16(), serde_json::from_str(&text).unwrap_or_default())
    }

    /// Sets up a webhook that the receiver knows the secret of.
    fn hook(&mut self, name: &str, events: &[&str]) {
        let url = format!("http://127.0.0.1:{}/{name}", self.peer.port);
        let (status, made) = self.call("POST", "/webhooks", Some(json!({"name": name, "url": url, "events": events})));
        assert_eq!(status, 201, "{made}");
        self.tell(made["secret"].as_str().unwrap());
    }

    fn tell(&mut self, secret: &str) {
        writeln!(self.peer.input(), "{secret}").unwrap();
        assert!(self.next().get("secrets").is_some());
    }

    fn next(&self) -> Value {
        serde_json::from_str(&self.peer.lines.recv_timeout(Duration::from_secs(40)).unwrap()).unwrap()
    }

    fn nothing_comes(&self, seconds: u64) {
        let came = self.peer.lines.recv_timeout(Duration::from_secs(seconds));
        assert!(came.is_err(), "{came:?}");
    }

    fn deliveries(&self, name: &str, status: &str) -> Vec<Value> {
        let (_, page) = self.call("GET", &format!("/webhooks/{name}/deliveries?status={status}"), None);
        page["items"].as_array().unwrap().clone()
    }

    /// Waits until a message of this webhook has this status.
    fn until(&self, name: &str, status: &str) -> Value {
        for _ in 0..150 {
            if let Some(found) = self.deliveries(name, status).pop() {
                return found;
            }
            std::thread::sleep(Duration::from_millis(200));
        }
        panic!(
            "no message to {name} is {status}: {:?}",
            self.call("GET", &format!("/webhooks/{name}/deliveries"), None)
        );
    }
}

#[test]
fn what_happens_is_told_once_signed_and_never_what_a_guest_said() {
    for backend in backends() {
        let site = site(backend, &[1, 1]);
        let Some(mut bench) = Bench::new(&site) else { return };
        bench.hook("taken", &["responses.received", "unit.change"]);
        // What was there before is not told; nor what nobody asked for.
        let open = site.open("/s/hotel-post-stay?unit=dunes");
        for attempt in 0..3 {
            let mut opened = open.clone();
            opened.attempt = super::harness::hidden(&site.get("/s/hotel-post-stay").body, "_attempt");
            let said = format!("secret words {attempt}");
            let sent = site.post("/s/hotel-post-stay?unit=dunes", &opened.filled(&[("comment", &said)]));
            assert_eq!(sent.status, 303, "{}", sent.body);
        }
        let mut responses = 0;
        let mut cursor = None;
        while responses < 3 {
            let came = bench.next();
            assert_eq!((&came["body"]["type"], &came["fits"]), (&json!("responses.received"), &json!(1)), "{came}");
            assert!(!came.to_string().contains("secret words"), "{came}");
            responses += came["body"]["data"]["responses"].as_u64().unwrap();
            assert_eq!(came["body"]["data"]["survey"], "hotel-post-stay");
            cursor.get_or_insert(came["body"]["data"]["cursor"].as_str().unwrap().to_owned());
        }
        assert_eq!(responses, 3);
        // From the cursor a program that may reads just these.
        let reader = run(&["token", "add", "reader", "--role", "export", "--database", &site.database.url]);
        let path = format!("{}/api/v1/surveys/hotel-post-stay/responses?cursor={}", site.address, cursor.unwrap());
        let mut page = ureq::get(path).header("authorization", format!("Bearer {}", reader.trim())).call().unwrap();
        let page: Value = page.body_mut().read_json().unwrap();
        assert_eq!(page["items"].as_array().unwrap().len(), 3, "{page}");
        assert!(page.to_string().contains("secret words 2"));
        // Nobody is told when somebody answers anonymously.
        let anonymous = site.database.folder.path().join("anonymous.toml");
        let template = include_str!("../../survey-templates/checkout-kiosk.toml");
        let template = template.replace("id = \"checkout-kiosk\"", "id = \"quiet\"\nanonymous = true");
        std::fs::write(&anonymous, template).unwrap();
        run(&["survey", "publish", anonymous.to_str().unwrap(), "--database", &site.database.url]);
        for _ in 0..10 {
            let opened = site.open("/s/quiet?unit=dunes");
            let own = [("_attempt", opened.attempt.as_str()), ("_revision", &opened.revision)];
            let answers = [("overall", "5"), ("recommend", "9")];
            let sent = site.post("/s/quiet?unit=dunes", &[own, answers].concat());
            assert_eq!(sent.status, 303, "{}", sent.body);
        }
        bench.nothing_comes(if backend == Backend::Postgres { 16 } else { 5 });
        // A change, from the audit.
        run(&["unit", "add", "lagoon", "--name", "Lagoon", "--parent", "coast", "--database", &site.database.url]);
        let came = bench.next();
        assert_eq!((&came["body"]["type"], &came["fits"]), (&json!("unit.change"), &json!(1)));
        assert_eq!(
            (&came["body"]["data"]["actor"], &came["body"]["data"]["subject"]),
            (&json!("shell"), &json!("lagoon"))
        );
        bench.nothing_comes(5);
        // A new secret: both sign for a day.
        let (status, made) = bench.call("POST", "/webhooks/taken/secret", None);
        assert_eq!(status, 201);
        bench.tell(made["secret"].as_str().unwrap());
        let (status, asked) = bench.call("POST", "/webhooks/taken/test", None);
        assert_eq!(status, 201);
        let came = bench.next();
        assert_eq!((&came["id"], &came["fits"]), (&asked["message"], &json!(2)), "{came}");
        // While it is not active, messages wait.
        assert_eq!(bench.call("PATCH", "/webhooks/taken", Some(json!({"active": false}))).0, 200);
        assert_eq!(bench.call("POST", "/webhooks/taken/test", None).0, 201);
        bench.nothing_comes(5);
        assert_eq!(bench.call("PATCH", "/webhooks/taken", Some(json!({"active": true}))).0, 200);
        assert_eq!(bench.next()["body"]["type"], "webhook.test");
        assert_eq!(bench.call("DELETE", "/webhooks/taken", None).0, 204);
        assert_eq!(bench.call("GET", "/webhooks/taken", None).0, 404);
    }
}

#[test]
fn a_message_is_tried_again_given_up_and_sent_anew() {
    for backend in backends() {
        let site = site(backend, &[1, 1]);
        let Some(mut bench) = Bench::new(&site) else { return };
        for name in ["third", "never", "gone", "elsewhere", "later"] {
            bench.hook(name, &["webhook.remove"]);
            bench.call("POST", &format!("/webhooks/{name}/test"), None);
        }
        let third = bench.until("third", "delivered");
        let answers = |delivery: &Value| -> Vec<i64> {
            delivery["tries"].as_array().unwrap().iter().map(|one| one["answer"].as_i64().unwrap()).collect()
        };
        assert_eq!(answers(&third), [503, 503, 200]);
        let never = bench.until("never", "dead");
        assert_eq!(answers(&never), [500, 500, 500]);
        assert_eq!(answers(&bench.until("elsewhere", "dead")), [302, 302, 302], "no redirect is followed");
        // Who wants no more gets no more.
        assert_eq!(answers(&bench.until("gone", "dead")), [410]);
        assert_eq!(bench.call("GET", "/webhooks/gone", None).1["active"], false);
        // As long as was asked for: four seconds, though the pause is one.
        let later = bench.until("later", "delivered");
        let at = |n: usize| later["tries"][n]["at"].as_str().unwrap().parse::<chrono::DateTime<chrono::Utc>>().unwrap();
        assert!(at(1) - at(0) >= chrono::Duration::seconds(4), "{later}");
        // Dead letters: the doctor tells, and they are sent anew with the same id.
        let ill = soundings_doctor(&site);
        assert!(ill.contains("ILL   webhooks: 3 messages were given up"), "{ill}");
        let log = run(&["webhook", "log", "never", "--status", "dead", "--database", &site.database.url]);
        assert!(
            log.contains("webhook.test dead") && log.matches("  20").count() == 3 && log.contains(" 500 ("),
            "{log}"
        );
        let url = format!("http://127.0.0.1:{}/taken", bench.peer.port);
        assert_eq!(bench.call("PATCH", "/webhooks/never", Some(json!({"url": url}))).0, 200);
        let (_, replayed) = bench.call("POST", "/webhooks/never/replay", Some(json!({})));
        assert_eq!(replayed["replayed"], 1);
        let again = bench.until("never", "delivered");
        assert_eq!(again["message"], never["message"]);
        assert_eq!(answers(&again), [500, 500, 500, 204]);
        // One that arrived can be had again as well.
        let path = "/webhooks/never/replay";
        assert_eq!(bench.call("POST", path, Some(json!({"message": never["message"]}))).1["replayed"], 1);
        assert_eq!(bench.call("POST", path, Some(json!({"message": "msg_unknown"}))).1["replayed"], 0);
        // What is not an event, a name that is taken, a place that nobody should be led to.
        for (body, status) in [
            (json!({"name": "x", "url": "https://example.org/", "events": ["no.such"]}), 400),
            (json!({"name": "x", "url": "https://example.org/", "events": []}), 400),
            (json!({"name": "x", "url": "https://10.0.0.1/", "events": ["*"]}), 400),
            (json!({"name": "x", "url": "http://example.org/", "events": ["*"]}), 400),
            (json!({"name": "third", "url": "https://example.org/", "events": ["*"]}), 409),
        ] {
            assert_eq!(bench.call("POST", "/webhooks", Some(body.clone())).0, status, "{body}");
        }
        let private = ["webhook", "add", "x", "https://192.168.1.1/", "--event", "*", "--database", &site.database.url];
        assert!(refusal(&private).contains("public network"));
    }
}

/// A name is looked up whenever a message goes out: this one leads to this machine.
#[test]
fn a_name_that_leads_into_a_private_network_is_not_followed() {
    let site = Site::configured(Backend::Sqlite, 0, Access { open_results: false, ..Access::open() }, |_| Settings {
        webhooks: Sending { pauses: vec![], ..Sending::default() },
        ..Settings::default()
    });
    let Some(bench) = Bench::new(&site) else { return };
    let url = format!("https://localhost:{}/taken", bench.peer.port);
    let (status, _) = bench.call("POST", "/webhooks", Some(json!({"name": "sly", "url": url, "events": ["*"]})));
    assert_eq!(status, 201, "a name is no address");
    bench.call("POST", "/webhooks/sly/test", None);
    let dead = bench.until("sly", "dead");
    assert!(dead["tries"][0]["error"].as_str().unwrap().contains("private network"), "{dead}");
}

#[test]
fn every_event_is_in_the_documentation() {
    let page = include_str!("../../docs/webhooks.md");
    for action in soundings::service::auditing::ACTIONS {
        assert!(page.contains(&format!("`{action}`")), "{action}");
    }
}

fn soundings_doctor(site: &Site) -> String {
    let output = super::harness::soundings().args(["doctor", "--database", &site.database.url]).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}
