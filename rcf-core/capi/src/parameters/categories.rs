//! The parameters of an encoder of categories.

use rcf_core::categories::CategoryEncoder;
use serde_json::Value;

use super::{ParameterError, Result, members};

const CAPACITY: &str = "capacity";
const TIME_DECAY: &str = "time_decay";

/// A new encoder.
///
/// # Errors
/// The text is not a JSON object of its parameters, or one of them breaks its rule.
pub fn category_encoder(json: &str) -> Result<CategoryEncoder> {
    let given = members(json, &[CAPACITY, TIME_DECAY])?;
    let default = CategoryEncoder::default();
    let wrong = |name, expected: &str, got: &Value| ParameterError::Kind {
        name,
        expected: expected.to_owned(),
        got: got.clone(),
    };
    let capacity = match given.get(CAPACITY) {
        None => default.capacity(),
        Some(value) => {
            let count = value.as_u64();
            let count = count.ok_or_else(|| wrong(CAPACITY, "a whole number", value))?;
            usize::try_from(count).unwrap_or(usize::MAX)
        }
    };
    let time_decay = match given.get(TIME_DECAY) {
        None => default.time_decay(),
        Some(value) => {
            let number = value.as_f64();
            number.ok_or_else(|| wrong(TIME_DECAY, "a number", value))?
        }
    };
    Ok(CategoryEncoder::new(capacity, time_decay)?)
}
