//! `rcf events`: alerts of many keys that begin together.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use rcf_core::events::{Alert, CorrelatedEvent, correlate};
use rcf_stream::decode::{Decoder, FieldPath, Fields};
use rcf_stream::time::{EventTime, TimeFormat, TimeParser};
use serde::Serialize;
use serde_json::Value;

use super::failure::Failure;
use super::standard::{self, Use};

/// Groups alerts that begin together, in results of `rcf run` and `rcf score`.
///
/// An event begins with an alert and contains the alerts of all keys at most --within seconds after
/// it. Keys are listed in the order of their onsets. Results may be in any order. Events are
/// written at the end of the input; with --late they are written while results arrive.
#[derive(clap::Args)]
pub(crate) struct Events {
    /// Files of JSON lines, or of CSV with a header; - is standard input
    #[arg(required = true)]
    results: Vec<PathBuf>,
    /// Group alerts at most this long after the first one, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 60.0)]
    within: f64,
    /// Write an event once a result is this many seconds later than the event can last; later
    /// alerts are counted and ignored
    #[arg(long, value_name = "SECONDS")]
    late: Option<f64>,
    /// Write only events of at least this many keys
    #[arg(long, value_name = "COUNT", default_value_t = 2)]
    min_keys: usize,
    /// Read times in this format: auto, s, ms, us, ns, excel, rfc3339, or a pattern such as
    /// %d.%m.%Y %H:%M
    #[arg(long, value_name = "FORMAT", default_value = "auto")]
    time_format: TimeFormat,
    /// Write text, or one JSON object for each event
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

#[derive(Clone, Copy, PartialEq, clap::ValueEnum)]
enum Format {
    Text,
    Jsonl,
}

/// The alerts of events that can still grow, and counts of the input.
struct Read {
    /// Each with its time as it was written.
    pending: Vec<(Alert<String>, Value)>,
    /// The newest time of a result.
    newest: f64,
    /// The end of the newest event that has ended.
    closed: f64,
    results: u64,
    alerts: u64,
    events: u64,
    alone: usize,
    /// Alerts of an event that had already ended.
    late: u64,
}

impl Default for Read {
    fn default() -> Self {
        Self {
            pending: Vec::new(),
            newest: f64::NEG_INFINITY,
            closed: f64::NEG_INFINITY,
            results: 0,
            alerts: 0,
            events: 0,
            alone: 0,
            late: 0,
        }
    }
}

/// The content of a line: whether it is an alert, its key, and its time.
struct Said {
    key: String,
    timestamp: Option<EventTime>,
    is_alert: bool,
    grade: f64,
}

/// An event, in the order of its fields.
#[derive(Serialize)]
struct Line<'a> {
    timestamp: &'a Value,
    seconds: f64,
    grade: f64,
    keys: Vec<Key<'a>>,
}

#[derive(Serialize)]
struct Key<'a> {
    key: &'a str,
    timestamp: &'a Value,
    /// After the first key.
    seconds: f64,
    alerts: usize,
    grade: f64,
}

impl Events {
    pub(crate) fn run(self) -> Result<(), Failure> {
        if let Some(late) = self.late.filter(|late| !(*late >= 0.0 && late.is_finite())) {
            let reason = format!("--late must be finite and at least 0, got {late}");
            return Err(Failure::configuration(reason));
        }
        // An invalid span is refused before anything is read.
        correlate::<String>(&[], 1e3 * self.within, self.min_keys)
            .map_err(Failure::configuration)?;
        let inputs = self.results.iter().map(|path| Use::Read(path));
        standard::check(inputs.chain([Use::Written(Path::new("-"))]))?;
        let mut read = Read::default();
        let mut times = TimeParser::new(self.time_format.clone());
        for path in &self.results {
            self.read(path, &mut read, &mut times)?;
        }
        if read.results == 0 {
            return Err(Failure::runtime("there are no results in the input"));
        }
        self.close(&mut read, f64::INFINITY)?;
        standard::say(self.summary(&read));
        Ok(())
    }

