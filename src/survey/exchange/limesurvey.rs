//! LimeSurvey structure files (`.lss`) in.
//!
//! Owns: both shapes of the file: texts in the rows of their language (DBVersion below 400) and in tables of their
//! own (`question_l10ns` and the like). Groups become pages. Refuses: files that are no such structure, entities and
//! document types of their own, and depths that no such file has.

use std::collections::{BTreeMap, HashMap};

use quick_xml::events::Event;
use quick_xml::{Reader, XmlVersion};

use super::conditions::Named;
use super::{
    Basics, Ids, ImportError, Imported, MOST_BYTES, MOST_QUESTIONS, condition, empty, empty_page, plain, question,
    settled, tag_or,
};
use crate::survey::logic::Type;
use crate::survey::question::{Choice, Look, Question, Row};
use crate::survey::template::Template;
use crate::survey::text::{Text, is_tag};
use crate::survey::xml;

type Record = BTreeMap<String, String>;
type Tables = HashMap<String, Vec<Record>>;

/// Reads a structure file.
///
/// # Errors
/// [`ImportError`].
pub fn import(text: &str) -> Result<Imported, ImportError> {
    let tables = tables(text)?;
    if tables.get("questions").is_none_or(Vec::is_empty) {
        return Err(ImportError::Broken("this LimeSurvey file has no questions".to_owned()));
    }
    if tables["questions"].len() > 10 * MOST_QUESTIONS {
        return Err(ImportError::TooMany);
    }
    Importer::new(&tables).run().and_then(Imported::mended)
}

/// The rows of every table: `document/TABLE/rows/row/FIELD`.
fn tables(text: &str) -> Result<Tables, ImportError> {
    if text.len() > MOST_BYTES {
        return Err(ImportError::TooLarge);
    }
    let mut reader = Reader::from_str(text);
    let (mut path, mut tables, mut record): (Vec<String>, Tables, Record) = (Vec::new(), Tables::new(), Record::new());
    let fail = |what: String| ImportError::Broken(what);
    loop {
        let event = reader.read_event().map_err(|e| fail(format!("byte {}: {e}", reader.error_position())))?;
        let mut add = |path: &[String], text: &str| {
            if path.len() == 5 {
                record.entry(path[4].clone()).or_default().push_str(text);
            } else if path.len() == 3 && path[1] == "languages" {
                tables
                    .entry("languages".to_owned())
                    .or_default()
                    .push(Record::from([("language".to_owned(), text.to_owned())]));
            } else if path.len() == 2 {
                tables.entry(path[1].clone()).or_default().push(Record::from([("text".to_owned(), text.to_owned())]));
            }
        };
        match event {
            Event::Start(tag) => {
                path.push(tag.local_name().as_ref().to_owned());
                if path.len() > 8 {
                    return Err(fail(format!("byte {}: nested too deeply", reader.buffer_position())));
                }
            }
            Event::Text(text) => {
                let text = text.xml_content(XmlVersion::Explicit1_0);
                if !text.trim().is_empty() {
                    add(&path, &text);
                }
            }
            Event::CData(data) => add(&path, &data.xml_content(XmlVersion::Explicit1_0)),
            Event::GeneralRef(entity) => add(&path, &xml::entity(&entity).map_err(fail)?),
            Event::End(_) => {
                if path.len() == 4 && path[2] == "rows" {
                    tables.entry(path[1].clone()).or_default().push(std::mem::take(&mut record));
                }
                path.pop();
            }
            Event::DocType(_) => return Err(fail("a document type has no place in a LimeSurvey file".to_owned())),
            Event::Eof => break,
            _ => {}
        }
    }
    let kind = tables.get("LimeSurveyDocType").and_then(|rows| rows.first()).and_then(|row| row.get("text"));
    if kind.map(|k| k.trim()) != Some("Survey") {
        return Err(fail("this is not a LimeSurvey structure file (.lss)".to_owned()));
    }
    Ok(tables)
}

