//! The expressions of a template: compiled, each mistake with its place.
//!
//! Owns: which names an expression may use where it stands (a condition only looks back), whether a condition can
//! ever hold, and whether every page can be reached. Refuses: what cannot; a published survey has no dead end.

use std::collections::HashMap;

use super::check::Checked;
use super::field::{Field, Kind};
use super::logic::{Expression, Type, Value, Variable, compile};
use super::piping;
use super::question::Question;
use super::template::Template;
use super::text::Text;
use super::walk::{Logic, PageLogic};

/// Where an expression or a text stands: what is asked before it may be named in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Moment {
    /// Before a question of a page.
    Before { page: usize, question: usize },
    /// After a question was answered.
    After { page: usize, question: usize },
    /// After everything.
    End,
}

/// A name, when its value is known, and what it can be.
struct Known {
    page: usize,
    question: usize,
    hidden: bool,
    variable: Variable,
}

/// Compiles every expression, and checks every name that a text puts in.
pub(super) fn check(template: &Template, checked: &mut Checked) -> Logic {
    let mut lists = std::collections::BTreeSet::new();
    let mut names = Names { template, known: HashMap::new(), scores: Vec::new(), one_by_one: template.one_by_one() };
    for (page, content) in template.pages.iter().enumerate() {
        for (question, asked) in content.questions.iter().enumerate() {
            let hidden = matches!(asked, Question::Hidden { .. });
            for field in asked.fields() {
                if matches!(field.kind, Kind::Choices(_)) {
                    lists.insert(field.id.clone());
                }
                let variable = variable(&field);
                names.known.insert(field.id, Known { page, question, hidden, variable });
            }
        }
    }
    let mut logic = Logic { lists, ..Logic::default() };
    for (i, page) in template.pages.iter().enumerate() {
        logic.pages.push(names.page(i, page, checked));
        for (j, question) in page.questions.iter().enumerate() {
            names.question(i, j, question, &mut logic, checked);
        }
    }
    names.texts(checked);
    for (i, score) in template.scores.iter().enumerate() {
        let path = format!("scores.{i}.formula");
        if let Some(formula) = names.compile(&score.formula, Moment::End, None, &path, checked) {
            let needed = usize::from(score.at_least.unwrap_or(0));
            if needed > formula.names.len() {
                let found = formula.names.len();
                checked.error(&format!("scores.{i}.at_least"), format!("the formula names {found} questions only"));
            }
            names.scores.push((score.id.clone(), formula.kind));
            logic.scores.push(formula);
        } else {
            // Keeps the order; a survey with an error is not used.
            names.scores.push((score.id.clone(), Type::Null));
        }
    }
    for (i, quota) in template.quotas.iter().enumerate() {
        let path = format!("quotas.{i}.when");
        logic.quotas.extend(names.compile(&quota.when, Moment::End, Some(Type::Bool), &path, checked));
    }
    for (i, rule) in template.contradictions.iter().enumerate() {
        checked.identifier(&format!("contradictions.{i}.id"), &rule.id);
        let path = format!("contradictions.{i}.when");
        logic.contradictions.extend(names.compile(&rule.when, Moment::End, Some(Type::Bool), &path, checked));
    }
    names.reachable(&logic, checked);
    logic
}

