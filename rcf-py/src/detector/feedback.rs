//! Feedback: marks of what is normal.

use pyo3::exceptions::{PyKeyError, PyOverflowError, PyTypeError};
use pyo3::prelude::*;
use rcf_core::{EvidenceKind, NormalMark};

use super::PyAnomalyDetector;
use crate::answers;
use crate::errors;

/// The kinds of evidence, by their names.
const KINDS: [EvidenceKind; 8] = [
    EvidenceKind::Range,
    EvidenceKind::Level,
    EvidenceKind::Score,
    EvidenceKind::Tail,
    EvidenceKind::Change,
    EvidenceKind::Season,
    EvidenceKind::Relation,
    EvidenceKind::Stillness,
];

/// What a mark needs of a `Detection`.
#[derive(FromPyObject)]
pub(crate) struct Marked {
    kind: Option<String>,
    evidence: f64,
    values: Option<Vec<f64>>,
    expected: Option<Vec<f64>>,
    inputs: Option<Vec<usize>>,
}

impl Marked {
    pub(crate) fn of(detection: &Bound<'_, PyAny>) -> PyResult<Self> {
        let found = detection.get_type().name()?;
        detection.extract().map_err(|_| {
            PyTypeError::new_err(format!(
                "detection must be a Detection, as process_one returns it, got {found}"
            ))
        })
    }

    /// The mark, for a detector of this many inputs.
    pub(crate) fn mark(self, width: usize) -> PyResult<NormalMark> {
        let (Some(kind), Some(values), Some(expected), Some(inputs)) =
            (self.kind, self.values, self.expected, self.inputs)
        else {
            return Err(errors::input(rcf_core::MarkError::NoCandidate));
        };
        let kind = KINDS.into_iter().find(|known| known.as_str() == kind);
        let kind = kind.ok_or_else(|| errors::input("the detection has an unknown kind"))?;
        let by = |&input: &usize| Some((input, values.get(input)? - expected.get(input)?));
        let deviations: Option<Vec<_>> = inputs.iter().map(by).collect();
        let deviations = deviations
            .filter(|_| values.len() == width)
            .ok_or_else(|| errors::input("the detection belongs to another detector"))?;
        Ok(NormalMark::new(kind, self.evidence, deviations))
    }
}

/// The number of a mark; `None` if it is none that there can be, such as −1.
pub(crate) fn number(mark: &Bound<'_, PyAny>) -> PyResult<Option<u64>> {
    match mark.extract() {
        Ok(number) => Ok(Some(number)),
        Err(error) if error.is_instance_of::<PyOverflowError>(mark.py()) => Ok(None),
        Err(_) => {
            let found = mark.get_type().name()?;
            Err(PyTypeError::new_err(format!(
                "mark must be an integer, as mark_normal returns it, got {found}"
            )))
        }
    }
}

#[pymethods]
impl PyAnomalyDetector {
    /// Raise the boundary for events like this one, which was not an anomaly.
    ///
    /// Similar events are suppressed as ``"marked_normal"`` unless they are clearly stronger: more
    /// than 1.25 times the evidence, and 1.25 times as far from the expected value. Events are
    /// similar if the input with the most evidence is one that deviated, to the same side. What is
    /// learned does not change.
    ///
    /// Parameters
    /// ----------
    /// detection : Detection
    ///     A candidate of this detector, from `process_one` or `Detections.detection`.
    ///
    /// Returns
    /// -------
    /// int
    ///     The number of the mark, for `unmark_normal`; `Detection.suppressed_by` names it.
    ///
    /// Raises
    /// ------
    /// InputError
    ///     If the detection is not a candidate or not one of this detector, or there are 1,024
    ///     marks.
    ///
    /// Examples
    /// --------
    /// >>> values = np.sin(np.arange(2000) / 8)
    /// >>> values[999::500] += 4
    /// >>> detector = rcf.AnomalyDetector(seed=7)
    /// >>> first = detector.process(values[:1400])
    /// >>> detector.mark_normal(first.detection(999))
    /// 0
    /// >>> rest = detector.process(values[1400:])
    /// >>> bool(rest.is_anomaly.any()), rest.suppressed[0], rest.suppressed_by[0]
    /// (False, 'marked_normal', 0)
    fn mark_normal(&self, py: Python<'_>, detection: &Bound<'_, PyAny>) -> PyResult<u64> {
        let mark = Marked::of(detection)?.mark(self.detector.width())?;
        self.detector
            .write(py)?
            .add_mark(mark)
            .map_err(errors::input)
    }

    /// Remove a mark: similar events are reported again.
    ///
    /// Parameters
    /// ----------
    /// mark : int
    ///     The number that `mark_normal` has returned.
    ///
    /// Raises
    /// ------
    /// KeyError
    ///     If there is no such mark.
    fn unmark_normal(&self, py: Python<'_>, mark: &Bound<'_, PyAny>) -> PyResult<()> {
        let removed = match number(mark)? {
            Some(number) => self.detector.write(py)?.unmark_normal(number),
            None => None,
        };
        match removed {
            Some(_) => Ok(()),
            None => Err(PyKeyError::new_err(mark.clone().unbind())),
        }
    }

    /// The marks of `mark_normal`, in the order of their numbers.
    #[getter]
    fn normal_marks<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let marks = self.detector.read(py)?.normal_marks().to_vec();
        marks
            .into_iter()
            .map(|mark| answers::normal_mark(py, mark))
            .collect()
    }
}
