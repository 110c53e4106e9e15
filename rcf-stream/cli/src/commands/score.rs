//! `rcf score`: the anomalies of a file.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use crate::detect::{Precision, Row, RowEncoder};
use clap::ValueEnum;
use rcf_stream::connectors::file::FileSink;
use rcf_stream::encode::OutputFormat;
use rcf_stream::observer::Observers;
use rcf_stream::sink::Sink;
use rcf_stream::{Headers, OutputRecord, SinkError, assemble};

use super::detector::DetectorFlags;
use super::failure::Failure;
use super::input::InputFlags;
use super::rows::{self, Rows};
use super::stop;
use super::table::Table;

/// Judges each record against all records before it.
///
/// The score is at least 0, about 1 for usual records, higher for unusual ones, and 0 during
/// warm-up. The grade is 0 unless the record is an anomaly, and at most 1. Anomalies have the
/// expected values, the share of each value, and a sentence. One line on standard error says what
/// is judged, and another how many records there were.
#[derive(clap::Args)]
pub(crate) struct Score {
    #[command(flatten)]
    input: InputFlags,
    /// Write results to this file; - is standard output
    #[arg(long, short, value_name = "FILE", default_value = "-")]
    output: PathBuf,
    /// Write results in this format [default: by the name of the output; otherwise a table of the
    /// anomalies on a terminal, and JSON lines elsewhere]
    #[arg(long, value_enum)]
    format: Option<ResultFormat>,
    /// Round scores, expected values and shares to this many significant digits in CSV and JSON
    /// [default: all]
    #[arg(long, value_name = "DIGITS", value_parser = precision)]
    precision: Option<Precision>,
    /// Only write anomalies
    #[arg(long)]
    only_anomalies: bool,
    /// Only write records with at least this grade, from 0 to 1
    #[arg(long, value_name = "NUMBER")]
    min_grade: Option<f64>,
    /// Only write this many records: those with the highest grades and, among equal grades, the
    /// highest scores
    #[arg(long, value_name = "COUNT")]
    top: Option<usize>,
    /// Put a single quote before texts in CSV that a spreadsheet would interpret as formulas
    #[arg(long)]
    csv_safe: bool,
    /// Exit with status 2 if there is an anomaly
    #[arg(long)]
    fail_on_anomaly: bool,
    #[command(flatten)]
    detector: DetectorFlags,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum ResultFormat {
    /// Comma-separated values
    Csv,
    /// One JSON object per line
    Jsonl,
    /// A table for a terminal
    Table,
}

impl Score {
    pub(crate) async fn run(self) -> Result<(), Failure> {
        rows::check_files(Some(&self.input.file), &[("--output", &self.output)])?;
        let mut rows = Rows::open(&self.input, &self.detector)?;
        let mut output = Output::open(self.format(), &self, &rows).await?;
        let mut top = self.top.map(Top::new);
        let mut stop = std::pin::pin!(stop::requested());
        while let Some(batch) = rows.next(stop.as_mut()).await? {
            let kept = batch.into_iter().filter(|row| self.keeps(row, &output));
            match &mut top {
                Some(top) => kept.for_each(|row| top.offer(row)),
                None => output.write(&rows, kept.collect()).await?,
            }
        }
        if let Some(top) = top {
            output.write(&rows, top.rows()).await?;
        }
        output.finish().await?;
        rows.finish()?;
        if self.fail_on_anomaly && rows.anomalies() > 0 {
            return Err(Failure::anomalies(rows.anomalies()));
        }
        Ok(())
    }

    fn format(&self) -> ResultFormat {
        let is_standard = self.output == Path::new("-");
        match self.format {
            Some(format) => format,
            None if self.output.extension().is_some_and(|it| it == "csv") => ResultFormat::Csv,
            None if is_standard && std::io::stdout().is_terminal() => ResultFormat::Table,
            None => ResultFormat::Jsonl,
        }
    }

    /// Whether a row is written. A table contains anomalies, unless configured otherwise.
    fn keeps(&self, row: &Row, output: &Output) -> bool {
        let is_chosen = self.min_grade.is_some() || self.top.is_some();
        let only = self.only_anomalies || (matches!(output, Output::Table { .. }) && !is_chosen);
        (row.detection.is_anomaly() || !only)
            && self
                .min_grade
                .is_none_or(|least| row.detection.grade >= least)
    }
}

fn precision(text: &str) -> Result<Precision, &'static str> {
    let digits = text.parse().ok().and_then(Precision::new);
    digits.ok_or("it must be a whole number from 1 to 17")
}

