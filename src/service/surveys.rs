//! Surveys as programs see them: listed, published, closed.
//!
//! Owns: who may see and do that. Refuses: a template that has a fault.

use serde::Serialize;

use super::access::{Action, Scope, Viewer};
use super::authoring::{Published, publish, read_template};
use super::{App, ServiceError};
use crate::store::{surveys, units};

/// A survey.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct SurveyEntry {
    /// Name in addresses.
    pub survey: String,
    /// In the survey's first language.
    pub title: String,
    pub languages: Vec<String>,
    /// `published` or `closed`.
    pub status: String,
    pub version: String,
    /// Content hash of the current revision.
    pub revision: String,
    pub anonymous: bool,
    /// Whether there is an index.
    pub has_model: bool,
}

/// A revision.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct RevisionEntry {
    /// Content hash.
    pub revision: String,
    pub version: String,
    pub published_at: chrono::DateTime<chrono::Utc>,
    pub current: bool,
}

fn entry(published: &Published) -> SurveyEntry {
    let revision = &published.revision;
    let survey = &revision.survey;
    let base = survey.base_language();
    SurveyEntry {
        survey: survey.slug.to_string(),
        title: survey.template.title.in_language(base, base).to_owned(),
        languages: survey.template.languages.iter().map(ToString::to_string).collect(),
        status: if published.open { "published" } else { "closed" }.to_owned(),
        version: survey.template.version.clone(),
        revision: revision.content_hash.clone(),
        anonymous: survey.template.anonymous,
        has_model: revision.model.is_some(),
    }
}

impl App {
    /// Lets nobody go on who may not do this somewhere, or, with `everywhere`, everywhere.
    ///
    /// # Errors
    /// [`ServiceError::NotSignedIn`], [`ServiceError::NotAllowed`]; [`ServiceError::Store`] if the database fails.
    pub async fn admit_to(&self, viewer: &Viewer, action: Action, everywhere: bool) -> Result<Scope, ServiceError> {
        let all = self.store.read(units::all).await?;
        let scope = viewer.scope(action, &all)?;
        if everywhere && scope != Scope::Everywhere { Err(ServiceError::NotAllowed) } else { Ok(scope) }
    }

    /// Whoever may do something with results, or manages, may see what is asked.
    async fn admit_to_surveys(&self, viewer: &Viewer) -> Result<(), ServiceError> {
        let mut outcome = Ok(());
        for action in [Action::ReadReports, Action::ReadResponses, Action::Manage] {
            match self.admit_to(viewer, action, false).await {
                Ok(_) => return Ok(()),
                Err(e) => outcome = Err(e),
            }
        }
        outcome
    }

    /// All surveys.
    ///
    /// # Errors
    /// As [`App::admit_to`].
    pub async fn surveys(&self, viewer: &Viewer) -> Result<Vec<SurveyEntry>, ServiceError> {
        self.admit_to_surveys(viewer).await?;
        let mut entries = Vec::new();
        for row in self.store.read(surveys::all).await? {
            entries.push(entry(&self.published(&row.slug).await?));
        }
        Ok(entries)
    }

    /// One survey.
    ///
    /// # Errors
    /// As [`App::admit_to`]; [`ServiceError::UnknownSurvey`].
    pub async fn survey(&self, viewer: &Viewer, slug: &str) -> Result<SurveyEntry, ServiceError> {
        self.admit_to_surveys(viewer).await?;
        Ok(entry(&self.published(slug).await?))
    }

    /// The revisions of a survey, the earliest first.
    ///
    /// # Errors
    /// As [`App::survey`].
    pub async fn revisions(&self, viewer: &Viewer, slug: &str) -> Result<Vec<RevisionEntry>, ServiceError> {
        self.admit_to_surveys(viewer).await?;
        let current = self.published(slug).await?.revision;
        let survey_id = current.survey_id;
        let rows = self.store.read(move |db| surveys::revisions_of(db, survey_id)).await?;
        let revision = |row: surveys::RevisionRow| RevisionEntry {
            current: row.id == current.id,
            revision: row.content_hash,
            version: row.version,
            published_at: row.published_at.and_utc(),
        };
        Ok(rows.into_iter().map(revision).collect())
    }

    /// The template of a revision.
    ///
    /// # Errors
    /// As [`App::survey`]; [`ServiceError::UnknownRevision`].
    pub async fn template(&self, viewer: &Viewer, slug: &str, hash: &str) -> Result<String, ServiceError> {
        self.admit_to_surveys(viewer).await?;
        let (survey_id, wanted) = (self.published(slug).await?.revision.survey_id, hash.to_owned());
        let row = self.store.read(move |db| surveys::revision_by_hash(db, survey_id, &wanted)).await?;
        row.map(|row| row.template).ok_or(ServiceError::UnknownRevision)
    }

    /// Publishes a template.
    ///
    /// # Errors
    /// As [`App::admit_to`]; [`ServiceError::BadTemplate`] with every fault.
    pub async fn publish_text(&self, viewer: &Viewer, text: String) -> Result<SurveyEntry, ServiceError> {
        self.admit_to(viewer, Action::Manage, true).await?;
        let read = tokio::task::spawn_blocking(move || (read_template(&text), text)).await;
        let (read, text) = read.map_err(|e| crate::store::StoreError::Broken(Box::new(e)))?;
        let (survey, _) = read.map_err(|faults| {
            ServiceError::BadTemplate(faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
        })?;
        let slug = survey.slug.to_string();
        self.store.write(move |db| publish(db, &survey, &text)).await?;
        Ok(entry(&self.published(&slug).await?))
    }

    /// Closes a survey, or opens it again.
    ///
    /// # Errors
    /// As [`App::survey`]; [`ServiceError::BadFilter`] for another status.
    pub async fn set_status(&self, viewer: &Viewer, slug: &str, status: &str) -> Result<SurveyEntry, ServiceError> {
        self.admit_to(viewer, Action::Manage, true).await?;
        match status {
            "closed" => drop(self.close(slug).await?),
            "published" => {
                self.published(slug).await?;
                let wanted = slug.to_owned();
                self.store.write(move |db| surveys::set_status(db, &wanted, "published")).await?;
            }
            other => {
                let given = other.chars().take(40).collect();
                return Err(ServiceError::BadFilter { name: "status", given, expected: "`published` or `closed`" });
            }
        }
        Ok(entry(&self.published(slug).await?))
    }
}
