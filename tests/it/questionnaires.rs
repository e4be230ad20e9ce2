//! Every way through a questionnaire: random guests through every template, and one by the pages.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use proptest::prelude::*;
use soundings::service::authoring::{check_template, publish, read_template};
use soundings::survey::answers::{RawAnswers, parse};
use soundings::survey::check::Survey;
use soundings::survey::field::{Field, Kind};
use soundings::survey::navigate::{Next, Sent, next};
use soundings::survey::question::Question;
use soundings::survey::walk::{Guest, choice_is_offered, walk};

use super::harness::{Backend, Site, backends, fixture};

pub(super) fn survey(path: &str) -> Survey {
    let text = fs::read_to_string(path).unwrap_or_else(|e| panic!("{path}: {e}"));
    read_template(&text).unwrap_or_else(|problems| panic!("{path}: {problems:?}")).0
}

fn every_kind() -> String {
    fixture("surveys/every-kind.toml")
}

/// Every template that is shipped, and the one with every kind of question.
pub(super) fn templates() -> Vec<String> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/survey-templates");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let toml = files.filter(|path| path.extension().is_some_and(|e| e == "toml"));
    toml.map(|path| path.display().to_string()).chain([every_kind()]).collect()
}

#[test]
fn every_template_passes_its_check() {
    for path in templates() {
        let checked = check_template(&fs::read_to_string(&path).unwrap());
        let errors: Vec<String> = checked.problems.iter().map(ToString::to_string).collect();
        let shipped = path.contains("survey-templates");
        assert!(!checked.has_errors() && (!shipped || errors.is_empty()), "{path}: {errors:#?}");
    }
}

/// A stream of choices that a guest makes, from one number each.
pub(super) struct Luck {
    pub numbers: Vec<u32>,
    pub next: usize,
}

impl Luck {
    pub fn below(&mut self, count: usize) -> usize {
        let number = self.numbers[self.next % self.numbers.len()] as usize;
        self.next += 1;
        number.wrapping_mul(2_654_435_761).wrapping_add(self.next * 97) / 7 % count.max(1)
    }
}

/// Something that the page of this question accepts.
pub(super) fn random_answer(
    survey: &Survey,
    question: &Question,
    kept: &soundings::survey::answers::Answers,
    guest: Guest<'_>,
    luck: &mut Luck,
) -> Vec<(String, String)> {
    let fields = question.fields();
    if let Question::Ranking { choices, .. } = question {
        let start = luck.below(choices.len());
        let rank = |i: usize| ((start + i) % choices.len() + 1).to_string();
        return fields.iter().enumerate().map(|(i, f)| (f.id.clone(), rank(i))).collect();
    }
    if let Question::ConstantSum { total, .. } = question {
        let all = luck.below(fields.len());
        let part = |i: usize| if i == all { total.to_string() } else { "0".to_owned() };
        return fields.iter().enumerate().map(|(i, f)| (f.id.clone(), part(i))).collect();
    }
    let offered: Vec<&str> = question
        .choices()
        .iter()
        .filter(|c| choice_is_offered(survey, question, c, kept, guest))
        .map(|c| c.id.as_str())
        .collect();
    let one = |field: &Field<'_>, luck: &mut Luck| -> Vec<String> {
        if question.common().not_applicable && luck.below(8) == 0 {
            return vec!["na".to_owned()];
        }
        let between = |low: usize, high: usize, luck: &mut Luck| (low + luck.below(high - low + 1)).to_string();
        vec![match field.kind {
            Kind::Points(p) => between(usize::from(p.min), usize::from(p.max), luck),
            Kind::Steps { points, .. } => between(usize::from(points.min), usize::from(points.max), luck),
            Kind::Code(max) => between(1, usize::from(max), luck),
            Kind::Part { .. } => "0".to_owned(),
            Kind::Choice(_) => offered[luck.below(offered.len())].to_owned(),
            Kind::Choices(choices) => {
                let chosen: Vec<String> = choices
                    .iter()
                    .filter(|c| !c.exclusive && offered.contains(&c.id.as_str()) && luck.below(2) == 0)
                    .map(|c| c.id.clone())
                    .collect();
                return if chosen.is_empty() { vec![offered[0].to_owned()] } else { chosen };
            }
            Kind::Text { .. } | Kind::OtherText | Kind::Hidden => "good, 好, جيد <b>".to_owned(),
            Kind::Email => "guest@example.org".to_owned(),
            Kind::Number { min, max, .. } => {
                let low = min.unwrap_or(0.0).ceil() as usize;
                between(low, max.map_or(low + 20, |m| m.floor() as usize).min(low + 20), luck)
            }
            Kind::Date { min, .. } => min.unwrap_or("2026-11-20").to_owned(),
            Kind::Consent => "yes".to_owned(),
        }]
    };
    let mut answer = Vec::new();
    for field in &fields {
        answer.extend(one(field, luck).into_iter().map(|value| (field.id.clone(), value)));
    }
    answer
}

