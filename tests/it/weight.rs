//! What pages weigh on the wire: the table in docs/weight.md, and the limits that hold.
//!
//! `SOUNDINGS_WRITE=1 cargo test --test it weight` writes the table anew.

use std::fmt::Write as _;
use std::fs;

use super::harness::{Backend, Site};
use super::questionnaires::Luck;
use super::questionnaires_rendered::{library, stroll};

/// The most bytes that a first page may take, headers and all: one initial congestion window.
const FIRST: usize = 14 * 1024;
/// The most that a page after it may take.
const NEXT: usize = 10 * 1024;

const HEAD: &str = "# What guests' pages weigh\n\nBytes on the wire, gzip, with headers; one request each, no font, no \
picture, nothing of third parties. The first page of a template may take 14,336 (one congestion window), the pages after \
it 10,240 (where all questions are on one page, that page again with the questions that its answers brought may take as \
much as the first); the tests hold both, and that this table is true to 5 %. The heaviest language, and the heaviest page after \
the first that two random guests came to.\n\n`SOUNDINGS_WRITE=1 cargo test --test it weight` writes it anew.\n\n\
| template | first page | heaviest after it |\n| --- | --- | --- |\n";

#[test]
fn first_pages_fit_one_congestion_window_and_the_table_is_true() {
    let site = Site::demo(Backend::Sqlite, 0);
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/weight.md");
    let (mut table, mut rows, mut too_heavy) = (HEAD.to_owned(), Vec::new(), Vec::new());
    let mut surveys = library(&site);
    surveys.sort_by(|a, b| a.slug.cmp(&b.slug));
    for survey in &surveys {
        let slug = survey.slug.as_str();
        let (mut first, mut next) = (0, 0);
        for language in &survey.template.languages {
            let address = format!("/s/{slug}?lang={language}");
            let wire = site.raw_get(&address);
            assert!(wire.windows(22).any(|w| w == b"content-encoding: gzip"), "compressed");
            first = first.max(wire.len());
            for seed in 1..3_u32 {
                let numbers = (0..97_u32).map(|i| (seed * 97 + i).wrapping_mul(2_246_822_519) >> 3).collect();
                stroll(&site, survey, language, &mut Luck { numbers, next: 0 }, &mut |page, sent| {
                    // A page with errors is the same page again.
                    if page.status == 200 && !sent.is_empty() {
                        next = next.max(site.raw_post(&address, sent).len());
                    }
                });
            }
        }
        // The fixture with every kind on six pages is no template that is sent to guests.
        // Where all is on one page, what follows is that page again with the questions that its answers brought.
        let limit = if survey.one_by_one() { NEXT } else { FIRST };
        if slug != "every-kind" && (first > FIRST || next > limit) {
            too_heavy.push(format!("{slug}: {first}, {next}"));
        }
        let after = if next == 0 { String::new() } else { next.to_string() };
        writeln!(table, "| {slug} | {first} | {after} |").unwrap();
        rows.push((slug.to_owned(), first, next));
    }
    assert!(too_heavy.is_empty(), "{too_heavy:?}");
    if std::env::var_os("SOUNDINGS_WRITE").is_some() {
        fs::write(path, &table).unwrap();
    }
    let written = fs::read_to_string(path).unwrap();
    for (slug, first, next) in rows {
        let row = written.lines().find(|l| l.starts_with(&format!("| {slug} |"))).unwrap_or_else(|| panic!("{slug}"));
        let cells: Vec<usize> = row.split('|').skip(2).take(2).map(|c| c.trim().parse().unwrap_or(0)).collect();
        for (found, said) in [(first, cells[0]), (next, cells[1])] {
            assert!(found.abs_diff(said) * 20 <= said.max(1), "{slug}: {found} bytes, docs/weight.md says {said}");
        }
    }
}
