//! Kafka topics to read from and write to. These types exist in every build, so that a binary
//! without the `kafka` feature can read a configuration that needs it and say so.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::record::Timestamp;

/// Where to start in a partition for which the group has no offset. In a configuration:
/// `"earliest"`, `"latest"` or a time in UTC such as `"2026-01-27T08:00:00Z"`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Start {
    /// At the oldest record that the topic still holds.
    #[default]
    Earliest,
    /// After the newest record. Partitions that are added later are read from their start.
    Latest,
    /// At the first record with this timestamp or a later one.
    AtTimestamp(Timestamp),
}

/// The text is not a valid start.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "{0:?} is not a valid start; write \"earliest\", \"latest\", or a time in UTC such as \
     \"2026-01-27T08:00:00Z\""
)]
pub struct ParseStartError(String);

impl FromStr for Start {
    type Err = ParseStartError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "earliest" => Ok(Self::Earliest),
            "latest" => Ok(Self::Latest),
            time => match time.parse() {
                Ok(timestamp) => Ok(Self::AtTimestamp(timestamp)),
                Err(_) => Err(ParseStartError(text.to_owned())),
            },
        }
    }
}

/// What to do when the topic no longer holds the records after the offset of the group.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OnTrimmed {
    /// Log a warning and continue at the oldest record that is left.
    #[default]
    Continue,
    /// Stop with an error.
    Fail,
}

/// How often a result is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// Once, for readers with `isolation.level=read_committed`: by transactions.
    ExactlyOnce,
    /// Once or more, with equal ids and equal bytes.
    AtLeastOnce,
}

impl Delivery {
    /// The names in a configuration.
    pub(crate) const NAMES: &'static [&'static str] = &["exactly_once", "at_least_once"];

    pub(crate) fn named(name: &str) -> Option<Self> {
        match name {
            "exactly_once" => Some(Self::ExactlyOnce),
            "at_least_once" => Some(Self::AtLeastOnce),
            _ => None,
        }
    }
}

/// Options of librdkafka by its own names, such as `security.protocol=SASL_SSL`.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Options(Vec<(String, String)>);

/// An option cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ParseOptionError {
    /// It has no name or no value.
    #[error("an option is written NAME=VALUE, such as \"security.protocol=SASL_SSL\"")]
    Form,
    /// The program sets it itself.
    #[error("{name} cannot be set here: {instead}")]
    Reserved {
        /// Its name.
        name: String,
        /// What to use.
        instead: &'static str,
    },
    /// The file that contains its value cannot be read.
    #[error("cannot read the value of {name} from {path}: {reason}")]
    File {
        /// Its name.
        name: String,
        /// The file.
        path: String,
        /// The cause.
        reason: String,
    },
}

/// Options that would break a guarantee of this program, and what to set instead.
const RESERVED: &[(&str, &str)] = &[
    ("bootstrap.servers", "set brokers"),
    ("metadata.broker.list", "set brokers"),
    ("group.id", "set group"),
    ("auto.offset.reset", "set start and on_trimmed"),
    (
        "enable.auto.commit",
        "offsets are committed with checkpoints",
    ),
    (
        "enable.auto.offset.store",
        "offsets are committed with checkpoints",
    ),
    (
        "enable.partition.eof",
        "the ends of partitions are needed for follow = false",
    ),
    (
        "partition.assignment.strategy",
        "partitions move one by one, by cooperative-sticky",
    ),
    (
        "group.protocol",
        "only the protocol \"classic\" is supported",
    ),
    (
        "enable.idempotence",
        "results of a key keep their order and appear once",
    ),
];

impl Options {
    /// Reads options, each `NAME=VALUE`, or `NAME=@FILE` for a value that is in a file.
    ///
    /// # Errors
    /// The first that cannot be used.
    pub fn parse(texts: &[String]) -> Result<Self, ParseOptionError> {
        texts
            .iter()
            .map(|text| parse_one(text))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Names and values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The value of an option.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter()
            .find_map(|(it, value)| (it == name).then_some(value))
    }
}

