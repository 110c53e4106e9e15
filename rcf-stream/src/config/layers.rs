//! Settings from a file, the environment and flags, in layers: flags override the environment,
//! which overrides the file. Keys and types are checked where they are read, so that errors can
//! name the place.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::ConfigError;
use super::schema::{RENAMED, SETTINGS, Setting};
use crate::settings::{self, Kind, Value, Values};
use crate::suggest::meant;

/// `RCF_*` variables that are not settings of the pipeline.
const OTHER_VARIABLES: [&str; 3] = ["RCF_CONFIG", "RCF_LOG", "RCF_LOG_FORMAT"];

/// Where a setting comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A line of a file.
    File {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// An environment variable.
    Variable(String),
    /// A flag of the command line.
    Flag(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, line } => write!(f, "{}, line {line}", path.display()),
            Self::Variable(name) => write!(f, "environment variable {name}"),
            Self::Flag(name) => write!(f, "flag --{name}"),
        }
    }
}

/// All settings that are set. Later layers replace earlier ones.
#[derive(Debug, Default)]
pub struct Layers {
    values: BTreeMap<&'static str, (Value, Origin)>,
    used: RefCell<BTreeSet<&'static str>>,
    /// The differences that `[[override]]` sets for the forests of some keys.
    overrides: Vec<OverrideTable>,
    /// Settings under the name of an earlier release: where, the old key and the new one.
    renamed: Vec<(Origin, &'static str, &'static str)>,
}

