//! Time until the overview is made, at so many responses: `cargo bench --bench pages -- 10000 100000 1000000`; with
//! `tests/with-postgres` before it on PostgreSQL too.
//!
//! Prints a table of milliseconds; asserts nothing about time. Every page is asked for with another last day than the one
//! before, so that none is given again. Each database is filled anew in a temporary folder.

#![expect(clippy::print_stdout, reason = "a benchmark prints its table")]

use std::time::Instant;

use chrono::{Days, NaiveDate};
use soundings::service::App;
use soundings::service::access::Viewer;
use soundings::service::demo::{self, SURVEY};
use soundings::service::overview::{PeriodQuery, Subject};
use soundings::service::reporting::FilterQuery;
use soundings::store::{Location, Store};

/// Pages of each kind; the middle one counts.
const PAGES: u64 = 7;

fn main() {
    let sizes: Vec<usize> = std::env::args().filter_map(|arg| arg.parse().ok()).collect();
    let sizes = if sizes.is_empty() { vec![10_000, 100_000] } else { sizes };
    println!("| responses | database | first | all | year | quarter | one house | after an answer | again |");
    println!("| --- | --- | --- | --- | --- | --- | --- | --- | --- |");
    for responses in sizes {
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
        let mut times = vec![timed(&app, None, "2025-05-01", "2026-10-31").await];
        for (unit, from) in
            [(None, "2025-01-01"), (None, "2025-11-01"), (None, "2026-08-01"), (Some("riverside"), "2026-08-01")]
        {
            let mut pages = Vec::new();
            for page in 0..PAGES {
                let to = day("2026-10-31") - Days::new(page + 1);
                pages.push(timed(&app, unit, from, &to.to_string()).await);
            }
            times.push(middle(pages));
        }
        let mut pages = Vec::new();
        for page in 0..3 {
            demo::fill(&app, stored + 1 + page, 1, |_| ()).await.expect("one more response");
            pages.push(timed(&app, None, "2026-08-01", "2026-10-31").await);
        }
        times.push(middle(pages));
        times.push(timed(&app, None, "2026-08-01", "2026-10-31").await);
        let times: Vec<String> = times.iter().map(|ms| format!("{ms:.0}")).collect();
        println!("| {stored} | {name} | {} |", times.join(" | "));
    });
}

/// Milliseconds until the overview of these days is there.
async fn timed(app: &App, unit: Option<&str>, from: &str, to: &str) -> f64 {
    let filter = FilterQuery {
        unit: unit.map(str::to_owned),
        from: Some(from.to_owned()),
        to: Some(to.to_owned()),
        ..FilterQuery::default()
    };
    let begun = Instant::now();
    let overview =
        app.overview(&Viewer::at_the_server(), SURVEY, Subject::Headline, (filter, PeriodQuery::default()), None).await;
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
