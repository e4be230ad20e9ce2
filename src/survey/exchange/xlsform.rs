//! XLSForm in: a workbook with the sheets survey, choices and settings, or the same as CSV.
//!
//! Owns: which of its types become which questions; top-level groups become pages. A choice whose names are points
//! in a row (1 to 5, say) becomes a rating. Refuses: workbooks that unpack to more than [`MOST_UNPACKED`].

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::Cursor;

use calamine::{Data, DataType as _, Reader as _, Xlsx};

use super::conditions::{Named, to_cel};
use super::{
    Basics, Ids, ImportError, Imported, MOST_BYTES, MOST_QUESTIONS, both, condition, empty, empty_page, piped, plain,
    question, settled, slider_range, slug,
};
use crate::survey::logic::Type;
use crate::survey::question::{Choice, Constraint, Look, Question};
use crate::survey::template::{Page, Template};
use crate::survey::text::{Text, is_tag};

/// The most bytes that a workbook may unpack to.
pub const MOST_UNPACKED: u64 = 64 << 20;

/// Columns that have a counterpart.
const KNOWN: [&str; 14] = [
    "type",
    "name",
    "label",
    "hint",
    "required",
    "relevant",
    "constraint",
    "constraint_message",
    "appearance",
    "parameters",
    "calculation",
    "default",
    "read_only",
    "required_message",
];

/// Types that record something about the device or the moment.
const METADATA: [&str; 10] = [
    "start",
    "end",
    "today",
    "deviceid",
    "phonenumber",
    "username",
    "email_metadata",
    "audit",
    "simserial",
    "subscriberid",
];

/// A row by its column names, with its number in the sheet.
type Row = (usize, BTreeMap<String, String>);

/// The sheets that matter.
#[derive(Debug, Default)]
struct Sheets {
    survey: Vec<Row>,
    choices: Vec<Row>,
    settings: Vec<Row>,
}

/// Reads a workbook (`.xlsx`).
///
/// # Errors
/// [`ImportError`].
pub fn import_workbook(bytes: &[u8]) -> Result<Imported, ImportError> {
    if bytes.len() > MOST_BYTES {
        return Err(ImportError::TooLarge);
    }
    let broken = |e: &dyn std::fmt::Display| ImportError::Broken(format!("the workbook cannot be read: {e}"));
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|e| broken(&e))?;
    let mut unpacked = 0_u64;
    for i in 0..archive.len() {
        unpacked = unpacked.saturating_add(archive.by_index_raw(i).map_err(|e| broken(&e))?.size());
    }
    if unpacked > MOST_UNPACKED {
        return Err(ImportError::Broken(format!("the workbook unpacks to more than {} MiB", MOST_UNPACKED >> 20)));
    }
    let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|e| broken(&e))?;
    let mut sheets = Sheets::default();
    for name in workbook.sheet_names() {
        let Some(sheet) = sheets.named(&name) else { continue };
        let range = workbook.worksheet_range(&name).map_err(|e| broken(&e))?;
        let cells = range.rows().map(|row| row.iter().map(cell).collect::<Vec<String>>());
        *sheet = rows(cells);
    }
    import(&sheets)
}

/// A cell as text: whole numbers without a point.
fn cell(data: &Data) -> String {
    match data {
        Data::Float(x) if x.fract() == 0.0 && x.abs() < 1e15 => format!("{x:.0}"),
        Data::Bool(b) => b.to_string(),
        other => other.as_string().unwrap_or_default().trim().to_owned(),
    }
}

/// Reads the CSV form: the first column names a sheet, the rows below are indented by it.
///
/// # Errors
/// [`ImportError`].
pub fn import_csv(text: &str) -> Result<Imported, ImportError> {
    if text.len() > MOST_BYTES {
        return Err(ImportError::TooLarge);
    }
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let mut parts: Vec<(String, Vec<Vec<String>>)> = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|e| ImportError::Broken(e.to_string()))?;
        let cells: Vec<String> = record.iter().map(|c| c.trim().to_owned()).collect();
        match cells.split_first() {
            Some((name, _)) if !name.is_empty() => parts.push((name.clone(), Vec::new())),
            Some((_, rest)) => match parts.last_mut() {
                Some((_, rows)) => rows.push(rest.to_vec()),
                None => return Err(ImportError::Broken("line 1: the first cell must name a sheet: survey".to_owned())),
            },
            None => {}
        }
    }
    let mut sheets = Sheets::default();
    for (name, cells) in parts {
        if let Some(sheet) = sheets.named(&name) {
            *sheet = rows(cells.into_iter());
        }
    }
    import(&sheets)
}

