//! The table of all settings: the keys of the file, the names of the environment variables and of
//! the flags, and the check of every value come from it.

use std::sync::LazyLock;

use rcf_core::parameters::{self, DETECTOR, FOREST, Parameter};

use crate::connectors::CONNECTORS;
use crate::settings::{Kind, SettingOf, flag, variable};
use crate::suggest::synonym;

/// One setting. Its key `section.name` is the environment variable `RCF_SECTION_NAME` and the flag
/// `--section-name`.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// The key in the file, with its section: `forest.sample_size`.
    pub key: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Its purpose, in one line.
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

    /// The setting whose flag was probably meant by one that ends with another word of the same
    /// meaning, such as `source-type`.
    #[must_use]
    pub fn meant_by_flag(name: &str) -> Option<&'static Self> {
        let key = synonym(name, SETTINGS.iter().map(|setting| setting.key))?;
        Self::find(key)
    }

    /// The name of the value in a usage line.
    #[must_use]
    pub fn placeholder(&self) -> String {
        match self.kind {
            Kind::Text => "TEXT".to_owned(),
            Kind::Texts => "TEXT,…".to_owned(),
            Kind::Count => "COUNT".to_owned(),
            Kind::Seed => "COUNT|random".to_owned(),
            Kind::Counts => "COUNT,…".to_owned(),
            Kind::Real => "NUMBER".to_owned(),
            Kind::Switch => "true|false".to_owned(),
            Kind::Choice(choices) => choices.join("|"),
        }
    }

    /// The setting of this key, or of its name in an earlier release.
    #[must_use]
    pub fn find(key: &str) -> Option<&'static Self> {
        let renamed = RENAMED.iter().find(|(old, _)| *old == key);
        let key = renamed.map_or(key, |(_, new)| new);
        SETTINGS.iter().find(|setting| setting.key == key)
    }
}

/// Keys of earlier releases, and their present names. They are read, with a warning.
pub const RENAMED: &[(&str, &str)] = &[("detector.missing", "detector.imputation")];

const TRANSFORMS: &[&str] = &[
    "none",
    "subtract_moving_average",
    "normalize",
    "difference",
    "normalized_difference",
];

/// A parameter of the models: its help and default are in the table of rcf-core.
const fn model(key: &'static str, kind: Kind) -> Setting {
    setting(key, kind, "")
}

/// The row of a setting in the table of rcf-core, that of detectors before that of forests.
fn row(key: &str) -> Option<&'static Parameter> {
    let name = key
        .strip_prefix("forest.")
        .or_else(|| key.strip_prefix("detector."))?;
    parameters::find(DETECTOR, name).or_else(|| parameters::find(FOREST, name))
}

/// Help and default of a parameter, with those of a forest alone if they differ.
fn help(key: &str) -> Option<String> {
    let row = row(key)?;
    let alone = match parameters::find(FOREST, row.name) {
        Some(forest) if key.starts_with("forest.") && forest.default != row.default => {
            format!("; without decisions {}", forest.default)
        }
        _ => String::new(),
    };
    Some(format!("{} [{}{alone}]", row.help, row.default))
}

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
    for setting in &mut table.0 {
        // The table lives as long as the program, and so do the texts created for it.
        if setting.help.is_empty() {
            setting.help = help(setting.key).unwrap_or_default().leak();
        }
    }
    table.section("source", sources);
    table.section("sink", sinks.iter().copied());
    table.section("dead_letters", sinks.iter().copied());
    table.0
});

/// The table under construction.
struct Table(Vec<Setting>);

impl Table {
    /// Adds the settings of connectors in a section, and names the connectors as the choices of its
    /// kind.
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

