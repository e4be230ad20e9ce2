//! An overview -> the same at one mix of guests.
//!
//! Owns: what makes up the mix (segments and properties, in the shares of the period, or properties by the guests that they
//! invited), and which figures follow it: indices, changes, ranks. Refuses: a figure of too few like the guests of the period;
//! to touch what is about answers as they came (questions, drivers, NPS).

use std::collections::HashMap;

use rayon::prelude::*;

use super::estimating::{by_month, by_property, pool, property_of};
use super::overview::standing::ranked;
use super::overview::{LEVEL, Part, PeriodQuery, cells_beside_others};
use super::population::uniform;
use super::reporting::Prepared;
use super::{App, ServiceError, now, response_rate};
use crate::csi::bootstrap::stream;
use crate::csi::counts::each_of;
use crate::csi::dist::normal_quantile;
use crate::csi::standardisation::{Standardised, Stratum, standardise, within_reach};
use crate::csi::standouts::Cell as Sums;
use crate::report::overview::{Adjustment, Change, ConstructChange, Overview, RankFigures};
use crate::report::publication::Base;
use crate::report::{Basis, GroupFigures, Index};
use crate::store::invitation_months;

/// Share of the mix that a figure must have guests for.
const COVERED: f64 = 0.5;

/// What is asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(super) struct Mix {
    /// The period before, months and properties at the mix of the period.
    same: bool,
    /// Properties by the guests that they invited.
    invited: bool,
}

impl Mix {
    /// Of an address.
    pub(super) fn read(query: &PeriodQuery) -> Result<Self, ServiceError> {
        let given = |name, given: &Option<String>, known: &str, expected| match given.as_deref() {
            None | Some("") => Ok(false),
            Some(value) if value == known => Ok(true),
            Some(other) => Err(ServiceError::BadFilter { name, given: other.chars().take(40).collect(), expected }),
        };
        let same = given("mix", &query.mix, "same", "`same`, or nothing")?;
        Ok(Self { same, invited: given("weight", &query.weight, "invited", "`invited`, or nothing")? })
    }
}

/// A variable of the mix.
struct Variable {
    /// Of each cell.
    categories: Vec<u32>,
    /// How much of each category the mix has.
    target: Vec<f64>,
}

/// Variables crossed with each other: cells that have a category of each in common are of one stratum.
struct Crossed {
    /// Of each cell.
    strata: Vec<u32>,
    /// Of each stratum, a category of each variable.
    categories: Vec<Vec<usize>>,
    /// Of each variable.
    target: Vec<Vec<f64>>,
}

impl Crossed {
    /// By no variable, so many cells.
    fn none(cells: usize) -> Self {
        Self { strata: vec![0; cells], categories: vec![Vec::new()], target: Vec::new() }
    }

    /// By one more.
    fn by(&self, variable: &Variable) -> Self {
        const NEW: u32 = u32::MAX;
        let many = variable.target.len();
        let mut number = vec![NEW; self.categories.len() * many];
        let mut categories: Vec<Vec<usize>> = Vec::new();
        let mut cross = |(stratum, category): (&u32, &u32)| {
            let (stratum, category) = (*stratum as usize, *category as usize);
            let number = &mut number[stratum * many + category];
            if *number == NEW {
                *number = categories.len() as u32;
                categories.push(self.categories[stratum].iter().copied().chain([category]).collect());
            }
            *number
        };
        let strata = self.strata.iter().zip(&variable.categories).map(&mut cross).collect();
        Self { strata, categories, target: self.target.iter().chain([&variable.target]).cloned().collect() }
    }
}

/// The sums of every construct by cell, segments crossed, and what else the mix consists of.
struct Mixed<'a> {
    part: &'a Part<'a>,
    segments: Crossed,
    /// Segments by properties, where these are part of the mix.
    whole: Option<Crossed>,
    /// Of each construct, of each cell.
    scores: Vec<&'a [Sums]>,
}

