//! The parameters of models, and how they are held, from settings.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use rcf_core::{AnomalyDetector, AnomalyDetectorBuilder};
use rcf_core::{Imputation, Learning, NearExpected, Rule, Threshold, Transform};

use super::layers::Layers;
use super::{ConfigError, OperatorConfig};
use crate::connectors::SinkSettings;
use crate::event::KeyOverride;
use crate::operator::ForestParameters;
use crate::settings::{SettingError, Value, Values, check};

impl Layers {
    pub(super) fn operator(&self) -> Result<OperatorConfig, ConfigError> {
        let detector = self.decides().then(|| self.detector()).transpose()?;
        if detector.is_none() && self.switch("input.optional_values") == Some(true) {
            let because = "input.optional_values = true";
            return Err(SettingError::missing("detector.enabled", because).into());
        }
        let time_to_live = self.real("operator.time_to_live_seconds");
        if let Some(seconds) = time_to_live {
            let key = "operator.time_to_live_seconds";
            check(key, "more than 0", seconds, seconds > 0.0)?;
        }
        let expect_every = self.expect_every();
        if let Some(seconds) = expect_every {
            let key = "detector.expect_every";
            let longest = time_to_live.unwrap_or(f64::INFINITY);
            let rule = "0.001 or more, and less than operator.time_to_live_seconds";
            check(key, rule, seconds, seconds >= 0.001 && seconds < longest)?;
        }
        let memory = if self.text("checkpoint.directory").is_some() {
            self.count("operator.memory_mib")
        } else {
            None
        };
        if let Some(mebibytes) = memory {
            check("operator.memory_mib", "1 or more", mebibytes, mebibytes > 0)?;
        }
        Ok(OperatorConfig {
            with_time: detector.is_some() && self.switch("detector.use_time").unwrap_or(false),
            decides_by_default: detector.is_some() && self.switch("detector.enabled").is_none(),
            detector,
            overrides: self.overrides(),
            time_to_live: time_to_live
                .map(|seconds| Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)),
            expect_every: expect_every
                .map(|seconds| Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)),
            memory: memory.map(|mebibytes| usize::try_from(mebibytes << 20).unwrap_or(usize::MAX)),
            dead_letters: self.dead_letters()?,
        })
    }

    /// Whether decisions are made. The retired service made none, and an application driven by the
    /// daemon may continue one of an earlier release, so both must request them.
    pub(super) fn decides(&self) -> bool {
        self.switch("detector.enabled").unwrap_or_else(|| {
            self.choice("compat").is_none() && self.choice("source.kind") != Some("multilang")
        })
    }

    /// Seconds after which a silent key is reported, if there are decisions key by key.
    pub(super) fn expect_every(&self) -> Option<f64> {
        let has_keys = self.choice("input.model_per") != Some("shard");
        let is_written =
            self.choice("compat").is_none() && self.choice("source.kind") != Some("multilang");
        (self.decides() && has_keys && is_written)
            .then(|| self.real("detector.expect_every"))
            .flatten()
    }

    fn detector(&self) -> Result<AnomalyDetectorBuilder, ConfigError> {
        // Its dimensions come with the input, and the parameters of its forest from the template.
        let mut builder = AnomalyDetector::builder(1);
        let level = self.real("detector.level");
        if let Some(level) = level {
            check("detector.level", "more than 0", level, level > 0.0)?;
        }
        // The name of release 0.1 for the calibrated threshold.
        let name = self
            .choice("detector.threshold")
            .filter(|name| *name != "combined");
        let name = name.unwrap_or(Threshold::default().as_str());
        let number = match name {
            // Until 0.1 the level was that of the default threshold, too: decades of false alarms.
            "calibrated" => self
                .real("detector.false_alarm_rate")
                .or(level.map(|decades| 10f64.powf(-decades)))
                .unwrap_or(Threshold::default().number()),
            "fixed" => level.ok_or_else(|| {
                let because = "detector.threshold = \"fixed\"";
                SettingError::missing("detector.level", because)
            })?,
            "quantile" => level.unwrap_or(3.0),
            _ => level.unwrap_or(4.0),
        };
        let threshold = Threshold::named(name, number);
        builder = builder.threshold(threshold.expect("the schema has the names of the table"));
        if let Some(transform) = self.choice("detector.transform").and_then(Transform::named) {
            builder = builder.transform(transform);
        }
        let imputation = self
            .choice("detector.imputation")
            .and_then(Imputation::named);
        builder = builder.imputation(imputation.unwrap_or_default());
        let patience = match self.count("detector.patience") {
            Some(records) => u32::try_from(records).unwrap_or(u32::MAX),
            None => {
                let given = self.count("forest.sample_size").map(usize::try_from);
                let points = given.map(|points| points.unwrap_or(usize::MAX));
                Learning::default_patience(points.unwrap_or(builder.config().sample_size))
            }
        };
        let skips = self.count("detector.patience").map(|_| "skip");
        let learning = self.choice("detector.learning").or(skips);
        if let Some(learning) = learning.and_then(|name| Learning::named(name, &[], patience)) {
            builder = builder.learning(learning);
        }
        if let Some(records) = self.count("detector.silence") {
            builder = builder.silence(u32::try_from(records).unwrap_or(u32::MAX));
        }
        if let Some(records) = self.count("detector.quiet") {
            builder = builder.quiet(u32::try_from(records).unwrap_or(u32::MAX));
        }
        if let Some(floor) = self.real("detector.noise_floor") {
            builder = builder.noise_floor(floor);
        }
        builder = builder.rules(self.rules()?);
        if self.switch("detector.use_time") == Some(true)
            && let Some(seconds) = self.real("detector.max_time_jump")
        {
            builder = builder.max_time_jump(seconds * 1e3); // times are in milliseconds
        }
        let absolute = self.real("detector.ignore_absolute").unwrap_or(0.0);
        let relative = self.real("detector.ignore_relative").unwrap_or(0.0);
        Ok(builder.ignore_near_expected(NearExpected {
            absolute_above: absolute,
            absolute_below: absolute,
            relative_above: relative,
            relative_below: relative,
        }))
    }

    /// The rules, which refer to values by the names of their fields.
    fn rules(&self) -> Result<Vec<Rule>, ConfigError> {
        let key = "detector.rules";
        let rules = self.texts(key).unwrap_or_default();
        if rules.is_empty() {
            return Ok(Vec::new());
        }
        let names = self.texts("input.values").unwrap_or_default();
        // For a file, values may be chosen later.
        let may_choose = self.choice("source.kind") == Some("file");
        if may_choose && names.is_empty() {
            return Err(SettingError::missing("input.values", key).into());
        }
        let read = rules.iter().map(|text| Rule::parse(text, &names));
        read.collect::<Result<_, _>>().map_err(ConfigError::Rule)
    }

    fn dead_letters(&self) -> Result<Option<Arc<dyn SinkSettings>>, ConfigError> {
        if self.choice("input.on_bad_record") != Some("dead_letter") {
            return Ok(None);
        }
        self.sink("dead_letters").map(Some)
    }

    fn overrides(&self) -> Vec<KeyOverride> {
        let tables = self.override_tables();
        tables
            .iter()
            .map(|(key, settings)| KeyOverride {
                key: key.clone(),
                parameters: parameters(settings),
            })
            .collect()
    }
}

fn parameters(settings: &BTreeMap<&'static str, Value>) -> ForestParameters {
    let size = |key: &str| match settings.get(key) {
        Some(Value::Count(count)) => Some(usize::try_from(*count).unwrap_or(usize::MAX)),
        _ => None,
    };
    let real = |key: &str| match settings.get(key) {
        Some(Value::Real(real)) => Some(*real),
        _ => None,
    };
    ForestParameters {
        shingle_size: size("forest.shingle_size"),
        number_of_trees: size("forest.number_of_trees"),
        sample_size: size("forest.sample_size"),
        time_decay: real("forest.time_decay"),
        output_after: size("forest.output_after"),
        initial_accept_fraction: real("forest.initial_accept_fraction"),
        seed: 0,
    }
}
