//! The JSON of parameters: one object, its names those of the table of `rcf-core`.
//!
//! Lists of numbers may be one number for all inputs. A parameter that is a name with numbers
//! is an array of both, as in Python: `["skip", 500]`. `null` is the default.

mod categories;
mod detector;
mod forest;

use rcf_core::MemoryProfile;
use rcf_core::parameters::{Parameter, ParameterKind, find};
use serde_json::{Map, Value};
use thiserror::Error;

pub use categories::category_encoder;
pub use detector::detector;
pub use forest::forest;

/// Why an object is not valid as parameters. (The builders check the values.)
#[derive(Debug, Error)]
pub enum ParameterError {
    /// The text is not JSON.
    #[error("the parameters are not JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// It is JSON, but not an object.
    #[error("the parameters must be a JSON object, such as {{\"input_dimensions\": 1}}")]
    NotAnObject,
    /// The table has no such name.
    #[error("unknown parameter {name}; known parameters are {known}")]
    Unknown {
        /// The name.
        name: String,
        /// The names of the table.
        known: String,
    },
    /// The value is of another kind.
    #[error("{name} must be {expected}, got {got}")]
    Kind {
        /// The parameter.
        name: &'static str,
        /// The expected value.
        expected: String,
        /// The given value.
        got: Value,
    },
    /// A value or a text breaks its rule.
    #[error(transparent)]
    Rule(#[from] rcf_core::ConfigError),
    /// Two parameters are given of which only one is allowed.
    #[error("{name} and {other} are mutually exclusive: omit one of them")]
    Exclusive {
        /// One.
        name: &'static str,
        /// The other.
        other: &'static str,
    },
}

type Result<T> = std::result::Result<T, ParameterError>;

/// The given parameters of a table.
struct Given {
    table: &'static [&'static Parameter],
    values: Map<String, Value>,
}

impl Given {
    fn read(table: &'static [&'static Parameter], json: &str) -> Result<Self> {
        let names: Vec<&str> = table.iter().map(|row| row.name).collect();
        let values = members(json, &names)?;
        Ok(Self { table, values })
    }

    /// The given value of a parameter of the table.
    fn value(&self, name: &'static str) -> Option<&Value> {
        debug_assert!(find(self.table, name).is_some(), "{name} is in no table");
        self.values.get(name)
    }

    fn parse<'a, T>(
        &'a self,
        name: &'static str,
        expected: &str,
        parse: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Result<Option<T>> {
        let parsed = self.value(name).map(|value| match parse(value) {
            Some(parsed) => Ok(parsed),
            None => Err(self.wrong(name, expected)),
        });
        parsed.transpose()
    }

    fn wrong(&self, name: &'static str, expected: &str) -> ParameterError {
        ParameterError::Kind {
            name,
            expected: expected.to_owned(),
            got: self.values.get(name).cloned().unwrap_or_default(),
        }
    }

    /// A whole number. One that is too large for this machine becomes the largest, which is outside
    /// every range.
    fn count(&self, name: &'static str) -> Result<Option<usize>> {
        let count = self.whole(name)?;
        Ok(count.map(|count| usize::try_from(count).unwrap_or(usize::MAX)))
    }

    fn whole(&self, name: &'static str) -> Result<Option<u64>> {
        self.parse(name, "a whole number of at least 0", Value::as_u64)
    }

    fn whole_32(&self, name: &'static str) -> Result<Option<u32>> {
        let expected = format!("a whole number from 0 to {}", u32::MAX);
        self.parse(name, &expected, as_u32)
    }

    fn real(&self, name: &'static str) -> Result<Option<f64>> {
        self.parse(name, "a number", Value::as_f64)
    }

    fn flag(&self, name: &'static str) -> Result<Option<bool>> {
        self.parse(name, "true or false", Value::as_bool)
    }

    /// A number for each input, or one for all of them.
    fn per_input(&self, name: &'static str, inputs: usize) -> Result<Option<Vec<f64>>> {
        self.parse(name, "a number, or an array of numbers", |value| {
            value
                .as_f64()
                .map(|number| vec![number; inputs.min(rcf_core::MAX_DIMENSIONS)])
                .or_else(|| as_numbers(value.as_array()?))
        })
    }

    /// One of the names of the table, and the numbers that follow it.
    fn named(&self, name: &'static str) -> Result<Option<(&str, &[Value])>> {
        let known = match find(self.table, name).map(|row| row.kind) {
            Some(ParameterKind::Name(names)) => names,
            _ => &[],
        };
        let expected = format!("one of {}", known.join(", "));
        self.parse(name, &expected, |value| {
            let (given, numbers) = match value {
                Value::Array(parts) => parts.split_first()?,
                value => (value, &[][..]),
            };
            let given = known.iter().find(|known| Some(**known) == given.as_str())?;
            Some((*given, numbers))
        })
    }
}

/// The members of an object that are not null, whose names must be among these.
fn members(json: &str, names: &[&str]) -> Result<Map<String, Value>> {
    let Value::Object(mut values) = serde_json::from_str(json)? else {
        return Err(ParameterError::NotAnObject);
    };
    values.retain(|_, value| !value.is_null());
    match values.keys().find(|name| !names.contains(&name.as_str())) {
        None => Ok(values),
        Some(name) => Err(ParameterError::Unknown {
            name: name.clone(),
            known: names.join(", "),
        }),
    }
}

fn memory_profile(given: &Given) -> Result<Option<MemoryProfile>> {
    let name = "memory_profile";
    let Some((profile, numbers)) = given.named(name)? else {
        return Ok(None);
    };
    let mut all = MemoryProfile::ALL.into_iter();
    match all.find(|it| it.as_str() == profile && numbers.is_empty()) {
        Some(profile) => Ok(Some(profile)),
        None => Err(given.wrong(name, "a name alone")),
    }
}

fn as_u32(value: &Value) -> Option<u32> {
    u32::try_from(value.as_u64()?).ok()
}

fn as_numbers(values: &[Value]) -> Option<Vec<f64>> {
    values.iter().map(Value::as_f64).collect()
}

/// Passes the given value to a builder. Omitted parameters stay unset: defaults are only in
/// rcf-core.
macro_rules! set {
    ($builder:ident, $given:ident: $($name:ident: $kind:ident),+ $(,)?) => {$(
        if let Some(value) = $given.$kind(stringify!($name))? {
            $builder = $builder.$name(value);
        }
    )+};
}
use set;

#[cfg(test)]
mod tests;
