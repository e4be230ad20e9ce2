//! Guests by segment: filters, parts beside each other, and what those see of them who see whole groups.

use serde_json::Value;
use soundings::service::access::Role;
use soundings::service::authoring::{publish, read_template};

use super::accounts::{as_somebody, closed, somebody};
use super::harness::{Backend, Site, backends, run};
use super::invited::invite;

const API: &str = "/api/v1/overviews/hotel-post-stay";

fn get(site: &Site, cookie: &str, path: &str) -> Value {
    let (status, _, body) = as_somebody(site, cookie, "GET", path);
    assert_eq!(status, 200, "{path}: {body}");
    serde_json::from_str(&body).unwrap()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

/// The exported answers, column by column.
fn exported(site: &Site, cookie: &str) -> (csv::StringRecord, Vec<csv::StringRecord>) {
    let text = as_somebody(site, cookie, "GET", "/api/v1/surveys/hotel-post-stay/responses.csv").2;
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    (reader.headers().unwrap().clone(), reader.records().map(Result::unwrap).collect())
}

#[test]
fn a_segment_is_the_guests_who_said_so() {
    for backend in backends() {
        let site = closed(backend, 900);
        let analyst = somebody(&site, "ana@larkfield.example", Role::Analyst, None);
        let (headers, rows) = exported(&site, &analyst);
        let column = |name: &str| headers.iter().position(|header| header == name).unwrap();
        let of = |wanted: &[(&str, &str)]| -> Vec<f64> {
            let all = rows.iter().filter(|row| wanted.iter().all(|(name, value)| &row[column(name)] == *value));
            all.filter_map(|row| row[column("quality_room")].parse().ok()).collect()
        };
        for wanted in [
            &[("purpose", "business")][..],
            &[("language", "zh-Hans")],
            &[("channel", "agency")],
            &[("purpose", "leisure"), ("country", "GB"), ("language", "en")],
        ] {
            let query: Vec<String> = wanted.iter().map(|(name, value)| format!("segment.{name}={value}")).collect();
            let query = format!("period=all&compare=none&{}", query.join("&"));
            let question = &get(&site, &analyst, &format!("{API}/questions/quality_room?{query}"))["question"];
            let points = of(wanted);
            assert!(points.len() > 20, "{wanted:?}");
            assert_eq!(question["responses"], points.len(), "{wanted:?}");
            assert!((number(&question["mean"]) - points.iter().sum::<f64>() / points.len() as f64).abs() < 1e-12);
            let report = get(&site, &analyst, &format!("/api/v1/reports/hotel-post-stay?{query}"));
            let matching = rows.iter().filter(|row| wanted.iter().all(|(name, value)| &row[column(name)] == *value));
            assert_eq!(report["responses"], matching.count(), "{wanted:?}");
        }
        // Said on the page, kept by its links, and offered in its form.
        let page = as_somebody(&site, &analyst, "GET", "/overview/hotel-post-stay?lang=en&segment.purpose=business").2;
        assert!(page.contains("The whole group · Business"), "{page}");
        assert!(
            page.contains("<option value=\"business\" selected>") && page.contains("segment.purpose&#x3D;business"),
            "{page}"
        );
        // What guests wrote, and single responses, of a segment as well.
        let comments =
            get(&site, &analyst, "/api/v1/surveys/hotel-post-stay/comments?limit=200&segment.language=zh-Hans");
        let written = comments["items"].as_array().unwrap();
        assert!(written.len() > 5 && written.iter().all(|comment| comment["language"] == "zh-Hans"), "{written:?}");
        let read =
            as_somebody(&site, &analyst, "GET", "/overview/hotel-post-stay/responses?lang=en&segment.country=FR").2;
        assert_eq!((read.matches("<dd>FR<").count(), read.matches("<dd>France<").count()), (0, 20), "{read}");
        let director = somebody(&site, "dora@larkfield.example", Role::Administrator, None);
        let refused = "/api/v1/surveys/hotel-post-stay/comments?segment.language=zh-Hans";
        assert_eq!(as_somebody(&site, &director, "GET", refused).0, 400);
        // And by how satisfied each guest was, for whoever may know; with what many of them write about.
        let unhappy =
            get(&site, &analyst, "/api/v1/surveys/hotel-post-stay/comments?limit=200&satisfaction=dissatisfied");
        let unhappy: Vec<u64> =
            unhappy["items"].as_array().unwrap().iter().map(|c| c["satisfaction"].as_u64().unwrap()).collect();
        let low =
            |row: &&csv::StringRecord| row[column("satisfaction_overall")].parse().is_ok_and(|given: u64| given <= 5);
        let wrote = |row: &&csv::StringRecord| !row[column("comment")].is_empty();
        assert_eq!(unhappy.len(), rows.iter().filter(low).filter(wrote).count());
        assert!(unhappy.len() > 1 && unhappy.iter().all(|given| *given <= 5), "{unhappy:?}");
        let refused = "/api/v1/surveys/hotel-post-stay/comments?satisfaction=satisfied";
        assert_eq!(as_somebody(&site, &director, "GET", refused).0, 400);
        let page = as_somebody(&site, &analyst, "GET", "/overview/hotel-post-stay/comments?lang=en").2;
        let about = rows.iter().filter(|row| row[column("comment")].to_lowercase().contains("breakfast")).count();
        assert!(page.contains(&format!(">breakfast <span>{about}</span></a>")), "{about} {page}");
        let about = rows.iter().filter(|row| row[column("comment")].contains("房间")).count();
        assert!(page.contains(&format!(">房间 <span>{about}</span></a>")), "{about} {page}");
        for bad in ["segment.purpose=travel", "segment.colour=red", "segment.language=de"] {
            assert_eq!(as_somebody(&site, &analyst, "GET", &format!("{API}?{bad}")).0, 400, "{bad}");
        }
    }
}

#[test]
fn parts_of_the_guests_are_what_each_is_alone_and_compared_as_the_engine_compares() {
    let site = closed(Backend::Sqlite, 1200);
    let analyst = somebody(&site, "ana@larkfield.example", Role::Analyst, None);
    let compared = get(&site, &analyst, &format!("{API}/segments?period=all&by=purpose&value=business&lang=en"));
    let parts = compared["overview"]["by_construct"].as_array().unwrap();
    assert_eq!(parts.len(), 4);
    for part in parts {
        let alone = format!("{API}?period=all&segment.purpose={}", part["code"].as_str().unwrap());
        let alone = get(&site, &analyst, &alone);
        for (cell, construct) in
            part["constructs"].as_array().unwrap().iter().zip(alone["report"]["constructs"].as_array().unwrap())
        {
            assert!((number(&cell["score"]) - number(&construct["score"])).abs() < 1e-9, "{part}");
        }
    }
    // The same by the engine, from the exported answers of business guests and all others.
    let (headers, rows) = exported(&site, &analyst);
    let purpose = headers.iter().position(|header| header == "purpose").unwrap();
    let mut csv = csv::Writer::from_writer(Vec::new());
    csv.write_record(headers.iter().chain(["part"])).unwrap();
    for row in &rows {
        csv.write_record(row.iter().chain([if &row[purpose] == "business" { "1" } else { "2" }])).unwrap();
    }
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let template = include_str!("../../survey-templates/hotel-post-stay.toml");
    let model = template.split("structure = \"\"\"").nth(1).unwrap().split("\"\"\"").next().unwrap();
    let (data, model) = (file("data.csv", &csv.into_inner().unwrap()), file("model.txt", model.as_bytes()));
    let fit = ["fit", "--model", &model, "--data", &data, "--missing", "mean", "--format", "json"];
    let fitted = run(&[&fit[..], &["--compare", "part", "--bootstrap", "200", "--permutations", "500"]].concat());
    let fitted: Value = serde_json::from_str(&fitted).unwrap();
    let pair = &fitted["comparison"]["pairs"][0];
    let contrast = &compared["contrast"];
    assert_eq!(contrast["name"], "Business");
    for construct in contrast["constructs"].as_array().unwrap() {
        let micom = &pair["micom"][construct["construct"].as_str().unwrap()];
        assert!((number(&construct["composition"]) - number(&micom["c"])).abs() < 1e-9, "{construct} {micom}");
        assert!((number(&construct["p"]) - number(&micom["p_compositional"])).abs() < 1e-9, "{construct} {micom}");
        assert_eq!(construct["comparable"], Value::from(5.0 * number(&micom["p_compositional"]) >= 0.05));
    }
    assert!(!contrast["paths"].as_array().unwrap().is_empty());
    for path in contrast["paths"].as_array().unwrap() {
        let all = pair["paths"].as_array().unwrap();
        let of = all.iter().find(|p| p["from"] == path["from"] && p["to"] == path["to"]).unwrap();
        assert!((number(&path["estimates"][0]) - number(&of["first"])).abs() < 1e-9, "{path} {of}");
        assert!((number(&path["p"]) - number(&of["holm_p"])).abs() < 1e-9, "{path} {of}");
    }
    let page = as_somebody(&site, &analyst, "GET", "/overview/hotel-post-stay/segments?lang=en&period=all").2;
    assert!(page.contains("guests by Purpose of the trip") && page.contains("beside all other guests"), "{page}");
    assert_eq!(as_somebody(&site, &analyst, "GET", &format!("{API}/segments?by=mood")).0, 400);
    assert_eq!(as_somebody(&site, &analyst, "GET", &format!("{API}/segments?by=purpose&value=x")).0, 400);
}

#[test]
fn a_director_sees_whole_groups_of_a_segment() {
    for backend in backends() {
        let site = closed(backend, 2400);
        let director = somebody(&site, "dora@larkfield.example", Role::Viewer, None);
        let analyst = somebody(&site, "ana@larkfield.example", Role::Analyst, None);
        let count = |who: &str, query: &str| {
            let report = get(&site, who, &format!("/api/v1/reports/hotel-post-stay?{query}"));
            report["responses"].as_u64().unwrap_or(0)
        };
        let day = |n: u64| chrono::NaiveDate::from_ymd_opt(2026, 8, 1).unwrap() + chrono::Days::new(n);
        let mut last = 0;
        for n in 0..60 {
            let shown = count(&director, &format!("segment.purpose=business&from={}&to={}", day(0), day(n)));
            assert!(shown == last || shown >= last + 5, "{last} {shown}");
            last = shown;
        }
        let (shown, all) = (count(&director, "segment.purpose=business"), count(&analyst, "segment.purpose=business"));
        assert!(shown > all / 3 && shown <= all, "{shown} of {all}");
        let page = as_somebody(&site, &director, "GET", "/overview/hotel-post-stay?lang=en&segment.purpose=business").2;
        assert!(page.contains("Only groups of at least 5 guests of whom all are of this segment"), "{page}");
        // What few groups have in common stands for nobody, and is not offered.
        let compared = get(&site, &director, &format!("{API}/segments?period=all&lang=en"));
        let undivided = compared["undivided"].as_array().unwrap();
        assert!(undivided.contains(&"Country or region of residence".into()), "{undivided:?}");
        assert_eq!(as_somebody(&site, &director, "GET", &format!("{API}?segment.country=GB")).0, 400);
        let (counted, all) = (number(&compared["counted"]), number(&compared["overview"]["report"]["responses"]));
        assert!(counted > all / 2.0 && counted < all, "{counted} of {all}");
    }
}

#[test]
fn a_report_of_a_segment_is_kept_and_made_again() {
    let site = closed(Backend::Sqlite, 900);
    let analyst = somebody(&site, "ana@larkfield.example", Role::Analyst, None);
    let body = r#"{"survey":"hotel-post-stay","segments":{"purpose":"leisure"}}"#;
    let url = format!("{}/api/v1/kept-reports", site.address);
    let mut reply = ureq::post(url)
        .header("cookie", format!("session={analyst}"))
        .header("origin", &site.address)
        .content_type("application/json")
        .send(body)
        .unwrap();
    let kept: Value = serde_json::from_str(&reply.body_mut().read_to_string().unwrap()).unwrap();
    let number = &kept["number"];
    let verified = get(&site, &analyst, &format!("/api/v1/kept-reports/{number}/verification"));
    assert_eq!(verified["same"], true, "{verified}");
    let report = get(&site, &analyst, &format!("/api/v1/kept-reports/{number}"));
    assert_eq!(report["filter"]["segments"][0]["value"], "leisure");
    assert!(
        as_somebody(&site, &analyst, "GET", "/kept-reports?lang=en").2.contains("The whole group · Holiday or leisure")
    );
}

/// Ten guests of Old Town by personal links, or by the public one, all alike.
fn ten_guests(site: &Site, channel: &str, personally: bool) {
    let public = "/s/hotel-post-stay?unit=old-town&lang=en".to_owned();
    let links = if personally {
        let rows = format!("unit,language,channel,country\n{}", format!("old-town,en,{channel},GB\n").repeat(10));
        invite(site, "hotel-post-stay", &rows, &[])
    } else {
        vec![public; 10]
    };
    for link in links {
        let open = site.open(&link);
        // What a form says of itself counts for nothing where a personal link says it.
        let said = if personally { "corporate" } else { channel };
        let sent = site.post(&link, &open.filled(&[("channel", said), ("country", "GB"), ("purpose", "business")]));
        assert_eq!(sent.status, 303, "{}", sent.body);
    }
}

#[test]
fn what_a_public_link_says_puts_nobody_into_a_group() {
    for backend in backends() {
        let site = closed(backend, 6000);
        let director = somebody(&site, "dora@larkfield.example", Role::Viewer, None);
        let analyst = somebody(&site, "ana@larkfield.example", Role::Analyst, None);
        let count = |who: &str, query: &str| {
            let report = get(&site, who, &format!("/api/v1/reports/hotel-post-stay?unit=old-town{query}"));
            report["responses"].as_u64().unwrap_or(0)
        };
        let of_agency = |who: &str| count(who, "&segment.channel=agency");
        let before = [of_agency(&director), of_agency(&analyst), count(&director, "")];
        ten_guests(&site, "agency", false);
        assert_eq!(
            [of_agency(&director), of_agency(&analyst), count(&director, "")],
            [before[0], before[1] + 10, before[2] + 5]
        );
        ten_guests(&site, "agency", true);
        assert_eq!([of_agency(&director), of_agency(&analyst)], [before[0] + 5, before[1] + 20]);
        // The count of a part is the same once answers that it does not hold are taken back, and everything is read anew.
        let link = "/s/hotel-post-stay?unit=riverside&lang=en";
        let sent = site.post(link, &site.open(link).filled(&[("purpose", "business")]));
        let receipt = sent.location.split(['/', '?']).nth(4).unwrap().to_owned();
        let all = |who: &str| get(&site, who, "/api/v1/reports/hotel-post-stay")["responses"].as_u64().unwrap();
        let with_it = all(&analyst);
        assert_eq!(site.post(&format!("/r/{receipt}"), &[]).status, 303);
        assert_eq!((all(&analyst), of_agency(&analyst)), (with_it - 1, before[1] + 20));
    }
}

#[test]
fn a_house_is_not_told_what_links_say_of_guests_of_others() {
    let site = closed(Backend::Sqlite, 6000);
    // Without a list of channels, every one is told apart.
    let text = std::fs::read_to_string("survey-templates/hotel-post-stay.toml").unwrap();
    let (before, after) = text.split_once("id = \"channel\"").unwrap();
    let (question, rest) = after.split_once("[[pages.questions]]").unwrap();
    let bare: String = question
        .lines()
        .filter(|l| !l.starts_with("  {") && !l.starts_with("choices") && *l != "]" && !l.starts_with("other"))
        .map(|l| format!("{l}\n"))
        .collect();
    let text = format!("{before}id = \"channel\"{bare}\n[[pages.questions]]{rest}");
    let (survey, _) = read_template(&text).unwrap();
    site.app.store.write_blocking(move |db| publish(db, &survey, &text)).unwrap();
    ten_guests(&site, "spa-weekend", true);
    let manager = somebody(&site, "mia@larkfield.example", Role::Manager, Some("riverside"));
    let analyst = somebody(&site, "ana@larkfield.example", Role::Analyst, None);
    let path = format!("{API}/segments?period=all&by=channel");
    let values = |who: &str, unit: &str| get(&site, who, &format!("{path}&unit={unit}"))["by"]["values"].to_string();
    assert!(values(&analyst, "old-town").contains("spa-weekend"));
    assert!(!values(&analyst, "riverside").contains("spa-weekend"));
    assert!(!values(&manager, "").contains("spa-weekend") && values(&manager, "").contains("agency"));
    // Whether it occurs elsewhere cannot be found out by asking either.
    let asked =
        |value: &str| get(&site, &manager, &format!("{API}?segment.channel={value}"))["report"]["responses"].clone();
    assert_eq!(asked("spa-weekend"), asked("nobodys"));
    let twice = format!("{API}?segment.channel=agency&segment.channel=direct");
    assert_eq!(as_somebody(&site, &manager, "GET", &twice).0, 400);
}

#[test]
fn the_period_is_set_beside_the_one_before() {
    let site = closed(Backend::Sqlite, 2400);
    let analyst = somebody(&site, "ana@larkfield.example", Role::Analyst, None);
    let days = "from=2026-02-01&to=2026-10-31&lang=en";
    let compared = get(&site, &analyst, &format!("{API}/segments?by=period&{days}"));
    let overview = get(&site, &analyst, &format!("{API}?{days}"));
    let parts = compared["overview"]["by_construct"].as_array().unwrap();
    assert_eq!((&parts[0]["code"], &parts[1]["code"]), (&Value::from("now"), &Value::from("before")));
    assert_eq!(parts[1]["name"], "The period before");
    let contrast = &compared["contrast"];
    assert_eq!(contrast["responses"][1], overview["comparison"]["responses"]);
    // The differences are those of the overview, and no measure of one population is made up in two ways.
    let changes = overview["comparison"]["constructs"].as_array().unwrap();
    for (construct, change) in contrast["constructs"].as_array().unwrap().iter().zip(changes) {
        let pair = (number(&construct["change"]["difference"]), number(&change["change"]["difference"]));
        assert!((pair.0 - pair.1).abs() < 1e-9, "{construct} {change}");
        assert_eq!(construct["comparable"], true, "{construct}");
    }
    let page = as_somebody(&site, &analyst, "GET", &format!("/overview/hotel-post-stay/segments?by=period&{days}")).2;
    assert!(page.contains("This period, beside the guests of the period before"), "{page}");
    assert!(page.contains("The period before: 2025-05-01 to 2026-01-31"), "{page}");
    let page = as_somebody(&site, &analyst, "GET", &format!("/overview/hotel-post-stay?{days}")).2;
    assert!(page.contains("by&#x3D;period") && page.contains("Measured alike in both periods?"), "{page}");
    // A period that is chosen takes the place of days.
    let year = get(&site, &analyst, &format!("{API}?period=year&from=2026-02-01&to=2026-04-30&lang=en"));
    assert_eq!(year["report"]["filter"]["from"], "2025-11-01", "{}", year["report"]["filter"]);
    // What came before begins in the middle of the period that it is of: the page says so.
    assert_eq!(year["comparison"]["begins"], "2025-05-01");
    let page = as_somebody(&site, &analyst, "GET", "/overview/hotel-post-stay?lang=en&period=year").2;
    assert!(page.contains("has responses from 2025-05 on only"), "{page}");
}
