//! A survey as SurveyJS JSON.
//!
//! Owns: which element each question becomes. What has no counterpart there (scores, quotas, the model) is listed.

use serde_json::{Map, Value, json};

use crate::survey::check::Survey;
use crate::survey::question::{Choice, Look, Question};
use crate::survey::template::Page;
use crate::survey::text::Text;

/// The survey, and what could not be carried over.
pub fn export(survey: &Survey) -> (Value, Vec<String>) {
    let mut exporter = Exporter { survey, left_out: Vec::new() };
    let template = &survey.template;
    let pages: Vec<Value> = template.pages.iter().map(|page| exporter.page(page)).collect();
    let mut json = json!({
        "locale": locale(survey.base_language()),
        "title": exporter.text(&template.title),
        "pages": pages,
    });
    exporter.put(&mut json, "description", &template.introduction);
    exporter.put(&mut json, "completedHtml", &template.thanks);
    if survey.one_by_one() {
        json["showProgressBar"] = json!(true);
    } else {
        json["questionsOnPageMode"] = json!("singlePage");
    }
    let lists = [
        ("the model", template.model.is_some()),
        ("scores", !template.scores.is_empty()),
        ("quotas", !template.quotas.is_empty()),
    ];
    for (what, _) in lists.into_iter().filter(|(_, there)| *there) {
        exporter.left_out.push(format!("survey: {what}"));
    }
    (json, exporter.left_out)
}

/// SurveyJS's locale for a language tag.
fn locale(tag: &str) -> String {
    match tag {
        "zh-Hans" => "zh-cn".to_owned(),
        "zh-Hant" => "zh-tw".to_owned(),
        other => other.to_lowercase(),
    }
}

struct Exporter<'a> {
    survey: &'a Survey,
    left_out: Vec<String>,
}

