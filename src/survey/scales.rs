//! Scales that questions share by name, put in where they are named.
//!
//! Owns: that a question's own ends, labels and look go before those of its scale. Refuses: a name that the
//! template does not define.

use serde_json::Value;

/// Puts the named scale into every question that names one; the names that do not exist, by path.
pub(super) fn resolve(template: &mut Value) -> Vec<(String, String)> {
    let scales = template["scales"].as_object().cloned().unwrap_or_default();
    let mut problems = Vec::new();
    for (i, page) in template["pages"].as_array_mut().into_iter().flatten().enumerate() {
        for (j, question) in page["questions"].as_array_mut().into_iter().flatten().enumerate() {
            let Some(name) = question["scale"].as_str().map(str::to_owned) else { continue };
            let Some(scale) = scales.get(&name) else {
                let known = scales.keys().cloned().collect::<Vec<_>>().join(", ");
                let path = format!("pages.{i}.questions.{j}.scale");
                problems.push((path, format!("the template has no scale `{name}`; it has {known}")));
                continue;
            };
            let is_matrix = question["type"] == "matrix";
            let Some(question) = question.as_object_mut() else { continue };
            for (key, value) in scale.as_object().into_iter().flatten() {
                // A table of ratings shows numbers or labels.
                let own = question.contains_key(key) || (is_matrix && key == "look");
                if !own {
                    question.insert(key.clone(), value.clone());
                }
            }
        }
    }
    problems
}
