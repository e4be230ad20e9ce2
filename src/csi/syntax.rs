//! lavaan model text -> [`ModelSpec`]: what was typed, with the place of every name.
//!
//! Owns: the notation (`=~` reflective block, `<~` composite block, `~` regression, `+` between
//! terms, `:` in an interaction, `2*x` a fixed number, `"Room clean"` a name with spaces, `#` or `!` comment, `;` or a line end between
//! statements; a line that ends in an operator goes on in the next). Refuses: to judge whether the
//! statements make a model; that is [`super::model`].
//!
//! Source of the notation: Rosseel (2012) lavaan, J. Statistical Software 48(2); `<~` as in lavaan and cSEM.

use std::fmt;

/// A place in the text: line and column, both from 1; columns count characters, not bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    pub line: usize,
    pub column: usize,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// A construct or indicator name as it was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    pub text: String,
    pub at: Position,
}

/// The relation of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// `=~`: the construct is reflected in its indicators (common factor).
    Reflective,
    /// `<~`: the construct is composed of its indicators (composite).
    Composite,
    /// `~`: the left side is regressed on the right side.
    Regression,
}

impl Relation {
    /// The operator as typed.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Reflective => "=~",
            Self::Composite => "<~",
            Self::Regression => "~",
        }
    }
}

/// One summand on the right of a relation: a name, or a product of names, with an optional number.
#[derive(Debug, Clone, PartialEq)]
pub struct Term {
    pub coefficient: Option<f64>,
    /// One name; two or more for an interaction (`a:b`).
    pub factors: Vec<Name>,
}

/// `targets relation terms`, for instance `Satisfaction ~ Quality + Value`.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    pub targets: Vec<Name>,
    pub relation: Relation,
    pub terms: Vec<Term>,
}

/// A model as typed: its statements in order. See [`super::model::PathModel`] for the checked form.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ModelSpec {
    pub statements: Vec<Statement>,
}

/// Where the text stops being model syntax.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{at}: expected {expected}, found {found}")]
pub struct SyntaxError {
    pub at: Position,
    pub expected: &'static str,
    pub found: String,
}

/// The longest model text that is read, in bytes. Larger input is not a model but an accident.
pub const MAX_MODEL_BYTES: usize = 1 << 20;

/// Reads model text.
///
/// # Errors
/// [`SyntaxError`] at the first place that does not fit: an unexpected character or token, a missing
/// operator or name, an empty model, or more than [`MAX_MODEL_BYTES`].
pub fn parse(text: &str) -> Result<ModelSpec, SyntaxError> {
    if text.len() > MAX_MODEL_BYTES {
        return Err(SyntaxError {
            at: Position { line: 1, column: 1 },
            expected: "a model of at most 1 MiB",
            found: format!("{} bytes", text.len()),
        });
    }
    let mut parser = Parser { tokens: tokenize(text.strip_prefix('\u{feff}').unwrap_or(text))?, next: 0 };
    let mut spec = ModelSpec::default();
    loop {
        parser.skip_ends();
        if parser.peek().kind == Kind::Eof {
            break;
        }
        spec.statements.push(parser.statement()?);
    }
    if spec.statements.is_empty() {
        return Err(parser.error("a statement such as `Satisfaction ~ Quality`"));
    }
    Ok(spec)
}

#[derive(Debug, Clone, PartialEq)]
enum Kind {
    Name(String),
    Number(f64),
    Relation(Relation),
    Plus,
    Colon,
    Star,
    End,
    Eof,
}

#[derive(Debug, Clone)]
struct Token {
    kind: Kind,
    at: Position,
}

struct Parser {
    tokens: Vec<Token>,
    next: usize,
}

impl Parser {
    fn peek(&self) -> &Token {
        // The token list always ends with Eof and `advance` never moves past it.
        &self.tokens[self.next.min(self.tokens.len() - 1)]
    }

    fn advance(&mut self) -> Token {
        let token = self.peek().clone();
        if token.kind != Kind::Eof {
            self.next += 1;
        }
        token
    }

    fn skip_ends(&mut self) {
        while self.peek().kind == Kind::End {
            self.next += 1;
        }
    }

    fn error(&self, expected: &'static str) -> SyntaxError {
        let token = self.peek();
        let found = match &token.kind {
            Kind::Name(name) => format!("`{name}`"),
            Kind::Number(number) => format!("the number {number}"),
            Kind::Relation(relation) => format!("`{}`", relation.symbol()),
            Kind::Plus => "`+`".into(),
            Kind::Colon => "`:`".into(),
            Kind::Star => "`*`".into(),
            Kind::End => "the end of the line".into(),
            Kind::Eof => "the end of the model".into(),
        };
        SyntaxError { at: token.at, expected, found }
    }

