//! What is behind the figures: constructs, questions, houses by measure, measurement; each made again from the answers.

use serde_json::Value;
use soundings::service::access::Role;

use super::accounts::{as_somebody, closed, somebody};
use super::harness::{Backend, Site, backends, run};

const API: &str = "/api/v1/overviews/hotel-post-stay";

fn get(site: &Site, cookie: &str, path: &str) -> Value {
    let (status, _, body) = as_somebody(site, cookie, "GET", &format!("{API}{path}"));
    assert_eq!(status, 200, "{path}: {body}");
    serde_json::from_str(&body).unwrap()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

/// What guests answered: unit, day and a question's points, none for no answer.
fn answers(site: &Site, cookie: &str, question: &str) -> Vec<(String, String, Option<f64>)> {
    let csv = as_somebody(site, cookie, "GET", "/api/v1/surveys/hotel-post-stay/responses.csv").2;
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let headers = reader.headers().unwrap().clone();
    let column = |name: &str| headers.iter().position(|header| header == name).unwrap();
    let (unit, day, answer) = (column("unit"), column("submitted_at"), column(question));
    let row = |row: csv::StringRecord| (row[unit].to_owned(), row[day][..10].to_owned(), row[answer].parse().ok());
    reader.records().map(|record| row(record.unwrap())).collect()
}

fn mean(points: &[f64]) -> f64 {
    points.iter().sum::<f64>() / points.len() as f64
}

fn variance_of_mean(points: &[f64]) -> f64 {
    let middle = mean(points);
    points.iter().map(|x| (x - middle).powi(2)).sum::<f64>() / (points.len() as f64 - 1.0) / points.len() as f64
}

#[test]
fn a_question_is_what_guests_answered() {
    for backend in backends() {
        let site = closed(backend, 900);
        let analyst = somebody(&site, "ana@larkfield.example", Role::Analyst, None);
        let report = get(&site, &analyst, "/questions/quality_staff?from=2026-05-01&to=2026-10-31&lang=en");
        let all = answers(&site, &analyst, "quality_staff");
        let within = |from: &str, to: &str| -> Vec<(String, Option<f64>)> {
            all.iter()
                .filter(|(_, day, _)| **day >= *from && **day <= *to)
                .map(|(unit, _, x)| (unit.clone(), *x))
                .collect()
        };
        let (now, then) = (within("2026-05-01", "2026-10-31"), within("2025-11-01", "2026-04-30"));
        let given = |rows: &[(String, Option<f64>)]| rows.iter().filter_map(|(_, x)| *x).collect::<Vec<f64>>();
        let (mine, before) = (given(&now), given(&then));
        let question = &report["question"];
        assert_eq!(question["text"], "How helpful were our staff?");
        assert_eq!(
            (&question["responses"], &question["left_out"]),
            (&mine.len().into(), &(now.len() - mine.len()).into())
        );
        assert!((number(&question["mean"]) - mean(&mine)).abs() < 1e-12);
        for point in question["points"].as_array().unwrap() {
            let times = mine.iter().filter(|x| **x == number(&point["point"])).count();
            assert_eq!(point["responses"], times, "{point}");
        }
        // On 0-100, with the interval of a mean.
        let (score, z, step) = (&question["score"], 1.959_963_984_540_054, 100.0 / 9.0);
        assert!((number(&score["score"]) - (mean(&mine) - 1.0) * step).abs() < 1e-9);
        let reach = z * variance_of_mean(&mine).sqrt() * step;
        assert!((number(&score["ci"][1]) - number(&score["score"]) - reach).abs() < 1e-9);
        // Against the half year before.
        assert_eq!(report["compared"], serde_json::json!(["2025-11-01", "2026-04-30"]));
        let change = &question["change"];
        assert!((number(&change["difference"]) - (mean(&mine) - mean(&before)) * step).abs() < 1e-9);
        let reach = z * (variance_of_mean(&mine) + variance_of_mean(&before)).sqrt() * step;
        assert!((number(&change["ci"][1]) - number(&change["difference"]) - reach).abs() < 1e-9);
        // A house beside all others.
        let against = report["against"].as_array().unwrap();
        assert!(against.len() > 3);
        for house in against {
            let of = |inside: bool| -> Vec<f64> {
                let houses = now.iter().filter(|(unit, _)| !unit.is_empty() && (*unit == house["code"]) == inside);
                houses.filter_map(|(_, x)| *x).collect()
            };
            let difference = (mean(&of(true)) - mean(&of(false))) * step;
            assert!((number(&house["change"]["difference"]) - difference).abs() < 1e-9, "{house}");
        }
        assert_eq!(report["months"].as_array().unwrap().len(), 18, "of all time");
        let page = as_somebody(&site, &analyst, "GET", "/overview/hotel-post-stay/questions/quality_staff?lang=en").2;
        assert!(page.contains("How helpful were our staff?") && page.contains("How it was answered"), "{page}");
        for path in ["/questions/comment", "/questions/nothing", "?construct=Nothing"] {
            assert_eq!(as_somebody(&site, &analyst, "GET", &format!("{API}{path}")).0, 404, "{path}");
        }
    }
}

#[test]
fn nps_and_csat_are_counted_from_their_questions() {
    let site = closed(Backend::Sqlite, 900);
    let analyst = somebody(&site, "ana@larkfield.example", Role::Analyst, None);
    let overview = get(&site, &analyst, "?period=all&compare=none");
    let points = |question: &str| -> Vec<f64> {
        answers(&site, &analyst, question).into_iter().filter_map(|(.., x)| x).collect()
    };
    let outcome = |name: &str| {
        let all = overview["outcomes"].as_array().unwrap();
        all.iter().find(|outcome| outcome["outcome"] == name).unwrap().clone()
    };
    let (recommend, satisfied) = (points("loyalty_recommend"), points("satisfaction_overall"));
    let share = |points: &[f64], test: fn(f64) -> bool| {
        100.0 * points.iter().filter(|x| test(**x)).count() as f64 / points.len() as f64
    };
    let nps = share(&recommend, |x| x >= 9.0) - share(&recommend, |x| x <= 6.0);
    assert!((number(&outcome("nps")["score"]) - nps).abs() < 1e-9);
    assert!((number(&outcome("csat")["score"]) - share(&satisfied, |x| x >= 8.0)).abs() < 1e-9);
    let page = as_somebody(&site, &analyst, "GET", "/overview/hotel-post-stay?lang=en&period=all").2;
    assert!(page.contains("Net promoter score of “Recommend”: share of 9 and 10 less share of 1 to 6, of "), "{page}");
}

#[test]
fn a_construct_has_an_overview_of_its_own_and_a_house_is_the_same_in_every_table() {
    for backend in backends() {
        let site = closed(backend, 900);
        let analyst = somebody(&site, "ana@larkfield.example", Role::Analyst, None);
        let plain = get(&site, &analyst, "?period=all&lang=en");
        let value = get(&site, &analyst, "?period=all&construct=Value&lang=en");
        let constructs = plain["report"]["constructs"].as_array().unwrap();
        let k = constructs.iter().position(|construct| construct["construct"] == "Value").unwrap();
        assert_eq!(value["report"]["headline"]["score"], constructs[k]["score"]);
        assert_eq!(value["questions"].as_array().unwrap().len(), 4);
        let first = &value["report"]["priorities"][0]["construct"];
        assert!(first == "Quality" || first == "Value", "what leads to it: {first}");
        // Every house by construct, each as it is where the house alone is asked for.
        let houses = get(&site, &analyst, "/properties?period=all");
        let cells = houses["by_construct"].as_array().unwrap();
        assert!(cells.len() > 4);
        for house in cells {
            let code = house["code"].as_str().unwrap();
            let alone = get(&site, &analyst, &format!("?period=all&unit={code}"));
            for (cell, construct) in
                house["constructs"].as_array().unwrap().iter().zip(alone["report"]["constructs"].as_array().unwrap())
            {
                assert!((number(&cell["score"]) - number(&construct["score"])).abs() < 1e-9, "{code}");
                let against = &cell["against"];
                let k = house["constructs"].as_array().unwrap().iter().position(|c| c == cell).unwrap();
                let all = number(&constructs[k]["score"]);
                assert!((number(&against["difference"]) - (number(&cell["score"]) - all)).abs() < 1e-9);
                assert!(number(&against["ci"][0]) < number(&against["difference"]));
            }
            // Above the others by as much as it is above all, less its own part in all.
            let own = number(&alone["report"]["responses"]) / 900.0;
            let other = &alone["others"][k]["change"];
            let above_all = number(&house["constructs"][k]["score"]) - number(&constructs[k]["score"]);
            assert!((number(&other["difference"]) * (1.0 - own) - above_all).abs() < 1e-6, "{code}: {other}");
        }
        // Whoever sees one house sees it beside nothing.
        let manager = somebody(&site, "mia@larkfield.example", Role::Manager, Some("dunes"));
        let own = get(&site, &manager, "?period=all");
        assert_eq!(own["others"], serde_json::json!([]));
        assert_eq!(get(&site, &manager, "/properties?period=all")["by_construct"].as_array().unwrap().len(), 1);
        let question = get(&site, &manager, "/questions/quality_staff?period=all");
        assert_eq!(
            (&question["against"], question["properties"].as_array().unwrap().len()),
            (&serde_json::json!([]), 1)
        );
    }
}

#[test]
fn a_questions_count_grows_by_five_or_not_at_all() {
    for backend in backends() {
        let site = closed(backend, 2400);
        let manager = somebody(&site, "mia@larkfield.example", Role::Manager, Some("dunes"));
        let day = |n: u64| chrono::NaiveDate::from_ymd_opt(2026, 8, 1).unwrap() + chrono::Days::new(n);
        let counts: Vec<[u64; 2]> = (0..60)
            .map(|n| {
                let path = format!("/questions/quality_staff?compare=none&from={}&to={}", day(0), day(n));
                let question = &get(&site, &manager, &path)["question"];
                ["responses", "left_out"].map(|name| question[name].as_u64().unwrap_or(0))
            })
            .collect();
        for pair in counts.windows(2) {
            for which in [0, 1] {
                let more = pair[1][which] - pair[0][which];
                assert!(more == 0 || more >= 5, "{counts:?}");
            }
        }
        assert!(counts.last().unwrap()[0] > 20, "{counts:?}");
    }
}

#[test]
fn the_measurement_is_what_the_engine_says_of_the_exported_answers() {
    let site = closed(Backend::Sqlite, 900);
    let analyst = somebody(&site, "ana@larkfield.example", Role::Analyst, None);
    let measured = get(&site, &analyst, "/measurement?lang=en");
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let csv = as_somebody(&site, &analyst, "GET", "/api/v1/surveys/hotel-post-stay/responses.csv").2;
    let template = include_str!("../../survey-templates/hotel-post-stay.toml");
    let model = template.split("structure = \"\"\"").nth(1).unwrap().split("\"\"\"").next().unwrap();
    let (data, model) = (file("data.csv", &csv), file("model.txt", model));
    let fitted = run(&["fit", "--model", &model, "--data", &data, "--missing", "mean", "--format", "json"]);
    let fitted: Value = serde_json::from_str(&fitted).unwrap();
    let mut compared = 0;
    for construct in measured["constructs"].as_array().unwrap() {
        let name = construct["construct"].as_str().unwrap();
        let of = &fitted["reliability"][name];
        for figure in ["alpha", "rho_a", "rho_c", "ave"] {
            assert!((number(&construct[figure]["value"]) - number(&of[figure])).abs() < 1e-9, "{name} {figure}");
            compared += 1;
        }
        for indicator in construct["indicators"].as_array().unwrap() {
            let of = &fitted["loadings"][name][indicator["indicator"].as_str().unwrap()];
            assert!((number(&indicator["loading"]["value"]) - number(of)).abs() < 1e-9, "{indicator}");
            compared += 1;
        }
    }
    assert!(compared > 30);
    let page = as_somebody(&site, &analyst, "GET", "/overview/hotel-post-stay/measurement?lang=en").2;
    assert!(page.contains("figures are within their rules of thumb"), "{page}");
    // Too few to judge: said, and nothing shown.
    let few = get(&site, &analyst, "/measurement?unit=summit-lodge");
    assert_eq!(few["constructs"], serde_json::json!([]));
}

#[test]
fn charts_leave_as_files_with_their_numbers() {
    let site = closed(Backend::Sqlite, 900);
    let analyst = somebody(&site, "ana@larkfield.example", Role::Analyst, None);
    let file = |path: &str| as_somebody(&site, &analyst, "GET", &format!("{API}/charts/{path}"));
    let overview = get(&site, &analyst, "/properties?period=all&lang=en");
    for chart in ["months", "houses", "priorities", "paths", "measures"] {
        let (status, _, svg) = file(&format!("{chart}.svg?period=all&lang=zh-Hans"));
        assert_eq!(status, 200, "{chart}");
        // It stands alone: its own style, no reference to anything outside.
        assert!(svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\"") && svg.contains("<style>"), "{svg}");
        assert_eq!(svg.matches("http").count(), 1, "{svg}");
    }
    let rows = |path: &str| -> Vec<csv::StringRecord> {
        let text = file(path).2;
        csv::Reader::from_reader(text.as_bytes()).records().map(Result::unwrap).collect()
    };
    let months = rows("months.csv?period=all&lang=en");
    for (row, month) in months.iter().zip(overview["report"]["months"].as_array().unwrap()) {
        assert_eq!((&row[0], row[1].parse().ok()), (month["name"].as_str().unwrap(), month["responses"].as_u64()));
        assert_eq!(row[2].parse().ok(), month["index"]["score"].as_f64(), "to the last digit");
    }
    assert_eq!(months.len(), 18);
    let houses = overview["by_construct"].as_array().unwrap().len();
    assert_eq!(rows("measures.csv?period=all").len(), 5 * houses);
    assert_eq!(rows("points.csv?question=quality_staff").len(), 10);
    for nothing in ["pie.svg", "months.exe", "months", "points.svg", "priorities.svg?question=quality_staff"] {
        assert_eq!(file(nothing).0, 404, "{nothing}");
    }
}

