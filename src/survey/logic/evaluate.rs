//! The value of a checked expression. Total: every node has a value, null where an answer is missing.

use super::{Function, Node, Value};

/// The value; null where there is none.
pub(super) fn evaluate(node: &Node, value: &dyn Fn(&str) -> Value) -> Value {
    outcome(node, value).unwrap_or(Value::Null)
}

/// The value, or none where CEL has an error: something needed the value of a question without an answer.
fn outcome(node: &Node, value: &dyn Fn(&str) -> Value) -> Option<Value> {
    match node {
        Node::Literal(literal) => Some(literal.clone()),
        Node::Name(name) => Some(value(name)),
        Node::List(items) => {
            let texts: Option<Vec<String>> = items.iter().map(|item| Some(text_of(&outcome(item, value)?))).collect();
            texts.map(Value::List)
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

fn call(function: Function, arguments: &[Node], value: &dyn Fn(&str) -> Value) -> Option<Value> {
    use Function as F;
    let argument = |i: usize| outcome(arguments.get(i)?, value);
    match function {
        F::And => logical(argument(0), argument(1), false),
        F::Or => logical(argument(0), argument(1), true),
        F::Not => match argument(0)? {
            Value::Bool(b) => Some(Value::Bool(!b)),
            _ => None,
        },
        F::If => match argument(0)? {
            Value::Bool(true) => argument(1),
            Value::Bool(false) => argument(2),
            _ => None,
        },
        F::Equal => Some(Value::Bool(argument(0)? == argument(1)?)),
        F::Unequal => Some(Value::Bool(argument(0)? != argument(1)?)),
        F::Less | F::LessEqual | F::Greater | F::GreaterEqual => compare(function, &argument(0)?, &argument(1)?),
        F::Add | F::Subtract | F::Multiply | F::Divide => arithmetic(function, &argument(0)?, &argument(1)?),
        F::Negate => match argument(0)? {
            Value::Number(x) => Some(Value::Number(-x)),
            _ => None,
        },
        F::In => match (argument(0)?, argument(1)?) {
            (Value::Null, Value::List(_)) => Some(Value::Bool(false)),
            (item, Value::List(list)) => Some(Value::Bool(list.contains(&text_of(&item)))),
            _ => None,
        },
        F::Size => match argument(0)? {
            Value::List(list) => Some(Value::Number(list.len() as f64)),
            Value::Text(text) => Some(Value::Number(text.chars().count() as f64)),
            _ => None,
        },
        F::Contains | F::StartsWith | F::EndsWith => match (argument(0)?, argument(1)?) {
            (Value::Text(text), Value::Text(part)) => Some(Value::Bool(match function {
                F::Contains => text.contains(&part),
                F::StartsWith => text.starts_with(&part),
                _ => text.ends_with(&part),
            })),
            _ => None,
        },
        F::Mean | F::Sum | F::Min | F::Max => summary(function, arguments.iter().map(|node| evaluate(node, value))),
        F::Count => {
            let given = arguments.iter().filter(|node| evaluate(node, value).is_given());
            Some(Value::Number(given.count() as f64))
        }
        F::Answered => Some(Value::Bool(argument(0)?.is_given())),
        F::Round => match (argument(0)?, arguments.get(1).map(|node| evaluate(node, value))) {
            (Value::Number(x), digits) => {
                let digits = if let Some(Value::Number(d)) = digits { d.clamp(0.0, 9.0) as i32 } else { 0 };
                let scale = 10_f64.powi(digits);
                number((x * scale).round() / scale)
            }
            _ => None,
        },
        F::Kano => match (argument(0)?, argument(1)?) {
            (Value::Number(f), Value::Number(d)) => kano(f, d).map(|category| Value::Text(category.to_owned())),
            _ => None,
        },
    }
}

/// `&&` (`absorbing` false) and `||` (true): what decides alone decides, whatever the other side is.
fn logical(a: Option<Value>, b: Option<Value>, absorbing: bool) -> Option<Value> {
    match (a, b) {
        (Some(Value::Bool(x)), _) | (_, Some(Value::Bool(x))) if x == absorbing => Some(Value::Bool(absorbing)),
        (Some(Value::Bool(_)), Some(Value::Bool(_))) => Some(Value::Bool(!absorbing)),
        _ => None,
    }
}

fn compare(function: Function, a: &Value, b: &Value) -> Option<Value> {
    let order = match (a, b) {
        (Value::Number(a), Value::Number(b)) => a.partial_cmp(b),
        (Value::Text(a), Value::Text(b)) => Some(a.cmp(b)),
        _ => None,
    }?;
    Some(Value::Bool(match function {
        Function::Less => order.is_lt(),
        Function::LessEqual => order.is_le(),
        Function::Greater => order.is_gt(),
        _ => order.is_ge(),
    }))
}

fn arithmetic(function: Function, a: &Value, b: &Value) -> Option<Value> {
    let (Value::Number(a), Value::Number(b)) = (a, b) else { return None };
    number(match function {
        Function::Add => a + b,
        Function::Subtract => a - b,
        Function::Multiply => a * b,
        _ => a / b,
    })
}

/// A number, or none where there is none (division by zero, overflow).
fn number(x: f64) -> Option<Value> {
    x.is_finite().then_some(Value::Number(x))
}

/// Of the numbers that there are; none where there are none.
fn summary(function: Function, values: impl Iterator<Item = Value>) -> Option<Value> {
    let numbers: Vec<f64> = values.filter_map(|v| if let Value::Number(x) = v { Some(x) } else { None }).collect();
    if numbers.is_empty() {
        return None;
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

    use proptest::prelude::*;

    /// Conditions over doubles and texts, with names that have no answer among them.
    fn conditions() -> impl Strategy<Value = String> {
        let number = prop_oneof![
            Just("q1".to_owned()),
            Just("q2".to_owned()),
            Just("none".to_owned()),
            (-3..12_i32).prop_map(|x| format!("{x}.0"))
        ];
        let sum = (number.clone(), prop_oneof![Just("+"), Just("-"), Just("*")], number.clone())
            .prop_map(|(a, sign, b)| format!("({a} {sign} {b})"));
        let value = prop_oneof![number, sum];
        let sign = prop_oneof![Just("<"), Just("<="), Just(">"), Just(">="), Just("=="), Just("!=")];
        let leaf = prop_oneof![
            (value.clone(), sign, value).prop_map(|(a, sign, b)| format!("{a} {sign} {b}")),
            Just("purpose == 'leisure'".to_owned()),
            Just("'spa' in used".to_owned()),
            Just("name.contains('o')".to_owned()),
            Just("none == null".to_owned()),
        ];
        leaf.prop_recursive(4, 32, 3, |inner| {
            prop_oneof![
                (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} && {b})")),
                (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} || {b})")),
                inner.clone().prop_map(|a| format!("!({a})")),
                (inner.clone(), inner.clone(), inner).prop_map(|(a, b, c)| format!("(({a}) ? ({b}) : ({c}))")),
            ]
        })
    }

    proptest! {
        /// Where CEL's own interpreter has a value it is ours; where it has an error (a value is missing) ours is null.
        #[test]
        fn conditions_mean_what_cel_says(text in conditions()) {
            let mut context = cel::Context::default();
            for name in ["q1", "q2", "none", "purpose", "used", "name"] {
                let theirs = match value(name) {
                    Value::Number(x) => cel::Value::Float(x),
                    Value::Text(text) => cel::Value::String(text.into()),
                    Value::List(list) => {
                        let texts: Vec<cel::Value> = list.into_iter().map(|t| cel::Value::String(t.into())).collect();
                        cel::Value::List(texts.into())
                    }
                    _ => cel::Value::Null,
                };
                context.add_variable_from_value(name, theirs);
            }
            let program = cel::Program::compile(&text).unwrap();
            let theirs = match program.execute(&context) {
                Ok(cel::Value::Bool(b)) => Value::Bool(b),
                _ => Value::Null,
            };
            prop_assert_eq!(run(&text), theirs, "{}", text);
        }
    }
}
