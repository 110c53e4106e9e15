//! Descriptors of rows, turned into the columns of a table.

use ndarray::Array2;
use numpy::prelude::*;
use numpy::{PyArray1, PyArray2};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use rcf_core::{Descriptor, Direction, EvidenceKind, Silenced};

/// One entry for each row, and one in `candidate_*` for each row that is a candidate.
#[derive(Default)]
pub(super) struct Columns {
    score: Vec<f64>,
    evidence: Vec<f64>,
    threshold: Vec<f64>,
    severity: Vec<f64>,
    grade: Vec<f64>,
    confidence: Vec<f64>,
    warmup: Vec<i64>,
    imputed: Vec<i64>,
    is_anomaly: Vec<bool>,
    candidate: Vec<i64>,
    relative_index: Vec<i64>,
    is_high: Vec<bool>,
    values: Vec<f64>,
    expected: Vec<f64>,
    high: Vec<f64>,
    low: Vec<f64>,
    /// Why a candidate was not reported.
    silenced: Vec<Option<Silenced>>,
    kind: Vec<EvidenceKind>,
}

impl Columns {
    pub(super) fn of(descriptors: &[Descriptor]) -> Self {
        let mut columns = Self::default();
        let column = |value: fn(&Descriptor) -> f64| descriptors.iter().map(value).collect();
        columns.score = column(|d| d.score);
        columns.evidence = column(|d| d.evidence);
        columns.threshold = column(|d| d.threshold);
        columns.severity = column(|d| d.severity);
        columns.grade = column(|d| d.grade);
        columns.confidence = column(|d| d.confidence);
        columns.warmup = descriptors.iter().map(|d| d.warm_up as i64).collect();
        columns.imputed = descriptors.iter().map(|d| d.imputed as i64).collect();
        columns.is_anomaly = descriptors.iter().map(Descriptor::is_anomaly).collect();
        for (row, descriptor) in descriptors.iter().enumerate() {
            let Some(candidate) = &descriptor.candidate else {
                continue;
            };
            columns.candidate.push(row as i64);
            columns.relative_index.push(candidate.relative_index.into());
            columns.is_high.push(candidate.direction == Direction::High);
            columns.values.extend(&candidate.values);
            columns.expected.extend(&candidate.expected);
            columns.high.extend(&candidate.attribution.high);
            columns.low.extend(&candidate.attribution.low);
            columns.silenced.push(descriptor.silenced);
            columns.kind.push(candidate.kind);
        }
        columns
    }

    /// The arguments of `rcf._detections.Detections`.
    pub(super) fn into_dict<'py>(
        self,
        py: Python<'py>,
        inputs: usize,
    ) -> PyResult<Bound<'py, PyDict>> {
        let columns = PyDict::new(py);
        let candidates = self.candidate.len();
        macro_rules! set {
            ($($name:ident),+) => {
                $(columns.set_item(stringify!($name), PyArray1::from_vec(py, self.$name))?;)+
            };
        }
        macro_rules! set_per_input {
            ($($name:ident),+) => {$(
                let array: Bound<'py, PyArray2<f64>> =
                    PyArray1::from_vec(py, self.$name).reshape([candidates, inputs])?;
                columns.set_item(stringify!($name), array)?;
            )+};
        }
        set!(
            score, evidence, threshold, severity, grade, confidence, warmup, imputed
        );
        set!(is_anomaly, candidate, relative_index, is_high);
        set_per_input!(values, expected, high, low);
        let reasons: Vec<Option<&str>> = self
            .silenced
            .iter()
            .map(|silenced| silenced.map(Silenced::as_str))
            .collect();
        columns.set_item("reasons", reasons)?;
        let kinds: Vec<&str> = self.kind.iter().map(|kind| kind.as_str()).collect();
        columns.set_item("kinds", kinds)?;
        Ok(columns)
    }
}

/// One record as the arguments of `rcf._detections.Detection`.
pub(super) fn one<'py>(py: Python<'py>, descriptor: &Descriptor) -> PyResult<Bound<'py, PyDict>> {
    let entries = PyDict::new(py);
    entries.set_item("score", descriptor.score)?;
    entries.set_item("evidence", descriptor.evidence)?;
    entries.set_item("threshold", descriptor.threshold)?;
    entries.set_item("severity", descriptor.severity)?;
    entries.set_item("grade", descriptor.grade)?;
    entries.set_item("confidence", descriptor.confidence)?;
    entries.set_item("warmup", descriptor.warm_up)?;
    entries.set_item("imputed", descriptor.imputed)?;
    entries.set_item("is_anomaly", descriptor.is_anomaly())?;
    entries.set_item("silenced", descriptor.silenced.map(Silenced::as_str))?;
    if let Some(candidate) = &descriptor.candidate {
        let row = |values: &[f64]| PyArray1::from_slice(py, values);
        entries.set_item("kind", candidate.kind.as_str())?;
        entries.set_item("relative_index", candidate.relative_index)?;
        entries.set_item("values", row(&candidate.values))?;
        entries.set_item("expected", row(&candidate.expected))?;
        let (high, low) = (&candidate.attribution.high, &candidate.attribution.low);
        let parts = [high.clone(), low.clone()].concat();
        let parts = Array2::from_shape_vec((2, high.len()), parts)
            .map_err(|error| pyo3::exceptions::PyValueError::new_err(error.to_string()))?;
        entries.set_item("attribution", parts.into_pyarray(py))?;
        entries.set_item("is_high", candidate.direction == Direction::High)?;
    }
    Ok(entries)
}