    fn name(&mut self, expected: &'static str) -> Result<Name, SyntaxError> {
        match &self.peek().kind {
            Kind::Name(_) => {
                let Token { kind: Kind::Name(text), at } = self.advance() else { unreachable!("peeked") };
                Ok(Name { text, at })
            }
            _ => Err(self.error(expected)),
        }
    }

    fn statement(&mut self) -> Result<Statement, SyntaxError> {
        let mut targets = vec![self.name("a construct name")?];
        while self.peek().kind == Kind::Plus {
            self.advance();
            self.skip_ends();
            targets.push(self.name("a construct name after `+`")?);
        }
        let Kind::Relation(relation) = self.peek().kind else {
            return Err(self.error("`=~`, `<~` or `~`"));
        };
        self.advance();
        let mut terms = Vec::new();
        loop {
            self.skip_ends();
            terms.push(self.term()?);
            match self.peek().kind {
                Kind::Plus => {
                    self.advance();
                }
                Kind::End | Kind::Eof => break,
                _ => return Err(self.error("`+` or the end of the line")),
            }
        }
        Ok(Statement { targets, relation, terms })
    }

    fn term(&mut self) -> Result<Term, SyntaxError> {
        let mut coefficient = None;
        if let Kind::Number(number) = self.peek().kind {
            self.advance();
            if self.peek().kind != Kind::Star {
                return Err(self.error("`*` after a number"));
            }
            self.advance();
            coefficient = Some(number);
        }
        let mut factors = vec![self.name("a name")?];
        while self.peek().kind == Kind::Colon {
            self.advance();
            factors.push(self.name("a name after `:`")?);
        }
        Ok(Term { coefficient, factors })
    }
}

fn tokenize(text: &str) -> Result<Vec<Token>, SyntaxError> {
    let mut tokens = Vec::new();
    let mut at = Position { line: 1, column: 1 };
    let mut chars = text.chars().peekable();
    while let Some(&c) = chars.peek() {
        let start = at;
        let mut take = || {
            at.column += 1;
            chars.next();
        };
        let kind = match c {
            '\n' | ';' => {
                take();
                if c == '\n' {
                    at = Position { line: start.line + 1, column: 1 };
                }
                Kind::End
            }
            '#' | '!' => {
                while chars.next_if(|&c| c != '\n').is_some() {
                    at.column += 1;
                }
                continue;
            }
            c if c.is_whitespace() => {
                take();
                continue;
            }
            '+' | ':' | '*' => {
                take();
                if c == ':' && chars.peek() == Some(&'=') {
                    let expected =
                        "a statement with `=~`, `<~` or `~`: all indirect and total effects are given anyway";
                    return Err(SyntaxError { at: start, expected, found: "`:=`".into() });
                }
                match c {
                    '+' => Kind::Plus,
                    ':' => Kind::Colon,
                    _ => Kind::Star,
                }
            }
            '~' => {
                take();
                if chars.peek() == Some(&'~') {
                    let (expected, found) = ("`=~`, `<~` or `~`: covariances are not set in PLS", "`~~`".into());
                    return Err(SyntaxError { at: start, expected, found });
                }
                Kind::Relation(Relation::Regression)
            }
            '=' | '<' => {
                take();
                if chars.next_if_eq(&'~').is_none() {
                    let found = format!("`{c}`");
                    return Err(SyntaxError { at: start, expected: "`=~`, `<~` or `~`", found });
                }
                at.column += 1;
                Kind::Relation(if c == '=' { Relation::Reflective } else { Relation::Composite })
            }
            c if c.is_ascii_digit() || c == '-' || c == '.' => {
                let word = word(&mut chars, &mut at, |c| c.is_ascii_digit() || matches!(c, '-' | '.'));
                match word.parse::<f64>() {
                    Ok(number) => Kind::Number(number),
                    Err(_) => return Err(SyntaxError { at: start, expected: "a number", found: format!("`{word}`") }),
                }
            }
            '"' => {
                take();
                let name = word(&mut chars, &mut at, |c| !matches!(c, '"' | '\n'));
                if chars.next_if_eq(&'"').is_none() {
                    return Err(SyntaxError { at: start, expected: "a closing `\"`", found: format!("`\"{name}`") });
                }
                at.column += 1;
                if name.trim().is_empty() {
                    return Err(SyntaxError { at: start, expected: "a name between the quotes", found: "none".into() });
                }
                Kind::Name(name.trim().to_owned())
            }
            c if c.is_alphabetic() || c == '_' => {
                Kind::Name(word(&mut chars, &mut at, |c| c.is_alphanumeric() || matches!(c, '_' | '.')))
            }
            other => {
                let found = format!("`{}`", other.escape_debug());
                return Err(SyntaxError { at: start, expected: "a name, an operator or a comment", found });
            }
        };
        tokens.push(Token { kind, at: start });
    }
    tokens.push(Token { kind: Kind::Eof, at });
    Ok(tokens)
}

