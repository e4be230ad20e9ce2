//! CEL text -> [`Expression`]: parsed by the `cel` crate, then checked against the names of a survey.

use std::collections::BTreeSet;

use cel::common::ast::{CallExpr, Expr, LiteralValue, operators};
use cel::parser::Parser;

use super::{Expression, Function, Node, Type, Value, Variable};

/// The longest expression, in characters.
pub const MOST_CHARACTERS: usize = 1000;

/// The deepest nesting.
const DEEPEST: u16 = 24;

/// Why a text is no expression that a survey can use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CompileError {
    #[error("the expression is longer than {MOST_CHARACTERS} characters")]
    TooLong,
    #[error("column {column} of the expression: {message}")]
    Syntax { column: usize, message: String },
    #[error("the survey has no question `{0}`")]
    UnknownName(String),
    #[error("`{0}` is not a choice of `{1}`; its choices are {2}")]
    NoSuchChoice(String, String, String),
    #[error("`{what}` needs {expected}, and {found} stands there")]
    WrongType { what: String, expected: &'static str, found: &'static str },
    #[error(
        "`{0}` cannot be used in a survey; known are mean, sum, min, max, count, answered, round, size, kano, `in`, contains, startsWith and endsWith"
    )]
    Unsupported(String),
    #[error("`{what}` takes {expected}")]
    Arguments { what: String, expected: &'static str },
}

/// Reads an expression; `variable` knows the names that it may use.
///
/// # Errors
/// [`CompileError`].
pub fn compile(text: &str, variable: &dyn Fn(&str) -> Option<Variable>) -> Result<Expression, CompileError> {
    if text.chars().count() > MOST_CHARACTERS {
        return Err(CompileError::TooLong);
    }
    if nesting(text) > usize::from(DEEPEST) {
        return Err(CompileError::Syntax { column: 1, message: "brackets are nested too deeply".to_owned() });
    }
    let parsed = Parser::new().max_recursion_depth(4 * DEEPEST).parse(text).map_err(|errors| {
        let first = errors.errors.first();
        let column = first.map_or(1, |e| usize::try_from(e.pos.1).unwrap_or(1));
        // The first line says what is wrong, the others repeat the text.
        let message = first.map_or("not an expression", |e| e.msg.lines().next().unwrap_or_default());
        CompileError::Syntax { column, message: readable(message.trim()) }
    })?;
    let mut compiler = Compiler { variable, names: BTreeSet::new() };
    let (node, kind) = compiler.node(&parsed.expr)?;
    Ok(Expression { node, kind, names: compiler.names })
}

/// What the parser says, in words for people who write questionnaires.
fn readable(message: &str) -> String {
    let message = message.trim_start_matches("Syntax error: ");
    let quoted = || message.split('\'').nth(1).unwrap_or_default().trim().to_owned();
    if message.contains("token recognition error") && quoted().starts_with('=') {
        "write == to compare".to_owned()
    } else if message.contains("token recognition error") {
        format!("`{}` is not understood", quoted())
    } else if message.contains("<EOF>") && message.starts_with("mismatched input '<EOF>'") {
        "the expression ends too early".to_owned()
    } else if message.starts_with("mismatched input") || message.starts_with("extraneous input") {
        format!("`{}` was not expected", quoted())
    } else {
        message.to_owned()
    }
}

/// How deeply brackets are nested.
fn nesting(text: &str) -> usize {
    let (mut open, mut deepest) = (0_usize, 0);
    for c in text.chars() {
        match c {
            '(' | '[' | '{' => open += 1,
            ')' | ']' | '}' => open = open.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(open);
    }
    deepest
}

struct Compiler<'a> {
    variable: &'a dyn Fn(&str) -> Option<Variable>,
    names: BTreeSet<String>,
}

type Typed = (Node, Type);