/// Walks as a guest with a browser does: answers what is shown, sends, until there is no page left. Now and then
/// back, and other answers than before.
fn stroll(survey: &Survey, numbers: Vec<u32>, language: &str) -> BTreeMap<String, Vec<String>> {
    let mut luck = Luck { numbers, next: 0 };
    let attempt = luck.below(1 << 20).to_string();
    let guest = Guest { attempt: &attempt, unit: "", language };
    let mut typed: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let raw = |typed: &BTreeMap<String, Vec<String>>| {
        RawAnswers(
            typed.iter().flat_map(|(name, values)| values.iter().map(move |v| (name.clone(), v.clone()))).collect(),
        )
    };
    let mut place = survey.one_by_one().then_some(0);
    for step in 0..200 {
        let parsed = parse(survey, &raw(&typed), guest).unwrap();
        let pages = &parsed.walk.pages;
        assert!(place.is_none_or(|p| p < pages.len()), "step {step}: no page {place:?} of {}", pages.len());
        let places = place.map_or(0..pages.len(), |p| p..p + 1);
        let shown: Vec<&Question> = pages[places]
            .iter()
            .flat_map(|seen| seen.questions.iter().map(|n| &survey.template.pages[seen.page].questions[*n]))
            .collect();
        assert!(!shown.is_empty(), "an empty page");
        for question in shown.iter().filter(|q| q.asks()) {
            if question.common().required || luck.below(5) > 0 {
                let mut own: BTreeMap<String, Vec<String>> = BTreeMap::new();
                for (field, value) in random_answer(survey, question, &parsed.walk.kept, guest, &mut luck) {
                    own.entry(field).or_default().push(value);
                }
                typed.extend(own);
            }
        }
        let ids = shown.iter().map(|q| q.id()).collect::<Vec<_>>().join(" ");
        let page = place.map(|p| survey.template.pages[parsed.walk.pages[p].page].id.clone());
        let back = step < 40 && luck.below(6) == 0;
        let parsed = parse(survey, &raw(&typed), guest).unwrap();
        match next(survey, &parsed, Sent { page: page.as_deref(), shown: Some(&ids), back, stay: false }) {
            Next::Complete => {
                judge(survey, &parsed.walk, guest, &typed);
                return typed;
            }
            Next::Show { place: to, rejections, .. } => {
                // A constraint may ask for something else: what is at fault is taken back, and answered anew.
                for rejection in &rejections {
                    typed.remove(&rejection.field);
                }
                place = to;
            }
        }
    }
    panic!("no end after 200 pages");
}

