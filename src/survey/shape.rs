//! Compares a file's values with the template's JSON Schema and lists every difference.
//!
//! Owns: exactly the part of JSON Schema that [`super::template::schema`] uses (references, objects,
//! arrays, tagged alternatives, enumerations, lengths, ranges). The schema comes from the Rust types, so a file
//! that passes here deserialises; a test holds that.

use serde_json::Value;

use super::source::join;

/// A difference: the path and what was expected there.
pub type Difference = (String, String);

/// Lists where `value` is not what `schema` describes.
pub fn differences(value: &Value, schema: &Value) -> Vec<Difference> {
    let mut found = Vec::new();
    compare(value, schema, schema, "", &mut found);
    found
}

/// The values as far as they can be used in spite of `differences`, so that one mistake does not hide the
/// others: unknown keys left out, a question that does not fit replaced by a statement of the same id. The
/// flag says whether every question is still what it was.
pub fn mended(value: &Value, differences: &[Difference]) -> (Value, bool) {
    let (mut value, mut whole) = (value.clone(), true);
    for (path, _) in differences {
        let parts: Vec<&str> = path.trim_end_matches("#key").split('.').collect();
        let pointer = |parts: &[&str]| format!("/{}", parts.join("/"));
        if let ["pages", _, "questions", _, ..] = parts[..] {
            let id = value.pointer(&pointer(&parts[..4])).map_or(Value::Null, |q| q["id"].clone());
            let text = value.pointer(&pointer(&parts[..4])).map_or(Value::Null, |q| q["text"].clone());
            let id = if id.is_string() { id } else { Value::from("unreadable") };
            let text = if text.is_object() { text } else { serde_json::json!({}) };
            if let Some(question) = value.pointer_mut(&pointer(&parts[..4])) {
                *question = serde_json::json!({"type": "statement", "id": id, "text": text});
                whole = false;
            }
        } else if let (true, Some((key, parent))) = (path.ends_with("#key"), parts.split_last()) {
            let parent = if parent.is_empty() { Some(&mut value) } else { value.pointer_mut(&pointer(parent)) };
            if let Some(Value::Object(object)) = parent {
                object.remove(*key);
            }
        }
    }
    (value, whole)
}

fn compare(value: &Value, schema: &Value, root: &Value, path: &str, found: &mut Vec<Difference>) {
    if let Some(reference) = schema["$ref"].as_str() {
        let target = reference.strip_prefix('#').and_then(|p| root.pointer(p)).unwrap_or(&Value::Null);
        return compare(value, target, root, path, found);
    }
    if let Some(alternatives) = schema["anyOf"].as_array() {
        // Option<T>: TOML has no null, so the first alternative is the one that counts.
        return alternatives.first().map_or((), |first| compare(value, first, root, path, found));
    }
    if let Some(alternatives) = schema["oneOf"].as_array() {
        return alternative(value, alternatives, root, path, found);
    }
    let expected = expected_type(schema);
    if !expected.is_empty() && !expected.iter().any(|t| has_type(value, t)) {
        found.push((path.to_owned(), format!("expected {}, found {}", describe_type(expected[0]), describe(value))));
        return;
    }
    match value {
        Value::Object(object) => compare_object(object, schema, root, path, found),
        Value::Array(items) => {
            at_least(items.len(), &schema["minItems"], "entry", "entries", path, found);
            for (i, item) in items.iter().enumerate() {
                compare(item, &schema["items"], root, &join(path, &i.to_string()), found);
            }
        }
        Value::Number(number) => {
            let outside = |bound: &Value, below: bool| {
                let (x, bound) = (number.as_f64()?, bound.as_f64()?);
                (if below { x < bound } else { x > bound }).then_some(bound)
            };
            if let Some(bound) = outside(&schema["minimum"], true) {
                found.push((path.to_owned(), format!("expected at least {bound}, found {number}")));
            } else if let Some(bound) = outside(&schema["maximum"], false) {
                found.push((path.to_owned(), format!("expected at most {bound}, found {number}")));
            }
        }
        _ => {}
    }
}