/// The key, and the settings of the section `forest` that differ.
pub(super) type OverrideTable = (String, BTreeMap<&'static str, Value>);

impl Layers {
    /// Adds the settings of a TOML file.
    ///
    /// # Errors
    /// The file cannot be read, is not TOML, or has an unknown key or a value of a wrong type.
    pub fn file(&mut self, path: &Path) -> Result<(), ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Read {
            path: path.to_owned(),
            source,
        })?;
        self.toml(path, &text)
    }

    /// Adds the settings of a TOML text; errors name `path`.
    ///
    /// # Errors
    /// It is not TOML, or has an unknown key or a value of a wrong type.
    pub fn toml(&mut self, path: &Path, text: &str) -> Result<(), ConfigError> {
        let document = DeTable::parse(text).map_err(|error| ConfigError::Syntax {
            path: path.to_owned(),
            message: error.to_string().trim_end().to_owned(),
        })?;
        let line = |offset: usize| text[..offset].matches('\n').count() + 1;
        let origin = |offset| Origin::File {
            path: path.to_owned(),
            line: line(offset),
        };
        for (section, settings) in document.get_ref() {
            if section.get_ref() == "override" {
                self.overrides = overrides(settings, text, &origin)?;
                continue;
            }
            let mut insert = |key: &str, offset, value: &Spanned<DeValue<'_>>| {
                let origin = origin(offset);
                let Some(setting) = Setting::find(key) else {
                    return Err(unknown(key, origin));
                };
                let value = from_toml(setting.kind, value)
                    .ok_or_else(|| wrong(setting, &origin, &text[value.span()]))?;
                self.note_old_name(key, &origin);
                self.values.insert(setting.key, (value, origin));
                Ok(())
            };
            let DeValue::Table(table) = settings.get_ref() else {
                insert(section.get_ref(), section.span().start, settings)?;
                continue;
            };
            for (name, value) in table {
                let key = format!("{}.{}", section.get_ref(), name.get_ref());
                insert(&key, name.span().start, value)?;
            }
        }
        Ok(())
    }

    /// Adds the settings among environment variables: all that begin with `RCF_`.
    ///
    /// # Errors
    /// A name that is not a setting, or a value of a wrong type.
    pub fn variables(
        &mut self,
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Result<(), ConfigError> {
        for (name, text) in variables {
            if !name.starts_with("RCF_") || OTHER_VARIABLES.contains(&name.as_str()) {
                continue;
            }
            let origin = Origin::Variable(name.clone());
            let old = RENAMED
                .iter()
                .find(|(old, _)| settings::variable(old) == name);
            let by_name = |setting: &&Setting| match old {
                Some((_, new)) => setting.key == *new,
                None => setting.variable() == name,
            };
            let Some(setting) = SETTINGS.iter().find(by_name) else {
                let known: Vec<_> = SETTINGS.iter().map(Setting::variable).collect();
                let suggestion = meant(&name, known.iter().map(String::as_str)).map(str::to_owned);
                return Err(ConfigError::UnknownKey {
                    origin,
                    key: name,
                    suggestion,
                });
            };
            if let Some((old, _)) = old {
                self.note_old_name(old, &origin);
            }
            self.insert_text(setting, &text, origin)?;
        }
        Ok(())
    }

    /// Adds the value of the flag of a key, which may have the name of an earlier release.
    ///
    /// # Errors
    /// A key that is not a setting, or a value of a wrong type.
    pub fn flag(&mut self, key: &str, text: &str) -> Result<(), ConfigError> {
        let origin = Origin::Flag(settings::flag(key));
        let Some(setting) = Setting::find(key) else {
            return Err(unknown(key, origin));
        };
        self.note_old_name(key, &origin);
        self.insert_text(setting, text, origin)
    }

    fn note_old_name(&mut self, key: &str, origin: &Origin) {
        if let Some((old, new)) = RENAMED.iter().find(|(old, _)| *old == key) {
            self.renamed.push((origin.clone(), old, new));
        }
    }

    /// One line for each setting under the name of an earlier release.
    pub fn old_names(&self) -> impl Iterator<Item = String> {
        let line = |(origin, old, new): &(Origin, &str, &str)| {
            format!("{origin}: {old} is called {new} now; the old name goes with the next release")
        };
        self.renamed.iter().map(line)
    }

    fn insert_text(
        &mut self,
        setting: &'static Setting,
        text: &str,
        origin: Origin,
    ) -> Result<(), ConfigError> {
        let value = from_text(setting.kind, text)
            .ok_or_else(|| wrong(setting, &origin, &format!("{text:?}")))?;
        self.values.insert(setting.key, (value, origin));
        Ok(())
    }

    pub(super) fn override_tables(&self) -> &[OverrideTable] {
        &self.overrides
    }

    /// Where a setting is set, if it is.
    pub(super) fn origin(&self, key: &str) -> Option<&Origin> {
        self.values.get(key).map(|(_, origin)| origin)
    }

    /// The first setting that was set and never read.
    pub(super) fn unused(&self) -> Option<(&'static str, &Origin)> {
        let used = self.used.borrow();
        let mut unused = self.values.iter().filter(|(key, _)| !used.contains(*key));
        unused.next().map(|(key, (_, origin))| (*key, origin))
    }
}

impl Values for Layers {
    /// Takes a value. A setting that is never read has no effect, which `unused` reports.
    fn get(&self, key: &str) -> Option<&Value> {
        let setting = Setting::find(key);
        debug_assert!(setting.is_some(), "{key} is not in the table");
        self.used.borrow_mut().insert(setting?.key);
        self.values.get(key).map(|(value, _)| value)
    }
}

/// Reads the tables of `[[override]]`.
fn overrides(
    tables: &Spanned<DeValue<'_>>,
    text: &str,
    origin: &dyn Fn(usize) -> Origin,
) -> Result<Vec<OverrideTable>, ConfigError> {
    let not_tables = || ConfigError::Override {
        origin: origin(tables.span().start),
        reason: "write each as a table [[override]] with a key".to_owned(),
    };
    let mut read = Vec::new();
    for table in tables.get_ref().as_array().ok_or_else(not_tables)? {
        let (mut key, mut settings) = (None, BTreeMap::new());
        for (name, value) in table.get_ref().as_table().ok_or_else(not_tables)? {
            if name.get_ref() == "key" {
                key = value.get_ref().as_str().map(str::to_owned);
                continue;
            }
            let full = format!("forest.{}", name.get_ref());
            let origin = origin(name.span().start);
            let setting = match Setting::find(&full) {
                Some(setting) if full != "forest.seed" => setting,
                _ => return Err(unknown(&full, origin)),
            };
            let value = from_toml(setting.kind, value)
                .ok_or_else(|| wrong(setting, &origin, &text[value.span()]))?;
            settings.insert(setting.key, value);
        }
        let key = key.ok_or_else(|| ConfigError::Override {
            origin: origin(table.span().start),
            reason: "it needs a key: the key itself, or its beginning and *".to_owned(),
        })?;
        read.push((key, settings));
    }
    Ok(read)
}

