//! The functions of a detector.

use std::ffi::c_char;

use rcf_core::{
    AnomalyDetector, Direction, EvidenceKind, InputError, MarkError, NormalMark, Suppressed,
};

use crate::border::{
    Guarded, Message, Out, Refusal, Status, area, array, call, exclusive, free, hand_out,
    hand_out_bytes, shared, text,
};
use crate::forest::rows;
use crate::parameters;

/// An anomaly detector: a forest that finds its threshold by itself.
#[derive(Debug)]
pub struct Detector(Guarded<AnomalyDetector>);

/// Why a candidate is not reported.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Suppression {
    /// It is reported, or it is no candidate.
    None = 0,
    /// The detector is still warming up.
    WarmUp = 1,
    /// The value is near the expected one.
    NearExpected = 2,
    /// The change is below the noise floor of a constant stream.
    NoiseFloor = 3,
    /// Filled-in values are part of what is unusual.
    Imputed = 4,
    /// An anomaly reported before explains it.
    Explained = 5,
    /// The event has been reported.
    AlreadyAlerted = 6,
    /// A new regime has been accepted as the normal.
    Drift = 7,
    /// A rule of the parameters ignores it.
    Rule = 8,
    /// An alike event has been marked as normal.
    MarkedNormal = 9,
    /// Events like it are frequent in this stream: alerts keep to the false alarm rate.
    Frequent = 10,
    /// A reason that this interface has no name for.
    Other = 255,
}

/// What the detector says about an observation.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Detection {
    /// The score of the forest, higher is more anomalous; 0 before the forest is ready.
    pub score: f64,
    /// 0 unless the observation is anomalous; else how far beyond the boundary, up to 1.
    pub grade: f64,
    /// From 0 to 1; 0.5 at the boundary, above it if and only if the observation is anomalous.
    pub severity: f64,
    /// From 0 to 1: how far to trust the detection.
    pub confidence: f64,
    /// What the decision rests on, in units of its boundary: more than 1 makes a candidate.
    pub evidence: f64,
    /// The share of the stream's observations so far with as much evidence; 1 during the warm-up.
    pub p_value: f64,
    /// The score from which on an observation is a candidate by its score; infinite at first.
    pub threshold: f64,
    /// Which fraction of what the forest remembers is interpolated.
    pub synthetic_fraction: f64,
    /// Of a candidate: the value of `input` in the observation that deviates; else NaN.
    pub value: f64,
    /// Of a candidate: what was expected in its place; else NaN.
    pub expected: f64,
    /// Of a candidate: the input that deviates most, from 0; else 0.
    pub input: usize,
    /// Observations that are needed before the first decision; 0 from then on.
    pub warm_up: usize,
    /// Values of the observation that were missing and have been filled in.
    pub imputed: usize,
    /// Of a candidate: which observation deviates; 0 is the newest one, −k the one k before it.
    pub relative_index: i32,
    /// Of a candidate: 1 above what was expected, −1 below; else 0.
    pub direction: i32,
    /// Why a candidate is not reported.
    pub suppressed: Suppression,
    /// Whether the observation is reported as anomalous.
    pub is_anomaly: bool,
    /// Whether it is a candidate: reported, or suppressed.
    pub is_candidate: bool,
    /// Of a candidate: whether it is about a stretch of observations instead of the values of one.
    pub is_stretch: bool,
}

impl From<&rcf_core::Detection> for Detection {
    fn from(of: &rcf_core::Detection) -> Self {
        let mut detection = Self {
            score: of.score,
            grade: of.grade,
            severity: of.severity,
            confidence: of.confidence,
            evidence: of.evidence,
            p_value: of.p_value,
            threshold: of.threshold,
            synthetic_fraction: of.synthetic_fraction,
            value: f64::NAN,
            expected: f64::NAN,
            input: 0,
            warm_up: of.warm_up,
            imputed: of.imputed,
            relative_index: 0,
            direction: 0,
            suppressed: of.suppressed.map_or(Suppression::None, Suppression::from),
            is_anomaly: of.is_anomaly(),
            is_candidate: of.candidate.is_some(),
            is_stretch: false,
        };
        if let Some(candidate) = &of.candidate {
            detection.input = candidate.inputs.first().copied().unwrap_or(0);
            let of_input = |values: &[f64]| values.get(detection.input).copied();
            detection.value = of_input(&candidate.values).unwrap_or(f64::NAN);
            detection.expected = of_input(&candidate.expected).unwrap_or(f64::NAN);
            detection.is_stretch = candidate.kind.is_stretch();
            detection.relative_index = candidate.relative_index;
            detection.direction = match candidate.direction {
                Direction::High => 1,
                Direction::Low => -1,
            };
        }
        detection
    }
}