/// What an expression can do with a field.
fn variable(field: &Field<'_>) -> Variable {
    let of = |kind| Variable { kind, choices: Vec::new(), range: None };
    let numbers = |min: u8, max: u8| Variable { range: Some((f64::from(min), f64::from(max))), ..of(Type::Number) };
    match field.kind {
        Kind::Points(points) | Kind::Steps { points, .. } => numbers(points.min, points.max),
        Kind::Code(max) => numbers(1, max),
        Kind::Part { total } => numbers(0, total),
        Kind::Number { min: Some(min), max: Some(max), decimals: 0 } if max - min <= 1000.0 => {
            Variable { range: Some((min.ceil(), max.floor())), ..of(Type::Number) }
        }
        Kind::Number { .. } => of(Type::Number),
        Kind::Choice(choices) | Kind::Choices(choices) => {
            let other = (!field.question.other().is_empty()).then(|| super::answers::OTHER.to_owned());
            let kind = if matches!(field.kind, Kind::Choice(_)) { Type::Text } else { Type::List };
            Variable { choices: choices.iter().map(|c| c.id.clone()).chain(other).collect(), ..of(kind) }
        }
        Kind::Text { .. } | Kind::OtherText | Kind::Email | Kind::Date { .. } | Kind::Hidden => of(Type::Text),
        Kind::Consent => of(Type::Bool),
    }
}

struct Names<'a> {
    template: &'a Template,
    known: HashMap<String, Known>,
    /// Scores so far, with their types.
    scores: Vec<(String, Type)>,
    /// Whether pages are shown one after the other.
    one_by_one: bool,
}

