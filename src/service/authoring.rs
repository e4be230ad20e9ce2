//! Checking and publishing templates.
//!
//! Owns: the meeting of a survey with its model (structure over its own rated questions), the content
//! hash, and [`Revision`], a published survey ready to be asked and analysed. Refuses: to publish what
//! a check finds wrong.

use std::sync::Arc;

use super::{App, ServiceError, now, random_bytes, sha256};
use crate::csi::data::{MISSING, ScaleRange};
use crate::csi::model::{ModeA, PathModel};
use crate::csi::syntax;
use crate::store::surveys::{self, RevisionRow};
use crate::store::{Db, StoreError, waiting};
use crate::survey::answers::{Answer, Answers};
use crate::survey::check::{self, Checked, Problem, Survey};
use crate::survey::field::Field;
use crate::survey::ids::Slug;
use crate::survey::question::Question;

/// A published revision: what is asked, and what is computed from the answers.
#[derive(Debug, Clone, PartialEq)]
pub struct Revision {
    pub id: i64,
    pub survey_id: i64,
    /// SHA-256 of the template, in hexadecimal.
    pub content_hash: String,
    pub survey: Survey,
    /// `None` for a survey without a model.
    pub model: Option<IndexModel>,
}

/// The model of a survey, checked against its questions.
#[derive(Debug, Clone, PartialEq)]
pub struct IndexModel {
    pub paths: PathModel,
    /// The construct whose index is the headline.
    pub headline: usize,
    /// Response scales of the indicators.
    pub scales: Vec<ScaleRange>,
    /// The indicators that net promoter score and customer satisfaction score are of.
    pub nps: Option<usize>,
    pub csat: Option<usize>,
    /// Questions of what was expected, and of the same as it was found.
    pub disconfirmation: Vec<(usize, usize)>,
}

impl Revision {
    /// Ids of the fields that fit into a byte, in order: the meaning of each byte of a stored row of ratings.
    pub fn byte_fields(&self) -> impl Iterator<Item = String> {
        self.survey.fields().filter(Field::fits_a_byte).map(|field| field.id)
    }

    /// Answers as one byte per such field; what is absent or not applicable is missing.
    pub fn ratings(&self, answers: &Answers) -> Vec<u8> {
        let byte = |id: String| match answers.0.get(&id) {
            Some(Answer::Rating(point)) => *point,
            _ => MISSING,
        };
        self.byte_fields().map(byte).collect()
    }
}

/// Checks a template file with its model; every problem with its place.
pub fn check_template(text: &str) -> Checked {
    let mut checked = check::check(text);
    if let Some(survey) = checked.survey().cloned().filter(|_| checked.is_whole()) {
        check_model(&survey, &mut checked);
        checked.problems.sort_by_key(|p| p.place);
    }
    checked
}

/// A template that can be published, with its model.
///
/// # Errors
/// Every problem.
pub fn read_template(text: &str) -> Result<(Survey, Option<IndexModel>), Vec<Problem>> {
    let survey = check_template(text).into_survey()?;
    let model = index_model(&survey);
    Ok((survey, model))
}

/// The model of a checked survey; `None` if it has none, or one that a check refuses.
fn index_model(survey: &Survey) -> Option<IndexModel> {
    let model = survey.template.model.as_ref()?;
    let spec = syntax::parse(&model.structure).ok()?;
    let paths = PathModel::from_spec(&spec, &ModeA::None).ok()?;
    let headline = paths.construct(&model.headline)?;
    let scale = |id: &String| {
        let points = survey.field(id).and_then(|field| field.points());
        points
            .map_or(ScaleRange { min: 0.0, max: 1.0 }, |p| ScaleRange { min: f64::from(p.min), max: f64::from(p.max) })
    };
    let scales = paths.indicators.iter().map(scale).collect();
    let named = |id: &Option<String>, is_kind: fn(&Question) -> bool| {
        let by_kind = |id: &String| survey.field(id).is_some_and(|field| is_kind(field.question));
        paths.indicators.iter().position(|known| id.as_ref().map_or_else(|| by_kind(known), |id| id == known))
    };
    let nps = named(&model.nps, |question| matches!(question, Question::Nps { .. }));
    let csat = named(&model.csat, |question| matches!(question, Question::Csat { .. }));
    let place = |id: &String| paths.indicators.iter().position(|known| known == id);
    let pairs = model.disconfirmation.iter().filter_map(|[expected, found]| Some((place(expected)?, place(found)?)));
    let disconfirmation = pairs.collect();
    Some(IndexModel { paths, headline, scales, nps, csat, disconfirmation })
}

