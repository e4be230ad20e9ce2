//! How constructs are measured, as tables: weights, loadings, reliability, cross-loadings, HTMT.
//!
//! Owns: which stage speaks for a construct of a second-order model. Where the second stage knows only a score
//! (dimensions; under the embedded approach everything but the second-order construct), its own indicators are
//! in the first.

use super::Outcome;
use super::sections::Table;
use crate::csi::figures::Figure;
use crate::csi::fit::Fit;
use crate::csi::model::PathModel;
use crate::csi::quality::{self, Htmt, Reliability};

/// A construct with the fit in which it is measured.
struct Measured<'a> {
    model: &'a PathModel,
    fit: &'a Fit,
    construct: usize,
    /// Whether it is measured in the main fit; else in the first stage.
    in_main: bool,
}

impl Measured<'_> {
    fn name(&self) -> &str {
        &self.model.constructs[self.construct].name
    }

    fn reliability(&self) -> Option<Reliability> {
        quality::reliability(self.fit, self.model).swap_remove(self.construct)
    }
}

/// All constructs that are measured by indicators: those of the main fit, then those of the first stage.
fn measured<'a>(o: &'a Outcome<'_>) -> Vec<Measured<'a>> {
    let (model, fit) = (o.main(), o.main_fit());
    let own = (0..model.constructs.len()).filter(|k| !is_score(o, *k)).map(|construct| Measured {
        model,
        fit,
        construct,
        in_main: true,
    });
    let mut all: Vec<Measured<'_>> = own.collect();
    if let (Some(stages), Some(first)) = (&o.models.stages, &o.analysis.estimates.first) {
        let (model, fit) = (&stages.first, &first.fit);
        for construct in 0..model.constructs.len() {
            if !all.iter().any(|m| m.in_main && m.name() == model.constructs[construct].name) {
                all.push(Measured { model, fit, construct, in_main: false });
            }
        }
    }
    all
}

/// Whether a construct of the main model stands there by its own score from the first stage.
pub(super) fn is_score(o: &Outcome<'_>, k: usize) -> bool {
    let construct = &o.main().constructs[k];
    o.models.stages.is_some()
        && construct.block.len() == 1
        && o.main().indicators[construct.block.start] == construct.name
}

/// What is said below tables that mix stages.
fn note(o: &Outcome<'_>) -> &'static str {
    if o.models.stages.is_none() {
        return "";
    }
    "Of two stages: what the second knows by its score only is shown as the first measured it"
}

pub(super) fn tables(o: &Outcome<'_>) -> Vec<Table> {
    let mut tables = Vec::from_iter(dimensions(o));
    tables.extend([indicators(o), reliability(o)]);
    tables.extend(htmt(o));
    tables.push(cross_loadings(o));
    tables
}

/// Name and 0-100 index of every construct that only the first stage has.
pub(super) fn dimension_indices(o: &Outcome<'_>) -> Vec<(String, f64)> {
    let (Some(stages), Some(first)) = (&o.models.stages, &o.analysis.estimates.first) else { return Vec::new() };
    let index = first.index_weights.at(&stages.first, &first.fit.means, &stages.repeat(&o.scales));
    let named = stages.first.constructs.iter().map(|c| c.name.clone()).zip(index);
    named.filter(|(name, _)| o.main().construct(name).is_none()).collect()
}

fn dimensions(o: &Outcome<'_>) -> Option<Table> {
    let rows = dimension_indices(o);
    let table =
        Table::new(&["Dimension", "index, 0-100"], rows.iter().map(|(name, x)| vec![name.clone(), format!("{x:.2}")]));
    (!rows.is_empty()).then(|| table.titled("Dimensions of second-order constructs".to_owned()))
}

fn indicators(o: &Outcome<'_>) -> Table {
    let mut rows = Vec::new();
    for m in measured(o) {
        let c = &m.model.constructs[m.construct];
        let vifs = quality::outer_vif(m.fit, m.model);
        for j in c.block.clone() {
            let mut row = vec![format!("{} ({:?})", c.name, c.mode), m.model.indicators[j].clone()];
            let se = |figure| o.analysis.spread(figure).filter(|_| m.in_main).map(|s| s.se);
            for (value, se) in [(m.fit.weights[j], se(Figure::Weight(j))), (m.fit.loadings[j], se(Figure::Loading(j)))]
            {
                row.extend([format!("{value:.4}"), se.map_or_else(String::new, |se| format!("{se:.4}"))]);
            }
            row.push(vifs[j].map_or_else(String::new, |x| format!("{x:.3}")));
            rows.push(row);
        }
    }
    let heading = ["Construct (mode)", "indicator", "weight", "se", "loading", "se", "VIF"];
    Table::new(&heading, rows.into_iter()).noted(note(o))
}

fn reliability(o: &Outcome<'_>) -> Table {
    let row = |m: Measured<'_>| {
        let numbers = |r: Reliability| [r.alpha, r.rho_a, r.rho_c, r.ave].map(|x| format!("{x:.4}"));
        [m.name().to_owned()].into_iter().chain(m.reliability().map_or_else(Default::default, numbers)).collect()
    };
    Table::new(&["Reliability", "alpha", "rho_A", "rho_C", "AVE"], measured(o).into_iter().map(row)).noted(note(o))
}

/// The lower triangle of HTMT; none where no pair has one.
fn htmt(o: &Outcome<'_>) -> Option<Table> {
    let names: Vec<&str> = o.main().constructs.iter().map(|c| c.name.as_str()).collect();
    let value = |k: usize, l: usize| quality::htmt(o.main_fit(), o.main(), k, l, Htmt::Original);
    let q = names.len();
    let cell = |k: usize, l: usize| {
        let found = if l < k { value(k, l) } else { None };
        found.map_or_else(String::new, |x| format!("{x:.3}"))
    };
    let row = |k: usize| [names[k].to_owned()].into_iter().chain((0..q - 1).map(|l| cell(k, l))).collect::<Vec<_>>();
    let rows: Vec<Vec<String>> = (1..q).map(row).collect();
    let heading: Vec<&str> = std::iter::once("HTMT").chain(names[..q.saturating_sub(1)].iter().copied()).collect();
    rows.iter().any(|row| row[1..].iter().any(|cell| !cell.is_empty())).then(|| {
        Table::new(&heading, rows.into_iter())
            .titled("Are constructs told apart? (HTMT)".to_owned())
            .noted("Near 1: guests do not tell the two apart")
    })
}

fn cross_loadings(o: &Outcome<'_>) -> Table {
    let (model, fit) = (o.main(), o.main_fit());
    let heading: Vec<&str> =
        std::iter::once("Cross-loadings").chain(model.constructs.iter().map(|c| c.name.as_str())).collect();
    let row = |(j, name): (usize, &String)| {
        let values = (0..model.constructs.len()).map(|k| format!("{:.3}", fit.cross_loadings[(j, k)]));
        [name.clone()].into_iter().chain(values).collect()
    };
    Table::new(&heading, model.indicators.iter().enumerate().map(row))
}
