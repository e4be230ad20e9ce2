//! The hierarchy as a table, moved and merged without losing what was; stays from the property system.

use std::fmt::Write as _;

use super::harness::{Backend, Database, Site, backends, refusal, run};

fn units(site: &Site, arguments: &[&str]) -> String {
    run(&[&["unit"], arguments, &["--database", &site.database.url]].concat())
}

fn count(site: &Site, unit: &str) -> u64 {
    site.get(&format!("/api/v1/reports/hotel-post-stay?unit={unit}")).json()["responses"].as_u64().unwrap()
}

#[test]
fn a_table_of_units_goes_in_whole_or_not_at_all_and_comes_out_again() {
    for backend in backends() {
        let database = Database::new(backend);
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("units.csv");
        // Parents may come later; five levels; names per language.
        let table = "code,kind,name,parent,time_zone,locale,active_from,active_to,merged_into,name:de,name:zh-Hans\n\
            spa,outlet,Spa,edelweiss,,,,,,,\n\
            edelweiss,property,Edelweiss,alps,Europe/Vienna,de-AT,2019-05-01,,,Edelweiß,雪绒花\n\
            alps,region,The Alps,classic,,,,,,Alpen,\n\
            classic,brand,Alpine Classic,alpine,,,,,,,\n\
            alpine,group,Alpine Hotels,,,,,,,,\n";
        std::fs::write(&file, table).unwrap();
        let path = file.to_str().unwrap();
        let command = |name: &'static str| ["unit", name, path, "--database", &database.url].map(str::to_owned);
        let import = || run(&command("import").iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(import(), "5 added, 0 changed, 0 unchanged\n");
        let exported = run(&["unit", "export", "--database", &database.url]);
        let sorted = |text: &str| text.lines().map(str::to_owned).collect::<std::collections::BTreeSet<_>>();
        assert_eq!(sorted(&exported), sorted(table));
        std::fs::write(&file, exported.replace("The Alps", "Alps")).unwrap();
        assert_eq!(import(), "0 added, 1 changed, 4 unchanged\n");
        // A table of two columns changes nothing else.
        std::fs::write(&file, "code,name\nedelweiss,Edelweiss Park\n").unwrap();
        assert_eq!(import(), "0 added, 1 changed, 0 unchanged\n");
        let exported = run(&["unit", "export", "--database", &database.url]);
        assert!(
            exported.contains("edelweiss,property,Edelweiss Park,alps,Europe/Vienna,de-AT,2019-05-01"),
            "{exported}"
        );
        let history = run(&["unit", "history", "alps", "--database", &database.url]);
        assert!(history.contains(r#"{"name":["The Alps","Alps"]}"#), "{history}");
        // Everything that is wrong is said, with its line, and nothing goes in.
        let bad = "code,kind,name,parent,active_from,active_to\n\
            new,property,New,,,\n\
            Bad Code,property,x,,,\n\
            x,castle,x,,,\n\
            y,property,y,nowhere,,\n\
            z,property,z,,2026-02-01,2026-01-01\n\
            alpine,group,Alpine Hotels,spa,,\n";
        std::fs::write(&file, bad).unwrap();
        let said = refusal(&["unit", "import", path, "--database", &database.url]);
        for part in [
            "line 3: `Bad Code` is not",
            "line 4: `kind` is `castle`",
            "line 5: `parent`: there is no unit `nowhere`",
            "line 6: `active_to`",
            "line 7: `alpine` would stand below itself",
        ] {
            assert!(said.contains(part), "{part}: {said}");
        }
        assert!(!run(&["unit", "export", "--database", &database.url]).contains("new,"));
        std::fs::write(&file, "code,colour\nx,red\n").unwrap();
        assert!(
            refusal(&["unit", "import", path, "--database", &database.url]).contains("there is no column `colour`")
        );
    }
}

#[test]
fn moving_and_merging_keep_every_answer() {
    for backend in backends() {
        let site = Site::demo(backend, 700);
        let (coast, city) = (count(&site, "coast"), count(&site, "city"));
        let (dunes, lighthouse) = (count(&site, "dunes"), count(&site, "lighthouse"));
        // Below a region that was made later.
        units(&site, &["add", "north", "--kind", "region", "--name", "The North", "--parent", "larkfield"]);
        assert_eq!(units(&site, &["move", "dunes", "--parent", "north"]), "0 added, 1 changed, 0 unchanged\n");
        assert_eq!((count(&site, "coast"), count(&site, "north")), (coast - dunes, dunes));
        assert_eq!(count(&site, "city"), city);
        // The lighthouse becomes part of the dunes: its answers count there, and there alone.
        units(&site, &["merge", "lighthouse", "--into", "dunes"]);
        assert_eq!((count(&site, "dunes"), count(&site, "lighthouse")), (dunes + lighthouse, lighthouse));
        let report = site.get("/api/v1/reports/hotel-post-stay").json();
        let rows = report["properties"].as_array().unwrap();
        assert!(!rows.iter().any(|p| p["code"] == "lighthouse"));
        let row = rows.iter().find(|p| p["code"] == "dunes").unwrap();
        assert_eq!(row["responses"], dunes + lighthouse);
        assert_eq!(report["responses"], 700);
        // A link in an old mail still works, and answers count for the dunes.
        let opened = site.open("/s/hotel-post-stay?unit=lighthouse");
        assert_eq!(site.post("/s/hotel-post-stay?unit=lighthouse", &opened.filled(&[])).status, 303);
        assert_eq!((count(&site, "dunes"), count(&site, "lighthouse")), (dunes + lighthouse + 1, lighthouse));
        let history = units(&site, &["history", "lighthouse"]);
        assert!(history.contains(r#""merged_into":[null,"dunes"]"#), "{history}");
        let ring = refusal(&["unit", "merge", "north", "--into", "dunes", "--database", &site.database.url]);
        assert!(ring.contains("below itself"), "{ring}");
    }
}

#[test]
fn names_are_shown_in_the_readers_language() {
    let site = Site::demo(Backend::Sqlite, 60);
    let file = site.database.folder.path().join("units.csv");
    let table = units(&site, &["export"]);
    let mut renamed = String::new();
    for line in table.lines() {
        let name = if line.starts_with("code") {
            "name:zh-Hans"
        } else if line.starts_with("dunes,") {
            "沙丘度假村"
        } else {
            ""
        };
        writeln!(renamed, "{line},{name}").unwrap();
    }
    std::fs::write(&file, renamed).unwrap();
    units(&site, &["import", file.to_str().unwrap()]);
    assert!(site.get("/reports/hotel-post-stay?lang=zh-Hans").body.contains("沙丘度假村"));
    assert!(!site.get("/reports/hotel-post-stay?lang=en").body.contains("沙丘度假村"));
}

#[test]
fn stays_go_in_once_and_bad_rows_are_named() {
    for backend in backends() {
        let site = Site::demo(backend, 0);
        let file = site.database.folder.path().join("stays.csv");
        let heading = "key,unit,arrival,departure,party,revenue,currency,country,email,consent\n";
        let rows = "R-1,dunes,2026-11-01,2026-11-03,2,410.50,EUR,at,guest@example.org,yes\n\
            R-2,dunes,2026-11-03,2026-11-01,2,,,,,\n\
            R-1,old-town,2026-11-01,2026-11-03,1,,,,,\n\
            R-3,nowhere,2026-11-01,2026-11-03,1,,,,,\n\
            R-4,dunes,tomorrow,2026-11-03,1,,,,,\n\
            R-5,dunes,2026-11-01,2026-11-03,1,12.345,EUR,,,\n\
            R-6,dunes,2026-11-01,2026-11-03,1,,,,no address,\n\
            R-7,dunes\n\
            R-8,dunes,2026-11-01,2026-11-03,1,,,,,maybe\n\
            R-9,dunes,2026-11-01,2026-11-03,,,,,,no\n";
        std::fs::write(&file, format!("{heading}{rows}")).unwrap();
        let path = file.to_str().unwrap();
        let said = refusal(&["stays", "import", path, "--database", &site.database.url]);
        for part in [
            ":3: `departure` 2026-11-01 is before",
            ":5: `unit`: there is no unit `nowhere` here",
            ":6: ",
            ":7: `revenue` is 12.345",
            ":8: `email`: `no address` is no address",
            ":9: 2 columns; the heading has 10",
            ":10: `consent` is `maybe`",
            "7 rows did not go in",
        ] {
            assert!(said.contains(part), "{part}: {said}");
        }
        // What was good went in, once; a changed row is a changed stay.
        let good = format!(
            "{heading}{}",
            rows.lines()
                .filter(|r| ["R-1,", "R-9,"].iter().any(|k| r.starts_with(k)))
                .map(|r| format!("{r}\n"))
                .collect::<String>()
        );
        std::fs::write(&file, &good).unwrap();
        let import = || run(&["stays", "import", path, "--database", &site.database.url]);
        assert_eq!(import(), "0 added, 0 changed, 3 unchanged\n");
        std::fs::write(&file, good.replace("guest@example.org", "other@example.org").replace(",1,,,,,", ",3,,,,,"))
            .unwrap();
        assert_eq!(import(), "0 added, 2 changed, 1 unchanged\n");
        std::fs::write(&file, "key,unit,shoe\n").unwrap();
        assert!(
            refusal(&["stays", "import", path, "--database", &site.database.url]).contains("there is no column `shoe`")
        );
    }
}

#[test]
fn answers_go_when_their_time_is_over_and_their_sums_stay() {
    for backend in backends() {
        let site = Site::demo(backend, 6000);
        let database = ["--database", site.database.url.as_str()];
        run(&[&["seal"][..], &database].concat());
        let months = |query: &str| {
            let report = site.get(&format!("/api/v1/reports/hotel-post-stay?lang=en{query}")).json();
            (report["responses"].as_u64().unwrap(), report["months"].as_array().unwrap().clone())
        };
        let of = |(_, months): &(u64, Vec<serde_json::Value>), code: &str| {
            months.iter().find(|month| month["code"] == code).unwrap_or_else(|| panic!("{code}: {months:?}")).clone()
        };
        let (all, house) = (months(""), months("&unit=dunes"));
        let app = site.app.clone();
        let day: chrono::NaiveDate = "2026-08-10".parse().unwrap();
        let days = u32::try_from((chrono::Utc::now().date_naive() - day).num_days()).unwrap();
        let forget = || {
            let app = app.clone();
            actix_web::rt::System::new().block_on(async move { app.forget_answers(days).await.unwrap() })
        };
        let gone = forget() as u64;
        assert!(gone > 2000, "{gone}");
        assert_eq!(forget(), 0, "once");
        // Whole months, up to the one that the day is in.
        let left = months("");
        assert_eq!(left.0, all.0 - gone);
        let csv = run(&[&["export", "hotel-post-stay"][..], &database].concat());
        let days_left: Vec<&str> = csv.lines().skip(1).filter_map(|line| line.split(',').nth(1)).collect();
        assert_eq!(days_left.len() as u64, left.0);
        assert!(days_left.iter().all(|time| *time >= "2026-08-01"), "{:?}", days_left.iter().min());
        // Their months stay in the trend and say what they are.
        assert_eq!(left.1.len(), all.1.len());
        for code in ["2025-05", "2026-02", "2026-07"] {
            let (before, after) = (of(&all, code), of(&left, code));
            let count = |month: &serde_json::Value| month["responses"].as_u64().unwrap();
            assert!(count(&after) <= count(&before) && count(&after) + 40 >= count(&before), "{before} {after}");
            let number = |month: &serde_json::Value, name: &str| month["index"][name].as_f64().unwrap();
            assert!((number(&after, "score") - number(&before, "score")).abs() < 1.5, "{before} {after}");
            let ratio = number(&after, "se") / number(&before, "se");
            assert!((0.8..1.25).contains(&ratio), "{before} {after}");
            assert!(after["of_moments"] == true && before["of_moments"] == false);
        }
        let (before, after) = (of(&all, "2026-09"), of(&left, "2026-09"));
        assert!(before["responses"] == after["responses"] && after["of_moments"] == false);
        let dunes = months("&unit=dunes");
        assert_eq!(of(&dunes, "2025-06")["responses"], of(&house, "2025-06")["responses"]);
        // A house with too few a month to keep sums of is in those of the group alone.
        assert!(months("&unit=lighthouse").1.iter().all(|month| month["of_moments"] == false));
        assert_eq!(months("&from=2026-01-01&to=2026-03-31").1.len(), 3);
        // The chain of seals is whole, and the audit says what was done.
        let seals = run(&[&["verify"][..], &database].concat());
        assert!(seals.contains(&format!("{gone} forgotten when their time was over")), "{seals}");
        let audit = run(&[&["audit", "export"][..], &database].concat());
        assert!(
            audit.contains(r#""responses.expire","subject":"hotel-post-stay","detail":{"month":"2025-05"}"#),
            "{audit}"
        );
    }
}

#[test]
fn a_guest_is_told_what_is_kept_and_forgotten() {
    for backend in backends() {
        let site = Site::demo(backend, 0);
        let file = site.database.folder.path().join("stays.csv");
        let table = "key,unit,arrival,departure,name,email,consent\n\
            R-1,dunes,2026-11-01,2026-11-03,Gus Guest,guest@example.org,yes\n\
            R-2,old-town,2026-01-01,2026-01-03,Gus Guest,guest@example.org,yes\n\
            R-3,dunes,2026-01-01,2026-01-03,Other,other@example.org,yes\n";
        std::fs::write(&file, table).unwrap();
        let database = ["--database", site.database.url.as_str()];
        run(&[&["stays", "import", file.to_str().unwrap()][..], &database].concat());
        let export = || {
            let said = run(&[&["guest", "export", "Guest@example.org"][..], &database].concat());
            serde_json::from_str::<serde_json::Value>(&said).unwrap()
        };
        assert_eq!(export()["stays"].as_array().unwrap().len(), 2);
        assert_eq!(export()["stays"][0]["name"], "Gus Guest");
        // By itself, when the stay is long ago.
        let app = site.app.clone();
        let forgotten = actix_web::rt::System::new().block_on(async move { app.forget_contacts(90).await.unwrap() });
        assert_eq!(forgotten, 2, "two stays of January");
        assert_eq!(export()["stays"].as_array().unwrap().len(), 1);
        let erased = run(&[&["guest", "erase", "guest@example.org"][..], &database].concat());
        assert_eq!(erased, "forgotten for 1 stays\n");
        assert_eq!(export()["stays"], serde_json::json!([]));
        let audit = run(&[&["audit", "export"][..], &database].concat());
        assert!(audit.contains("guest.erase") && !audit.contains("guest@example"), "{audit}");
    }
}
