//! Detections of rows as the columns of a table.

use std::sync::{Mutex, PoisonError};

use ndarray::Array2;
use numpy::prelude::*;
use numpy::{PyArray1, PyArray2};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyDict;
use rcf_core::{Candidate, Detection, Direction, EvidenceKind, Suppressed};

/// One entry for each row, and one in `candidate_*` for each row that is a candidate.
#[derive(Default)]
pub(crate) struct Columns {
    score: Vec<f64>,
    evidence: Vec<f64>,
    p_value: Vec<f64>,
    threshold: Vec<f64>,
    severity: Vec<f64>,
    grade: Vec<f64>,
    confidence: Vec<f64>,
    synthetic_fraction: Vec<f64>,
    warm_up: Vec<i64>,
    imputed: Vec<i64>,
    unlearned: Vec<bool>,
    is_anomaly: Vec<bool>,
    candidate: Vec<i64>,
    relative_index: Vec<i64>,
    is_high: Vec<bool>,
    /// The input with the most evidence.
    input: Vec<i64>,
    values: Vec<f64>,
    expected: Vec<f64>,
    high: Vec<f64>,
    low: Vec<f64>,
    /// Why a candidate was not reported.
    suppressed: Vec<Option<Suppressed>>,
    kind: Vec<EvidenceKind>,
}

impl Columns {
    pub(crate) fn push(&mut self, detection: &Detection) {
        let row = self.score.len() as i64;
        self.score.push(detection.score);
        self.evidence.push(detection.evidence);
        self.p_value.push(detection.p_value);
        self.threshold.push(detection.threshold);
        self.severity.push(detection.severity);
        self.grade.push(detection.grade);
        self.confidence.push(detection.confidence);
        self.synthetic_fraction.push(detection.synthetic_fraction);
        self.warm_up.push(detection.warm_up as i64);
        self.imputed.push(detection.imputed as i64);
        self.unlearned.push(detection.unlearned);
        self.is_anomaly.push(detection.is_anomaly());
        if let Some(candidate) = &detection.candidate {
            self.candidate.push(row);
            self.relative_index.push(candidate.relative_index.into());
            self.is_high.push(candidate.direction == Direction::High);
            self.input.push(main_input(candidate) as i64);
            self.values.extend(&candidate.values);
            self.expected.extend(&candidate.expected);
            self.high.extend(&candidate.attribution.high);
            self.low.extend(&candidate.attribution.low);
            self.suppressed.push(detection.suppressed);
            self.kind.push(candidate.kind);
        }
    }

    /// The number of rows.
    pub(crate) fn len(&self) -> usize {
        self.score.len()
    }

    /// An `rcf._detections.Detections`.
    pub(crate) fn into_detections<'py>(
        self,
        py: Python<'py>,
        inputs: usize,
        source: &Bound<'py, PyAny>,
        timestamps: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        static DETECTIONS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        let columns = self.into_dict(py, inputs)?;
        columns.set_item("source", source)?;
        columns.set_item("timestamps", timestamps)?;
        DETECTIONS
            .import(py, "rcf._detections", "Detections")?
            .call((), Some(&columns))
    }

    /// The arguments of `rcf._detections.Detections`.
    pub(crate) fn into_dict<'py>(
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
            score,
            evidence,
            p_value,
            threshold,
            severity,
            grade,
            confidence,
            synthetic_fraction,
            warm_up,
            imputed,
            unlearned
        );
        set!(is_anomaly, candidate, relative_index, is_high, input);
        set_per_input!(values, expected, high, low);
        let suppressed: Vec<Option<&str>> = self
            .suppressed
            .iter()
            .map(|suppressed| suppressed.map(Suppressed::as_str))
            .collect();
        columns.set_item("suppressed", suppressed)?;
        let by: Vec<Option<u64>> = self
            .suppressed
            .iter()
            .map(|suppressed| suppressed.and_then(Suppressed::number))
            .collect();
        columns.set_item("suppressed_by", by)?;
        let kinds: Vec<&str> = self.kind.iter().map(|kind| kind.as_str()).collect();
        columns.set_item("kinds", kinds)?;
        Ok(columns)
    }
}

/// The columns of one key of many. Each becomes arrays on demand: twenty arrays for each of 30,000
/// keys would delay the response to Ctrl-C.
#[pyclass(name = "HeldColumns", module = "rcf._rcf", frozen)]
pub(crate) struct PyHeldColumns {
    columns: Mutex<Option<Columns>>,
    rows: usize,
    inputs: usize,
}

impl PyHeldColumns {
    pub(crate) fn new(columns: Columns, inputs: usize) -> Self {
        Self {
            rows: columns.len(),
            columns: Mutex::new(Some(columns)),
            inputs,
        }
    }
}

#[pymethods]
impl PyHeldColumns {
    /// The number of rows.
    fn __len__(&self) -> usize {
        self.rows
    }

    /// The arguments of Detections, once.
    fn take<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let columns = self
            .columns
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let columns = columns.ok_or_else(|| PyRuntimeError::new_err("they were taken before"))?;
        columns.into_dict(py, self.inputs)
    }
}

/// The inputs that deviate, the one with the most evidence first.
fn inputs(candidate: &Candidate) -> Vec<i64> {
    candidate.inputs.iter().map(|&input| input as i64).collect()
}

/// The first of them; if only the gap between timestamps deviates, the one that explains most.
fn main_input(candidate: &Candidate) -> usize {
    let first = candidate.inputs.first().copied();
    first.unwrap_or_else(|| candidate.attribution.ranked()[0])
}

/// One result as `rcf._detections.Detection`.
pub(crate) fn one<'py>(py: Python<'py>, detection: &Detection) -> PyResult<Bound<'py, PyAny>> {
    static DETECTION: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let entries = PyDict::new(py);
    entries.set_item("score", detection.score)?;
    entries.set_item("evidence", detection.evidence)?;
    entries.set_item("p_value", detection.p_value)?;
    entries.set_item("threshold", detection.threshold)?;
    entries.set_item("severity", detection.severity)?;
    entries.set_item("grade", detection.grade)?;
    entries.set_item("confidence", detection.confidence)?;
    entries.set_item("synthetic_fraction", detection.synthetic_fraction)?;
    entries.set_item("warm_up", detection.warm_up)?;
    entries.set_item("imputed", detection.imputed)?;
    entries.set_item("unlearned", detection.unlearned)?;
    entries.set_item("is_anomaly", detection.is_anomaly())?;
    entries.set_item("suppressed", detection.suppressed.map(Suppressed::as_str))?;
    let by = detection.suppressed.and_then(Suppressed::number);
    entries.set_item("suppressed_by", by)?;
    if let Some(candidate) = &detection.candidate {
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
        entries.set_item("inputs", PyArray1::from_vec(py, inputs(candidate)))?;
    }
    DETECTION
        .import(py, "rcf._detections", "Detection")?
        .call((), Some(&entries))
}
