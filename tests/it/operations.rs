//! An administrator at three in the morning: copies that prove good, a doctor, settings from a file.

use std::process::Command;

use super::harness::{Backend, Database, Server, Site, backends, hidden, refusal, run, soundings};

#[test]
fn a_copy_made_while_guests_answer_is_whole_and_comes_back() {
    let site = Site::demo(Backend::Sqlite, 300);
    let folder = site.database.folder.path();
    let copy = folder.join("copy.db");
    let copy = copy.to_str().unwrap();
    run(&["seal", "--database", &site.database.url]);
    run(&["unit", "add", "arnika", "--name", "Arnika", "--database", &site.database.url]);
    let answering = std::thread::scope(|scope| {
        let guests = scope.spawn(|| {
            for _ in 0..40 {
                let opened = site.open("/s/hotel-post-stay");
                assert_eq!(site.post("/s/hotel-post-stay", &opened.filled(&[])).status, 303);
            }
        });
        let said = run(&["backup", copy, "--database", &site.database.url]);
        guests.join().unwrap();
        said
    });
    assert!(answering.contains("whole; 300 sealed and") && answering.contains("1 audit entries"), "{answering}");
    assert!(refusal(&["backup", copy, "--database", &site.database.url]).contains("is there already"));
    // Into an empty place, and over what is there.
    let other = format!("sqlite:{}", folder.join("elsewhere/soundings.db").display());
    assert!(run(&["restore", copy, "--database", &other]).contains("whole; 300 sealed"));
    let listed = run(&["unit", "export", "--database", &other]);
    assert!(listed.contains("arnika"), "{listed}");
    assert!(refusal(&["restore", copy, "--database", &other]).contains("--replace moves it out of the way"));
    run(&["unit", "add", "later", "--name", "Later", "--database", &other]);
    let said = run(&["restore", copy, "--replace", "--database", &other]);
    let kept = said.split(':').next().unwrap().to_owned();
    assert!(!run(&["unit", "export", "--database", &other]).contains("later"));
    let before = format!("sqlite:{kept}");
    assert!(run(&["unit", "export", "--database", &before]).contains("later"), "what was there is kept");
    // A broken one is replaced as well, and kept; one that a server has open is not.
    std::fs::write(folder.join("elsewhere/soundings.db"), "not a database at all").unwrap();
    run(&["restore", copy, "--replace", "--database", &other]);
    assert!(refusal(&["restore", copy, "--replace", "--database", &site.database.url]).contains("is in use"));
    // What is broken does not take the place of what works.
    let mut bytes = std::fs::read(copy).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 4096].fill(0xA5);
    std::fs::write(folder.join("torn.db"), bytes).unwrap();
    refusal(&["restore", folder.join("torn.db").to_str().unwrap(), "--replace", "--database", &other]);
    assert!(run(&["unit", "export", "--database", &other]).contains("arnika"));
}

#[test]
fn on_postgresql_its_own_tools_are_named() {
    if !backends().contains(&Backend::Postgres) {
        return;
    }
    let database = Database::new(Backend::Postgres);
    let file = database.folder.path().join("copy.db");
    assert!(refusal(&["backup", file.to_str().unwrap(), "--database", &database.url]).contains("pg_dump"));
}

#[test]
fn the_doctor_says_what_is_well_and_what_is_not() {
    for backend in backends() {
        let database = Database::new(backend);
        run(&["unit", "add", "a", "--name", "A", "--database", &database.url]);
        let said = run(&["doctor", "--database", &database.url]);
        for part in [
            "well  database:",
            "well  seals: 0 seals",
            "well  audit: 1 entries",
            "well  mail: not set up",
            "well  OpenID: not set up",
        ] {
            assert!(said.contains(part), "{part}: {said}");
        }
        let output = soundings()
            .args(["doctor", "--database", &database.url, "--base-url", "http://survey.example.org"])
            .args(["--smtp", "smtp://127.0.0.1:1", "--mail-from", "a@b.example"])
            .args(["--openid-issuer", "http://127.0.0.1:1", "--openid-client-id", "x"])
            .output()
            .unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(1));
        for part in [
            "ILL   address: http://survey.example.org is not https",
            "ILL   mail: the SMTP server cannot be reached",
            "ILL   OpenID:",
        ] {
            assert!(said.contains(part), "{part}: {said}");
        }
    }
}

