//! What breaks around the server: the disk is full, the power goes, the database goes away and comes back, two servers
//! share one database. Whoever was thanked is stored, once; whoever was not can try again.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::harness::{Backend, Database, POSTGRES, Server, hidden, run, say_skipped};

/// What guests were told: status and how often; receipts by attempt.
#[derive(Default)]
pub(super) struct Told {
    statuses: HashMap<u16, usize>,
    receipts: HashMap<String, String>,
}

pub(super) fn agent() -> ureq::Agent {
    let config = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0);
    config.timeout_global(Some(Duration::from_secs(30))).build().into()
}

/// One guest; what came back, or 0 for no answer at all. `comment` is how long a text is written.
pub(super) fn hand_in(agent: &ureq::Agent, address: &str, comment: usize, told: &Mutex<Told>) -> (u16, String) {
    let url = format!("{address}/s/checkout-kiosk?lang=en");
    let page = agent.get(&url).call().ok().filter(|r| r.status() == 200);
    let Some(page) = page.and_then(|mut r| r.body_mut().read_to_string().ok()) else { return (0, String::new()) };
    let (attempt, revision) = (hidden(&page, "_attempt"), hidden(&page, "_revision"));
    let text = "x".repeat(comment);
    let fields = [
        ("_attempt", attempt.as_str()),
        ("_revision", &revision),
        ("overall", "8"),
        ("recommend", "9"),
        ("wish", &text),
    ];
    // As a browser does: nobody gives up at the first try.
    for _ in 0..3 {
        let Ok(mut sent) = agent.post(&url).send_form(fields) else { continue };
        let status = sent.status().as_u16();
        let mut told = told.lock().unwrap();
        *told.statuses.entry(status).or_default() += 1;
        if status == 303 {
            let receipt = sent.headers()["location"].to_str().unwrap().split(['/', '?']).nth(4).unwrap().to_owned();
            if let Some(before) = told.receipts.insert(attempt, receipt.clone()) {
                assert_eq!(before, receipt, "the same attempt, the same receipt");
            }
            return (status, receipt);
        }
        assert!(status == 503, "{status}");
        assert_eq!(sent.headers()["retry-after"], "10");
        let body = sent.body_mut().read_to_string().unwrap();
        assert!(body.contains("Your answers are still in your browser"), "{body}");
        return (status, body);
    }
    (0, String::new())
}

pub(super) fn prepare(url: &str) {
    let template = format!("{}/survey-templates/checkout-kiosk.toml", env!("CARGO_MANIFEST_DIR"));
    run(&["survey", "publish", &template, "--database", url]);
}

/// Receipts in the export; no attempt is stored twice, or the database would have refused it.
pub(super) fn stored(url: &str) -> HashSet<String> {
    let csv = run(&["export", "checkout-kiosk", "--database", url]);
    let rows: Vec<&str> = csv.lines().skip(1).collect();
    let receipts: HashSet<String> = rows.iter().map(|row| row.split(',').next().unwrap().to_owned()).collect();
    assert_eq!(rows.len(), receipts.len(), "a receipt is there twice");
    receipts
}

pub(super) fn nothing_is_lost(url: &str, told: &Mutex<Told>) {
    let stored = stored(url);
    let told = told.lock().unwrap();
    let lost: Vec<&String> = told.receipts.values().filter(|r| !stored.contains(*r)).collect();
    assert!(lost.is_empty(), "{} of {} thanked are lost", lost.len(), told.receipts.len());
}