#[test]
fn a_report_leaves_as_a_workbook() {
    use calamine::{Data, Reader as _, Xlsx};
    let site = closed(Backend::Sqlite, 900);
    let analyst = somebody(&site, "ana@larkfield.example", Role::Analyst, None);
    let url = format!("{}/api/v1/reports/hotel-post-stay/report.xlsx?lang=en", site.address);
    let mut reply = ureq::get(url).header("cookie", format!("session={analyst}")).call().unwrap();
    let bytes = reply.body_mut().read_to_vec().unwrap();
    let report: Value =
        serde_json::from_str(&as_somebody(&site, &analyst, "GET", "/api/v1/reports/hotel-post-stay?lang=en").2)
            .unwrap();
    let mut book = Xlsx::new(std::io::Cursor::new(bytes)).unwrap();
    assert_eq!(book.sheet_names()[..3], ["Satisfaction report", "Measures", "Paths"]);
    let measures = book.worksheet_range("Measures").unwrap();
    for (row, construct) in (1..).zip(report["constructs"].as_array().unwrap()) {
        assert_eq!(measures.get_value((row, 0)), Some(&Data::String(construct["name"].as_str().unwrap().to_owned())));
        assert_eq!(measures.get_value((row, 1)), Some(&Data::Float(number(&construct["score"]))));
        assert_eq!(measures.get_value((row, 3)), Some(&Data::Float(number(&construct["ci"][0]))));
    }
}

