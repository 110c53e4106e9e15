//! Values of settings, and how they are looked up.

use std::fmt::Debug;

/// The value of a setting.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A text, or one of several choices.
    Text(String),
    /// A list of texts.
    Texts(Vec<String>),
    /// A whole number, 0 or more.
    Count(u64),
    /// A list of whole numbers.
    Counts(Vec<u64>),
    /// A whole number that is drawn.
    Random,
    /// A number.
    Real(f64),
    /// `true` or `false`.
    Switch(bool),
}

/// Settings that are set, by their full keys. Each key has one type, which was checked before, so
/// every method of another type returns `None`.
pub trait Values: Debug {
    /// The value of a key. A setting that is never read has no effect, which is an error.
    fn get(&self, key: &str) -> Option<&Value>;

    /// A text as it is stored, such as one of several choices.
    fn choice(&self, key: &str) -> Option<&str> {
        match self.get(key)? {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A text.
    fn text(&self, key: &str) -> Option<String> {
        self.choice(key).map(str::to_owned)
    }

    /// A list of texts.
    fn texts(&self, key: &str) -> Option<Vec<String>> {
        match self.get(key)? {
            Value::Texts(texts) => Some(texts.clone()),
            _ => None,
        }
    }

    /// A whole number.
    fn count(&self, key: &str) -> Option<u64> {
        match self.get(key)? {
            Value::Count(count) => Some(*count),
            _ => None,
        }
    }

    /// A list of whole numbers.
    fn counts(&self, key: &str) -> Option<Vec<u64>> {
        match self.get(key)? {
            Value::Counts(counts) => Some(counts.clone()),
            _ => None,
        }
    }

    /// A number.
    fn real(&self, key: &str) -> Option<f64> {
        match self.get(key)? {
            Value::Real(real) => Some(*real),
            _ => None,
        }
    }

    /// `true` or `false`.
    fn switch(&self, key: &str) -> Option<bool> {
        match self.get(key)? {
            Value::Switch(switch) => Some(*switch),
            _ => None,
        }
    }
}
