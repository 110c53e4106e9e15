//! The operator's state as bytes.
//!
//! All numbers are little-endian.
//!
//! | bytes | content |
//! |---|---|
//! | 8 | signature `89 52 43 46 4F 50 0D 0A` (`\x89RCFOP\r\n`) |
//! | 2 | format version, 2 |
//! | 8 × 8 | dimensions, shingle size, number of trees, sample size, output after, seed (u64); time decay, initial accept fraction (f64) |
//! | 8 | number of models |
//! | for each model, by key | 4: length of the key; the key in UTF-8; 8: time of the last use; 8: length of the model; the model as `rcf-core` writes it |
//! | 4 | CRC-32C of all the bytes before |

use std::collections::BTreeSet;

use rcf_core::keyed::{DetectorMap, KeyedModel};
use rcf_core::{Config, StateError};
use thiserror::Error;

use super::model::Model;
use super::named::{ParameterDifference, differences};
use super::template::Template;
use super::{ModelName, ModelNaming};

const SIGNATURE: [u8; 8] = *b"\x89RCFOP\r\n";
const VERSION: u16 = 2;

/// A snapshot cannot be restored. The operator is unchanged.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum RestoreError {
    /// The bytes do not start with the signature.
    #[error("not a snapshot of an operator: the signature is missing")]
    NotASnapshot,
    /// Written by a release whose format this one does not know.
    #[error("snapshot format {found} is not supported; this release reads format {VERSION}")]
    UnsupportedVersion {
        /// The format version found.
        found: u16,
    },
    /// The checksum does not match: the bytes were damaged or truncated.
    #[error("the snapshot is damaged: checksum {found:#010x}, computed {computed:#010x}")]
    Checksum {
        /// The checksum that was stored.
        found: u32,
        /// The checksum of the bytes found.
        computed: u32,
    },
    /// The checksum matches but the content makes no sense.
    #[error("the snapshot is malformed: {reason}")]
    Malformed {
        /// What is wrong.
        reason: &'static str,
    },
    /// The snapshot was taken with other parameters.
    #[error(
        "{name} is {saved} in the snapshot and {configured} in this operator; use the same \
             value"
    )]
    Parameter {
        /// The name of the parameter.
        name: &'static str,
        /// Its value in the snapshot.
        saved: String,
        /// Its value in the operator.
        configured: String,
    },
    /// The model of one key was made with other parameters.
    #[error(
        "the model of key {key:?} was saved with other parameters: {}; use the same parameters",
        join(differences)
    )]
    OtherParameters {
        /// The key.
        key: String,
        /// The parameters that differ.
        differences: Vec<ParameterDifference>,
    },
    /// A model cannot be put into the map.
    #[error("{reason}")]
    Store {
        /// The cause.
        reason: String,
    },
    /// The model of one key cannot be restored.
    #[error("the model of key {key:?}: {source}")]
    Model {
        /// The key.
        key: String,
        /// The cause.
        #[source]
        source: StateError,
    },
}

pub(super) fn write(config: &Config, models: &DetectorMap<ModelName, Model>) -> Vec<u8> {
    let mut out = Vec::new();
    out.extend(SIGNATURE);
    out.extend(VERSION.to_le_bytes());
    for parameter in parameters(config) {
        out.extend(parameter.bits.to_le_bytes());
    }
    // Sorted, so that equal states are equal bytes. Spilling is for pipelines, which take no
    // snapshots.
    let mut names: Vec<(&ModelName, i64)> = models.keys().collect();
    names.sort_unstable();
    out.extend((names.len() as u64).to_le_bytes());
    for (name, last_used) in names {
        let key = name.saved();
        let model = models.model(name).map_or_else(Vec::new, Model::to_bytes);
        out.extend((key.len() as u32).to_le_bytes());
        out.extend(key.as_bytes());
        out.extend(last_used.to_le_bytes());
        out.extend((model.len() as u64).to_le_bytes());
        out.extend(model);
    }
    let checksum = crc32c::crc32c(&out);
    out.extend(checksum.to_le_bytes());
    out
}

pub(super) fn read(
    bytes: &[u8],
    naming: ModelNaming,
    configured: &Config,
    template: &Template,
) -> Result<Vec<(ModelName, i64, Model)>, RestoreError> {
    let mut reader = Reader(checked_body(bytes)?);
    for parameter in parameters(configured) {
        let saved = reader.u64()?;
        if saved != parameter.bits {
            return Err(parameter.mismatch(saved));
        }
    }
    let mut models = Vec::new();
    let mut names = BTreeSet::new();
    for _ in 0..reader.u64()? {
        let (name, last_used, model) = read_model(&mut reader, naming, template)?;
        if !names.insert(name.clone()) {
            return Err(RestoreError::Malformed {
                reason: "a key occurs twice",
            });
        }
        models.push((name, last_used, model));
    }
    if !reader.0.is_empty() {
        return Err(RestoreError::Malformed {
            reason: "bytes follow the last model",
        });
    }
    Ok(models)
}

