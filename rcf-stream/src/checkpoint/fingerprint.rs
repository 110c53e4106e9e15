//! The settings that a state depends on.

use std::collections::BTreeMap;
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

    /// The first setting, by name, that is not the same in both.
    #[must_use]
    pub fn difference(&self, configured: &Self) -> Option<Difference> {
        let names = self.0.keys().chain(configured.0.keys());
        let setting = names
            .filter(|name| self.0.get(*name) != configured.0.get(*name))
            .min()?;
        Some(Difference {
            setting: setting.clone(),
            saved: self.0.get(setting).cloned(),
            configured: configured.0.get(setting).cloned(),
        })
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
    fn names_the_first_setting_that_differs() {
        let make = |forest: Value| {
            let mut fingerprint = Fingerprint::default();
            fingerprint.insert("forest", forest);
            fingerprint
        };
        let saved = make(json!({"sample_size": 256, "seed": 1, "time_decay": null}));
        assert_eq!(saved.difference(&saved.clone()), None);
        let other = make(json!({"sample_size": 512, "seed": 2}));
        let difference = saved.difference(&other).unwrap().to_string();
        assert_eq!(difference, "forest.sample_size was 256 and is now 512");
        let other = make(json!({"sample_size": 256}));
        let difference = saved.difference(&other).unwrap().to_string();
        assert_eq!(difference, "forest.seed was 1 and is now not set");
    }
}