impl Compiler<'_> {
    fn node(&mut self, expr: &Expr) -> Result<Typed, CompileError> {
        match expr {
            Expr::Literal(literal) => literal_value(literal),
            Expr::Ident(name) => {
                let variable = (self.variable)(name).ok_or_else(|| CompileError::UnknownName(name.clone()))?;
                self.names.insert(name.clone());
                Ok((Node::Name(name.clone()), variable.kind))
            }
            Expr::List(list) => {
                let items: Vec<Typed> =
                    list.elements.iter().map(|item| self.node(&item.expr)).collect::<Result<_, _>>()?;
                for (_, kind) in &items {
                    fits("[…]", &[Type::Text, Type::Number], *kind)?;
                }
                Ok((Node::List(items.into_iter().map(|(node, _)| node).collect()), Type::List))
            }
            Expr::Call(call) => self.call(call),
            Expr::Comprehension(_) => Err(CompileError::Unsupported("a macro such as all or exists".to_owned())),
            Expr::Select(select) => Err(CompileError::Unsupported(format!(".{}", select.field))),
            Expr::Map(_) | Expr::Struct(_) | Expr::Unspecified => Err(CompileError::Unsupported("{…}".to_owned())),
        }
    }

    fn call(&mut self, call: &CallExpr) -> Result<Typed, CompileError> {
        let name = call.func_name.as_str();
        let shown = name.trim_matches('_').trim_start_matches('@');
        let function = function(name).ok_or_else(|| CompileError::Unsupported(shown.to_owned()))?;
        let all = call.target.iter().map(AsRef::as_ref).chain(&call.args);
        let arguments: Vec<&Expr> = all.map(|a| &a.expr).collect();
        let typed: Vec<Typed> = arguments.iter().map(|a| self.node(a)).collect::<Result<_, _>>()?;
        let kinds: Vec<Type> = typed.iter().map(|(_, kind)| *kind).collect();
        let kind = result_type(function, shown, &kinds)?;
        if let (Function::Equal | Function::Unequal | Function::In, [a, b]) = (function, arguments.as_slice()) {
            self.check_choice(a, b)?;
            self.check_choice(b, a)?;
        }
        if function == Function::Answered && !matches!(arguments[..], [Expr::Ident(_)]) {
            return Err(CompileError::Arguments { what: shown.to_owned(), expected: "the name of a question" });
        }
        Ok((Node::Call(function, typed.into_iter().map(|(node, _)| node).collect()), kind))
    }

    /// A text that is compared with a choice must be one of its choices.
    fn check_choice(&self, name: &Expr, text: &Expr) -> Result<(), CompileError> {
        let Expr::Ident(name) = name else { return Ok(()) };
        let choices = (self.variable)(name).map_or_else(Vec::new, |v| v.choices);
        let texts: Vec<&Expr> = match text {
            Expr::List(list) => list.elements.iter().map(|e| &e.expr).collect(),
            other => vec![other],
        };
        for text in texts {
            if let Expr::Literal(LiteralValue::String(text)) = text
                && !choices.is_empty()
                && !choices.iter().any(|c| c == text.inner())
            {
                return Err(CompileError::NoSuchChoice(text.inner().to_owned(), name.clone(), choices.join(", ")));
            }
        }
        Ok(())
    }
}

fn literal_value(literal: &LiteralValue) -> Result<Typed, CompileError> {
    let (value, kind) = match literal {
        LiteralValue::Boolean(b) => (Value::Bool(*b.inner()), Type::Bool),
        LiteralValue::Int(i) => (Value::Number(*i.inner() as f64), Type::Number),
        LiteralValue::UInt(i) => (Value::Number(*i.inner() as f64), Type::Number),
        LiteralValue::Double(x) => (Value::Number(*x.inner()), Type::Number),
        LiteralValue::String(text) => (Value::Text(text.inner().to_owned()), Type::Text),
        LiteralValue::Null => (Value::Null, Type::Null),
        LiteralValue::Bytes(_) => return Err(CompileError::Unsupported("b\"…\"".to_owned())),
    };
    Ok((Node::Literal(value), kind))
}