/// The questions of measures that others use: rated ones of the model, the net promoter score's up to 10.
fn check_measures(survey: &Survey, spec: &syntax::ModelSpec, checked: &mut Checked) {
    let Some(model) = &survey.template.model else { return };
    let blocks = || spec.statements.iter().filter(|s| s.relation != syntax::Relation::Regression);
    for (name, id) in [("nps", &model.nps), ("csat", &model.csat)] {
        let Some(id) = id else { continue };
        let place = format!("model.{name}");
        if !blocks().flat_map(|s| &s.terms).flat_map(|t| &t.factors).any(|factor| factor.text == *id) {
            checked.error(&place, format!("`{id}` is not a question that the model measures with"));
        } else if name == "nps" && survey.field(id).and_then(|field| field.points()).is_none_or(|p| p.max != 10) {
            checked.error(&place, format!("`{id}` has no scale that ends with 10, as a net promoter score needs"));
        }
    }
    let measured =
        |id: &String| blocks().flat_map(|s| &s.terms).flat_map(|t| &t.factors).any(|factor| factor.text == *id);
    for (number, pair) in model.disconfirmation.iter().enumerate() {
        let place = format!("model.disconfirmation[{number}]");
        if let Some(id) = pair.iter().find(|id| !measured(id)) {
            checked.error(&place, format!("`{id}` is not a question that the model measures with"));
            continue;
        }
        let [expected, found] = pair.each_ref().map(|id| survey.field(id).and_then(|field| field.points()));
        if expected.map(|p| (p.min, p.max)) != found.map(|p| (p.min, p.max)) {
            let [expected, found] = pair;
            checked
                .error(&place, format!("`{expected}` and `{found}` are not on the same scale, so no gap can be told"));
        }
    }
}

fn check_model(survey: &Survey, checked: &mut Checked) {
    let Some(model) = &survey.template.model else { return };
    let structure = "model.structure";
    let spec = match syntax::parse(&model.structure) {
        Ok(spec) => spec,
        Err(e) => {
            let message = format!("in the model: expected {}, found {}", e.expected, e.found);
            return checked.error_inside(structure, e.at.line, e.at.column, message);
        }
    };
    if let Err(e) = PathModel::from_spec(&spec, &ModeA::None) {
        match e.place() {
            Some(at) => {
                checked.error_inside(structure, at.line, at.column, format!("in the model: {}", e.without_place()));
            }
            None => checked.error(structure, format!("in the model: {e}")),
        }
    }
    check_indicators(survey, &spec, checked);
    check_measures(survey, &spec, checked);
    let blocks = || spec.statements.iter().filter(|s| s.relation != syntax::Relation::Regression);
    let is_construct = |name: &str| blocks().flat_map(|s| &s.targets).any(|t| t.text == name);
    if !is_construct(&model.headline) {
        checked.error("model.headline", format!("`{}` is not a construct of the model", model.headline));
    }
    for name in model.names.keys().filter(|name| !is_construct(name)) {
        checked.error(&format!("model.names.{name}#key"), format!("`{name}` is not a construct of the model"));
    }
}

