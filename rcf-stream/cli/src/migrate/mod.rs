//! Conversion of applications of the discontinued Kinesis Data Analytics for SQL to configurations.
//!
//! It reads the statements that such applications consist of: in-application streams, pumps, and a
//! call of `RANDOM_CUT_FOREST` or `RANDOM_CUT_FOREST_WITH_EXPLANATION`. Columns are followed
//! through all pumps on the path of the scored records. What a pipeline does not support (joins,
//! windows, sorting, computed columns) is left out, with a [`Note`] for each.

mod application;
mod plan;
mod statement;
#[cfg(test)]
mod tests;
mod tokens;
mod write;

use std::fmt;

use thiserror::Error;

use application::Application;

/// The result of a conversion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migration {
    /// The configuration for `rcf run`, with the notes as comments.
    pub toml: String,
    /// What was not carried over, in the order of its lines.
    pub notes: Vec<Note>,
}

/// Something that was not converted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The line of the SQL, from 1; 0 if it has none.
    pub line: u64,
    /// What, and why.
    pub text: String,
}

impl Note {
    fn new(line: u64, text: String) -> Self {
        let text = text.replace(char::is_control, " ");
        Self { line, text }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => f.write_str(&self.text),
            line => write!(f, "line {line}: {}", self.text),
        }
    }
}

/// An application cannot be converted.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum MigrateError {
    /// The text is not SQL.
    #[error("line {line}, column {column}: {message}")]
    Sql {
        /// The line, from 1.
        line: u64,
        /// The column, from 1.
        column: u64,
        /// What the tokenizer found.
        message: String,
    },
    /// The description of the application cannot be used.
    #[error("the description of the application cannot be read: {reason}")]
    Description {
        /// Why.
        reason: String,
    },
    /// There is nothing to convert.
    #[error(
        "no pump selects FROM TABLE(RANDOM_CUT_FOREST(CURSOR(SELECT STREAM …))) or from \
         RANDOM_CUT_FOREST_WITH_EXPLANATION; there is nothing to carry over"
    )]
    NoFunction,
    /// One configuration is one pipeline.
    #[error(
        "line {line}: the pump {second} calls the function as {first} does; one configuration is \
         one pipeline, so migrate each from a separate file"
    )]
    SeveralFunctions {
        /// The first pump with a call.
        first: String,
        /// The second one.
        second: String,
        /// Its line.
        line: u64,
    },
    /// No numeric column reaches the function.
    #[error("line {line}: no column passed to the function is numeric")]
    NoValues {
        /// The line of the call.
        line: u64,
    },
}

/// Converts an application: its SQL, or the JSON that `aws kinesisanalytics describe-application`
/// (or `kinesisanalyticsv2`) prints, which has more details.
///
/// # Errors
/// A [`MigrateError`].
pub fn kda_sql(text: &str) -> Result<Migration, MigrateError> {
    let application = if text.trim_start().starts_with('{') {
        Application::read(text)?
    } else {
        Application {
            sql: text.to_owned(),
            ..Application::default()
        }
    };
    let plan = plan::plan(&application.sql, application.input.as_ref())?;
    let mut notes: Vec<_> = application
        .notes
        .iter()
        .map(|text| Note::new(0, text.clone()))
        .collect();
    notes.extend(plan.notes.iter().cloned());
    let toml = write::toml(&plan, &application, &notes);
    Ok(Migration { toml, notes })
}