impl Sheets {
    fn named(&mut self, name: &str) -> Option<&mut Vec<Row>> {
        match name.trim().to_lowercase().as_str() {
            "survey" => Some(&mut self.survey),
            "choices" => Some(&mut self.choices),
            "settings" => Some(&mut self.settings),
            _ => None,
        }
    }
}

/// Rows below a heading, empty ones left out; spaces around `::` in headings are taken out.
fn rows(mut cells: impl Iterator<Item = Vec<String>>) -> Vec<Row> {
    let heading: Vec<String> = cells.next().unwrap_or_default();
    let tidy = |name: &String| name.split("::").map(str::trim).collect::<Vec<_>>().join("::");
    let heading: Vec<String> = heading.iter().map(tidy).collect();
    let row = |(number, row): (usize, Vec<String>)| {
        let named = heading.iter().cloned().zip(row).filter(|(name, value)| !name.is_empty() && !value.is_empty());
        (number + 2, named.collect::<BTreeMap<_, _>>())
    };
    cells.enumerate().map(row).filter(|(_, row)| !row.is_empty()).collect()
}

fn import(sheets: &Sheets) -> Result<Imported, ImportError> {
    if sheets.survey.is_empty() {
        return Err(ImportError::Broken("there is no sheet `survey` with questions".to_owned()));
    }
    if sheets.survey.len() > MOST_QUESTIONS {
        return Err(ImportError::TooMany);
    }
    let settings: BTreeMap<String, String> = sheets.settings.first().map(|(_, row)| row.clone()).unwrap_or_default();
    let mut importer = Importer::new(sheets, &settings);
    for (number, row) in &sheets.survey {
        importer.row(*number, row);
    }
    importer.finish().mended()
}

/// A list of choices: name and texts.
type Choices = Vec<(String, Text)>;

struct Importer {
    base: String,
    template: Template,
    ids: Ids,
    pages: Ids,
    named: HashMap<String, Named>,
    choices: HashMap<String, Choices>,
    left_out: Vec<String>,
    /// Open groups: their conditions.
    groups: Vec<Option<String>>,
    /// Depth of a repeat that is passed over.
    repeat: usize,
    page: Option<Page>,
}

/// The languages of `label::English (en)` and the like, in the order of the sheet; and names that are none.
fn languages(sheets: &Sheets, usual: &str) -> (Vec<String>, BTreeSet<String>) {
    let (mut found, mut unknown) = (vec![usual.to_owned()], BTreeSet::new());
    let columns = sheets.survey.iter().chain(&sheets.choices).flat_map(|(_, row)| row.keys());
    for language in columns.filter_map(|name| name.split_once("::")).filter(|(of, _)| *of == "label").map(|(_, l)| l) {
        match tag(language) {
            Some(tag) if !found.contains(&tag) => found.push(tag),
            Some(_) => {}
            None => drop(unknown.insert(language.to_owned())),
        }
    }
    (found, unknown)
}

/// `English (en)` -> `en`; a name without a tag by itself, as far as it is known.
fn tag(language: &str) -> Option<String> {
    let inside = language.split_once('(').map(|(_, rest)| rest.trim_end_matches(')').trim());
    let tag = match language.trim().to_lowercase().as_str() {
        _ if inside.is_some() => inside.unwrap_or_default().to_owned(),
        "english" => "en".to_owned(),
        "french" | "français" => "fr".to_owned(),
        "german" | "deutsch" => "de".to_owned(),
        "spanish" | "español" => "es".to_owned(),
        "arabic" | "العربية" => "ar".to_owned(),
        "chinese" | "中文" => "zh-Hans".to_owned(),
        other => other.to_owned(),
    };
    Some(tag).filter(|tag| is_tag(tag))
}

