//! All settings there are, in one table: from it come the keys of the file, the names of the
//! environment variables and of the flags, and the check of every value.

use std::sync::LazyLock;

use crate::connectors::CONNECTORS;
use crate::settings::{Kind, SettingOf, flag, variable};

/// One setting. Its key `section.name` is the environment variable `RCF_SECTION_NAME` and the flag
/// `--section-name`.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// The key in the file, with its section: `forest.sample_size`.
    pub key: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// What it is for, in one line.
    pub help: &'static str,
}

impl Setting {
    /// The environment variable, `RCF_FOREST_SAMPLE_SIZE`.
    #[must_use]
    pub fn variable(&self) -> String {
        variable(self.key)
    }

    /// The flag without its dashes, `forest-sample-size`.
    #[must_use]
    pub fn flag(&self) -> String {
        flag(self.key)
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

    /// The setting of this key, be it the name of an earlier release.
    #[must_use]
    pub fn find(key: &str) -> Option<&'static Self> {
        let renamed = RENAMED.iter().find(|(old, _)| *old == key);
        let key = renamed.map_or(key, |(_, new)| new);
        SETTINGS.iter().find(|setting| setting.key == key)
    }
}

/// Keys of earlier releases, and what they are called now. They are read, with a warning.
pub const RENAMED: &[(&str, &str)] = &[("detector.missing", "detector.imputation")];

const TRANSFORMS: &[&str] = &[
    "none",
    "subtract_moving_average",
    "normalize",
    "difference",
    "normalized_difference",
];

const fn setting(key: &'static str, kind: Kind, help: &'static str) -> Setting {
    Setting { key, kind, help }
}

/// The settings, by section, with those of all connectors.
pub static SETTINGS: LazyLock<Vec<Setting>> = LazyLock::new(|| {
    let sources = CONNECTORS.iter().filter_map(|connector| {
        let source = connector.source.as_ref()?;
        Some((connector.kind, source.settings))
    });
    let sinks: Vec<_> = CONNECTORS
        .iter()
        .filter_map(|connector| Some((connector.kind, connector.sink.as_ref()?.settings)))
        .collect();
    let mut table = Table(OWN.to_vec());
    table.section("source", sources);
    table.section("sink", sinks.iter().copied());
    table.section("dead_letters", sinks.iter().copied());
    table.0
});

/// The table while it is made.
struct Table(Vec<Setting>);

impl Table {
    /// Adds what connectors have in a section, and names them as the choices of its kind.
    fn section(
        &mut self,
        section: &str,
        connectors: impl Iterator<Item = (&'static str, &'static [SettingOf])>,
    ) {
        let mut kinds = Vec::new();
        for (connector, settings) in connectors {
            kinds.push(connector);
            for (name, kind, help) in settings {
                self.add(section, name, *kind, format!("{connector}: {help}").leak());
            }
        }
        let key = format!("{section}.kind");
        let setting = self.0.iter_mut().find(|setting| setting.key == key);
        setting.expect("each section has a kind").kind = Kind::Choice(kinds.leak());
    }

    /// A setting of several connectors has the help of all. The table lives as long as the program,
    /// so what is made for it once may, too.
    fn add(&mut self, section: &str, name: &str, kind: Kind, help: &'static str) {
        let key = format!("{section}.{name}");
        let same = self.0.iter_mut().find(|setting| setting.key == key);
        if let Some(setting) = same {
            if setting.help != help {
                setting.help = format!("{}; {help}", setting.help).leak();
            }
            return;
        }
        let is_inside = |setting: &Setting| setting.key.split('.').next() == Some(section);
        let last = self.0.iter().rposition(is_inside);
        let at = last.map_or(self.0.len(), |last| last + 1);
        self.0.insert(at, setting(key.leak(), kind, help));
    }
}

/// One of the connectors: the choices are filled in from the table of them.
const CONNECTOR: Kind = Kind::Choice(&[]);

