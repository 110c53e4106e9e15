//! Failures of commands, and their exit status.

use std::error::Error;
use std::io::Write;
use std::process::ExitCode;

use crate::http::ListenError;
use crate::multilang::MultilangError;
use rcf_stream::assemble::OpenError;
use rcf_stream::config::ConfigError;
use rcf_stream::{PipelineError, SinkError, SourceError};

/// `EX_CONFIG` of sysexits: a restart cannot help, only a change of the configuration.
pub(crate) const CONFIGURATION: u8 = 78;
const RUNTIME: u8 = 1;
/// As shells report a program that SIGINT ended.
const INTERRUPTED: u8 = 130;
/// Of `--fail-on-anomaly`.
const ANOMALY: u8 = 2;

pub(crate) enum Failure {
    /// Failure with an exit status.
    Error(u8, Box<dyn Error>),
    /// The reader of the output has closed it (`rcf … | head`): not a failure, but the work is not
    /// complete.
    BrokenPipe,
}

impl Failure {
    pub(crate) fn runtime(error: impl Into<Box<dyn Error>>) -> Self {
        Self::Error(RUNTIME, error.into())
    }

    pub(crate) fn configuration(error: impl Into<Box<dyn Error>>) -> Self {
        Self::Error(CONFIGURATION, error.into())
    }

    pub(crate) fn anomalies(count: u64) -> Self {
        Self::Error(ANOMALY, format!("{count} anomalous records").into())
    }

    /// A signal arrived before the end of the input.
    pub(crate) fn interrupted(records: u64) -> Self {
        let text = format!("interrupted after {records} records: the output is partial");
        Self::Error(INTERRUPTED, text.into())
    }

    pub(crate) fn report(self) -> ExitCode {
        match self {
            Self::BrokenPipe => {
                let _ = writeln!(
                    std::io::stderr(),
                    "rcf: the reader of the output has gone away; results that it did not read \
                     are not committed"
                );
                ExitCode::from(RUNTIME)
            }
            Self::Error(status, error) => {
                let _ = writeln!(std::io::stderr(), "rcf: {error}");
                ExitCode::from(status)
            }
        }
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::configuration(error)
    }
}

impl From<SinkError> for Failure {
    fn from(error: SinkError) -> Self {
        if error.is_broken_pipe() {
            Self::BrokenPipe
        } else {
            Self::runtime(error)
        }
    }
}

impl From<SourceError> for Failure {
    fn from(error: SourceError) -> Self {
        Self::runtime(error)
    }
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        match error {
            error if error.is_configuration() => Self::configuration(error),
            OpenError::Sink(error) => error.into(),
            error => Self::runtime(error),
        }
    }
}

impl From<ListenError> for Failure {
    fn from(error: ListenError) -> Self {
        match error.is_configuration() {
            true => Self::configuration(error),
            false => Self::runtime(error),
        }
    }
}

impl From<MultilangError> for Failure {
    fn from(error: MultilangError) -> Self {
        match error {
            MultilangError::Open(error) => error.into(),
            MultilangError::Pipeline(error) => error.into(),
            error if error.is_configuration() => Self::configuration(error),
            error => Self::runtime(error),
        }
    }
}

impl From<PipelineError> for Failure {
    fn from(error: PipelineError) -> Self {
        match error {
            PipelineError::Sink(error) => error.into(),
            error => Self::runtime(error),
        }
    }
}
