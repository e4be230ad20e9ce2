//! An administrator at the shell: the demonstration, templates, publishing.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};

use soundings::store::{Location, Store, surveys};

use super::harness::{Backend, Database, Server, backends, refusal, run, soundings};

/// A running `soundings demo` or `serve`, killed when dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn the_demo_prints_four_links_that_work_and_fills_only_once() {
    let folder = tempfile::tempdir().unwrap();
    let demo = |more: &[&str]| {
        let mut child = soundings()
            .args(["demo", "--port", "0", "--responses", "300", "--data-dir", folder.path().to_str().unwrap()])
            .args(more)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let links: Vec<String> = lines.filter_map(|l| l.find("http://").map(|i| l[i..].to_owned())).take(4).collect();
        (Running(child), links)
    };
    let (running, links) = demo(&[]);
    assert_eq!(links.len(), 4);
    for link in &links {
        let status = ureq::get(link).call().unwrap().status();
        assert_eq!(status, 200, "{link}");
    }
    // Whoever comes is asked who to be; results are for accounts here as anywhere.
    let home = links[0].strip_suffix("/sign-in").unwrap();
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0).build().into();
    assert_eq!(agent.get(format!("{home}/")).call().unwrap().headers()["location"], "/sign-in");
    assert_eq!(agent.get(format!("{home}/api/v1/reports/hotel-post-stay")).call().unwrap().status(), 401);
    drop(running);
    // Nobody has a password: the same people cannot come in where it is served for good.
    let data = folder.path().to_str().unwrap();
    let listed = run(&["account", "list", "--data-dir", data]);
    assert_eq!(listed.matches("(no password yet)").count(), 3, "{listed}");
    let served = Server::start_closed(&format!("sqlite:{data}/soundings.db"), "127.0.0.1:0");
    let chosen = [("email", "analyst@larkfield.example")];
    assert_eq!(agent.post(format!("{}/sign-in/demo", served.address)).send_form(chosen).unwrap().status(), 403);
    drop(served);
    let digest = |links: &[String]| {
        let agent: ureq::Agent = ureq::Agent::config_builder().build().into();
        let home = links[0].strip_suffix("/sign-in").unwrap();
        let page = agent.post(format!("{home}/sign-in/demo")).send_form(chosen).unwrap().body_mut().read_to_string();
        assert!(page.unwrap().contains("Lin Anqi"), "the overview comes first");
        let json = agent.get(format!("{home}/api/v1/reports/hotel-post-stay")).call().unwrap().body_mut().read_json();
        let json: serde_json::Value = json.unwrap();
        (json["responses"].as_u64().unwrap(), json["method"]["data_digest"].as_str().unwrap().to_owned())
    };
    let (running, links) = demo(&[]);
    let reopened = digest(&links);
    assert_eq!(reopened.0, 300);
    drop(running);
    let (_running, links) = demo(&["--fresh"]);
    assert_eq!(digest(&links), reopened, "the same seed gives the same data");
}

#[test]
fn the_demo_refuses_a_database_that_is_somebodys_own() {
    for backend in backends() {
        let database = Database::new(backend);
        let template = format!("{}/survey-templates/checkout-kiosk.toml", env!("CARGO_MANIFEST_DIR"));
        run(&["survey", "publish", &template, "--database", &database.url]);
        for fresh in [&[][..], &["--fresh"][..]] {
            let arguments = [&["demo", "--port", "0", "--database", &database.url], fresh].concat();
            let said = refusal(&arguments);
            assert!(said.starts_with("soundings: this database is not a demonstration's"), "{said}");
        }
        let survey = database.open().read_blocking(|db| surveys::by_slug(db, "checkout-kiosk")).unwrap();
        assert_eq!(survey.unwrap().status, "published");
    }
}

#[test]
fn an_interrupted_filling_is_completed() {
    let folder = tempfile::tempdir().unwrap();
    let database = format!("sqlite:{}", folder.path().join("d.db").display());
    let app = soundings::service::App::new(Store::open(&Location::parse(&database).unwrap()).unwrap());
    let fill = |count| {
        let app = app.clone();
        actix_web::rt::System::new()
            .block_on(async move { soundings::service::demo::fill(&app, count, 1, |_| ()).await.unwrap() })
    };
    assert_eq!((fill(50), fill(120), fill(60)), (50, 120, 120));
    let receipts = |site: Store| {
        site.read_blocking(|db| {
            let survey = surveys::by_slug(db, "hotel-post-stay")?.unwrap();
            soundings::store::responses::export_after(db, survey.id, None, 0, 1000)
        })
    };
    let whole = Database::new(Backend::Sqlite);
    let other = soundings::service::App::new(whole.open());
    actix_web::rt::System::new()
        .block_on(async { soundings::service::demo::fill(&other, 120, 1, |_| ()).await.unwrap() });
    let ids =
        |rows: Vec<soundings::store::responses::ExportRow>| rows.into_iter().map(|r| r.receipt).collect::<Vec<_>>();
    assert_eq!(ids(receipts(app.store).unwrap()), ids(receipts(other.store).unwrap()));
}