/// The settings that belong to no connector of the table.
#[rustfmt::skip] // a table reads best with a row on a line
const OWN: &[Setting] = &[
    setting("compat", Kind::Choice(&["kda-sql"]),
        "Write results as the retired Kinesis Data Analytics for SQL did, with its defaults"),
    setting("source.kind", CONNECTOR, "Where records come from"),
    setting("input.format", Kind::Choice(&["json", "jsonl", "csv", "raw"]),
        "How records are written: a JSON value, lines of JSON, CSV, or one number [file: recognised; else jsonl]"),
    setting("input.values", Kind::Texts, "The fields that are the values: a.b.0, or CSV columns [file: chosen on the first 1,000 records]"),
    setting("input.key", Kind::Text, "The field that is the key [the partition key]"),
    setting("input.timestamp", Kind::Text, "The field that is the time [the arrival]"),
    setting("input.time_format", Kind::Text,
        "How it is written: auto, rfc3339, s, ms, us, ns, or a pattern as %d.%m.%Y %H:%M [auto]"),
    setting("input.on_late", Kind::Choice(&["judge", "skip", "bad"]),
        "What to do with a time before the newest of its key; needs detector.use_time [judge]"),
    setting("input.max_time_jump_seconds", Kind::Real,
        "A time further ahead waits for others to agree [366 days; the time to live if shorter]"),
    setting("input.delimiter", Kind::Text, "csv: what separates columns: one character, or tab, semicolon, … [file: recognised; else ,]"),
    setting("input.header", Kind::Switch,
        "csv: whether the first line of a file names columns [recognised]"),
    setting("input.max_quoted_lines", Kind::Count,
        "csv: how many line feeds may be quoted before a quote counts as left open [1000]"),
    setting("input.model_per", Kind::Choice(&["key", "shard"]),
        "What has a model of its own [key]"),
    setting("input.on_bad_record", Kind::Choice(&["fail", "skip", "dead_letter"]),
        "What to do with a record that cannot be read or scored [fail]"),
    setting("input.optional_values", Kind::Switch,
        "Whether a value may be missing or null; needs detector.enabled [false]"),
    setting("forest.shingle_size", Kind::Count, "How many records in a row form one point [8; without decisions 1]"),
    setting("forest.number_of_trees", Kind::Count, "How many trees a forest has [50]"),
    setting("forest.sample_size", Kind::Count, "How many points each tree holds [256]"),
    setting("forest.time_decay", Kind::Real, "How fast old points leave [1 / (10 sample_size)]"),
    setting("forest.output_after", Kind::Count,
        "After how many points scores begin [sample_size / 4]"),
    setting("forest.initial_accept_fraction", Kind::Real,
        "Up to which part of the sample every point is taken [0.125]"),
    setting("forest.seed", Kind::Count, "The seed of all random choices [0]"),
    setting("detector.enabled", Kind::Switch, "Whether to decide, instead of only scoring [true; with compat and multilang false]"),
    setting("detector.threshold",
        Kind::Choice(&["calibrated", "combined", "extreme_value", "quantile", "deviations", "fixed"]),
        "How signs become decisions; \"combined\" is the former name of \"calibrated\" [calibrated]"),
    setting("detector.false_alarm_rate", Kind::Real,
        "The share of the records of a calm stream that may exceed the calibrated boundary [0.0005]"),
    setting("detector.level", Kind::Real,
        "The boundary of the other thresholds: once in 10^level records, deviations, or the score [4; quantile 3]"),
    setting("detector.transform", Kind::Choice(TRANSFORMS),
        "What happens to the values before the forest [none for one value, else normalize]"),
    setting("detector.imputation", Kind::Choice(&["zero", "previous", "linear", "forest"]),
        "How missing values are filled in [previous]"),
    setting("detector.learning", Kind::Choice(&["always", "skip", "delay"]),
        "What is learned of an unusual stretch [always]"),
    setting("detector.patience", Kind::Count,
        "After how many records a new regime is accepted [2 sample_size]"),
    setting("detector.silence", Kind::Count,
        "For how many records after the first alert of an event nothing else is reported; 0 reports each [50]"),
    setting("detector.quiet", Kind::Count,
        "How many records below the boundary end an event [50]"),
    setting("detector.ignore_absolute", Kind::Real,
        "How near to the expected value is near enough, in units of the values [0]"),
    setting("detector.ignore_relative", Kind::Real,
        "The same as a fraction of the expected value [0]"),
    setting("detector.noise_floor", Kind::Real,
        "The change of a constant value that is ignored, as a fraction of it [0.001]"),
    setting("detector.use_time", Kind::Switch,
        "Whether gaps in the times of a key are missing records [false]"),
    setting("operator.memory_mib", Kind::Count,
        "How many MiB models may take; others wait in the checkpoint store [no limit]"),
    setting("operator.time_to_live_seconds", Kind::Real,
        "After how much silence a key is forgotten, by the times of records [never]"),
    setting("dead_letters.kind", CONNECTOR,
        "Where bad records go with input.on_bad_record = \"dead_letter\" [file]"),
    setting("output.format", Kind::Choice(&["jsonl", "csv"]), "How results are written [jsonl]"),
    setting("output.columns", Kind::Texts,
        "compat: the columns of results, in order: FIELD, or FIELD AS NAME [the values and the score]"),
    setting("output.direction", Kind::Switch,
        "compat: whether the explanation tells the direction [false]"),
    setting("output.score_above", Kind::Real, "Only results with a higher score are written"),
    setting("output.attribution", Kind::Switch,
        "Whether results tell the share of each value [false]"),
    setting("output.csv_safe", Kind::Switch,
        "csv: whether texts that a spreadsheet would take for formulas get a quote before them [false]"),
    setting("sink.kind", CONNECTOR, "Where results go [file]"),
    setting("http.port", Kind::Count,
        "The port of health, metrics and the live page; 0 takes any; without it there are none"),
    setting("http.host", Kind::Text,
        "The interface that is listened on; others than loopback need one of the next two [127.0.0.1]"),
    setting("http.token_file", Kind::Text,
        "A file with a token that requests must show: Authorization: Bearer TOKEN"),
    setting("http.public", Kind::Switch,
        "Whether everyone who reaches another interface may see keys and values [false]"),
    setting("checkpoint.directory", Kind::Text,
        "The folder of the checkpoints, or s3://bucket/prefix; without it there are none"),
    setting("checkpoint.application", Kind::Text,
        "The name under which they are kept there [rcf]"),
    setting("checkpoint.on_missing_state", Kind::Choice(&["fail", "previous", "rebuild", "reset"]),
        "What to do when the newest one is damaged or not there [fail]"),
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