impl From<Suppressed> for Suppression {
    fn from(suppressed: Suppressed) -> Self {
        match suppressed {
            Suppressed::WarmUp => Self::WarmUp,
            Suppressed::NearExpected => Self::NearExpected,
            Suppressed::NoiseFloor => Self::NoiseFloor,
            Suppressed::Imputed => Self::Imputed,
            Suppressed::Explained => Self::Explained,
            Suppressed::AlreadyAlerted => Self::AlreadyAlerted,
            Suppressed::Frequent => Self::Frequent,
            Suppressed::Drift => Self::Drift,
            Suppressed::Rule { .. } => Self::Rule,
            Suppressed::MarkedNormal { .. } => Self::MarkedNormal,
            _ => Self::Other,
        }
    }
}

/// Makes a detector that has seen nothing.
///
/// `parameters` is a JSON object of the detector's parameters, such as
/// `{"input_dimensions": 2, "false_alarm_rate": 0.001}`. What it leaves out has the default, so
/// `{}` will do.
///
/// # Safety
/// Pointers are `NULL` or valid: `parameters` ends with a NUL, `detector` can take a pointer, and
/// `message` can take `message_size` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rcf_detector_new(
    parameters: *const c_char,
    detector: *mut *mut Detector,
    message: *mut c_char,
    message_size: usize,
) -> Status {
    // SAFETY: the caller promises valid pointers.
    call(unsafe { Message::new(message, message_size) }, || {
        // SAFETY: as above.
        let place = unsafe { Out::new("detector", detector) }.check()?;
        // SAFETY: as above.
        let parameters = unsafe { text("parameters", parameters) }?;
        let built = parameters::detector(parameters)?.build()?;
        hand_out(place, Detector(Guarded::new(built)));
        Ok(())
    })
}

/// Restores a detector that `rcf_detector_save` or another interface of rcf has saved. It goes on
/// with the same bits.
///
/// # Safety
/// Pointers are `NULL` or valid: `bytes` has `length` bytes, `detector` can take a pointer, and
/// `message` can take `message_size` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rcf_detector_load(
    bytes: *const u8,
    length: usize,
    detector: *mut *mut Detector,
    message: *mut c_char,
    message_size: usize,
) -> Status {
    // SAFETY: the caller promises valid pointers.
    call(unsafe { Message::new(message, message_size) }, || {
        // SAFETY: as above.
        let place = unsafe { Out::new("detector", detector) }.check()?;
        // SAFETY: as above.
        let bytes = unsafe { array("bytes", bytes, length) }?;
        let detector = AnomalyDetector::from_bytes(bytes)?;
        hand_out(place, Detector(Guarded::new(detector)));
        Ok(())
    })
}

/// Saves the whole detector as bytes, which `rcf_bytes_free` frees.
///
/// # Safety
/// Pointers are `NULL` or valid: `bytes` and `length` can take what they point to, and `message`
/// can take `message_size` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rcf_detector_save(
    detector: *const Detector,
    bytes: *mut *mut u8,
    length: *mut usize,
    message: *mut c_char,
    message_size: usize,
) -> Status {
    // SAFETY: the caller promises valid pointers.
    call(unsafe { Message::new(message, message_size) }, || {
        // SAFETY: as above.
        let detector = unsafe { shared("detector", detector) }?.0.read()?;
        // SAFETY: as above.
        let (bytes, length) = unsafe { (Out::new("bytes", bytes), Out::new("length", length)) };
        let (bytes, length) = (bytes.check()?, length.check()?);
        hand_out_bytes(detector.to_bytes(), bytes, length);
        Ok(())
    })
}

