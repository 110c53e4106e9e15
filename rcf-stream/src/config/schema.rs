//! All settings there are, in one table: from it come the keys of the file, the names of the
//! environment variables and of the flags, and the check of every value.

/// What a setting holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Any text.
    Text,
    /// A list of texts; separated by commas outside of files.
    Texts,
    /// A whole number, 0 or more.
    Count,
    /// A list of whole numbers; separated by commas outside of files.
    Counts,
    /// A number.
    Real,
    /// `true` or `false`.
    Switch,
    /// One of these.
    Choice(&'static [&'static str]),
}

/// One setting. Its key `section.name` is the environment variable `RCF_SECTION_NAME` and the flag
/// `--section-name`.
#[derive(Debug)]
pub struct Setting {
    /// The key in the file, with its section: `forest.sample_size`.
    pub key: &'static str,
    pub(super) kind: Kind,
    /// What it is for, in one line.
    pub help: &'static str,
}

impl Setting {
    /// The environment variable, `RCF_FOREST_SAMPLE_SIZE`.
    #[must_use]
    pub fn variable(&self) -> String {
        format!("RCF_{}", self.key.replace('.', "_").to_uppercase())
    }

    /// The flag without its dashes, `forest-sample-size`.
    #[must_use]
    pub fn flag(&self) -> String {
        self.key.replace(['.', '_'], "-")
    }

    /// How the value is called in a usage line.
    #[must_use]
    pub fn placeholder(&self) -> String {
        match self.kind {
            Kind::Text => "TEXT".to_owned(),
            Kind::Texts => "TEXT,…".to_owned(),
            Kind::Count => "COUNT".to_owned(),
            Kind::Counts => "COUNT,…".to_owned(),
            Kind::Real => "NUMBER".to_owned(),
            Kind::Switch => "true|false".to_owned(),
            Kind::Choice(choices) => choices.join("|"),
        }
    }

    pub(super) fn find(key: &str) -> Option<&'static Self> {
        SETTINGS.iter().find(|setting| setting.key == key)
    }
}

const fn setting(key: &'static str, kind: Kind, help: &'static str) -> Setting {
    Setting { key, kind, help }
}