/// Exactly the visible answers are kept: no more, no less.
fn judge(
    survey: &Survey,
    found: &soundings::survey::walk::Walk,
    guest: Guest<'_>,
    typed: &BTreeMap<String, Vec<String>>,
) {
    let visible: BTreeSet<String> = found
        .pages
        .iter()
        .flat_map(|seen| seen.questions.iter().map(|n| &survey.template.pages[seen.page].questions[*n]))
        .chain(survey.questions().filter(|q| matches!(q, Question::Hidden { .. })))
        .flat_map(Question::fields)
        .map(|f| f.id)
        .collect();
    let kept: BTreeSet<String> = found.kept.0.keys().cloned().collect();
    assert!(kept.is_subset(&visible), "{:?}", kept.difference(&visible));
    let dropped = |id: &String| {
        let field = survey.field(id).unwrap();
        matches!(field.kind, Kind::OtherText | Kind::Choice(_) | Kind::Choices(_))
    };
    let lost: Vec<&String> =
        visible.iter().filter(|id| typed.contains_key(*id) && !kept.contains(*id) && !dropped(id)).collect();
    assert!(lost.is_empty(), "typed and visible, yet not kept: {lost:?}");
    // What is kept leads the same way again: nothing hidden has a say.
    assert_eq!(walk(survey, &found.kept, guest), *found);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
    #[test]
    fn random_guests_reach_the_end_of_every_template(numbers in prop::collection::vec(any::<u32>(), 64..128)) {
        for path in templates() {
            let survey = survey(&path);
            for language in &survey.template.languages {
                stroll(&survey, numbers.clone(), language);
            }
        }
    }
}

/// A site with the survey of every kind, published.
pub(super) fn site_of_every_kind(backend: Backend) -> Site {
    let site = Site::demo(backend, 0);
    let text = fs::read_to_string(every_kind()).unwrap();
    let (survey, _) = read_template(&text).unwrap();
    site.app.store.write_blocking(move |db| publish(db, &survey, &text)).unwrap();
    site
}

const ADDRESS: &str = "/s/every-kind?lang=en";

/// What a browser would send with a page as it stands: hidden, filled and checked fields, texts, chosen options.
pub(super) fn form(page: &str) -> Vec<(String, String)> {
    let plain = |text: &str| {
        let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#x27;", "'");
        text.replace("&amp;", "&")
    };
    let attribute = |tag: &str, name: &str| {
        let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
        rest.split('"').next().map(plain)
    };
    let inputs = page.split("<input").skip(1).filter_map(|rest| rest.split('>').next());
    let sent = |tag: &&str| {
        let kind = attribute(tag, "type").unwrap_or_default();
        !matches!(kind.as_str(), "radio" | "checkbox") || tag.contains(" checked")
    };
    let inputs = inputs
        .filter(sent)
        .filter_map(|tag| Some((attribute(tag, "name")?, attribute(tag, "value").unwrap_or_default())));
    let texts = page.split("<textarea").skip(1).filter_map(|rest| {
        let (tag, rest) = rest.split_once('>')?;
        Some((attribute(tag, "name")?, plain(rest.split("</textarea>").next()?)))
    });
    let lists = page.split("<select").skip(1).filter_map(|rest| {
        let options = rest.split("</select>").next()?.split("<option").skip(1);
        let chosen = options.filter_map(|o| o.split('>').next()).find(|o| o.contains(" selected"))?;
        Some((attribute(rest.split('>').next()?, "name")?, attribute(chosen, "value")?))
    });
    inputs.chain(texts).chain(lists).collect()
}

/// Sends a page with these answers put in.
fn send(site: &Site, page: &str, answers: &[(&str, &str)]) -> super::harness::Reply {
    let mut fields = form(page);
    fields.retain(|(name, _)| !answers.iter().any(|(n, _)| n == name));
    fields.extend(answers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())));
    let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    site.post(ADDRESS, &fields)
}

