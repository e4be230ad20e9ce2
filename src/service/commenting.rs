//! What guests wrote, for those who may read it.
//!
//! Owns: who sees which comments, and how much stands beside them. Whoever may read single responses sees each with its
//! receipt and day. Others see comments of whole groups of responses, at least [`Thresholds::comments`] of them together
//! (docs/publication.md), each with a month and nothing else, in an order that tells nothing. Refuses: short texts,
//! addresses and the words for "other", which are answers rather than comments.
//!
//! [`Thresholds::comments`]: crate::report::publication::Thresholds

use std::collections::{BTreeMap, HashMap};

use chrono::{Datelike as _, NaiveDate};
use serde::Serialize;
use serde_json::json;

use super::access::{Action, Viewer};
use super::authoring::Revision;
use super::publishing::Batch;
use super::reporting::{FilterQuery, descendants, read_filter, within};
use super::segments::OfSegments;
use super::terms::{Term, terms};
use super::{App, ServiceError, blocking, sha256};
use crate::report::Filter;
use crate::report::question::satisfied_from;
use crate::report::segments::SegmentInfo;
use crate::store::responses::{self, CommentRow, Wanted};
use crate::store::units::{self, UnitRow};
use crate::survey::answers::{Answer, Answers};
use crate::survey::field::Kind;
use crate::survey::text::negotiate;
use crate::wording;

/// Rows looked at for one page at most, so that a word that nobody wrote does not read a million of them.
const LOOKED_AT: usize = 20_000;
const ROWS: i64 = 1_000;
/// Comments whose words are counted, at most: the latest.
const COUNTED: usize = 2_000;

/// A comment.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Comment {
    /// Id of the question.
    pub question: String,
    pub text: String,
    /// Code.
    pub unit: Option<String>,
    /// Such as 2026-11; of the last response that it is published with.
    pub month: String,
    /// The response, for those who may read it alone.
    pub receipt: Option<String>,
    /// When it was handed in, for them.
    pub submitted_at: Option<chrono::DateTime<chrono::Utc>>,
    /// In which language the survey was shown, for them.
    pub language: Option<String>,
    /// What the same guest gave to the question about satisfaction, for them.
    pub satisfaction: Option<u8>,
}

/// Which comments.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize, utoipa::IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct CommentQuery {
    /// With these words in them, whatever their case.
    pub search: Option<String>,
    /// To this question alone.
    pub question: Option<String>,
    /// Of guests who were, by the question that CSAT is of, `satisfied`, `dissatisfied` (in the lower half of the scale) or
    /// `between`; for those who may read each response.
    pub satisfaction: Option<String>,
}

/// How satisfied a guest was by one question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mood {
    Dissatisfied,
    Between,
    Satisfied,
}

impl Mood {
    fn of(point: u8, scale: [u8; 2]) -> Self {
        match point {
            point if point >= satisfied_from(scale) => Self::Satisfied,
            point if u16::from(point) * 2 < u16::from(scale[0]) + u16::from(scale[1]) => Self::Dissatisfied,
            _ => Self::Between,
        }
    }
}

impl CommentQuery {
    fn mood(&self) -> Result<Option<Mood>, ServiceError> {
        match self.satisfaction.as_deref() {
            None | Some("") => Ok(None),
            Some("dissatisfied") => Ok(Some(Mood::Dissatisfied)),
            Some("between") => Ok(Some(Mood::Between)),
            Some("satisfied") => Ok(Some(Mood::Satisfied)),
            Some(other) => Err(ServiceError::BadFilter {
                name: "satisfaction",
                given: other.chars().take(40).collect(),
                expected: "`satisfied`, `between` or `dissatisfied`",
            }),
        }
    }

    /// The same, whatever the words.
    fn of_any_words(&self) -> Self {
        Self { search: None, ..self.clone() }
    }

    fn wants(&self, question: &str, text: &str) -> bool {
        let has = |words: &String| text.to_lowercase().contains(&words.to_lowercase());
        self.question.as_deref().is_none_or(|of| of.is_empty() || of == question)
            && self.search.as_ref().is_none_or(has)
    }
}

/// A page of comments, the latest first, and the place of the next one.
#[derive(Default)]
pub struct Found {
    pub comments: Vec<Comment>,
    pub next: Option<i64>,
    /// What was asked for.
    pub filter: Filter,
    /// What divides guests whose comments stand each for itself.
    pub segments: Vec<SegmentInfo>,
    /// What many of the latest comments have in common, whatever is searched for, and how many of them were looked at; on the
    /// first page.
    pub terms: Vec<Term>,
    pub looked_at: usize,
    /// Whether guests were asked how satisfied they are, and it may be told.
    pub moods: bool,
    /// Whether a part of the guests was asked for, and comments are of all: they are shown of many guests together.
    pub undivided: bool,
}

