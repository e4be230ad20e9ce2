//! Ratings in packs, from which a server that starts reads: nothing is lost, doubled or made up by them.

use diesel::RunQueryDsl as _;
use serde_json::Value;
use soundings::service::App;
use soundings::service::access::Viewer;
use soundings::service::analysing::packing::Packing;
use soundings::service::reporting::FilterQuery;
use soundings::store::packed_ratings;

use super::harness::{Site, backends};

const SMALL: Packing = Packing { size: 100, late: 30 };

fn wait<T>(work: impl Future<Output = T>) -> T {
    actix_web::rt::System::new().block_on(work)
}

/// What a server finds that starts now.
fn found(site: &Site) -> Value {
    let more = soundings::service::reporting::Pairs(vec![("segment.purpose".to_owned(), "business".to_owned())]);
    let query = FilterQuery { more, ..FilterQuery::default() };
    let app = App::new(site.app.store.clone());
    let report = wait(app.report(&Viewer::at_the_server(), "hotel-post-stay", query, None)).unwrap();
    serde_json::to_value(&*report).unwrap()
}

/// How many responses were packed now.
fn pack(site: &Site) -> usize {
    wait(site.app.pack_ratings(SMALL)).unwrap()
}

fn sql(site: &Site, text: &str) -> usize {
    let text = text.to_owned();
    site.app.store.write_blocking(move |db| Ok(diesel::sql_query(text).execute(db)?)).unwrap()
}

/// How many packs there are.
fn packs(site: &Site) -> usize {
    sql(site, "UPDATE packed_ratings SET picked = picked")
}

/// What a server finds that starts without packs.
fn found_in_responses(site: &Site) -> Value {
    sql(site, "DELETE FROM packed_ratings");
    found(site)
}

#[test]
fn a_server_that_starts_finds_the_same_in_packs_as_in_responses() {
    for backend in backends() {
        let site = Site::demo(backend, 440);
        let plain = found(&site);
        assert!(plain["method"]["data_digest"].is_string() && plain["responses"].as_u64() > Some(100));
        assert_eq!((pack(&site), packs(&site)), (400, 4), "{backend:?}");
        assert_eq!(pack(&site), 0, "the last thirty wait, and whole packs alone are made");
        assert_eq!(found(&site), plain, "{backend:?}");
        // They are what is read: what is in them and not in the responses is found.
        let first = "(SELECT data FROM packed_ratings AS other WHERE other.after_id = 0)";
        sql(&site, &format!("UPDATE packed_ratings SET data = {first} WHERE after_id = 300"));
        assert_ne!(found(&site)["method"]["data_digest"], plain["method"]["data_digest"], "{backend:?}");
        // What cannot be read is read from the responses, and so is what was made for another list of segments.
        sql(&site, "UPDATE packed_ratings SET data = substr(data, 2) WHERE after_id >= 200");
        assert_eq!(found(&site), plain, "{backend:?}");
        sql(&site, "UPDATE packed_ratings SET picked = 'colour' WHERE after_id < 200");
        assert_eq!(found(&site), plain, "{backend:?}");
        assert_eq!((pack(&site), packs(&site)), (200, 4), "{backend:?}");
    }
}

#[test]
fn a_pack_goes_with_any_of_its_responses_and_is_made_again() {
    for backend in backends() {
        let site = Site::demo(backend, 440);
        assert_eq!(pack(&site), 400);
        sql(&site, "DELETE FROM responses WHERE id IN (150, 151, 430)");
        assert_eq!(packs(&site), 3, "{backend:?}");
        let gone = found(&site);
        assert_eq!((pack(&site), packs(&site)), (98, 4), "{backend:?}");
        assert_eq!((found(&site), found_in_responses(&site)), (gone.clone(), gone), "{backend:?}");
        // All of a pack, and the end of one: no pack stands for nobody.
        assert_eq!(pack(&site), 400);
        sql(&site, "DELETE FROM responses WHERE id BETWEEN 190 AND 320");
        pack(&site);
        let gone = found(&site);
        assert_eq!(found_in_responses(&site), gone, "{backend:?}");
    }
}

#[test]
fn packs_that_lack_a_response_are_thrown_away() {
    for backend in backends() {
        let site = Site::demo(backend, 440);
        sql(&site, "UPDATE responses SET id = id + 1000 WHERE id = 50");
        assert_eq!(pack(&site), 400);
        // A transaction that drew its number before the others commits at last.
        sql(&site, "UPDATE responses SET id = 50 WHERE id = 1050");
        assert_eq!(packs(&site), 4);
        let all = found(&site);
        assert_eq!(packs(&site), 0, "{backend:?}");
        assert_eq!(found_in_responses(&site), all, "{backend:?}");
    }
}

#[test]
fn what_comes_or_goes_while_it_is_packed_is_not_packed_wrongly() {
    for backend in backends() {
        let site = Site::demo(backend, 440);
        assert_eq!(pack(&site), 400);
        let row = site.app.store.read_blocking(|db| packed_ratings::find(db, 1, 100)).unwrap().unwrap();
        sql(&site, "DELETE FROM packed_ratings");
        let put = |responses| {
            let row = row.clone();
            site.app.store.write_blocking(move |db| packed_ratings::insert(db, &row, responses)).unwrap()
        };
        assert!(!put(99) && !put(101) && put(100), "{backend:?}");
    }
}
