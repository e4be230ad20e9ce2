//! The README's own commands, as a stranger runs them: a group with three houses, a survey, two people.

use std::process::{Command, Stdio};

use super::harness::{Server, hidden, soundings};
use super::webdriver::Browser;

/// The commands of the first block after a heading.
fn commands(heading: &str) -> Vec<String> {
    let readme = include_str!("../../README.md");
    let (_, rest) = readme.split_once(heading).unwrap();
    let block = rest.split("```").nth(1).unwrap().strip_prefix("sh\n").unwrap();
    block.lines().map(str::to_owned).collect()
}

#[test]
fn a_stranger_sets_up_three_houses_two_people_and_a_survey() {
    let folder = tempfile::tempdir().unwrap();
    let program = soundings().get_program().to_owned();
    let programs = std::path::Path::new(&program).parent().unwrap().display().to_string();
    let path = format!("{programs}:{}", std::env::var("PATH").unwrap());
    let (mut links, mut served) = (Vec::new(), false);
    for command in commands("## Your own group\n") {
        if command.starts_with("soundings serve") {
            served = true;
            continue;
        }
        let mut shell = Command::new("sh");
        shell.args(["-ec", &command]).current_dir(folder.path()).env("PATH", &path).env_remove("DATABASE_URL");
        let done = shell.stdin(Stdio::null()).output().unwrap();
        assert!(done.status.success(), "{command}: {}", String::from_utf8_lossy(&done.stderr));
        let said = String::from_utf8(done.stdout).unwrap();
        links.extend(said.lines().filter_map(|l| l.strip_prefix("http://127.0.0.1:8080")).map(str::to_owned));
    }
    assert!(served && links.len() == 2, "{links:?}");
    let database = format!("sqlite:{}", folder.path().join("soundings-data/soundings.db").display());
    let server = Server::start_closed(&database, "127.0.0.1:0");
    // By hand, as curl would.
    let config = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0);
    let agent: ureq::Agent = config.build().into();
    let survey = format!("{}/s/hotel-post-stay?unit=edelweiss&lang=en", server.address);
    for _ in 0..10 {
        let page = agent.get(&survey).call().unwrap().body_mut().read_to_string().unwrap();
        let (attempt, revision) = (hidden(&page, "_attempt"), hidden(&page, "_revision"));
        let fields = [
            ("_attempt", attempt.as_str()),
            ("_revision", &revision),
            ("quality_overall", "9"),
            ("satisfaction_overall", "8"),
            ("satisfaction_expected", "7"),
            ("satisfaction_ideal", "9"),
        ];
        assert_eq!(agent.post(&survey).send_form(fields).unwrap().status(), 303);
    }
    let report = format!("{}/reports/hotel-post-stay?lang=en", server.address);
    assert_eq!(agent.get(&report).call().unwrap().status(), 303, "nobody sees results without an account");
    for (link, heading, shown) in links
        .iter()
        .zip([("The whole group", "10 responses"), ("report: Edelweiss", "5 responses")])
        .map(|(l, (h, s))| (l, h, s))
    {
        let set =
            agent.post(format!("{}{link}", server.address)).send_form([("password", "three hats on a goat")]).unwrap();
        assert_eq!(set.status(), 303);
        let page = agent.get(&report).call().unwrap().body_mut().read_to_string().unwrap();
        assert!(page.contains(heading) && page.contains(shown), "{heading}: {page}");
        assert_eq!(agent.post(format!("{}/sign-out", server.address)).send_form([("x", "y")]).unwrap().status(), 303);
    }
    // And in the browser.
    let Some(browser) = Browser::open(375) else { return };
    browser.visit(&survey);
    for (question, value) in
        [("quality_overall", 9), ("satisfaction_overall", 8), ("satisfaction_expected", 7), ("satisfaction_ideal", 9)]
    {
        browser.click(&format!("input[name={question}][value=\"{value}\"]"));
    }
    browser.click("button[type=submit]");
    assert_eq!(browser.text(".receipt dd").len(), 14);
    browser.visit(&report);
    browser.write("#email", "mia@example.org");
    browser.write("#password", "three hats on a goat");
    browser.click("button[type=submit]");
    browser.find("form.filter");
    assert!(browser.text("main").contains("5 responses"), "{}", browser.text("main"));
}
