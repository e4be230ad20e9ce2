//! A report as a PDF: title page, what it says, figures, tables, how it was made.
//!
//! Owns: what stands in it and in which order; the numbers are the page's, rounded as there. The same report gives the same
//! bytes. Refuses: anything that the report withholds.

mod font;
mod pages;
mod write;

use font::Weight;
use pages::{ACCENT, BODY, Column, INK, MARGIN, Mark, NOTE, PAGE, Pages, Piece, ROOM, Role, SOFT, Style, TITLE};

use crate::report::charts::{self, ranked};
use crate::report::path_diagram::{self, Orientation};
use crate::report::publication::Base;
use crate::report::rounding::{ends, points, signed, two, two_ends};
use crate::report::sentences::{absence, method_digest, method_text, notices, responses, summary, with_thresholds};
use crate::report::svg::Element;
use crate::report::{GroupFigures, Index, Report, dot_plot, priority_map, trend};
use crate::wording::{Value, Wording, grouped, wording};

/// The colours of light pages, and how drawings look.
const COLOURS: &str = include_str!("../../web/assets/report.css");
const DRAWINGS: &str = include_str!("../../web/assets/charts.css");

/// Drawings on paper are as wide as this, in their own units.
const WIDE: f64 = 760.0;

/// The bytes of a report. `kept` is what is said of one that is kept: its number, day and hash.
///
/// # Errors
/// What is wrong with a drawing or with the document.
pub fn report(report: &Report, kept: Option<&str>) -> std::io::Result<Vec<u8>> {
    let words = wording(&report.language);
    let mut pages = Pages::new();
    let title = words.fill("report-of", &[("scope", report.filter.scope(words).as_str().into())]);
    title_page(&mut pages, (report, &title), kept, words);
    if !report.constructs.is_empty() {
        pages.break_page();
        constructs(&mut pages, report, words);
        paths(&mut pages, report, words);
        priorities(&mut pages, report, words);
    }
    months(&mut pages, report, words);
    houses(&mut pages, report, words);
    scores(&mut pages, report, words);
    ratings(&mut pages, report, words);
    method(&mut pages, report, words);
    let mut pages = pages.filled;
    let count = pages.len();
    for (number, page) in (1..).zip(&mut pages) {
        page.push(foot(&title, number, count, words));
    }
    let about = write::About { title, language: report.language.clone(), at: report.last_response };
    write::write(&pages, &about)
}