/// Every indicator must be a rated question of the survey; reported where the model names it.
fn check_indicators(survey: &Survey, spec: &syntax::ModelSpec, checked: &mut Checked) {
    let blocks = spec.statements.iter().filter(|s| s.relation != syntax::Relation::Regression);
    for name in blocks.flat_map(|s| &s.terms).flat_map(|t| &t.factors) {
        let message = match survey.field(&name.text) {
            None => format!("in the model: the survey has no question `{}`", name.text),
            Some(field) if field.points().is_none() => {
                format!("in the model: the question `{}` is not a rating", name.text)
            }
            Some(_) => continue,
        };
        checked.error_inside("model.structure", name.at.line, name.at.column, message);
    }
}

/// SHA-256 of a template, in hexadecimal.
pub fn content_hash(text: &str) -> String {
    sha256(text)
}

/// Publishes a template as the current revision of its survey, within the caller's transaction.
///
/// # Errors
/// [`StoreError`] if the database fails.
pub fn publish(db: &mut Db, survey: &Survey, text: &str) -> Result<i64, StoreError> {
    surveys::publish(db, survey.slug.as_str(), &survey.template.version, text, &content_hash(text), now())
}

/// A survey as it stands now: its current revision, and whether it takes answers.
#[derive(Debug, Clone)]
pub struct Published {
    pub revision: Arc<Revision>,
    pub open: bool,
}

impl App {
    /// Takes no more answers to a survey, and lets the responses go that wait for others (see
    /// [`crate::store::waiting`]): there will be no others. Returns how many those were.
    ///
    /// # Errors
    /// [`ServiceError::UnknownSurvey`]; [`ServiceError::Store`] if the database fails.
    pub async fn close(&self, slug: &str) -> Result<usize, ServiceError> {
        let wanted = slug.to_owned();
        let released = self.store.write(move |db| {
            let Some(survey) = surveys::by_slug(db, &wanted)? else { return Ok(None) };
            surveys::set_status(db, &wanted, "closed")?;
            Ok(Some(waiting::release(db, survey.id, 1, random_bytes::<16>)?))
        });
        let released = released.await?.ok_or_else(|| ServiceError::UnknownSurvey(slug.to_owned()))?;
        if released > 0 {
            self.store.forget_order().await?;
        }
        Ok(released)
    }

    /// The survey with this slug.
    ///
    /// # Errors
    /// [`ServiceError::UnknownSurvey`]; [`ServiceError::Store`] if the database fails.
    pub async fn published(&self, slug: &str) -> Result<Published, ServiceError> {
        // Before reading: what changes meanwhile is read again.
        let state = surveys::state();
        if let Some(published) = self.published.get(slug, state) {
            return Ok(published);
        }
        let unknown = || ServiceError::UnknownSurvey(slug.chars().take(80).collect());
        let wanted: Slug = slug.parse().map_err(|_| unknown())?;
        let row = self.store.read(move |db| surveys::by_slug(db, wanted.as_str())).await?;
        let row = row.ok_or_else(unknown)?;
        let revision = self.revision(row.revision_id.ok_or_else(unknown)?).await?;
        let published = Published { revision, open: row.status == "published" };
        self.published.keep(row.slug, published.clone(), state);
        Ok(published)
    }

    /// A revision by id.
    ///
    /// # Errors
    /// [`ServiceError::BrokenRevision`] if it cannot be read; [`ServiceError::Store`] if the database fails.
    pub async fn revision(&self, id: i64) -> Result<Arc<Revision>, ServiceError> {
        if let Some(revision) = self.known_revision(id) {
            return Ok(revision);
        }
        let row = self.store.read(move |db| surveys::revision(db, id)).await?;
        self.remember(row.ok_or(ServiceError::UnknownPage("its revision does not exist"))?)
    }