impl Importer {
    fn new(sheets: &Sheets, settings: &BTreeMap<String, String>) -> Self {
        let columns = sheets.survey.iter().flat_map(|(_, row)| row.keys());
        let mut translated = columns.filter_map(|name| name.strip_prefix("label::")).filter_map(tag);
        let base = settings.get("default_language").and_then(|l| tag(l)).or_else(|| translated.next());
        let base = base.unwrap_or_else(|| "en".to_owned());
        let (languages, unknown) = languages(sheets, &base);
        let ids = Ids::of_questions();
        let pages = Ids::of_pages();
        let title =
            settings.get("form_title").or_else(|| settings.get("form_id")).map_or("Imported survey", String::as_str);
        let mut template = empty(settings.get("form_id").map_or(title, String::as_str), languages);
        template.title = Text([(base.clone(), plain(title))].into());
        if let Some(version) = settings.get("version") {
            template.version.clone_from(version);
        }
        template.id = slug(&template.id);
        let mut importer = Self {
            base,
            template,
            ids,
            pages,
            named: HashMap::new(),
            choices: HashMap::new(),
            left_out: unknown
                .iter()
                .map(|l| format!("the language `{l}`: its tag is not known; name the column `label::{l} (TAG)`"))
                .collect(),
            groups: Vec::new(),
            repeat: 0,
            page: None,
        };
        for (_, row) in &sheets.choices {
            if let (Some(list), Some(name)) = (row.get("list_name").or_else(|| row.get("list name")), row.get("name")) {
                let text = importer.text(row, "label", name);
                importer.choices.entry(list.clone()).or_default().push((name.clone(), text));
            }
        }
        for key in
            settings.keys().filter(|k| !["form_title", "form_id", "version", "default_language"].contains(&k.as_str()))
        {
            importer.left_out.push(format!("settings: `{key}`"));
        }
        importer
    }

    fn finish(mut self) -> Imported {
        self.close_page();
        Imported { template: self.template, left_out: self.left_out }
    }

    fn leave(&mut self, place: &str, what: impl Into<String>) {
        self.left_out.push(format!("{place}: {}", what.into()));
    }

    fn close_page(&mut self) {
        self.template.pages.extend(self.page.take().filter(|page| !page.questions.is_empty()));
    }

    fn open_page(&mut self, name: &str) -> &mut Page {
        if self.page.is_none() {
            self.page = Some(empty_page(self.pages.make(name, "page")));
        }
        self.page.get_or_insert_with(|| empty_page("page".to_owned()))
    }

    /// A text by language; `otherwise` where the base language has none.
    fn text(&self, row: &BTreeMap<String, String>, column: &str, otherwise: &str) -> Text {
        let id = |name: &str| self.named.get(name).map(|n| n.cel.clone());
        let mut text = Text::default();
        for (name, wording) in row {
            let language = match name.split_once("::") {
                None if name == column => self.base.clone(),
                Some((of, language)) if of == column => match tag(language) {
                    Some(tag) => tag,
                    None => continue,
                },
                _ => continue,
            };
            let wording = piped(wording, &id);
            if !wording.is_empty() && self.template.languages.contains(&language) {
                text.0.insert(language, wording);
            }
        }
        let mut text = settled(text, &self.base);
        let otherwise = plain(otherwise);
        if !otherwise.is_empty() {
            text.0.entry(self.base.clone()).or_insert(otherwise);
        }
        text
    }

    fn condition(&mut self, text: Option<&String>, place: &str) -> Option<String> {
        let text = text?;
        condition(text, place, &self.named, &mut self.left_out)
    }

    fn row(&mut self, number: usize, row: &BTreeMap<String, String>) {
        let kind = row.get("type").map(|t| t.split_whitespace().collect::<Vec<_>>().join(" ")).unwrap_or_default();
        let place = row.get("name").map_or_else(|| format!("row {number}"), |name| format!("row {number}, {name}"));
        match kind.replace(' ', "_").as_str() {
            "begin_repeat" => {
                self.repeat += 1;
                return self.leave(&place, "a group that repeats, with everything in it");
            }
            "end_repeat" => return self.repeat = self.repeat.saturating_sub(1),
            _ if self.repeat > 0 => return,
            "begin_group" => return self.begin_group(row, &place),
            "end_group" => {
                self.groups.pop();
                if self.groups.is_empty() {
                    self.close_page();
                }
                return;
            }
            _ => {}
        }
        let Some(question) = self.question(&kind, row, &place) else { return };
        for key in row.keys().map(|k| k.split("::").next().unwrap_or(k)).filter(|k| !KNOWN.contains(k)) {
            self.left_out.push(format!("{place}: `{key}`"));
        }
        for (key, what) in [
            ("default", "its default; guests answer themselves"),
            ("read_only", "that it cannot be changed"),
            ("calculation", "its calculation; guests answer themselves"),
        ] {
            if row.contains_key(key) {
                self.leave(&place, what);
            }
        }
        self.open_page("page").questions.push(question);
    }

    fn begin_group(&mut self, row: &BTreeMap<String, String>, place: &str) {
        let condition = self.condition(row.get("relevant"), place);
        if self.groups.is_empty() {
            self.close_page();
            let title = self.text(row, "label", "");
            let name = row.get("name").cloned().unwrap_or_default();
            let page = self.open_page(&name);
            page.title = title;
            page.show_if = condition;
            self.groups.push(None);
        } else {
            let around = self.groups.last().cloned().flatten();
            self.groups.push(both(around.as_deref(), condition));
        }
    }

