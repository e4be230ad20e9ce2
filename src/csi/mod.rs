//! The statistics: from ratings to a satisfaction index with its uncertainty.
//!
//! Owns: partial least squares path modelling (PLS-PM) on correlation matrices, the 0-100 index and
//! the resampling behind its intervals. Pure: no file, no network, no database, no survey, no HTTP.
//! Refuses: to guess. A constant indicator, a singular block or too few rows is a named error, never
//! a NaN and never a silent repair.
//!
//! # Notation
//!
//! | symbol | in code | what |
//! | --- | --- | --- |
//! | n | `n`, `rows` | cases (responses) |
//! | p | `p`, `model.indicators.len()` | indicators, in block order: a construct owns a contiguous range |
//! | q | `q`, `model.constructs.len()` | constructs (latent variables) |
//! | S | `correlation` | p x p correlation matrix of the indicators |
//! | w | `weights` | p outer weights of the standardised indicators; w'Sw = 1 within a block |
//! | λ | `loadings` | p correlations of an indicator with its own construct |
//! | C | `construct_correlations` | q x q correlations of the construct scores |
//! | E | `inner` | q x q inner weights, row = construct whose proxy is formed |
//! | B | `paths` | q x q path coefficients, `[dependent, predictor]` |
//! | T | `total_effects` | (I - B)^-1 - I, `[dependent, source]` |
//!
//! # Literature
//!
//! Wold (1982) in Jöreskog & Wold (eds) *Systems under Indirect Observation II*. Lohmöller (1989)
//! *Latent Variable Path Modeling with Partial Least Squares*. Fornell, Johnson, Anderson, Cha &
//! Bryant (1996) J. Marketing 60(4), 7-18. Tenenhaus, Esposito Vinzi, Chatelin & Lauro (2005)
//! CSDA 48, 159-205. Ringle & Sarstedt (2016) IMDS 116(9), 1865-1886. Efron & Tibshirani (1993)
//! *An Introduction to the Bootstrap*.

pub mod analysis;
pub mod bootstrap;
pub mod column;
pub mod comparison;
pub mod consistent;
pub mod contrasts;
pub mod counts;
pub mod data;
pub mod difference_tests;
pub mod disconfirmation;
pub mod dist;
pub mod effects;
pub mod em;
pub mod exact_fit;
pub mod figures;
pub mod fimix;
pub mod fit;
pub mod groups;
pub mod implied;
pub mod index;
pub mod intervals;
pub mod kano;
pub mod linalg;
pub mod live;
pub mod micom;
pub mod model;
mod moment_blocks;
pub mod moments;
mod packed;
pub mod paths;
pub mod polychoric;
pub mod predict;
pub mod products;
pub mod quality;
pub mod raking;
pub mod ranks;
mod resampling;
pub mod scores;
pub mod second_order;
pub mod sequence;
pub mod simulate;
pub mod standardisation;
pub mod standouts;
pub mod study;
pub mod syntax;
pub mod tally;
pub mod verdict;
pub mod weights;