#[test]
fn pages_follow_from_answers_and_nothing_typed_is_lost_on_the_way() {
    for backend in backends() {
        let site = site_of_every_kind(backend);
        let page = site.get(&format!("{ADDRESS}&guest_name=Zo%C3%AB%20%3Cb%3E")).body;
        assert!(page.contains("How satisfied are you overall, Zoë &lt;b&gt;?"), "{page}");
        // A required answer is missing: the same page, with what was typed.
        let again = send(&site, &page, &[("mood", "4")]);
        assert!(again.status == 422 && again.body.contains("href=\"#overall\""), "{}", again.body);
        assert!(again.body.contains("name=\"mood\" value=\"4\" checked"));
        // An unhappy guest is asked why.
        let why = send(&site, &again.body, &[("overall", "2"), ("nps", "4")]);
        assert!(why.status == 200 && why.body.contains("What went wrong?"), "{}", why.body);
        // Back, with what was answered; now happy: the page does not come again, and its answer is not kept.
        let back = send(&site, &why.body, &[("wrong", "the lift"), ("_go", "back")]);
        assert!(back.body.contains("name=\"overall\" value=\"2\" checked"), "{}", back.body);
        let choices = send(&site, &back.body, &[("overall", "9")]);
        assert!(choices.body.contains("Why did you travel?") && !choices.body.contains("What went wrong?"));
        // In another language, on the same page.
        let chinese = send(&site, &choices.body, &[("purpose", "business"), ("_go", "language:zh-Hans")]);
        assert!(
            chinese.body.contains("lang=\"zh-Hans\" dir=\"ltr\"") && chinese.body.contains("继续"),
            "{}",
            chinese.body
        );
        assert!(chinese.body.contains("name=\"purpose\" value=\"business\" checked"));
        // The answer makes a question appear on the same page.
        let more = send(&site, &choices.body, &[("purpose", "business"), ("used", "none")]);
        assert!(
            more.body.contains("a few more questions follow") && more.body.contains("Which company"),
            "{}",
            more.body
        );
        let mut page = send(&site, &more.body, &[("meeting", "ACME"), ("used", "none")]).body;
        for _ in 0..2 {
            // Tables and sums come in either order.
            page = if page.contains("How were these?") {
                send(&site, &page, &[("bed", "8"), ("bath", "9"), ("view", "na")]).body
            } else {
                let wrong = send(
                    &site,
                    &page,
                    &[("nights", "61"), ("rank_price", "1"), ("rank_calm", "1"), ("share_food", "7")],
                );
                assert_eq!(wrong.status, 422);
                for said in ["From 1 to 60.", "give each number only once", "make it 100 in all; it is 7 now"] {
                    assert!(wrong.body.contains(said), "{said}: {}", wrong.body);
                }
                let fields = [("nights", "３,0"), ("rank_calm", "2"), ("share_food", "40"), ("share_rooms", "60")];
                send(&site, &wrong.body, &fields).body
            };
        }
        assert!(page.contains("Thank you for coming, Zoë &lt;b&gt;. You said 9 of 10."), "{page}");
        let last = [("kano_wifi_functional", "1"), ("kano_wifi_dysfunctional", "5"), ("mail", "nowhere")];
        let wrong = send(&site, &page, &last);
        assert!(wrong.status == 422 && wrong.body.contains("check the e-mail address"), "{}", wrong.body);
        let done = send(&site, &wrong.body, &[("mail", "a@b.org"), ("may_write", "yes")]);
        assert_eq!(done.status, 303, "{}", done.body);
        let csv = site.get("/api/v1/surveys/every-kind/responses.csv").body;
        let mut reader = csv::Reader::from_reader(csv.as_bytes());
        let names = reader.headers().unwrap().clone();
        let row = reader.records().next().unwrap().unwrap();
        let cell = |name: &str| &row[names.iter().position(|n| n == name).unwrap_or_else(|| panic!("{name}"))];
        for (name, value) in [
            ("guest_name", "Zoë <b>"),
            ("overall", "9"),
            ("wrong", ""),
            ("meeting", "ACME"),
            ("used", "none"),
            ("used_other", ""),
            ("view", "NA"),
            ("nights", "3"),
            ("rank_calm", "2"),
            ("may_write", "yes"),
            ("table_mean", "8.5"),
            ("wifi", "one-dimensional"),
        ] {
            assert_eq!(cell(name), value, "{name}");
        }
    }
}