    /// Reads the alerts of a file. A line that is not a result, or an alert without a time, is an
    /// error.
    fn read(&self, path: &Path, read: &mut Read, times: &mut TimeParser) -> Result<(), Failure> {
        let of_file = |error: io::Error| Failure::runtime(format!("{}: {error}", path.display()));
        let input: Box<dyn BufRead> = if path == Path::new("-") {
            Box::new(io::stdin().lock())
        } else {
            Box::new(BufReader::new(File::open(path).map_err(of_file)?))
        };
        let mut format = None;
        for (index, line) in input.lines().enumerate() {
            let line = line.map_err(of_file)?;
            if line.trim().is_empty() {
                continue;
            }
            let of_line = |reason: String| {
                let line = index + 1;
                Failure::runtime(format!("{}, line {line}: {reason}", path.display()))
            };
            let said = match &mut format {
                None => {
                    let (found, first) = Lines::of(&line).map_err(of_line)?;
                    format = Some(found);
                    match first {
                        None => continue,
                        Some(said) => said,
                    }
                }
                Some(format) => format.said(&line).map_err(of_line)?,
            };
            self.take(said, read, times).map_err(of_line)?;
            if let Some(late) = self.late {
                self.close(read, read.newest - 1e3 * late)?;
            }
        }
        Ok(())
    }

    fn take(&self, said: Said, read: &mut Read, times: &mut TimeParser) -> Result<(), String> {
        read.results += 1;
        // Each time is read, since the unit of numbers is detected from the first.
        let time = said.timestamp;
        let millis = time.as_ref().and_then(|time| times.millis(time));
        read.newest = read.newest.max(millis.unwrap_or(f64::NEG_INFINITY));
        if !said.is_alert {
            return Ok(());
        }
        read.alerts += 1;
        let (Some(millis), Some(time)) = (millis, &time) else {
            return Err(match time {
                None => {
                    let told = "set input.timestamp, or --time with rcf score";
                    format!("the alert has no time: {told}")
                }
                Some(time) => {
                    format!("the format of the time {time} is unknown: set --time-format")
                }
            });
        };
        if millis <= read.closed {
            read.late += 1;
            return Ok(());
        }
        let written = match time {
            EventTime::Text(text) => Value::String(text.clone()),
            EventTime::Number(number) => Value::Number(number.clone()),
            EventTime::Arrival(arrival) => arrival.0.into(),
        };
        let (key, grade) = (said.key, said.grade);
        let time = millis;
        read.pending.push((Alert { key, time, grade }, written));
        Ok(())
    }

    /// Writes the events that end before this time.
    fn close(&self, read: &mut Read, time: f64) -> Result<(), Failure> {
        let within = 1e3 * self.within;
        let first = |read: &Read| {
            let times = read.pending.iter().map(|(alert, _)| alert.time);
            times.fold(f64::INFINITY, f64::min)
        };
        loop {
            let end = first(read) + within;
            if read.pending.is_empty() || end >= time {
                return Ok(());
            }
            let together = read.pending.extract_if(.., |(alert, _)| alert.time <= end);
            let (alerts, times): (Vec<_>, Vec<_>) = together.unzip();
            let found = correlate(&alerts, within, self.min_keys);
            let found = found.map_err(Failure::configuration)?;
            read.closed = end;
            read.events += found.events.len() as u64;
            read.alone += found.alone;
            for event in &found.events {
                self.write(&Line::new(event, &times))?;
            }
        }
    }

    fn write(&self, line: &Line<'_>) -> Result<(), Failure> {
        let text = match self.format {
            Format::Text => line.text(),
            Format::Jsonl => serde_json::to_string(line).map_err(Failure::runtime)? + "\n",
        };
        standard::print(text)
    }

    fn summary(&self, read: &Read) -> String {
        let mut summary = format!(
            "{}, {}: {}; {} with fewer than {} within {} s",
            count(read.results, "result"),
            count(read.alerts, "alert"),
            count(read.events, "event"),
            count(read.alone as u64, "alert"),
            count(self.min_keys as u64, "key"),
            self.within,
        );
        if read.late > 0 {
            let late = count(read.late, "alert");
            summary += &format!("; {late} arrived too late: raise --late");
        }
        summary
    }
}

/// The format of the lines of a file.
enum Lines {
    Json,
    Csv(Box<Decoder>),
}