/// The content between the version and the checksum, once both are right.
fn checked_body(bytes: &[u8]) -> Result<&[u8], RestoreError> {
    let rest = bytes
        .strip_prefix(&SIGNATURE)
        .ok_or(RestoreError::NotASnapshot)?;
    let cut_short = RestoreError::Malformed {
        reason: "it is truncated",
    };
    let (version, rest) = rest.split_first_chunk().ok_or(cut_short.clone())?;
    let (body, checksum) = rest.split_last_chunk().ok_or(cut_short)?;
    let version = u16::from_le_bytes(*version);
    if version != VERSION {
        return Err(RestoreError::UnsupportedVersion { found: version });
    }
    let found = u32::from_le_bytes(*checksum);
    let computed = crc32c::crc32c(&bytes[..bytes.len() - size_of::<u32>()]);
    if found != computed {
        return Err(RestoreError::Checksum { found, computed });
    }
    Ok(body)
}

fn read_model(
    reader: &mut Reader<'_>,
    naming: ModelNaming,
    template: &Template,
) -> Result<(ModelName, i64, Model), RestoreError> {
    let key_length = reader.u32()?.into();
    let key =
        std::str::from_utf8(reader.take(key_length)?).map_err(|_| RestoreError::Malformed {
            reason: "a key is not UTF-8",
        })?;
    let last_used = reader.u64()?.cast_signed();
    let length = reader.u64()?;
    let model = Model::from_bytes(reader.take(length)?).map_err(|source| RestoreError::Model {
        key: key.to_owned(),
        source,
    })?;
    let name = ModelName::read(key, naming);
    check_parameters(&name, &model, template)?;
    Ok((name, last_used, model))
}

/// Whether a saved model has the parameters that a new one of its name would have.
pub(super) fn check_parameters(
    name: &ModelName,
    saved: &Model,
    template: &Template,
) -> Result<(), RestoreError> {
    let configured = template.model(name);
    if saved.is_alike(&configured) {
        return Ok(());
    }
    let mut differences = differences(saved, &configured);
    if name.shard().is_some() {
        // A model that was handed over to a child shard keeps the seed of its original name.
        differences.retain(|it| it.name != "seed");
        if differences.is_empty() {
            return Ok(());
        }
    }
    Err(RestoreError::OtherParameters {
        key: name.saved().to_owned(),
        differences,
    })
}

fn join(differences: &[ParameterDifference]) -> String {
    let texts: Vec<_> = differences.iter().map(ToString::to_string).collect();
    texts.join(", ")
}

/// A parameter as it is stored: an integer, or the bits of a float.
struct Parameter {
    name: &'static str,
    bits: u64,
    is_float: bool,
}

impl Parameter {
    fn integer(name: &'static str, value: u64) -> Self {
        Self {
            name,
            bits: value,
            is_float: false,
        }
    }

    fn float(name: &'static str, value: f64) -> Self {
        Self {
            name,
            bits: value.to_bits(),
            is_float: true,
        }
    }

    fn mismatch(&self, saved: u64) -> RestoreError {
        let show = |bits: u64| match self.is_float {
            true => f64::from_bits(bits).to_string(),
            false => bits.to_string(),
        };
        RestoreError::Parameter {
            name: self.name,
            saved: show(saved),
            configured: show(self.bits),
        }
    }
}

/// In the order of the format.
fn parameters(config: &Config) -> [Parameter; 8] {
    [
        Parameter::integer("dimensions", config.input_dimensions as u64),
        Parameter::integer("shingle_size", config.shingle_size as u64),
        Parameter::integer("number_of_trees", config.number_of_trees as u64),
        Parameter::integer("sample_size", config.sample_size as u64),
        Parameter::integer("output_after", config.output_after as u64),
        Parameter::integer("seed", config.seed),
        Parameter::float("time_decay", config.time_decay),
        Parameter::float("initial_accept_fraction", config.initial_accept_fraction),
    ]
}

/// Takes values from the front of a slice.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: u64) -> Result<&'a [u8], RestoreError> {
        let (taken, rest) = usize::try_from(length)
            .ok()
            .and_then(|length| self.0.split_at_checked(length))
            .ok_or(RestoreError::Malformed {
                reason: "a length leads past the end",
            })?;
        self.0 = rest;
        Ok(taken)
    }

    fn u32(&mut self) -> Result<u32, RestoreError> {
        let bytes = self.take(4)?;
        Ok(u32::from_le_bytes(bytes.try_into().expect("took 4 bytes")))
    }

    fn u64(&mut self) -> Result<u64, RestoreError> {
        let bytes = self.take(8)?;
        Ok(u64::from_le_bytes(bytes.try_into().expect("took 8 bytes")))
    }
}
