//! The codebook of a survey as CSV: one row a column of the export, with its question, range and value labels.
//!
//! Owns: what a reader of an export needs to understand it without the questionnaire at hand.

use crate::report::labels::value_labels;
use crate::survey::answers::{NOT_APPLICABLE, OTHER};
use crate::survey::check::Survey;
use crate::survey::field::{Field, Kind};
use crate::survey::question::Question;
use crate::survey::text::Text;

/// The codebook in one language.
pub fn codebook(survey: &Survey, language: &str) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    // Writing to memory cannot fail.
    let _ = writer.write_record(["column", "page", "question", "kind", "values", "labels", "missing", "asked_if"]);
    for page in &survey.template.pages {
        for field in page.questions.iter().flat_map(Question::fields) {
            let common = field.question.common();
            let text = |text: &Text| text.in_language(language, survey.base_language()).to_owned();
            let own = if field.id == common.id { String::new() } else { format!(": {}", text(field.label)) };
            let missing = if common.not_applicable { NOT_APPLICABLE.to_uppercase() } else { String::new() };
            let _ = writer.write_record([
                field.id.clone(),
                page.id.clone(),
                format!("{}{own}", text(common.text)),
                kind(&field).to_owned(),
                values(&field),
                labels(&field, survey, language),
                missing,
                common.show_if.unwrap_or_default().to_owned(),
            ]);
        }
    }
    for score in &survey.template.scores {
        let label = score.label.in_language(language, survey.base_language()).to_owned();
        let formula = score.formula.clone();
        let _ = writer.write_record([
            score.id.clone(),
            String::new(),
            label,
            "score".into(),
            formula,
            String::new(),
            String::new(),
            String::new(),
        ]);
    }
    String::from_utf8(writer.into_inner().unwrap_or_default()).unwrap_or_default()
}

fn kind(field: &Field<'_>) -> &'static str {
    match field.kind {
        Kind::Points(_) => "rating",
        Kind::Steps { .. } => "slider",
        Kind::Code(_) if matches!(field.question, Question::Ranking { .. }) => "rank",
        Kind::Code(_) => "code",
        Kind::Part { .. } => "part of a sum",
        Kind::Choice(_) => "choice",
        Kind::Choices(_) => "choices, separated by ;",
        Kind::Text { .. } | Kind::OtherText | Kind::Hidden => "text",
        Kind::Email => "e-mail",
        Kind::Number { .. } => "number",
        Kind::Date { .. } => "date",
        Kind::Consent => "consent",
    }
}

fn values(field: &Field<'_>) -> String {
    let ends = |min: Option<String>, max: Option<String>| match (min, max) {
        (None, None) => String::new(),
        (min, max) => format!("{} to {}", min.unwrap_or_default(), max.unwrap_or_default()).trim().to_owned(),
    };
    match field.kind {
        Kind::Points(points) => format!("{} to {}", points.min, points.max),
        Kind::Steps { points, step } => format!("{} to {} by {step}", points.min, points.max),
        Kind::Code(max) => format!("1 to {max}"),
        Kind::Part { total } => format!("0 to {total}"),
        Kind::Choice(choices) | Kind::Choices(choices) => {
            let other = (!field.question.other().is_empty()).then_some(OTHER);
            choices.iter().map(|c| c.id.as_str()).chain(other).collect::<Vec<_>>().join("; ")
        }
        Kind::Text { longest, .. } => format!("at most {longest} characters"),
        Kind::Number { min, max, .. } => ends(min.map(|x| x.to_string()), max.map(|x| x.to_string())),
        Kind::Date { min, max } => ends(min.map(str::to_owned), max.map(str::to_owned)),
        Kind::Consent => "yes".to_owned(),
        Kind::OtherText | Kind::Email | Kind::Hidden => String::new(),
    }
}

/// `1 = Poor; 10 = Excellent`.
fn labels(field: &Field<'_>, survey: &Survey, language: &str) -> String {
    let pairs = value_labels(field, survey, language);
    pairs.into_iter().map(|(value, label)| format!("{value} = {label}")).collect::<Vec<_>>().join("; ")
}
