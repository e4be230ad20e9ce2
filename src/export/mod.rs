//! Answers -> bytes in a `Write`.
//!
//! Pure but for the writer it is given. Owns: file formats. Refuses: to fetch rows.

pub mod codebook;
pub mod csv;
