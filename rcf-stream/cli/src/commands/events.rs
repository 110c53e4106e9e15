//! `rcf events`: alerts of many keys that begin together.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use rcf_core::events::{Alert, Correlated, CorrelatedEvent, correlate};
use rcf_stream::SinkError;
use rcf_stream::time::{EventTime, TimeFormat, TimeParser};
use serde::Serialize;
use serde_json::Value;

use super::failure::Failure;

/// Groups the alerts in results of `rcf run` and `rcf score` that begin together.
///
/// An event begins with an alert and holds the alerts of all keys at most --within seconds after
/// it. Keys are listed in the order of their onsets. Results may be in any order.
#[derive(clap::Args)]
pub(crate) struct Events {
    /// Files of JSON lines; - for the standard input
    #[arg(required = true)]
    results: Vec<PathBuf>,
    /// Group alerts at most this long after the first one, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 60.0)]
    within: f64,
    /// List events of this many keys or more
    #[arg(long, value_name = "COUNT", default_value_t = 2)]
    min_keys: usize,
    /// Read times in this format: auto, s, ms, us, ns, rfc3339, or a pattern such as %d.%m.%Y %H:%M
    #[arg(long, value_name = "FORMAT", default_value = "auto")]
    time_format: TimeFormat,
    /// Write a text, or one JSON object for each event
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

#[derive(Clone, Copy, PartialEq, clap::ValueEnum)]
enum Format {
    Text,
    Jsonl,
}

/// The alerts that were read; `keys` and `times` say what [`Alert`] numbers.
#[derive(Default)]
struct Read {
    alerts: Vec<Alert<String>>,
    /// As they were written.
    times: Vec<Value>,
    results: u64,
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
        let mut read = Read::default();
        let mut times = TimeParser::new(self.time_format.clone());
        for path in &self.results {
            self.read(path, &mut read, &mut times)?;
        }
        if read.results == 0 {
            return Err(Failure::runtime("there are no results in the input"));
        }
        let found = correlate(&read.alerts, 1e3 * self.within, self.min_keys);
        let found = found.map_err(Failure::configuration)?;
        let mut output = io::stdout().lock();
        let mut written = Ok(());
        for event in &found.events {
            let line = Line::new(event, &read.times);
            let text = match self.format {
                Format::Text => line.text(),
                Format::Jsonl => serde_json::to_string(&line).map_err(Failure::runtime)? + "\n",
            };
            written = written.and_then(|()| output.write_all(text.as_bytes()));
        }
        written.map_err(|source| {
            let path = "-".into();
            Failure::from(SinkError::Io { path, source })
        })?;
        eprintln!("{}", self.summary(&read, &found));
        Ok(())
    }

    /// Reads the alerts of a file. What is no result, and an alert without a time, end everything.
    fn read(&self, path: &Path, read: &mut Read, times: &mut TimeParser) -> Result<(), Failure> {
        let of_file = |error: io::Error| Failure::runtime(format!("{}: {error}", path.display()));
        let input: Box<dyn BufRead> = if path == Path::new("-") {
            Box::new(io::stdin().lock())
        } else {
            Box::new(BufReader::new(File::open(path).map_err(of_file)?))
        };
        for (index, line) in input.lines().enumerate() {
            let line = line.map_err(of_file)?;
            if line.trim().is_empty() {
                continue;
            }
            let alert = self.alert(&line, times).map_err(|reason| {
                let line = index + 1;
                Failure::runtime(format!("{}, line {line}: {reason}", path.display()))
            })?;
            read.results += 1;
            if let Some((alert, time)) = alert {
                read.alerts.push(alert);
                read.times.push(time);
            }
        }
        Ok(())
    }

    /// The alert of a result, with its time as it was written; `None` where nothing is reported.
    fn alert(
        &self,
        line: &str,
        times: &mut TimeParser,
    ) -> Result<Option<(Alert<String>, Value)>, String> {
        let result: Value = serde_json::from_str(line).map_err(|error| {
            format!("this is no JSON ({error}); rcf events reads results with format = \"jsonl\"")
        })?;
        let key = result["key"]
            .as_str()
            .ok_or("this is no result: it has no key")?;
        let time = match &result["timestamp"] {
            Value::String(text) => Some(EventTime::Text(text.clone())),
            Value::Number(number) => Some(EventTime::Number(number.clone())),
            _ => None,
        };
        // Each time is read, since the unit of numbers is recognised on the first.
        let millis = time.as_ref().and_then(|time| times.millis(time));
        // Of rcf score, and of rcf run.
        let anomaly = &result["anomaly"];
        if !anomaly
            .as_bool()
            .or(anomaly["reported"].as_bool())
            .unwrap_or(false)
        {
            return Ok(None);
        }
        let millis = millis.ok_or_else(|| match time {
            None => {
                "the alert has no time: set input.timestamp, or --time with rcf score".to_owned()
            }
            Some(time) => format!("{time} is no time that is recognised: set --time-format"),
        })?;
        let alert = Alert {
            key: key.to_owned(),
            time: millis,
            grade: result["grade"].as_f64().unwrap_or(0.0),
        };
        Ok(Some((alert, result["timestamp"].clone())))
    }

    fn summary(&self, read: &Read, found: &Correlated<String>) -> String {
        format!(
            "{}, {}: {}; {} with fewer than {} within {} s",
            count(read.results, "result"),
            count(read.alerts.len() as u64, "alert"),
            count(found.events.len() as u64, "event"),
            count(found.alone as u64, "alert"),
            count(self.min_keys as u64, "key"),
            self.within,
        )
    }
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
