pub mod cli;
pub mod csi;
mod text;
