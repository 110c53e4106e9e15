//! `rcf.events`, for keys that are numbered.

use pyo3::prelude::*;
use rcf_core::events::{Alert, correlate};

use crate::errors;
use crate::input::seconds;

/// A key of an event: its number, its first alert, the number of its alerts, the largest grade.
type Onset = (usize, usize, usize, f64);

/// Group alerts that begin together: see `rcf.events`.
#[pyfunction]
pub(crate) fn _correlate(
    keys: Vec<usize>,
    times: &Bound<'_, PyAny>,
    grades: Vec<f64>,
    within: f64,
    min_keys: usize,
) -> PyResult<Vec<Vec<Onset>>> {
    let times = seconds(times, keys.len())?;
    let alerts = keys.into_iter().zip(times).zip(grades);
    let alerts: Vec<_> = alerts
        .map(|((key, time), grade)| Alert { key, time, grade })
        .collect();
    let found = correlate(&alerts, within, min_keys).map_err(errors::input)?;
    let events = found.events.into_iter().map(|event| {
        let onsets = event.onsets.into_iter();
        onsets
            .map(|onset| (onset.key, onset.first, onset.alerts, onset.grade))
            .collect()
    });
    Ok(events.collect())
}
