//! The demonstration: a hotel group with its guests' answers.
//!
//! Owns: three regions, eight properties, eighteen months, the dip of one of them, and the filling of
//! an empty database. The same seed gives the same rows. Refuses: a database that holds surveys or
//! units of anybody's own.

use std::collections::BTreeMap;

use chrono::{Days, Months, NaiveDate, NaiveDateTime};
use rand_chacha::ChaCha8Rng;

use super::access::Role;
use super::authoring::{Revision, publish, read_template};
use super::comments::{BUILDING_SITE, Comments, DISPLEASED, MIXED, PLEASED};
use super::population::{ITEMS, draw_ratings, uniform};
use super::settings::Settings;
use super::{App, ServiceError};
use crate::csi::bootstrap::{below, stream};
use crate::csi::data::MISSING;
use crate::store::invitation_months::{self, InvitationMonth};
use crate::store::responses::{self, NewResponse};
use crate::store::{Db, StoreError, surveys, units};
use crate::survey::answers::{Answer, Answers};
use crate::survey::ids::{AttemptKey, Receipt};
use crate::survey::library;

/// The survey that the demonstration's index comes from.
pub const SURVEY: &str = "hotel-post-stay";
/// The survey on the screen in the lobby.
pub const KIOSK: &str = "checkout-kiosk";
/// The property whose guest and kiosk links are printed.
pub const EXAMPLE_UNIT: &str = "old-town";

/// Somebody that one can be in a demonstration. Nobody has a password: these accounts are of use there alone.
pub struct Person {
    pub email: &'static str,
    name: &'static str,
    role: Role,
    unit: Option<&'static str>,
    /// The text that says what they see.
    pub about: &'static str,
}

/// The people of the demonstration.
pub const PEOPLE: [Person; 3] = [
    Person {
        email: "director@larkfield.example",
        name: "Dora Lindqvist",
        role: Role::Administrator,
        unit: None,
        about: "demo-director",
    },
    Person {
        email: "manager@larkfield.example",
        name: "Marek Novak",
        role: Role::Manager,
        unit: Some("riverside"),
        about: "demo-manager",
    },
    Person {
        email: "analyst@larkfield.example",
        name: "Lin Anqi",
        role: Role::Analyst,
        unit: None,
        about: "demo-analyst",
    },
];

/// Code of the demonstration's group: the mark by which its database is known.
const GROUP: &str = "larkfield";

/// A property: code, name, region, share of the responses, shift of perceived quality, share of those invited who answer.
struct Property {
    code: &'static str,
    name: &'static str,
    region: &'static str,
    share: f64,
    quality: f64,
    answering: f64,
}

const fn property(
    code: &'static str,
    name: &'static str,
    region: &'static str,
    (share, quality, answering): (f64, f64, f64),
) -> Property {
    Property { code, name, region, share, quality, answering }
}

const REGIONS: [(&str, &str); 3] = [("coast", "Coast"), ("city", "City"), ("mountains", "Mountains")];

const PROPERTIES: [Property; 8] = [
    property("harbour-house", "Harbour House", "coast", (0.22, 0.10, 0.36)),
    property("dunes", "Dunes Resort", "coast", (0.15, 0.35, 0.41)),
    property("lighthouse", "Lighthouse Inn", "coast", (0.05, 0.60, 0.52)),
    property("central-station", "Central Station", "city", (0.18, -0.35, 0.19)),
    property("old-town", "Old Town", "city", (0.12, 0.15, 0.31)),
    property("riverside", "Riverside", "city", (0.15, -0.05, 0.28)),
    property("lakeside", "Lakeside", "mountains", (0.127, 0.25, 0.38)),
    // Opened in the last month: too few responses for an index.
    property("summit-lodge", "Summit Lodge", "mountains", (0.003, 0.30, 0.33)),
];

/// Riverside was renovated while open, from month 10 to month 12.
const DIP: (&str, std::ops::Range<u64>, f64) = ("riverside", 9..12, -1.1);

const MONTHS: u64 = 18;

/// The first day of the eighteen months.
fn first_day() -> NaiveDate {
    NaiveDate::from_ymd_opt(2025, 5, 1).expect("a day of the calendar")
}

/// Share of the guests who write a comment: some hundreds in 6,000.
const COMMENTING: f64 = 0.055;

