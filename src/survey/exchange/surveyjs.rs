//! SurveyJS JSON in.
//!
//! Owns: which of its elements become which questions. Looks (widths, columns, numbers) are left to our own pages
//! without a word; everything else that has no place here is listed. Refuses: what is no JSON object.

mod parts;

use std::collections::{BTreeSet, HashMap};

use serde_json::Value;

use super::conditions::Named;
use super::{
    Basics, Ids, ImportError, Imported, MOST_BYTES, MOST_QUESTIONS, both, condition, empty, empty_page, piped, plain,
    question, settled, slider_range, tag_or,
};
use crate::survey::logic::Type;
use crate::survey::question::{Choice, Look, Question};
use crate::survey::template::{Layout, Page, Template};
use crate::survey::text::Text;

/// Keys that only say how something looks.
const LOOKS: [&str; 26] = [
    "width",
    "minWidth",
    "maxWidth",
    "titleLocation",
    "descriptionLocation",
    "errorLocation",
    "startWithNewLine",
    "hideNumber",
    "colCount",
    "indent",
    "size",
    "placeholder",
    "placeHolder",
    "showNumber",
    "renderAs",
    "state",
    "displayMode",
    "displayRateDescriptionsAsExtremeItems",
    "rows",
    "autoGrow",
    "acceptCarriageReturn",
    "cellType",
    "alternateRows",
    "questionTitleLocation",
    "commentPlaceholder",
    "scaleColorMode",
];

/// Element types that have a counterpart.
const TYPES: [&str; 15] = [
    "rating",
    "radiogroup",
    "buttongroup",
    "imagepicker",
    "dropdown",
    "checkbox",
    "tagbox",
    "boolean",
    "text",
    "comment",
    "matrix",
    "ranking",
    "html",
    "slider",
    "multipletext",
];

/// Keys of an element that have a counterpart.
const KNOWN: [&str; 48] = [
    "type",
    "name",
    "title",
    "description",
    "isRequired",
    "visibleIf",
    "validators",
    "rateMin",
    "rateMax",
    "rateStep",
    "rateCount",
    "rateValues",
    "rateType",
    "rateDisplayMode",
    "minRateDescription",
    "maxRateDescription",
    "choices",
    "choicesOrder",
    "hasOther",
    "showOtherItem",
    "otherText",
    "hasNone",
    "showNoneItem",
    "noneText",
    "choicesByUrl",
    "choicesFromQuestion",
    "choicesVisibleIf",
    "labelTrue",
    "labelFalse",
    "valueTrue",
    "valueFalse",
    "inputType",
    "min",
    "max",
    "step",
    "maxLength",
    "columns",
    "rows",
    "isAllRowRequired",
    "eachRowRequired",
    "rowsOrder",
    "rowOrder",
    "html",
    "items",
    "autoGenerate",
    "elements",
    "multiSelect",
    "visible",
];

/// Keys of a page that have a counterpart.
const PAGE: [&str; 9] = [
    "name",
    "title",
    "description",
    "visibleIf",
    "questionsOrder",
    "questionOrder",
    "elements",
    "questions",
    "visible",
];

/// Settings of a survey that have a counterpart, or only say how it looks.
const SETTINGS: [&str; 17] = [
    "title",
    "description",
    "completedHtml",
    "locale",
    "pages",
    "elements",
    "questions",
    "$schema",
    "name",
    "showProgressBar",
    "progressBarType",
    "progressBarLocation",
    "questionsOnPageMode",
    "showQuestionNumbers",
    "widthMode",
    "logo",
    "logoPosition",
];

/// Reads a SurveyJS survey.
///
/// # Errors
/// [`ImportError`].
pub fn import(text: &str) -> Result<Imported, ImportError> {
    if text.len() > MOST_BYTES {
        return Err(ImportError::TooLarge);
    }
    let json: Value = serde_json::from_str(text)
        .map_err(|e| ImportError::Broken(format!("line {}, column {}: {e}", e.line(), e.column())))?;
    let Some(object) = json.as_object() else {
        return Err(ImportError::Broken("a SurveyJS survey is a JSON object".to_owned()));
    };
    let base = object.get("locale").and_then(Value::as_str).filter(|l| !l.is_empty()).unwrap_or("en");
    let mut importer = Importer::new(tag_or(&language(base), "en"));
    importer.survey(&json)?;
    importer.finish().mended()
}

/// Our tag for a locale of SurveyJS.
fn language(locale: &str) -> String {
    match locale.to_lowercase().as_str() {
        "zh-cn" => "zh-Hans".to_owned(),
        "zh-tw" => "zh-Hant".to_owned(),
        other => match other.split_once('-') {
            Some((language, region)) => format!("{language}-{}", region.to_uppercase()),
            None => other.to_owned(),
        },
    }
}