#[test]
fn settings_come_from_flags_then_the_environment_then_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("soundings.toml");
    let path = file.to_str().unwrap();
    std::fs::write(
        &file,
        "bind = \"127.0.0.1:7001\"\npublish-index-from = 40\npublish-rank-from = 200\nopen-results = true\n\
        base-url = \"https://survey.example.org\"\nsecond-factor-for = [\"administrator\", \"analyst\"]\n",
    )
    .unwrap();
    let check = |more: &[&str], variables: &[(&str, &str)]| {
        let mut command: Command = soundings();
        command.args(["config", "check", "--config", path]).args(more).envs(variables.iter().copied());
        let output = command.output().unwrap();
        String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
    };
    let said = check(&[], &[]);
    for part in [
        "listens on 127.0.0.1:7001, is reached at https://survey.example.org",
        "second factor for administrator, analyst",
        "index from 40, rank from 200",
        "results open true",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let said = check(&["--bind", "127.0.0.1:7002"], &[("SOUNDINGS_PUBLISH_INDEX_FROM", "50")]);
    assert!(said.contains("listens on 127.0.0.1:7002") && said.contains("index from 50, rank from 200"), "{said}");
    assert!(check(&["--publish-index-from", "300"], &[]).contains("--publish-rank-from is 200; it must not be below"));
    std::fs::write(&file, "colour = \"red\"\n").unwrap();
    assert!(check(&[], &[]).contains("soundings.toml: there is no setting `colour`; there are"));
    std::fs::write(&file, "bind = \n").unwrap();
    assert!(check(&[], &[]).contains("soundings.toml: TOML parse error at line 1"));
    assert!(refusal(&["serve", "--config", "/nowhere.toml"]).contains("/nowhere.toml"));
}

#[test]
fn logs_hold_no_answers_tokens_receipts_or_names() {
    use std::io::Read as _;
    let database = Database::new(Backend::Sqlite);
    let template = database.folder.path().join("survey.toml");
    std::fs::write(&template, include_str!("../../survey-templates/hotel-post-stay.toml")).unwrap();
    run(&["survey", "publish", template.to_str().unwrap(), "--database", &database.url]);
    let token = run(&["token", "add", "reader", "--role", "analyst", "--database", &database.url]);
    let log = database.folder.path().join("log");
    let mut command = soundings();
    command.env("RUST_LOG", "info").env("SOUNDINGS_LOG", "json").stderr(std::fs::File::create(&log).unwrap());
    let server = Server::start_logging(command, &database.url);
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0).build().into();
    let survey = format!("{}/s/hotel-post-stay", server.address);
    let page = agent.get(&survey).call().unwrap().body_mut().read_to_string().unwrap();
    let (attempt, revision) = (hidden(&page, "_attempt"), hidden(&page, "_revision"));
    let fields = [
        ("_attempt", attempt.as_str()),
        ("_revision", &revision),
        ("quality_overall", "9"),
        ("satisfaction_overall", "8"),
        ("satisfaction_expected", "7"),
        ("satisfaction_ideal", "9"),
        ("comment", "the goat in the lobby"),
    ];
    let thanks = agent.post(&survey).send_form(fields).unwrap().headers()["location"].to_str().unwrap().to_owned();
    let receipt = thanks.split(['/', '?']).find(|part| part.len() == 14).unwrap().to_owned();
    agent.get(format!("{}{thanks}", server.address)).call().unwrap();
    agent.get(format!("{}/r/{receipt}", server.address)).call().unwrap();
    let responses = format!("{}/api/v1/surveys/hotel-post-stay/responses", server.address);
    agent.get(&responses).header("authorization", format!("Bearer {}", token.trim())).call().unwrap();
    let credentials = [("email", "mia@larkfield.example"), ("password", "tall fog over the pier")];
    agent.post(format!("{}/sign-in", server.address)).send_form(credentials).unwrap();
    drop(server);
    let mut text = String::new();
    std::fs::File::open(&log).unwrap().read_to_string(&mut text).unwrap();
    let lines: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(lines.len() >= 6, "{text}");
    for secret in ["goat", token.trim(), receipt.as_str(), attempt.as_str(), "mia@", "tall fog"] {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
}
