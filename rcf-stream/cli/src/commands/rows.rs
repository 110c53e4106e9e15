//! Reading a file to its end and judging its records, with a progress bar on a terminal.

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::pin::Pin;

use crate::detect::{Detectors, Row};
use indicatif::{HumanCount, ProgressBar, ProgressStyle};
use rcf_core::InputError;
use rcf_stream::connectors::file::LinesSource;
use rcf_stream::operator::OperatorError;
use rcf_stream::source::{Batch, Source};
use rcf_stream::suppressions::Suppressions;
use rcf_stream::time::{TimeFormat, UnreadableTimes};
use rcf_stream::{BadRecord, SourceError, assemble};

use super::detector::DetectorFlags;
use super::failure::Failure;
use super::input::{BadRecordFlag, InputFlags};
use super::run::reasons;
use super::standard::{self, Use};

/// Records that are judged at once: their rows stay in the second cache.
const TOGETHER: usize = 256;

/// The judged records of a file.
pub(crate) struct Rows {
    path: PathBuf,
    source: LinesSource,
    /// What was read, and how many of its records were judged.
    batch: (Batch, usize),
    detectors: Detectors,
    time_format: Option<TimeFormat>,
    on_bad_record: BadRecordFlag,
    bar: ProgressBar,
    records: u64,
    anomalies: u64,
    /// Bad records by their reasons.
    bad: BTreeMap<&'static str, u64>,
    /// Records that were learned without a decision.
    undecided: u64,
    /// Candidates that were not reported.
    suppressed: Suppressions,
    interrupted: bool,
}

impl Rows {
    pub(crate) fn open(input: &InputFlags, detector: &DetectorFlags) -> Result<Self, Failure> {
        let opened = input.open()?;
        if detector.use_time && opened.time_format.is_none() {
            return Err(Failure::configuration(format!(
                "{}: --use-time needs times, but no column has any; name it with --time",
                input.file.display()
            )));
        }
        let config = detector.config(opened.decoder.names(), input.has_keys());
        let detectors = config.and_then(|config| Detectors::new(opened.decoder, config));
        let detectors = detectors.map_err(Failure::configuration)?;
        let detectors = match detector.use_time {
            true => detectors.with_time(),
            false => detectors,
        };
        Ok(Self {
            path: input.file.clone(),
            source: opened.source,
            batch: (Batch::default(), 0),
            detectors,
            time_format: opened.time_format,
            on_bad_record: input.on_bad_record,
            bar: bar(opened.bytes),
            records: 0,
            anomalies: 0,
            bad: BTreeMap::new(),
            undecided: 0,
            suppressed: Suppressions::default(),
            interrupted: false,
        })
    }

    /// Makes a record bad if its time cannot be read.
    pub(crate) fn require_time(&mut self) {
        self.detectors.require_time();
    }

    pub(crate) fn names(&self) -> &[String] {
        self.detectors.names()
    }

    pub(crate) fn categorical(&self) -> &[String] {
        self.detectors.categorical()
    }

    /// The format of times, if there are any.
    pub(crate) fn time_format(&self) -> Option<&TimeFormat> {
        self.time_format.as_ref()
    }

    pub(crate) fn detectors(&self) -> &Detectors {
        &self.detectors
    }

    /// Some rows; `None` at the end, or when `stop` is ready.
    pub(crate) async fn next(
        &mut self,
        stop: Pin<&mut impl Future<Output = ()>>,
    ) -> Result<Option<Vec<Row>>, Failure> {
        let is_open = tokio::select! {
            biased;
            () = stop => {
                self.interrupted = true;
                false
            }
            is_open = self.read() => is_open?,
        };
        if !is_open {
            return Ok(None);
        }
        let (batch, from) = std::mem::take(&mut self.batch);
        let to = batch.records.len().min(from + TOGETHER);
        let mut rows = Vec::with_capacity(to - from);
        for index in from..to {
            let record = &batch.records[index];
            self.bar.inc(record.data.len() as u64 + 1);
            if let Some(fault) = batch.faults.get(&index) {
                self.records += 1;
                self.bad_record(&record.sequence, &fault.clone().into())?;
                continue;
            }
            for result in self.detectors.process(record) {
                self.records += 1;
                match result {
                    Ok(row) => {
                        self.undecided += u64::from(row.detection.warm_up > 0);
                        self.anomalies += u64::from(row.detection.is_anomaly());
                        self.suppressed.count(&row.detection);
                        rows.push(row);
                    }
                    Err(reason) => self.bad_record(&record.sequence, &reason)?,
                }
            }
        }
        self.batch = (batch, to);
        Ok(Some(rows))
    }

    /// Reads more once everything before is judged; whether there is more.
    async fn read(&mut self) -> Result<bool, SourceError> {
        tokio::task::yield_now().await; // a signal is noticed
        if self.batch.1 < self.batch.0.records.len() {
            return Ok(true);
        }
        let read = self.source.next_batch().await?;
        let is_open = read.is_some();
        self.batch = (read.unwrap_or_default(), 0);
        Ok(is_open)
    }

    fn bad_record(&mut self, line: &str, reason: &BadRecord) -> Result<(), Failure> {
        let path = self.path.display();
        let kind = reason.name();
        let reason = named(reason, self.names());
        if self.on_bad_record == BadRecordFlag::Fail {
            return Err(Failure::runtime(format!(
                "{path}, line {line}: {reason}; correct it, or leave such records out with \
                 --on-bad-record skip"
            )));
        }
        *self.bad.entry(kind).or_default() += 1;
        let bad = self.bad();
        if bad <= 10 || bad.is_power_of_two() {
            tracing::warn!("{path}, line {line}: {reason}; skipped ({bad} so far)");
        }
        Ok(())
    }

