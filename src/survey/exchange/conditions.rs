//! Conditions of other programs -> CEL.
//!
//! Owns: the notations of SurveyJS (`{q1} > 3 and {q2} contains 'a'`), XLSForm (`${q1} > 3 and selected(${q2}, 'a')`)
//! and LimeSurvey (`q1.NAOK > 3 && q2_a.NAOK == "Y"`), which differ in how names and operators are written. Refuses:
//! functions that are not listed here; the caller says so.

use super::super::logic::Type;

/// What a name of the other program is here.
#[derive(Debug, Clone, PartialEq)]
pub struct Named {
    /// The CEL expression that stands for it.
    pub cel: String,
    pub kind: Type,
    /// Values of the other program and the choices that they became.
    pub choices: Vec<(String, String)>,
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Name(String),
    Word(String),
    Number(String),
    Text(String),
    Sign(&'static str),
}

const SIGNS: [&str; 20] =
    ["==", "!=", "<>", "<=", ">=", "&&", "||", "=", "<", ">", "(", ")", "[", "]", ",", "+", "-", "*", "/", "!"];

/// What stands between two values, or after one.
const OPERATORS: [&str; 26] = [
    "=",
    "==",
    "!=",
    "<>",
    "<",
    "<=",
    ">",
    ">=",
    "contains",
    "notcontains",
    "anyof",
    "empty",
    "notempty",
    "eq",
    "ne",
    "lt",
    "gt",
    "le",
    "ge",
    "equal",
    "notequal",
    "less",
    "lessorequal",
    "greater",
    "greaterorequal",
    "allof",
];

/// Translates a condition; `named` knows the names.
///
/// # Errors
/// What cannot be translated, in words.
pub fn to_cel(text: &str, named: &dyn Fn(&str) -> Option<Named>) -> Result<String, String> {
    if text.len() > 2000 {
        return Err("it is longer than 2000 characters".to_owned());
    }
    let tokens = tokens(text, named)?;
    let mut parser = Parser { tokens, next: 0, named, depth: 0 };
    let found = parser.or()?;
    match parser.peek() {
        None => Ok(truth(&found)),
        Some(token) => Err(format!("`{}` was not expected", show(token))),
    }
}

fn tokens(text: &str, named: &dyn Fn(&str) -> Option<Named>) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = if first == '{' || rest.starts_with("${") {
            let open = rest.find('{').unwrap_or(0) + 1;
            let close = rest.find('}').ok_or("a brace is not closed")?;
            tokens.push(Token::Name(rest[open..close].trim().to_owned()));
            close + 1
        } else if first == '\'' || first == '"' {
            let close = rest[1..].find(first).ok_or("a quote is not closed")?;
            tokens.push(Token::Text(rest[1..=close].to_owned()));
            close + 2
        } else if first.is_ascii_digit() {
            let length = rest.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(rest.len());
            tokens.push(Token::Number(rest[..length].to_owned()));
            length
        } else if first.is_alphabetic() || first == '_' {
            let length =
                rest.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '.' | '-'))).unwrap_or(rest.len());
            let word = rest[..length].split_once('.').map_or(&rest[..length], |(name, _)| name);
            tokens.push(if named(word).is_some() && !OPERATORS.contains(&word) {
                Token::Name(word.to_owned())
            } else {
                Token::Word(rest[..length].to_owned())
            });
            length
        } else {
            let sign =
                SIGNS.into_iter().find(|s| rest.starts_with(s)).ok_or_else(|| format!("`{first}` is not known"))?;
            tokens.push(Token::Sign(sign));
            sign.len()
        };
        rest = rest[length..].trim_start();
    }
    Ok(tokens)
}

fn show(token: &Token) -> String {
    match token {
        Token::Name(text) | Token::Word(text) | Token::Number(text) | Token::Text(text) => text.clone(),
        Token::Sign(sign) => (*sign).to_owned(),
    }
}

/// A translated part.
#[derive(Debug, Clone)]
struct Part {
    cel: String,
    /// The name that it is, alone.
    name: Option<Named>,
    /// The literal that it is, alone.
    literal: Option<String>,
    list: Vec<String>,
}

impl Part {
    fn of(cel: String) -> Self {
        Self { cel, name: None, literal: None, list: Vec::new() }
    }
}

