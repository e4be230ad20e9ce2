//! A page of comments -> what it shows.

use serde::Serialize;

use super::days_filter::{Segments, of_segments};
use super::head::{Head, Here, with_language};
use super::report_view::{UnitOption, Within};
use super::view::link;
use crate::service::commenting::{Comment, CommentQuery, Found};
use crate::service::reporting::{FilterQuery, SEGMENT};
use crate::service::terms::Term;
use crate::survey::check::Survey;
use crate::survey::field::Kind;
use crate::wording::{Value, Wording, grouped, wording};

/// Words that many comments have, before others are folded away.
const TERMS: usize = 10;

/// The page of comments.
#[derive(Debug, Serialize)]
pub struct CommentsView {
    language: String,
    head: Head,
    title: String,
    scope: String,
    everywhere: bool,
    units: Vec<UnitOption>,
    filter: Divided,
    search: String,
    /// Whether there is more than one question to choose.
    several: bool,
    questions: Vec<QuestionOption>,
    from: String,
    to: String,
    note: String,
    /// Said where a part of the guests was asked for and cannot be shown.
    undivided: bool,
    /// How satisfied guests were, as a choice; empty where that is not told.
    moods: Vec<QuestionOption>,
    terms: Vec<TermRow>,
    /// Those that are folded away.
    more_terms: Vec<TermRow>,
    terms_note: String,
    flagged: String,
    comments: Vec<CommentRow>,
    /// What is said where there are none.
    none: String,
    next: String,
}

/// What the part of the form that divides guests reads.
#[derive(Debug, Serialize)]
struct Divided {
    segments: Segments,
    keeps: Vec<(String, String)>,
}

#[derive(Debug, Serialize)]
struct QuestionOption {
    code: String,
    name: String,
    selected: bool,
}

/// A word that many comments have.
#[derive(Debug, Serialize)]
struct TermRow {
    term: String,
    comments: String,
    href: String,
    current: bool,
}

#[derive(Debug, Serialize)]
struct CommentRow {
    text: String,
    about: String,
    receipt: String,
}

/// What a page of comments is made from.
pub struct Comments<'a> {
    pub survey: &'a Survey,
    pub language: &'a str,
    pub query: &'a (FilterQuery, CommentQuery),
    pub found: Found,
    /// From how many responses comments are shown together.
    pub together: usize,
}

