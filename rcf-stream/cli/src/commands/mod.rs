//! The `rcf` program. Only data goes to the standard output; messages go to the standard error.
//! Exit status: 0 clean, 1 failed, 2 anomalies with `--fail-on-anomaly`, 78 wrong configuration or
//! usage, 130 interrupted.

mod checkpoints;
mod completions;
mod demo;
mod detector;
mod events;
mod failure;
mod generate;
mod input;
mod inspect;
mod log;
mod migrate;
mod progress;
mod replay;
mod report;
mod rows;
mod run;
mod score;
mod settings;
mod standard;
mod stop;
mod suggest;
mod table;
mod whole;

use std::io::IsTerminal;
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Parser, Subcommand};
use rcf_stream::config::Setting;
use tracing::level_filters::LevelFilter;

use failure::Failure;
#[cfg(unix)]
pub use standard::note_closed_streams;

/// Anomaly detection on streams with Random Cut Forests.
#[derive(Parser)]
#[command(name = "rcf", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// Log to standard error at this level: off, error, warn, info, debug or trace [default: info
    /// for `run` and `replay`, otherwise warn; also RCF_LOG]
    #[arg(long, global = true, value_name = "LEVEL")]
    log: Option<LevelFilter>,
    /// Write log lines in this format [default: text; also RCF_LOG_FORMAT]
    #[arg(long, global = true, value_enum, value_name = "FORMAT")]
    log_format: Option<log::LogFormat>,
}

#[derive(Subcommand)]
enum Command {
    /// Demonstrate anomaly detection on a synthetic stream
    #[command(subcommand)]
    Demo(demo::Demo),
    /// Generate a stream of records
    #[command(subcommand)]
    Generate(generate::Generate),
    /// Find the anomalies of a file
    Score(score::Score),
    /// Write a page with the anomalies of a file
    Report(report::ReportArguments),
    /// Suggest parameters for a file, with reasons
    Suggest(suggest::Suggest),
    /// Run the pipeline of a configuration
    Run(run::Run),
    /// Show the contents of checkpoints
    Inspect(inspect::Inspect),
    /// List, verify or roll back to retained checkpoints
    #[command(subcommand)]
    Checkpoints(checkpoints::Checkpoints),
    /// Group the alerts of many keys that begin together
    Events(events::Events),
    /// Write past results again
    Replay(replay::Replay),
    /// Convert the configuration of another program
    #[command(subcommand)]
    Migrate(migrate::Migrate),
    /// Print shell completions
    Completions(completions::Completions),
}

/// Runs the command of the arguments.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage(&with_synonym(error)),
    };
    let result = log::start(cli.log, cli.log_format, cli.command.default_log())
        .and_then(|()| cli.command.run());
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

impl Command {
    fn run(self) -> Result<(), Failure> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .map_err(Failure::runtime)?;
        match self {
            Self::Demo(demo) => runtime.block_on(demo.run()),
            Self::Generate(generate) => runtime.block_on(generate.run()),
            Self::Score(score) => runtime.block_on(score.run()),
            Self::Report(report) => runtime.block_on(report.run()),
            Self::Suggest(suggest) => runtime.block_on(suggest.run()),
            Self::Run(run) => runtime.block_on(run.run()),
            Self::Inspect(inspect) => runtime.block_on(inspect.run()),
            Self::Checkpoints(checkpoints) => runtime.block_on(checkpoints.run()),
            Self::Events(events) => events.run(),
            Self::Replay(replay) => runtime.block_on(replay.run()),
            Self::Migrate(migrate) => migrate.run(),
            Self::Completions(completions) => completions.run(),
        }
    }

    fn default_log(&self) -> LevelFilter {
        match self {
            Self::Run(_) | Self::Replay(_) => LevelFilter::INFO,
            _ => LevelFilter::WARN,
        }
    }
}

/// An unknown flag of a setting, with the one that is meant where the similar one is another.
fn with_synonym(mut error: clap::Error) -> clap::Error {
    let setting = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(flag)) if error.kind() == ErrorKind::UnknownArgument => {
            Setting::meant_by_flag(flag.trim_start_matches('-'))
        }
        _ => None,
    };
    let similar = error.get(ContextKind::SuggestedArg).is_some(); // otherwise no setting is a flag
    if let Some(setting) = setting.filter(|_| similar) {
        let flag = ContextValue::String(format!("--{}", setting.flag()));
        error.remove(ContextKind::Usage); // of the similar one
        error.insert(ContextKind::SuggestedArg, flag);
    }
    error
}

/// Help and version were requested; everything else is wrong usage.
fn usage(error: &clap::Error) -> ExitCode {
    if error.use_stderr() {
        let _ = error.print(); // there may be no reader
        return ExitCode::from(failure::CONFIGURATION);
    }
    let text = error.render();
    let is_plain = !std::io::stdout().is_terminal();
    let printed = match is_plain {
        true => standard::print(text.to_string()),
        false => standard::print(text.ansi().to_string()),
    };
    match printed {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}