#[test]
fn logs_hold_no_answers_and_no_addresses() {
    let database = Database::new(Backend::Sqlite);
    let template = format!("{}/survey-templates/checkout-kiosk.toml", env!("CARGO_MANIFEST_DIR"));
    run(&["survey", "publish", &template, "--database", &database.url]);
    let mut command = soundings();
    command.args(["serve", "--bind", "127.0.0.1:0", "--database", &database.url]).env("RUST_LOG", "trace");
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address = line[line.find("http://").unwrap()..].trim().to_owned();
    let mut log = child.stderr.take().unwrap();
    let reading = std::thread::spawn(move || {
        let mut text = String::new();
        std::io::Read::read_to_string(&mut log, &mut text).unwrap();
        text
    });
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let url = format!("{address}/s/checkout-kiosk?unit=SECRETUNIT");
    let _ = agent.get(&url).call().unwrap();
    let _ = agent.post(&url).send_form([("overall", "SECRETANSWER"), ("_attempt", "SECRETKEY")]).unwrap();
    let _ = agent.get(format!("{address}/s/checkout-kiosk/thanks/AAAA-AAAA-AAAA")).call().unwrap();
    let running = Running(child);
    drop(running);
    let log = reading.join().unwrap();
    for secret in ["SECRET", "AAAA-AAAA"] {
        let found = log.lines().find(|l| l.contains(secret) && l.contains("soundings"));
        assert!(found.is_none(), "{found:?}");
    }
}

#[test]
fn a_port_in_use_is_named() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let folder = tempfile::tempdir().unwrap();
    let said = refusal(&["demo", "--port", &port, "--data-dir", folder.path().to_str().unwrap()]);
    assert!(said.starts_with(&format!("soundings: cannot listen on 127.0.0.1:{port}: ")), "{said}");
}

#[test]
fn survey_check_says_everything_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("broken.toml");
    let text = include_str!("../../survey-templates/checkout-kiosk.toml");
    let broken = text
        .replace("id = \"staff\"", "id = \"overall\"")
        .replacen("type = \"nps\"", "type = \"npss\"", 1)
        .replacen("required = true", "required = 1", 1);
    std::fs::write(&file, broken).unwrap();
    let output = soundings().args(["survey", "check", file.to_str().unwrap()]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stdout).unwrap().replace(&format!("{}/", folder.path().display()), "");
    insta::assert_snapshot!("survey_check", said);
    for shipped in ["hotel-post-stay", "checkout-kiosk"] {
        let said =
            run(&["survey", "check", &format!("{}/survey-templates/{shipped}.toml", env!("CARGO_MANIFEST_DIR"))]);
        assert!(said.ends_with(".toml: good\n"), "{said}");
    }
}

#[test]
fn the_committed_schema_is_current() {
    let committed = include_str!("../../survey-templates/template.schema.json");
    assert_eq!(
        run(&["survey", "schema"]),
        committed,
        "run: cargo run -- survey schema > survey-templates/template.schema.json"
    );
}

#[test]
fn publishing_again_makes_a_new_revision_and_the_old_one_stays() {
    for backend in backends() {
        let database = Database::new(backend);
        let template = format!("{}/survey-templates/checkout-kiosk.toml", env!("CARGO_MANIFEST_DIR"));
        let changed = database.folder.path().join("changed.toml");
        std::fs::write(
            &changed,
            std::fs::read_to_string(&template).unwrap().replace("version = \"1.1\"", "version = \"1.2\""),
        )
        .unwrap();
        let publish = |file: &str| run(&["survey", "publish", file, "--database", &database.url]);
        assert_eq!(publish(&template), "checkout-kiosk is published: /s/checkout-kiosk\n");
        publish(&template);
        publish(changed.to_str().unwrap());
        let store = Store::open(&Location::parse(&database.url).unwrap()).unwrap();
        let versions = store.read_blocking(|db| {
            let survey = surveys::by_slug(db, "checkout-kiosk")?.unwrap();
            Ok(surveys::revisions_of(db, survey.id)?.into_iter().map(|r| r.version).collect::<Vec<_>>())
        });
        assert_eq!(versions.unwrap(), ["1.1", "1.2"]);
        run(&["survey", "close", "checkout-kiosk", "--database", &database.url]);
        assert_eq!(
            refusal(&["survey", "close", "nothing", "--database", &database.url]),
            "soundings: there is no survey `nothing`"
        );
    }
}

#[test]
fn units_are_added_below_each_other() {
    for backend in backends() {
        let database = Database::new(backend);
        run(&["unit", "add", "alpine", "--name", "Alpine Hotels", "--kind", "group", "--database", &database.url]);
        run(&["unit", "add", "edelweiss", "--name", "Edelweiß", "--parent", "alpine", "--database", &database.url]);
        let said = refusal(&["unit", "add", "edelweiss", "--name", "x", "--database", &database.url]);
        assert_eq!(said, "soundings: there is a unit `edelweiss` already");
        let said = refusal(&["unit", "add", "x", "--name", "x", "--parent", "y", "--database", &database.url]);
        assert_eq!(said, "soundings: `parent`: there is no unit `y`");
    }
}

#[test]
fn a_mistyped_database_address_is_refused() {
    let said = refusal(&["export", "x", "--database", "postgress://localhost/x"]);
    assert_eq!(
        said,
        "soundings: the database address begins with `postgress`; use sqlite:FILE or postgres://USER@HOST/NAME"
    );
}
