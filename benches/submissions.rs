//! Durable submissions over HTTP at 64 connections, beside a bare actix handler that inserts one row a
//! transaction into the same kind of SQLite file, and a bare hello world, in the same run.
//! `cargo bench --bench submissions`; with `tests/with-postgres` before it PostgreSQL is measured too.
//!
//! Prints a table; asserts nothing about time. The load generator shares the machine's cores, so read
//! the ratios. Traffic stays on 127.0.0.1; every run is bounded by `SECONDS`.

#![expect(clippy::print_stdout, reason = "a benchmark prints its table")]

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use actix_web::web::{self, Data};
use actix_web::{App as Actix, HttpResponse, HttpServer};
use diesel::connection::SimpleConnection as _;
use diesel::r2d2::{ConnectionManager, CustomizeConnection, Pool};
use diesel::{RunQueryDsl as _, SqliteConnection};
use soundings::load::{Load, play, quantile};
use soundings::service::{App, demo};
use soundings::store::{Location, Store};
use soundings::web::server::{Access, serve};

const CONNECTIONS: usize = 64;
const SECONDS: u64 = 5;
const ROUNDS: usize = 2;

fn main() {
    println!("| server | submissions/s | p50 ms | p99 ms | p99.9 ms |\n| --- | --- | --- | --- | --- |");
    for _ in 0..ROUNDS {
        let bare = start_bare();
        row("bare handler, SQLite, pool of 8, a transaction each", &bare, &bare_request);
        row("bare hello world, GET", &bare, &|_| "GET / HTTP/1.1\r\nhost: x\r\n\r\n".to_owned());
        let folder = tempfile::tempdir().expect("a temporary folder");
        soundings_rows("SQLite", &format!("sqlite:{}", folder.path().join("bench.db").display()));
        if let Ok(url) = std::env::var("SOUNDINGS_TEST_POSTGRES") {
            soundings_rows("PostgreSQL", &url);
        }
    }
}

fn soundings_rows(backend: &str, url: &str) {
    let (address, revision) = start_soundings(url);
    // On PostgreSQL the database is the last round's.
    let salt = u64::from(std::process::id()) ^ SALT.fetch_add(1 << 40, Ordering::Relaxed);
    row(&format!("Soundings, {backend}, 19 questions validated"), &address, &|i| {
        soundings_request(i ^ salt, &revision)
    });
    row(&format!("Soundings, {backend}, GET of the survey page"), &address, &|_| get_request());
    let full = guests(&format!("Soundings, {backend}, guests: page, hand in, receipt"), &address, None, false);
    guests(&format!("Soundings, {backend}, the same guests at half that rate"), &address, Some(full / 2.0), false);
    guests(&format!("Soundings, {backend}, guests: page, hand in, thanks"), &address, None, true);
}

/// Makes attempts of each round others than those before.
static SALT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);

/// Whole guests, as `soundings load` plays them; the times are those of handing in. Returns completed responses a second.
fn guests(name: &str, address: &str, rate: Option<f64>, thanks: bool) -> f64 {
    let path = "/s/hotel-post-stay?unit=old-town&lang=en".to_owned();
    let server = address.parse().expect("an address");
    let load = Load { server, path, connections: CONNECTIONS, seconds: SECONDS, rate, thanks };
    let times = play(&load).expect("guests are served");
    let at = |share| quantile(&times.submit, share);
    assert_eq!(times.failed, 0, "everybody is thanked");
    println!("| {name} | {:.0} | {:.2} | {:.2} | {:.2} |", times.rate(), at(0.5), at(0.99), at(0.999));
    times.rate()
}

/// Runs `request` from 64 connections and prints a row of the table.
fn row(name: &str, address: &str, request: &(dyn Fn(u64) -> String + Sync)) {
    let stop = AtomicBool::new(false);
    let times = Mutex::new(Vec::new());
    let started = Instant::now();
    std::thread::scope(|scope| {
        for connection in 0..CONNECTIONS {
            let (stop, times) = (&stop, &times);
            scope.spawn(move || {
                let mut stream = TcpStream::connect(address).expect("the server listens");
                stream.set_nodelay(true).expect("a TCP option");
                let mut own = Vec::new();
                let mut buffer = vec![0; 1 << 16];
                while !stop.load(Ordering::Relaxed) {
                    let text = request(((connection as u64) << 32) + own.len() as u64);
                    let sent = Instant::now();
                    stream.write_all(text.as_bytes()).expect("the server reads");
                    read_response(&mut stream, &mut buffer);
                    own.push(sent.elapsed());
                }
                times.lock().expect("no thread panicked").extend(own);
            });
        }
        std::thread::sleep(Duration::from_secs(SECONDS));
        stop.store(true, Ordering::Relaxed);
    });
    let seconds = started.elapsed().as_secs_f64();
    let mut times = times.into_inner().expect("no thread panicked");
    times.sort_unstable();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
    println!("| {name} | {:.0} | {:.2} | {:.2} | {:.2} |", times.len() as f64 / seconds, at(0.5), at(0.99), at(0.999));
}

