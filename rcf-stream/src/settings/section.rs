//! The section of a source or a sink.

use super::{SettingError, Values, check};

/// The settings of a section that describes a source or a sink: `source`, `sink` or `dead_letters`.
/// Names are those within the section.
#[derive(Debug, Clone, Copy)]
pub struct Section<'a> {
    values: &'a dyn Values,
    name: &'static str,
}

impl<'a> Section<'a> {
    /// A section of these settings.
    #[must_use]
    pub fn new(values: &'a dyn Values, name: &'static str) -> Self {
        Self { values, name }
    }

    /// The name of the section.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The full key of a setting.
    #[must_use]
    pub fn key(&self, name: &str) -> String {
        format!("{}.{name}", self.name)
    }

    /// One of several choices.
    #[must_use]
    pub fn choice(&self, name: &str) -> Option<&'a str> {
        self.values.choice(&self.key(name))
    }

    /// A text.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<String> {
        self.values.text(&self.key(name))
    }

    /// A text that must be set, for the connector that the section names.
    ///
    /// # Errors
    /// It is not set, or empty.
    pub fn required(&self, name: &str) -> Result<String, SettingError> {
        let kind = self.choice("kind").unwrap_or_default();
        self.required_by(name, &format!("{}.kind = {kind:?}", self.name))
    }

    /// A text that must be set because of another setting.
    ///
    /// # Errors
    /// It is not set, or empty.
    pub fn required_by(&self, name: &str, because: &str) -> Result<String, SettingError> {
        let text = self.text(name).filter(|text| !text.is_empty());
        text.ok_or_else(|| SettingError::missing(self.key(name), because))
    }

    /// A list of texts.
    #[must_use]
    pub fn texts(&self, name: &str) -> Option<Vec<String>> {
        self.values.texts(&self.key(name))
    }

    /// A whole number.
    #[must_use]
    pub fn count(&self, name: &str) -> Option<u64> {
        self.values.count(&self.key(name))
    }

    /// A list of whole numbers.
    #[must_use]
    pub fn counts(&self, name: &str) -> Option<Vec<u64>> {
        self.values.counts(&self.key(name))
    }

    /// A number.
    #[must_use]
    pub fn real(&self, name: &str) -> Option<f64> {
        self.values.real(&self.key(name))
    }

    /// `true` or `false`.
    #[must_use]
    pub fn switch(&self, name: &str) -> Option<bool> {
        self.values.switch(&self.key(name))
    }

    /// Checks a rule of a value.
    ///
    /// # Errors
    /// It is broken.
    pub fn check(
        &self,
        name: &str,
        rule: &'static str,
        found: impl ToString,
        holds: bool,
    ) -> Result<(), SettingError> {
        check(self.key(name), rule, found, holds)
    }
}