/// Fills a database with the demonstration and returns the number of responses it then has. A
/// demonstration that has fewer than `count` responses, because its filling was interrupted, is completed.
///
/// `progress` is told how many responses have been stored since it was last called.
///
/// # Errors
/// [`ServiceError::NotADemo`] if the database holds surveys or units that are not a demonstration's;
/// [`ServiceError::Store`] if the database fails.
pub async fn fill(app: &App, count: usize, seed: u64, progress: impl Fn(u64)) -> Result<usize, ServiceError> {
    if !app.store.read(may_hold_demo).await? {
        return Err(ServiceError::NotADemo);
    }
    // One transaction: a demonstration is marked as one from its first row.
    let unit_ids = app
        .store
        .write(|db| {
            for text in [SURVEY, KIOSK].into_iter().filter_map(library::instrument) {
                let (survey, _) = read_template(text).map_err(|p| StoreError::Broken(format!("{p:?}").into()))?;
                publish(db, &survey, text)?;
            }
            create_units(db)
        })
        .await?;
    let revision = app.published(SURVEY).await?.revision;
    let survey_id = revision.survey_id;
    let existing = app.store.read(move |db| responses::count(db, survey_id)).await?;
    let existing = usize::try_from(existing).unwrap_or(0);
    if existing >= count {
        return Ok(existing);
    }
    let (random, origins, silent) = (stream(seed, 0), stream(seed, 1), stream(seed, 2));
    let mut guests = Guests { random, origins, silent, unit_ids, revision: &revision };
    // The same seed gives the same guests, so those that are stored already are drawn and passed over.
    (0..existing).for_each(|_| drop(guests.next()));
    progress(existing as u64);
    let mut left = count - existing;
    while left > 0 {
        let (batch, invited): (Vec<NewResponse>, Vec<InvitationMonth>) =
            (0..left.min(2000)).map(|_| guests.next()).unzip();
        left -= batch.len();
        let stored = batch.len() as u64;
        let work = move |db: &mut _| {
            responses::insert_many(db, &batch)?;
            invitation_months::add(db, &summed(invited))
        };
        app.store.write(work).await?;
        progress(stored);
    }
    Ok(count)
}

/// Lets people in who want to look around: their accounts are made, and this server offers them without a password.
///
/// # Errors
/// As [`fill`].
pub async fn open_to_all(app: App) -> Result<App, ServiceError> {
    for person in &PEOPLE {
        let roles = [(person.role, person.unit.map(str::to_owned))];
        app.add_account(person.email, person.name, &roles).await?;
    }
    let settings = Settings { demo: true, ..(*app.settings).clone() };
    Ok(app.configured(settings))
}

fn create_units(db: &mut Db) -> Result<Vec<i64>, StoreError> {
    let mut find_or_insert = |code: &str, kind: &str, name: &str, parent_id| match units::by_code(db, code)? {
        Some(unit) => Ok(unit.id),
        None => units::insert(db, &units::NewUnit { code, kind, name, parent_id }),
    };
    let group = find_or_insert(GROUP, "group", "Larkfield Hotels", None)?;
    let mut regions = Vec::new();
    for (code, name) in REGIONS {
        regions.push((code, find_or_insert(code, "region", name, Some(group))?));
    }
    let region = |code: &str| regions.iter().find(|(c, _)| *c == code).map(|(_, id)| *id);
    PROPERTIES.iter().map(|p| find_or_insert(p.code, "property", p.name, region(p.region))).collect()
}

/// One row a unit and month.
fn summed(rows: Vec<InvitationMonth>) -> Vec<InvitationMonth> {
    let mut sums: BTreeMap<(i64, String), InvitationMonth> = BTreeMap::new();
    for row in rows {
        let place = (row.unit_id, row.month.clone());
        let sum = sums.entry(place).or_insert(InvitationMonth { invited: 0, answered: 0, ..row.clone() });
        (sum.invited, sum.answered) = (sum.invited + row.invited, sum.answered + row.answered);
    }
    sums.into_values().collect()
}

/// The stream of guests who answered.
struct Guests<'a> {
    random: ChaCha8Rng,
    /// Where guests come from, and how they booked.
    origins: ChaCha8Rng,
    /// How many were invited besides, and did not answer.
    silent: ChaCha8Rng,
    /// In the order of [`PROPERTIES`].
    unit_ids: Vec<i64>,
    revision: &'a Revision,
}

