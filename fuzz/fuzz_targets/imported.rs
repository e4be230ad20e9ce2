//! What must hold of everything that an importer gives back.

use soundings::survey::check::{Severity, check};
use soundings::survey::exchange::{ImportError, Imported};

pub fn judge(found: Result<Imported, ImportError>) {
    let imported = match found {
        Ok(imported) => imported,
        Err(error) => return assert!(error.to_string().lines().count() <= 1 && error.to_string().len() < 2000),
    };
    let text = imported.to_toml().expect("a template can be written");
    let checked = check(&text);
    let errors: Vec<String> =
        checked.problems.iter().filter(|p| p.severity == Severity::Error).map(ToString::to_string).collect();
    // A survey of nothing but texts is refused by its check; so may a language be that is none.
    let known = |e: &String| e.contains("asks nothing") || e.contains("is not a language tag") || e.contains("is listed twice");
    assert!(errors.iter().all(known), "{errors:?}\n{text}");
}
