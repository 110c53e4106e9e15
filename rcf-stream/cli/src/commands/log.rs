//! Logging to the standard error.

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::prelude::*;

use super::failure::Failure;

const VARIABLE: &str = "RCF_LOG";

/// The format of log lines.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(crate) enum LogFormat {
    /// For people
    Text,
    /// One JSON object in each line
    Json,
}

impl LogFormat {
    fn from_environment() -> Result<Self, Failure> {
        const VARIABLE: &str = "RCF_LOG_FORMAT";
        let Ok(text) = std::env::var(VARIABLE) else {
            return Ok(Self::Text);
        };
        <Self as clap::ValueEnum>::from_str(&text, false).map_err(|_| {
            Failure::configuration(format!("{VARIABLE} must be text or json, not {text:?}"))
        })
    }
}

/// Starts logging at the level of the flag, otherwise of `RCF_LOG`, otherwise of the command. Below
/// `trace`, libraries only log warnings, and the AWS SDK logs nothing: its failures are reported as
/// errors of the requests, on one line each.
pub(crate) fn start(
    flag: Option<LevelFilter>,
    format: Option<LogFormat>,
    default: LevelFilter,
) -> Result<(), Failure> {
    let level = match (flag, std::env::var(VARIABLE)) {
        (Some(level), _) => level,
        (None, Ok(text)) => text.parse().map_err(|_| {
            Failure::configuration(format!(
                "{VARIABLE} must be off, error, warn, info, debug or trace, not {text:?}"
            ))
        })?,
        (None, Err(_)) => default,
    };
    let libraries = if level == LevelFilter::TRACE {
        level
    } else {
        level.min(LevelFilter::WARN)
    };
    let sdk = if level == LevelFilter::TRACE {
        level
    } else {
        LevelFilter::OFF
    };
    let targets = Targets::new()
        .with_default(libraries)
        .with_target("aws_", sdk)
        .with_target("rcf", level)
        .with_target("rcf_stream", level);
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .log_internal_errors(false) // it would panic if the standard error cannot be written
        .with_target(false);
    let lines = match format.map_or_else(LogFormat::from_environment, Ok)? {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    tracing_subscriber::registry()
        .with(lines.with_filter(targets))
        .init();
    Ok(())
}