    /// A revision by id, on this thread.
    ///
    /// # Errors
    /// As [`App::revision`].
    pub(super) fn revision_blocking(&self, id: i64) -> Result<Arc<Revision>, ServiceError> {
        if let Some(revision) = self.known_revision(id) {
            return Ok(revision);
        }
        let row = self.store.read_blocking(|db| surveys::revision(db, id))?;
        self.remember(row.ok_or(ServiceError::UnknownPage("its revision does not exist"))?)
    }

    /// The revision of a survey with this content hash: the one that a guest was shown.
    ///
    /// # Errors
    /// [`ServiceError::UnknownPage`] if there is none; [`ServiceError::Store`] if the database fails.
    pub async fn revision_by_hash(&self, survey_id: i64, hash: &str) -> Result<Arc<Revision>, ServiceError> {
        if hash.len() != 64 || !hash.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(ServiceError::UnknownPage("its revision is no content hash"));
        }
        let wanted = hash.to_owned();
        let row = self.store.read(move |db| surveys::revision_by_hash(db, survey_id, &wanted)).await?;
        self.remember(row.ok_or(ServiceError::UnknownPage("its revision was never published"))?)
    }

    fn known_revision(&self, id: i64) -> Option<Arc<Revision>> {
        self.revisions.lock().unwrap_or_else(std::sync::PoisonError::into_inner).get(&id).cloned()
    }

    /// Reads a stored revision once.
    pub(super) fn remember(&self, row: RevisionRow) -> Result<Arc<Revision>, ServiceError> {
        if let Some(revision) = self.known_revision(row.id) {
            return Ok(revision);
        }
        let problems = |found: Vec<Problem>| found.first().map_or(String::new(), ToString::to_string);
        let (survey, model) =
            read_template(&row.template).map_err(|found| ServiceError::BrokenRevision(row.id, problems(found)))?;
        let revision =
            Arc::new(Revision { id: row.id, survey_id: row.survey_id, content_hash: row.content_hash, survey, model });
        self.revisions.lock().unwrap_or_else(std::sync::PoisonError::into_inner).insert(row.id, revision.clone());
        Ok(revision)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shipped(name: &str) -> &'static str {
        crate::survey::library::instrument(name).unwrap()
    }

    #[test]
    fn shipped_templates_have_their_models() {
        let (survey, model) = read_template(shipped("hotel-post-stay")).unwrap();
        let model = model.unwrap();
        assert_eq!(model.paths.indicators.len(), 19);
        assert_eq!(model.paths.constructs[model.headline].name, "Satisfaction");
        assert_eq!(survey.rated().count(), 19);
        assert_eq!(read_template(shipped("checkout-kiosk")).unwrap().0.questions().count(), 5);
    }

    #[test]
    fn model_mistakes_are_placed_in_the_file() {
        let broken = |from: &str, to: &str| {
            let text = shipped("hotel-post-stay").replace(from, to);
            let line = |needle: &str| text.lines().position(|l| l.contains(needle)).unwrap() + 1;
            let found = check_template(&text).problems.iter().map(ToString::to_string).collect::<Vec<_>>();
            (found, line(to))
        };
        let (found, line) = broken("Loyalty ~ Satisfaction", "Loyalty ~ Satisfaktion");
        assert!(
            found[0].starts_with(&format!("{line}:11: in the model: construct `Satisfaktion` has no indicators")),
            "{found:?}"
        );
        let (found, line) = broken("+ satisfaction_ideal", "+ purpose");
        assert_eq!(found, [format!("{line}:64: in the model: the question `purpose` is not a rating")]);
        let (found, line) = broken("Loyalty ~ Satisfaction", "Loyalty ~~ Satisfaction");
        assert_eq!(
            found,
            [format!("{line}:9: in the model: expected `=~`, `<~` or `~`: covariances are not set in PLS, found `~~`")]
        );
        let (found, line) = broken("headline = \"Satisfaction\"", "headline = \"Happiness\"");
        assert_eq!(found, [format!("{line}:12: `Happiness` is not a construct of the model")]);
    }
}