#[test]
fn what_delights_and_disappoints_is_contrasted_from_the_answers() {
    let site = closed(Backend::Sqlite, 2400);
    let analyst = somebody(&site, "ana@larkfield.example", Role::Analyst, None);
    let found = get(&site, &analyst, "/satisfiers?lang=en");
    let attributes = found["attributes"].as_array().unwrap();
    assert!(attributes.len() >= 8, "{found}");
    assert!(attributes.iter().all(|attribute| attribute["construct"] != "Satisfaction"), "{found}");
    let columns = ["satisfaction_overall", "satisfaction_expected", "satisfaction_ideal", "quality_room"];
    let all = columns.map(|column| answers(&site, &analyst, column));
    let percent = |x: f64| (x - 1.0) * 100.0 / 9.0;
    // The index weighs its questions nearly alike, so that their plain mean comes near to its contrasts.
    let rows: Vec<(f64, f64)> = (0..all[0].len())
        .filter_map(|i| {
            let given: Option<Vec<f64>> = all.iter().map(|column| column[i].2.map(percent)).collect();
            given.map(|x| (x[3], (x[0] + x[1] + x[2]) / 3.0))
        })
        .collect();
    let range = |low: f64, high: f64| {
        let inside: Vec<&(f64, f64)> = rows.iter().filter(|(rating, _)| *rating >= low && *rating < high).collect();
        [0, 1].map(|which| mean(&inside.iter().map(|row| if which == 0 { row.0 } else { row.1 }).collect::<Vec<_>>()))
    };
    let (low, middle, high) = (range(0.0, 50.0), range(50.0, 75.0), range(75.0, 101.0));
    let room = attributes.iter().find(|attribute| attribute["indicator"] == "quality_room").unwrap();
    let penalty = 10.0 * (middle[1] - low[1]) / (middle[0] - low[0]);
    let reward = 10.0 * (high[1] - middle[1]) / (high[0] - middle[0]);
    assert!((number(&room["penalty"]["estimate"]) - penalty).abs() < 0.1, "{room} {penalty}");
    assert!((number(&room["reward"]["estimate"]) - reward).abs() < 0.1, "{room} {reward}");
    let page = as_somebody(&site, &analyst, "GET", "/overview/hotel-post-stay/satisfiers?lang=en").2;
    assert!(page.contains("Comfort of the room") && page.contains("Brandt (1987)"), "{page}");
}

