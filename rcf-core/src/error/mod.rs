//! Errors, with one variant for each violated rule.

mod config;
mod input;
mod state;

pub use config::ConfigError;
pub use input::{ArrayError, InputError, MarkError};
pub use state::StateError;