fn parse_one(text: &str) -> Result<(String, String), ParseOptionError> {
    let (name, value) = text.split_once('=').ok_or(ParseOptionError::Form)?;
    let (name, value) = (name.trim(), value.trim());
    if name.is_empty() || value.is_empty() {
        return Err(ParseOptionError::Form);
    }
    if let Some((_, instead)) = RESERVED.iter().find(|(reserved, _)| *reserved == name) {
        let name = name.to_owned();
        return Err(ParseOptionError::Reserved { name, instead });
    }
    let value = match value.strip_prefix('@') {
        None => value.to_owned(),
        Some(path) => {
            let read = std::fs::read_to_string(path).map_err(|error| ParseOptionError::File {
                name: name.to_owned(),
                path: path.to_owned(),
                reason: error.to_string(),
            })?;
            read.trim_end().to_owned()
        }
    };
    Ok((name.to_owned(), value))
}

/// Only names: values may be secrets.
impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.iter().map(|(name, _)| name))
            .finish()
    }
}

/// A Kafka topic to read, as a member of a consumer group.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KafkaSourceConfig {
    /// The brokers to begin with, `host:port` each.
    pub brokers: Vec<String>,
    /// The topic.
    pub topic: String,
    /// The consumer group: programs of one group share the partitions.
    pub group: String,
    /// Where to start without an offset of the group.
    pub start: Start,
    /// The most records to take at once, 1 or more.
    pub max_records: usize,
    /// Wait for new records indefinitely. `false` stops at the newest record of every partition.
    pub follow: bool,
    /// What to do about records that were deleted before they could be read.
    pub on_trimmed: OnTrimmed,
    /// The headers that are forwarded to results, by name; `*` means all.
    pub headers: Vec<String>,
    /// The header whose value is the key, instead of the message's key.
    pub key_header: Option<String>,
    /// Further options of librdkafka.
    pub options: Options,
}

/// A Kafka topic to write to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KafkaSinkConfig {
    /// The brokers to begin with, `host:port` each.
    pub brokers: Vec<String>,
    /// The topic.
    pub topic: String,
    /// How often a result is written; `None` chooses the best that is possible.
    pub delivery: Option<Delivery>,
    /// Further options of librdkafka.
    pub options: Options,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Options, ParseOptionError> {
        Options::parse(&[text.to_owned()])
    }

    #[test]
    fn a_start_is_a_name_or_a_time() {
        assert_eq!("earliest".parse(), Ok(Start::Earliest));
        assert_eq!("latest".parse(), Ok(Start::Latest));
        let time: Result<Start, _> = "2026-01-27T08:00:00Z".parse();
        assert!(matches!(time, Ok(Start::AtTimestamp(_))), "{time:?}");
        let error = "newest".parse::<Start>().unwrap_err().to_string();
        assert!(error.contains("write \"earliest\""), "{error}");
    }

    #[test]
    fn options_are_names_and_values() {
        let options = parse("ssl.ca.location=/etc/ca=1.pem").unwrap();
        assert_eq!(options.get("ssl.ca.location"), Some("/etc/ca=1.pem"));
        assert_eq!(parse("ssl.ca.location"), Err(ParseOptionError::Form));
        assert_eq!(parse("=1"), Err(ParseOptionError::Form));
        let reserved = parse("group.id=mine").unwrap_err().to_string();
        assert_eq!(reserved, "group.id cannot be set here: set group");
    }

    #[test]
    fn a_value_can_be_in_a_file() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "secret\n").unwrap();
        let options = parse(&format!("sasl.password=@{}", file.path().display())).unwrap();
        assert_eq!(options.get("sasl.password"), Some("secret"));
        assert_eq!(format!("{options:?}"), "[\"sasl.password\"]");
        let error = parse("sasl.password=@/nowhere").unwrap_err().to_string();
        assert!(error.contains("sasl.password from /nowhere"), "{error}");
    }
}
