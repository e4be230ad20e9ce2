//! Whether the questionnaire measures what it should: reliability, loadings, constructs that guests tell apart.
//!
//! Pure. Owns: what is said of a measurement, by the rules of [`crate::csi::verdict`] alone. Refuses: to decide anything:
//! rules of thumb say where to look.

use serde::Serialize;

use super::{Basis, Filter, State, SurveyInfo};
use crate::csi::analysis::Analysis;
use crate::csi::counts::Counts;
use crate::csi::figures::Figure;
use crate::csi::implied::{Structure, distances};
use crate::csi::model::{Mode, PathModel};
use crate::csi::quality::{Htmt, Reliability, htmt, reliability};
use crate::csi::verdict::RULES;

/// How well a survey measures.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Measurement {
    pub survey: SurveyInfo,
    pub language: String,
    pub filter: Filter,
    pub basis: Basis,
    /// Responses within the filter; `None` where there are too few to say.
    pub responses: Option<usize>,
    /// Ready, or why there is nothing to say.
    pub state: State,
    pub constructs: Vec<ConstructQuality>,
    /// Every two constructs of several questions.
    pub pairs: Vec<PairQuality>,
    /// Root mean square of what the model leaves unexplained of the correlations (standardised).
    pub srmr: Option<Judged>,
}

/// How well a construct is measured.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct ConstructQuality {
    pub construct: String,
    pub name: String,
    /// Composite reliability, Dijkstra & Henseler's rho_A, Cronbach's alpha, average variance extracted; `None` for a
    /// construct of one question, or of causes.
    pub rho_c: Option<Judged>,
    pub rho_a: Option<Judged>,
    pub alpha: Option<Judged>,
    pub ave: Option<Judged>,
    pub indicators: Vec<IndicatorQuality>,
}

/// How well a question measures its construct.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct IndicatorQuality {
    pub indicator: String,
    pub label: String,
    /// Correlation with its construct; not judged in a construct of causes or of one question.
    pub loading: Judged,
    /// Its interval at 95 %.
    pub ci: Option<[f64; 2]>,
    /// Shares of responses that leave it out, and, of the others, that give the lowest and the highest point; `None`
    /// where there are too few to say.
    pub left_out: Option<f64>,
    pub lowest: Option<f64>,
    pub highest: Option<f64>,
}

/// Whether guests tell two constructs apart.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct PairQuality {
    pub first: String,
    pub second: String,
    /// Heterotrait-monotrait ratio of correlations.
    pub htmt: Judged,
}

/// A figure, and whether it is within its rule of thumb.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Judged {
    pub value: f64,
    /// `None` where no rule applies.
    pub met: Option<bool>,
    pub threshold: Option<f64>,
}

impl Judged {
    fn new(figure: &str, value: f64) -> Self {
        let rule = RULES.iter().find(|rule| rule.figure == figure);
        let met = |rule: &crate::csi::verdict::Rule| {
            if rule.at_least { value >= rule.threshold } else { value <= rule.threshold }
        };
        Self { value, met: rule.map(met), threshold: rule.map(|rule| rule.threshold) }
    }

    fn plain(value: f64) -> Self {
        Self { value, met: None, threshold: None }
    }
}

/// Names and answers that go with an analysis.
pub struct Named<'a> {
    pub model: &'a PathModel,
    /// Of constructs and of indicators, in the model's order.
    pub constructs: &'a [String],
    pub indicators: &'a [String],
    /// How each indicator was answered, on a scale from the lowest point to the highest.
    pub counts: &'a [Counts],
    pub scales: &'a [[u8; 2]],
    /// Of fewer answers no shares are told.
    pub least: usize,
    /// Of which responses the answers are.
    pub basis: Basis,
}