fn title_page(pages: &mut Pages, (report, title): (&Report, &str), kept: Option<&str>, words: &Wording) {
    pages.text(&report.survey.title, Style { colour: ACCENT, weight: Weight::Bold, ..BODY }, Role::Paragraph);
    pages.text(title, TITLE, Role::Title);
    let day = |day: Option<chrono::NaiveDate>| day.map_or("…".to_owned(), |day| day.to_string());
    let days = match (report.filter.from, report.filter.to) {
        (None, None) => words.get("overview-all-time"),
        (from, to) => format!("{} – {}", day(from), day(to)),
    };
    let through =
        report.last_response.map(|t| words.fill("through", &[("date", t.date().to_string().as_str().into())]));
    let said: Vec<String> = [Some(days), Some(responses(report, words)), through].into_iter().flatten().collect();
    pages.paragraph(&said.join(" · "), Style { colour: SOFT, ..BODY });
    pages.rule();
    if let (Some(headline), Some(method)) = (&report.headline, &report.method) {
        let label = words.fill("index-of", &[("name", headline.name.as_str().into())]);
        pages.text(&label, Style { weight: Weight::Bold, size: 12.0, colour: INK }, Role::Paragraph);
        let big = Style { size: 54.0, weight: Weight::Bold, colour: ACCENT };
        pages.text(&points(headline.index.score), big, Role::Paragraph);
        let level = method.bootstrap.level.to_string();
        let interval = words.fill("interval", &[("level", level.as_str().into())]);
        let of = words.get("of-100");
        pages.paragraph(
            &format!("{of} · {interval}{}{}", words.get("colon"), range(&headline.index, words)),
            Style { colour: SOFT, ..BODY },
        );
        for outcome in &report.outcomes {
            let said = outcome.in_words(words);
            let figure = format!("{} {}", said.name, said.score);
            pages.text(&figure, Style { weight: Weight::Bold, size: 11.5, colour: INK }, Role::Paragraph);
            let interval = words.fill("interval", &[("level", level.as_str().into())]);
            let values = [("interval", interval.as_str().into()), ("range", said.interval.as_str().into())];
            let text = words.fill("pdf-outcome", &[&values[..], &[("about", said.about.as_str().into())]].concat());
            pages.paragraph(&text, Style { colour: SOFT, ..BODY });
        }
    }
    if let Some((title, text)) = absence(report, words) {
        pages.heading(&title, 40.0);
        pages.paragraph(&text, BODY);
    }
    let sentences = summary(report, words);
    if !sentences.is_empty() {
        pages.heading(&words.get("pdf-summary"), 40.0);
        for sentence in &sentences {
            pages.paragraph(sentence, Style { size: 11.5, ..BODY });
        }
    }
    let mut cautions = notices(report, words);
    cautions.extend(report.survey.anonymous.then(|| words.get("report-anonymous")));
    if !cautions.is_empty() {
        pages.heading(&words.get("pdf-caveats"), 40.0);
        for caution in &cautions {
            pages.paragraph(caution, BODY);
        }
    }
    if let Some(kept) = kept {
        pages.space(10.0);
        pages.rule();
        pages.paragraph(kept, NOTE);
    }
}

/// A drawing with its own style, its colours written out: what draws it knows no variables.
fn stands_alone(drawing: Element) -> String {
    let light = COLOURS.lines().next().unwrap_or_default();
    let declared = light.split_once('{').and_then(|(_, rest)| rest.split_once('}')).map_or("", |(inside, _)| inside);
    let mut style = DRAWINGS.to_owned();
    for (name, value) in declared.split(';').filter_map(|pair| pair.split_once(':')) {
        style = style.replace(&format!("var({name})"), value);
    }
    charts::file(drawing, &style)
}

fn figure(pages: &mut Pages, drawing: Element, most: f32) {
    let (size, alternative) = (charts::file_size(&drawing), drawing.alternative());
    pages.drawing(stands_alone(drawing), &alternative, size, most);
}

/// A heading with its note, which stay together with the drawing below them, if there is one.
fn section(pages: &mut Pages, (title, note): (&str, &str), drawing: Option<(Element, f32)>) {
    let follows =
        drawing.as_ref().map_or(90.0, |(drawing, most)| Pages::height_of(charts::file_size(drawing), *most) + 40.0);
    pages.heading(title, follows);
    if !note.is_empty() {
        pages.paragraph(note, NOTE);
    }
    if let Some((drawing, most)) = drawing {
        figure(pages, drawing, most);
    }
}

fn column(name: String, share: f32, right: bool) -> Column {
    Column { name, share, right }
}

fn range(index: &Index, words: &Wording) -> String {
    index.ci.map_or(String::new(), |ci| words.between(&ends(ci)))
}

fn level(report: &Report, words: &Wording) -> String {
    let level = report.method.as_ref().map_or(95, |method| method.bootstrap.level).to_string();
    words.fill("interval", &[("level", level.as_str().into())])
}