struct Importer {
    base: String,
    template: Template,
    languages: BTreeSet<String>,
    ids: Ids,
    pages: Ids,
    named: HashMap<String, Named>,
    left_out: Vec<String>,
    questions: usize,
}

impl Importer {
    fn new(base: String) -> Self {
        let ids = Ids::of_questions();
        let pages = Ids::of_pages();
        Self {
            template: empty("imported", vec![base.clone()]),
            languages: BTreeSet::new(),
            base,
            ids,
            pages,
            named: HashMap::new(),
            left_out: Vec::new(),
            questions: 0,
        }
    }

    fn finish(mut self) -> Imported {
        let others = self.languages.into_iter().filter(|l| *l != self.base);
        self.template.languages = std::iter::once(self.base.clone()).chain(others).collect();
        self.template.pages.retain(|page| !page.questions.is_empty());
        Imported { template: self.template, left_out: self.left_out }
    }

    fn leave(&mut self, place: &str, what: impl Into<String>) {
        self.left_out.push(format!("{place}: {}", what.into()));
    }

    fn text(&mut self, value: &Value) -> Text {
        let mut text = Text::default();
        let named = &self.named;
        let id = |name: &str| named.get(name).map(|n| n.cel.clone());
        let mut put = |language: String, wording: &str| {
            let wording = piped(wording, &id);
            if !wording.is_empty() {
                text.0.insert(language, wording);
            }
        };
        match value {
            Value::String(wording) => put(self.base.clone(), wording),
            Value::Object(wordings) => {
                for (locale, wording) in wordings.iter().filter_map(|(l, w)| Some((l, w.as_str()?))) {
                    let tag =
                        if locale == "default" { self.base.clone() } else { tag_or(&language(locale), &self.base) };
                    self.languages.insert(tag.clone());
                    put(tag, wording);
                }
            }
            _ => {}
        }
        settled(text, &self.base)
    }

    /// A text, or a name in its place.
    fn title(&mut self, of: &Value, name: &str) -> Text {
        let text = self.text(&of["title"]);
        if text.0.contains_key(&self.base) {
            return text;
        }
        let name = Some(plain(name)).filter(|n| !n.is_empty()).unwrap_or_else(|| "?".to_owned());
        Text([(self.base.clone(), name)].into_iter().chain(text.0).collect())
    }

    fn survey(&mut self, json: &Value) -> Result<(), ImportError> {
        self.template.title = self.title(json, "Imported survey");
        self.template.id = super::slug(self.template.title.in_language("en", &self.base.clone()));
        self.template.introduction = self.text(&json["description"]);
        self.template.thanks = self.text(&json["completedHtml"]);
        if json["questionsOnPageMode"] == "singlePage" {
            self.template.layout = Layout::Together;
        }
        let settings = json.as_object().into_iter().flatten();
        for (key, value) in settings.filter(|(key, _)| !SETTINGS.contains(&key.as_str())) {
            let is_logic = matches!(key.as_str(), "triggers" | "calculatedValues" | "variables" | "matrixvalidators");
            let is_list = value.as_array().is_some_and(|list| !list.is_empty());
            if is_logic && is_list {
                self.leave("survey", format!("`{key}` has no counterpart"));
            } else if !is_logic {
                self.leave("survey", format!("the setting `{key}`"));
            }
        }
        for page in json["pages"].as_array().into_iter().flatten() {
            self.page(page)?;
        }
        for key in ["elements", "questions"] {
            if json[key].is_array() {
                self.page(&serde_json::json!({"elements": json[key]}))?;
            }
        }
        Ok(())
    }

    fn page(&mut self, json: &Value) -> Result<(), ImportError> {
        let name = json["name"].as_str().unwrap_or("page");
        let mut page = empty_page(self.pages.make(name, "page"));
        page.title = self.text(&json["title"]);
        page.introduction = self.text(&json["description"]);
        page.show_if = self.condition(&json["visibleIf"], name);
        let keys = json.as_object().into_iter().flatten().map(|(key, _)| key);
        for key in keys.filter(|key| !PAGE.contains(&key.as_str()) && !LOOKS.contains(&key.as_str())) {
            self.leave(name, format!("`{key}` of a page"));
        }
        if json["visible"] == false {
            self.leave(name, "it is hidden there; here it is shown");
        }
        page.shuffle = json["questionsOrder"] == "random" || json["questionOrder"] == "random";
        for element in json["elements"].as_array().or_else(|| json["questions"].as_array()).into_iter().flatten() {
            self.element(element, None, &mut page, 0)?;
        }
        self.template.pages.push(page);
        Ok(())
    }

    fn condition(&mut self, value: &Value, place: &str) -> Option<String> {
        let text = value.as_str().filter(|t| !t.trim().is_empty())?;
        condition(text, place, &self.named, &mut self.left_out)
    }