#[test]
fn a_torn_log_opens_and_holds_every_commit_before_the_tear() {
    let database = Database::new(Backend::Sqlite);
    prepare(&database.url);
    let server = Server::start(&database.url, "127.0.0.1:0");
    let (agent, told) = (agent(), Mutex::new(Told::default()));
    for _ in 0..60 {
        assert_eq!(hand_in(&agent, &server.address, 50, &told).0, 303);
    }
    server.kill();
    let file = PathBuf::from(database.url.strip_prefix("sqlite:").unwrap());
    let (main, log) = (fs::read(&file).unwrap(), fs::read(file.with_extension("db-wal")).unwrap());
    assert!(log.len() > 60 * 4096, "all of it is in the log: {} bytes", log.len());
    let mut before = 0;
    // The power goes at any byte of the log: in the middle of a header, a page, a commit.
    for tear in (0..=20).map(|i| log.len() * i / 20).flat_map(|at| [at.saturating_sub(13), at]) {
        let folder = tempfile::tempdir().unwrap();
        let copy = folder.path().join("torn.db");
        fs::write(&copy, &main).unwrap();
        fs::write(copy.with_extension("db-wal"), &log[..tear]).unwrap();
        let url = format!("sqlite:{}", copy.display());
        if tear > log.len() / 3 {
            let found = stored(&url).len();
            assert!(found >= before, "{tear}: {found} after {before}");
            before = found;
            run(&["verify", "--database", &url]);
        } else {
            // So early that the survey itself may not have been stored: the file opens, and is migrated.
            run(&["verify", "--database", &url]);
        }
    }
    assert_eq!(before, 60, "the whole log has all");
}

/// A file system of so many MiB, unmounted when dropped; `None`, audibly, where that is not allowed.
struct Small(PathBuf);

impl Small {
    fn mount(folder: &Path, mib: usize) -> Option<Self> {
        let options = format!("size={mib}m");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(folder).output();
        if mounted.is_ok_and(|out| out.status.success()) {
            return Some(Self(folder.to_owned()));
        }
        say_skipped("a full disk: mounting a small file system needs root");
        None
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[test]
fn a_full_disk_is_said_and_nothing_thanked_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let Some(small) = Small::mount(folder.path(), 8) else { return };
    let url = format!("sqlite:{}", small.0.join("full.db").display());
    prepare(&url);
    let server = Server::start(&url, "127.0.0.1:0");
    let (agent, told) = (agent(), Mutex::new(Told::default()));
    assert_eq!(hand_in(&agent, &server.address, 100, &told).0, 303);
    // Somebody else fills the disk.
    let filler = small.0.join("filler");
    let _ = fs::write(&filler, vec![0_u8; 7 << 20]);
    for chunk in [1 << 16, 1 << 12, 1] {
        use std::io::Write as _;
        let mut file = fs::OpenOptions::new().append(true).open(&filler).unwrap();
        while file.write_all(&vec![0_u8; chunk]).is_ok() {}
    }
    let mut refused = 0;
    for _ in 0..40 {
        refused += usize::from(hand_in(&agent, &server.address, 190, &told).0 == 503);
    }
    assert!(refused > 20, "{:?}", told.lock().unwrap().statuses);
    // There is room again: no restart is needed.
    fs::remove_file(&filler).unwrap();
    for _ in 0..10 {
        assert_eq!(hand_in(&agent, &server.address, 190, &told).0, 303);
    }
    nothing_is_lost(&url, &told);
    run(&["verify", "--database", &url]);
    server.kill();
    nothing_is_lost(&url, &told);
}

/// A PostgreSQL server of the test's own, which can go away.
struct Cluster {
    folder: tempfile::TempDir,
    bin: PathBuf,
    port: u16,
}

impl Cluster {
    fn start() -> Option<Self> {
        let Some(bin) = std::env::var_os("SOUNDINGS_TEST_POSTGRES_BIN") else {
            say_skipped("PostgreSQL going away: tests/with-postgres says where its programs are");
            return None;
        };
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let cluster = Self { folder: tempfile::tempdir().unwrap(), bin: bin.into(), port };
        let data = cluster.data();
        let folder = cluster.folder.path().display().to_string();
        if Self::is_root() {
            assert!(Command::new("chown").args(["postgres", &folder]).status().unwrap().success());
        }
        cluster.run("initdb", &["-D", &data, "-A", "trust", "-U", "soundings", "--no-sync"]);
        cluster.up();
        Some(cluster)
    }

    fn is_root() -> bool {
        Command::new("id").arg("-u").output().is_ok_and(|out| out.stdout == b"0\n")
    }

    fn data(&self) -> String {
        self.folder.path().join("data").display().to_string()
    }