/// Attributes of questions that have a counterpart.
const CARRIED: [&str; 6] = [
    "exclude_all_others",
    "max_num_value_n",
    "min_num_value_n",
    "num_value_int_only",
    "other_replace_text",
    "random_order",
];

/// Attributes that only say how a question looks, or how it is counted there.
const LOOKS: [&str; 16] = [
    "alphasort",
    "answer_width",
    "cssclass",
    "display_columns",
    "display_rows",
    "hide_tip",
    "input_size",
    "label_input_columns",
    "page_break",
    "printable_help",
    "public_statistics",
    "question_template",
    "scale_export",
    "statistics_graphtype",
    "statistics_showgraph",
    "text_input_width",
];

struct Importer<'a> {
    tables: &'a Tables,
    base: String,
    template: Template,
    ids: Ids,
    named: HashMap<String, Named>,
    left_out: Vec<String>,
}

fn get<'a>(record: &'a Record, key: &str) -> &'a str {
    record.get(key).map_or("", |v| v.trim())
}

/// LimeSurvey's language code as a tag.
fn tag(code: &str) -> String {
    match code {
        "zh-Hans" | "zh-Hant-HK" | "zh-Hant-TW" => code.to_owned(),
        other => other
            .split('-')
            .enumerate()
            .map(|(i, p)| if i == 0 { p.to_lowercase() } else { p.to_owned() })
            .filter(|p| p != "informal" && p != "easy")
            .collect::<Vec<_>>()
            .join("-"),
    }
}

impl<'a> Importer<'a> {
    fn new(tables: &'a Tables) -> Self {
        let rows = |name: &str| tables.get(name).map_or(&[][..], Vec::as_slice);
        let base = rows("surveys").first().map(|s| get(s, "language")).filter(|l| !l.is_empty());
        let base = base.or_else(|| rows("languages").first().map(|l| get(l, "language"))).unwrap_or("en");
        let ids = Ids::of_questions();
        let base = tag_or(&tag(base), "en");
        let mut languages = vec![base.clone()];
        for record in rows("languages") {
            let language = tag(get(record, "language"));
            if !languages.contains(&language) && is_tag(&language) {
                languages.push(language);
            }
        }
        Self { tables, template: empty("imported", languages), base, ids, named: HashMap::new(), left_out: Vec::new() }
    }

