//! Logs on the standard error.

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::prelude::*;

use crate::failure::Failure;

const VARIABLE: &str = "RCF_LOG";

/// Starts logging at the level of the flag, or else of `RCF_LOG`, or else of the command.
/// Libraries are only heard when they warn, unless `trace` is asked for.
pub(crate) fn start(flag: Option<LevelFilter>, default: LevelFilter) -> Result<(), Failure> {
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
    let targets = Targets::new()
        .with_default(libraries)
        .with_target("rcf", level)
        .with_target("rcf_stream", level);
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_target(false);
    tracing_subscriber::registry()
        .with(lines.with_filter(targets))
        .init();
    Ok(())
}
