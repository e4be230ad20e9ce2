//! Total and indirect effects along the inner model.
//!
//! Owns: T = (I - B)^-1 - I, by substitution in topological order, so that negative paths and any
//! depth are right. Refuses nothing: a checked model has no cycle.

use nalgebra::DMatrix;

use super::model::PathModel;

/// q x q total effects, `[(dependent, source)]`.
pub fn total_effects(paths: &DMatrix<f64>, model: &PathModel) -> DMatrix<f64> {
    let q = model.constructs.len();
    let mut total = DMatrix::zeros(q, q);
    for &k in &model.order {
        for &l in &model.predictors[k] {
            let b = paths[(k, l)];
            total[(k, l)] += b;
            for source in 0..q {
                let through = b * total[(l, source)];
                total[(k, source)] += through;
            }
        }
    }
    total
}

/// `(dependent, source)` of every pair that a directed route connects, dependents in block order.
pub fn connected_pairs(model: &PathModel) -> Vec<(usize, usize)> {
    let ones = DMatrix::from_element(model.constructs.len(), model.constructs.len(), 1.0);
    let routes = total_effects(&ones, model);
    let q = model.constructs.len();
    (0..q).flat_map(|k| (0..q).map(move |l| (k, l))).filter(|pair| routes[*pair] > 0.0).collect()
}

/// A route of at least two paths, from its source to its end, with the product of its coefficients.
#[derive(Debug, Clone, PartialEq)]
pub struct SpecificEffect {
    pub route: Vec<usize>,
    pub estimate: f64,
}

/// Routes listed at most: their number grows exponentially with the model.
pub const MOST_ROUTES: usize = 10_000;

/// Every specific indirect effect, sources in block order; at most [`MOST_ROUTES`].
pub fn specific_indirect(paths: &DMatrix<f64>, model: &PathModel) -> Vec<SpecificEffect> {
    let mut found = Vec::new();
    for source in 0..model.constructs.len() {
        let mut open = vec![SpecificEffect { route: vec![source], estimate: 1.0 }];
        while let Some(SpecificEffect { route, estimate }) = open.pop() {
            if found.len() >= MOST_ROUTES {
                return found;
            }
            let end = route[route.len() - 1];
            // Reversed, because the last one opened is the next one closed.
            for next in (0..model.constructs.len()).rev().filter(|k| model.predictors[*k].contains(&end)) {
                let route = route.iter().copied().chain([next]).collect();
                open.push(SpecificEffect { route, estimate: estimate * paths[(next, end)] });
            }
            if route.len() > 2 {
                found.push(SpecificEffect { route, estimate });
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::csi::model::ModeA;
    use crate::csi::syntax::parse;
    use proptest::prelude::*;

    proptest! {
        /// T satisfies (I - B)(I + T) = I for every acyclic B.
        #[test]
        fn total_effects_invert_the_structure(b in proptest::collection::vec(-0.9_f64..0.9, 10)) {
            let text = "B~A\nC~A+B\nD~A+B+C\nE~A+B+C+D\nA=~a\nB=~b\nC=~c\nD=~d\nE=~e";
            let model = PathModel::from_spec(&parse(text).unwrap(), &ModeA::None).unwrap();
            let mut paths = DMatrix::zeros(5, 5);
            for ((k, l), b) in model.paths().zip(b) {
                paths[(k, l)] = b;
            }
            let one = DMatrix::<f64>::identity(5, 5);
            let total = total_effects(&paths, &model);
            for (k, l) in connected_pairs(&model) {
                let along = |e: &&SpecificEffect| e.route[0] == l && e.route[e.route.len() - 1] == k;
                let specific = specific_indirect(&paths, &model);
                let indirect: f64 = specific.iter().filter(along).map(|e| e.estimate).sum();
                prop_assert!((indirect + paths[(k, l)] - total[(k, l)]).abs() < 1e-12);
            }
            prop_assert!(((&one - &paths) * (&one + &total) - &one).amax() < 1e-12);
        }
    }
}