impl Exporter<'_> {
    fn text(&self, text: &Text) -> Value {
        let base = self.survey.base_language();
        let wordings: Map<String, Value> = text
            .0
            .iter()
            .map(|(tag, wording)| {
                (if tag == base { "default".to_owned() } else { locale(tag) }, json!(unbraced(wording)))
            })
            .collect();
        match wordings.get("default") {
            Some(only) if wordings.len() == 1 => only.clone(),
            _ => Value::Object(wordings),
        }
    }

    fn put(&self, json: &mut Value, key: &str, text: &Text) {
        if !text.is_empty() {
            json[key] = self.text(text);
        }
    }

    fn page(&mut self, page: &Page) -> Value {
        let elements: Vec<Value> = page.questions.iter().flat_map(|q| self.elements(q)).collect();
        let mut json = json!({"name": page.id, "elements": elements});
        self.put(&mut json, "title", &page.title);
        self.put(&mut json, "description", &page.introduction);
        if let Some(condition) = &page.show_if {
            self.condition(&mut json, &page.id, condition);
        }
        if page.shuffle {
            json["questionsOrder"] = json!("random");
        }
        if !page.skip.is_empty() {
            self.left_out.push(format!("{}: skipping pages", page.id));
        }
        if page.block.is_some() {
            self.left_out.push(format!("{}: the order of pages drawn for each guest", page.id));
        }
        json
    }

    fn condition(&mut self, json: &mut Value, place: &str, condition: &str) {
        match expression(condition, self.survey) {
            Some(text) => json["visibleIf"] = json!(text),
            None => self.left_out.push(format!("{place}: the condition `{condition}`; it is always shown")),
        }
    }

    fn elements(&mut self, question: &Question) -> Vec<Value> {
        let common = question.common();
        if matches!(question, Question::Hidden { .. }) {
            self.left_out.push(format!("{}: a hidden value", common.id));
            return Vec::new();
        }
        self.fallbacks(question);
        let mut elements = self.bare(question);
        for json in &mut elements {
            if common.required {
                json["isRequired"] = json!(true);
            }
            if let Some(condition) = common.show_if {
                self.condition(json, common.id, condition);
            }
        }
        if common.not_applicable {
            self.left_out.push(format!("{}: \"not applicable\"", common.id));
        }
        if let Some(constraint) = common.constraint {
            self.left_out.push(format!("{}: the check `{}`", common.id, constraint.test));
        }
        elements
    }

    fn bare(&mut self, question: &Question) -> Vec<Value> {
        let common = question.common();
        let mut json = json!({"name": common.id});
        self.put(&mut json, "title", common.text);
        self.put(&mut json, "description", common.help);
        match question {
            Question::Rating { .. } | Question::Nps { .. } | Question::Csat { .. } | Question::Ces { .. } => {
                json["type"] = json!("rating");
                self.rating(&mut json, question);
            }
            Question::Slider { min, max, step, .. } => {
                self.left_out.push(format!("{}: the labels of its slider", common.id));
                json["type"] = json!("text");
                json["inputType"] = json!("range");
                (json["min"], json["max"], json["step"]) = (json!(min), json!(max), json!(step));
            }
            Question::SingleChoice { choices, .. }
            | Question::DropDown { choices, .. }
            | Question::MultipleChoice { choices, .. }
            | Question::Ranking { choices, .. } => {
                json["type"] = json!(match question {
                    Question::SingleChoice { .. } => "radiogroup",
                    Question::DropDown { .. } => "dropdown",
                    Question::MultipleChoice { .. } => "checkbox",
                    _ => "ranking",
                });
                self.choices(&mut json, question, choices);
            }
            Question::Matrix { rows, min, max, low, high, labels, shuffle, .. } => {
                json["type"] = json!("matrix");
                let column = |p: u8| {
                    let ends = if p == *min { Some(low) } else { Some(high).filter(|_| p == *max) };
                    let label = labels.get(usize::from(p - min)).or(ends.filter(|t| !t.is_empty()));
                    label.map_or_else(|| json!(p), |text| json!({"value": p, "text": self.text(text)}))
                };
                json["columns"] = (*min..=*max).map(column).collect();
                json["rows"] = rows.iter().map(|row| json!({"value": row.id, "text": self.text(&row.text)})).collect();
                if *shuffle {
                    json["rowOrder"] = json!("random");
                }
                if common.required {
                    json["eachRowRequired"] = json!(true);
                }
            }
            Question::SemanticDifferential { .. } | Question::Kano { .. } => return self.several(question),
            Question::ConstantSum { choices, total, .. } => {
                self.left_out.push(format!("{}: that the parts add up to {total}", common.id));
                json["type"] = json!("multipletext");
                let item = |c: &Choice| json!({"name": c.id, "inputType": "number", "title": self.text(&c.text)});
                json["items"] = choices.iter().map(item).collect();
            }
            Question::Number { min, max, unit, .. } => {
                if !unit.is_empty() {
                    self.left_out.push(format!("{}: its unit", common.id));
                }
                json["type"] = json!("text");
                json["inputType"] = json!("number");
                bounds(&mut json, min.as_ref(), max.as_ref());
            }
            Question::Date { min, max, .. } => {
                json["type"] = json!("text");
                json["inputType"] = json!("date");
                bounds(&mut json, min.as_ref(), max.as_ref());
            }
            Question::ShortText { max_length, .. } => {
                json["type"] = json!("text");
                json["maxLength"] = json!(max_length);
            }
            Question::LongText { max_length, .. } => {
                json["type"] = json!("comment");
                json["maxLength"] = json!(max_length);
            }
            Question::Email { .. } => {
                json["type"] = json!("text");
                json["inputType"] = json!("email");
            }
            Question::Consent { .. } => json["type"] = json!("boolean"),
            Question::Statement { .. } | Question::Hidden { .. } => {
                return vec![json!({"type": "html", "name": common.id, "html": self.text(common.text)})];
            }
        }
        vec![json]
    }

    /// What stands in a text without an answer has no counterpart, nor have hidden values that are put in.
    fn fallbacks(&mut self, question: &Question) {
        use crate::survey::piping::{Part, parts};
        for (_, text, _) in question.texts() {
            for part in text.0.values().flat_map(|wording| parts(wording)) {
                let Part::Name(name, fallback) = part else { continue };
                let hidden = matches!(self.survey.question(name), Some(Question::Hidden { .. }));
                let line = match (hidden, fallback.is_empty()) {
                    (true, _) => format!("{}: `{{{name}}}`, a hidden value, stays in the text", question.id()),
                    (false, false) => {
                        format!("{}: “{fallback}” in place of `{{{name}}}` without an answer", question.id())
                    }
                    (false, true) => continue,
                };
                if !self.left_out.contains(&line) {
                    self.left_out.push(line);
                }
            }
        }
    }

    /// Kinds that become several elements.
    fn several(&mut self, question: &Question) -> Vec<Value> {
        let common = question.common();
        match question {
            Question::SemanticDifferential { rows, max, .. } => {
                let row = |row: &crate::survey::question::Opposites| {
                    json!({
                        "type": "rating", "name": row.id, "title": self.text(common.text), "rateMin": 1, "rateMax": max,
                        "minRateDescription": self.text(&row.low), "maxRateDescription": self.text(&row.high),
                    })
                };
                rows.iter().map(row).collect()
            }
            Question::Kano { functional, dysfunctional, .. } => {
                self.left_out.push(format!("{}: the wording of the five Kano answers, in English only", common.id));
                let side = |name: &str, text: &Text| {
                    let choices: Vec<Value> =
                        KANO.iter().enumerate().map(|(i, word)| json!({"value": i + 1, "text": word})).collect();
                    let name = format!("{}_{name}", common.id);
                    json!({"type": "radiogroup", "name": name, "title": self.text(text), "choices": choices})
                };
                vec![side("functional", functional), side("dysfunctional", dysfunctional)]
            }
            _ => Vec::new(),
        }
    }

    fn rating(&self, json: &mut Value, question: &Question) {
        if let Some(points) = question.fields().first().and_then(crate::survey::field::Field::points) {
            (json["rateMin"], json["rateMax"]) = (json!(points.min), json!(points.max));
        }
        let (low, high, labels, look) = match question {
            Question::Rating { low, high, labels, look, min, .. } => {
                (low, high, Some((labels, *min)).filter(|(l, _)| !l.is_empty()), *look)
            }
            Question::Csat { low, high, look, .. } => (low, high, None, *look),
            Question::Nps { low, high, .. } | Question::Ces { low, high, .. } => (low, high, None, Look::Numbers),
            _ => return,
        };
        self.put(json, "minRateDescription", low);
        self.put(json, "maxRateDescription", high);
        if let Some((labels, min)) = labels {
            let value = |(i, text): (usize, &Text)| json!({"value": usize::from(min) + i, "text": self.text(text)});
            json["rateValues"] = labels.iter().enumerate().map(value).collect();
        }
        match look {
            Look::Stars => json["rateType"] = json!("stars"),
            Look::Faces => json["rateType"] = json!("smileys"),
            Look::Numbers => {}
        }
    }

    fn choices(&mut self, json: &mut Value, question: &Question, choices: &[Choice]) {
        let mut list = Vec::new();
        for choice in choices {
            let mut entry = json!({"value": choice.id, "text": self.text(&choice.text)});
            if let Some(condition) = &choice.show_if {
                self.condition(&mut entry, &format!("{}, {}", question.id(), choice.id), condition);
            }
            if choice.exclusive {
                self.left_out.push(format!("{}, {}: that it goes with no other choice", question.id(), choice.id));
            }
            list.push(entry);
        }
        json["choices"] = Value::Array(list);
        if !question.other().is_empty() {
            json["showOtherItem"] = json!(true);
            json["otherText"] = self.text(question.other());
        }
        if question.shuffled() {
            json["choicesOrder"] = json!("random");
        }
    }
}

/// The ends of what can be typed.
fn bounds<T: serde::Serialize>(json: &mut Value, min: Option<&T>, max: Option<&T>) {
    for (key, bound) in [("min", min), ("max", max)] {
        if let Some(bound) = bound {
            json[key] = json!(bound);
        }
    }
}

/// The five answers of a Kano question.
const KANO: [&str; 5] =
    ["I would like it", "I would expect it", "I would not care", "I could live with it", "I would dislike it"];

/// Names in braces are SurveyJS's notation too; what stands there without an answer is not.
fn unbraced(text: &str) -> String {
    use crate::survey::piping::{Part, parts};
    let part = |part: Part<'_>| match part {
        Part::Text(text) => text.to_owned(),
        Part::Name(name, _) => format!("{{{name}}}"),
    };
    parts(text).into_iter().map(part).collect()
}

/// A condition in SurveyJS's notation; `None` where it uses what SurveyJS does not have.
fn expression(cel: &str, survey: &Survey) -> Option<String> {
    let known = |name: &str| survey.field(name).is_some();
    crate::survey::logic::to_surveyjs(cel, &known)
}