    fn rows(&self, table: &str) -> &'a [Record] {
        self.tables.get(table).map_or(&[], Vec::as_slice)
    }

    fn leave(&mut self, place: &str, what: impl Into<String>) {
        self.left_out.push(format!("{place}: {}", what.into()));
    }

    /// A text in all languages: from rows of the same thing, or from the table of its texts.
    fn text(&self, table: &str, texts: &str, key: &str, id: &str, field: &str) -> Text {
        let of = |rows: &'a [Record]| rows.iter().filter(move |r| get(r, key) == id);
        let mut text = Text::default();
        for record in of(self.rows(table)).chain(of(self.rows(texts))) {
            let wording = plain(get(record, field));
            let language = get(record, "language");
            if !wording.is_empty() {
                let language = if language.is_empty() { self.base.clone() } else { tag(language) };
                if self.template.languages.contains(&language) {
                    text.0.entry(language).or_insert(wording);
                }
            }
        }
        settled(text, &self.base)
    }

    fn with_base(&self, mut text: Text, otherwise: &str) -> Text {
        let usual = || Some(plain(otherwise)).filter(|t| !t.is_empty()).unwrap_or_else(|| "?".to_owned());
        text.0.entry(self.base.clone()).or_insert_with(usual);
        text
    }

    fn run(mut self) -> Result<Imported, ImportError> {
        let settings = self.rows("surveys_languagesettings");
        let heading = |field: &str| {
            let pairs = settings.iter().map(|r| (tag(get(r, "surveyls_language")), plain(get(r, field))));
            let known = pairs.filter(|(tag, text)| !text.is_empty() && self.template.languages.contains(tag));
            settled(Text(known.collect()), &self.base)
        };
        self.template.title = self.with_base(heading("surveyls_title"), "Imported survey");
        self.template.id = super::slug(self.template.title.in_language("en", &self.base));
        self.template.introduction = heading("surveyls_description");
        if self.template.introduction.is_empty() {
            self.template.introduction = heading("surveyls_welcometext");
        }
        self.template.thanks = heading("surveyls_endtext");
        let mut groups: Vec<&Record> = Vec::new();
        for group in self.rows("groups") {
            if !groups.iter().any(|g| get(g, "gid") == get(group, "gid")) {
                groups.push(group);
            }
        }
        groups.sort_by_key(|g| get(g, "group_order").parse::<i64>().unwrap_or(0));
        let mut pages = Ids::of_pages();
        let mut asked = 0;
        for group in groups {
            let gid = get(group, "gid");
            let title = self.text("groups", "group_l10ns", "gid", gid, "group_name");
            let name = title.in_language("en", &self.base).to_owned();
            let mut page = empty_page(pages.make(&name, "page"));
            page.introduction = self.text("groups", "group_l10ns", "gid", gid, "description");
            page.title = title;
            page.show_if = self.condition(get(group, "grelevance"), &name);
            for question in self.questions_of("gid", gid) {
                asked += 1;
                if asked > MOST_QUESTIONS {
                    return Err(ImportError::TooMany);
                }
                match get(question, "type") {
                    "K" | "Q" => page.questions.extend(self.lines(question)),
                    _ => page.questions.extend(self.question(question)),
                }
            }
            if !page.questions.is_empty() {
                self.template.pages.push(page);
            }
        }
        for table in ["quota", "assessments", "conditions"] {
            let count = self.rows(table).len();
            if count > 0 {
                self.leave("survey", format!("{count} rows of `{table}`"));
            }
        }
        Ok(Imported { template: self.template, left_out: self.left_out })
    }

    /// Main questions with a key, each once, in order.
    fn questions_of(&self, key: &str, value: &str) -> Vec<&'a Record> {
        let mut found: Vec<&Record> = Vec::new();
        for question in self.rows("questions").iter().filter(|q| get(q, key) == value) {
            let main = matches!(get(question, "parent_qid"), "" | "0");
            if main && !found.iter().any(|q| get(q, "qid") == get(question, "qid")) {
                found.push(question);
            }
        }
        found.sort_by_key(|q| get(q, "question_order").parse::<i64>().unwrap_or(0));
        found
    }

    /// Code and wording of every sub-question, or of one scale of them.
    fn parts(&self, qid: &str) -> Vec<(String, Text)> {
        let mut found: Vec<&Record> = Vec::new();
        let rows = self.rows("subquestions").iter().chain(self.rows("questions"));
        for part in rows.filter(|q| get(q, "parent_qid") == qid && matches!(get(q, "scale_id"), "" | "0")) {
            if !found.iter().any(|q| get(q, "qid") == get(part, "qid")) {
                found.push(part);
            }
        }
        found.sort_by_key(|q| get(q, "question_order").parse::<i64>().unwrap_or(0));
        let text = |part: &Record| {
            let id = get(part, "qid");
            let mut text = self.text("subquestions", "question_l10ns", "qid", id, "question");
            text.0.extend(self.text("questions", "question_l10ns", "qid", id, "question").0);
            self.with_base(text, get(part, "title"))
        };
        found.into_iter().map(|part| (get(part, "title").to_owned(), text(part))).collect()
    }

    /// Code and wording of every answer of the first scale.
    fn answers(&self, qid: &str) -> Vec<(String, Text)> {
        let mut found: Vec<(i64, String, Text)> = Vec::new();
        let mine =
            self.rows("answers").iter().filter(|a| get(a, "qid") == qid && matches!(get(a, "scale_id"), "" | "0"));
        for answer in mine {
            let code = get(answer, "code").to_owned();
            let wording = plain(get(answer, "answer"));
            let position = found.iter().position(|(_, c, _)| *c == code).unwrap_or_else(|| {
                let order = get(answer, "sortorder").parse::<i64>().unwrap_or(0);
                found.push((
                    order,
                    code.clone(),
                    self.text("answers", "answer_l10ns", "aid", get(answer, "aid"), "answer"),
                ));
                found.len() - 1
            });
            let language = tag(get(answer, "language"));
            if !wording.is_empty() && self.template.languages.contains(&language) {
                found[position].2.0.insert(language, wording);
            }
        }
        found.sort_by_key(|(order, _, _)| *order);
        found.into_iter().map(|(_, code, text)| (code.clone(), self.with_base(text, &code))).collect()
    }

    /// An attribute of a question; the texts of other languages come from [`Importer::attribute_text`].
    fn attribute(&self, qid: &str, name: &str) -> Option<&'a str> {
        let mut rows = self.rows("question_attributes").iter();
        let found = rows.find(|r| get(r, "qid") == qid && get(r, "attribute") == name)?;
        Some(get(found, "value")).filter(|value| !value.is_empty())
    }

    fn attribute_text(&self, qid: &str, name: &str) -> Text {
        let mine = self.rows("question_attributes").iter();
        let mine = mine.filter(|r| get(r, "qid") == qid && get(r, "attribute") == name);
        let pairs = mine.map(|r| (tag(get(r, "language")), plain(get(r, "value"))));
        let known = pairs.filter(|(tag, text)| !text.is_empty() && self.template.languages.contains(tag));
        settled(Text(known.collect()), &self.base)
    }

    /// Lists the attributes that change what is asked and have no counterpart.
    fn other_attributes(&mut self, qid: &str, title: &str) {
        for row in self.rows("question_attributes").iter().filter(|r| get(r, "qid") == qid) {
            let (name, value) = (get(row, "attribute"), get(row, "value"));
            if !value.is_empty() && value != "0" && !CARRIED.contains(&name) && !LOOKS.contains(&name) {
                self.leave(title, format!("its attribute `{name}`, `{value}`"));
            }
        }
    }

    fn condition(&mut self, text: &str, place: &str) -> Option<String> {
        let text = text.trim();
        if text.is_empty() || text == "1" {
            return None;
        }
        condition(text, place, &self.named, &mut self.left_out)
    }

    fn question(&mut self, record: &Record) -> Option<Question> {
        let (qid, title, kind) = (get(record, "qid"), get(record, "title"), get(record, "type"));
        let id = self.ids.make(title, "q");
        let text = self.text("questions", "question_l10ns", "qid", qid, "question");
        let basics = Basics {
            text: self.with_base(text, title),
            help: self.text("questions", "question_l10ns", "qid", qid, "help"),
            required: get(record, "mandatory") == "Y",
            show_if: self.condition(get(record, "relevance"), title),
            constraint: None,
            id: id.clone(),
        };
        if !get(record, "preg").is_empty() {
            self.leave(title, "a check by a pattern");
        }
        self.other_attributes(qid, title);
        let mut name = |kind| self.named.insert(title.to_owned(), Named { cel: id.clone(), kind, choices: Vec::new() });
        let points = |max: u8| (Text::default(), Text::default(), max);
        Some(match kind {
            "5" => {
                name(Type::Number);
                self.rating(basics, points(5).2)
            }
            "L" | "!" | "O" | "Y" | "G" | "M" | "P" | "R" | "I" => return self.choice(kind, record, basics),
            "A" | "B" | "F" | "H" | "C" | "E" => return self.array(kind, qid, title, basics),
            "S" => {
                name(Type::Text);
                question!(basics, ShortText { max_length: 200 })
            }
            "T" | "U" => {
                name(Type::Text);
                question!(basics, LongText { max_length: 2000 })
            }
            "N" => {
                name(Type::Number);
                self.number(qid, basics)
            }
            "D" => {
                name(Type::Text);
                question!(basics, Date { min: None, max: None })
            }
            "X" => question!(Basics { required: false, ..basics }, Statement {}),
            "*" => {
                self.leave(title, "an equation; write it as a score");
                return None;
            }
            other => {
                self.leave(title, format!("a question of the type `{other}` has no counterpart"));
                return None;
            }
        })
    }

    fn number(&self, qid: &str, basics: Basics) -> Question {
        let bound =
            |name: &str| self.attribute(qid, name).and_then(|v| v.parse::<f64>().ok()).filter(|x| x.is_finite());
        let (min, max) = (bound("min_num_value_n"), bound("max_num_value_n"));
        let (min, max) = if min.zip(max).is_some_and(|(a, b)| a >= b) { (None, None) } else { (min, max) };
        let decimals = if self.attribute(qid, "num_value_int_only") == Some("1") { 0 } else { 6 };
        question!(basics, Number { min: min, max: max, decimals: decimals, unit: Text::default() })
    }

    /// Several numbers or lines of text under one heading: the heading as a text to read, a question for each.
    fn lines(&mut self, record: &Record) -> Vec<Question> {
        let (qid, title) = (get(record, "qid"), get(record, "title"));
        let numbers = get(record, "type") == "K";
        let show_if = self.condition(get(record, "relevance"), title);
        self.other_attributes(qid, title);
        let id = self.ids.make(title, "q");
        let text = self.with_base(self.text("questions", "question_l10ns", "qid", qid, "question"), title);
        let help = self.text("questions", "question_l10ns", "qid", qid, "help");
        let heading = Basics { id: id.clone(), text, help, show_if: show_if.clone(), ..Basics::default() };
        let mut questions = vec![question!(heading, Statement {})];
        for (code, text) in self.parts(qid) {
            let own = self.ids.make(&format!("{id}_{code}"), "q");
            let kind = if numbers { Type::Number } else { Type::Text };
            self.named.insert(format!("{title}_{code}"), Named { cel: own.clone(), kind, choices: Vec::new() });
            let required = get(record, "mandatory") == "Y";
            let basics = Basics { id: own, text, required, show_if: show_if.clone(), ..Basics::default() };
            questions.push(if numbers {
                self.number(qid, basics)
            } else {
                question!(basics, ShortText { max_length: 200 })
            });
        }
        questions
    }

    fn rating(&self, basics: Basics, max: u8) -> Question {
        let end = |point: u8| Text([(self.base.clone(), point.to_string())].into());
        question!(
            basics,
            Rating {
                scale: None,
                low: end(1),
                high: end(max),
                min: 1,
                max: max,
                labels: Vec::new(),
                look: Look::Numbers
            }
        )
    }

    fn choice(&mut self, kind: &str, record: &Record, basics: Basics) -> Option<Question> {
        let (qid, title) = (get(record, "qid"), get(record, "title"));
        let fixed = |pairs: &[(&str, &str)]| -> Vec<(String, Text)> {
            pairs
                .iter()
                .map(|(code, word)| ((*code).to_owned(), Text([(self.base.clone(), (*word).to_owned())].into())))
                .collect()
        };
        let entries = match kind {
            "Y" => fixed(&[("Y", "Yes"), ("N", "No")]),
            "G" => fixed(&[("F", "Female"), ("M", "Male")]),
            "I" => self
                .template
                .languages
                .iter()
                .map(|l| (l.clone(), Text([(self.base.clone(), l.clone())].into())))
                .collect(),
            "M" | "P" => self.parts(qid),
            _ => self.answers(qid),
        };
        let mut ids = Ids::of_choices();
        let multiple = matches!(kind, "M" | "P");
        let alone: Vec<&str> = self.attribute(qid, "exclude_all_others").unwrap_or_default().split(';').collect();
        let shuffle = self.attribute(qid, "random_order") == Some("1");
        let made: Vec<(String, Choice)> = entries
            .into_iter()
            .map(|(code, text)| {
                let (id, exclusive) = (ids.make(&code, "c"), multiple && alone.contains(&code.as_str()));
                (code, Choice { id, text, exclusive, show_if: None })
            })
            .collect();
        if made.len() < 2 {
            self.leave(title, format!("{} choices; two are needed", made.len()));
            return None;
        }
        let mut map: Vec<(String, String)> = made.iter().map(|(code, c)| (code.clone(), c.id.clone())).collect();
        map.push(("-oth-".to_owned(), "other".to_owned()));
        if multiple {
            for (code, choice) in &made {
                // LimeSurvey asks single boxes: `q_code.NAOK == "Y"`.
                let cel = format!("('{}' in {} ? 'Y' : '')", choice.id, basics.id);
                self.named.insert(format!("{title}_{code}"), Named { cel, kind: Type::Text, choices: Vec::new() });
            }
        } else if kind != "R" {
            self.named.insert(title.to_owned(), Named { cel: basics.id.clone(), kind: Type::Text, choices: map });
        }
        if matches!(kind, "O" | "P") {
            self.leave(title, "the comment beside each choice");
        }
        let choices: Vec<Choice> = made.into_iter().map(|(_, c)| c).collect();
        let other = if get(record, "other") == "Y" {
            self.with_base(self.attribute_text(qid, "other_replace_text"), "Other")
        } else {
            Text::default()
        };
        Some(match kind {
            "R" if choices.len() <= 12 => question!(basics, Ranking { choices: choices, shuffle: shuffle }),
            "R" => {
                self.leave(title, format!("{} choices to rank; twelve are the most", choices.len()));
                return None;
            }
            _ if multiple => question!(basics, MultipleChoice { choices: choices, other: other, shuffle: shuffle }),
            "!" if other.is_empty() => question!(basics, DropDown { choices: choices }),
            _ => question!(basics, SingleChoice { choices: choices, other: other, shuffle: shuffle }),
        })
    }

    fn array(&mut self, kind: &str, qid: &str, title: &str, basics: Basics) -> Option<Question> {
        let label = |word: &str| Text([(self.base.clone(), word.to_owned())].into());
        let (max, labels) = match kind {
            "A" => (5, Vec::new()),
            "B" => (10, Vec::new()),
            "C" => (3, ["Yes", "Uncertain", "No"].map(label).to_vec()),
            "E" => (3, ["Increase", "Same", "Decrease"].map(label).to_vec()),
            _ => {
                let answers = self.answers(qid);
                if !(2..=11).contains(&answers.len()) {
                    self.leave(title, format!("a table with {} columns; 2 to 11 can be shown", answers.len()));
                    return None;
                }
                let codes: Vec<&str> = answers.iter().map(|(code, _)| code.as_str()).collect();
                self.left_out.push(format!(
                    "{title}: the codes of its columns ({}); they are points from 1 here",
                    codes.join(", ")
                ));
                (answers.len() as u8, answers.into_iter().map(|(_, text)| text).collect())
            }
        };
        let parts = self.parts(qid);
        if parts.is_empty() {
            self.leave(title, "a table without rows");
            return None;
        }
        let mut rows = Vec::new();
        for (code, text) in parts {
            let own = self.ids.make(&format!("{}_{code}", basics.id), "q");
            self.named
                .insert(format!("{title}_{code}"), Named { cel: own.clone(), kind: Type::Number, choices: Vec::new() });
            rows.push(Row { id: own, text, label: Text::default() });
        }
        let end = |point: u8| {
            if labels.is_empty() { Text([(self.base.clone(), point.to_string())].into()) } else { Text::default() }
        };
        let (low, high) = (end(1), end(max));
        Some(question!(
            basics,
            Matrix { rows: rows, scale: None, low: low, high: high, min: 1, max: max, labels: labels, shuffle: false }
        ))
    }
}