/// Results that are written at once: their lines stay in the first cache.
const TOGETHER: usize = 64;
/// Most results are shorter.
const BYTES_OF_A_LINE: usize = 512;

/// Where results go.
enum Output {
    Lines(Box<dyn Sink>, RowEncoder),
    Table(Table, Box<dyn std::io::Write + Send>, PathBuf),
}

impl Output {
    async fn open(format: ResultFormat, score: &Score, rows: &Rows) -> Result<Self, Failure> {
        let (path, names) = (&*score.output, rows.names());
        let format = match format {
            ResultFormat::Csv => OutputFormat::Csv,
            ResultFormat::Jsonl => OutputFormat::Jsonl,
            ResultFormat::Table => {
                let error = |source| SinkError::Io {
                    path: path.to_owned(),
                    source,
                };
                let file: Box<dyn std::io::Write + Send> = if path == Path::new("-") {
                    Box::new(std::io::stdout())
                } else {
                    Box::new(std::fs::File::create(path).map_err(error)?)
                };
                return Ok(Self::Table(Table::new(names), file, path.to_owned()));
            }
        };
        let encoder = RowEncoder::new(format, names)
            .categorical(rows.categorical())
            .csv_safe(score.csv_safe)
            .precision(score.precision);
        let target = FileSink {
            path: path.to_owned(),
        };
        let sink = assemble::open_sink(
            &target,
            encoder.header().as_deref(),
            None,
            &Observers::default(),
        )
        .await?;
        Ok(Self::Lines(sink, encoder))
    }

    async fn write(&mut self, rows: &Rows, kept: Vec<Row>) -> Result<(), Failure> {
        match self {
            Self::Lines(sink, encoder) => {
                // A file does not tell results apart: one of many lines spares it the work.
                for together in kept.chunks(TOGETHER) {
                    let mut lines = Vec::with_capacity(BYTES_OF_A_LINE * together.len());
                    for (index, row) in together.iter().enumerate() {
                        if index > 0 {
                            lines.push(b'\n');
                        }
                        encoder.encode(row, &mut lines);
                    }
                    sink.write(vec![OutputRecord {
                        id: String::new(),
                        partition_key: String::new(),
                        headers: Headers::default(),
                        data: lines.into(),
                    }])
                    .await?;
                }
            }
            Self::Table(table, file, path) if !kept.is_empty() => rows.aside(|| {
                let mut write = || {
                    kept.iter().try_for_each(|row| table.write(row, file))?;
                    file.flush()
                };
                write().map_err(|source| SinkError::Io {
                    path: path.clone(),
                    source,
                })
            })?,
            Self::Table(..) => {}
        }
        Ok(())
    }

    async fn finish(&mut self) -> Result<(), Failure> {
        if let Self::Lines(sink, _) = self {
            sink.flush().await?;
        }
        Ok(())
    }
}

/// The rows of the highest grades.
struct Top {
    count: usize,
    rows: BinaryHeap<Ranked>,
    seen: usize,
}

impl Top {
    fn new(count: usize) -> Self {
        Self {
            count,
            rows: BinaryHeap::new(),
            seen: 0,
        }
    }

    fn offer(&mut self, row: Row) {
        if row.detection.warm_up > 0 || self.count == 0 {
            return; // it was not judged
        }
        self.seen += 1;
        self.rows.push(Ranked(row, self.seen));
        if self.rows.len() > self.count {
            self.rows.pop();
        }
    }

    /// The rows in the order of the file.
    fn rows(self) -> Vec<Row> {
        let mut rows = self.rows.into_vec();
        rows.sort_by_key(|ranked| ranked.1);
        rows.into_iter().map(|ranked| ranked.0).collect()
    }
}

/// A row with its position; the lowest grade is the greatest, so that it is dropped first.
struct Ranked(Row, usize);

impl Ord for Ranked {
    fn cmp(&self, other: &Self) -> Ordering {
        let (mine, its) = (&self.0.detection, &other.0.detection);
        its.grade
            .total_cmp(&mine.grade)
            .then(its.score.total_cmp(&mine.score))
            .then(self.1.cmp(&other.1))
    }
}

impl PartialOrd for Ranked {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Ranked {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Ranked {}