#[test]
fn a_full_quota_closes_politely_and_stores_nothing() {
    for backend in backends() {
        let site = site_of_every_kind(backend);
        let opened = || site.get(ADDRESS).body;
        // A machine that knows the questions sends everything at once.
        let business = [("overall", "9"), ("purpose", "business"), ("bed", "1"), ("bath", "1"), ("view", "1")];
        let whole = |answers: &[(&str, &str)]| {
            let mut fields = form(&opened());
            fields.retain(|(name, _)| !matches!(name.as_str(), "_page" | "_shown"));
            fields.extend(answers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())));
            site.post(ADDRESS, &fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect::<Vec<_>>())
        };
        assert_eq!([whole(&business).status, whole(&business).status], [303, 303]);
        let third = whole(&business);
        assert!(third.status == 200 && third.body.contains("heard enough business guests"), "{}", third.body);
        let leisure = [("overall", "9"), ("purpose", "leisure"), ("bed", "1"), ("bath", "1"), ("view", "1")];
        assert_eq!(whole(&leisure).status, 303);
        let csv = site.get("/api/v1/surveys/every-kind/responses.csv").body;
        assert_eq!(csv.lines().count(), 4);
        // It is said as soon as it is known, not at the end.
        let early = send(&site, &opened(), &[("overall", "9")]);
        let early = send(&site, &early.body, &[("purpose", "business")]);
        assert!(early.body.contains("heard enough business guests"), "{}", early.body);
    }
}

/// One mistake in the survey of every kind, and what is said of it.
fn said(from: &str, to: &str) -> String {
    let text = fs::read_to_string(every_kind()).unwrap();
    assert!(text.contains(from), "{from}");
    let checked = check_template(&text.replacen(from, to, 1));
    let errors = checked.problems.iter().map(ToString::to_string).filter(|p| !p.contains("warning"));
    errors.collect::<Vec<_>>().join("\n")
}

#[test]
fn conditions_that_cannot_work_are_reported_with_their_place() {
    let line = |needle: &str| {
        let text = fs::read_to_string(every_kind()).unwrap();
        text.lines().position(|l| l.contains(needle)).unwrap() + 1
    };
    let condition = "show_if = \"purpose == 'business'\"";
    let at = format!("{}:11: ", line(condition));
    for (to, expected) in [
        ("purpose == 'busines'", "`busines` is not a choice of `purpose`; its choices are leisure, business, other"),
        ("purpos == 'business'", "the survey has no question `purpos`"),
        ("nps > 'x'", "`>` needs a number, and a text stands there"),
        ("nps + 1", "the expression gives a number; it must give yes or no"),
        ("meeting == 'x'", "`meeting` is not asked before this; a condition can only look back"),
        ("bed > 3", "`bed` is not asked before this; a condition can only look back"),
        ("nps > 10", "the condition can never hold, whatever is answered"),
        ("language == 'zh'", "`zh` is not a choice of `language`; its choices are en, zh-Hans, ar"),
        ("nps = 5", "column 5 of the expression: write == to compare"),
        ("nps >", "column 6 of the expression: the expression ends too early"),
        ("table_mean > 3.0", "the survey has no question `table_mean`"),
    ] {
        assert_eq!(said(condition, &format!("show_if = \"{to}\"")), format!("{at}{expected}"), "{to}");
    }
    assert!(said("to = \"last\"", "to = \"ratings\"").contains("`ratings` is not after this page; skip forward only"));
    assert!(said("to = \"last\"", "to = \"nowhere\"").contains("there is no page `nowhere`; use a page or `end`"));
    let always = said("when = \"purpose == 'business' && nps < 3\"", "when = \"true\"");
    assert!(always.contains("the page `tables` can never be reached: the page `choices` always skips it"), "{always}");
    assert!(said("{overall|nothing}", "{overal}").contains("the survey has no question `overal`"));
    assert!(said("How long did you stay?", "How long after {arrived}?").contains("`arrived` is not asked before this"));
    assert!(said("functional.en = \"If there is free", "functional.en = \"{bed} If there is free").is_empty());
    assert!(said("Which company did you visit?", "Which, {purpose}?").contains("is asked on the same screen"));
    assert!(
        said("limit = 2\nmessage.en = \"We", "limit = 2\nmessage.en = \"{overall} We")
            .contains("no answers are put in here")
    );
    assert!(said("nights < 30", "bed < 30").contains("`bed` may come after this, because the order is drawn"));
    assert!(said("id = \"wrong\"", "id = \"share_food\"").contains("`share_food` is used twice"));
    assert!(
        said("scale = \"agree\"", "scale = \"agreed\"").contains("the template has no scale `agreed`; it has agree")
    );
    assert!(said("at_least = 2", "at_least = 4").contains("the formula names 3 questions only"));
}