fn constructs(pages: &mut Pages, report: &Report, words: &Wording) {
    let title = if report.constructs.len() == 5 { "constructs-title" } else { "constructs-title-other" };
    section(pages, (&words.get(title), &words.get("constructs-note")), None);
    let columns = [
        column(words.get("construct"), 0.34, false),
        column(words.get("score"), 0.12, true),
        column(level(report, words), 0.24, true),
        column(words.get("influence"), 0.15, true),
        column(words.get("explained"), 0.15, true),
    ];
    let row = |c: &crate::report::ConstructFigures| {
        let number = |x: Option<f64>| x.map_or("–".to_owned(), |x| format!("{x:.2}"));
        let explained = c.r2.map_or("–".to_owned(), |r2| format!("{:.0}%", 100.0 * r2));
        vec![c.name.clone(), points(c.index.score), range(&c.index, words), number(c.influence), explained]
    };
    pages.table(&columns, &report.constructs.iter().map(row).collect::<Vec<_>>());
}

fn priorities(pages: &mut Pages, report: &Report, words: &Wording) {
    if report.priorities.is_empty() {
        return;
    }
    let columns = [
        column(words.get("priority-rank"), 0.09, true),
        column(words.get("priority-item"), 0.33, false),
        column(words.get("construct"), 0.19, false),
        column(words.get("priority-importance"), 0.13, true),
        column(words.get("priority-performance"), 0.14, true),
        column(words.get("priority-gain"), 0.12, true),
    ];
    let row = |(number, p): (usize, &crate::report::Priority)| {
        let construct = report.name_of(&p.construct).to_owned();
        let figures = [format!("{:.2}", p.importance), points(p.performance), signed(p.gain())];
        [number.to_string(), p.label.clone(), construct].into_iter().chain(figures).collect()
    };
    let rows: Vec<_> = (1..).zip(&report.priorities).map(row).collect();
    let map = priority_map::draw(report, words).map(|map| (map, 330.0));
    // The numbers on the map are those of the table: both on one page, if they fit one.
    pages.keep_together(420.0 + Pages::height_of_table(&columns, &rows));
    section(pages, (&words.get("priority-title"), &words.get("priority-note")), map);
    pages.table(&columns, &rows);
}

fn paths(pages: &mut Pages, report: &Report, words: &Wording) {
    let diagram = path_diagram::of_report(report, words).map(|d| (path_diagram::draw(&d, Orientation::Across), 300.0));
    section(pages, (&words.get("path-title"), &words.get("path-note")), diagram);
    let columns = [
        column(words.get("path-from"), 0.3, false),
        column(words.get("path-to"), 0.3, false),
        column(words.get("path-estimate"), 0.15, true),
        column(level(report, words), 0.25, true),
    ];
    let row = |p: &crate::report::PathFigures| {
        let interval = p.ci.map_or(String::new(), |ci| words.between(&two_ends(ci)));
        vec![report.name_of(&p.from).to_owned(), report.name_of(&p.to).to_owned(), two(p.estimate), interval]
    };
    pages.table(&columns, &report.paths.iter().map(row).collect::<Vec<_>>());
}

/// Months or houses.
fn groups<'a>(
    pages: &mut Pages,
    groups: impl Iterator<Item = &'a GroupFigures>,
    name: &str,
    (report, words): (&Report, &Wording),
) {
    let columns = [
        column(words.get(name), 0.36, false),
        column(words.get("responses"), 0.18, true),
        column(words.get("score"), 0.2, true),
        column(level(report, words), 0.26, true),
    ];
    let row = |g: &GroupFigures| {
        let count = g.responses.map_or_else(|| format!("< {}", report.thresholds.counts), grouped);
        let score = g.index.map_or_else(|| words.get("too-few-short"), |index| points(index.score));
        let low = if g.base == Base::Low { words.aside(&score, &words.get("low-short")) } else { score };
        vec![g.name.clone(), count, low, g.index.map_or(String::new(), |index| range(&index, words))]
    };
    pages.table(&columns, &groups.map(row).collect::<Vec<_>>());
}

fn months(pages: &mut Pages, report: &Report, words: &Wording) {
    if let Some(drawn) = trend::draw(&report.months, words, WIDE) {
        let note = with_thresholds("months-note", &report.thresholds, words);
        section(pages, (&words.get("months-title"), &note), Some((drawn, 260.0)));
        groups(pages, report.months.iter().rev(), "month", (report, words));
    }
}

