//! The value of a checked expression. Total: every node has a value, null where an answer is missing.

use super::{Function, Node, Value};

pub(super) fn evaluate(node: &Node, value: &dyn Fn(&str) -> Value) -> Value {
    match node {
        Node::Literal(literal) => literal.clone(),
        Node::Name(name) => value(name),
        Node::List(items) => {
            let texts = items.iter().map(|item| text_of(&evaluate(item, value)));
            Value::List(texts.collect())
        }
        Node::Call(function, arguments) => call(*function, arguments, value),
    }
}

/// How a value stands in a list.
fn text_of(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        Value::Number(x) => x.to_string(),
        Value::Bool(b) => b.to_string(),
        Value::Null | Value::List(_) => String::new(),
    }
}

fn call(function: Function, arguments: &[Node], value: &dyn Fn(&str) -> Value) -> Value {
    use Function as F;
    let argument = |i: usize| arguments.get(i).map_or(Value::Null, |node| evaluate(node, value));
    match function {
        F::And => logical(argument(0), argument(1), false),
        F::Or => logical(argument(0), argument(1), true),
        F::Not => match argument(0) {
            Value::Bool(b) => Value::Bool(!b),
            _ => Value::Null,
        },
        F::If => match argument(0) {
            Value::Bool(true) => argument(1),
            Value::Bool(false) => argument(2),
            _ => Value::Null,
        },
        F::Equal => Value::Bool(argument(0) == argument(1)),
        F::Unequal => Value::Bool(argument(0) != argument(1)),
        F::Less | F::LessEqual | F::Greater | F::GreaterEqual => compare(function, &argument(0), &argument(1)),
        F::Add | F::Subtract | F::Multiply | F::Divide => arithmetic(function, &argument(0), &argument(1)),
        F::Negate => match argument(0) {
            Value::Number(x) => Value::Number(-x),
            _ => Value::Null,
        },
        F::In => match (argument(0), argument(1)) {
            (Value::Null, _) | (_, Value::Null) => Value::Null,
            (item, Value::List(list)) => Value::Bool(list.contains(&text_of(&item))),
            _ => Value::Null,
        },
        F::Size => match argument(0) {
            Value::List(list) => Value::Number(list.len() as f64),
            Value::Text(text) => Value::Number(text.chars().count() as f64),
            _ => Value::Null,
        },
        F::Contains | F::StartsWith | F::EndsWith => match (argument(0), argument(1)) {
            (Value::Text(text), Value::Text(part)) => Value::Bool(match function {
                F::Contains => text.contains(&part),
                F::StartsWith => text.starts_with(&part),
                _ => text.ends_with(&part),
            }),
            _ => Value::Null,
        },
        F::Mean | F::Sum | F::Min | F::Max => summary(function, arguments.iter().map(|node| evaluate(node, value))),
        F::Count => {
            let given = arguments.iter().filter(|node| evaluate(node, value) != Value::Null);
            Value::Number(given.count() as f64)
        }
        F::Answered => Value::Bool(argument(0) != Value::Null),
        F::Round => match (argument(0), argument(1)) {
            (Value::Number(x), digits) => {
                let digits = if let Value::Number(d) = digits { d.clamp(0.0, 9.0) as i32 } else { 0 };
                let scale = 10_f64.powi(digits);
                number((x * scale).round() / scale)
            }
            _ => Value::Null,
        },
        F::Kano => match (argument(0), argument(1)) {
            (Value::Number(f), Value::Number(d)) => kano(f, d).map_or(Value::Null, |c| Value::Text(c.to_owned())),
            _ => Value::Null,
        },
    }
}

/// `&&` (`absorbing` false) and `||` (true): what decides alone decides, whatever the other side is.
fn logical(a: Value, b: Value, absorbing: bool) -> Value {
    match (a, b) {
        (Value::Bool(x), _) | (_, Value::Bool(x)) if x == absorbing => Value::Bool(absorbing),
        (Value::Bool(_), Value::Bool(_)) => Value::Bool(!absorbing),
        _ => Value::Null,
    }
}

fn compare(function: Function, a: &Value, b: &Value) -> Value {
    let order = match (a, b) {
        (Value::Number(a), Value::Number(b)) => a.partial_cmp(b),
        (Value::Text(a), Value::Text(b)) => Some(a.cmp(b)),
        _ => None,
    };
    order.map_or(Value::Null, |order| {
        Value::Bool(match function {
            Function::Less => order.is_lt(),
            Function::LessEqual => order.is_le(),
            Function::Greater => order.is_gt(),
            _ => order.is_ge(),
        })
    })
}

fn arithmetic(function: Function, a: &Value, b: &Value) -> Value {
    let (Value::Number(a), Value::Number(b)) = (a, b) else { return Value::Null };
    number(match function {
        Function::Add => a + b,
        Function::Subtract => a - b,
        Function::Multiply => a * b,
        _ => a / b,
    })
}

/// A number, or null where there is none (division by zero, overflow).
fn number(x: f64) -> Value {
    if x.is_finite() { Value::Number(x) } else { Value::Null }
}

/// Of the numbers that there are; null where there are none.
fn summary(function: Function, values: impl Iterator<Item = Value>) -> Value {
    let numbers: Vec<f64> = values.filter_map(|v| if let Value::Number(x) = v { Some(x) } else { None }).collect();
    if numbers.is_empty() {
        return Value::Null;
    }
    let sum: f64 = numbers.iter().sum();
    number(match function {
        Function::Mean => sum / numbers.len() as f64,
        Function::Sum => sum,
        Function::Min => numbers.iter().copied().fold(f64::INFINITY, f64::min),
        _ => numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max),
    })
}