/// Frees a detector. `NULL` is ignored.
///
/// # Safety
/// `detector` is `NULL`, or is not used by anyone and has not been freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rcf_detector_free(detector: *mut Detector) {
    // SAFETY: the caller promises that it is the last to use it.
    unsafe { free(detector) }
}

/// The number of values in an observation; 0 for `NULL`, and for a detector that a panic has
/// broken.
///
/// # Safety
/// `detector` is `NULL` or valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rcf_detector_input_dimensions(detector: *const Detector) -> usize {
    // SAFETY: the caller promises a valid pointer.
    let detector = unsafe { shared("detector", detector) };
    let values = detector.and_then(|detector| Ok(detector.0.read()?.config().input_dimensions));
    values.unwrap_or(0)
}

/// The number of observations taken so far; 0 for `NULL`, and for a detector that a panic has
/// broken.
///
/// # Safety
/// `detector` is `NULL` or valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rcf_detector_records(detector: *const Detector) -> u64 {
    // SAFETY: the caller promises a valid pointer.
    let detector = unsafe { shared("detector", detector) };
    let records = detector.and_then(|detector| Ok(detector.0.read()?.records()));
    records.unwrap_or(0)
}

/// Judges an observation, then learns from it. With `nan_is_missing` other than 0, NaN stands for a
/// value that is missing; else it is refused.
///
/// # Safety
/// Pointers are `NULL` or valid: `values` has `length` values, `detection` can take one, and
/// `message` can take `message_size` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rcf_detector_process(
    detector: *mut Detector,
    values: *const f64,
    length: usize,
    nan_is_missing: i32,
    detection: *mut Detection,
    message: *mut c_char,
    message_size: usize,
) -> Status {
    // SAFETY: the caller promises valid pointers.
    call(unsafe { Message::new(message, message_size) }, || {
        // SAFETY: as above.
        let detector = unsafe { exclusive("detector", detector) }?;
        // SAFETY: as above.
        let place = unsafe { Out::new("detection", detection) }.check()?;
        // SAFETY: as above.
        let values = unsafe { array("values", values, length) }?;
        let found = detector
            .0
            .change(|it| Ok(one(it, None, values, nan_is_missing != 0)?))?;
        place.write((&found).into());
        Ok(())
    })
}

/// `rcf_detector_process` for an observation at a point of time, in any unit, after the one before.
/// Where observations are missing, judged by the mean gap, they are filled in.
///
/// # Safety
/// As for `rcf_detector_process`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rcf_detector_process_at(
    detector: *mut Detector,
    timestamp: f64,
    values: *const f64,
    length: usize,
    nan_is_missing: i32,
    detection: *mut Detection,
    message: *mut c_char,
    message_size: usize,
) -> Status {
    // SAFETY: the caller promises valid pointers.
    call(unsafe { Message::new(message, message_size) }, || {
        // SAFETY: as above.
        let detector = unsafe { exclusive("detector", detector) }?;
        // SAFETY: as above.
        let place = unsafe { Out::new("detection", detection) }.check()?;
        // SAFETY: as above.
        let values = unsafe { array("values", values, length) }?;
        let time = Some(timestamp);
        let found = detector
            .0
            .change(|it| Ok(one(it, time, values, nan_is_missing != 0)?))?;
        place.write((&found).into());
        Ok(())
    })
}

fn one(
    detector: &mut AnomalyDetector,
    timestamp: Option<f64>,
    values: &[f64],
    may_miss: bool,
) -> Result<rcf_core::Detection, InputError> {
    match (timestamp, may_miss) {
        (None, false) => detector.process(values),
        (None, true) => detector.process_with_missing(values),
        (Some(timestamp), false) => detector.process_at(timestamp, values),
        (Some(timestamp), true) => detector.process_at_with_missing(timestamp, values),
    }
}

