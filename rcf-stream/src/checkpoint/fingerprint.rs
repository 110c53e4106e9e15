//! The settings that a state depends on, by name.
//!
//! A fingerprint has a version. An absent name has the value that was in effect in that
//! version: see [`INTRODUCED`]. So a release that adds a parameter still continues the checkpoints
//! of those before it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::Value;

use super::fingerprint_v1;
use crate::operator::MODEL_VERSION;

/// The version of the fingerprints that this release writes.
const VERSION: u64 = 4;
const VERSION_NAME: &str = "version";
const MODEL_VERSION_NAME: &str = "model_version";

/// Parameters introduced after version 1: the version, the name, and the value with which a model
/// behaves like the models of earlier versions.
///
/// A new parameter of a model adds a line here, with `VERSION` raised by one.
const INTRODUCED: &[(u64, &str, Introduced)] = &[
    (2, MODEL_VERSION_NAME, Introduced::Count(1)),
    (2, "operator.detector.quiet", Introduced::Count(50)),
    (
        3,
        "operator.detector.max_time_jump",
        Introduced::Text("unlimited"),
    ),
    (4, "operator.detector.rules", Introduced::Text("none")),
];

/// A value of [`INTRODUCED`].
#[derive(Debug, Clone, Copy)]
enum Introduced {
    Count(u64),
    Text(&'static str),
}

impl From<Introduced> for Value {
    fn from(value: Introduced) -> Self {
        match value {
            Introduced::Count(count) => count.into(),
            Introduced::Text(text) => text.into(),
        }
    }
}

/// The settings that change what a pipeline computes, by name. Checkpoints carry them, so that a
/// state is never continued under other settings, and so that the error can name the difference.
#[derive(Debug, Clone, PartialEq)]
pub struct Fingerprint {
    version: u64,
    settings: BTreeMap<String, Value>,
}

/// One setting that differs.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// The name of the setting.
    pub setting: String,
    /// Its value in the checkpoint.
    pub saved: Option<Value>,
    /// Its value now.
    pub configured: Option<Value>,
}

impl Default for Fingerprint {
    fn default() -> Self {
        let mut fingerprint = Self {
            version: VERSION,
            settings: BTreeMap::new(),
        };
        fingerprint.insert(MODEL_VERSION_NAME, MODEL_VERSION.into());
        fingerprint
    }
}

impl Fingerprint {
    /// Adds a setting. What is inside an object is added as `name.inner`.
    pub fn insert(&mut self, name: &str, value: Value) {
        match value {
            Value::Object(inner) => {
                for (inner_name, value) in inner {
                    self.insert(&format!("{name}.{inner_name}"), value);
                }
            }
            Value::Null => {} // not set
            value => {
                self.settings.insert(name.to_owned(), value);
            }
        }
    }

    /// Reads what [`to_map`](Self::to_map) of this release or an earlier one has written.
    #[must_use]
    pub fn from_map(mut map: BTreeMap<String, Value>) -> Self {
        match map
            .remove(VERSION_NAME)
            .and_then(|version| version.as_u64())
        {
            Some(version) => Self {
                version,
                settings: map,
            },
            None => Self {
                version: 1,
                settings: fingerprint_v1::upgrade(map),
            },
        }
    }

    /// The settings with the version, as they are saved.
    #[must_use]
    pub fn to_map(&self) -> BTreeMap<String, Value> {
        let mut map = self.settings.clone();
        map.insert(VERSION_NAME.to_owned(), self.version.into());
        map
    }

    /// Takes the settings of a section from another one.
    pub(super) fn copy_section(&mut self, section: &str, from: &Self) {
        let is_inside = |name: &str| name.split('.').next() == Some(section);
        self.settings.retain(|name, _| !is_inside(name));
        let copied = from.settings.iter().filter(|(name, _)| is_inside(name));
        self.settings
            .extend(copied.map(|(name, value)| (name.clone(), value.clone())));
    }

    /// All settings that are set, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.settings
            .iter()
            .map(|(name, value)| (name.as_str(), value))
    }

    /// The value of a setting: the one that is set, or the one in effect where it is absent.
    fn get(&self, name: &str) -> Option<Value> {
        let set = self.settings.get(name).cloned();
        set.or_else(|| {
            let introduced = INTRODUCED.iter().find(|it| it.1 == name)?;
            let (since, _, before) = *introduced;
            (self.version < since).then(|| before.into())
        })
    }

    /// The version of the models: different versions give different scores for the same records.
    #[must_use]
    pub fn model_version(&self) -> u64 {
        let version = self.get(MODEL_VERSION_NAME);
        version.and_then(|it| it.as_u64()).unwrap_or_default()
    }

    /// The settings that differ, by name. Models of an earlier version are not a difference: they
    /// continue learning, and each result names the version that produced it.
    #[must_use]
    pub fn differences(&self, configured: &Self) -> Vec<Difference> {
        let names: BTreeSet<&String> = self
            .settings
            .keys()
            .chain(configured.settings.keys())
            .collect();
        let is_upgrade = |name: &str| {
            name == MODEL_VERSION_NAME && self.model_version() < configured.model_version()
        };
        let difference = |name: &String| {
            let (saved, now) = (self.get(name), configured.get(name));
            (saved != now && !is_upgrade(name)).then(|| Difference {
                setting: name.clone(),
                saved,
                configured: now,
            })
        };
        names.into_iter().filter_map(difference).collect()
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let show = |value: &Option<Value>| match value {
            Some(value) => value.to_string(),
            None => "not set".to_owned(),
        };
        let (saved, configured) = (show(&self.saved), show(&self.configured));
        write!(f, "{} was {saved} and is now {configured}", self.setting)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn make(forest: Value) -> Fingerprint {
        let mut fingerprint = Fingerprint::default();
        fingerprint.insert("forest", forest);
        fingerprint
    }

    #[test]
    fn names_the_settings_that_differ() {
        let saved = make(json!({"sample_size": 256, "seed": 1, "time_decay": null}));
        assert_eq!(saved.differences(&saved.clone()), []);
        let other = make(json!({"sample_size": 512, "trees": 2, "seed": 1}));
        let differences = saved.differences(&other);
        let texts: Vec<_> = differences.iter().map(Difference::to_string).collect();
        let sample_size = "forest.sample_size was 256 and is now 512";
        assert_eq!(
            texts,
            [sample_size, "forest.trees was not set and is now 2"]
        );
    }

    #[test]
    fn fingerprints_round_trip() {
        let saved = make(json!({"seed": 1}));
        assert_eq!(Fingerprint::from_map(saved.to_map()), saved);
    }

    #[test]
    fn a_name_that_a_version_did_not_know_has_the_value_of_that_version() {
        let old = Fingerprint::from_map(BTreeMap::from([("forest.seed".to_owned(), 1.into())]));
        assert_eq!((old.version, old.model_version()), (1, 1));
        assert_eq!(old.differences(&make(json!({"seed": 1}))), []);
    }

    #[test]
    fn models_of_a_later_release_are_refused_and_earlier_ones_continue() {
        let now = make(json!({}));
        let of = |version: u64| {
            let mut fingerprint = now.clone();
            fingerprint.insert(MODEL_VERSION_NAME, version.into());
            fingerprint
        };
        let next = u64::from(MODEL_VERSION) + 1;
        assert_eq!(of(u64::from(MODEL_VERSION) - 1).differences(&now), []);
        let differences = of(next).differences(&now);
        assert_eq!(differences.len(), 1);
        assert_eq!(differences[0].setting, MODEL_VERSION_NAME);
    }
}
