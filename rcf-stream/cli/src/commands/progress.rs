//! A progress bar for runs that end, where a person looks at the standard error.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use rcf_stream::config::{Config, SinkConfig, SourceConfig};
use rcf_stream::metrics::metrics;
use tokio::task::JoinHandle;

/// A bar that follows the records until it is dropped.
pub(crate) struct Progress {
    bar: ProgressBar,
    task: JoinHandle<()>,
}

impl Progress {
    /// `None` where the run has no end, or where nobody would see it.
    pub(crate) fn of(config: &Config) -> Option<Self> {
        let records = match &config.source {
            SourceConfig::Connector(source) => Some(source.records()?),
            SourceConfig::File {
                path,
                follow: false,
                ..
            } if path.is_file() => None, // how many, its end will tell
            _ => return None,
        };
        let is_elsewhere =
            !matches!(&config.sink, SinkConfig::File { path } if path.as_os_str() == "-");
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
        let shown = bar.clone();
        let task = tokio::spawn(async move {
            loop {
                shown.set_position(metrics().records());
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