impl Guests<'_> {
    /// A response, and how many guests were invited to have it.
    fn next(&mut self) -> (NewResponse, InvitationMonth) {
        let place = self.property();
        let property = &PROPERTIES[place];
        let month = if property.code == "summit-lodge" { MONTHS - 1 } else { below(&mut self.random, MONTHS) };
        let submitted_at = self.time(month);
        let dip = if property.code == DIP.0 && DIP.1.contains(&month) { DIP.2 } else { 0.0 };
        // During the works it was dusty as well.
        let ratings = draw_ratings(&mut self.random, property.quality + dip, dip / 2.0);
        let chinese = uniform(&mut self.random) < 0.3;
        let answers = self.answers(&ratings, chinese, dip < 0.0);
        let invited = InvitationMonth {
            survey_id: self.revision.survey_id,
            unit_id: self.unit_ids[place],
            month: submitted_at.format("%Y-%m").to_string(),
            invited: self.invited(property.answering),
            answered: 1,
        };
        let response = NewResponse {
            survey_id: self.revision.survey_id,
            revision_id: self.revision.id,
            unit_id: Some(self.unit_ids[place]),
            attempt_key: AttemptKey::from_random(self.bytes()).to_string(),
            receipt: Receipt::from_random(self.bytes()).to_string(),
            language: if chinese { "zh-Hans" } else { "en" }.to_owned(),
            submitted_at,
            indicators: self.revision.ratings(&answers),
            answers: answers.to_json(),
            seconds: None,
            flags: String::new(),
            invited: true,
        };
        (response, invited)
    }

    /// Guests who are asked until one answers, if each does with this probability.
    fn invited(&mut self, answering: f64) -> i64 {
        let silent = (1.0 - uniform(&mut self.silent)).ln() / (1.0 - answering).ln();
        1 + silent.floor() as i64
    }

    fn property(&mut self) -> usize {
        let mut left = uniform(&mut self.random) * PROPERTIES.iter().map(|p| p.share).sum::<f64>();
        PROPERTIES
            .iter()
            .position(|p| {
                left -= p.share;
                left < 0.0
            })
            .unwrap_or(0)
    }

    /// A moment in the month, between 07:00 and 22:00.
    fn time(&mut self, month: u64) -> NaiveDateTime {
        let first = first_day() + Months::new(month as u32);
        let days = (first + Months::new(1) - first).num_days() as u64;
        let day = first + Days::new(below(&mut self.random, days));
        let seconds = 7 * 3600 + below(&mut self.random, 15 * 3600);
        day.and_time(chrono::NaiveTime::MIN) + chrono::TimeDelta::seconds(seconds.cast_signed())
    }

    fn answers(&mut self, ratings: &[u8; 19], chinese: bool, building_site: bool) -> Answers {
        let mut answers = Answers::default();
        for (item, rating) in ITEMS.iter().zip(ratings) {
            let answer = if *rating == MISSING { Answer::NotApplicable(()) } else { Answer::Rating(*rating) };
            answers.0.insert(item.id.to_owned(), answer);
        }
        let purpose = ["leisure", "leisure", "leisure", "business", "business", "business", "family", "other"]
            [below(&mut self.random, 8) as usize];
        answers.0.insert("purpose".to_owned(), Answer::Text(purpose.to_owned()));
        let mut one_of =
            |list: &[&str]| Answer::Text(list[below(&mut self.origins, list.len() as u64) as usize].to_owned());
        answers
            .0
            .insert("channel".to_owned(), one_of(&["direct", "direct", "direct", "agency", "agency", "corporate"]));
        let countries: &[&str] = if chinese { &["CN", "CN", "CN", "SG"] } else { &["GB", "GB", "US", "DE", "FR"] };
        answers.0.insert("country".to_owned(), one_of(countries));
        let satisfied = rating_of(ratings, "satisfaction_overall");
        let wishes: Vec<String> = ["arrival", "room", "cleanliness", "food", "staff", "facilities"]
            .into_iter()
            .filter(|_| uniform(&mut self.random) < 0.04 * f64::from(11 - satisfied))
            .map(str::to_owned)
            .collect();
        if !wishes.is_empty() {
            answers.0.insert("improve".to_owned(), Answer::Choices(wishes));
        }
        if uniform(&mut self.random) < COMMENTING {
            let mood = match satisfied {
                _ if building_site && satisfied < 8 => &BUILDING_SITE,
                9..=10 => &PLEASED,
                6..=8 => &MIXED,
                _ => &DISPLEASED,
            };
            answers.0.insert("comment".to_owned(), Answer::Text(self.comment(mood, chinese)));
        }
        answers
    }

    fn comment(&mut self, mood: &Comments, chinese: bool) -> String {
        let choice = if chinese { mood.chinese } else { mood.english };
        choice[below(&mut self.random, choice.len() as u64) as usize].to_owned()
    }

    fn bytes<const N: usize>(&mut self) -> [u8; N] {
        std::array::from_fn(|_| below(&mut self.random, 256) as u8)
    }
}

fn rating_of(ratings: &[u8; 19], id: &str) -> u8 {
    ITEMS.iter().zip(ratings).find(|(item, _)| item.id == id).map_or(5, |(_, rating)| *rating)
}

/// Whether the database is empty or a demonstration's: nobody's own surveys, units or guests.
fn may_hold_demo(db: &mut Db) -> Result<bool, StoreError> {
    let is_demo = units::by_code(db, GROUP)?.is_some();
    Ok(is_demo || (surveys::all(db)?.is_empty() && units::all(db)?.is_empty()))
}

/// Empties a demonstration's database, for a new beginning.
///
/// # Errors
/// As [`fill`].
pub async fn clear(app: &App) -> Result<(), ServiceError> {
    if !app.store.read(may_hold_demo).await? {
        return Err(ServiceError::NotADemo);
    }
    Ok(app.store.write(surveys::clear_everything).await?)
}
