//! The functions of a detector.

use std::ffi::c_char;

use rcf_core::{AnomalyDetector, InputError, MarkError};

use crate::border::{
    Guarded, Message, Out, array, call, exclusive, free, make, matrix, number, save, shared, text,
};
use crate::detection::{Detection, normal_mark};
use crate::parameters;
use crate::refusal::{Refusal, Status};

/// An anomaly detector: a forest that calibrates its own threshold.
#[derive(Debug)]
pub struct Detector(Guarded<AnomalyDetector>);

/// Creates a new detector.
///
/// `parameters` is a JSON object of the detector's parameters, such as
/// `{"input_dimensions": 2, "false_alarm_rate": 0.001}`. Omitted parameters have their defaults, so
/// `{}` is valid.
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
    unsafe {
        make("detector", detector, message, message_size, || {
            let parameters = text("parameters", parameters)?;
            let built = parameters::detector(parameters)?.build()?;
            Ok(Detector(Guarded::new(built)))
        })
    }
}

/// Restores a detector that `rcf_detector_save` or another interface of rcf has saved. It continues
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
    unsafe {
        make("detector", detector, message, message_size, || {
            let saved = AnomalyDetector::from_bytes(array("bytes", bytes, length)?)?;
            Ok(Detector(Guarded::new(saved)))
        })
    }
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
    let (bytes, message) = ((bytes, length), (message, message_size));
    // SAFETY: the caller promises valid pointers.
    unsafe {
        save("detector", detector, bytes, message, |detector| {
            Ok(detector.0.read()?.to_bytes())
        })
    }
}

/// Frees a detector. `NULL` is ignored.
///
/// # Safety
/// `detector` is `NULL`, or is not in use and has not been freed.
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
    unsafe {
        number(detector, |detector| {
            Ok(detector.0.read()?.config().input_dimensions)
        })
    }
}

/// The number of observations processed so far; 0 for `NULL`, and for a detector that a panic has
/// broken.
///
/// # Safety
/// `detector` is `NULL` or valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rcf_detector_observations(detector: *const Detector) -> u64 {
    // SAFETY: the caller promises a valid pointer.
    unsafe { number(detector, |detector| Ok(detector.0.read()?.observations())) }
}

/// Judges an observation, then learns from it. With `nan_is_missing` other than 0, NaN represents a
/// missing value; otherwise it is refused.
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
    let observation = (None, values, length, nan_is_missing);
    let message = (message, message_size);
    // SAFETY: the caller promises valid pointers.
    unsafe { process(detector, observation, detection, message) }
}

/// `rcf_detector_process` for an observation at a time in any unit, later than the previous one.
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
    let observation = (Some(timestamp), values, length, nan_is_missing);
    let message = (message, message_size);
    // SAFETY: the caller promises valid pointers.
    unsafe { process(detector, observation, detection, message) }
}

/// # Safety
/// As for `rcf_detector_process`.
unsafe fn process(
    detector: *mut Detector,
    (timestamp, values, length, nan_is_missing): (Option<f64>, *const f64, usize, i32),
    detection: *mut Detection,
    (message, message_size): (*mut c_char, usize),
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
            .change(|it| Ok(one(it, timestamp, values, nan_is_missing != 0)?))?;
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
/// one for each row. `timestamps` has one for each row, or is `NULL`. On an error no row has been
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
        let values = unsafe { matrix("values", values, rows, columns) }?;
        let timestamps = if timestamps.is_null() {
            None
        } else {
            // SAFETY: as above.
            Some(unsafe { array("timestamps", timestamps, rows) }?)
        };
        // SAFETY: as above.
        let place = unsafe { Out::new("detections", detections) }.check_for(rows)?;
        let found = detector.0.change(|it| {
            Ok(match (timestamps, nan_is_missing != 0) {
                (None, false) => it.process_array(values)?,
                (None, true) => it.process_array_with_missing(values)?,
                (Some(times), false) => it.process_array_at(times, values)?,
                (Some(times), true) => it.process_array_at_with_missing(times, values)?,
            })
        })?;
        let found: Vec<Detection> = found.iter().map(Detection::from).collect();
        place.write_all(&found);
        Ok(())
    })
}

/// Marks a candidate of this detector as normal: the boundary rises for similar events, which are
/// then suppressed as `MarkedNormal`, unless they are clearly stronger. Only the input that
/// deviates most is in the mark. `mark` receives its number, unless it is `NULL`.
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

/// Removes a mark: similar events are reported again.
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