/// A site with an instrument of the library, published.
fn site_with(backend: Backend, name: &str) -> Site {
    let site = Site::demo(backend, 0);
    let text = soundings::survey::library::instrument(name).unwrap();
    let (survey, _) = read_template(text).unwrap();
    site.app.store.write_blocking(move |db| publish(db, &survey, text)).unwrap();
    site
}

#[test]
fn scores_appear_in_reports() {
    for backend in backends() {
        let site = site_with(backend, "kano-hotel");
        for i in 0..32 {
            let mut fields = form(&site.get("/s/kano-hotel?lang=en").body);
            fields.retain(|(name, _)| !matches!(name.as_str(), "_page" | "_shown"));
            let (functional, dysfunctional) = if i < 24 { ("1", "5") } else { ("3", "5") };
            fields.push(("wifi_functional".into(), functional.into()));
            fields.push(("wifi_dysfunctional".into(), dysfunctional.into()));
            let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
            assert_eq!(site.post("/s/kano-hotel?lang=en", &fields).status, 303);
        }
        let report = site.get("/api/v1/reports/kano-hotel?lang=en").json();
        assert_eq!(report["scores"].as_array().unwrap().len(), 1, "the others were not answered: {report}");
        let categories = &report["scores"][0]["categories"];
        assert_eq!(categories[0], serde_json::json!({"category": "one-dimensional", "responses": 24}));
        assert_eq!(categories[1], serde_json::json!({"category": "must-be", "responses": 8}));
        let page = site.get("/reports/kano-hotel?lang=zh-Hans").body;
        assert!(page.contains("期望型 75% · 必备型 25%"), "{page}");
    }
}

/// Guests with a level of their own, about which their ratings scatter: every model of the library has a solution,
/// and scores that are numbers follow their formulas.
#[test]
fn every_model_of_the_library_can_be_estimated() {
    use soundings::csi::analysis::Plan;
    use soundings::csi::data::Indicators;
    for (name, text) in soundings::survey::library::INSTRUMENTS {
        let (survey, model) = read_template(text).unwrap();
        let Some(model) = model else { continue };
        let columns: Vec<Vec<Option<f64>>> = model
            .paths
            .indicators
            .iter()
            .enumerate()
            .map(|(j, id)| {
                let points = survey.field(id).and_then(|f| f.points()).unwrap();
                let span = usize::from(points.max - points.min);
                let rating = |i: usize| {
                    let level = (i * 7919 % 97) as f64 / 97.0;
                    let noise = ((i * 31 + j * 17) * 2_654_435_761 % 1009) as f64 / 1009.0 - 0.5;
                    let x = (level + 0.5 * noise).clamp(0.0, 1.0);
                    Some(f64::from(points.min) + (x * span as f64).round())
                };
                (0..200).map(rating).collect()
            })
            .collect();
        let data = Indicators::from_columns(model.paths.indicators.clone(), &columns).unwrap();
        let found = Plan::new(&model.paths, &data, &model.scales).estimate().unwrap_or_else(|e| panic!("{name}: {e}"));
        assert!(found.fit.converged, "{name}");
        assert!(found.index.iter().all(|x| (20.0..80.0).contains(x)), "{name}: {:?}", found.index);
    }
}