    fn question(&mut self, kind: &str, row: &BTreeMap<String, String>, place: &str) -> Option<Question> {
        let (kind, list) = kind.split_once(' ').unwrap_or((kind, ""));
        let name = row.get("name").map_or("", String::as_str);
        if METADATA.contains(&kind) {
            self.leave(place, format!("`{kind}`: nothing of the kind is recorded"));
            return None;
        }
        let own = self.condition(row.get("relevant"), place);
        let around = self.groups.last().cloned().flatten();
        let id = self.ids.make(name, "q");
        let named = |cel: &str, kind| Named { cel: cel.to_owned(), kind, choices: Vec::new() };
        let mut basics = Basics {
            text: self.text(row, "label", name),
            help: self.text(row, "hint", ""),
            required: row
                .get("required")
                .is_some_and(|r| matches!(r.to_lowercase().as_str(), "yes" | "true" | "true()" | "1")),
            show_if: both(around.as_deref(), own),
            constraint: None,
            id: id.clone(),
        };
        let found = match kind {
            "text" | "string" => {
                self.named.insert(name.to_owned(), named(&id, Type::Text));
                basics.constraint = self.constraint(row, name, &id, Type::Text, place);
                if row.get("appearance").is_some_and(|a| a.contains("multiline")) {
                    question!(basics, LongText { max_length: 2000 })
                } else {
                    question!(basics, ShortText { max_length: 200 })
                }
            }
            "integer" | "int" | "decimal" => {
                self.named.insert(name.to_owned(), named(&id, Type::Number));
                basics.constraint = self.constraint(row, name, &id, Type::Number, place);
                let decimals = if kind == "decimal" { 3 } else { 0 };
                question!(basics, Number { min: None, max: None, decimals: decimals, unit: Text::default() })
            }
            "range" => {
                self.named.insert(name.to_owned(), named(&id, Type::Number));
                basics.constraint = self.constraint(row, name, &id, Type::Number, place);
                let (min, max, step) = self.range(row, place);
                question!(
                    basics,
                    Slider { low: Text::default(), high: Text::default(), min: min, max: max, step: step }
                )
            }
            "date" => {
                self.named.insert(name.to_owned(), named(&id, Type::Text));
                basics.constraint = self.constraint(row, name, &id, Type::Text, place);
                question!(basics, Date { min: None, max: None })
            }
            "note" => question!(Basics { required: false, ..basics }, Statement {}),
            "acknowledge" | "trigger" => {
                self.named.insert(
                    name.to_owned(),
                    Named { choices: vec![("OK".into(), "true".into())], ..named(&id, Type::Bool) },
                );
                question!(basics, Consent {})
            }
            "hidden" => Question::Hidden {
                id,
                parameter: None,
                label: basics.text,
                choices: Vec::new(),
                other: Text::default(),
            },
            "select_one" | "select_multiple" | "rank" | "select1" => {
                return self.select(kind, list, basics, row, place);
            }
            _ => {
                let what = if kind == "calculate" {
                    "a calculation; write it as a score"
                } else {
                    "its type has no counterpart"
                };
                self.leave(place, format!("`{kind}`: {what}"));
                return None;
            }
        };
        Some(found)
    }

    /// Lowest, highest and step of a range, as near as a slider comes to them.
    fn range(&mut self, row: &BTreeMap<String, String>, place: &str) -> (u8, u8, u8) {
        let parameters = row.get("parameters").cloned().unwrap_or_default();
        let number = |key: &str, usual: f64| {
            let mut pairs = parameters.split([' ', ';', ',']).filter_map(|p| p.split_once('='));
            pairs.find(|(k, _)| k.trim() == key).and_then(|(_, v)| v.trim().parse().ok()).unwrap_or(usual)
        };
        let wanted = (number("start", 1.0), number("end", 10.0), number("step", 1.0));
        // Out of range becomes the nearest, and is said.
        let (min, max, step) = slider_range(wanted.0 as u8, wanted.1 as u8, wanted.2 as u8);
        if (f64::from(min), f64::from(max), f64::from(step)) != wanted {
            let (from, to, by) = wanted;
            self.leave(place, format!("a range from {from} to {to} by {by}; it is from {min} to {max} by {step} here"));
        }
        (min, max, step)
    }

