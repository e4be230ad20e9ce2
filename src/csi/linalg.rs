//! The only caller of nalgebra's decompositions.
//!
//! Owns: solving symmetric positive definite systems with a stated singularity threshold. Refuses:
//! singular and non-finite input, by an error; it never returns NaN and never iterates without bound.
//! No SVD: PLS needs none, and nalgebra's is wrong on rank-deficient input (nalgebra issue 1172).

use nalgebra::{Cholesky, DMatrix, DVector, Dyn, SymmetricEigen};

/// A matrix that should be positive definite and is not, numerically.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the matrix is singular")]
pub struct Singular;

/// The smallest squared Cholesky pivot of a correlation matrix that counts as regular. The pivot of a
/// variable is 1 - R^2 on the variables before it, so this refuses a variance inflation above 1e10.
const SMALLEST_PIVOT: f64 = 1e-10;

/// Factors a correlation matrix (unit diagonal, symmetric).
///
/// # Errors
/// [`Singular`] if an entry is not finite or a pivot falls below 1e-10.
pub fn cholesky(correlation: DMatrix<f64>) -> Result<Cholesky<f64, Dyn>, Singular> {
    if correlation.iter().any(|x| !x.is_finite()) {
        return Err(Singular);
    }
    let factor = Cholesky::new(correlation).ok_or(Singular)?;
    let lower = factor.l_dirty();
    if (0..lower.nrows()).any(|i| lower[(i, i)] * lower[(i, i)] < SMALLEST_PIVOT) {
        return Err(Singular);
    }
    Ok(factor)
}

/// Solves `a x = b` for a correlation matrix `a` (k x k) and k right-hand values.
///
/// # Errors
/// [`Singular`], as [`cholesky`].
pub fn solve(a: DMatrix<f64>, b: &DVector<f64>) -> Result<DVector<f64>, Singular> {
    Ok(cholesky(a)?.solve(b))
}

/// A symmetric positive definite matrix to a power, by its eigenvalues.
///
/// # Errors
/// [`Singular`] if an entry is not finite, an eigenvalue is below 1e-10, or the iteration does not settle.
pub fn power(matrix: &DMatrix<f64>, exponent: f64) -> Result<DMatrix<f64>, Singular> {
    if matrix.iter().any(|x| !x.is_finite()) {
        return Err(Singular);
    }
    let eigen = SymmetricEigen::try_new(matrix.clone(), f64::EPSILON, 10_000).ok_or(Singular)?;
    if eigen.eigenvalues.iter().any(|e| *e < SMALLEST_PIVOT) {
        return Err(Singular);
    }
    let powers = DMatrix::from_diagonal(&eigen.eigenvalues.map(|e| e.powf(exponent)));
    Ok(&eigen.eigenvectors * powers * eigen.eigenvectors.transpose())
}

/// Eigenvalues of a^-1 b, ascending, for a correlation matrix `a` and a symmetric `b` (k x k each).
///
/// # Errors
/// [`Singular`] if `a` is not positive definite, an entry is not finite, or the iteration (bounded at
/// 10,000 steps) does not settle.
pub fn relative_eigenvalues(a: DMatrix<f64>, b: &DMatrix<f64>) -> Result<Vec<f64>, Singular> {
    let lower = cholesky(a)?.l();
    // L^-1 b L^-T is symmetric and has the same eigenvalues.
    let half = lower.solve_lower_triangular(b).ok_or(Singular)?;
    let whole = lower.solve_lower_triangular(&half.transpose()).ok_or(Singular)?;
    if whole.iter().any(|x| !x.is_finite()) {
        return Err(Singular);
    }
    let symmetric = (&whole + whole.transpose()) / 2.0;
    let eigen = SymmetricEigen::try_new(symmetric, f64::EPSILON, 10_000).ok_or(Singular)?;
    let mut values: Vec<f64> = eigen.eigenvalues.iter().copied().collect();
    values.sort_unstable_by(f64::total_cmp);
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn solves_and_refuses() {
        let a = DMatrix::from_row_slice(2, 2, &[1.0, 0.5, 0.5, 1.0]);
        let x = solve(a, &DVector::from_vec(vec![1.0, 2.0])).unwrap();
        assert!((x[0] - 0.0).abs() < 1e-15 && (x[1] - 2.0).abs() < 1e-15);
        let duplicate = DMatrix::from_element(2, 2, 1.0);
        assert_eq!(solve(duplicate, &DVector::zeros(2)), Err(Singular));
        assert_eq!(cholesky(DMatrix::from_element(1, 1, f64::NAN)).unwrap_err(), Singular);
    }
}
