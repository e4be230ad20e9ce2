//! Conditions and formulas over answers, in CEL (the Common Expression Language).
//!
//! Owns: the part of CEL that surveys need, its types, and its meaning where answers are missing. Refuses, when a
//! survey is saved: unknown names, values of the wrong type, choices that a question does not have, macros and
//! anything else that could run long. What is accepted cannot fail or loop when a guest answers.
//!
//! All numbers are doubles, so that a rating and 2.5 compare and 5 / 2 is 2.5. A question without an answer is
//! `null`, a multiple choice without one the empty list; whatever needs its value is null too, as CEL's errors are: `false && null` is false, `true || null` true.
//! A condition that comes out null does not hold.

mod compile;
mod evaluate;
mod surveyjs;

use std::collections::BTreeSet;

pub use compile::{CompileError, MOST_CHARACTERS, compile};
pub use surveyjs::to_surveyjs;

/// What a name stands for in an expression.
#[derive(Debug, Clone, PartialEq)]
pub struct Variable {
    pub kind: Type,
    /// The values that a choice can have; empty where anything goes.
    pub choices: Vec<String>,
    /// The points of a rating.
    pub range: Option<(f64, f64)>,
}

/// The type of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    Bool,
    Number,
    Text,
    /// A list of texts.
    List,
    /// Only `null` itself: fits everywhere.
    Null,
}

impl Type {
    /// What it is called in a message.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bool => "yes or no",
            Self::Number => "a number",
            Self::Text => "a text",
            Self::List => "a list",
            Self::Null => "null",
        }
    }
}

/// A value. Null: no answer, or nothing that follows from one.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    List(Vec<String>),
}

impl Value {
    /// Whether it is an answer: not null, and not a list of nothing.
    pub fn is_given(&self) -> bool {
        match self {
            Self::Null => false,
            Self::List(list) => !list.is_empty(),
            _ => true,
        }
    }
}

/// An expression that was checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Expression {
    node: Node,
    pub kind: Type,
    /// The names that it looks at.
    pub names: BTreeSet<String>,
}

impl Expression {
    /// Its value; `value` gives that of a name.
    pub fn evaluate(&self, value: &dyn Fn(&str) -> Value) -> Value {
        evaluate::evaluate(&self.node, value)
    }

    /// Whether a condition holds.
    pub fn holds(&self, value: &dyn Fn(&str) -> Value) -> bool {
        self.evaluate(value) == Value::Bool(true)
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Node {
    Literal(Value),
    List(Vec<Node>),
    Name(String),
    Call(Function, Vec<Node>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Function {
    And,
    Or,
    Not,
    If,
    Equal,
    Unequal,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    Negate,
    In,
    Size,
    Contains,
    StartsWith,
    EndsWith,
    Mean,
    Sum,
    Min,
    Max,
    Count,
    Answered,
    Round,
    Kano,
}
