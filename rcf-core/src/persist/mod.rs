//! Saved formats of models.
//!
//! A saved model is a body in an [`envelope`], written by the [`codec`]. The body is a plain struct
//! of fixed-width numbers, frozen for ever: the order of its fields and variants is the format, and
//! no live type derives serde for it. Conversions are next to each format, so live types may
//! change.
//!
//! | file | content |
//! |---|---|
//! | [`forest`], [`detector`], [`forecaster`], [`distance`] | `to_bytes` and `from_bytes`: which format is written, which are read |
//! | [`forest_v1`] | forest, kind 1 |
//! | [`detector_v1`] to [`detector_v5`] | detector, kind 2 |
//! | [`forecaster_v1`], [`forecaster_v2`] | forecaster, kind 3 |
//! | [`distance_v1`] | detector of objects with a distance, kind 4 |
//! | [`categories`] | encoder of categories, kind 5 |
//! | [`parts_v1`] | what the formats of detectors and forecasters have in common |
//!
//! A body that is nested in another has the version that the outer one pins: detector v1 to v5 and
//! forecaster v1 and v2 hold forest v1. A map of models by key has no separate format: the caller
//! stores each model in its own envelope.
//!
//! Derived parts (bounding boxes, masses, the shape of trees) are not written but computed from the
//! rest, which they therefore cannot contradict. Nothing that is read is trusted.

mod categories;
mod codec;
mod detector;
mod detector_v1;
mod detector_v2;
mod detector_v3;
mod detector_v4;
mod detector_v5;
mod distance;
mod distance_v1;
mod envelope;
mod forecaster;
mod forecaster_v1;
mod forecaster_v2;
mod forest;
mod forest_v1;
mod parts_v1;

use crate::error::StateError;

fn inconsistent(reason: &str) -> StateError {
    StateError::Inconsistent {
        reason: reason.to_owned(),
    }
}

/// A saved size. What does not fit becomes too large a number, which the check of parameters
/// refuses.
fn size(value: u64) -> usize {
    usize::try_from(value).unwrap_or(usize::MAX)
}

/// Conversions both ways between a frozen struct and a live one whose fields have the same names.
macro_rules! same_fields {
    ($frozen:ident, $live:ty { $($field:ident),+ $(,)? }) => {
        impl From<$live> for $frozen {
            fn from(live: $live) -> Self {
                Self { $($field: live.$field.into()),+ }
            }
        }

        impl From<$frozen> for $live {
            fn from(saved: $frozen) -> Self {
                Self { $($field: saved.$field.into()),+ }
            }
        }
    };
}
use same_fields;

#[cfg(test)]
mod tests;