/// Comments that stand each for itself.
struct Single<'a> {
    units: Option<Vec<i64>>,
    filter: &'a Filter,
    segments: &'a OfSegments,
    /// Place and scale of the question about satisfaction.
    satisfaction: Option<(usize, [u8; 2])>,
    mood: Option<Mood>,
}

impl App {
    /// Comments before a place (0 for the latest), at least `limit` of them where there are. That single ones were read
    /// is noted.
    ///
    /// # Errors
    /// As [`App::report`].
    pub async fn comments(
        &self,
        viewer: &Viewer,
        slug: &str,
        query: (FilterQuery, CommentQuery),
        before: i64,
        limit: usize,
    ) -> Result<Found, ServiceError> {
        let revision = self.published(slug).await?.revision;
        let (app, reader) = (self.clone(), viewer.clone());
        let found = blocking(move || {
            let (filter, wanted) = query;
            let mood = wanted.mood()?;
            let units = app.store.read_blocking(units::all)?;
            let language = negotiate(&wording::languages(), filter.lang.as_deref(), None).to_owned();
            let reads = reader.scope(Action::ReadResponses, &units);
            let scope =
                reader.scope(Action::ReadComments, &units).or_else(|_| reader.scope(Action::ReadResponses, &units))?;
            let asked = within(&scope, read_filter(&filter, &units, &language)?, &units, &language)?;
            // Where every response of what is asked for may be read, each comment stands for itself.
            let unit = asked.unit.as_ref().and_then(|name| units.iter().find(|unit| unit.code == name.code));
            if reads.is_ok_and(|scope| scope.holds(unit.map(|unit| unit.id))) {
                let mut asked = asked;
                let of = app.of_segments(&revision, &units, (&mut asked, &filter.segments()), &language)?;
                let of_units = asked.unit.as_ref().map(|unit| descendants(&units, &unit.code));
                let csat = revision.model.as_ref().and_then(|model| Some((model.csat?, model.scales[model.csat?])));
                let satisfaction = csat.map(|(j, scale)| (j, [scale.min as u8, scale.max as u8]));
                let of = Single { units: of_units, filter: &asked, segments: &of, satisfaction, mood };
                let find = |wanted: &CommentQuery, before, limit| app.single(&revision, &of, wanted, before, limit);
                let found = app.with_terms(find, &wanted, before, limit)?;
                let moods = satisfaction.is_some();
                let segments = of.segments.offered.clone();
                return Ok(Found { filter: asked, segments, moods, ..found });
            }
            if mood.is_some() {
                let expected = "nothing: comments are shown of many guests together, however satisfied each was";
                let given = wanted.satisfaction.unwrap_or_default();
                return Err(ServiceError::BadFilter { name: "satisfaction", given, expected });
            }
            let find =
                |wanted: &CommentQuery, before, limit| app.in_batches(&revision, &units, &asked, wanted, before, limit);
            let found = app.with_terms(find, &wanted, before, limit)?;
            Ok(Found { filter: asked, undivided: !filter.segments().is_empty(), ..found })
        })
        .await?;
        let single = found.comments.iter().filter(|comment| comment.receipt.is_some()).count();
        if single > 0 {
            self.note(viewer, "responses.read", slug, json!({"comments": single})).await?;
        }
        Ok(found)
    }

    /// What is found, and on the first page what comments have in common.
    fn with_terms(
        &self,
        find: impl Fn(&CommentQuery, i64, usize) -> Result<Found, ServiceError>,
        wanted: &CommentQuery,
        before: i64,
        limit: usize,
    ) -> Result<Found, ServiceError> {
        let found = find(wanted, before, limit)?;
        if before != 0 {
            return Ok(found);
        }
        let all = find(&wanted.of_any_words(), 0, COUNTED)?.comments;
        let texts = all.iter().take(COUNTED).map(|comment| comment.text.as_str());
        let terms = terms(texts, self.thresholds.counts);
        Ok(Found { terms, looked_at: all.len().min(COUNTED), ..found })
    }