    fn bad(&self) -> u64 {
        self.bad.values().sum()
    }

    /// How many anomalies there were.
    pub(crate) fn anomalies(&self) -> u64 {
        self.anomalies
    }

    /// Writes to a terminal while the bar is hidden.
    pub(crate) fn aside<T>(&self, write: impl FnOnce() -> T) -> T {
        self.bar.suspend(write)
    }

    /// Removes the bar and summarises the records on one line.
    ///
    /// # Errors
    /// Reading was interrupted, so the output is partial; or no record could be used.
    pub(crate) fn finish(&self) -> Result<(), Failure> {
        self.bar.finish_and_clear();
        let _ = writeln!(std::io::stderr(), "rcf: {}", self.summary()); // there may be no reader
        if self.interrupted {
            return Err(Failure::interrupted(self.records));
        }
        if self.records == self.bad() {
            return Err(Failure::runtime(format!(
                "{}: no record could be used",
                self.path.display()
            )));
        }
        Ok(())
    }

    fn summary(&self) -> String {
        let judged = match (
            self.undecided,
            self.records - self.bad(),
            self.detectors.keys(),
        ) {
            (_, 0, _) => "no record was judged".to_owned(),
            (undecided, all, _) if undecided == all => {
                let first = self.detectors.template().warm_up + 1;
                format!(
                    "none was judged: decisions begin with record {first}, or sooner with --warm-up"
                )
            }
            (0, ..) => "all were judged".to_owned(),
            (undecided, _, 0 | 1) => {
                let undecided = counted(undecided, "record was", "records were");
                format!("the first {undecided} not judged: --warm-up")
            }
            (undecided, _, keys) => {
                let undecided = counted(undecided, "record was", "records were");
                format!("{undecided} at the start of {keys} keys not judged: --warm-up")
            }
        };
        let late = match self.detectors.late() {
            0 => String::new(),
            late => {
                let records = counted(late, "record was", "records were");
                format!("; {records} judged without a time, which was not after the one before")
            }
        };
        let unlearned = match self.detectors.unlearned() {
            0 => String::new(),
            unlearned => {
                let records = counted(unlearned, "unusual record was", "unusual records were");
                format!("; {records} not learned: --learning")
            }
        };
        let unreadable = unreadable(self.detectors.unreadable_times());
        let unreadable = unreadable.map_or_else(String::new, |it| format!("; {it}"));
        let suppressed = self.suppressed.text(flag).map(|reasons| {
            let candidates = counted(self.suppressed.total(), "candidate", "candidates");
            format!("; {candidates} suppressed: {reasons}")
        });
        let suppressed = suppressed.unwrap_or_default();
        format!(
            "{}, {}, {}; {judged}{suppressed}{unlearned}{late}{unreadable}",
            counted(self.records, "record", "records"),
            counted(self.anomalies, "anomaly", "anomalies"),
            self.counted_bad(),
        )
    }

    /// `3 bad records (1 columns, 2 not_a_number)`.
    fn counted_bad(&self) -> String {
        let bad = counted(self.bad(), "bad record", "bad records");
        match self.bad.is_empty() {
            true => bad,
            false => format!("{bad} ({})", reasons(&self.bad)),
        }
    }
}

/// The flag of a parameter.
fn flag(parameter: &str) -> String {
    format!("--{}", parameter.replace('_', "-"))
}

/// Why a record is bad, with the name of the field in place of its position.
fn named(reason: &BadRecord, names: &[String]) -> String {
    match reason {
        BadRecord::Operator(OperatorError::Input(refused)) => named_input(refused, names),
        _ => reason.to_string(),
    }
}

/// Why values are refused, with the name of the field in place of its position.
pub(super) fn named_input(refused: &InputError, names: &[String]) -> String {
    let name = |index: usize| names.get(index).map_or("value", String::as_str);
    match refused {
        InputError::NotFinite { index, value } => {
            format!("field {} is not finite: {value}", name(*index))
        }
        InputError::OutOfRange {
            index,
            value,
            limit,
        } => format!(
            "field {} is out of range: {value:e} is beyond ±{limit:e}",
            name(*index)
        ),
        _ => refused.to_string(),
    }
}

/// How many times could not be read, their formats, and the flag that names one.
pub(super) fn unreadable(times: &UnreadableTimes) -> Option<String> {
    (times.total() > 0).then(|| {
        format!(
            "unreadable times, handed on as they are: {times}; name the format with --time-format"
        )
    })
}

/// `1 record`, `1,200 records`.
fn counted(count: u64, one: &str, many: &str) -> String {
    format!(
        "{} {}",
        HumanCount(count),
        if count == 1 { one } else { many }
    )
}

/// On the standard error, and only if it is a terminal; a pipe has no length.
fn bar(bytes: Option<u64>) -> ProgressBar {
    let Some(bytes) = bytes.filter(|_| std::io::stderr().is_terminal()) else {
        return ProgressBar::hidden();
    };
    let style = ProgressStyle::with_template("{bar:40} {percent} % of {total_bytes}, {eta} left");
    ProgressBar::new(bytes).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// Results must not overwrite the records or each other, nor go to a place that is not kept.
pub(crate) fn check_files(
    input: Option<&Path>,
    outputs: &[(&'static str, &Path)],
) -> Result<(), Failure> {
    let read = input.map(|path| (assemble::SOURCE, path));
    assemble::check_files(read.as_slice(), outputs)?;
    let inputs = input.into_iter().map(Use::Read);
    standard::check(inputs.chain(outputs.iter().map(|&(_, path)| Use::Written(path))))
}
