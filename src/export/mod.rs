//! Answers, and tables of figures -> bytes.
//!
//! Pure but for the writer it is given. Owns: file formats. Refuses: to fetch rows.

pub mod codebook;
pub mod csv;
pub mod pdf;
pub mod table_csv;
pub mod xlsx;