fn function(name: &str) -> Option<Function> {
    Some(match name {
        operators::LOGICAL_AND => Function::And,
        operators::LOGICAL_OR => Function::Or,
        operators::LOGICAL_NOT => Function::Not,
        operators::CONDITIONAL => Function::If,
        operators::EQUALS => Function::Equal,
        operators::NOT_EQUALS => Function::Unequal,
        operators::LESS => Function::Less,
        operators::LESS_EQUALS => Function::LessEqual,
        operators::GREATER => Function::Greater,
        operators::GREATER_EQUALS => Function::GreaterEqual,
        operators::ADD => Function::Add,
        operators::SUBSTRACT => Function::Subtract,
        operators::MULTIPLY => Function::Multiply,
        operators::DIVIDE => Function::Divide,
        operators::NEGATE => Function::Negate,
        operators::IN => Function::In,
        "size" => Function::Size,
        "contains" => Function::Contains,
        "startsWith" => Function::StartsWith,
        "endsWith" => Function::EndsWith,
        "mean" => Function::Mean,
        "sum" => Function::Sum,
        "min" => Function::Min,
        "max" => Function::Max,
        "count" => Function::Count,
        "answered" => Function::Answered,
        "round" => Function::Round,
        "kano" => Function::Kano,
        _ => return None,
    })
}

/// The type of a call, if its arguments fit.
fn result_type(function: Function, what: &str, kinds: &[Type]) -> Result<Type, CompileError> {
    use Function as F;
    let arguments = |expected| CompileError::Arguments { what: what.to_owned(), expected };
    let all = |allowed: &[Type]| kinds.iter().try_for_each(|kind| fits(what, allowed, *kind));
    match (function, kinds) {
        (F::And | F::Or, [_, _]) | (F::Not, [_]) => all(&[Type::Bool]).map(|()| Type::Bool),
        (F::If, [condition, a, b]) => {
            fits(what, &[Type::Bool], *condition)?;
            fits(what, &[*a], *b).map(|()| if *a == Type::Null { *b } else { *a })
        }
        (F::Equal | F::Unequal, [a, b]) => fits(what, &[*a], *b).map(|()| Type::Bool),
        (F::Less | F::LessEqual | F::Greater | F::GreaterEqual, [a, b]) => {
            all(&[Type::Number, Type::Text])?;
            fits(what, &[*a], *b).map(|()| Type::Bool)
        }
        (F::Add | F::Subtract | F::Multiply | F::Divide, [_, _]) | (F::Negate, [_]) => {
            all(&[Type::Number]).map(|()| Type::Number)
        }
        (F::In, [item, list]) => {
            fits(what, &[Type::Text, Type::Number], *item)?;
            fits(what, &[Type::List], *list).map(|()| Type::Bool)
        }
        (F::Size, [_]) => all(&[Type::List, Type::Text]).map(|()| Type::Number),
        (F::Contains, [Type::List, _]) => Err(arguments("a text; for several choices write 'choice' in question")),
        (F::Contains | F::StartsWith | F::EndsWith, [_, _]) => all(&[Type::Text]).map(|()| Type::Bool),
        (F::Mean | F::Sum | F::Min | F::Max, [_, ..]) => all(&[Type::Number]).map(|()| Type::Number),
        (F::Count, [_, ..]) => Ok(Type::Number),
        (F::Answered, [_]) => Ok(Type::Bool),
        (F::Round, [_] | [_, _]) => all(&[Type::Number]).map(|()| Type::Number),
        (F::Kano, [_, _]) => all(&[Type::Number]).map(|()| Type::Text),
        (F::Mean | F::Sum | F::Min | F::Max | F::Count, _) => Err(arguments("one value or more")),
        (F::Size | F::Answered, _) => Err(arguments("one value")),
        (F::Round, _) => Err(arguments("a number, and the digits to keep")),
        _ => Err(arguments("two values")),
    }
}

/// Whether a value of this type can stand where one of `allowed` is needed; null can stand everywhere.
fn fits(what: &str, allowed: &[Type], found: Type) -> Result<(), CompileError> {
    if found == Type::Null || allowed.contains(&found) || allowed.contains(&Type::Null) {
        return Ok(());
    }
    let expected = allowed.first().map_or("a value", |t| t.name());
    Err(CompileError::WrongType { what: what.to_owned(), expected, found: found.name() })
}
