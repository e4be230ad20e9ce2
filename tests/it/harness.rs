//! A running site for a test: a server on a free port, a database of its own, and what people do with it.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use soundings::service::delivering::deliver_as_it_happens;
use soundings::service::settings::Settings;
use soundings::service::{App, demo};
use soundings::store::{Location, Store};
use soundings::web::server::{Access, serve};
use tempfile::TempDir;

/// The environment variable that names a PostgreSQL server on which databases may be created.
pub const POSTGRES: &str = "SOUNDINGS_TEST_POSTGRES";

/// Says on the terminal, past the test runner's capture, that something was not tested.
pub fn say_skipped(what: &str) {
    let _ = writeln!(std::io::stderr(), "SKIPPED: {what}");
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    Sqlite,
    Postgres,
}

/// The backends that can be tested here: always SQLite, and PostgreSQL where the environment names one.
pub fn backends() -> Vec<Backend> {
    if std::env::var_os(POSTGRES).is_some() {
        return vec![Backend::Sqlite, Backend::Postgres];
    }
    let name = std::thread::current().name().unwrap_or("a test").to_owned();
    say_skipped(&format!("{name} on PostgreSQL ({POSTGRES} is not set; tests/with-postgres runs everything)"));
    vec![Backend::Sqlite]
}

/// A database of one test, removed with it.
pub struct Database {
    pub url: String,
    pub folder: TempDir,
    name: Option<String>,
}

impl Database {
    pub fn new(backend: Backend) -> Self {
        let folder = tempfile::tempdir().unwrap();
        match backend {
            Backend::Sqlite => {
                Self { url: format!("sqlite:{}", folder.path().join("test.db").display()), folder, name: None }
            }
            Backend::Postgres => {
                let server = std::env::var(POSTGRES).unwrap();
                let unique: String = folder
                    .path()
                    .file_name()
                    .unwrap()
                    .to_string_lossy()
                    .chars()
                    .filter(char::is_ascii_alphanumeric)
                    .collect();
                let name = format!("soundings_{}_{}", std::process::id(), unique.to_lowercase());
                administer(&server, &format!("CREATE DATABASE {name}"));
                let (base, _) = server.rsplit_once('/').unwrap();
                Self { url: format!("{base}/{name}"), folder, name: Some(name) }
            }
        }
    }

    pub fn open(&self) -> Store {
        Store::open(&Location::parse(&self.url).unwrap()).unwrap()
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Some(name) = &self.name {
            administer(&std::env::var(POSTGRES).unwrap(), &format!("DROP DATABASE {name} WITH (FORCE)"));
        }
    }
}

fn administer(server: &str, statement: &str) {
    use diesel::Connection as _;
    use diesel::connection::SimpleConnection as _;
    diesel::PgConnection::establish(server).unwrap().batch_execute(statement).unwrap();
}

/// A served site.
pub struct Site {
    pub address: String,
    pub app: App,
    stop: actix_web::dev::ServerHandle,
    pub database: Database,
    agent: ureq::Agent,
}

/// What came back.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub body: String,
    pub location: String,
    headers: ureq::http::HeaderMap,
}

impl Reply {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default()
    }

    /// All values of a header.
    pub fn all(&self, name: &str) -> Vec<&str> {
        self.headers.get_all(name).iter().filter_map(|v| v.to_str().ok()).collect()
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.body))
    }
}

impl Site {
    /// A demonstration with `responses` responses.
    pub fn demo(backend: Backend, responses: usize) -> Self {
        Self::with(backend, responses, Access::open())
    }

    pub fn with(backend: Backend, responses: usize, access: Access) -> Self {
        Self::configured(backend, responses, access, |_| Settings::default())
    }