fn houses(pages: &mut Pages, report: &Report, words: &Wording) {
    if report.properties.is_empty() {
        return;
    }
    let note = with_thresholds("properties-note", &report.thresholds, words);
    let drawn = dot_plot::draw(ranked(&report.properties), words, WIDE).map(|drawn| (drawn, 420.0));
    section(pages, (&words.get("properties-title"), &note), drawn);
    groups(pages, ranked(&report.properties), "property", (report, words));
}

fn scores(pages: &mut Pages, report: &Report, words: &Wording) {
    if report.scores.is_empty() {
        return;
    }
    section(pages, (&words.get("scores-title"), &words.get("scores-note")), None);
    let columns = [
        column(words.get("score-name"), 0.36, false),
        column(words.get("score-mean"), 0.24, true),
        column(level(report, words), 0.22, true),
        column(words.get("responses"), 0.18, true),
    ];
    let row = |score: &crate::report::ScoreFigures| {
        let of = |c: &crate::report::CategoryCount| {
            let id = format!("category-{}", c.category);
            let name = if words.has(&id) { words.get(&id) } else { c.category.clone() };
            format!("{name} {:.0}%", 100.0 * c.responses as f64 / score.responses as f64)
        };
        let shares = || score.categories.iter().map(of).collect::<Vec<_>>().join(" · ");
        let value = score.mean.map_or_else(shares, |mean| format!("{mean:.2}"));
        let interval = score.ci.map_or(String::new(), |ci| words.between(&ci.map(|end| format!("{end:.2}"))));
        vec![score.name.clone(), value, interval, grouped(score.responses)]
    };
    pages.table(&columns, &report.scores.iter().map(row).collect::<Vec<_>>());
}

fn ratings(pages: &mut Pages, report: &Report, words: &Wording) {
    if report.ratings.is_empty() {
        return;
    }
    section(pages, (&words.get("means-title"), &words.get("means-note")), None);
    let columns = [
        column(words.get("priority-item"), 0.46, false),
        column(words.get("score-mean"), 0.18, true),
        column(words.get("means-scale"), 0.18, true),
        column(words.get("responses"), 0.18, true),
    ];
    let row = |r: &crate::report::RatingFigures| {
        let scale = words.between(&r.scale.map(|end| format!("{end:.0}")));
        vec![r.label.clone(), format!("{:.2}", r.mean), scale, grouped(r.responses)]
    };
    pages.table(&columns, &report.ratings.iter().map(row).collect::<Vec<_>>());
}

fn method(pages: &mut Pages, report: &Report, words: &Wording) {
    let Some(method) = &report.method else { return };
    pages.heading(&words.get("method-title"), 120.0);
    pages.paragraph(&method_text(report, words), BODY);
    pages.paragraph(&method_digest(report, words), BODY);
    // Whoever makes it again compares these.
    let hash = format!(
        "{} {} · {} {}",
        words.get("table-revision"),
        report.survey.revision,
        words.get("table-data"),
        method.data_digest
    );
    pages.paragraph(&hash, NOTE);
}

/// The title and the number at the foot of a page.
fn foot(title: &str, number: usize, count: usize, words: &Wording) -> Piece {
    let page = words.fill("pdf-page", &[("n", Value::Count(number)), ("of", Value::Count(count))]);
    let base = PAGE[1] - 34.0;
    let short = font::lines(title, NOTE.size, NOTE.weight, ROOM - 120.0).into_iter().next().unwrap_or_default();
    let right = PAGE[0] - MARGIN - font::width(&page, NOTE.size, NOTE.weight);
    let marks = vec![
        Mark::Text { at: [MARGIN, base], text: short, style: NOTE },
        Mark::Text { at: [right, base], text: page, style: NOTE },
    ];
    Piece { role: Role::Nothing, number: 0, marks }
}
