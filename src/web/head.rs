//! What stands above every page of a quality team: the pages of the survey, languages, who is signed in.

use serde::Serialize;

use super::days_filter::{address_with, is_passed_on};
use super::report_view::{Link, Within};
use super::view::link;
use crate::report::Filter;
use crate::service::reporting::SEGMENT;
use crate::survey::text::own_name;
use crate::wording::{self, wording};

/// What stands above every page of a quality team.
#[derive(Debug, Serialize)]
pub struct Head {
    pages: Vec<Link>,
    languages: Vec<Link>,
    account: String,
    language: String,
    /// Whether the page is of what the overview shows, one thing of it closer.
    inside: bool,
    /// Whether a mix of guests was asked for that the page does not follow.
    unadjusted: bool,
    /// What was asked for besides days.
    #[serde(skip)]
    asked: Vec<(String, String)>,
    /// Whether what guests said may be divided by segment.
    #[serde(skip)]
    divided: bool,
}

/// The pages of a survey.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Here<'a> {
    Overview,
    /// A construct by its id, a question by its own.
    Construct(&'a str),
    Question(&'a str),
    Properties,
    Segments,
    Paths,
    Responses,
    Measurement,
    Satisfiers,
    Expectations,
    Comments,
    Report,
}

impl<'a> Here<'a> {
    /// The page of a construct, or, without one, of the headline.
    pub fn of(construct: Option<&'a str>) -> Self {
        construct.map_or(Self::Overview, Self::Construct)
    }

    /// The segments of the page's address.
    pub fn path(self, slug: &'a str) -> Vec<&'a str> {
        match self {
            Self::Overview => vec!["overview", slug],
            Self::Construct(construct) => vec!["overview", slug, "constructs", construct],
            Self::Question(question) => vec!["overview", slug, "questions", question],
            Self::Properties => vec!["overview", slug, "properties"],
            Self::Segments => vec!["overview", slug, "segments"],
            Self::Paths => vec!["overview", slug, "paths"],
            Self::Responses => vec!["overview", slug, "responses"],
            Self::Measurement => vec!["overview", slug, "measurement"],
            Self::Satisfiers => vec!["overview", slug, "satisfiers"],
            Self::Expectations => vec!["overview", slug, "expectations"],
            Self::Comments => vec!["overview", slug, "comments"],
            Self::Report => vec!["reports", slug],
        }
    }
}

impl Head {
    /// For a page with this query; other pages keep unit, days and language.
    pub fn new(here: Here<'_>, slug: &str, query: &[(String, String)], language: &str, within: &Within) -> Self {
        let words = wording(language);
        let of_days = |name: &str| matches!(name, "unit" | "from" | "to" | "flagged") || is_passed_on(name);
        let only = |wanted: &dyn Fn(&str) -> bool| {
            query.iter().filter(|(name, _)| wanted(name)).cloned().collect::<Vec<(String, String)>>()
        };
        let kept = only(&|name| of_days(name) || name.starts_with(SEGMENT));
        let of_period = only(&|name| !matches!(name, "by" | "value"));
        // What guests said is divided only where each is read for itself.
        let undivided = only(&of_days);
        let to = |of: Here<'_>, id: &str| {
            // These two are of a period; the others of days.
            let period = matches!(of, Here::Overview | Here::Properties);
            let asked = match of {
                Here::Comments if !within.responses => &undivided,
                _ if period => &of_period,
                _ => &kept,
            };
            Link {
                tag: String::new(),
                name: words.get(id),
                href: link(&of.path(slug), &with_language(asked.clone(), language)),
                current: of == here,
            }
        };
        let mut pages = vec![to(Here::Overview, "overview-title")];
        let several = within.units.iter().filter(|unit| unit.kind == "property").count() > 1;
        pages.extend(several.then(|| to(Here::Properties, "properties-title")));
        pages.extend(within.comments.then(|| to(Here::Comments, "comments-title")));
        pages.extend(within.responses.then(|| to(Here::Responses, "responses-title")));
        pages.push(to(Here::Measurement, "measurement-title"));
        pages.push(to(Here::Report, "full-report"));
        let language_link = |tag: String| Link {
            name: own_name(&tag).to_owned(),
            href: link(&here.path(slug), &with_language(query.to_vec(), &tag)),
            current: tag == language,
            tag,
        };
        let languages = wording::languages().into_iter().map(language_link).collect();
        let account = within.account.clone().unwrap_or_default();
        let asked = query.to_vec();
        let follows = matches!(here, Here::Overview | Here::Construct(_) | Here::Properties);
        let of_mix = |(name, value): &(String, String)| matches!(name.as_str(), "mix" | "weight") && !value.is_empty();
        let unadjusted = !follows && query.iter().any(of_mix);
        let inside = matches!(
            here,
            Here::Construct(_)
                | Here::Question(_)
                | Here::Segments
                | Here::Paths
                | Here::Satisfiers
                | Here::Expectations
        );
        Self {
            inside,
            unadjusted,
            pages,
            languages,
            account,
            language: language.to_owned(),
            asked,
            divided: within.responses,
        }
    }
}

impl Head {
    /// Of a page that shows these days: pages of days are led to for the same.
    pub(super) fn of_days(mut self, slug: &str, filter: &Filter) -> Self {
        let whole = address_with(filter, &self.asked);
        let undivided: Vec<_> = whole.iter().filter(|(name, _)| !name.starts_with(SEGMENT)).cloned().collect();
        for of in [Here::Report, Here::Measurement, Here::Comments, Here::Responses] {
            let path = link(&of.path(slug), &[]);
            let query = if of == Here::Comments && !self.divided { &undivided } else { &whole };
            for page in self.pages.iter_mut().filter(|page| page.href.split('?').next() == Some(&path)) {
                page.href = link(&of.path(slug), &with_language(query.clone(), &self.language));
            }
        }
        self
    }

    /// Of a page that is in one language alone.
    pub(super) fn without_languages(self) -> Self {
        Self { languages: Vec::new(), ..self }
    }
}

/// A query with the language that is shown.
pub(super) fn with_language(mut query: Vec<(String, String)>, language: &str) -> Vec<(String, String)> {
    query.push(("lang".to_owned(), language.to_owned()));
    query
}