    /// Runs one of PostgreSQL's programs, which refuse to run as root.
    fn run(&self, program: &str, arguments: &[&str]) {
        let path = self.bin.join(program).display().to_string();
        let mut command = if Self::is_root() {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--", &path]);
            command
        } else {
            Command::new(&path)
        };
        let log = fs::File::create(self.folder.path().join(format!("{program}.log"))).unwrap();
        command.stdout(log.try_clone().unwrap()).stderr(log).current_dir("/");
        assert!(command.args(arguments).status().unwrap().success(), "{program} {arguments:?}");
    }

    fn up(&self) {
        let options = format!("-p {} -c listen_addresses=127.0.0.1 -k {}", self.port, self.folder.path().display());
        self.run("pg_ctl", &["-D", &self.data(), "-w", "-o", &options, "start"]);
    }

    fn down(&self) {
        self.run("pg_ctl", &["-D", &self.data(), "-w", "-m", "immediate", "stop"]);
    }

    fn url(&self) -> String {
        format!("postgres://soundings@127.0.0.1:{}/postgres", self.port)
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| self.down()));
    }
}

#[test]
fn a_database_that_goes_away_and_comes_back_loses_nothing() {
    let Some(cluster) = Cluster::start() else { return };
    prepare(&cluster.url());
    let server = Server::start(&cluster.url(), "127.0.0.1:0");
    let (told, stop) = (Mutex::new(Told::default()), AtomicBool::new(false));
    let after = std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let agent = agent();
                while !stop.load(Ordering::Relaxed) {
                    hand_in(&agent, &server.address, 20, &told);
                }
            });
        }
        for _ in 0..2 {
            std::thread::sleep(Duration::from_millis(700));
            cluster.down();
            std::thread::sleep(Duration::from_millis(700));
            cluster.up();
        }
        // It goes on by itself, and within seconds.
        let (before, started) = (told.lock().unwrap().receipts.len(), Instant::now());
        while told.lock().unwrap().receipts.len() < before + 20 && started.elapsed() < Duration::from_secs(20) {
            std::thread::sleep(Duration::from_millis(50));
        }
        stop.store(true, Ordering::Relaxed);
        told.lock().unwrap().receipts.len() - before
    });
    assert!(after >= 20, "only {after} after the database came back: {:?}", told.lock().unwrap().statuses);
    nothing_is_lost(&cluster.url(), &told);
}

#[test]
fn two_servers_on_one_database_thank_each_attempt_once() {
    if std::env::var_os(POSTGRES).is_none() {
        return say_skipped("two servers on one PostgreSQL (tests/with-postgres runs everything)");
    }
    let database = Database::new(Backend::Postgres);
    let (one, two) = std::thread::scope(|scope| {
        // Both migrate the empty database at the same moment.
        let two = scope.spawn(|| Server::start(&database.url, "127.0.0.1:0"));
        (Server::start(&database.url, "127.0.0.1:0"), two.join().unwrap())
    });
    prepare(&database.url);
    let receipts = Mutex::new(HashSet::new());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let agent = agent();
                for _ in 0..25 {
                    let path = "/s/checkout-kiosk?lang=en";
                    let page = agent
                        .get(format!("{}{path}", one.address))
                        .call()
                        .unwrap()
                        .body_mut()
                        .read_to_string()
                        .unwrap();
                    let (attempt, revision) = (hidden(&page, "_attempt"), hidden(&page, "_revision"));
                    let fields = [
                        ("_attempt", attempt.as_str()),
                        ("_revision", &revision),
                        ("overall", "8"),
                        ("recommend", "9"),
                    ];
                    // The same page is sent to both at once.
                    let send = |server: &Server| {
                        let sent = agent.post(format!("{}{path}", server.address)).send_form(fields).unwrap();
                        assert_eq!(sent.status(), 303);
                        sent.headers()["location"].to_str().unwrap().to_owned()
                    };
                    let (here, there) = std::thread::scope(|s| {
                        let there = s.spawn(|| send(&two));
                        (send(&one), there.join().unwrap())
                    });
                    assert_eq!(here, there);
                    receipts.lock().unwrap().insert(here.split(['/', '?']).nth(4).unwrap().to_owned());
                }
            });
        }
    });
    let receipts = receipts.into_inner().unwrap();
    assert_eq!(receipts.len(), 100);
    assert_eq!(stored(&database.url), receipts);
}
