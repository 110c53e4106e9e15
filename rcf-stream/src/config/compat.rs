//! The setting `compat = "kda-sql"`: the defaults and the columns of the discontinued service.

use super::ConfigError;
use crate::decode::{FieldPath, Fields};
use crate::encode::{KdaColumn, KdaContent, KdaSql};
use crate::operator::ForestParameters;

const SCORE: &str = "ANOMALY_SCORE";
const EXPLANATION: &str = "ANOMALY_EXPLANATION";

/// Fills in the defaults of `RANDOM_CUT_FOREST`: 100 trees of 256 records, none older than
/// 100,000 records.
pub(super) fn parameters(given: ForestParameters) -> ForestParameters {
    ForestParameters {
        number_of_trees: given.number_of_trees.or(Some(100)),
        sample_size: given.sample_size.or(Some(256)),
        time_decay: given.time_decay.or(Some(1e-5)),
        ..given
    }
}

/// Reads the columns of results, each `FIELD` or `FIELD AS NAME`, and carries their fields.
pub(super) fn columns(
    given: Option<Vec<String>>,
    direction: bool,
    fields: &mut Fields,
) -> Result<KdaSql, ConfigError> {
    let names = || fields.values.iter().map(|path| path.as_str().to_owned());
    let given = given.unwrap_or_else(|| names().chain([SCORE.to_owned()]).collect());
    let mut value_names: Vec<_> = names().collect();
    let mut carried = Vec::new();
    let mut columns: Vec<KdaColumn> = Vec::with_capacity(given.len());
    for text in &given {
        let (field, name) = text.rsplit_once(" AS ").unwrap_or((text, text));
        let (field, name) = (field.trim(), name.trim().to_owned());
        if columns.iter().any(|column| column.name == name) {
            return Err(ConfigError::RepeatedColumn { name });
        }
        let content = match field {
            SCORE => KdaContent::Score,
            EXPLANATION => KdaContent::Explanation,
            field => {
                let path = FieldPath::new(field).map_err(|source| ConfigError::FieldPath {
                    key: "output.columns",
                    source,
                })?;
                let value = fields.values.iter().position(|value| *value == path);
                if let Some(value) = value {
                    value_names[value].clone_from(&name);
                }
                carried.push(path);
                KdaContent::Carried {
                    index: carried.len() - 1,
                    is_value: value.is_some(),
                }
            }
        };
        columns.push(KdaColumn { name, content });
    }
    fields.carried = carried;
    Ok(KdaSql {
        columns,
        value_names,
        direction,
    })
}
