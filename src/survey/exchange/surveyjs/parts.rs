//! Parts of SurveyJS elements: scales, choices, tables, checks of an answer.

use serde_json::Value;

use super::super::conditions::{Named, to_cel};
use super::super::{Basics, Ids, plain, question};
use super::Importer;
use crate::survey::logic::Type;
use crate::survey::question::{Choice, Constraint, Question, Row};
use crate::survey::text::Text;

impl Importer {
    /// The points of a rating. Values that are not numbers in a row become points from 1.
    pub(super) fn rating_range(&mut self, json: &Value, name: &str) -> (u8, u8) {
        let number = |key: &str, usual: u64| json[key].as_u64().unwrap_or(usual);
        let values: Vec<&Value> = json["rateValues"].as_array().into_iter().flatten().map(value_of).collect();
        let (mut min, mut max) = if values.is_empty() {
            let last = json["rateCount"].as_u64().map(|count| number("rateMin", 1) + count.max(2) - 1);
            (number("rateMin", 1), last.unwrap_or_else(|| number("rateMax", 5)))
        } else {
            let first = values[0].as_u64().unwrap_or(u64::MAX);
            let in_a_row = values.iter().enumerate().all(|(i, v)| v.as_u64() == first.checked_add(i as u64));
            if !in_a_row {
                let list: Vec<String> = values.iter().map(|v| plain(&as_text(v))).collect();
                self.leave(
                    name,
                    format!("the values of its points ({}); they are points from 1 here", list.join(", ")),
                );
            }
            if in_a_row { (first, first + values.len() as u64 - 1) } else { (1, values.len() as u64) }
        };
        if number("rateStep", 1) != 1 {
            self.leave(name, "steps other than 1; every point can be chosen here");
        }
        if min > 1 || max > 11 || min >= max {
            self.leave(name, format!("a scale from {min} to {max}; it is from 1 to {} here", max.clamp(2, 11)));
            (min, max) = (1, max.clamp(2, 11));
        }
        (min as u8, max as u8)
    }

    /// The wordings of a rating's points, where it has any and one for each of `count`.
    pub(super) fn rating_labels(&mut self, json: &Value, count: u8) -> Vec<Text> {
        let values: Vec<Value> = json["rateValues"].as_array().cloned().unwrap_or_default();
        let worded = values.iter().any(|v| v["text"].is_string() || v["text"].is_object() || value_of(v).is_string());
        if !worded || values.len() != usize::from(count) {
            return Vec::new();
        }
        values.iter().map(|value| self.worded(value).0).collect()
    }

    /// The wording of an entry, by its text or else its value; and its value.
    fn worded(&mut self, entry: &Value) -> (Text, String) {
        let value = as_text(value_of(entry));
        let text = self.text(&entry["text"]);
        let usual = Some(plain(&value)).filter(|t| !t.is_empty()).unwrap_or_else(|| "?".to_owned());
        (Text([(self.base.clone(), usual)].into_iter().chain(text.0).collect()), value)
    }

    /// Choices, the wording of "other", and what each value became.
    pub(super) fn choices(&mut self, json: &Value, name: &str) -> (Vec<Choice>, Text, Vec<(String, String)>) {
        let mut ids = Ids::of_choices();
        let (mut choices, mut map) = (Vec::new(), Vec::new());
        for entry in json["choices"].as_array().into_iter().flatten() {
            let (own, value) = self.worded(entry);
            let id = ids.make(&value, "c");
            if !entry["imageLink"].is_null() {
                self.leave(name, format!("the picture of `{value}`"));
            }
            let show_if = self.condition(&entry["visibleIf"], &format!("{name}, {value}"));
            choices.push(Choice { id: id.clone(), text: own, exclusive: false, show_if });
            map.push((value, id));
        }
        for key in ["choicesByUrl", "choicesFromQuestion", "choicesVisibleIf"] {
            if !json[key].is_null() {
                self.leave(name, format!("`{key}`"));
            }
        }
        let shown = |keys: [&str; 2]| keys.iter().any(|key| json[*key] == true);
        if shown(["hasNone", "showNoneItem"]) {
            let text = self.text(&json["noneText"]);
            let text = if text.is_empty() { Text([(self.base.clone(), "None".to_owned())].into()) } else { text };
            let exclusive = matches!(json["type"].as_str(), Some("checkbox" | "tagbox"));
            choices.push(Choice { id: ids.make("none", "c"), text, exclusive, show_if: None });
            map.push(("none".to_owned(), choices[choices.len() - 1].id.clone()));
        }
        let mut other = Text::default();
        if shown(["hasOther", "showOtherItem"]) {
            other = self.text(&json["otherText"]);
            if other.is_empty() {
                other = Text([(self.base.clone(), "Other".to_owned())].into());
            }
            map.push(("other".to_owned(), "other".to_owned()));
        }
        while choices.len() < 2 {
            self.leave(name, "fewer than two choices; one was added, please complete them");
            let text = Text([(self.base.clone(), format!("Choice {}", choices.len() + 1))].into());
            choices.push(Choice { id: ids.make("choice", "c"), text, exclusive: false, show_if: None });
        }
        (choices, other, map)
    }