#[test]
fn the_page_about_the_library_is_what_the_shell_prints() {
    let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/library.md")).unwrap();
    assert!(page == super::harness::run(&["survey", "library", "--markdown"]), "print docs/library.md anew");
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/survey-templates");
    let files =
        fs::read_dir(folder).unwrap().filter(|e| e.as_ref().unwrap().path().extension().is_some_and(|e| e == "toml"));
    assert_eq!(files.count(), soundings::survey::library::INSTRUMENTS.len(), "every template is in the library");
    assert!(super::harness::refusal(&["survey", "library", "hotel"]).contains("there is no instrument `hotel`"));
}

#[test]
fn the_codebook_has_every_column_of_the_export() {
    let text = super::harness::run(&["survey", "codebook", &every_kind(), "--language", "zh-Hans"]);
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let survey = survey(&every_kind());
    let columns = soundings::export::csv::columns(std::iter::once(&survey));
    assert_eq!(rows.iter().map(|r| r[0].to_owned()).collect::<Vec<_>>(), columns);
    let row = |id: &str| rows.iter().find(|r| &r[0] == id).unwrap();
    assert_eq!(&row("overall")[4], "1 to 10");
    assert_eq!(&row("overall")[6], "NA");
    assert!(row("labelled")[5].starts_with("1 = 非常不同意; 2 = 不同意"), "{:?}", row("labelled"));
    assert_eq!(&row("kano_wifi_functional")[5], "1 = 喜欢; 2 = 理应如此; 3 = 无所谓; 4 = 勉强接受; 5 = 不喜欢");
    assert_eq!((&row("meeting")[7], &row("wifi")[3]), ("purpose == 'business'", "score"));
}

#[test]
fn texts_go_to_translators_and_come_back_through_the_shell() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let template = concat!(env!("CARGO_MANIFEST_DIR"), "/survey-templates/checkout-kiosk.toml");
    for (format, name) in [("xliff", "kiosk.xlf"), ("csv", "kiosk.csv")] {
        let out = super::harness::run(&["survey", "translate", "export", template, "--to", "de", "--format", format]);
        let (from, to) = if format == "csv" {
            ("title,How did we do?,", "title,How did we do?,Wie war es?")
        } else {
            ("How did we do?</source>", "How did we do?</source><target>Wie war es?</target>")
        };
        assert!(out.contains(from), "{out}");
        fs::write(path(name), out.replacen(from, to, 1)).unwrap();
        let filled = super::harness::run(&["survey", "translate", "import", template, &path(name)]);
        assert!(filled.contains("title.de = \"Wie war es?\""), "{filled}");
        assert!(filled.contains("languages = [\"en\", \"zh-Hans\", \"de\"]"), "{filled}");
        let checked = check_template(&filled);
        assert!(!checked.has_errors() && checked.problems.len() > 10, "what is missing is listed");
    }
    fs::write(path("bad.xlf"), "<xliff version=\"1.2\" trgLang=\"de\"></xliff>").unwrap();
    let said = super::harness::refusal(&["survey", "translate", "import", template, &path("bad.xlf")]);
    assert!(said.ends_with("bad.xlf: this is XLIFF `1.2`; version 2 is read"), "{said}");
}