#[test]
fn single_responses_are_read_page_by_page_and_that_is_noted() {
    for backend in backends() {
        let site = closed(backend, 150);
        let analyst = somebody(&site, "ana@larkfield.example", Role::Analyst, None);
        let csv = as_somebody(&site, &analyst, "GET", "/api/v1/surveys/hotel-post-stay/responses.csv").2;
        let mut reader = csv::Reader::from_reader(csv.as_bytes());
        let unit = reader.headers().unwrap().iter().position(|header| header == "unit").unwrap();
        let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        let of_dunes = rows.iter().rev().filter(|row| &row[unit] == "dunes").map(|row| row[0].to_owned());
        let mut found = Vec::new();
        let mut path = "/overview/hotel-post-stay/responses?lang=en&unit=dunes".to_owned();
        loop {
            let page = as_somebody(&site, &analyst, "GET", &path).2;
            let receipts = page.split("<span class=\"receipt\">").skip(1);
            found.extend(receipts.map(|rest| rest.split('<').next().unwrap().to_owned()));
            let Some((_, next)) = page.split_once("class=\"more\" href=\"") else { break };
            path = next.split('"').next().unwrap().replace("&amp;", "&").replace("&#x3D;", "=");
        }
        assert_eq!(found, of_dunes.collect::<Vec<_>>(), "all of them, the last first");
        let noted = run(&["audit", "export", "--database", &site.database.url]);
        assert!(noted.contains("responses.read"), "{noted}");
        let manager = somebody(&site, "mia@larkfield.example", Role::Manager, Some("dunes"));
        assert_eq!(as_somebody(&site, &manager, "GET", "/overview/hotel-post-stay/responses").0, 403);
    }
}