/// Puts an overview of the cells `inside` at the mix that is asked for; cells of the period are labelled 0 in `periods`, of
/// the one before 1.
pub(super) fn adjust(
    app: &App,
    overview: &mut Overview,
    (part, prepared): (&Part<'_>, &Prepared),
    (mix, inside, of_unit, periods): (Mix, &[bool], &[bool], &[u32]),
) {
    if mix == Mix::default() || overview.report.constructs.is_empty() {
        return;
    }
    let Prepared { key: (_, filter, language, ..), ratings, units, .. } = prepared;
    let mut adjustment = Adjustment { covered: 1.0, ..Adjustment::default() };
    let mut segments = Crossed::none(ratings.cells().len());
    let held = |segment: &str| filter.segments.iter().any(|chosen| chosen.segment == segment);
    for info in overview.report.survey.segments.iter().filter(|info| mix.same && !held(&info.segment)) {
        let found = ratings.segments().iter().position(|segment| segment.id == info.segment);
        let variable = found.and_then(|place| segment_of(part, place, inside));
        adjustment.held.extend(variable.iter().map(|_| info.name.clone()));
        if let Some(variable) = variable {
            segments = segments.by(&variable);
        }
    }
    let properties = by_property(ratings, units, of_unit, language);
    let none = properties.groups.len() as u32;
    let categories: Vec<u32> = properties.labels.iter().map(|label| (*label).min(none)).collect();
    let answered = amounts(part, &categories, none as usize + 1, inside);
    let invited = if mix.invited { invited(app, part, prepared, none as usize + 1) } else { Vec::new() };
    let named = |place: usize| properties.groups.get(place).map_or_else(|| "–".to_owned(), |group| group.name.clone());
    let lacking = |place: &usize| mix.invited && answered[*place] > 0.0 && invited[*place] <= 0.0;
    adjustment.without_invited = (0..answered.len()).filter(lacking).map(named).collect();
    adjustment.invited = mix.invited && adjustment.without_invited.is_empty();
    let scores = (0..part.model.paths.constructs.len()).map(|construct| part.scores(construct)).collect();
    let mut mixed = Mixed { part, segments, whole: None, scores };
    let several = |target: &[f64]| target.iter().filter(|n| **n > 0.0).count() > 1;
    if adjustment.invited && several(&invited) {
        let shares = Variable { categories: categories.clone(), target: invited.clone() };
        let crossed = mixed.segments.by(&shares);
        let found = mixed.groups((periods, 1), &crossed, mixed.headline());
        (adjustment.invited, adjustment.few_by_invited) = (found[0].is_some(), found[0].is_none());
    }
    let target = if adjustment.invited { invited } else { answered };
    let all: f64 = target.iter().sum();
    let mut shares: HashMap<String, f64> =
        properties.groups.iter().zip(&target).map(|(group, n)| (group.code.clone(), n / all)).collect();
    adjustment.properties = (mix.same || adjustment.invited) && several(&target);
    if !mix.same && !adjustment.invited {
        overview.adjustment = Some(adjustment);
        return;
    }
    if adjustment.properties {
        mixed.whole = Some(mixed.segments.by(&Variable { categories, target }));
    }
    mixed.periods(overview, &mut adjustment, periods);
    mixed.months(overview, &mut adjustment, prepared, of_unit);
    if mix.same {
        let weights = mixed.properties(overview, &mut adjustment, (prepared, inside));
        // A property at another mix than it has in the whole shares less with it; how much less where the whole is weighed
        // too is not known, and nothing on the safe side.
        for (code, share) in &mut shares {
            *share *= if adjustment.invited { 0.0 } else { weights.get(code).copied().unwrap_or_default() };
        }
        mixed.others(overview, (prepared, inside));
    }
    mixed.against_whole(overview, &shares);
    overview.adjustment = Some(adjustment);
}

/// How many responses inside are of each category.
fn amounts(part: &Part<'_>, categories: &[u32], many: usize, inside: &[bool]) -> Vec<f64> {
    let mut amounts = vec![0.0; many];
    for ((category, n), _) in categories.iter().zip(part.ratings.sizes()).zip(inside).filter(|(_, inside)| **inside) {
        amounts[*category as usize] += *n as f64;
    }
    amounts
}

/// A segment as a variable: values that fewer gave than an index takes are one category with no value at all. `None` where
/// there is only one.
fn segment_of(part: &Part<'_>, place: usize, inside: &[bool]) -> Option<Variable> {
    let codes = || part.ratings.cells().iter().map(|cell| usize::from(cell.segments[place]));
    let mut counts = vec![0; usize::from(u16::MAX) + 1];
    for ((code, n), _) in codes().zip(part.ratings.sizes()).zip(inside).filter(|(_, inside)| **inside) {
        counts[code] += n;
    }
    let mut rest = 0;
    let mut number = vec![u32::MAX; counts.len()];
    for (number, _) in number.iter_mut().zip(counts).filter(|(_, n)| *n > 0 && part.thresholds.base(*n) >= Base::Low) {
        (*number, rest) = (rest, rest + 1);
    }
    let categories: Vec<u32> = codes().map(|code| number[code].min(rest)).collect();
    let target = amounts(part, &categories, rest as usize + 1, inside);
    (target.iter().filter(|n| **n > 0.0).count() > 1).then_some(Variable { categories, target })
}

/// How many guests each property invited in the period, those of none last.
fn invited(app: &App, part: &Part<'_>, prepared: &Prepared, many: usize) -> Vec<f64> {
    let (label, filter) = (property_of(part.units), &prepared.key.1);
    let mut amounts = vec![0.0; many];
    let survey_id = part.survey_id;
    // Without the counts nothing is weighed by them, and the page says so.
    let rows = app.store.read_blocking(move |db| invitation_months::of(db, survey_id)).unwrap_or_default();
    let rows = match prepared.key.4 {
        Basis::All => rows,
        Basis::Groups => response_rate::rounded(rows, part.thresholds.counts, now().date()),
    };
    for row in response_rate::counted(&rows, part.units, filter) {
        let place = label.get(&row.unit_id).map_or(many - 1, |label| *label as usize);
        amounts[place.min(many - 1)] += row.invited as f64;
    }
    amounts
}

impl Mixed<'_> {
    /// Segments, and properties where they are part of the mix.
    fn whole(&self) -> &Crossed {
        self.whole.as_ref().unwrap_or(&self.segments)
    }

    /// The strata of groups of cells, with sums of these constructs.
    fn strata(
        &self,
        (labels, groups): (&[u32], usize),
        crossed: &Crossed,
        constructs: std::ops::Range<usize>,
    ) -> Vec<Vec<Stratum>> {
        const NEW: usize = usize::MAX;
        let mut cells: Vec<Vec<usize>> = vec![Vec::new(); groups];
        for (cell, group) in labels.iter().enumerate().filter(|(_, group)| (**group as usize) < groups) {
            cells[*group as usize].push(cell);
        }
        let mut place = vec![NEW; crossed.categories.len()];
        let mut of_group = |cells: Vec<usize>| {
            let (mut strata, mut known): (Vec<Stratum>, Vec<usize>) = (Vec::new(), Vec::new());
            for cell in cells {
                let stratum = crossed.strata[cell] as usize;
                if place[stratum] == NEW {
                    place[stratum] = strata.len();
                    known.push(stratum);
                    let categories = crossed.categories[stratum].clone();
                    strata.push(Stratum { categories, scores: vec![Sums::default(); constructs.len()] });
                }
                for (sums, scores) in strata[place[stratum]].scores.iter_mut().zip(&self.scores[constructs.clone()]) {
                    sums.add(scores[cell]);
                }
            }
            for stratum in known {
                place[stratum] = NEW;
            }
            strata
        };
        cells.into_iter().map(&mut of_group).collect()
    }

    /// A group at a mix, where it has most of that, and enough rows of like weight.
    fn at(&self, strata: &[Stratum], target: &[Vec<f64>]) -> Option<Standardised> {
        let enough = |found: &Standardised| found.effective_rows >= self.part.thresholds.index as f64;
        standardise(strata, target).filter(enough).filter(|found| found.covered >= COVERED)
    }

    /// Groups of cells at the mix of what is crossed, of these constructs.
    fn groups(
        &self,
        grouping: (&[u32], usize),
        crossed: &Crossed,
        constructs: std::ops::Range<usize>,
    ) -> Vec<Option<Standardised>> {
        let strata = self.strata(grouping, crossed, constructs);
        pool().install(|| strata.par_iter().map(|strata| self.at(strata, &crossed.target)).collect())
    }

    /// Two groups of cells at what both have of the mix, and how much of it that is.
    fn two(&self, labels: &[u32], crossed: &Crossed) -> Option<([Standardised; 2], f64)> {
        let strata = self.strata((labels, 2), crossed, self.constructs());
        let whole = &crossed.target;
        let reach = within_reach(&[&strata[0], &strata[1]], whole);
        let share = |(reach, whole): (&Vec<f64>, &Vec<f64>)| reach.iter().sum::<f64>() / whole.iter().sum::<f64>();
        let covered = 1.0 - reach.iter().zip(whole).map(|of| 1.0 - share(of)).sum::<f64>();
        let found = [self.at(&strata[0], &reach)?, self.at(&strata[1], &reach)?];
        (covered >= COVERED).then_some((found, covered))
    }

    fn constructs(&self) -> std::ops::Range<usize> {
        0..self.scores.len()
    }

    fn headline(&self) -> std::ops::Range<usize> {
        self.part.construct..self.part.construct + 1
    }

    /// The period and the one before, and the change between them.
    fn periods(&self, overview: &mut Overview, adjustment: &mut Adjustment, periods: &[u32]) {
        if adjustment.invited
            && let Some(now) = &self.groups((periods, 1), self.whole(), self.constructs())[0]
        {
            for (construct, mean) in overview.report.constructs.iter_mut().zip(&now.means) {
                construct.index = index(*mean);
            }
            if let Some(headline) = &mut overview.report.headline {
                headline.index = index(now.means[self.part.construct]);
            }
        }
        let Some(comparison) = overview.comparison.as_mut().filter(|comparison| comparison.change.is_some()) else {
            return;
        };
        comparison.same_mix = None;
        let Some(([now, then], covered)) = self.two(periods, self.whole()) else {
            (comparison.change, comparison.constructs) = (None, Vec::new());
            adjustment.dropped += 1;
            return;
        };
        adjustment.covered = adjustment.covered.min(covered);
        comparison.change = Some(change(now.means[self.part.construct], then.means[self.part.construct]));
        for (k, of) in comparison.constructs.iter_mut().enumerate() {
            of.change = change(now.means[k], then.means[k]);
        }
    }

    fn months(&self, overview: &mut Overview, adjustment: &mut Adjustment, prepared: &Prepared, of_unit: &[bool]) {
        let months = by_month(&prepared.ratings, of_unit);
        let found = self.groups(months.counted(), self.whole(), self.headline());
        for month in overview.report.months.iter_mut().filter(|month| month.index.is_some()) {
            let place = months.groups.iter().position(|group| group.code == month.code);
            // What moments alone are left of has no mix.
            let place = place.filter(|_| !month.of_moments);
            month.index = kept(adjustment, place.and_then(|place| found[place].as_ref()), 0);
        }
    }

    /// Properties beside each other: at the mix of segments, since each is one property. How many of its rows each has the
    /// weight of.
    fn properties(
        &self,
        overview: &mut Overview,
        adjustment: &mut Adjustment,
        (prepared, inside): (&Prepared, &[bool]),
    ) -> HashMap<String, f64> {
        let properties = by_property(&prepared.ratings, &prepared.units, inside, &prepared.key.2);
        let found = self.groups(properties.counted(), &self.segments, self.constructs());
        let of = |code: &str| {
            let place = properties.groups.iter().position(|group| group.code == code);
            place.and_then(|place| found[place].as_ref())
        };
        for property in overview.report.properties.iter_mut().filter(|property| property.index.is_some()) {
            property.index = kept(adjustment, of(&property.code), self.part.construct);
        }
        let full = |found: &&Standardised| self.part.thresholds.base(found.effective_rows as usize) == Base::Full;
        let known = |(place, rank): (usize, &RankFigures)| {
            let mean = of(&rank.code).filter(full)?.means[self.part.construct];
            Some((rank.code.clone(), mean, draws(place as u64, mean)))
        };
        overview.ranks = ranked(&overview.ranks.iter().enumerate().filter_map(known).collect::<Vec<_>>());
        overview.by_construct.retain(|row| of(&row.code).is_some());
        for row in &mut overview.by_construct {
            let means = of(&row.code).map_or(&[][..], |found| &found.means);
            for (cell, mean) in row.constructs.iter_mut().zip(means) {
                cell.index = index(*mean);
            }
        }
        let weight = |property: &GroupFigures| Some((property.code.clone(), of(&property.code)?));
        let weights = overview.report.properties.iter().filter_map(weight);
        weights.map(|(code, found)| (code, found.effective_rows / found.rows)).collect()
    }

    /// Every construct of every property against the whole. Of the variance of a property's mean so much is in that of the whole
    /// as `shares` gives it.
    fn against_whole(&self, overview: &mut Overview, shares: &HashMap<String, f64>) {
        let whole: Vec<Index> = overview.report.constructs.iter().map(|construct| construct.index).collect();
        let level = self.part.level_of_cells(overview.by_construct.len());
        let share = |code: &String| shares.get(code).copied().unwrap_or_default();
        for row in &mut overview.by_construct {
            for (cell, whole) in row.constructs.iter_mut().zip(&whole) {
                cell.against = cell.against.map(|_| less_whole(cell.index, *whole, share(&row.code), level));
            }
        }
        let index_of = |code: &String| overview.report.properties.iter().find(|known| known.code == *code)?.index;
        overview.against.retain(|house| index_of(&house.code).is_some());
        let level = each_of(overview.against.len(), LEVEL);
        for house in &mut overview.against {
            if let Some(index) = index_of(&house.code) {
                house.change = less_whole(index, whole[self.part.construct], share(&house.code), level);
            }
        }
    }

    /// A unit beside all others.
    fn others(&self, overview: &mut Overview, (prepared, inside): (&Prepared, &[bool])) {
        if overview.others.is_empty() {
            return;
        }
        let beside = cells_beside_others(prepared, inside);
        let constructs = overview.report.constructs.iter().enumerate();
        overview.others = match self.two(&beside, &self.segments) {
            Some(([here, there], _)) => constructs
                .map(|(k, construct)| ConstructChange {
                    construct: construct.construct.clone(),
                    change: change(here.means[k], there.means[k]),
                })
                .collect(),
            _ => Vec::new(),
        };
    }
}

