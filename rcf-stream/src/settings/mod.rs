//! Settings: what a connector declares, and how it reads what was set.
//!
//! A connector names its settings in a table of [`SettingOf`] and reads them from its [`Section`].
//! The source of values (a file, the environment, flags) is up to [`config`](crate::config).

mod error;
mod section;
mod value;

pub use error::SettingError;
pub use section::Section;
pub use value::{Value, Values};

/// The type of a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Any text.
    Text,
    /// A list of texts; separated by commas outside of files.
    Texts,
    /// A whole number, 0 or more.
    Count,
    /// A list of whole numbers; separated by commas outside of files.
    Counts,
    /// A whole number, or `random` for a drawn one.
    Seed,
    /// A number.
    Real,
    /// `true` or `false`.
    Switch,
    /// One of these.
    Choice(&'static [&'static str]),
}

/// A setting of a connector: its name within the section, its type, and its help.
pub type SettingOf = (&'static str, Kind, &'static str);

/// The environment variable of a key: `RCF_FOREST_SAMPLE_SIZE` for `forest.sample_size`.
#[must_use]
pub fn variable(key: &str) -> String {
    format!("RCF_{}", key.replace('.', "_").to_uppercase())
}

/// The flag of a key, without its dashes: `forest-sample-size` for `forest.sample_size`.
#[must_use]
pub fn flag(key: &str) -> String {
    key.replace(['.', '_'], "-")
}

/// Checks a rule of a value.
pub(crate) fn check(
    key: impl Into<String>,
    rule: &'static str,
    found: impl ToString,
    holds: bool,
) -> Result<(), SettingError> {
    if holds {
        return Ok(());
    }
    Err(SettingError::OutOfRange {
        key: key.into(),
        rule,
        found: found.to_string(),
    })
}