/// Least squares by hand: slope of the second over the first.
fn slope(rows: &[(f64, f64)]) -> f64 {
    let x = mean(&rows.iter().map(|row| row.0).collect::<Vec<_>>());
    let y = mean(&rows.iter().map(|row| row.1).collect::<Vec<_>>());
    let products: f64 = rows.iter().map(|row| (row.0 - x) * (row.1 - y)).sum();
    products / rows.iter().map(|row| (row.0 - x).powi(2)).sum::<f64>()
}

#[test]
fn expectations_are_set_beside_what_was_found() {
    let site = closed(Backend::Sqlite, 2400);
    let analyst = somebody(&site, "ana@larkfield.example", Role::Analyst, None);
    let found = get(&site, &analyst, "/expectations?lang=en");
    let pairs = found["pairs"].as_array().unwrap();
    assert_eq!(pairs.len(), 3);
    let columns = [
        "expected_reliability",
        "quality_reliability",
        "satisfaction_overall",
        "satisfaction_expected",
        "satisfaction_ideal",
    ];
    let all = columns.map(|column| answers(&site, &analyst, column));
    let both: Vec<(f64, f64, Option<f64>)> = (0..all[0].len())
        .filter_map(|i| {
            let satisfied = all[2..].iter().map(|column| column[i].2).sum::<Option<f64>>();
            Some((all[0][i].2?, all[1][i].2?, satisfied.map(|sum| (sum / 3.0 - 1.0) * 100.0 / 9.0)))
        })
        .collect();
    let pair = &pairs[1];
    assert_eq!((&pair["label"], &pair["responses"]), (&Value::from("Reliability"), &Value::from(both.len())));
    let gaps: Vec<f64> = both.iter().map(|row| row.1 - row.0).collect();
    assert!((number(&pair["gap"]["difference"]) - mean(&gaps) * 100.0 / 9.0).abs() < 1e-9, "{pair}");
    let width = number(&pair["gap"]["ci"][1]) - number(&pair["gap"]["ci"][0]);
    // Three intervals at once: z of 1 - 0.05/6.
    assert!((width - 2.0 * 2.393_979_8 * variance_of_mean(&gaps).sqrt() * 100.0 / 9.0).abs() < 1e-6, "{pair}");
    let share = |of: &dyn Fn(f64) -> bool| gaps.iter().filter(|gap| of(**gap)).count() as f64 / gaps.len() as f64;
    let expected = [share(&|gap| gap < -1.0), share(&|gap| gap.abs() <= 1.0), share(&|gap| gap > 1.0)];
    for (given, expected) in pair["shares"].as_array().unwrap().iter().zip(expected) {
        assert!((number(given) - expected).abs() < 1e-12, "{pair}");
    }
    // The index weighs its questions nearly alike.
    let rows = |from: f64, to: f64| -> Vec<(f64, f64)> {
        both.iter().filter_map(|row| Some((row.1 - row.0, row.2?))).filter(|row| row.0 >= from && row.0 <= to).collect()
    };
    for (given, rows) in
        pair["slopes"].as_array().unwrap().iter().zip([rows(-9.0, -1.0), rows(-1.0, 1.0), rows(1.0, 9.0)])
    {
        assert!((number(&given["estimate"]) - slope(&rows)).abs() < 0.15, "{given} {}", slope(&rows));
    }
    let told: u64 = pair["steps"].as_array().unwrap().iter().map(|step| step["responses"].as_u64().unwrap()).sum();
    assert_eq!(told as usize, both.len(), "nobody is left out of the steps");
    let page = as_somebody(&site, &analyst, "GET", "/overview/hotel-post-stay/expectations?lang=en").2;
    assert!(page.contains("Oliver 1980") && page.contains("id=\"gap-quality_reliability-wide"), "{page}");
    let overview = as_somebody(&site, &analyst, "GET", "/overview/hotel-post-stay?lang=en").2;
    assert!(overview.contains("/overview/hotel-post-stay/expectations?"), "{overview}");
}