fn unknown(key: &str, origin: Origin) -> ConfigError {
    let suggestion = meant(key, SETTINGS.iter().map(|setting| setting.key)).map(str::to_owned);
    ConfigError::UnknownKey {
        origin,
        key: key.to_owned(),
        suggestion,
    }
}

fn wrong(setting: &'static Setting, origin: &Origin, found: &str) -> ConfigError {
    let expected = match setting.kind {
        Kind::Text => "a text".to_owned(),
        Kind::Texts => "a list of texts".to_owned(),
        Kind::Count => "a whole number, 0 or more".to_owned(),
        Kind::Seed => "a whole number, 0 or more, or \"random\"".to_owned(),
        Kind::Counts => "a list of whole numbers, 0 or more".to_owned(),
        Kind::Real => "a number".to_owned(),
        Kind::Switch => "true or false".to_owned(),
        Kind::Choice(choices) => format!("one of {}", choices.join(", ")),
    };
    let (origin, found) = (origin.clone(), found.to_owned());
    ConfigError::WrongValue {
        origin,
        key: setting.key,
        expected,
        found,
    }
}

fn from_toml(kind: Kind, value: &Spanned<DeValue<'_>>) -> Option<Value> {
    let value = value.get_ref();
    let text = |value: &DeValue<'_>| value.as_str().map(str::to_owned);
    let count = |value: &DeValue<'_>| {
        let integer = value.as_integer()?;
        u64::from_str_radix(integer.as_str(), integer.radix()).ok()
    };
    match kind {
        Kind::Text => text(value).map(Value::Text),
        Kind::Choice(_) => from_text(kind, value.as_str()?),
        Kind::Count => count(value).map(Value::Count),
        Kind::Seed => match value.as_str() {
            Some(text) => from_text(kind, text).filter(|value| *value == Value::Random),
            None => count(value).map(Value::Count),
        },
        Kind::Switch => value.as_bool().map(Value::Switch),
        Kind::Real => {
            let written = value.as_float().map(|float| float.as_str());
            let written = written.or_else(|| value.as_integer().map(|integer| integer.as_str()));
            from_text(kind, written?)
        }
        Kind::Texts => match value.as_array() {
            Some(items) => {
                let items = items.iter().map(|item| text(item.get_ref()));
                items.collect::<Option<_>>().map(Value::Texts)
            }
            None => Some(Value::Texts(vec![text(value)?])),
        },
        Kind::Counts => {
            let items = value.as_array()?.iter().map(|item| count(item.get_ref()));
            items.collect::<Option<_>>().map(Value::Counts)
        }
    }
}

fn from_text(kind: Kind, text: &str) -> Option<Value> {
    let items = || {
        text.split(',')
            .map(str::trim)
            .filter(|item| !item.is_empty())
    };
    match kind {
        Kind::Text => Some(Value::Text(text.to_owned())),
        Kind::Texts => Some(Value::Texts(items().map(str::to_owned).collect())),
        Kind::Count => text.parse().ok().map(Value::Count),
        Kind::Seed if text == "random" => Some(Value::Random),
        Kind::Seed => text.parse().ok().map(Value::Count),
        Kind::Counts => items()
            .map(|item| item.parse().ok())
            .collect::<Option<_>>()
            .map(Value::Counts),
        Kind::Real => text
            .parse()
            .ok()
            .filter(|real: &f64| real.is_finite())
            .map(Value::Real),
        Kind::Switch => text.parse().ok().map(Value::Switch),
        Kind::Choice(choices) => choices
            .contains(&text)
            .then(|| Value::Text(text.to_owned())),
    }
}
