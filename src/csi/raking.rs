//! Raking: case weights under which the sample's shares are the population's known margins.
//!
//! Owns: iterative proportional fitting with optional trimming, its convergence, and what it costs in
//! effective rows. Refuses: margins that do not add up, categories that nobody in the sample has, rows
//! without a category.
//!
//! Source: Deming & Stephan (1940), Annals of Mathematical Statistics 11(4); effective rows after Kish (1965).

/// One margin: the category of each row, and the share that each category has in the population.
#[derive(Debug, Clone, PartialEq)]
pub struct Margin {
    /// Name of the variable, for messages.
    pub name: String,
    /// Category names with their shares, which add up to 1.
    pub shares: Vec<(String, f64)>,
    /// For every row, the position of its category in `shares`.
    pub categories: Vec<usize>,
}

/// How far to go.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RakingOptions {
    /// Largest difference between a weighted share and its margin that counts as met.
    pub tolerance: f64,
    pub max_iterations: usize,
    /// No weight above this many times the mean weight; none cut if `None`.
    pub trim: Option<f64>,
}

impl Default for RakingOptions {
    fn default() -> Self {
        Self { tolerance: 1e-10, max_iterations: 1000, trim: None }
    }
}

/// The weights, mean 1, and what they cost.
#[derive(Debug, Clone, PartialEq)]
pub struct Raked {
    pub weights: Vec<f64>,
    pub iterations: usize,
    /// Whether all margins were met within the tolerance; trimming may prevent it.
    pub converged: bool,
    /// Largest remaining difference between a weighted share and its margin.
    pub largest_difference: f64,
    /// n Σw² / (Σw)².
    pub design_effect: f64,
    /// (Σw)² / Σw².
    pub effective_rows: f64,
}

/// Why margins cannot be raked to.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum RakingError {
    #[error("the shares of `{name}` add up to {sum}, not to 1")]
    Sum { name: String, sum: f64 },
    #[error("the share of `{category}` in `{name}` is {share}; shares lie above 0 and up to 1")]
    Share { name: String, category: String, share: f64 },
    #[error("no row has `{category}` in `{name}`, so no weight can give it its share; merge it with another category")]
    Empty { name: String, category: String },
    #[error("there are no rows or no margins")]
    Nothing,
}

/// Rakes rows to margins, starting from equal weights.
///
/// # Errors
/// [`RakingError`] for the first margin that cannot be met.
///
/// # Panics
/// If margins have different numbers of rows, or a category lies beyond its shares.
pub fn rake(margins: &[Margin], options: &RakingOptions) -> Result<Raked, RakingError> {
    let n = margins.first().map_or(0, |m| m.categories.len());
    rake_from(vec![1.0; n], margins, options)
}

/// Rakes rows to margins, starting from weights above 0 whose mean comes to be 1: rows may be strata, with the number of each.
///
/// # Errors
/// As [`rake`].
///
/// # Panics
/// As [`rake`], and if there is not a weight for each row.
pub fn rake_from(weights: Vec<f64>, margins: &[Margin], options: &RakingOptions) -> Result<Raked, RakingError> {
    let n = weights.len();
    if n == 0 || margins.is_empty() {
        return Err(RakingError::Nothing);
    }
    for margin in margins {
        assert_eq!(margin.categories.len(), n, "one category per row");
        check(margin)?;
    }
    let mut weights = weights;
    let mut largest = f64::INFINITY;
    let mut iterations = 0;
    while iterations < options.max_iterations && largest > options.tolerance {
        iterations += 1;
        for margin in margins {
            let totals = weighted_totals(margin, &weights);
            for (weight, &category) in weights.iter_mut().zip(&margin.categories) {
                *weight *= margin.shares[category].1 * n as f64 / totals[category];
            }
        }
        if let Some(most) = options.trim {
            trim(&mut weights, most);
        }
        largest = margins.iter().map(|m| difference(m, &weights)).fold(0.0, f64::max);
    }
    let (sum, squares) = (weights.iter().sum::<f64>(), weights.iter().map(|w| w * w).sum::<f64>());
    Ok(Raked {
        weights,
        iterations,
        converged: largest <= options.tolerance,
        largest_difference: largest,
        design_effect: n as f64 * squares / (sum * sum),
        effective_rows: sum * sum / squares,
    })
}

fn check(margin: &Margin) -> Result<(), RakingError> {
    let name = || margin.name.clone();
    let counts = weighted_totals(margin, &vec![1.0; margin.categories.len()]);
    for ((category, share), count) in margin.shares.iter().zip(counts) {
        if !share.is_finite() || *share <= 0.0 || *share > 1.0 {
            return Err(RakingError::Share { name: name(), category: category.clone(), share: *share });
        }
        if count == 0.0 {
            return Err(RakingError::Empty { name: name(), category: category.clone() });
        }
    }
    let sum: f64 = margin.shares.iter().map(|(_, share)| share).sum();
    if (sum - 1.0).abs() > 1e-6 { Err(RakingError::Sum { name: name(), sum }) } else { Ok(()) }
}

