//! What a question stores: one field for each value that a guest can give, and so for each column of an export.
//!
//! Owns: the ids of fields and the range of each. A rating is one field; a matrix one per row; a ranking or a
//! shared-out sum one per choice (`id_choice`); a choice with "other" one more for its text (`id_other`); a Kano
//! pair two (`id_functional`, `id_dysfunctional`). Refuses nothing.

use super::question::{Choice, Points, Question};
use super::text::Text;

/// One value that is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Field<'a> {
    pub id: String,
    pub question: &'a Question,
    pub kind: Kind<'a>,
    /// Short name in reports.
    pub label: &'a Text,
}

/// What the value can be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind<'a> {
    /// A point of a rating: what a model can measure.
    Points(Points),
    /// A value of a slider, as [`Kind::Points`] but in steps.
    Steps {
        points: Points,
        step: u8,
    },
    /// A whole number from 1 to this, which is no rating: a rank, or an answer of a Kano pair.
    Code(u8),
    /// A share of a sum.
    Part {
        total: u8,
    },
    Choice(&'a [Choice]),
    Choices(&'a [Choice]),
    /// The guest's own words, at most so many characters.
    Text {
        longest: usize,
        lines: bool,
    },
    /// The guest's own words for the choice "other".
    OtherText,
    Email,
    Number {
        min: Option<f64>,
        max: Option<f64>,
        decimals: u8,
    },
    Date {
        min: Option<&'a str>,
        max: Option<&'a str>,
    },
    /// Ticked or not.
    Consent,
    /// From the link.
    Hidden,
}

/// The longest text for "other", and the longest hidden value, in characters.
pub const OTHER_LENGTH: usize = 200;

impl Field<'_> {
    /// Whether the value fits into a byte, and so into the compact row that figures are computed from.
    pub fn fits_a_byte(&self) -> bool {
        matches!(self.kind, Kind::Points(_) | Kind::Steps { .. } | Kind::Code(_) | Kind::Part { .. })
    }

    /// The range of a value that a model can measure.
    pub fn points(&self) -> Option<Points> {
        match self.kind {
            Kind::Points(points) | Kind::Steps { points, .. } => Some(points),
            _ => None,
        }
    }
}

impl<'a> Field<'a> {
    /// What guests are asked: in a matrix, the row.
    pub fn wording(&self) -> &'a Text {
        let row = match self.question {
            Question::Matrix { rows, .. } => rows.iter().find(|row| row.id == self.id).map(|row| &row.text),
            _ => None,
        };
        row.unwrap_or_else(|| self.question.common().text)
    }
}

impl Question {
    /// What the question stores; nothing for a statement.
    pub fn fields(&self) -> Vec<Field<'_>> {
        let common = self.common();
        let whole = |kind| vec![Field { id: common.id.to_owned(), question: self, kind, label: self.label() }];
        let part = |id: &str, label, kind| Field { id: format!("{}_{id}", common.id), question: self, kind, label };
        match self {
            Self::Rating { min, max, .. } => whole(Kind::Points(Points { min: *min, max: *max })),
            Self::Nps { .. } => whole(Kind::Points(Points { min: 0, max: 10 })),
            Self::Csat { .. } => whole(Kind::Points(Points { min: 1, max: 5 })),
            Self::Ces { .. } => whole(Kind::Points(Points { min: 1, max: 7 })),
            Self::Slider { min, max, step, .. } => {
                whole(Kind::Steps { points: Points { min: *min, max: *max }, step: *step })
            }
            Self::Matrix { rows, min, max, .. } => {
                let kind = Kind::Points(Points { min: *min, max: *max });
                rows.iter()
                    .map(|row| Field {
                        id: row.id.clone(),
                        question: self,
                        kind,
                        label: if row.label.is_empty() { &row.text } else { &row.label },
                    })
                    .collect()
            }
            Self::SemanticDifferential { rows, max, .. } => {
                let kind = Kind::Points(Points { min: 1, max: *max });
                rows.iter().map(|row| Field { id: row.id.clone(), question: self, kind, label: &row.high }).collect()
            }
            Self::Ranking { choices, .. } => {
                choices.iter().map(|c| part(&c.id, &c.text, Kind::Code(choices.len() as u8))).collect()
            }
            Self::ConstantSum { choices, total, .. } => {
                choices.iter().map(|c| part(&c.id, &c.text, Kind::Part { total: *total })).collect()
            }
            Self::SingleChoice { choices, other, .. } => {
                let mut fields = whole(Kind::Choice(choices));
                fields.extend((!other.is_empty()).then(|| part("other", other, Kind::OtherText)));
                fields
            }
            Self::DropDown { choices, .. } => whole(Kind::Choice(choices)),
            Self::MultipleChoice { choices, other, .. } => {
                let mut fields = whole(Kind::Choices(choices));
                fields.extend((!other.is_empty()).then(|| part("other", other, Kind::OtherText)));
                fields
            }
            Self::Number { min, max, decimals, .. } => {
                whole(Kind::Number { min: *min, max: *max, decimals: *decimals })
            }
            Self::Date { min, max, .. } => whole(Kind::Date { min: min.as_deref(), max: max.as_deref() }),
            Self::ShortText { max_length, .. } => whole(Kind::Text { longest: usize::from(*max_length), lines: false }),
            Self::LongText { max_length, .. } => whole(Kind::Text { longest: usize::from(*max_length), lines: true }),
            Self::Email { .. } => whole(Kind::Email),
            Self::Consent { .. } => whole(Kind::Consent),
            Self::Hidden { .. } => whole(Kind::Hidden),
            Self::Kano { functional, dysfunctional, .. } => {
                vec![part("functional", functional, Kind::Code(5)), part("dysfunctional", dysfunctional, Kind::Code(5))]
            }
            Self::Statement { .. } => Vec::new(),
        }
    }
}