/// How much a property is above the whole, of which it is a share.
fn less_whole(own: Index, whole: Index, share: f64, level: f64) -> Change {
    let [variance, all] = [own.se, whole.se].map(|se| se.unwrap_or_default().powi(2));
    let se = (variance * (1.0 - 2.0 * share) + all).max(0.0).sqrt();
    let (difference, reach) = (own.score - whole.score, normal_quantile(f64::midpoint(1.0, level)) * se);
    Change::new(difference, [difference - reach, difference + reach])
}

/// The index of a group, and what it lacks of the mix; one that has none is counted.
fn kept(adjustment: &mut Adjustment, found: Option<&Standardised>, construct: usize) -> Option<Index> {
    match found {
        Some(found) => adjustment.covered = adjustment.covered.min(found.covered),
        None => adjustment.dropped += 1,
    }
    found.map(|found| index(found.means[construct]))
}

fn z() -> f64 {
    normal_quantile(0.5 + LEVEL / 2.0)
}

fn index((score, se): (f64, f64)) -> Index {
    Index { score, se: Some(se), ci: Some([score - z() * se, score + z() * se]) }
}

fn change(now: (f64, f64), then: (f64, f64)) -> Change {
    let (difference, reach) = (now.0 - then.0, z() * now.1.hypot(then.1));
    Change::new(difference, [difference - reach, difference + reach])
}

/// What resamples of a mean that is known so well would give: guests of one property say nothing of another's. The same ones
/// in the same place.
fn draws(place: u64, (mean, se): (f64, f64)) -> Vec<f64> {
    const DRAWS: usize = 1000;
    let mut random = stream(1, place);
    (0..DRAWS).map(|_| mean + se * normal_quantile(uniform(&mut random))).collect()
}