fn word(
    chars: &mut std::iter::Peekable<std::str::Chars<'_>>,
    at: &mut Position,
    belongs: impl Fn(char) -> bool,
) -> String {
    let mut word = String::new();
    while let Some(c) = chars.next_if(|&c| belongs(c)) {
        word.push(c);
        at.column += 1;
    }
    word
}

impl fmt::Display for ModelSpec {
    /// Writes the model in the notation it was read from: parsing the output gives the same statements.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.');
        let starts = |text: &str| text.starts_with(|c: char| c.is_alphabetic() || c == '_');
        let name = |n: &Name| {
            if starts(&n.text) && n.text.chars().all(plain) { n.text.clone() } else { format!("\"{}\"", n.text) }
        };
        let join = |names: &[Name], with: &str| names.iter().map(name).collect::<Vec<_>>().join(with);
        for statement in &self.statements {
            write!(f, "{} {} ", join(&statement.targets, " + "), statement.relation.symbol())?;
            for (i, term) in statement.terms.iter().enumerate() {
                let plus = if i > 0 { " + " } else { "" };
                write!(f, "{plus}")?;
                if let Some(number) = term.coefficient {
                    write!(f, "{number}*")?;
                }
                write!(f, "{}", join(&term.factors, ":"))?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn failure(text: &str) -> String {
        parse(text).unwrap_err().to_string()
    }

    #[test]
    fn reads_blocks_regressions_comments_and_continuations() {
        let spec =
            parse("# structure\nLoyalty ~ Satisfaction +\n  Value ! why not\nValue =~ v1+v2; Loyalty <~ l1").unwrap();
        assert_eq!(spec.to_string(), "Loyalty ~ Satisfaction + Value\nValue =~ v1 + v2\nLoyalty <~ l1\n");
        assert_eq!(spec.statements[0].terms[1].factors[0].at, Position { line: 3, column: 3 });
    }

    #[test]
    fn reads_several_targets_numbers_and_interactions() {
        let spec = parse("A + B ~ 0.5*C + -1.5*C:D").unwrap();
        assert_eq!(spec.to_string(), "A + B ~ 0.5*C + -1.5*C:D\n");
    }

    #[test]
    fn errors_point_at_the_column() {
        assert_eq!(failure("A ~ B +"), "line 1, column 8: expected a name, found the end of the model");
        assert_eq!(failure("A ~ B\nB = c1"), "line 2, column 3: expected `=~`, `<~` or `~`, found `=`");
        assert_eq!(failure("A B"), "line 1, column 3: expected `=~`, `<~` or `~`, found `B`");
        assert_eq!(failure("A ~ B C"), "line 1, column 7: expected `+` or the end of the line, found `C`");
        assert_eq!(
            failure("服务 ~ 质量 & x"),
            "line 1, column 9: expected a name, an operator or a comment, found `&`"
        );
        assert_eq!(failure("A ~ 1.2.3*B"), "line 1, column 5: expected a number, found `1.2.3`");
        assert_eq!(
            failure(" # nothing\n"),
            "line 2, column 1: expected a statement such as `Satisfaction ~ Quality`, found the end of the model"
        );
    }

    proptest! {
        #[test]
        fn never_panics(text in "[a-cA-C_~=<+:*#!;. 0-9\n-]{0,60}") {
            let _ = parse(&text);
        }

        #[test]
        fn printing_and_parsing_is_the_identity(
            names in proptest::collection::vec("[A-Za-z_][A-Za-z0-9_.]{0,5}", 2..8),
            relation in prop_oneof![Just("=~"), Just("<~"), Just("~")],
        ) {
            let text = format!("{} {relation} {}\n", names[0], names[1..].join(" + "));
            prop_assert_eq!(parse(&text).unwrap().to_string(), text);
        }
    }
}