    /// With settings that may depend on the site's own address.
    pub fn configured(
        backend: Backend,
        responses: usize,
        access: Access,
        settings: impl FnOnce(&str) -> Settings,
    ) -> Self {
        let database = Database::new(backend);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let app = App::new(database.open()).configured(settings(&address));
        let filling = app.clone();
        actix_web::rt::System::new().block_on(async move { demo::fill(&filling, responses, 1, |_| ()).await.unwrap() });
        let (started, handle) = mpsc::channel();
        let serving = app.clone();
        std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                actix_web::rt::spawn(deliver_as_it_happens(serving.clone()));
                let server = serve(serving, access, listener).unwrap();
                started.send(server.handle()).unwrap();
                server.await.unwrap();
            });
        });
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(Duration::from_mins(1)));
        Self { address, app, stop: handle.recv().unwrap(), database, agent: config.build().into() }
    }

    pub fn get(&self, path: &str) -> Reply {
        self.get_in(path, "en")
    }

    pub fn get_in(&self, path: &str, accept_language: &str) -> Reply {
        reply(
            self.agent
                .get(format!("{}{path}", self.address))
                .header("accept-language", accept_language)
                .call()
                .unwrap(),
        )
    }

    /// The status that a HEAD request gets.
    pub fn head(&self, path: &str) -> u16 {
        self.agent.head(format!("{}{path}", self.address)).call().unwrap().status().as_u16()
    }

    /// The bytes that a browser gets for a page, headers and all.
    pub fn raw_get(&self, path: &str) -> Vec<u8> {
        self.raw("GET", path, "")
    }

    /// The bytes that a browser gets for a form, headers and all.
    pub fn raw_post(&self, path: &str, fields: &[(String, String)]) -> Vec<u8> {
        let escaped = |text: &str| text.bytes().map(|b| format!("%{b:02x}")).collect::<String>();
        let pairs: Vec<String> = fields.iter().map(|(n, v)| format!("{}={}", escaped(n), escaped(v))).collect();
        self.raw("POST", path, &pairs.join("&"))
    }

    fn raw(&self, method: &str, path: &str, body: &str) -> Vec<u8> {
        use std::io::Read as _;
        let host = self.address.strip_prefix("http://").unwrap();
        let mut stream = std::net::TcpStream::connect(host).unwrap();
        let length = body.len();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nhost: {host}\r\naccept-encoding: gzip\r\nconnection: close\r\n\
             content-type: application/x-www-form-urlencoded\r\ncontent-length: {length}\r\n\r\n{body}"
        )
        .unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        bytes
    }

    pub fn post(&self, path: &str, fields: &[(&str, &str)]) -> Reply {
        reply(
            self.agent
                .post(format!("{}{path}", self.address))
                .header("accept-language", "en")
                .send_form(fields.iter().copied())
                .unwrap(),
        )
    }

    /// Opens a survey as a guest does: the page's own fields.
    pub fn open(&self, path: &str) -> Opened {
        let page = self.get(path);
        assert_eq!(page.status, 200, "{}", page.body);
        Opened { attempt: hidden(&page.body, "_attempt"), revision: hidden(&page.body, "_revision") }
    }

    /// Responses to the demonstration's survey, as the API counts them.
    pub fn responses(&self) -> u64 {
        self.get("/api/v1/reports/hotel-post-stay").json()["responses"].as_u64().unwrap()
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        let stop = self.stop.clone();
        actix_web::rt::System::new().block_on(async move { stop.stop(false).await });
        if !std::thread::panicking() {
            self.check_what_every_test_forgets();
        }
    }
}

impl Site {
    /// Every response belongs to a revision of its own survey and holds JSON.
    fn check_what_every_test_forgets(&self) {
        use diesel::RunQueryDsl as _;
        #[derive(diesel::QueryableByName)]
        struct Count {
            #[diesel(sql_type = diesel::sql_types::BigInt)]
            n: i64,
        }
        let orphans = self.app.store.read_blocking(|db| {
            let query = "SELECT COUNT(*) AS n FROM responses r JOIN revisions v ON v.id = r.revision_id \
                WHERE v.survey_id <> r.survey_id OR r.answers NOT LIKE '{%}'";
            Ok(diesel::sql_query(query).get_result::<Count>(db)?)
        });
        assert_eq!(orphans.unwrap().n, 0);
    }
}

/// A survey page that a guest has open.
#[derive(Debug, Clone)]
pub struct Opened {
    pub attempt: String,
    pub revision: String,
}

impl Opened {
    /// The page's own fields and the required answers, and more.
    pub fn filled<'a>(&'a self, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
        let own = [("_attempt", self.attempt.as_str()), ("_revision", self.revision.as_str())];
        let required = [
            ("quality_overall", "9"),
            ("satisfaction_overall", "8"),
            ("satisfaction_expected", "7"),
            ("satisfaction_ideal", "9"),
        ];
        own.into_iter().chain(required).chain(more.iter().copied()).collect()
    }
}

/// The value of a hidden field.
pub fn hidden(page: &str, name: &str) -> String {
    let start = page.find(&format!("name=\"{name}\" value=\"")).unwrap_or_else(|| panic!("{name} in {page}"));
    page[start..].split('"').nth(3).unwrap().to_owned()
}

fn reply(mut response: ureq::http::Response<ureq::Body>) -> Reply {
    let location = response.headers().get("location").and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
    Reply {
        status: response.status().as_u16(),
        location,
        headers: response.headers().clone(),
        body: response.body_mut().read_to_string().unwrap(),
    }
}

/// A program of tests/tools that prints its port, and then lines; ends with this.
pub struct Peer {
    child: Child,
    pub port: u16,
    pub lines: mpsc::Receiver<String>,
}

