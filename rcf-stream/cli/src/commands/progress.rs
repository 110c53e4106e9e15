//! A progress bar for runs that end, if the standard error is a terminal.

use std::io::IsTerminal;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use rcf_stream::config::Config;
use tokio::task::JoinHandle;

use crate::telemetry::Metrics;

/// A bar that follows the records until it is dropped.
pub(crate) struct Progress {
    bar: ProgressBar,
    task: JoinHandle<()>,
}

impl Progress {
    /// `None` if the run has no end, or the standard error is not a terminal.
    pub(crate) fn of(config: &Config, metrics: &Arc<Metrics>) -> Option<Self> {
        let source = &config.source;
        let records = match (source.records(), source.file()) {
            (None, Some(path)) if path.is_file() && !source.follows() => None, // its end is known
            (records, _) => Some(records?),
        };
        let is_elsewhere = config.sink.file() != Some(Path::new("-"));
        if !(is_elsewhere && std::io::stderr().is_terminal()) {
            return None;
        }
        let (bar, template) = match records {
            Some(records) => (
                ProgressBar::new(records),
                "{bar:40} {human_pos} of {human_len}, {eta} left",
            ),
            None => (
                ProgressBar::new_spinner(),
                "{spinner} {human_pos} records, {per_sec}",
            ),
        };
        let style = ProgressStyle::with_template(template);
        let bar = bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        let (shown, metrics) = (bar.clone(), Arc::clone(metrics));
        let task = tokio::spawn(async move {
            loop {
                shown.set_position(metrics.records());
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        });
        Some(Self { bar, task })
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.task.abort();
        self.bar.finish_and_clear();
    }
}