struct Parser<'a> {
    tokens: Vec<Token>,
    next: usize,
    named: &'a dyn Fn(&str) -> Option<Named>,
    depth: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.next)
    }

    fn take(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.next).cloned();
        self.next += 1;
        token
    }

    /// Takes the next token if it is one of these signs or words.
    fn accept(&mut self, wanted: &[&str]) -> Option<String> {
        let text = match self.peek()? {
            Token::Sign(sign) => (*sign).to_owned(),
            Token::Word(word) => word.to_lowercase(),
            _ => return None,
        };
        wanted.contains(&text.as_str()).then(|| {
            self.next += 1;
            text
        })
    }

    fn expect(&mut self, sign: &str) -> Result<(), String> {
        self.accept(&[sign]).map(drop).ok_or_else(|| format!("`{sign}` is missing"))
    }

    fn or(&mut self) -> Result<Part, String> {
        let mut found = self.and()?;
        while self.accept(&["or", "||"]).is_some() {
            let right = self.and()?;
            found = Part::of(format!("({} || {})", truth(&found), truth(&right)));
        }
        Ok(found)
    }

    fn and(&mut self) -> Result<Part, String> {
        let mut found = self.comparison()?;
        while self.accept(&["and", "&&"]).is_some() {
            let right = self.comparison()?;
            found = Part::of(format!("{} && {}", truth(&found), truth(&right)));
        }
        Ok(found)
    }

    fn comparison(&mut self) -> Result<Part, String> {
        let left = self.sum()?;
        let Some(operator) = self.accept(&OPERATORS) else { return Ok(left) };
        match operator.as_str() {
            "empty" => return Ok(Part::of(without_answer(&left, true))),
            "notempty" => return Ok(Part::of(without_answer(&left, false))),
            _ => {}
        }
        let right = self.sum()?;
        let empty = |part: &Part| part.literal.as_deref() == Some("");
        let sign = match operator.as_str() {
            "=" | "==" | "eq" | "equal" => "==",
            "!=" | "<>" | "ne" | "notequal" => "!=",
            "lt" | "less" => "<",
            "gt" | "greater" => ">",
            "le" | "lessorequal" => "<=",
            "ge" | "greaterorequal" => ">=",
            "contains" => return includes(&left, &right).map(Part::of),
            "notcontains" => return includes(&left, &right).map(|cel| Part::of(format!("!({cel})"))),
            "anyof" | "allof" => {
                let each: Result<Vec<String>, String> =
                    right.list.iter().map(|text| includes(&left, &literal(text.clone()))).collect();
                let between = if operator == "anyof" { " || " } else { " && " };
                return Ok(Part::of(format!("({})", each?.join(between))));
            }
            other => other,
        };
        if empty(&right) {
            return Ok(Part::of(without_answer(&left, sign == "==")));
        }
        Ok(Part::of(format!("{} {sign} {}", against(&left, &right), against(&right, &left))))
    }

    fn sum(&mut self) -> Result<Part, String> {
        let mut found = self.primary()?;
        while let Some(sign) = self.accept(&["+", "-", "*", "/", "div"]) {
            let right = self.primary()?;
            let sign = if sign == "div" { "/" } else { &sign };
            found = Part::of(format!("({} {sign} {})", found.cel, right.cel));
        }
        Ok(found)
    }

    fn primary(&mut self) -> Result<Part, String> {
        self.depth += 1;
        if self.depth > 500 {
            return Err("it is nested too deeply".to_owned());
        }
        match self.take().ok_or("it ends too early")? {
            Token::Name(name) => {
                let named =
                    (self.named)(&name).ok_or_else(|| format!("`{name}` is not among the questions before it"))?;
                Ok(Part { name: Some(named.clone()), ..Part::of(named.cel) })
            }
            Token::Text(text) => Ok(literal(text)),
            Token::Number(number) => Ok(Part { literal: Some(number.clone()), ..Part::of(number) }),
            Token::Sign("(") => {
                let inside = self.or()?;
                self.expect(")")?;
                Ok(Part::of(format!("({})", inside.cel)))
            }
            Token::Sign("[") => {
                let mut list = Vec::new();
                while let Some(Token::Text(text) | Token::Number(text)) = self.peek().cloned() {
                    self.next += 1;
                    list.push(text);
                    self.accept(&[","]);
                }
                self.expect("]")?;
                Ok(Part { list, ..Part::of("[]".to_owned()) })
            }
            Token::Sign("!") => self.primary().map(|part| Part::of(format!("!({})", truth(&part)))),
            Token::Sign("-") => self.primary().map(|part| Part::of(format!("-{}", part.cel))),
            Token::Word(word) => self.word(&word),
            token @ Token::Sign(_) => Err(format!("`{}` was not expected", show(&token))),
        }
    }

    fn word(&mut self, word: &str) -> Result<Part, String> {
        match word.to_lowercase().as_str() {
            "true" | "false" => Ok(Part { literal: Some(word.to_lowercase()), ..Part::of(word.to_lowercase()) }),
            "not" => self.primary().map(|part| Part::of(format!("!({})", truth(&part)))),
            "selected" => {
                self.expect("(")?;
                let list = self.sum()?;
                self.expect(",")?;
                let item = self.sum()?;
                self.expect(")")?;
                includes(&list, &item).map(Part::of)
            }
            "is_empty" => {
                self.expect("(")?;
                let value = self.sum()?;
                self.expect(")")?;
                Ok(Part::of(without_answer(&value, true)))
            }
            "count-selected" => {
                self.expect("(")?;
                let value = self.sum()?;
                self.expect(")")?;
                Ok(Part::of(format!("size({})", value.cel)))
            }
            _ => Err(format!("`{word}` is neither a question nor a known function")),
        }
    }
}

