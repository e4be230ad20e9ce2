//! What a survey is: its template, its questions, its texts, and what counts as an answer.
//!
//! Pure: no file, no database, no HTTP, no statistics. The model's structure is text here; that it can
//! be estimated is checked by [`crate::service::authoring`], which knows both sides.

pub mod answers;
pub mod check;
mod check_fields;
mod check_logic;
pub mod difference;
pub mod exchange;
pub mod field;
pub mod flags;
pub mod ids;
pub mod library;
pub mod logic;
pub mod navigate;
pub mod order;
pub mod piping;
pub mod question;
mod scales;
mod shape;
mod source;
pub mod template;
pub mod text;
pub mod theme;
pub mod translation;
pub mod walk;
pub mod xliff;
mod xml;
