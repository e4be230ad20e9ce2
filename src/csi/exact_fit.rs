//! Does the model fit exactly? Distances under a world in which it does.
//!
//! Owns: the Bollen-Stine type bootstrap. The rows are turned so that their correlations are exactly those
//! that the model implies; resamples of the turned rows show how far from a fitting model chance alone
//! leads. No row is turned: a resample's covariances are, T' C* T with T = S^-1/2 Σ^1/2. Refuses: an
//! observed or implied matrix that is not positive definite.
//!
//! Source: Beran & Srivastava (1985); Dijkstra & Henseler (2015), CSDA 81. HI95 and HI99 are quantiles
//! (definition 7) of the distances of resamples; p is (b + 1)/(R + 1), b the resamples at least as far off.

use nalgebra::DMatrix;

use super::analysis::Plan;
use super::bootstrap::{Units, Watch, stream};
use super::dist::quantile;
use super::fit::{Fit, FitError, fit_correlations};
use super::implied::{Distances, Structure, distances, implied_indicators};
use super::linalg;
use super::moments::{Correlations, Moments};

/// One distance, and where chance alone leads it.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Tested {
    pub value: f64,
    pub hi95: f64,
    pub hi99: f64,
    pub p: f64,
}

/// The test of one structure. `d_g` is `None` where the observed distance is undefined.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct ExactFit {
    pub srmr: Tested,
    pub d_uls: Tested,
    pub d_g: Option<Tested>,
    /// Resamples that could be estimated.
    pub used: usize,
}

/// Tests the fit of `found`, which `plan` (of the first order, without products) estimated from all its rows.
///
/// # Errors
/// [`FitError::NoExactFit`] where a matrix has no root or the plan needs more than moments; [`FitError::Cancelled`].
pub fn exact_fit(
    plan: &Plan<'_>,
    found: &Fit,
    structure: Structure,
    resamples: usize,
    seed: u64,
    watch: Watch<'_>,
) -> Result<ExactFit, FitError> {
    if !plan.is_plain() {
        return Err(FitError::NoExactFit("it takes a model of the first order without products, from moments"));
    }
    if !plan.rows_are_independent() {
        return Err(FitError::NoExactFit("it resamples single rows, without strata and clusters"));
    }
    let implied = implied_indicators(found, plan.model, structure);
    let singular = |_| FitError::NoExactFit("the observed or the implied correlations are not positive definite");
    let turn = linalg::power(&found.indicator_correlations, -0.5).map_err(singular)?
        * linalg::power(&implied, 0.5).map_err(singular)?;
    let units = Units::Simple(plan.data.rows());
    let draw = |i: u64| {
        let mut times = vec![0; units.len()];
        units.draw(&mut times, &mut stream(seed, (1 << 62) | i));
        let moments = Moments::resampled(plan.data, Some(&times));
        turned_distances(plan, found, structure, &moments, &turn).ok()
    };
    let drawn: Vec<Distances> = watch.each(resamples, draw)?.into_iter().flatten().collect();
    if drawn.len() < 2 {
        return Err(FitError::NoExactFit("too few resamples could be estimated"));
    }
    let own = distances(found, plan.model, structure);
    let test = |value: f64, of: &dyn Fn(&Distances) -> Option<f64>| {
        let mut sorted: Vec<f64> = drawn.iter().filter_map(of).collect();
        sorted.sort_unstable_by(f64::total_cmp);
        let at_least = sorted.len() - sorted.partition_point(|d| *d < value);
        let at = |level: f64| if sorted.is_empty() { f64::NAN } else { quantile(&sorted, level) };
        Tested { value, hi95: at(0.95), hi99: at(0.99), p: (at_least + 1) as f64 / (sorted.len() + 1) as f64 }
    };
    Ok(ExactFit {
        srmr: test(own.srmr, &|d| Some(d.srmr)),
        d_uls: test(own.d_uls, &|d| Some(d.d_uls)),
        d_g: own.d_g.map(|value| test(value, &|d| d.d_g)),
        used: drawn.len(),
    })
}

/// Distances of a resample of the turned rows.
fn turned_distances(
    plan: &Plan<'_>,
    found: &Fit,
    structure: Structure,
    moments: &Moments,
    turn: &DMatrix<f64>,
) -> Result<Distances, FitError> {
    let drawn = moments.correlations(plan.options.missing)?;
    let p = found.sds.len();
    // Covariances of the resample in units of the data's own standard deviations.
    let scale: Vec<f64> = drawn.sds.iter().zip(&found.sds).map(|(drawn, own)| drawn / own).collect();
    let covariance = DMatrix::from_fn(p, p, |j, k| drawn.matrix[(j, k)] * scale[j] * scale[k]);
    let turned = turn.transpose() * covariance * turn;
    let sds: Vec<f64> = (0..p).map(|j| turned[(j, j)].sqrt()).collect();
    let mut matrix = DMatrix::from_fn(p, p, |j, k| turned[(j, k)] / (sds[j] * sds[k]));
    matrix.fill_diagonal(1.0);
    // Given outer weights are for answers on their own scales.
    let sds = sds.iter().zip(&found.sds).map(|(turned, own)| turned * own).collect();
    let fit =
        fit_correlations(Correlations { n: drawn.n, means: vec![0.0; p], sds, matrix }, plan.model, &plan.options)?;
    if !fit.converged {
        return Err(FitError::NotConverged(plan.options.max_iterations));
    }
    Ok(distances(&fit, plan.model, structure))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::csi::bootstrap::below;
    use crate::csi::data::{Indicators, ScaleRange};
    use crate::csi::model::{ModeA, PathModel};
    use crate::csi::syntax::parse;

    /// Three constructs in a chain; with `shortcut`, the first moves the last directly, which the model denies.
    fn test(shortcut: bool) -> ExactFit {
        let text = "B ~ A\nC ~ B\nA =~ a1 + a2 + a3\nB =~ b1 + b2 + b3\nC =~ c1 + c2 + c3";
        let model = PathModel::from_spec(&parse(text).unwrap(), &ModeA::None).unwrap();
        let mut random = stream(3, 0);
        let mut noise = |width: u64| below(&mut random, width) as f64;
        let mut rows: Vec<Vec<Option<f64>>> = vec![Vec::new(); 9];
        for _ in 0..300 {
            let a = noise(6);
            let b = a + noise(5);
            let c = b + noise(5) + if shortcut { 2.0 * a } else { 0.0 };
            for (column, level) in rows.iter_mut().zip([a, a, a, b, b, b, c, c, c]) {
                column.push(Some(level + noise(4)));
            }
        }
        let data = Indicators::from_columns(model.indicators.clone(), &rows).unwrap();
        let scales = [ScaleRange { min: 0.0, max: 30.0 }; 9];
        let options = crate::csi::fit::FitOptions { consistent: true, ..Default::default() };
        let plan = Plan { options, ..Plan::new(&model, &data, &scales) };
        let found = plan.estimate().unwrap().fit;
        exact_fit(&plan, &found, Structure::Estimated, 400, 1, Watch::nobody()).unwrap()
    }

    #[test]
    fn a_model_that_holds_is_kept_and_one_that_does_not_is_refused() {
        let holds = test(false);
        assert!(holds.srmr.p > 0.05 && holds.srmr.value < holds.srmr.hi95, "{holds:?}");
        assert!(holds.d_g.is_some_and(|d| d.p > 0.05), "{holds:?}");
        let fails = test(true);
        assert!(fails.srmr.p < 0.01 && fails.srmr.value > fails.srmr.hi99, "{fails:?}");
        assert_eq!(fails.used, 400);
    }
}