fn compare_object(
    object: &serde_json::Map<String, Value>,
    schema: &Value,
    root: &Value,
    path: &str,
    found: &mut Vec<Difference>,
) {
    for required in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if !object.contains_key(required) {
            found.push((path.to_owned(), format!("`{required}` is missing{}", of(object))));
        }
    }
    for (key, value) in object {
        let path = join(path, key);
        match (&schema["properties"][key], &schema["additionalProperties"]) {
            (Value::Null, Value::Bool(false)) => {
                let known: Vec<&str> = schema["properties"]
                    .as_object()
                    .into_iter()
                    .flatten()
                    .map(|(k, _)| k.as_str())
                    .filter(|k| *k != "type")
                    .collect();
                found.push((format!("{path}#key"), format!("`{key}` is unknown here; known are {}", known.join(", "))));
            }
            (Value::Null, Value::Null | Value::Bool(true)) => {}
            (Value::Null, other) => compare(value, other, root, &path, found),
            (property, _) => compare(value, property, root, &path, found),
        }
    }
}

/// Chooses among tagged objects by their `type`, or among constants by value.
fn alternative(value: &Value, alternatives: &[Value], root: &Value, path: &str, found: &mut Vec<Difference>) {
    if let Value::Object(object) = value {
        let tag_of = |schema: &Value| schema["properties"]["type"]["const"].as_str().map(str::to_owned);
        let tag = object.get("type").and_then(Value::as_str);
        if let Some(schema) = alternatives.iter().find(|s| tag.is_some() && tag_of(s).as_deref() == tag) {
            return compare_object(object, schema, root, path, found);
        }
        let known = alternatives.iter().filter_map(tag_of).collect::<Vec<_>>().join(", ");
        let message = tag.map_or_else(
            || format!("`type` is missing{}; it is one of {known}", of(object)),
            |tag| format!("`{tag}` is no type of question; known are {known}"),
        );
        let path = if tag.is_some() { join(path, "type") } else { path.to_owned() };
        found.push((path, message));
        return;
    }
    if !alternatives.iter().any(|s| s["const"] == *value) {
        let known: Vec<String> = alternatives.iter().map(|s| s["const"].to_string()).collect();
        found.push((path.to_owned(), format!("expected one of {}, found {}", known.join(", "), describe(value))));
    }
}

fn at_least(length: usize, bound: &Value, one: &str, many: &str, path: &str, found: &mut Vec<Difference>) {
    if let Some(bound) = bound.as_u64().filter(|b| (length as u64) < *b) {
        let noun = if bound == 1 { one } else { many };
        found.push((path.to_owned(), format!("expected at least {bound} {noun}, found {length}")));
    }
}

/// ` in question `q1``, where the object says what it is called.
fn of(object: &serde_json::Map<String, Value>) -> String {
    object.get("id").and_then(Value::as_str).map_or(String::new(), |id| format!(" in `{id}`"))
}

fn expected_type(schema: &Value) -> Vec<&str> {
    match &schema["type"] {
        Value::String(t) => vec![t],
        Value::Array(types) => types.iter().filter_map(Value::as_str).filter(|t| *t != "null").collect(),
        _ => Vec::new(),
    }
}

fn has_type(value: &Value, expected: &str) -> bool {
    match expected {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        _ => true,
    }
}

fn describe_type(expected: &str) -> &'static str {
    match expected {
        "object" => "a table",
        "array" => "a list",
        "string" => "text in quotes",
        "boolean" => "true or false",
        "integer" => "a whole number",
        _ => "a value",
    }
}

fn describe(value: &Value) -> String {
    match value {
        Value::Object(_) => "a table".into(),
        Value::Array(_) => "a list".into(),
        Value::Null => "a date, or a number that is too large".into(),
        other => other.to_string(),
    }
}