fn literal(text: String) -> Part {
    Part { cel: quoted(&text), literal: Some(text), name: None, list: Vec::new() }
}

/// A CEL text literal.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}

/// A part as it is compared with another: a value of a choice becomes the choice, a quoted number a number.
fn against(part: &Part, other: &Part) -> String {
    let (Some(value), Some(name)) = (&part.literal, &other.name) else { return part.cel.clone() };
    if let Some((_, choice)) = name.choices.iter().find(|(v, _)| v == value) {
        return quoted(choice);
    }
    match name.kind {
        Type::Number if value.parse::<f64>().is_ok() => value.clone(),
        Type::Text => quoted(value),
        _ => part.cel.clone(),
    }
}

/// A part where yes or no is wanted: a question of yes and no, alone, asks whether it was answered with yes.
fn truth(part: &Part) -> String {
    let yes = part.name.as_ref().and_then(|name| name.choices.iter().find(|(value, _)| value == "true"));
    yes.map_or_else(|| part.cel.clone(), |(_, choice)| format!("{} == {}", part.cel, quoted(choice)))
}

/// Whether there is no answer: a multiple choice without one is an empty list, everything else null.
fn without_answer(part: &Part, empty: bool) -> String {
    match &part.name {
        Some(name) if name.kind == Type::List => format!("{}answered({})", if empty { "!" } else { "" }, name.cel),
        _ => format!("{} {} null", part.cel, if empty { "==" } else { "!=" }),
    }
}

/// Whether a choice, or a part of a text, is in what was answered.
fn includes(whole: &Part, item: &Part) -> Result<String, String> {
    let Some(name) = &whole.name else { return Err("only a question can contain something".to_owned()) };
    let inside = against(item, whole);
    Ok(match name.kind {
        Type::List => format!("{inside} in {}", name.cel),
        Type::Text if name.choices.is_empty() => format!("{}.contains({inside})", name.cel),
        _ => format!("{} == {inside}", name.cel),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str) -> Option<Named> {
        let of = |cel: &str, kind, choices: &[(&str, &str)]| Named {
            cel: cel.to_owned(),
            kind,
            choices: choices.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect(),
        };
        Some(match name {
            "q1" => of("q1", Type::Number, &[]),
            "why" => of("why", Type::Text, &[("1", "c_1"), ("business", "business")]),
            "used" => of("used", Type::List, &[("spa", "spa")]),
            "told" => of("told", Type::Text, &[("true", "yes"), ("false", "no")]),
            "name" => of("name", Type::Text, &[]),
            _ => return None,
        })
    }

    #[test]
    fn three_notations_become_one() {
        for (from, to) in [
            ("{q1} > 3 and {why} = 1", "q1 > 3 && why == 'c_1'"),
            ("{used} contains 'spa' or {q1} empty", "('spa' in used || q1 == null)"),
            ("${q1} >= 3 and not(selected(${used}, 'spa'))", "q1 >= 3 && !(('spa' in used))"),
            ("selected(${why}, 'business')", "why == 'business'"),
            (
                "q1.NAOK > \"3\" && (why.NAOK == \"business\" || name.NAOK != \"\")",
                "q1 > 3 && ((why == 'business' || name != null))",
            ),
            ("{why} anyof ['business', 1]", "(why == 'business' || why == 'c_1')"),
            ("{used} notempty", "answered(used)"),
            ("${used} = ''", "!answered(used)"),
            ("{q1} greaterorequal 2 and {q1} less 10", "q1 >= 2 && q1 < 10"),
            ("{used} allof ['spa', 'bar']", "('spa' in used && 'bar' in used)"),
            ("!{told} or {told} and {q1} notempty", "(!(told == 'yes') || told == 'yes' && q1 != null)"),
            ("{name} contains 'O\"x'", "name.contains('O\"x')"),
        ] {
            assert_eq!(to_cel(from, &named).as_deref(), Ok(to), "{from}");
        }
    }

    #[test]
    fn what_is_not_known_is_said() {
        for (from, said) in [
            ("{gone} > 3", "`gone` is not among the questions before it"),
            ("age({q1}) > 3", "`age` is neither a question nor a known function"),
            ("{q1} > ", "it ends too early"),
            ("{q1", "a brace is not closed"),
            ("{q1} § 3", "`§` is not known"),
            ("{q1} > 3 5", "`5` was not expected"),
        ] {
            assert_eq!(to_cel(from, &named), Err(said.to_owned()), "{from}");
        }
        assert!(to_cel(&"(".repeat(1900), &named).is_err());
    }
}
