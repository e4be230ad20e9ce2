//! Daily seals: who holds one can prove that nothing sealed by then was changed, added or removed since.
//!
//! Owns: what a leaf and a seal are computed from (docs/sealing.md says how to do it without this program), when a
//! seal is due, and what a verification finds. Refuses: to seal twice a day by itself; a clock that steps back makes
//! a seal late, never a second one.

use chrono::NaiveDate;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::{App, ServiceError, hex, now, random_bytes, sha256};
use crate::store::StoreError;
use crate::store::seals::{self, ContentRow, KEPT, LeafRow, SealRow};

/// Leaves handled at a time.
const PAGE: i64 = 2_000;

/// What a verification found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verdict {
    pub seals: Vec<SealRow>,
    /// Leaves whose response is there and unchanged.
    pub kept: usize,
    pub corrected: usize,
    pub withdrawn: usize,
    /// Forgotten when the time was over that answers are kept.
    pub expired: usize,
    /// Responses that no seal covers yet.
    pub unsealed: usize,
    /// What does not fit, one line each; empty if all is well.
    pub faults: Vec<String>,
}

/// The text whose SHA-256 is a leaf: the salt, a line feed, the response as JSON.
fn leaf_text(salt: &str, content: &ContentRow) -> String {
    let json = json!({
        "receipt": content.receipt,
        "survey": content.survey,
        "revision": content.revision,
        "unit": content.unit,
        "language": content.language,
        "submitted_at": content.submitted_at.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string(),
        "answers": content.answers,
    });
    format!("{salt}\n{json}\n")
}

/// The text whose SHA-256 is a seal, but for the leaves, which follow, a line each.
fn seal_head(number: i64, sealed_on: &str, previous: &str) -> String {
    format!("soundings seal {number}\n{sealed_on}\n{previous}\n")
}

/// What stands for the seal before the first.
const NONE_BEFORE: &str = "none";

fn make_leaf(position: i64, content: &ContentRow) -> LeafRow {
    let salt = hex(&random_bytes::<32>());
    LeafRow {
        position,
        hash: sha256(&leaf_text(&salt, content)),
        salt: Some(salt),
        response_id: Some(content.id),
        fate: KEPT.to_owned(),
    }
}

impl App {
    /// Seals what is not sealed yet, unless there is a seal of this day or a later one; `None` where there is nothing
    /// to do.
    ///
    /// # Errors
    /// [`ServiceError::Store`] if the database fails; another process that seals at the same moment is no error.
    pub async fn seal_daily(&self, today: NaiveDate) -> Result<Option<SealRow>, ServiceError> {
        let last = self.store.read(seals::last).await?;
        if last.is_some_and(|seal| seal.sealed_on >= today.to_string()) {
            return Ok(None);
        }
        match self.seal(today).await {
            Err(ServiceError::Store(StoreError::Conflict(_))) => Ok(None),
            outcome => outcome,
        }
    }

    /// Seals what is not sealed yet; `None` if there is nothing. Guests who hand in meanwhile wait for no more than a
    /// page of leaves; what was begun and not finished is finished by the next seal.
    ///
    /// # Errors
    /// [`ServiceError::Store`] if the database fails; [`StoreError::Conflict`] if another process seals.
    pub async fn seal(&self, today: NaiveDate) -> Result<Option<SealRow>, ServiceError> {
        let add_page = |db: &mut _| {
            let first = seals::last_position(db)? + 1;
            let contents = seals::unsealed(db, PAGE)?;
            let leaves: Vec<LeafRow> = (first..).zip(&contents).map(|(at, c)| make_leaf(at, c)).collect();
            seals::add_leaves(db, &leaves)?;
            Ok(leaves.len())
        };
        while self.store.write(add_page).await? > 0 {}
        let Some(seal) = self.store.read(move |db| next_seal(db, today)).await? else { return Ok(None) };
        let row = seal.clone();
        self.store.write(move |db| seals::add(db, &row)).await?;
        // A log that is kept elsewhere is a witness.
        tracing::info!(number = seal.number, responses = seal.last_position, seal = %seal.hash, "sealed");
        Ok(Some(seal))
    }

    /// Recomputes the whole chain from what is stored, and compares. `held` are seals that somebody kept elsewhere.
    ///
    /// # Errors
    /// [`ServiceError::Store`] if the database fails. What does not fit is no error but a fault of the verdict.
    pub async fn verify(&self, held: Vec<String>) -> Result<Verdict, ServiceError> {
        Ok(self.store.read(move |db| verify(db, &held)).await?)
    }

    /// Position of a receipt's leaf, and the number and day of its seal; `None` while it is not sealed.
    ///
    /// # Errors
    /// As [`App::held`].
    pub async fn seal_of(&self, receipt: &str) -> Result<Option<(i64, SealRow)>, ServiceError> {
        let receipt = self.held(receipt).await?.receipt.to_string();
        let find = move |db: &mut _| {
            let Some(position) = seals::position_of(db, &receipt)? else { return Ok(None) };
            let seal = seals::all(db)?.into_iter().find(|seal| seal.last_position >= position);
            Ok(seal.map(|seal| (position, seal)))
        };
        Ok(self.store.read(find).await?)
    }
}