    pub(super) fn matrix(&mut self, name: &str, json: &Value, basics: Basics) -> Option<Question> {
        let columns = json["columns"].as_array()?.clone();
        if !(2..=11).contains(&columns.len()) {
            self.leave(name, format!("{} columns; a table has 2 to 11", columns.len()));
            return None;
        }
        let labels: Vec<(Text, String)> = columns.iter().map(|c| self.worded(c)).collect();
        let map: Vec<(String, String)> =
            labels.iter().enumerate().map(|(i, (_, v))| (v.clone(), (i + 1).to_string())).collect();
        if map.iter().any(|(value, point)| value != point) {
            self.leave(
                name,
                format!(
                    "the values of its columns ({}); they are points from 1 here",
                    map.iter().map(|(v, _)| v.as_str()).collect::<Vec<_>>().join(", ")
                ),
            );
        }
        let rows: Vec<Row> = json["rows"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|row| {
                let (text, value) = self.worded(row);
                let own = self.ids.make(&format!("{}_{value}", basics.id), "q");
                self.named.insert(
                    format!("{name}.{value}"),
                    Named { cel: own.clone(), kind: Type::Number, choices: Vec::new() },
                );
                Row { id: own, text, label: Text::default() }
            })
            .collect();
        if rows.is_empty() {
            self.leave(name, "a table without rows");
            return None;
        }
        let required = basics.required || json["isAllRowRequired"] == true || json["eachRowRequired"] == true;
        let shuffle = json["rowsOrder"] == "random" || json["rowOrder"] == "random";
        let max = labels.len() as u8;
        let labels = labels.into_iter().map(|(text, _)| text).collect();
        let basics = Basics { required, constraint: None, ..basics };
        let (low, high) = (Text::default(), Text::default());
        Some(question!(
            basics,
            Matrix {
                rows: rows,
                scale: None,
                low: low,
                high: high,
                min: 1,
                max: max,
                labels: labels,
                shuffle: shuffle
            }
        ))
    }

    /// The first validator with an expression.
    pub(super) fn constraint(&mut self, json: &Value, name: &str, id: &str, kind: &str) -> Option<Constraint> {
        let mut found = None;
        for validator in json["validators"].as_array().into_iter().flatten() {
            let of = validator["type"].as_str().unwrap_or_default();
            if of == "email" || (of == "numeric" && kind == "text") {
                continue;
            }
            let number = matches!(json["inputType"].as_str(), Some("number" | "range")) || kind == "rating";
            let itself =
                Named { cel: id.to_owned(), kind: if number { Type::Number } else { Type::Text }, choices: Vec::new() };
            let text = validator["expression"].as_str().filter(|_| of == "expression" && found.is_none());
            let test =
                text.map(|t| to_cel(t, &|n| if n == name { Some(itself.clone()) } else { self.named.get(n).cloned() }));
            match test {
                Some(Ok(test)) => {
                    let message = self.text(&validator["text"]);
                    let usual = Text([(self.base.clone(), "Please check this answer.".to_owned())].into());
                    found = Some(Constraint { test, message: if message.is_empty() { usual } else { message } });
                }
                Some(Err(why)) => self.leave(name, format!("a check of the answer: {why}")),
                None => self.leave(name, format!("a check of the type `{of}`")),
            }
        }
        found
    }
}

/// What an entry of choices, rows or points stands for: itself, or its `value`.
fn value_of(entry: &Value) -> &Value {
    if entry.is_object() { &entry["value"] } else { entry }
}

fn as_text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
