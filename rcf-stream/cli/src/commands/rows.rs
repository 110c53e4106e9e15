//! Reading a file to its end and judging its records, with a progress bar on a terminal.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::pin::Pin;

use crate::detect::{Detection, Row};
use indicatif::{ProgressBar, ProgressStyle};
use rcf_stream::BadRecord;
use rcf_stream::connectors::file::LinesSource;
use rcf_stream::source::Source;

use super::detector::DetectorFlags;
use super::failure::Failure;
use super::input::{BadRecordFlag, InputFlags};

/// The judged records of a file.
pub(crate) struct Rows {
    path: PathBuf,
    source: LinesSource,
    detection: Detection,
    on_bad_record: BadRecordFlag,
    bar: ProgressBar,
    records: u64,
    bad: u64,
    decided: bool,
}

impl Rows {
    pub(crate) fn open(input: &InputFlags, detector: &DetectorFlags) -> Result<Self, Failure> {
        let opened = input.open()?;
        let config = detector.config(opened.decoder.names().len());
        let detection = Detection::new(opened.decoder, config).map_err(Failure::configuration)?;
        Ok(Self {
            path: input.file.clone(),
            source: opened.source,
            detection,
            on_bad_record: input.on_bad_record,
            bar: bar(opened.bytes),
            records: 0,
            bad: 0,
            decided: false,
        })
    }

    pub(crate) fn names(&self) -> &[String] {
        self.detection.names()
    }

    pub(crate) fn detection(&self) -> &Detection {
        &self.detection
    }

    /// Some rows; `None` at the end, or when `stop` is ready.
    pub(crate) async fn next(
        &mut self,
        stop: Pin<&mut impl Future<Output = ()>>,
    ) -> Result<Option<Vec<Row>>, Failure> {
        let batch = tokio::select! {
            biased;
            () = stop => None,
            batch = self.source.next_batch() => batch?,
        };
        let Some(batch) = batch else { return Ok(None) };
        let mut rows = Vec::with_capacity(batch.records.len());
        for record in &batch.records {
            self.bar.inc(record.data.len() as u64 + 1);
            for result in self.detection.process(record) {
                self.records += 1;
                match result {
                    Ok(row) => {
                        self.decided |= row.verdict.warm_up == 0;
                        rows.push(row);
                    }
                    Err(reason) => self.bad_record(&record.sequence, &reason)?,
                }
            }
        }
        Ok(Some(rows))
    }

    fn bad_record(&mut self, line: &str, reason: &BadRecord) -> Result<(), Failure> {
        let path = self.path.display();
        if self.on_bad_record == BadRecordFlag::Fail {
            return Err(Failure::runtime(format!(
                "{path}, line {line}: {reason}; correct it, or leave such records out with \
                 --on-bad-record skip"
            )));
        }
        self.bad += 1;
        if self.bad <= 10 || self.bad.is_power_of_two() {
            tracing::warn!(
                "{path}, line {line}: {reason}; left out ({} so far)",
                self.bad
            );
        }
        Ok(())
    }

    /// Takes the bar away and says what a reader of the results should know.
    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
        tracing::info!(
            records = self.records,
            bad_records = self.bad,
            keys = self.detection.keys(),
            "scored"
        );
        if !self.decided && self.records > 0 {
            tracing::warn!(
                records = self.records,
                warm_up = self.detection.template().warm_up,
                "too few records: no decision was made, because the detector was still learning"
            );
        }
    }
}

/// On the standard error, and only where a person looks at it; a pipe has no length.
fn bar(bytes: Option<u64>) -> ProgressBar {
    let Some(bytes) =
        bytes.filter(|_| std::io::stderr().is_terminal() && !std::io::stdout().is_terminal())
    else {
        return ProgressBar::hidden();
    };
    let style = ProgressStyle::with_template("{bar:40} {percent} % of {total_bytes}, {eta} left");
    ProgressBar::new(bytes).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// Results must not be written over the records.
pub(crate) fn check_files(input: &Path, output: &Path) -> Result<(), Failure> {
    match (input.canonicalize(), output.canonicalize()) {
        (Ok(a), Ok(b)) if a == b && a.is_file() => Err(Failure::configuration(format!(
            "{} is both read and written; write the results to another file",
            output.display()
        ))),
        _ => Ok(()), // one of them is not a file yet
    }
}