    /// Each comment for itself.
    fn single(
        &self,
        revision: &Revision,
        of_these: &Single<'_>,
        wanted: &CommentQuery,
        before: i64,
        limit: usize,
    ) -> Result<Found, ServiceError> {
        let Single { filter, segments: of_segments, satisfaction, mood, .. } = of_these;
        let of = Wanted {
            survey_id: revision.survey_id,
            units: of_these.units.clone(),
            from: filter.from,
            to: filter.to,
            unflagged: filter.unflagged,
        };
        let mut found = Found::default();
        let (mut place, mut looked_at) = (if before == 0 { i64::MAX } else { before }, 0);
        loop {
            let rows = self.store.read_blocking(|db| responses::comments_before(db, &of, place, ROWS))?;
            looked_at += rows.len();
            for row in &rows {
                place = row.id;
                if !of_segments.has(row.id) {
                    continue;
                }
                let given = satisfaction.and_then(|(j, scale)| Some((of_segments.rating(row.id, j)?, scale)));
                if mood.is_some() && given.map(|(point, scale)| Mood::of(point, scale)) != *mood {
                    continue;
                }
                for (question, text) in self.written(row)? {
                    if wanted.wants(&question, &text) {
                        found.comments.push(Comment {
                            question,
                            text,
                            unit: row.unit.clone(),
                            month: row.submitted_at.format("%Y-%m").to_string(),
                            receipt: Some(row.receipt.clone()),
                            submitted_at: Some(row.submitted_at.and_utc()),
                            language: Some(row.language.clone()),
                            satisfaction: given.map(|(point, _)| point),
                        });
                    }
                }
                if found.comments.len() >= limit {
                    found.next = Some(place);
                    return Ok(found);
                }
            }
            if rows.is_empty() {
                return Ok(found);
            }
            if looked_at >= LOOKED_AT {
                found.next = Some(place);
                return Ok(found);
            }
        }
    }

    /// Comments of whole groups, enough of them together.
    fn in_batches(
        &self,
        revision: &Revision,
        units: &[UnitRow],
        filter: &Filter,
        wanted: &CommentQuery,
        before: i64,
        limit: usize,
    ) -> Result<Found, ServiceError> {
        let inside = filter.unit.as_ref().map(|unit| descendants(units, &unit.code));
        // By whole months: which days lead to a comment would tell its day.
        let month = |day: NaiveDate| (day.year(), day.month());
        let of = |batch: &Batch| {
            let (first, last): (NaiveDate, NaiveDate) = batch.days;
            inside.as_ref().is_none_or(|ids| batch.unit.is_some_and(|unit| ids.contains(&unit)))
                && filter.from.is_none_or(|from| month(first) >= month(from))
                && filter.to.is_none_or(|to| month(last) <= month(to))
                && !(filter.unflagged && batch.flagged)
        };
        let mut batches = self.comment_batches(revision)?;
        batches.retain(of);
        // By month, and within one in an order that mixes houses.
        let drawn = |number: i64| number.unsigned_abs().wrapping_mul(0x9e37_79b9_7f4a_7c15);
        batches.sort_unstable_by_key(|batch| (month(batch.days.1), drawn(batch.number), batch.number));
        // Places are counted among these alone: numbers of others would tell how many there are.
        let mut batches: Vec<(i64, Batch)> = (1..).zip(batches).collect();
        batches.retain(|(at, _)| before == 0 || *at < before);
        batches.reverse();
        let codes: HashMap<i64, &str> = units.iter().map(|unit| (unit.id, unit.code.as_str())).collect();
        let mut found = Found::default();
        for (done, (at, batch)) in batches.iter().enumerate() {
            let rows = self.store.read_blocking(|db| responses::comments_of(db, &batch.members))?;
            // A guest took a response back a moment ago.
            if rows.len() != batch.members.len() {
                continue;
            }
            // In the order of a hash of what was written.
            let mut shown = BTreeMap::new();
            for row in &rows {
                for (question, text) in self.written(row)? {
                    if wanted.wants(&question, &text) {
                        shown.insert((sha256(&text), row.id), (question, text));
                    }
                }
            }
            let month = batch.days.1.format("%Y-%m").to_string();
            found.comments.extend(shown.into_values().map(|(question, text)| Comment {
                question,
                text,
                unit: batch.unit.and_then(|unit| codes.get(&unit)).map(ToString::to_string),
                month: month.clone(),
                receipt: None,
                submitted_at: None,
                language: None,
                satisfaction: None,
            }));
            let looked_at = (done + 1) * self.thresholds.comments;
            if found.comments.len() >= limit || looked_at >= LOOKED_AT {
                found.next = (done + 1 < batches.len()).then_some(*at);
                return Ok(found);
            }
        }
        Ok(found)
    }

    /// What a guest wrote, by question.
    fn written(&self, row: &CommentRow) -> Result<Vec<(String, String)>, ServiceError> {
        let revision = self.revision_blocking(row.revision_id)?;
        let broken = |e| ServiceError::Store(crate::store::StoreError::Broken(Box::new(e)));
        let mut answers: Answers = serde_json::from_str(&row.answers).map_err(broken)?;
        let mut found = Vec::new();
        for field in revision.survey.fields() {
            if matches!(field.kind, Kind::Text { lines: true, .. })
                && let Some(Answer::Text(text)) = answers.0.remove(&field.id)
                && !text.trim().is_empty()
            {
                found.push((field.id, text));
            }
        }
        Ok(found)
    }
}
