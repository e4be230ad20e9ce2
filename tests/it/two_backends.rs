//! SQLite and PostgreSQL mean the same: tables, promises, and what is refused.

use std::collections::BTreeMap;

use diesel::RunQueryDsl as _;
use diesel::sql_types::Text;
use soundings::store::{Db, StoreError};

use super::harness::{Backend, Database, Site, backends};

#[derive(diesel::QueryableByName)]
struct Column {
    #[diesel(sql_type = Text)]
    table_name: String,
    #[diesel(sql_type = Text)]
    column_name: String,
}

/// Columns by table, as the database has them.
fn columns(db: &mut Db) -> Result<BTreeMap<String, Vec<String>>, StoreError> {
    let query = match db {
        Db::Sqlite(_) => {
            "SELECT m.name AS table_name, c.name AS column_name FROM sqlite_master m, pragma_table_info(m.name) c \
             WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' ORDER BY m.name, c.cid"
        }
        Db::Postgres(_) => {
            "SELECT table_name::text, column_name::text FROM information_schema.columns \
             WHERE table_schema = 'public' ORDER BY table_name, ordinal_position"
        }
    };
    let mut tables: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for column in diesel::sql_query(query).load::<Column>(db)? {
        tables.entry(column.table_name).or_default().push(column.column_name);
    }
    tables.remove("__diesel_schema_migrations");
    Ok(tables)
}

/// Columns by table, as `src/store/schema.rs` has them.
fn declared() -> BTreeMap<String, Vec<String>> {
    let mut tables: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut table = String::new();
    for line in include_str!("../../src/store/schema.rs").lines().map(str::trim) {
        if let Some((name, _)) = line.split_once(" (").filter(|_| line.ends_with(") {")) {
            name.clone_into(&mut table);
        } else if let Some((column, _)) = line.split_once(" -> ") {
            tables.entry(table.clone()).or_default().push(column.to_owned());
        }
    }
    tables
}

#[test]
fn both_migrations_make_the_declared_tables() {
    for backend in backends() {
        let mut found = Database::new(backend).open().read_blocking(columns).unwrap();
        let mut expected = declared();
        for table in found.values_mut().chain(expected.values_mut()) {
            table.sort();
        }
        assert_eq!(found, expected, "{backend:?}");
    }
}

#[test]
fn a_published_revision_cannot_be_changed() {
    for backend in backends() {
        let site = Site::demo(backend, 0);
        let changed = site
            .app
            .store
            .write_blocking(|db| Ok(diesel::sql_query("UPDATE revisions SET version = 'x'").execute(db)?));
        assert!(changed.is_err(), "{backend:?}");
    }
}

#[test]
fn sqlite_is_set_up_for_durability() {
    #[derive(diesel::QueryableByName)]
    struct Pragma {
        #[diesel(sql_type = Text)]
        value: String,
    }
    let store = Database::new(Backend::Sqlite).open();
    for (pragma, expected) in [("journal_mode", "wal"), ("synchronous", "2"), ("foreign_keys", "1")] {
        let query = format!("SELECT CAST({pragma} AS TEXT) AS value FROM pragma_{pragma}");
        let found = store.write_blocking(move |db| Ok(diesel::sql_query(query).get_result::<Pragma>(db)?)).unwrap();
        assert_eq!(found.value, expected, "{pragma}");
    }
}

#[test]
fn an_unreachable_server_is_said_at_once() {
    let started = std::time::Instant::now();
    let location = soundings::store::Location::parse("postgres://nobody@127.0.0.1:1/nothing").unwrap();
    let error = soundings::store::Store::open(&location).err().unwrap().to_string();
    assert!(error.contains("refused"), "{error}");
    assert!(started.elapsed().as_secs() < 20, "no retry loop hides the error");
}