#[test]
fn kano_pairs_are_judged() {
    for backend in backends() {
        let site = Site::demo(backend, 0);
        let text = soundings::survey::library::instrument("kano-hotel").unwrap();
        let (survey, _) = soundings::service::authoring::read_template(text).unwrap();
        let fields: Vec<String> = survey.fields().map(|field| field.id).collect();
        site.app.store.write_blocking(move |db| soundings::service::authoring::publish(db, &survey, text)).unwrap();
        // Twenty take fast internet for granted, four like it, two are indifferent; of the rest they say what is required.
        for (pair, times) in [((3, 5), 20), ((1, 3), 4), ((3, 3), 2)] {
            for _ in 0..times {
                let answer = |id: &String| {
                    let point = if id.starts_with("wifi") {
                        if id.ends_with("dysfunctional") { pair.1 } else { pair.0 }
                    } else {
                        3
                    };
                    (id.clone(), serde_json::json!(point))
                };
                let pairs = fields.iter().filter(|id| id.ends_with("functional")).map(answer);
                let body = serde_json::json!({"answers": pairs.collect::<serde_json::Map<_, _>>()});
                let sent = ureq::post(format!("{}/api/v1/surveys/kano-hotel/responses", site.address)).send_json(&body);
                assert_eq!(sent.unwrap().status(), 201);
            }
        }
        let found = site.get("/api/v1/overviews/kano-hotel/satisfiers?lang=en").json();
        let wifi = found["kano"].as_array().unwrap().iter().find(|found| found["score"] == "kano_wifi").unwrap();
        assert_eq!((&wifi["responses"], &wifi["category"]), (&Value::from(26), &Value::from("must-be")), "{found}");
        assert!((number(&wifi["better"]["estimate"]) - 4.0 / 26.0).abs() < 1e-12, "{wifi}");
        assert!((number(&wifi["worse"]["estimate"]) - 20.0 / 26.0).abs() < 1e-12, "{wifi}");
        let page = site.get("/overview/kano-hotel/satisfiers?lang=en").body;
        assert!(page.contains("<td><b>Must-be</b></td>") && page.contains("<td><b>Indifferent</b></td>"), "{page}");
        assert!(!page.contains("class=\"card empty\""), "{page}");
        let overview = site.get("/overview/kano-hotel?lang=en").body;
        assert!(overview.contains("/overview/kano-hotel/satisfiers?"), "{overview}");
    }
}
