//! The table of parameters: name, type, default, range, unit and help of each, in one place.
//!
//! [`FOREST`], [`DETECTOR`], [`FORECASTER`] and [`DISTANCE_DETECTOR`] list what the builders take.
//! Builders take their defaults and checks from here; the settings and flags of the program, the
//! docstrings of Python and the guide are made from the rows or tested against them.

mod rows;
#[cfg(test)]
mod tests;

pub(crate) use rows::*;
pub use rows::{DETECTOR, DISTANCE_DETECTOR, FORECASTER, FOREST};

use std::fmt;
use std::ops::{Bound, RangeBounds};

/// The largest supported `input_dimensions × shingle_size`.
pub const MAX_DIMENSIONS: usize = 65_535;
/// The largest supported `number_of_trees`.
pub const MAX_TREES: usize = 65_535;
/// The largest supported `sample_size`.
pub const MAX_SAMPLE_SIZE: usize = 1 << 24;

/// The largest magnitude of an input value. Sums over all dimensions of a box stay finite.
pub const MAX_MAGNITUDE: f64 = 1e30;

/// The largest supported `number_of_trees × sample_size`.
pub const MAX_SAMPLED_POINTS: usize = 1 << 30;

/// The largest supported sample of objects that have a distance: clustering compares many with all.
pub const MAX_SAMPLED_OBJECTS: usize = 1 << 16;

/// The largest supported horizon: the forecasts that wait for their observations take up its
/// square.
pub const MAX_HORIZON: usize = 1_000;

/// One parameter of a model.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Parameter {
    /// Its name, that of the setter, of the key in a file and of the Python keyword.
    pub name: &'static str,
    /// What it holds.
    pub kind: ParameterKind,
    /// The value if it is not set.
    pub default: ParameterDefault,
    /// The allowed numbers; of a list, of each of its numbers.
    pub range: ParameterRange,
    /// The unit of the number; empty for names, switches and pure numbers.
    pub unit: &'static str,
    /// What it does, as one imperative phrase.
    pub help: &'static str,
}

/// What a parameter holds.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum ParameterKind {
    /// A whole number.
    Integer,
    /// A number.
    Real,
    /// `true` or `false`.
    Flag,
    /// One of these names.
    Name(&'static [&'static str]),
    /// A number for each input.
    PerInput,
    /// A pair of numbers for each input.
    PairPerInput,
    /// Some of these names.
    Names(&'static [&'static str]),
    /// Texts that [`Rule::parse`](crate::Rule::parse) reads.
    Rules,
}

/// The value of a parameter that is not set.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum ParameterDefault {
    /// This number.
    Integer(u64),
    /// This number.
    Real(f64),
    /// This switch.
    Flag(bool),
    /// This name.
    Name(&'static str),
    /// The result of this rule, if it depends on other parameters.
    Rule(&'static str),
}

/// An interval of numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct ParameterRange {
    /// The least number.
    pub least: Bound<f64>,
    /// The greatest number.
    pub greatest: Bound<f64>,
}

impl Parameter {
    /// Whether the range holds a number. NaN is in no range but one without bounds.
    #[must_use]
    pub fn allows(&self, number: f64) -> bool {
        (self.range.least, self.range.greatest).contains(&number)
    }

    /// Whether the range holds a whole number.
    pub(crate) fn allows_count(&self, number: usize) -> bool {
        self.allows(number as f64)
    }

    /// The default of a count.
    pub(crate) const fn count(&self) -> usize {
        match self.default {
            ParameterDefault::Integer(number) => number as usize,
            _ => panic!("the default is not a whole number"),
        }
    }

    /// The default of a number.
    pub(crate) const fn real(&self) -> f64 {
        match self.default {
            ParameterDefault::Real(number) => number,
            _ => panic!("the default is not a number"),
        }
    }

    /// The default of a switch.
    pub(crate) const fn flag(&self) -> bool {
        match self.default {
            ParameterDefault::Flag(flag) => flag,
            _ => panic!("the default is not a switch"),
        }
    }
}

/// The parameter of this name in a table.
#[must_use]
pub fn find(table: &[&'static Parameter], name: &str) -> Option<&'static Parameter> {
    table.iter().find(|row| row.name == name).copied()
}

impl fmt::Display for ParameterDefault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(number) => number.fmt(f),
            Self::Real(number) => number.fmt(f),
            Self::Flag(flag) => flag.fmt(f),
            Self::Name(text) | Self::Rule(text) => text.fmt(f),
        }
    }
}

/// In mathematical notation: `[1, 65535]`, `(0, 0.1)`, `≥ 1`; empty without bounds.
impl fmt::Display for ParameterRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = |number: f64| match number.abs() {
            0.0 => "0".to_owned(),
            1e-5..1e15 => number.to_string(),
            _ => format!("{number:e}"),
        };
        match (self.least, self.greatest) {
            (Bound::Unbounded, Bound::Unbounded) => return Ok(()),
            (Bound::Included(least), Bound::Unbounded) => {
                return write!(f, "≥ {}", number(least));
            }
            (Bound::Excluded(least), Bound::Unbounded) => {
                return write!(f, "> {}", number(least));
            }
            _ => {}
        }
        match self.least {
            Bound::Included(least) => write!(f, "[{}, ", number(least))?,
            Bound::Excluded(least) => write!(f, "({}, ", number(least))?,
            Bound::Unbounded => f.write_str("(−∞, ")?,
        }
        match self.greatest {
            Bound::Included(greatest) => write!(f, "{}]", number(greatest)),
            Bound::Excluded(greatest) => write!(f, "{})", number(greatest)),
            Bound::Unbounded => f.write_str("∞)"),
        }
    }
}

/// The setters of a builder: each stores its value in the field that is named, as `Some` or in
/// another form where a path is given. The names must be those of the table.
macro_rules! setters {
    ($table:ident: $(
        $(#[doc = $doc:literal])+
        $name:ident: $type:ty $(=> $wrap:path)?, in $($place:ident).+;
    )+) => {
        /// Names and documentation of the setters, for the test that compares them with the table.
        #[cfg(test)]
        pub(crate) const SETTERS: (&[&crate::parameters::Parameter], &[(&str, &str)]) = (
            crate::parameters::$table,
            &[$((stringify!($name), concat!($($doc),+))),+],
        );

        $($(#[doc = $doc])+
        pub fn $name(mut self, $name: $type) -> Self {
            self.$($place).+ = $($wrap)?($name);
            self
        })+
    };
}
pub(crate) use setters;
