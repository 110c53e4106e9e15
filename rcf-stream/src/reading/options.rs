//! Names of the options that correct the detected format.

/// The names of the options that describe how a source is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OptionNames {
    /// The columns to judge.
    pub values: &'static str,
    /// The key.
    pub key: &'static str,
    /// The columns to judge as categories.
    pub categorical: &'static str,
    /// The time.
    pub time: &'static str,
    /// The format of the time.
    pub time_format: &'static str,
    /// What separates columns.
    pub delimiter: &'static str,
    /// The decimal mark.
    pub decimal: &'static str,
}

impl OptionNames {
    /// Those of a pipeline.
    pub const OF_A_PIPELINE: Self = Self {
        values: "--input-values",
        key: "--input-key",
        categorical: "--input-categorical",
        time: "--input-timestamp",
        time_format: "--input-time-format",
        delimiter: "--input-delimiter",
        decimal: "--input-decimal",
    };
}

/// Those of commands that read one file.
impl Default for OptionNames {
    fn default() -> Self {
        Self {
            values: "--column",
            key: "--key",
            categorical: "--categorical",
            time: "--time",
            time_format: "--time-format",
            delimiter: "--delimiter",
            decimal: "--decimal",
        }
    }
}