fn weighted_totals(margin: &Margin, weights: &[f64]) -> Vec<f64> {
    let mut totals = vec![0.0; margin.shares.len()];
    for (weight, &category) in weights.iter().zip(&margin.categories) {
        totals[category] += weight;
    }
    totals
}

fn difference(margin: &Margin, weights: &[f64]) -> f64 {
    let total: f64 = weights.iter().sum();
    let totals = weighted_totals(margin, weights);
    totals.iter().zip(&margin.shares).map(|(t, (_, share))| (t / total - share).abs()).fold(0.0, f64::max)
}

/// Cuts weights above `most` times the mean and scales all back to mean 1.
fn trim(weights: &mut [f64], most: f64) {
    let n = weights.len() as f64;
    // Cutting lowers the mean, and with it the limit; a few rounds settle it.
    for _ in 0..100 {
        let limit = most.max(1.0) * weights.iter().sum::<f64>() / n;
        if weights.iter().all(|w| *w <= limit * (1.0 + 1e-12)) {
            break;
        }
        for weight in weights.iter_mut() {
            *weight = weight.min(limit);
        }
    }
    let mean = weights.iter().sum::<f64>() / n;
    for weight in weights.iter_mut() {
        *weight /= mean;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn margin(name: &str, shares: &[f64], categories: Vec<usize>) -> Margin {
        let shares = shares.iter().enumerate().map(|(i, s)| (format!("c{i}"), *s)).collect();
        Margin { name: name.into(), shares, categories }
    }

    #[test]
    fn one_margin_is_met_in_one_pass() {
        // Three of four rows are c0, but c0 is half of the population.
        let raked = rake(&[margin("sex", &[0.5, 0.5], vec![0, 0, 0, 1])], &RakingOptions::default()).unwrap();
        assert_eq!(raked.iterations, 1);
        for (weight, expected) in raked.weights.iter().zip([2.0 / 3.0, 2.0 / 3.0, 2.0 / 3.0, 2.0]) {
            assert!((weight - expected).abs() < 1e-12);
        }
        assert!((raked.effective_rows - 3.0).abs() < 1e-12 && (raked.design_effect - 4.0 / 3.0).abs() < 1e-12);
    }

    #[test]
    fn what_cannot_be_raked_is_named() {
        let failure = |shares: &[f64], categories| {
            rake(&[margin("age", shares, categories)], &RakingOptions::default()).unwrap_err().to_string()
        };
        assert_eq!(failure(&[0.5, 0.4], vec![0, 1]), "the shares of `age` add up to 0.9, not to 1");
        assert!(failure(&[0.5, 0.5], vec![0, 0]).starts_with("no row has `c1` in `age`"));
        assert!(failure(&[1.5, -0.5], vec![0, 1]).starts_with("the share of `c0` in `age` is 1.5"));
        assert_eq!(rake(&[], &RakingOptions::default()), Err(RakingError::Nothing));
    }

    #[test]
    fn trimming_bounds_the_weights_and_says_what_it_costs() {
        let mut categories = vec![0; 99];
        categories.push(1);
        let options = RakingOptions { trim: Some(5.0), max_iterations: 50, ..RakingOptions::default() };
        let raked = rake(&[margin("rare", &[0.8, 0.2], categories)], &options).unwrap();
        assert!(!raked.converged && raked.largest_difference > 0.1);
        let mean = raked.weights.iter().sum::<f64>() / 100.0;
        assert!((mean - 1.0).abs() < 1e-12 && raked.weights.iter().all(|w| *w < 5.0 + 1e-9));
    }

    proptest! {
        /// With every cell of two margins present, raking converges to both.
        #[test]
        fn both_margins_are_met(cells in proptest::collection::vec((0_usize..3, 0_usize..2), 30..80), a in 0.15_f64..0.6, b in 0.15_f64..0.85) {
            let mut cells = cells;
            cells.extend((0..3).flat_map(|i| (0..2).map(move |j| (i, j))));
            let first = margin("a", &[a, (1.0 - a) / 2.0, (1.0 - a) / 2.0], cells.iter().map(|c| c.0).collect());
            let second = margin("b", &[b, 1.0 - b], cells.iter().map(|c| c.1).collect());
            let raked = rake(&[first.clone(), second.clone()], &RakingOptions::default()).unwrap();
            prop_assert!(raked.converged);
            prop_assert!(difference(&first, &raked.weights) < 1e-9 && difference(&second, &raked.weights) < 1e-9);
            prop_assert!(raked.effective_rows <= cells.len() as f64 + 1e-9);
        }
    }
}
