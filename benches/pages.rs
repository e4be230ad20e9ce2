//! Time until the overview is made, at so many responses: `cargo bench --bench pages -- 10000 100000 1000000`; with
//! `tests/with-postgres` before it on PostgreSQL too. An address such as `sqlite:FOLDER/soundings.db` or `postgres://…` before a
//! number is a demonstration that is kept: it is filled up to that number where it has fewer responses.
//!
//! Prints a table of milliseconds; asserts nothing about time. Every page is asked for with another last day than the one
//! before, so that none is given again. Databases without an address are filled anew in a temporary folder. "Read anew" is the
//! first page of a server that starts when nothing is packed, "started" that of one that finds ratings packed.

#![expect(clippy::print_stdout, reason = "a benchmark prints its table")]

use std::time::Instant;

use chrono::{Days, NaiveDate};
use diesel::RunQueryDsl as _;
use soundings::service::access::Viewer;
use soundings::service::analysing::packing::Packing;
use soundings::service::demo::{self, SURVEY};
use soundings::service::overview::{PeriodQuery, Subject};
use soundings::service::reporting::{FilterQuery, Pairs, SEGMENT};
use soundings::service::{App, random_bytes};
use soundings::store::{Location, Store};

/// Pages of each kind; the middle one counts.
const PAGES: u64 = 7;

fn main() {
    let mut asked: Vec<(Option<String>, usize)> = Vec::new();
    let mut kept = None;
    for argument in std::env::args().skip(1) {
        match argument.parse() {
            Ok(responses) => asked.push((kept.take(), responses)),
            Err(_) if argument.contains(':') => kept = Some(argument),
            Err(_) => (),
        }
    }
    if asked.is_empty() {
        asked = vec![(None, 10_000), (None, 100_000)];
    }
    println!(
        "| responses | database | read anew | started | all | year | quarter | one house | business | one mix | after an answer | again |"
    );
    println!("| {}", "--- | ".repeat(12).trim_end());
    for (kept, responses) in asked {
        if let Some(url) = kept {
            row(if url.starts_with("sqlite") { "SQLite" } else { "PostgreSQL" }, &url, responses);
            continue;
        }
        let folder = tempfile::tempdir().expect("a temporary folder");
        row("SQLite", &format!("sqlite:{}", folder.path().join("bench.db").display()), responses);
        if let Ok(url) = std::env::var("SOUNDINGS_TEST_POSTGRES") {
            row("PostgreSQL", &url, responses);
        }
    }
}

fn row(name: &str, url: &str, responses: usize) {
    actix_web::rt::System::new().block_on(async {
        let store = Store::open(&Location::parse(url).expect("an address")).expect("a database");
        let app = App::new(store);
        let stored = demo::fill(&app, responses, 1, |_| ()).await.expect("a demonstration");
        app.unpack_ratings().await.expect("nothing is packed");
        let mut times = vec![timed(&app, Of::default(), "2025-05-01", "2026-10-31").await];
        app.pack_ratings(Packing::default()).await.expect("ratings can be packed");
        let app = App::new(app.store);
        times.push(timed(&app, Of::default(), "2025-05-01", "2026-10-31").await);
        for (of, from) in [
            (Of::default(), "2025-01-01"),
            (Of::default(), "2025-11-01"),
            (Of::default(), "2026-08-01"),
            (Of { unit: Some("riverside"), ..Of::default() }, "2026-08-01"),
            (Of { purpose: Some("business"), ..Of::default() }, "2026-08-01"),
            (Of { mix: Some("same"), ..Of::default() }, "2026-08-01"),
        ] {
            let mut pages = Vec::new();
            for page in 0..PAGES {
                let to = day("2026-10-31") - Days::new(page + 1);
                pages.push(timed(&app, of, from, &to.to_string()).await);
            }
            times.push(middle(pages));
        }
        let mut pages = Vec::new();
        for _ in 0..3 {
            answer(&app).await;
            pages.push(timed(&app, Of::default(), "2026-08-01", "2026-10-31").await);
        }
        times.push(middle(pages));
        times.push(timed(&app, Of::default(), "2026-08-01", "2026-10-31").await);
        let times: Vec<String> = times.iter().map(|ms| format!("{ms:.0}")).collect();
        println!("| {stored} | {name} | {} |", times.join(" | "));
    });
}

/// One more response, said by the last guest again.
async fn answer(app: &App) {
    let key = format!("bench-{}", u64::from_le_bytes(random_bytes()));
    let columns = "survey_id, revision_id, unit_id, language, submitted_at, answers, indicators, flags, invited";
    let copy = format!(
        "INSERT INTO responses (attempt_key, receipt, {columns}) SELECT '{key}', '{key}', {columns} FROM responses \
         WHERE id = (SELECT max(id) FROM responses)"
    );
    let stored = app.store.write(move |db| Ok(diesel::sql_query(copy).execute(db)?)).await;
    assert_eq!(stored.expect("one more response"), 1, "there is a last one");
}

/// What a page is of, besides days.
#[derive(Clone, Copy, Default)]
struct Of {
    unit: Option<&'static str>,
    purpose: Option<&'static str>,
    /// At which mix of guests.
    mix: Option<&'static str>,
}

/// Milliseconds until the overview of that, within these days, is there.
async fn timed(app: &App, Of { unit, purpose, mix }: Of, from: &str, to: &str) -> f64 {
    let segment = |purpose: &str| (format!("{SEGMENT}purpose"), purpose.to_owned());
    let filter = FilterQuery {
        more: Pairs(purpose.map(segment).into_iter().collect()),
        unit: unit.map(str::to_owned),
        from: Some(from.to_owned()),
        to: Some(to.to_owned()),
        ..FilterQuery::default()
    };
    let period = PeriodQuery { mix: mix.map(str::to_owned), ..PeriodQuery::default() };
    let begun = Instant::now();
    let overview = app.overview(&Viewer::at_the_server(), SURVEY, Subject::Headline, (filter, period), None).await;
    let overview = overview.expect("an overview");
    assert!(overview.report.headline.is_some(), "there is an index");
    begun.elapsed().as_secs_f64() * 1000.0
}

fn middle(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a day")
}
