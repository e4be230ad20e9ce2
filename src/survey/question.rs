//! The kinds of question, and what each needs.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::text::Text;

/// One question. `id` names it in the model, in exports and in the database.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Question {
    /// A rating on a row of points, 1 to 10 unless said otherwise, with the ends labelled.
    Rating {
        id: String,
        text: Text,
        /// A line of explanation below the question.
        #[serde(default)]
        help: Text,
        #[serde(default)]
        required: bool,
        /// Offers "not applicable" beside the points.
        #[serde(default)]
        not_applicable: bool,
        /// Short name in reports; the wording of the question where it is missing.
        #[serde(default)]
        label: Text,
        /// Label of the lowest point.
        low: Text,
        /// Label of the highest point.
        high: Text,
        /// The lowest point.
        #[serde(default = "one")]
        #[schemars(range(max = 1))]
        min: u8,
        /// The highest point.
        #[serde(default = "ten")]
        #[schemars(range(min = 2, max = 10))]
        max: u8,
    },
    /// Likelihood to recommend, 0 to 10 (Reichheld 2003).
    Nps {
        id: String,
        text: Text,
        #[serde(default)]
        help: Text,
        #[serde(default)]
        required: bool,
        #[serde(default)]
        not_applicable: bool,
        #[serde(default)]
        label: Text,
        low: Text,
        high: Text,
    },
    /// One of several choices.
    SingleChoice {
        id: String,
        text: Text,
        #[serde(default)]
        help: Text,
        #[serde(default)]
        required: bool,
        #[schemars(length(min = 2))]
        choices: Vec<Choice>,
    },
    /// Any number of several choices.
    MultipleChoice {
        id: String,
        text: Text,
        #[serde(default)]
        help: Text,
        #[serde(default)]
        required: bool,
        #[schemars(length(min = 2))]
        choices: Vec<Choice>,
    },
    /// One line of text.
    ShortText {
        id: String,
        text: Text,
        #[serde(default)]
        help: Text,
        #[serde(default)]
        required: bool,
        /// The longest answer, in characters.
        #[serde(default = "short_length")]
        #[schemars(range(min = 1, max = 1000))]
        max_length: u16,
    },
    /// Several lines of text.
    LongText {
        id: String,
        text: Text,
        #[serde(default)]
        help: Text,
        #[serde(default)]
        required: bool,
        #[serde(default = "long_length")]
        #[schemars(range(min = 1, max = 5000))]
        max_length: u16,
    },
    /// A text to read; asks nothing.
    Statement { id: String, text: Text },
}

/// One choice of a choice question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// What is stored and exported.
    pub id: String,
    /// What the guest reads.
    pub text: Text,
}

fn one() -> u8 {
    1
}

fn ten() -> u8 {
    10
}

fn short_length() -> u16 {
    200
}

fn long_length() -> u16 {
    2000
}

/// The points of a rated question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Points {
    pub min: u8,
    pub max: u8,
}

impl Question {
    /// The question's id.
    pub fn id(&self) -> &str {
        match self {
            Self::Rating { id, .. }
            | Self::Nps { id, .. }
            | Self::SingleChoice { id, .. }
            | Self::MultipleChoice { id, .. }
            | Self::ShortText { id, .. }
            | Self::LongText { id, .. }
            | Self::Statement { id, .. } => id,
        }
    }

    /// The question's wording.
    pub fn text(&self) -> &Text {
        match self {
            Self::Rating { text, .. }
            | Self::Nps { text, .. }
            | Self::SingleChoice { text, .. }
            | Self::MultipleChoice { text, .. }
            | Self::ShortText { text, .. }
            | Self::LongText { text, .. }
            | Self::Statement { text, .. } => text,
        }
    }

    /// The question's short name in reports: its label, else its wording.
    pub fn label(&self) -> &Text {
        match self {
            Self::Rating { label, .. } | Self::Nps { label, .. } if !label.0.is_empty() => label,
            _ => self.text(),
        }
    }

    /// Whether the guest has to answer.
    pub fn required(&self) -> bool {
        match self {
            Self::Rating { required, .. }
            | Self::Nps { required, .. }
            | Self::SingleChoice { required, .. }
            | Self::MultipleChoice { required, .. }
            | Self::ShortText { required, .. }
            | Self::LongText { required, .. } => *required,
            Self::Statement { .. } => false,
        }
    }

    /// The points of a rating or NPS question; `None` for every other kind.
    pub fn points(&self) -> Option<Points> {
        match self {
            Self::Rating { min, max, .. } => Some(Points { min: *min, max: *max }),
            Self::Nps { .. } => Some(Points { min: 0, max: 10 }),
            _ => None,
        }
    }

    /// Whether "not applicable" is offered.
    pub fn not_applicable(&self) -> bool {
        matches!(self, Self::Rating { not_applicable: true, .. } | Self::Nps { not_applicable: true, .. })
    }

    /// Whether the question takes an answer at all.
    pub fn asks(&self) -> bool {
        !matches!(self, Self::Statement { .. })
    }

    /// Every text of the question that a guest reads, with the name of its field.
    pub fn texts(&self) -> Vec<(String, &Text)> {
        let mut texts = vec![("text".to_owned(), self.text())];
        match self {
            Self::Rating { help, label, low, high, .. } | Self::Nps { help, label, low, high, .. } => {
                texts.extend(
                    [("help", help), ("label", label), ("low", low), ("high", high)]
                        .map(|(name, text)| (name.to_owned(), text)),
                );
            }
            Self::SingleChoice { help, choices, .. } | Self::MultipleChoice { help, choices, .. } => {
                texts.push(("help".to_owned(), help));
                texts.extend(choices.iter().enumerate().map(|(i, c)| (format!("choices.{i}.text"), &c.text)));
            }
            Self::ShortText { help, .. } | Self::LongText { help, .. } => texts.push(("help".to_owned(), help)),
            Self::Statement { .. } => {}
        }
        texts
    }
}