impl Names<'_> {
    fn variable(&self, name: &str) -> Option<Variable> {
        let plain = |kind| Variable { kind, choices: Vec::new(), range: None };
        match name {
            "language" => return Some(Variable { choices: self.template.languages.clone(), ..plain(Type::Text) }),
            "unit" => return Some(plain(Type::Text)),
            _ => {}
        }
        let score = || self.scores.iter().find(|(id, _)| id == name).map(|(_, kind)| plain(*kind));
        self.known.get(name).map(|k| k.variable.clone()).or_else(score)
    }

    fn compile(
        &self,
        text: &str,
        moment: Moment,
        wanted: Option<Type>,
        path: &str,
        checked: &mut Checked,
    ) -> Option<Expression> {
        let expression = match compile(text, &|name| self.variable(name)) {
            Ok(expression) => expression,
            Err(e) => {
                checked.error(path, e.to_string());
                return None;
            }
        };
        if let Some(wanted) = wanted.filter(|wanted| expression.kind != *wanted) {
            let found = expression.kind.name();
            checked.error(path, format!("the expression gives {found}; it must give {}", wanted.name()));
            return None;
        }
        for name in &expression.names {
            if let Some(problem) = self.too_early(name, moment) {
                checked.error(path, problem);
                return None;
            }
        }
        if wanted == Some(Type::Bool) && self.never_holds(&expression) {
            checked.error(path, "the condition can never hold, whatever is answered".to_owned());
            return None;
        }
        Some(expression)
    }

    /// Why a name has no value yet at this moment.
    fn too_early(&self, name: &str, moment: Moment) -> Option<String> {
        if self.scores.iter().any(|(id, _)| id == name) && moment != Moment::End {
            return Some(format!("`{name}` is a score, which is computed at the end; conditions look at questions"));
        }
        let known = self.known.get(name).filter(|k| !k.hidden)?;
        let (page, question, inclusive) = match moment {
            Moment::Before { page, question } => (page, question, false),
            Moment::After { page, question } => (page, question, true),
            Moment::End => return None,
        };
        let earlier = (known.page, known.question) < (page, question)
            || (inclusive && (known.page, known.question) == (page, question));
        if !earlier {
            return Some(format!("`{name}` is not asked before this; a condition can only look back"));
        }
        let shuffled = self.template.pages[page].shuffle && known.page == page && known.question != question;
        let block = |page: usize| self.template.pages[page].block.as_ref();
        if shuffled || (known.page != page && block(page).is_some() && block(page) == block(known.page)) {
            return Some(format!("`{name}` may come after this, because the order is drawn for each guest"));
        }
        None
    }

    fn page(&self, i: usize, page: &super::template::Page, checked: &mut Checked) -> PageLogic {
        let mut logic = PageLogic::default();
        if let Some(text) = &page.show_if {
            let moment = Moment::Before { page: i, question: 0 };
            logic.show_if = self.compile(text, moment, Some(Type::Bool), &format!("pages.{i}.show_if"), checked);
        }
        for (k, skip) in page.skip.iter().enumerate() {
            let moment = Moment::After { page: i, question: page.questions.len() };
            let path = format!("pages.{i}.skip.{k}");
            let when = self.compile(&skip.when, moment, Some(Type::Bool), &format!("{path}.when"), checked);
            let pages = &self.template.pages;
            let target = match skip.to.as_str() {
                "end" => Some(pages.len()),
                id => pages.iter().position(|p| p.id == id),
            };
            match target {
                None => {
                    checked
                        .error(&format!("{path}.to"), format!("there is no page `{}`; use a page or `end`", skip.to));
                }
                Some(target) if target <= i => {
                    checked.error(
                        &format!("{path}.to"),
                        format!("`{}` is not after this page; skip forward only", skip.to),
                    );
                }
                Some(target) => logic.skip.extend(when.map(|when| (when, target))),
            }
        }
        logic
    }

    fn question(&self, i: usize, j: usize, question: &Question, logic: &mut Logic, checked: &mut Checked) {
        let path = format!("pages.{i}.questions.{j}");
        let common = question.common();
        let (before, after) = (Moment::Before { page: i, question: j }, Moment::After { page: i, question: j });
        if let Some(text) = common.show_if {
            let found = self.compile(text, before, Some(Type::Bool), &format!("{path}.show_if"), checked);
            logic.show_if.extend(found.map(|e| (common.id.to_owned(), e)));
        }
        if let Some(constraint) = common.constraint {
            let path = format!("{path}.constraint.test");
            let found = self.compile(&constraint.test, after, Some(Type::Bool), &path, checked);
            logic.constraints.extend(found.map(|e| (common.id.to_owned(), e)));
        }
        for (k, choice) in question.choices().iter().enumerate() {
            let Some(text) = &choice.show_if else { continue };
            let path = format!("{path}.choices.{k}.show_if");
            let found = self.compile(text, before, Some(Type::Bool), &path, checked);
            logic.choices.extend(found.map(|e| ((common.id.to_owned(), choice.id.clone()), e)));
        }
    }

    /// Names in braces must be known, and asked before they are shown.
    fn texts(&self, checked: &mut Checked) {
        for (i, page) in self.template.pages.iter().enumerate() {
            let moment = Moment::Before { page: i, question: 0 };
            self.text(&page.title, moment, &format!("pages.{i}.title"), checked);
            self.text(&page.introduction, moment, &format!("pages.{i}.introduction"), checked);
            for (j, question) in page.questions.iter().enumerate() {
                let moment = Moment::Before { page: i, question: j };
                for (name, text, _) in question.texts() {
                    self.text(text, moment, &format!("pages.{i}.questions.{j}.{name}"), checked);
                }
            }
        }
        for (name, text) in [("title", &self.template.title), ("introduction", &self.template.introduction)] {
            self.text(text, Moment::Before { page: 0, question: 0 }, name, checked);
        }
        let mut without = vec![("thanks".to_owned(), &self.template.thanks)];
        let quotas = self.template.quotas.iter().enumerate();
        without.extend(quotas.map(|(i, quota)| (format!("quotas.{i}.message"), &quota.message)));
        for (path, text) in without {
            for (language, wording) in &text.0 {
                if let Some(name) = piping::names(wording).next() {
                    checked.error(&format!("{path}.{language}"), format!("`{{{name}}}`: no answers are put in here"));
                }
            }
        }
    }

    fn text(&self, text: &Text, moment: Moment, path: &str, checked: &mut Checked) {
        for (language, wording) in &text.0 {
            for name in piping::names(wording) {
                let path = format!("{path}.{language}");
                if self.variable(name).is_none() {
                    checked.error(
                        &path,
                        format!("`{{{name}}}`: the survey has no question `{name}`; write `{{{{` for a brace"),
                    );
                } else if let Some(problem) = self.too_early(name, moment) {
                    checked.error(&path, problem.replace("a condition can only look back", "it has no answer yet"));
                } else if self.on_the_same_screen(name, moment) {
                    let remedy =
                        if self.one_by_one { "put it into a later page" } else { "set layout = \"one-by-one\"" };
                    checked.error(
                        &path,
                        format!("`{name}` is asked on the same screen, where it has no answer yet; {remedy}"),
                    );
                }
            }
        }
    }

    /// Whether the answer to a name is given on the screen that a text is shown on.
    fn on_the_same_screen(&self, name: &str, moment: Moment) -> bool {
        let (Some(known), Moment::Before { page, .. }) = (self.known.get(name), moment) else { return false };
        !known.hidden && (known.page == page || !self.one_by_one)
    }

    /// Whether a condition is false or null for every answer; only said where all answers can be tried.
    fn never_holds(&self, expression: &Expression) -> bool {
        self.every_outcome(expression).is_some_and(|outcomes| !outcomes.contains(&true))
    }

    /// Whether a condition holds, for every combination of answers; `None` where there are too many to try.
    fn every_outcome(&self, expression: &Expression) -> Option<Vec<bool>> {
        const MOST: usize = 50_000;
        let domains: Vec<(&str, Vec<Value>)> =
            expression.names.iter().map(|name| Some((name.as_str(), self.domain(name)?))).collect::<Option<_>>()?;
        let count = domains.iter().try_fold(1_usize, |n, (_, d)| n.checked_mul(d.len()).filter(|n| *n <= MOST))?;
        let outcome = |number: usize| {
            let value = |name: &str| {
                let mut rest = number;
                for (known, domain) in &domains {
                    if *known == name {
                        return domain[rest % domain.len()].clone();
                    }
                    rest /= domain.len();
                }
                Value::Null
            };
            expression.holds(&value)
        };
        Some((0..count).map(outcome).collect())
    }

    /// All values of a name, where they can be listed: points and choices, not texts and open numbers.
    fn domain(&self, name: &str) -> Option<Vec<Value>> {
        let variable = self.variable(name)?;
        let mut values = vec![if variable.kind == Type::List { Value::List(Vec::new()) } else { Value::Null }];
        match variable.kind {
            Type::Bool => values.extend([Value::Bool(true), Value::Bool(false)]),
            Type::Number => match variable.range {
                Some((min, max)) => values.extend((min as i64..=max as i64).map(|x| Value::Number(x as f64))),
                None => return None,
            },
            Type::Text if variable.choices.is_empty() => return None,
            Type::Text => values.extend(variable.choices.into_iter().map(Value::Text)),
            Type::List => {
                if variable.choices.len() > 10 {
                    return None;
                }
                for subset in 1_u32..1 << variable.choices.len() {
                    let chosen = variable.choices.iter().enumerate().filter(|(i, _)| subset & (1 << i) != 0);
                    values.push(Value::List(chosen.map(|(_, c)| c.clone()).collect()));
                }
            }
            Type::Null => return None,
        }
        Some(values)
    }

    /// Pages that every guest is led past.
    fn reachable(&self, logic: &Logic, checked: &mut Checked) {
        let always = |e: &Expression| self.every_outcome(e).is_some_and(|outcomes| !outcomes.contains(&false));
        for (i, page) in logic.pages.iter().enumerate() {
            let unconditional = page.show_if.is_none();
            let Some((_, target)) = page.skip.iter().find(|(e, _)| always(e)).filter(|_| unconditional) else {
                continue;
            };
            for (k, passed) in self.template.pages.iter().enumerate().take(*target).skip(i + 1) {
                let message = format!(
                    "the page `{}` can never be reached: the page `{}` always skips it",
                    passed.id, self.template.pages[i].id
                );
                checked.error(&format!("pages.{k}.id"), message);
            }
        }
    }
}
