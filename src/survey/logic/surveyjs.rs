//! A condition in SurveyJS's notation.

use cel::common::ast::{CallExpr, Expr, LiteralValue, operators};
use cel::parser::Parser;

/// The condition; `None` where it uses a name or a function that SurveyJS does not have.
pub fn to_surveyjs(cel: &str, known: &dyn Fn(&str) -> bool) -> Option<String> {
    let parsed = Parser::new().parse(cel).ok()?;
    write(&parsed.expr, known)
}

fn write(expr: &Expr, known: &dyn Fn(&str) -> bool) -> Option<String> {
    match expr {
        Expr::Ident(name) => known(name).then(|| format!("{{{name}}}")),
        Expr::Literal(literal) => Some(match literal {
            LiteralValue::Boolean(b) => b.inner().to_string(),
            LiteralValue::Int(i) => i.inner().to_string(),
            LiteralValue::UInt(i) => i.inner().to_string(),
            LiteralValue::Double(x) => x.inner().to_string(),
            LiteralValue::String(text) => format!("'{}'", text.inner().replace('\'', "\\'")),
            LiteralValue::Null | LiteralValue::Bytes(_) => return None,
        }),
        Expr::List(list) => {
            let items: Option<Vec<String>> = list.elements.iter().map(|e| write(&e.expr, known)).collect();
            Some(format!("[{}]", items?.join(", ")))
        }
        Expr::Call(call) => write_call(call, known),
        _ => None,
    }
}

fn write_call(call: &CallExpr, known: &dyn Fn(&str) -> bool) -> Option<String> {
    let all: Vec<&Expr> = call.target.iter().map(AsRef::as_ref).chain(&call.args).map(|a| &a.expr).collect();
    let part = |i: usize| write(all.get(i)?, known);
    let is_null = |i: usize| matches!(all.get(i), Some(Expr::Literal(LiteralValue::Null)));
    let sign = match call.func_name.as_str() {
        operators::LOGICAL_AND => "and",
        operators::LOGICAL_OR => "or",
        operators::EQUALS if is_null(1) => return Some(format!("{} empty", part(0)?)),
        operators::NOT_EQUALS if is_null(1) => return Some(format!("{} notempty", part(0)?)),
        operators::EQUALS => "=",
        operators::NOT_EQUALS => "<>",
        operators::LESS => "<",
        operators::LESS_EQUALS => "<=",
        operators::GREATER => ">",
        operators::GREATER_EQUALS => ">=",
        operators::ADD => "+",
        operators::SUBSTRACT => "-",
        operators::MULTIPLY => "*",
        operators::DIVIDE => "/",
        operators::LOGICAL_NOT => return Some(format!("!({})", part(0)?)),
        operators::IN if matches!(all.get(1), Some(Expr::List(_))) => {
            return Some(format!("{} anyof {}", part(0)?, part(1)?));
        }
        operators::IN => return Some(format!("{} contains {}", part(1)?, part(0)?)),
        "contains" => return Some(format!("{} contains {}", part(0)?, part(1)?)),
        "answered" => return Some(format!("{} notempty", part(0)?)),
        _ => return None,
    };
    Some(format!("({} {sign} {})", part(0)?, part(1)?))
}