/// The seal over the leaves that no seal covers; `None` without any.
fn next_seal(db: &mut crate::store::Db, today: NaiveDate) -> Result<Option<SealRow>, StoreError> {
    let last = seals::last(db)?;
    let (number, covered) = last.as_ref().map_or((1, 0), |seal| (seal.number + 1, seal.last_position));
    let previous = last.map_or_else(|| NONE_BEFORE.to_owned(), |seal| seal.hash);
    let sealed_on = today.to_string();
    let mut hash = Sha256::new();
    hash.update(seal_head(number, &sealed_on, &previous));
    let mut last_position = covered;
    loop {
        let page = seals::hashes_after(db, last_position, PAGE)?;
        let Some((end, _)) = page.last() else { break };
        last_position = *end;
        for (_, leaf) in &page {
            hash.update(format!("{leaf}\n"));
        }
    }
    let seal = SealRow { number, sealed_on, last_position, hash: hex(&hash.finalize()) };
    Ok(Some(seal).filter(|_| last_position > covered))
}

/// The chain as it is recomputed, leaf by leaf.
struct Chain {
    verdict: Verdict,
    /// The seal that the next leaf belongs to.
    at: usize,
    hash: Sha256,
}

impl Chain {
    fn new(seals: Vec<SealRow>) -> Self {
        let verdict = Verdict { seals, ..Verdict::default() };
        let mut chain = Self { verdict, at: 0, hash: Sha256::new() };
        chain.begin();
        chain
    }

    fn fault(&mut self, what: String) {
        // The first ones say enough; a database of another origin would have a million.
        if self.verdict.faults.len() < 100 {
            self.verdict.faults.push(what);
        }
    }

    fn begin(&mut self) {
        let previous = self.at.checked_sub(1).map_or(NONE_BEFORE, |i| self.verdict.seals[i].hash.as_str());
        let head = self.verdict.seals.get(self.at).map(|seal| seal_head(seal.number, &seal.sealed_on, previous));
        self.hash = Sha256::new();
        self.hash.update(head.unwrap_or_default());
        let expected = i64::try_from(self.at + 1).unwrap_or(i64::MAX);
        if self.verdict.seals.get(self.at).is_some_and(|seal| seal.number != expected) {
            self.fault(format!("seal {}: missing", self.at + 1));
        }
    }

    fn leaf(&mut self, position: i64, leaf: &LeafRow, content: Option<&ContentRow>) {
        if leaf.position != position {
            self.fault(format!("leaf {position}: missing"));
        }
        match (leaf.fate.as_str(), &leaf.salt, content) {
            (KEPT, Some(salt), Some(content)) => {
                if sha256(&leaf_text(salt, content)) == leaf.hash {
                    self.verdict.kept += 1;
                } else {
                    self.fault(format!("response {}: changed since it was sealed", content.receipt));
                }
            }
            (KEPT, ..) => self.fault(format!("leaf {}: its response was removed", leaf.position)),
            (seals::CORRECTED, None, None) => self.verdict.corrected += 1,
            (seals::WITHDRAWN, None, None) => self.verdict.withdrawn += 1,
            (seals::EXPIRED, None, None) => self.verdict.expired += 1,
            (fate, ..) => self.fault(format!("leaf {}: {fate}, but its response is there", leaf.position)),
        }
        self.hash.update(format!("{}\n", leaf.hash));
        let Some(seal) = self.verdict.seals.get(self.at).cloned() else {
            // The next seal will cover it.
            self.verdict.unsealed += 1;
            return;
        };
        if leaf.position == seal.last_position {
            let found = hex(&std::mem::take(&mut self.hash).finalize());
            if found != seal.hash {
                self.fault(format!("seal {} of {}: is {found}, not {}", seal.number, seal.sealed_on, seal.hash));
            }
            self.at += 1;
            self.begin();
        }
    }
}

fn verify(db: &mut crate::store::Db, held: &[String]) -> Result<Verdict, StoreError> {
    let mut chain = Chain::new(seals::all(db)?);
    let mut after = 0;
    let mut position = 0;
    loop {
        let page = seals::leaves_after(db, after, PAGE)?;
        let Some((last, _)) = page.last() else { break };
        after = last.position;
        for (leaf, content) in &page {
            position += 1;
            chain.leaf(position, leaf, content.as_ref());
            position = leaf.position;
        }
    }
    if chain.at < chain.verdict.seals.len() {
        let seal = chain.verdict.seals[chain.at].clone();
        chain.fault(format!("seal {} of {}: its leaves end too early", seal.number, seal.sealed_on));
    }
    for seal in held {
        if !chain.verdict.seals.iter().any(|own| own.hash == *seal) {
            chain.fault(format!("the seal {seal}: not in this chain"));
        }
    }
    chain.verdict.unsealed += seals::count_unsealed(db)?;
    Ok(chain.verdict)
}

/// Seals once a day for as long as the server runs: looks every ten minutes, first at once.
pub async fn seal_every_day(app: App) {
    loop {
        if let Err(error) = app.seal_daily(now().date()).await {
            tracing::error!(%error, "nothing was sealed; trying again in ten minutes");
        }
        tokio::time::sleep(std::time::Duration::from_mins(10)).await;
    }
}