impl Lines {
    /// Detected from the first line: a header of CSV, or else a result.
    fn of(line: &str) -> Result<(Self, Option<Said>), String> {
        if line.trim_start().starts_with('{') {
            return Ok((Self::Json, Some(Self::Json.said(line)?)));
        }
        let path = |name: &str| FieldPath::new(name).map_err(|error| error.to_string());
        let fields = Fields {
            values: vec![path("grade")?],
            optional_values: true,
            key: Some(path("key")?),
            timestamp: Some(path("timestamp")?),
            carried: vec![path("anomaly")?],
            ..Fields::default()
        };
        let header = line.trim_end_matches('\r').as_bytes();
        let decoder = Decoder::csv(&fields, b',', Some(header)).map_err(|error| {
            format!(
                "this is neither JSON nor the header of CSV results ({error}); rcf events reads \
                 results with format = \"jsonl\" or \"csv\""
            )
        })?;
        Ok((Self::Csv(Box::new(decoder)), None))
    }

    fn said(&mut self, line: &str) -> Result<Said, String> {
        match self {
            Self::Json => of_json(line),
            Self::Csv(decoder) => {
                let decoded = decoder.decode(line.trim_end_matches('\r').as_bytes());
                let decoded = decoded.map_err(|error| error.to_string())?;
                let anomaly = decoded.carried.first().and_then(Option::as_ref);
                let is_alert = match anomaly.and_then(Value::as_str) {
                    Some("true") => true,
                    None | Some("false") => false,
                    Some(other) => {
                        return Err(format!("anomaly is neither true nor false: {other}"));
                    }
                };
                let number = |text: &str| text.parse().map(EventTime::Number).ok();
                let timestamp = decoded.timestamp.map(|time| match &time {
                    EventTime::Text(text) => number(text).unwrap_or(time),
                    _ => time,
                });
                let grade = decoded.values.first().copied().unwrap_or(0.0);
                Ok(Said {
                    is_alert,
                    grade: if grade.is_nan() { 0.0 } else { grade },
                    timestamp,
                    key: decoded.key.unwrap_or_default(),
                })
            }
        }
    }
}

fn of_json(line: &str) -> Result<Said, String> {
    let result: Value = serde_json::from_str(line).map_err(|error| {
        format!("this is not JSON ({error}); rcf events reads results with format = \"jsonl\"")
    })?;
    let key = result["key"]
        .as_str()
        .ok_or("this is not a result: it has no key")?;
    // Of rcf score, and of rcf run.
    let anomaly = &result["anomaly"];
    let is_alert = anomaly.as_bool().or(anomaly["reported"].as_bool());
    Ok(Said {
        key: key.to_owned(),
        timestamp: match &result["timestamp"] {
            Value::String(text) => Some(EventTime::Text(text.clone())),
            Value::Number(number) => Some(EventTime::Number(number.clone())),
            _ => None,
        },
        is_alert: is_alert.unwrap_or(false),
        grade: result["grade"].as_f64().unwrap_or(0.0),
    })
}

impl<'a> Line<'a> {
    fn new(event: &'a CorrelatedEvent<String>, times: &'a [Value]) -> Self {
        let after = |time: f64| (time - event.start()) / 1e3;
        let keys: Vec<_> = event
            .onsets
            .iter()
            .map(|onset| Key {
                key: &onset.key,
                timestamp: &times[onset.first],
                seconds: after(onset.time),
                alerts: onset.alerts,
                grade: onset.grade,
            })
            .collect();
        Self {
            timestamp: keys.first().map_or(&Value::Null, |key| key.timestamp),
            seconds: keys.last().map_or(0.0, |key| key.seconds),
            grade: event.grade(),
            keys,
        }
    }

    fn text(&self) -> String {
        let plain = |time: &Value| match time {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let mut text = format!(
            "{}: {} within {} s, grade {:.2}\n",
            plain(self.timestamp),
            count(self.keys.len() as u64, "key"),
            self.seconds,
            self.grade
        );
        for key in &self.keys {
            text += &format!("  +{} s  {}", key.seconds, key.key);
            if key.alerts > 1 {
                text += &format!(" ({} alerts)", key.alerts);
            }
            text += "\n";
        }
        text
    }
}

/// `1 key`, `2 keys`.
fn count(count: u64, one: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {one}{plural}")
}