/// The settings, by section.
#[rustfmt::skip] // a table reads best with a row on a line
pub const SETTINGS: &[Setting] = &[
    setting("compat", Kind::Choice(&["kda-sql"]),
        "Write results as the retired Kinesis Data Analytics for SQL did, with its defaults"),
    setting("source.kind", Kind::Choice(&["file", "sine", "kinesis", "multilang"]), "Where records come from"),
    setting("source.path", Kind::Text, "file: its path; - is the standard input"),
    setting("source.count", Kind::Count, "sine: how many records to make; without it, no end"),
    setting("source.drops", Kind::Choice(&["original", "every_cycle", "none"]),
        "sine: which records drop [original: t = 241 to 259 and every 36,000 records later]"),
    setting("source.drop_cycles", Kind::Counts, "sine: the cycles with a drop, from 0"),
    setting("source.noise", Kind::Real, "sine: the standard deviation of Gaussian noise [0]"),
    setting("source.seed", Kind::Count, "sine: the seed of the noise [0]"),
    setting("source.rate", Kind::Real, "sine: records per second; without it, as fast as taken"),
    setting("source.partition_key", Kind::Text, "sine: the partition key of all records [sine]"),
    setting("source.stream", Kind::Text, "kinesis, multilang: the name of the stream"),
    setting("source.region", Kind::Text, "kinesis: the region [from the environment]"),
    setting("source.endpoint_url", Kind::Text, "kinesis: another endpoint than the region's"),
    setting("source.start", Kind::Text,
        "kinesis: where to start without a checkpoint: trim_horizon, latest or a time [trim_horizon]"),
    setting("source.poll_interval_ms", Kind::Count,
        "kinesis: milliseconds between reads of a shard that is read to its end [250]"),
    setting("source.max_records", Kind::Count, "kinesis: the most records in one read [10000]"),
    setting("source.follow", Kind::Switch, "kinesis: whether to wait for new records [true]"),
    setting("source.on_trimmed", Kind::Choice(&["continue", "fail"]),
        "kinesis: what to do about records that are no longer there [continue]"),
    setting("input.format", Kind::Choice(&["json", "jsonl", "csv", "raw"]),
        "How records are written: a JSON value, lines of JSON, CSV, or one number [jsonl]"),
    setting("input.values", Kind::Texts, "The fields that are the values: a.b.0, or CSV columns"),
    setting("input.key", Kind::Text, "The field that is the key [the partition key]"),
    setting("input.timestamp", Kind::Text, "The field that is the time [the arrival]"),
    setting("input.delimiter", Kind::Text, "csv: what separates columns, one character [,]"),
    setting("input.header", Kind::Switch,
        "csv: whether the first line of a file names columns [true]"),
    setting("input.model_per", Kind::Choice(&["key", "shard"]),
        "What has a model of its own [key]"),
    setting("input.on_bad_record", Kind::Choice(&["fail", "skip"]),
        "What to do with a record that cannot be read or scored [fail]"),
    setting("forest.shingle_size", Kind::Count, "How many records in a row form one point [1]"),
    setting("forest.number_of_trees", Kind::Count, "How many trees a forest has [50]"),
    setting("forest.sample_size", Kind::Count, "How many points each tree holds [256]"),
    setting("forest.time_decay", Kind::Real, "How fast old points leave [1 / (10 sample_size)]"),
    setting("forest.output_after", Kind::Count,
        "After how many points scores begin [sample_size / 4]"),
    setting("forest.initial_accept_fraction", Kind::Real,
        "Up to which part of the sample every point is taken [0.125]"),
    setting("forest.seed", Kind::Count, "The seed of all random choices [0]"),
    setting("output.format", Kind::Choice(&["jsonl", "csv"]), "How results are written [jsonl]"),
    setting("output.columns", Kind::Texts,
        "compat: the columns of results, in order: FIELD, or FIELD AS NAME [the values and the score]"),
    setting("output.direction", Kind::Switch,
        "compat: whether the explanation tells the direction [false]"),
    setting("output.score_above", Kind::Real, "Only results with a higher score are written"),
    setting("output.attribution", Kind::Switch,
        "Whether results tell the share of each value [false]"),
    setting("sink.kind", Kind::Choice(&["file", "kinesis"]), "Where results go [file]"),
    setting("sink.path", Kind::Text,
        "file: its path; it is replaced unless a checkpoint continues it; - is the standard output [-]"),
    setting("sink.stream", Kind::Text, "kinesis: the name of the stream"),
    setting("sink.region", Kind::Text, "kinesis: the region [from the environment]"),
    setting("sink.endpoint_url", Kind::Text, "kinesis: another endpoint than the region's"),
    setting("http.port", Kind::Count,
        "The port of health, metrics and the live page; 0 takes any; without it there are none"),
    setting("http.host", Kind::Text, "The interface that is listened on [127.0.0.1]"),
    setting("checkpoint.directory", Kind::Text,
        "The folder of the checkpoints; without it there are none"),
    setting("checkpoint.every_records", Kind::Count, "Write a checkpoint after so many records"),
    setting("checkpoint.every_seconds", Kind::Real,
        "Write a checkpoint after so many seconds [60]"),
    setting("checkpoint.retain", Kind::Count, "How many checkpoints to keep [3]"),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_unique_and_derived() {
        let variables: BTreeSet<_> = SETTINGS.iter().map(Setting::variable).collect();
        let flags: BTreeSet<_> = SETTINGS.iter().map(Setting::flag).collect();
        assert_eq!(
            (variables.len(), flags.len()),
            (SETTINGS.len(), SETTINGS.len())
        );
        let setting = Setting::find("forest.sample_size").unwrap();
        assert_eq!(setting.variable(), "RCF_FOREST_SAMPLE_SIZE");
        assert_eq!(setting.flag(), "forest-sample-size");
    }
}