/// Reads one response with a Content-Length; panics unless it is a success or a redirect.
fn read_response(stream: &mut TcpStream, buffer: &mut [u8]) {
    let mut filled = 0;
    loop {
        let n = stream.read(&mut buffer[filled..]).expect("the server answers");
        assert!(n > 0, "the server closed the connection");
        filled += n;
        let text = &buffer[..filled];
        let Some(end) = text.windows(4).position(|w| w == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&text[..end]).to_ascii_lowercase();
        assert!(head.starts_with("http/1.1 2") || head.starts_with("http/1.1 303"), "{head}");
        let length = head
            .lines()
            .find_map(|l| l.strip_prefix("content-length: "))
            .and_then(|l| l.trim().parse::<usize>().ok())
            .unwrap_or(0);
        if filled >= end + 4 + length {
            return;
        }
    }
}

/// As a browser asks: the page may come compressed.
fn get_request() -> String {
    "GET /s/hotel-post-stay?lang=en HTTP/1.1\r\nhost: x\r\naccept-encoding: gzip, deflate, br\r\n\r\n".to_owned()
}

fn post(path: &str, body: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// What a browser sends for a filled-in page: about 600 bytes.
fn soundings_request(i: u64, revision: &str) -> String {
    let mut body = format!("_attempt={i:032x}&_revision={revision}");
    for id in soundings::service::population::ITEMS.iter().map(|item| item.id) {
        body.extend(["&", id, "=8"]);
    }
    body.push_str("&purpose=leisure&comment=Everything+just+worked.+Thank+you.");
    post("/s/hotel-post-stay?unit=old-town&lang=en", &body)
}

fn bare_request(_: u64) -> String {
    post("/", &"x".repeat(600))
}

fn start_soundings(url: &str) -> (String, String) {
    let store = Store::open(&Location::parse(url).expect("an address")).expect("a database");
    let app = App::new(store);
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("a bound socket").to_string();
    let (tell, hash) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        actix_web::rt::System::new().block_on(async move {
            demo::fill(&app, 0, 1, |_| ()).await.expect("a new database");
            let hash = app.published(demo::SURVEY).await.expect("published").revision.content_hash.clone();
            let server = serve(app, Access { open_results: false, open_responses: false, ..Access::open() }, listener)
                .expect("a bound socket");
            tell.send(hash).expect("the other side waits");
            server.await.expect("the server runs");
        });
    });
    (address, hash.recv().expect("the server starts"))
}

#[derive(Debug)]
struct Pragmas;

impl CustomizeConnection<SqliteConnection, diesel::r2d2::Error> for Pragmas {
    fn on_acquire(&self, connection: &mut SqliteConnection) -> Result<(), diesel::r2d2::Error> {
        connection
            .batch_execute("PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;")
            .map_err(diesel::r2d2::Error::QueryError)
    }
}

/// The yardstick: nothing but one insert of the body in a transaction of its own.
fn start_bare() -> String {
    let folder = tempfile::tempdir().expect("a temporary folder").keep();
    let manager = ConnectionManager::<SqliteConnection>::new(folder.join("bare.db").to_string_lossy());
    let pool = Pool::builder().max_size(8).connection_customizer(Box::new(Pragmas)).build(manager).expect("a pool");
    pool.get()
        .expect("a connection")
        .batch_execute("CREATE TABLE rows (id INTEGER PRIMARY KEY, body TEXT NOT NULL)")
        .expect("a new database");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("a bound socket").to_string();
    std::thread::spawn(move || {
        actix_web::rt::System::new().block_on(async move {
            let pool = Data::new(pool);
            let server = HttpServer::new(move || {
                let hello = || async { HttpResponse::Ok().body("hello") };
                Actix::new().app_data(pool.clone()).route("/", web::post().to(insert)).route("/", web::get().to(hello))
            });
            server.listen(listener).expect("a bound socket").run().await.expect("the server runs");
        });
    });
    address
}

async fn insert(pool: Data<Pool<ConnectionManager<SqliteConnection>>>, body: String) -> HttpResponse {
    let work = web::block(move || {
        let mut connection = pool.get().expect("a connection");
        diesel::sql_query("INSERT INTO rows (body) VALUES (?)")
            .bind::<diesel::sql_types::Text, _>(body)
            .execute(&mut connection)
    });
    match work.await {
        Ok(Ok(_)) => HttpResponse::Ok().finish(),
        _ => HttpResponse::InternalServerError().finish(),
    }
}