    fn element(
        &mut self,
        json: &Value,
        around: Option<&str>,
        page: &mut Page,
        depth: usize,
    ) -> Result<(), ImportError> {
        let (kind, name) = (json["type"].as_str().unwrap_or_default(), json["name"].as_str().unwrap_or("question"));
        self.questions += 1;
        if self.questions > MOST_QUESTIONS {
            return Err(ImportError::TooMany);
        }
        if depth > 20 {
            return Err(ImportError::Broken(format!("`{name}`: panels are nested too deeply")));
        }
        let own = self.condition(&json["visibleIf"], name);
        let condition = both(around, own);
        if kind == "panel" {
            page.questions.extend(self.heading(name, json, condition.as_deref()));
            self.unknown_keys(kind, name, json);
            for element in json["elements"].as_array().into_iter().flatten() {
                self.element(element, condition.as_deref(), page, depth + 1)?;
            }
            return Ok(());
        }
        let Some(question) = self.question(kind, name, json, condition) else {
            self.leave(name, format!("an element of the type `{kind}` has no counterpart"));
            return Ok(());
        };
        self.unknown_keys(kind, name, json);
        page.questions.extend(question);
        Ok(())
    }

    /// The title and description of a panel, as a text to read.
    fn heading(&mut self, name: &str, json: &Value, condition: Option<&str>) -> Option<Question> {
        let (text, help) = (self.text(&json["title"]), self.text(&json["description"]));
        let text = if text.0.contains_key(&self.base) { text } else { return None };
        let id = self.ids.make(name, "text");
        let basics = Basics { id, text, help, show_if: condition.map(str::to_owned), ..Basics::default() };
        Some(question!(basics, Statement {}))
    }

    /// The questions that an element becomes; `None` for a type without a counterpart.
    fn question(&mut self, kind: &str, name: &str, json: &Value, show_if: Option<String>) -> Option<Vec<Question>> {
        if !TYPES.contains(&kind) {
            return None;
        }
        let id = self.ids.make(name, "q");
        let basics = Basics {
            text: self.title(json, name),
            help: self.text(&json["description"]),
            required: json["isRequired"] == true,
            constraint: self.constraint(json, name, &id, kind),
            show_if,
            id,
        };
        let found = match kind {
            "rating" | "slider" => self.points(kind, name, json, basics),
            "radiogroup" | "buttongroup" | "imagepicker" | "dropdown" | "checkbox" | "tagbox" | "ranking" => {
                self.choice(kind, name, json, basics)
            }
            "boolean" => self.boolean(name, json, basics),
            "matrix" => self.matrix(name, json, basics)?,
            "html" => {
                let text = self.text(&json["html"]);
                question!(Basics { text, required: false, ..basics }, Statement {})
            }
            "multipletext" => return Some(self.lines(json, &basics)),
            "comment" => {
                self.know(name, &basics.id, Type::Text, Vec::new());
                question!(basics, LongText { max_length: length(json, 2000, 5000) })
            }
            _ => self.input(name, json, basics),
        };
        Some(vec![found])
    }

    /// What a name stands for in conditions from now on.
    fn know(&mut self, name: &str, id: &str, kind: Type, choices: Vec<(String, String)>) {
        self.named.insert(name.to_owned(), Named { cel: id.to_owned(), kind, choices });
    }

    fn points(&mut self, kind: &str, name: &str, json: &Value, basics: Basics) -> Question {
        self.know(name, &basics.id, Type::Number, Vec::new());
        if kind == "slider" {
            let number = |key: &str, usual: u64| json[key].as_u64().unwrap_or(usual).min(200) as u8;
            let (min, max, step) = slider_range(number("min", 0), number("max", 100), number("step", 1));
            let (low, high) = (Text::default(), Text::default());
            return question!(basics, Slider { low: low, high: high, min: min, max: max, step: step });
        }
        let (min, max) = self.rating_range(json, name);
        let (low, high) = (self.text(&json["minRateDescription"]), self.text(&json["maxRateDescription"]));
        let labels = self.rating_labels(json, max - min + 1);
        let end = |text: Text, point: u8| {
            if text.0.contains_key(&self.base) { text } else { Text([(self.base.clone(), point.to_string())].into()) }
        };
        let look = match json["rateType"].as_str().or_else(|| json["rateDisplayMode"].as_str()) {
            Some("stars") => Look::Stars,
            Some("smileys") => Look::Faces,
            _ => Look::Numbers,
        };
        let (low, high) = if labels.is_empty() { (end(low, min), end(high, max)) } else { Default::default() };
        question!(basics, Rating { scale: None, low: low, high: high, min: min, max: max, labels: labels, look: look })
    }

