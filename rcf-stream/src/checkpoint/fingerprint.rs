//! The settings that a state depends on.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The settings that change what a pipeline computes, by name. Checkpoints carry them, so that a
/// state is never continued under other settings, and so that the error can name the one.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fingerprint(BTreeMap<String, Value>);

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
                self.0.insert(name.to_owned(), value);
            }
        }
    }

    /// Takes the settings of a section from another one.
    pub(super) fn copy_section(&mut self, section: &str, from: &Self) {
        let is_inside = |name: &str| name.split('.').next() == Some(section);
        self.0.retain(|name, _| !is_inside(name));
        let copied = from.0.iter().filter(|(name, _)| is_inside(name));
        self.0
            .extend(copied.map(|(name, value)| (name.clone(), value.clone())));
    }

    /// All settings, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// The settings that are not the same in both, by name.
    #[must_use]
    pub fn differences(&self, configured: &Self) -> Vec<Difference> {
        let names: BTreeSet<_> = self.0.keys().chain(configured.0.keys()).collect();
        let differs = |name: &&String| self.0.get(*name) != configured.0.get(*name);
        let difference = |name: &String| Difference {
            setting: name.clone(),
            saved: self.0.get(name).cloned(),
            configured: configured.0.get(name).cloned(),
        };
        names.into_iter().filter(differs).map(difference).collect()
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

    #[test]
    fn names_the_settings_that_differ() {
        let make = |forest: Value| {
            let mut fingerprint = Fingerprint::default();
            fingerprint.insert("forest", forest);
            fingerprint
        };
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
}