impl CommentsView {
    /// A page of comments that were asked for with this query.
    pub fn new(page: Comments<'_>, within: &Within) -> Self {
        let Comments { survey, language, query, found, together } = page;
        let words = wording(language);
        let slug = survey.slug.as_str();
        let (filter, wanted) = query;
        let given = [
            ("unit", &filter.unit),
            ("from", &filter.from),
            ("to", &filter.to),
            ("search", &wanted.search),
            ("question", &wanted.question),
            ("satisfaction", &wanted.satisfaction),
            ("flagged", &filter.flagged),
        ];
        let given = given.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value.clone()?)));
        let given = given.filter(|(_, value)| !value.is_empty());
        // A part of the guests that this page cannot show goes along to pages that can.
        let others = filter.segments().into_iter().filter(|_| found.undivided);
        let others = others.map(|(segment, value)| (format!("{SEGMENT}{segment}"), value));
        let given = given.chain(of_segments(&found.filter)).chain(others).chain(within.keeps.clone());
        let given: Vec<(String, String)> = given.collect();
        let plain = |value: &Option<String>| value.clone().unwrap_or_default();
        let label = |id: &str| {
            survey
                .field(id)
                .map_or_else(|| id.to_owned(), |f| f.label.in_language(language, survey.base_language()).to_owned())
        };
        let asks = |field: &crate::survey::field::Field<'_>| matches!(field.kind, Kind::Text { lines: true, .. });
        let questions: Vec<QuestionOption> = survey
            .fields()
            .filter(asks)
            .map(|f| QuestionOption {
                name: label(&f.id),
                selected: wanted.question.as_deref() == Some(&f.id),
                code: f.id,
            })
            .collect();
        let several = questions.len() > 1;
        let unit_name = |code: &str| {
            within
                .units
                .iter()
                .find(|unit| unit.code == code)
                .map_or_else(|| code.to_owned(), |unit| unit.name_in(language))
        };
        let mut terms = term_rows(&found.terms, (slug, language), &given, wanted);
        let shown = terms.len().min(TERMS).max(terms.iter().position(|term| term.current).map_or(0, |at| at + 1));
        let more_terms = terms.split_off(shown);
        let single = within.responses || found.comments.iter().any(|comment| comment.receipt.is_some());
        let row = |comment: Comment| {
            let when = comment.submitted_at.map_or(comment.month, |at| at.date_naive().to_string());
            let place = comment.unit.as_deref().map(unit_name);
            let question = several.then(|| label(&comment.question));
            let given = comment
                .satisfaction
                .map(|point| words.fill("comments-satisfaction-given", &[("n", Value::Count(usize::from(point)))]));
            let about: Vec<String> = [place, Some(when), question, given].into_iter().flatten().collect();
            CommentRow { text: comment.text, about: about.join(" · "), receipt: comment.receipt.unwrap_or_default() }
        };
        let next = found.next.map(|place| {
            let mut query = with_language(given.clone(), language);
            query.push(("cursor".to_owned(), crate::service::cursor::cursor(place)));
            link(&["overview", slug, "comments"], &query)
        });
        Self {
            head: Head::new(Here::Comments, slug, &given, language, within),
            title: survey.template.title.in_language(language, survey.base_language()).to_owned(),
            scope: found.filter.scope(words),
            filter: Divided {
                segments: Segments::new(&found.segments, &found.filter.segments),
                keeps: within.keeps.clone(),
            },
            everywhere: within.everywhere,
            units: super::report_view::options(within, language, filter.unit.as_deref()),
            search: plain(&wanted.search),
            several,
            questions,
            from: plain(&filter.from),
            to: plain(&filter.to),
            note: if single {
                words.get("comments-note-single")
            } else {
                words.fill("comments-note-batches", &[("n", Value::Count(together))])
            },
            undivided: found.undivided,
            moods: if found.moods { moods(wanted, words) } else { Vec::new() },
            terms,
            more_terms,
            terms_note: words.fill("comments-terms-note", &[("n", Value::Count(found.looked_at))]),
            flagged: plain(&filter.flagged),
            comments: found.comments.into_iter().map(row).collect(),
            none: match (next.is_some(), wanted.search.as_deref().filter(|search| !search.is_empty())) {
                (true, _) => words.get("comments-none-here"),
                (false, Some(search)) => words.fill("comments-none-search", &[("search", search.into())]),
                (false, None) => words.get("comments-none"),
            },
            next: next.unwrap_or_default(),
            language: language.to_owned(),
        }
    }
}

fn moods(wanted: &CommentQuery, words: &Wording) -> Vec<QuestionOption> {
    let all = [("satisfied", "mood-satisfied"), ("between", "mood-between"), ("dissatisfied", "mood-dissatisfied")];
    let option = |(code, id): (&str, &str)| QuestionOption {
        code: code.to_owned(),
        name: words.get(id),
        selected: wanted.satisfaction.as_deref() == Some(code),
    };
    all.into_iter().map(option).collect()
}

/// Words, each leading to the comments that have it; the one that is searched for leads back to all.
fn term_rows(
    terms: &[Term],
    (slug, language): (&str, &str),
    given: &[(String, String)],
    wanted: &CommentQuery,
) -> Vec<TermRow> {
    let row = |term: &Term| {
        let current = wanted.search.as_deref() == Some(term.term.as_str());
        let mut query: Vec<(String, String)> = given.iter().filter(|(name, _)| name != "search").cloned().collect();
        if !current {
            query.push(("search".to_owned(), term.term.clone()));
        }
        TermRow {
            term: term.term.clone(),
            comments: grouped(term.comments),
            href: link(&Here::Comments.path(slug), &with_language(query, language)),
            current,
        }
    };
    terms.iter().map(row).collect()
}