    fn constraint(
        &mut self,
        row: &BTreeMap<String, String>,
        name: &str,
        id: &str,
        kind: Type,
        place: &str,
    ) -> Option<Constraint> {
        let text = row.get("constraint")?;
        let itself = self.named.get(name).cloned();
        let itself = itself.unwrap_or_else(|| Named { cel: id.to_owned(), kind, choices: Vec::new() });
        // A full stop is the answer itself, where no digit is next to it.
        let spelled = itself_spelled(text);
        let named = |n: &str| if n == ITSELF || n == name { Some(itself.clone()) } else { self.named.get(n).cloned() };
        match to_cel(&spelled, &named) {
            Ok(test) => {
                Some(Constraint { test, message: self.text(row, "constraint_message", "Please check this answer.") })
            }
            Err(why) => {
                self.leave(place, format!("the check `{text}`: {why}"));
                None
            }
        }
    }

    fn select(
        &mut self,
        kind: &str,
        list: &str,
        mut basics: Basics,
        row: &BTreeMap<String, String>,
        place: &str,
    ) -> Option<Question> {
        let name = row.get("name").map_or("", String::as_str);
        let (list, or_other) = list.strip_suffix(" or_other").map_or((list, false), |l| (l, true));
        let entries = self.choices.get(list.trim()).cloned().unwrap_or_default();
        if entries.len() < 2 {
            self.leave(place, format!("the list `{list}` has {} choices; two are needed", entries.len()));
            return None;
        }
        if let Some(question) = self.rating(kind, &entries, &basics, name, or_other) {
            if row.contains_key("constraint") {
                self.leave(place, "the check of a rating");
            }
            return Some(question);
        }
        let mut ids = Ids::of_choices();
        let made: Vec<(String, String, Text)> =
            entries.into_iter().map(|(value, text)| (value.clone(), ids.make(&value, "c"), text)).collect();
        let map = made.iter().map(|(value, id, _)| (value.clone(), id.clone())).collect();
        let choices: Vec<Choice> =
            made.into_iter().map(|(_, id, text)| Choice { id, text, exclusive: false, show_if: None }).collect();
        let other = if or_other { Text([(self.base.clone(), "Other".to_owned())].into()) } else { Text::default() };
        let kind_of = if kind == "select_multiple" { Type::List } else { Type::Text };
        if kind != "rank" {
            self.named.insert(name.to_owned(), Named { cel: basics.id.clone(), kind: kind_of, choices: map });
            basics.constraint = self.constraint(row, name, &basics.id, kind_of, place);
        } else if row.contains_key("constraint") {
            self.leave(place, "the check of a ranking");
        }
        Some(match kind {
            "select_multiple" => question!(basics, MultipleChoice { choices: choices, other: other, shuffle: false }),
            "rank" if choices.len() <= 12 => question!(basics, Ranking { choices: choices, shuffle: false }),
            "rank" => {
                self.leave(place, format!("{} choices to rank; twelve are the most", choices.len()));
                return None;
            }
            _ if choices.len() > 12 && other.is_empty() => question!(basics, DropDown { choices: choices }),
            _ => question!(basics, SingleChoice { choices: choices, other: other, shuffle: false }),
        })
    }

    /// One of points in a row, from 0 or 1: a rating with a label for every point.
    fn rating(
        &mut self,
        kind: &str,
        entries: &Choices,
        basics: &Basics,
        name: &str,
        or_other: bool,
    ) -> Option<Question> {
        let points: Vec<u8> = entries.iter().map(|(value, _)| value.parse().ok()).collect::<Option<_>>()?;
        let in_a_row = points.windows(2).all(|pair| pair[1] == pair[0].wrapping_add(1));
        let (min, max) = (*points.first()?, *points.last()?);
        if kind == "select_multiple"
            || kind == "rank"
            || or_other
            || !in_a_row
            || min > 1
            || !(min + 2..=11).contains(&max)
        {
            return None;
        }
        self.named.insert(name.to_owned(), Named { cel: basics.id.clone(), kind: Type::Number, choices: Vec::new() });
        let labels = entries.iter().map(|(_, text)| text.clone()).collect();
        let (low, high) = (Text::default(), Text::default());
        Some(question!(
            basics.clone(),
            Rating { scale: None, low: low, high: high, min: min, max: max, labels: labels, look: Look::Numbers }
        ))
    }
}

/// What stands for the answer itself in a check.
const ITSELF: &str = "itself";

/// `. > 3` -> `{itself} > 3`.
fn itself_spelled(text: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    let beside = |i: usize| characters.get(i).is_some_and(|c| c.is_alphanumeric());
    let spell = |(i, c): (usize, &char)| {
        let alone = *c == '.' && !beside(i + 1) && !(i > 0 && beside(i - 1));
        if alone { format!("{{{ITSELF}}}") } else { c.to_string() }
    };
    characters.iter().enumerate().map(spell).collect()
}
