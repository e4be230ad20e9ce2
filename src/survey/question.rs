//! The kinds of question, and what each needs.
//!
//! Owns: the fields of every kind, as a template writes them. Refuses nothing itself. What a question stores is
//! [`super::field`]'s, what it accepts [`super::answers`]'.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::text::Text;

/// Defines [`Question`]: every kind has the common fields and its own, and one accessor each for the common ones.
macro_rules! kinds {
    ($( $(#[$doc:meta])* $Kind:ident { $( $(#[$field_doc:meta])* $field:ident : $type:ty, )* } )*) => {
        /// One question. `id` names it in the model, in exports and in the database.
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(tag = "type", rename_all = "kebab-case", deny_unknown_fields)]
        pub enum Question {
            $(
                $(#[$doc])*
                $Kind {
                    id: String,
                    text: Text,
                    /// A line of explanation below the question.
                    #[serde(default, skip_serializing_if = "Text::is_empty")]
                    help: Text,
                    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
                    required: bool,
                    /// Offers "not applicable".
                    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
                    not_applicable: bool,
                    /// Short name in reports; the wording of the question where it is missing.
                    #[serde(default, skip_serializing_if = "Text::is_empty")]
                    label: Text,
                    /// Shown only where this holds: an expression (CEL) over earlier answers.
                    #[serde(default, skip_serializing_if = "Option::is_none")]
                    show_if: Option<String>,
                    /// What an answer must fulfil besides.
                    #[serde(default, skip_serializing_if = "Option::is_none")]
                    constraint: Option<Constraint>,
                    $( $(#[$field_doc])* $field: $type, )*
                },
            )*
            /// A value from the link that brought the guest, or from the stay; shows nothing.
            Hidden {
                id: String,
                /// Name in the link, where it is not the id.
                #[serde(default, skip_serializing_if = "Option::is_none")]
                parameter: Option<String>,
                /// What it is, for the codebook.
                #[serde(default, skip_serializing_if = "Text::is_empty")]
                label: Text,
                /// The values that reports tell apart, with their names; without any, all that occur. Every value is stored.
                #[serde(default, skip_serializing_if = "Vec::is_empty")]
                choices: Vec<Choice>,
                /// What reports call all other values together; without it, they count as none.
                #[serde(default, skip_serializing_if = "Text::is_empty")]
                other: Text,
            },
        }

        impl Question {
            /// What every kind has; empty for a hidden value.
            pub fn common(&self) -> Common<'_> {
                match self {
                    $( Self::$Kind { id, text, help, required, not_applicable, label, show_if, constraint, .. } => Common {
                        id, text, help, label,
                        required: *required,
                        not_applicable: *not_applicable,
                        show_if: show_if.as_deref(),
                        constraint: constraint.as_ref(),
                    }, )*
                    Self::Hidden { id, label, .. } => Common {
                        id, label, text: label, help: &EMPTY,
                        required: false, not_applicable: false, show_if: None, constraint: None,
                    },
                }
            }

            /// The conditions of a question, to be changed by importers.
            pub(super) fn conditions_mut(&mut self) -> Option<(&mut Option<String>, &mut Option<Constraint>)> {
                match self {
                    $( Self::$Kind { show_if, constraint, .. } => Some((show_if, constraint)), )*
                    Self::Hidden { .. } => None,
                }
            }

            /// The wording, to be changed by importers.
            pub(super) fn text_mut(&mut self) -> &mut Text {
                match self {
                    $( Self::$Kind { text, .. } => text, )*
                    Self::Hidden { label, .. } => label,
                }
            }
        }
    };
}

static EMPTY: Text = Text(std::collections::BTreeMap::new());

/// What every kind of question has.
#[derive(Debug, Clone, Copy)]
pub struct Common<'a> {
    pub id: &'a str,
    pub text: &'a Text,
    pub help: &'a Text,
    pub label: &'a Text,
    pub required: bool,
    pub not_applicable: bool,
    pub show_if: Option<&'a str>,
    pub constraint: Option<&'a Constraint>,
}

/// A condition that an answer must fulfil.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Constraint {
    /// An expression (CEL) that holds for a good answer.
    pub test: String,
    /// What the guest reads where it does not.
    pub message: Text,
}

kinds! {
    /// A rating on a row of points, 1 to 10 unless said otherwise.
    Rating {
        /// Name of a scale of the template, in place of ends, labels and look.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        scale: Option<String>,
        /// Label of the lowest point.
        #[serde(default, skip_serializing_if = "Text::is_empty")]
        low: Text,
        /// Label of the highest point.
        #[serde(default, skip_serializing_if = "Text::is_empty")]
        high: Text,
        /// The lowest point.
        #[serde(default = "one")]
        #[schemars(range(max = 1))]
        min: u8,
        /// The highest point.
        #[serde(default = "ten")]
        #[schemars(range(min = 2, max = 11))]
        max: u8,
        /// Labels of all points in place of the ends, lowest first.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        labels: Vec<Text>,
        /// How points look.
        #[serde(default)]
        look: Look,
    }
    /// Likelihood to recommend, 0 to 10 (Reichheld 2003).
    Nps {
        /// Label of 0.
        #[serde(default, skip_serializing_if = "Text::is_empty")]
        low: Text,
        /// Label of 10.
        #[serde(default, skip_serializing_if = "Text::is_empty")]
        high: Text,
    }
    /// Satisfaction with something single, 1 to 5 (CSAT).
    Csat {
        #[serde(default, skip_serializing_if = "Text::is_empty")]
        low: Text,
        #[serde(default, skip_serializing_if = "Text::is_empty")]
        high: Text,
        #[serde(default)]
        look: Look,
    }
    /// How easy it was, 1 to 7 (customer effort; Dixon, Freeman & Toman 2010, in its second wording).
    Ces {
        #[serde(default, skip_serializing_if = "Text::is_empty")]
        low: Text,
        #[serde(default, skip_serializing_if = "Text::is_empty")]
        high: Text,
    }
    /// One of several choices.
    SingleChoice {
        #[schemars(length(min = 2))]
        choices: Vec<Choice>,
        /// One more choice with a text of the guest's own; this is its wording.
        #[serde(default, skip_serializing_if = "Text::is_empty")]
        other: Text,
        /// Choices in an order drawn for each guest.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        shuffle: bool,
    }
    /// One of many choices, in a list that opens.
    DropDown {
        #[schemars(length(min = 2))]
        choices: Vec<Choice>,
    }
    /// Any number of several choices.
    MultipleChoice {
        #[schemars(length(min = 2))]
        choices: Vec<Choice>,
        /// One more choice with a text of the guest's own; this is its wording.
        #[serde(default, skip_serializing_if = "Text::is_empty")]
        other: Text,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        shuffle: bool,
    }
    /// Several ratings on the same scale, in a table. Each row is a question of its own in model and exports.
    Matrix {
        #[schemars(length(min = 1))]
        rows: Vec<Row>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        scale: Option<String>,
        #[serde(default, skip_serializing_if = "Text::is_empty")]
        low: Text,
        #[serde(default, skip_serializing_if = "Text::is_empty")]
        high: Text,
        #[serde(default = "one")]
        #[schemars(range(max = 1))]
        min: u8,
        #[serde(default = "ten")]
        #[schemars(range(min = 2, max = 11))]
        max: u8,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        labels: Vec<Text>,
        /// Rows in an order drawn for each guest.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        shuffle: bool,
    }
    /// Pairs of opposite words, each with points between (Osgood, Suci & Tannenbaum 1957).
    SemanticDifferential {
        #[schemars(length(min = 1))]
        rows: Vec<Opposites>,
        /// The highest point; the lowest is 1.
        #[serde(default = "seven")]
        #[schemars(range(min = 3, max = 11))]
        max: u8,
    }
    /// Choices put in order of preference.
    Ranking {
        #[schemars(length(min = 2, max = 12))]
        choices: Vec<Choice>,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        shuffle: bool,
    }
    /// A number on a line, with a field to type it in.
    Slider {
        /// Label of the lowest value.
        #[serde(default, skip_serializing_if = "Text::is_empty")]
        low: Text,
        /// Label of the highest value.
        #[serde(default, skip_serializing_if = "Text::is_empty")]
        high: Text,
        #[serde(default)]
        min: u8,
        #[serde(default = "hundred")]
        #[schemars(range(min = 2, max = 200))]
        max: u8,
        /// Distance of the values that can be chosen.
        #[serde(default = "one")]
        #[schemars(range(min = 1, max = 100))]
        step: u8,
    }
    /// A sum to be shared out among choices.
    ConstantSum {
        #[schemars(length(min = 2))]
        choices: Vec<Choice>,
        /// What the parts must add up to.
        #[serde(default = "hundred")]
        #[schemars(range(min = 2, max = 200))]
        total: u8,
    }
    /// A number.
    Number {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        min: Option<f64>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max: Option<f64>,
        /// Digits after the decimal point at most.
        #[serde(default)]
        #[schemars(range(max = 6))]
        decimals: u8,
        /// What is counted: nights, euros.
        #[serde(default, skip_serializing_if = "Text::is_empty")]
        unit: Text,
    }
    /// A day.
    Date {
        /// First day allowed, as 2026-11-22.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        min: Option<String>,
        /// Last day allowed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max: Option<String>,
    }
    /// One line of text.
    ShortText {
        /// The longest answer, in characters.
        #[serde(default = "short_length")]
        #[schemars(range(min = 1, max = 1000))]
        max_length: u16,
    }
    /// Several lines of text.
    LongText {
        #[serde(default = "long_length")]
        #[schemars(range(min = 1, max = 5000))]
        max_length: u16,
    }
    /// An e-mail address.
    Email {}
    /// A box to tick: the text is what is agreed to.
    Consent {}
    /// A text to read; asks nothing.
    Statement {}
    /// Both questions of a Kano pair about one attribute (Kano, Seraku, Takahashi & Tsuji 1984), five answers each.
    Kano {
        /// How would you feel if it were there?
        functional: Text,
        /// How would you feel if it were not?
        dysfunctional: Text,
    }
}

/// One choice of a choice question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// What is stored and exported.
    pub id: String,
    /// What the guest reads.
    pub text: Text,
    /// With several choices: this one goes with no other, as "none of these".
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub exclusive: bool,
    /// Offered only where this holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub show_if: Option<String>,
}