    /// A setting of several connectors has the help texts of all. The table lives as long as the
    /// program, and so may what is created for it once.
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
        "Write results like the discontinued Kinesis Data Analytics for SQL, with its defaults"),
    setting("source.kind", CONNECTOR, "Read records from this kind of source"),
    setting("input.format", Kind::Choice(&["json", "jsonl", "csv", "raw"]),
        "Decode records as a JSON value, lines of JSON, CSV, or one number [file: detected; else \
         jsonl]"),
    setting("input.values", Kind::Texts,
        "Take values from these fields: a.b.0, or CSV columns [file: chosen from the first 1,000 \
         records]"),
    setting("input.categorical", Kind::Texts,
        "Take categories from these fields, which are judged by how surprising they are [none]"),
    setting("input.key", Kind::Text, "Take the key from this field [the partition key]"),
    setting("input.timestamp", Kind::Text, "Take the time from this field [the arrival time]"),
    setting("input.time_of_day", Kind::Texts,
        "Continue the time with these fields, if input.timestamp is only a part of it, such as a date \
         or a year [none]"),
    setting("input.time_format", Kind::Text,
        "Read times as auto, rfc3339, s, ms, us, ns, excel, or a pattern such as %d.%m.%Y %H:%M [auto]"),
    setting("input.on_late", Kind::Choice(&["judge", "skip", "bad"]),
        "Handle a time before the newest of its key in this way; needs detector.use_time [judge]"),
    setting("input.max_time_jump_seconds", Kind::Real,
        "Hold a record whose time is further ahead until others agree, in seconds [366 days; the \
         time to live if shorter]"),
    setting("input.delimiter", Kind::Text,
        "csv: separate columns by one character, or tab, semicolon, … [file: detected; else ,]"),
    setting("input.header", Kind::Switch,
        "csv: read names of columns from the first line of a file [detected]"),
    setting("input.decimal", Kind::Choice(&["point", "comma"]),
        "csv: read numbers of a file with this decimal mark [detected]"),
    setting("input.max_quoted_lines", Kind::Count,
        "csv: treat a quote as unclosed after this count of line feeds [1000]"),
    setting("input.model_per", Kind::Choice(&["key", "shard"]),
        "Keep one model for each key or shard [key]"),
    setting("input.on_bad_record", Kind::Choice(&["fail", "skip", "dead_letter"]),
        "Handle a record that cannot be read or scored in this way [fail]"),
    setting("input.optional_values", Kind::Switch,
        "Accept missing and null values; needs detector.enabled [false]"),
    model("forest.shingle_size", Kind::Count),
    model("forest.number_of_trees", Kind::Count),
    model("forest.sample_size", Kind::Count),
    model("forest.time_decay", Kind::Real),
    model("forest.output_after", Kind::Count),
    model("forest.initial_accept_fraction", Kind::Real),
    model("forest.seed", Kind::Seed),
    setting("detector.enabled", Kind::Switch,
        "Make decisions, instead of only scoring [true; with compat and multilang false]"),
    model("detector.threshold",
        Kind::Choice(&["calibrated", "combined", "extreme_value", "quantile", "deviations", "fixed"])),
    model("detector.false_alarm_rate", Kind::Real),
    setting("detector.level", Kind::Real,
        "Set the boundary of the other thresholds: one in 10^level records, deviations, or the \
         score [4; quantile 3]"),
    model("detector.transform", Kind::Choice(TRANSFORMS)),
    model("detector.imputation", Kind::Choice(&["zero", "previous", "linear", "forest"])),
    model("detector.learning", Kind::Choice(&["always", "skip", "delay"])),
    model("detector.patience", Kind::Count),
    model("detector.silence", Kind::Count),
    model("detector.quiet", Kind::Count),
    setting("detector.ignore_absolute", Kind::Real,
        "Ignore values this near to the expected one, in units of the values [0]"),
    setting("detector.ignore_relative", Kind::Real,
        "The same as a fraction of the expected value [0]"),
    model("detector.rules", Kind::Texts),
    model("detector.noise_floor", Kind::Real),
    setting("detector.use_time", Kind::Switch,
        "Treat gaps in the times of a key as missing records [false]"),
    setting("detector.max_time_jump", Kind::Real,
        "Reject a record whose time is further after the last one of its key, in seconds [any \
         distance]"),
    setting("detector.expect_every", Kind::Real,
        "Report keys that are silent for longer than this, in seconds of their times [never]"),
    setting("operator.memory_mib", Kind::Count,
        "Keep models within this memory, in MiB; spill others to the checkpoint store [no limit]"),
    setting("operator.time_to_live_seconds", Kind::Real,
        "Forget a key after this time without records, in seconds of their times [never]"),
    setting("dead_letters.kind", CONNECTOR,
        "Write bad records to this kind of sink with input.on_bad_record = \"dead_letter\" [file]"),
    setting("output.format", Kind::Choice(&["jsonl", "csv"]),
        "Write results in this format [jsonl]"),
    setting("output.columns", Kind::Texts,
        "compat: write these columns, in order: FIELD, or FIELD AS NAME [the values and the \
         score]"),
    setting("output.direction", Kind::Switch,
        "compat: add the direction to the explanation [false]"),
    setting("output.score_above", Kind::Real, "Write only results with a higher score"),
    setting("output.attribution", Kind::Switch,
        "Add the share of each value to results [false]"),
    setting("output.csv_safe", Kind::Switch,
        "csv: put a quote before texts that a spreadsheet would interpret as formulas [false]"),
    setting("sink.kind", CONNECTOR, "Write results to this kind of sink [file]"),
    setting("http.port", Kind::Count,
        "Serve health, metrics and the live page on this port; 0 chooses a free one [none]"),
    setting("http.host", Kind::Text,
        "Listen on this interface; any other than loopback needs token_file or public [127.0.0.1]"),
    setting("http.token_file", Kind::Text,
        "Require the token in this file: Authorization: Bearer TOKEN"),
    setting("http.public", Kind::Switch,
        "Show keys and values to everyone with access to the interface [false]"),
    setting("checkpoint.directory", Kind::Text,
        "Store checkpoints in this folder, or s3://bucket/prefix [none]"),
    setting("checkpoint.application", Kind::Text,
        "Store them under this name [rcf]"),
    setting("checkpoint.on_missing_state", Kind::Choice(&["fail", "previous", "rebuild", "reset"]),
        "Continue in this way when the newest one is damaged or missing [fail]"),
    setting("checkpoint.every_records", Kind::Count,
        "Write a checkpoint after this count of records"),
    setting("checkpoint.every_seconds", Kind::Real,
        "Write a checkpoint after this time, in seconds [60]"),
    setting("checkpoint.retain", Kind::Count, "Retain this many checkpoints [3]"),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use rcf_core::parameters::ParameterKind;

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

    /// Parameters of a detector that are not settings of their name.
    const OTHERWISE: &[&str] = &[
        "input_dimensions",     // the length of input.values
        "warm_up",              // forest.output_after
        "transform_decay",      // follows forest.sample_size
        "weights",              // in Rust and Python only
        "time_gap_input",       // in Rust and Python only
        "memory_profile",       // models in one budget are compact
        "ignore_near_expected", // ignore_absolute and ignore_relative
    ];

    #[test]
    fn settings_of_models_are_those_of_the_table() {
        for setting in OWN.iter().filter(|setting| setting.help.is_empty()) {
            let row = row(setting.key).unwrap_or_else(|| panic!("{} has no row", setting.key));
            let (is_alike, names): (_, &[_]) = match (setting.kind, row.kind) {
                (Kind::Choice(some), ParameterKind::Name(all)) => (!all.is_empty(), some),
                (Kind::Count | Kind::Seed, ParameterKind::Integer)
                | (Kind::Real, ParameterKind::Real)
                | (Kind::Texts, ParameterKind::Rules) => (true, &[]),
                _ => (false, &[]),
            };
            assert!(
                is_alike,
                "{}: {:?}, {:?}",
                setting.key, setting.kind, row.kind
            );
            if let ParameterKind::Name(all) = row.kind {
                let unknown = |name: &&&str| !all.contains(name) && **name != "combined";
                assert_eq!(names.iter().find(unknown), None, "{}", setting.key);
            }
        }
        for row in DETECTOR {
            let keys = ["forest", "detector"].map(|section| format!("{section}.{}", row.name));
            let is_setting = keys
                .iter()
                .any(|key| SETTINGS.iter().any(|one| one.key == key));
            assert_ne!(is_setting, OTHERWISE.contains(&row.name), "{}", row.name);
        }
    }
}