/// `rcf_detector_process` for each row of `rows` × `columns` values, in order; `detections` takes
/// one for each row. `timestamps` are as many as rows, or `NULL`. On an error no row has been
/// taken.
///
/// # Safety
/// Pointers are `NULL` or valid: `timestamps` has `rows` values, `values` has `rows` × `columns`,
/// `detections` can take `rows`, and `message` can take `message_size` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rcf_detector_process_array(
    detector: *mut Detector,
    timestamps: *const f64,
    values: *const f64,
    rows: usize,
    columns: usize,
    nan_is_missing: i32,
    detections: *mut Detection,
    message: *mut c_char,
    message_size: usize,
) -> Status {
    // SAFETY: the caller promises valid pointers.
    call(unsafe { Message::new(message, message_size) }, || {
        // SAFETY: as above.
        let detector = unsafe { exclusive("detector", detector) }?;
        // SAFETY: as above.
        let values = unsafe { array("values", values, area("values", rows, columns)?) }?;
        let values = self::rows(values, rows, columns)?;
        let timestamps = if timestamps.is_null() {
            None
        } else {
            // SAFETY: as above.
            Some(unsafe { array("timestamps", timestamps, rows) }?)
        };
        // SAFETY: as above.
        let place = unsafe { Out::new("detections", detections) };
        let place = if rows == 0 { place } else { place.check()? };
        let found = detector.0.change(|it| {
            Ok(match (timestamps, nan_is_missing != 0) {
                (None, false) => it.process_array(values)?,
                (None, true) => it.process_array_with_missing(values)?,
                (Some(times), false) => it.process_array_at(times, values)?,
                (Some(times), true) => it.process_array_at_with_missing(times, values)?,
            })
        })?;
        let found: Vec<Detection> = found.iter().map(Detection::from).collect();
        if !found.is_empty() {
            place.write_all(&found);
        }
        Ok(())
    })
}

/// Marks a candidate of this detector as normal: the boundary rises for events that are alike,
/// which are then suppressed as `MarkedNormal`, unless they are clearly stronger. Of its inputs
/// only the one that deviates most is in the mark. `mark` takes its number; `NULL` if it is of no
/// interest.
///
/// # Safety
/// Pointers are `NULL` or valid: `detection` is one that this library has written, `mark` can take
/// a number, and `message` can take `message_size` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rcf_detector_mark_normal(
    detector: *mut Detector,
    detection: *const Detection,
    mark: *mut u64,
    message: *mut c_char,
    message_size: usize,
) -> Status {
    // SAFETY: the caller promises valid pointers.
    call(unsafe { Message::new(message, message_size) }, || {
        // SAFETY: as above.
        let detector = unsafe { exclusive("detector", detector) }?;
        // SAFETY: as above.
        let detection = unsafe { shared("detection", detection) }?;
        // SAFETY: as above.
        let place = unsafe { Out::new("mark", mark) };
        let place = if mark.is_null() {
            None
        } else {
            Some(place.check()?)
        };
        if !detection.is_candidate {
            return Err(MarkError::NoCandidate.into());
        }
        let deviation = detection.value - detection.expected;
        let (input, evidence) = (detection.input, detection.evidence);
        let mark = normal_mark(input, deviation, evidence, detection.is_stretch);
        let number = detector.0.change(|it| Ok(it.add_mark(mark)?))?;
        if let Some(place) = place {
            place.write(number);
        }
        Ok(())
    })
}

/// Takes a mark back: alike events are reported again.
///
/// # Safety
/// Pointers are `NULL` or valid; `message` can take `message_size` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rcf_detector_unmark_normal(
    detector: *mut Detector,
    mark: u64,
    message: *mut c_char,
    message_size: usize,
) -> Status {
    // SAFETY: the caller promises valid pointers.
    call(unsafe { Message::new(message, message_size) }, || {
        // SAFETY: as above.
        let detector = unsafe { exclusive("detector", detector) }?;
        let taken = detector.0.change(|it| Ok(it.unmark_normal(mark)))?;
        taken.map(drop).ok_or(Refusal::NoMark(mark))
    })
}

/// The mark of a candidate of which these are the input that deviates most, by how much, the
/// evidence, and whether it is about a stretch of observations.
pub fn normal_mark(input: usize, deviation: f64, evidence: f64, is_stretch: bool) -> NormalMark {
    let kind = match is_stretch {
        true => EvidenceKind::Level,
        false => EvidenceKind::Range,
    };
    // Without a value it is the gap between timestamps that deviates.
    let deviations = (!deviation.is_nan()).then_some((input, deviation));
    NormalMark::new(kind, evidence, deviations.into_iter().collect())
}