impl Peer {
    pub fn start(script: &str, argument: &str) -> Option<Self> {
        let folder = tools()?;
        let program = if Path::new(script).extension().is_some_and(|e| e == "py") { python()? } else { "node".into() };
        let mut command = Command::new(program);
        command.arg(folder.join(script)).arg(argument);
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("node and python are there");
        let mut reader = BufReader::new(child.stdout.take().unwrap()).lines();
        let port = reader.next().unwrap().unwrap().parse().unwrap();
        let (sender, lines) = mpsc::channel();
        std::thread::spawn(move || reader.map_while(Result::ok).for_each(|line| drop(sender.send(line))));
        Some(Self { child, port, lines })
    }

    /// Where it reads from.
    pub fn input(&mut self) -> &mut std::process::ChildStdin {
        self.child.stdin.as_mut().unwrap()
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The built program.
pub fn soundings() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_soundings"));
    command.env_remove("DATABASE_URL").env_remove("RUST_LOG");
    command
}

/// Runs the program and returns standard output; panics unless it succeeds.
pub fn run(arguments: &[&str]) -> String {
    let output = soundings().args(arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", error_of(&output));
    String::from_utf8(output.stdout).unwrap()
}

/// Runs the program, which is to refuse; returns what it says.
pub fn refusal(arguments: &[&str]) -> String {
    let output = soundings().args(arguments).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{arguments:?}: {}", error_of(&output));
    error_of(&output)
}

/// The program, serving in a process of its own; killed without warning when dropped.
pub struct Server {
    child: Child,
    pub address: String,
}

impl Server {
    /// Serves `database` on `bind`, for instance `127.0.0.1:0`.
    pub fn start(database: &str, bind: &str) -> Self {
        Self::start_as(soundings(), database, bind)
    }

    /// As [`Server::start`], with results for accounts alone.
    pub fn start_closed(database: &str, bind: &str) -> Self {
        Self::spawn(soundings(), &["serve", "--bind", bind, "--database", database])
    }

    /// As [`Server::start_closed`], with its log where the command says.
    pub fn start_logging(program: Command, database: &str) -> Self {
        Self::start_watched(program, database, &[])
    }

    /// As [`Server::start_logging`], with more flags.
    pub fn start_watched(program: Command, database: &str, more: &[&str]) -> Self {
        Self::spawn_as(program, &[&["serve", "--bind", "127.0.0.1:0", "--database", database], more].concat())
    }

    /// As [`Server::start`], in an environment of its own.
    pub fn start_as(program: Command, database: &str, bind: &str) -> Self {
        Self::spawn(program, &["serve", "--bind", bind, "--database", database, "--open-responses"])
    }

    fn spawn(mut program: Command, arguments: &[&str]) -> Self {
        program.stderr(Stdio::null());
        Self::spawn_as(program, arguments)
    }

    fn spawn_as(mut program: Command, arguments: &[&str]) -> Self {
        let mut child = program.args(arguments).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line[line.find("http://").unwrap()..].trim().to_owned();
        Self { child, address }
    }

    /// Asks it to stop, and waits until it has.
    pub fn stop(mut self) {
        let asked = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(asked.success() && self.child.wait().unwrap().success(), "it ends well when it is asked to");
    }

    /// Kills it (SIGKILL on Unix: no handler runs, nothing is flushed); returns what it was bound to.
    pub fn kill(mut self) -> String {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.address.strip_prefix("http://").unwrap().to_owned()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn error_of(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).trim_end().to_owned()
}

/// A file below `tests/fixtures`.
pub fn fixture(path: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(path).display().to_string()
}

/// The folder of other programs that judge our output, fetched by npm; `None` and a word about it where they are absent.
pub fn tools() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tools");
    let found = folder.join("node_modules/axe-core/axe.min.js").is_file();
    if !found {
        let name = std::thread::current().name().unwrap_or("a test").to_owned();
        say_skipped(&format!("{name}: run `npm ci --prefix tests/tools`, or all tests with tests/with-postgres"));
    }
    found.then_some(folder)
}

/// The Python with the programs of tests/tools, `None` and a word about it where they are absent.
pub fn python() -> Option<PathBuf> {
    let folder = tools()?.join("venv");
    let found = folder.join("bin/schemathesis").is_file();
    if !found {
        say_skipped(
            "what Python judges: python3 -m venv tests/tools/venv && tests/tools/venv/bin/pip install -r tests/tools/requirements.txt",
        );
    }
    found.then(|| folder.join("bin/python"))
}

/// Real data that are not ours to copy: read in place, `None` and a word about it where they are absent.
pub fn real_data() -> Option<PathBuf> {
    let folder = std::env::var_os("SOUNDINGS_REAL_DATA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/reference/real"), PathBuf::from);
    let found = folder.join("mobi.csv").is_file();
    if !found {
        say_skipped(&format!("real data: {} is absent", folder.display()));
    }
    found.then_some(folder)
}