/// What an analysis says of every construct.
pub fn constructs(analysis: &Analysis, named: &Named<'_>) -> Vec<ConstructQuality> {
    let (fit, model) = (&analysis.estimates.fit, named.model);
    let found = reliability(fit, model);
    let of = |(k, construct): (usize, &crate::csi::model::Construct)| {
        let several = construct.block.len() > 1;
        let figures = found[k].filter(|_| several);
        let rule = |name: &str, value: fn(&Reliability) -> f64| {
            figures.as_ref().map(value).filter(|x| x.is_finite()).map(|x| Judged::new(name, x))
        };
        let judged = several && construct.mode == Mode::A;
        ConstructQuality {
            construct: construct.name.clone(),
            name: named.constructs[k].clone(),
            rho_c: rule("rho_c", |r| r.rho_c),
            rho_a: rule("rho_a", |r| r.rho_a),
            alpha: rule("alpha", |r| r.alpha),
            ave: rule("ave", |r| r.ave),
            indicators: construct.block.clone().map(|j| indicator(analysis, named, j, judged)).collect(),
        }
    };
    model.constructs.iter().enumerate().map(of).collect()
}

fn indicator(analysis: &Analysis, named: &Named<'_>, j: usize, judged: bool) -> IndicatorQuality {
    let loading = analysis.estimates.fit.loadings[j];
    let (counts, [low, high]) = (&named.counts[j], named.scales[j]);
    let all = counts.given() + counts.left_out();
    let share = |part: u64, of: u64| (of as usize >= named.least).then(|| part as f64 / of as f64);
    IndicatorQuality {
        indicator: named.model.indicators[j].clone(),
        label: named.indicators[j].clone(),
        loading: if judged { Judged::new("loading", loading) } else { Judged::plain(loading) },
        ci: analysis.spread(Figure::Loading(j)).and_then(|spread| spread.ci),
        // Where a few of a group answered, the whole group counts as not having done so: that is no figure of guests.
        left_out: share(counts.left_out(), all).filter(|_| named.basis == Basis::All),
        lowest: share(counts.of(low), counts.given()),
        highest: share(counts.of(high), counts.given()),
    }
}

/// Whether guests tell constructs apart, pair by pair; those of one question or of causes are left out.
pub fn pairs(analysis: &Analysis, model: &PathModel) -> Vec<PairQuality> {
    let fit = &analysis.estimates.fit;
    let measured: Vec<usize> = (0..model.constructs.len())
        .filter(|k| model.constructs[*k].block.len() > 1 && model.constructs[*k].mode == Mode::A)
        .collect();
    let pairs = measured.iter().enumerate().flat_map(|(i, k)| measured[i + 1..].iter().map(move |l| (*k, *l)));
    let figures = |(k, l): (usize, usize)| {
        Some(PairQuality {
            first: model.constructs[k].name.clone(),
            second: model.constructs[l].name.clone(),
            htmt: Judged::new("htmt", htmt(fit, model, k, l, Htmt::Original).filter(|x| x.is_finite())?),
        })
    };
    pairs.filter_map(figures).collect()
}

/// What the model leaves unexplained.
pub fn srmr(analysis: &Analysis, model: &PathModel) -> Option<Judged> {
    let value = distances(&analysis.estimates.fit, model, Structure::Estimated).srmr;
    value.is_finite().then(|| Judged::new("srmr", value))
}

impl Measurement {
    /// How many figures a rule judges, and how many of them are within it.
    pub fn judged(&self) -> (usize, usize) {
        let constructs = self.constructs.iter().flat_map(|c| {
            let figures = [c.rho_c, c.rho_a, c.alpha, c.ave].into_iter().flatten();
            figures.chain(c.indicators.iter().map(|indicator| indicator.loading)).collect::<Vec<_>>()
        });
        let all = constructs.chain(self.pairs.iter().map(|pair| pair.htmt)).chain(self.srmr);
        let met: Vec<bool> = all.filter_map(|judged| judged.met).collect();
        (met.len(), met.iter().filter(|met| **met).count())
    }
}