/// One row of a matrix: a question of its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Row {
    pub id: String,
    pub text: Text,
    /// Short name in reports.
    #[serde(default, skip_serializing_if = "Text::is_empty")]
    pub label: Text,
}

/// Two words that stand against each other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Opposites {
    pub id: String,
    /// The word at 1.
    pub low: Text,
    /// The word at the highest point.
    pub high: Text,
}

/// How the points of a rating look; underneath they are always radio buttons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Look {
    #[default]
    Numbers,
    Stars,
    Faces,
}

fn one() -> u8 {
    1
}

fn seven() -> u8 {
    7
}

fn ten() -> u8 {
    10
}

fn hundred() -> u8 {
    100
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
        self.common().id
    }

    /// The question's short name in reports: its label, else its wording.
    pub fn label(&self) -> &Text {
        let common = self.common();
        if common.label.is_empty() { common.text } else { common.label }
    }

    /// The choices of a question that has some.
    pub fn choices(&self) -> &[Choice] {
        match self {
            Self::SingleChoice { choices, .. }
            | Self::DropDown { choices, .. }
            | Self::MultipleChoice { choices, .. }
            | Self::Ranking { choices, .. }
            | Self::ConstantSum { choices, .. }
            | Self::Hidden { choices, .. } => choices,
            _ => &[],
        }
    }

    /// The choices, to be changed by importers.
    pub(super) fn choices_mut(&mut self) -> &mut [Choice] {
        match self {
            Self::SingleChoice { choices, .. }
            | Self::DropDown { choices, .. }
            | Self::MultipleChoice { choices, .. }
            | Self::Ranking { choices, .. }
            | Self::ConstantSum { choices, .. }
            | Self::Hidden { choices, .. } => choices,
            _ => &mut [],
        }
    }

    /// The wording of a choice with a text of the guest's own; empty where there is none.
    pub fn other(&self) -> &Text {
        match self {
            Self::SingleChoice { other, .. } | Self::MultipleChoice { other, .. } | Self::Hidden { other, .. } => other,
            _ => &EMPTY,
        }
    }

    /// Whether choices or rows stand in an order drawn for each guest.
    pub fn shuffled(&self) -> bool {
        matches!(
            self,
            Self::SingleChoice { shuffle: true, .. }
                | Self::MultipleChoice { shuffle: true, .. }
                | Self::Ranking { shuffle: true, .. }
                | Self::Matrix { shuffle: true, .. }
        )
    }

    /// Whether the question takes an answer from the guest.
    pub fn asks(&self) -> bool {
        !matches!(self, Self::Statement { .. } | Self::Hidden { .. })
    }

    /// Every text of the question that a guest reads, with the path of its field and whether it must be there.
    pub fn texts(&self) -> Vec<(String, &Text, bool)> {
        let common = self.common();
        let mut texts = match self {
            Self::Hidden { label, .. } => vec![("label".to_owned(), label, false)],
            _ => vec![
                ("text".to_owned(), common.text, true),
                ("help".to_owned(), common.help, false),
                ("label".to_owned(), common.label, false),
            ],
        };
        if let Some(constraint) = common.constraint {
            texts.push(("constraint.message".to_owned(), &constraint.message, true));
        }
        let mut own = |name: &str, text, required| texts.push((name.to_owned(), text, required));
        match self {
            Self::Rating { low, high, labels, .. } | Self::Matrix { low, high, labels, .. } => {
                own("low", low, labels.is_empty());
                own("high", high, labels.is_empty());
                texts.extend(labels.iter().enumerate().map(|(i, t)| (format!("labels.{i}"), t, true)));
            }
            Self::Nps { low, high, .. }
            | Self::Csat { low, high, .. }
            | Self::Ces { low, high, .. }
            | Self::Slider { low, high, .. } => {
                own("low", low, false);
                own("high", high, false);
            }
            Self::Number { unit, .. } => own("unit", unit, false),
            Self::Kano { functional, dysfunctional, .. } => {
                own("functional", functional, true);
                own("dysfunctional", dysfunctional, true);
            }
            _ => {}
        }
        if !self.other().is_empty() {
            texts.push(("other".to_owned(), self.other(), true));
        }
        if let Self::Matrix { rows, .. } = self {
            for (i, row) in rows.iter().enumerate() {
                texts.push((format!("rows.{i}.text"), &row.text, true));
                texts.push((format!("rows.{i}.label"), &row.label, false));
            }
        }
        if let Self::SemanticDifferential { rows, .. } = self {
            for (i, row) in rows.iter().enumerate() {
                texts.push((format!("rows.{i}.low"), &row.low, true));
                texts.push((format!("rows.{i}.high"), &row.high, true));
            }
        }
        texts.extend(self.choices().iter().enumerate().map(|(i, c)| (format!("choices.{i}.text"), &c.text, true)));
        texts
    }
}