    fn choice(&mut self, kind: &str, name: &str, json: &Value, basics: Basics) -> Question {
        let (choices, other, map) = self.choices(json, name);
        let multiple = matches!(kind, "checkbox" | "tagbox") || json["multiSelect"] == true;
        let shuffle = json["choicesOrder"] == "random";
        if kind == "ranking" && choices.len() <= 12 {
            return question!(basics, Ranking { choices: choices, shuffle: shuffle });
        }
        if kind == "ranking" {
            self.leave(name, "the order of more than twelve choices; several can be chosen here");
        }
        let kind_of = if multiple || kind == "ranking" { Type::List } else { Type::Text };
        self.know(name, &basics.id, kind_of, map);
        if kind_of == Type::List {
            question!(basics, MultipleChoice { choices: choices, other: other, shuffle: shuffle })
        } else if kind == "dropdown" && other.is_empty() {
            question!(basics, DropDown { choices: choices })
        } else {
            question!(basics, SingleChoice { choices: choices, other: other, shuffle: shuffle })
        }
    }

    fn boolean(&mut self, name: &str, json: &Value, basics: Basics) -> Question {
        let mut choice = |key: &str, id: &str, usual: &str| {
            let text = self.text(&json[key]);
            let own = Text([(self.base.clone(), usual.to_owned())].into_iter().chain(text.0).collect());
            Choice { id: id.to_owned(), text: own, exclusive: false, show_if: None }
        };
        let choices = vec![choice("labelTrue", "yes", "Yes"), choice("labelFalse", "no", "No")];
        let map = [("true", "yes"), ("false", "no")].map(|(a, b)| (a.to_owned(), b.to_owned())).to_vec();
        self.know(name, &basics.id, Type::Text, map);
        question!(basics, SingleChoice { choices: choices, other: Text::default(), shuffle: false })
    }

    fn lines(&mut self, json: &Value, basics: &Basics) -> Vec<Question> {
        let items = json["items"].as_array().cloned().unwrap_or_default();
        let line = |item: &Value| {
            let name = item["name"].as_str().unwrap_or("text");
            let own = Basics {
                id: self.ids.make(&format!("{}_{name}", basics.id), "q"),
                text: self.title(item, name),
                required: item["isRequired"] == true,
                show_if: basics.show_if.clone(),
                ..Basics::default()
            };
            question!(own, ShortText { max_length: length(item, 200, 1000) })
        };
        items.iter().map(line).collect()
    }

    fn input(&mut self, name: &str, json: &Value, basics: Basics) -> Question {
        let input = json["inputType"].as_str().unwrap_or("text");
        let number = matches!(input, "number" | "range");
        self.know(name, &basics.id, if number { Type::Number } else { Type::Text }, Vec::new());
        let day = |key: &str| {
            let is_day = |d: &&str| chrono::NaiveDate::parse_from_str(d, "%Y-%m-%d").is_ok() && d.len() == 10;
            json[key].as_str().filter(is_day).map(str::to_owned)
        };
        match input {
            "number" | "range" => {
                let whole = json["step"].as_f64().is_some_and(|s| s.fract() == 0.0);
                let checked = json["validators"].as_array().into_iter().flatten().find(|v| v["type"] == "numeric");
                let bound = |own: &str, key: &str| json[own].as_f64().or_else(|| checked?[key].as_f64());
                let (min, max) = (bound("min", "minValue"), bound("max", "maxValue"));
                let (min, max) = if min.zip(max).is_some_and(|(a, b)| a >= b) { (None, None) } else { (min, max) };
                let decimals = if whole { 0 } else { 2 };
                question!(basics, Number { min: min, max: max, decimals: decimals, unit: Text::default() })
            }
            "date" => {
                let (min, max) = (day("min"), day("max"));
                let (min, max) = if min.is_some() && max.is_some() && min > max { (None, None) } else { (min, max) };
                question!(basics, Date { min: min, max: max })
            }
            "email" => question!(basics, Email {}),
            other => {
                if !matches!(other, "text" | "tel" | "url") {
                    self.leave(name, format!("the input type `{other}`; it is a line of text here"));
                }
                question!(basics, ShortText { max_length: length(json, 200, 1000) })
            }
        }
    }

    fn unknown_keys(&mut self, kind: &str, name: &str, json: &Value) {
        let keys: Vec<String> = json.as_object().into_iter().flatten().map(|(key, _)| key.clone()).collect();
        for key in keys.iter().filter(|key| !KNOWN.contains(&key.as_str()) && !LOOKS.contains(&key.as_str())) {
            self.leave(name, format!("`{key}` of a {kind}"));
        }
        if json["visible"] == false {
            self.leave(name, "it is hidden there; here it is shown");
        }
    }
}

fn length(json: &Value, usual: u16, most: u16) -> u16 {
    json["maxLength"].as_u64().filter(|n| *n > 0).map_or(usual, |n| n.min(u64::from(most)) as u16)
}