/// The category of a pair of answers, each 1 like it, 2 expect it, 3 do not care, 4 can live with it, 5 dislike it.
///
/// Source: Berger et al. (1993), Center for Quality of Management Journal 2(4), the evaluation table.
fn kano(functional: f64, dysfunctional: f64) -> Option<&'static str> {
    const TABLE: [[&str; 5]; 5] = [
        ["questionable", "attractive", "attractive", "attractive", "one-dimensional"],
        ["reverse", "indifferent", "indifferent", "indifferent", "must-be"],
        ["reverse", "indifferent", "indifferent", "indifferent", "must-be"],
        ["reverse", "indifferent", "indifferent", "indifferent", "must-be"],
        ["reverse", "reverse", "reverse", "reverse", "questionable"],
    ];
    let place = |x: f64| (1..=5).find(|i| f64::from(*i) == x).map(|i| i as usize - 1);
    Some(TABLE[place(functional)?][place(dysfunctional)?])
}

#[cfg(test)]
mod tests {
    use super::super::{Type, Variable, compile};
    use super::*;

    fn variable(name: &str) -> Option<Variable> {
        let of = |kind, choices: &[&str]| Variable {
            kind,
            choices: choices.iter().map(|c| (*c).to_owned()).collect(),
            range: None,
        };
        Some(match name {
            "q1" | "q2" | "none" => of(Type::Number, &[]),
            "purpose" => of(Type::Text, &["leisure", "business"]),
            "used" => of(Type::List, &["spa", "bar"]),
            "name" => of(Type::Text, &[]),
            _ => return None,
        })
    }

    fn value(name: &str) -> Value {
        match name {
            "q1" => Value::Number(9.0),
            "q2" => Value::Number(4.0),
            "purpose" => Value::Text("leisure".to_owned()),
            "used" => Value::List(vec!["spa".to_owned()]),
            "name" => Value::Text("Zoë".to_owned()),
            _ => Value::Null,
        }
    }

    fn run(text: &str) -> Value {
        compile(text, &variable).unwrap_or_else(|e| panic!("{text}: {e}")).evaluate(&value)
    }

    fn refused(text: &str) -> String {
        compile(text, &variable).unwrap_err().to_string()
    }

    #[test]
    fn conditions_and_formulas_have_their_values() {
        for (text, expected) in [
            ("q1 >= 9 && purpose == 'leisure'", true),
            ("q1 < q2 || 'spa' in used", true),
            ("purpose in ['business']", false),
            ("size(used) == 1 && !(q1 == 5)", true),
            ("name.startsWith('Zo') && name.contains('ë')", true),
            ("answered(none) || answered(q1)", true),
            ("none == null && none != 5", true),
            ("5 / 2 == 2.5", true),
            ("(q1 > 5 ? 'a' : 'b') == 'a'", true),
            ("kano(1, 5) == 'one-dimensional' && kano(3, 5) == 'must-be' && kano(1, 3) == 'attractive'", true),
        ] {
            assert_eq!(run(text), Value::Bool(expected), "{text}");
        }
        assert_eq!(run("mean(q1, q2, none)"), Value::Number(6.5));
        assert_eq!(run("round(q1 / q2, 1)"), Value::Number(2.3));
        assert_eq!(run("count(q1, none, purpose)"), Value::Number(2.0));
    }

    #[test]
    fn a_missing_answer_makes_null_unless_the_rest_decides() {
        for text in ["none > 5", "!(none > 5)", "none + 1", "mean(none)", "q1 > 5 && none > 5", "q1 / 0"] {
            assert_eq!(run(text), Value::Null, "{text}");
        }
        assert_eq!(run("none > 5 && q1 < 5"), Value::Bool(false));
        assert_eq!(run("none > 5 || q1 > 5"), Value::Bool(true));
    }

    #[test]
    fn what_cannot_be_meant_is_refused_by_name() {
        assert_eq!(refused("q9 > 5"), "the survey has no question `q9`");
        assert_eq!(refused("q1 > 'five'"), "`>` needs a number, and a text stands there");
        assert_eq!(
            refused("purpose == 'leasure'"),
            "`leasure` is not a choice of `purpose`; its choices are leisure, business"
        );
        assert!(refused("'gym' in used").contains("`gym` is not a choice of `used`"));
        assert!(refused("used.all(x, x == 'spa')").contains("macro"));
        assert!(refused("q1 >").starts_with("column "), "{}", refused("q1 >"));
        assert!(refused("q1.matches('a+')").contains("`matches` cannot be used"));
        assert_eq!(refused("answered(1)"), "`answered` takes the name of a question");
        assert!(refused(&"(".repeat(2000)).contains("longer than 1000"));
        assert!(refused(&format!("{}q1{}", "(".repeat(400), ")".repeat(400))).contains("nested too deeply"));
        // As long as it may be, without brackets: read or refused, never an overflow.
        for text in [format!("{}true", "!".repeat(995)), vec!["q1"; 333].join("+"), vec!["true"; 166].join("||")] {
            let _ = compile(&text, &variable).map(|e| e.evaluate(&value));
        }
    }
}
