//! The functions of a forest.

use std::ffi::c_char;

use ndarray::Array1;
use rcf_core::RandomCutForest;

use crate::border::{
    Guarded, Message, Out, array, call, exclusive, free, make, matrix, number, save, shared, text,
};
use crate::parameters;
use crate::refusal::Status;

/// A random cut forest.
#[derive(Debug)]
pub struct Forest(Guarded<RandomCutForest>);

/// Creates a new forest.
///
/// `parameters` is a JSON object of the forest's parameters, such as
/// `{"input_dimensions": 2, "shingle_size": 8}`. Omitted parameters have their defaults, so `{}` is
/// valid.
///
/// # Safety
/// Pointers are `NULL` or valid: `parameters` ends with a NUL, `forest` can take a pointer, and
/// `message` can take `message_size` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rcf_forest_new(
    parameters: *const c_char,
    forest: *mut *mut Forest,
    message: *mut c_char,
    message_size: usize,
) -> Status {
    // SAFETY: the caller promises valid pointers.
    unsafe {
        make("forest", forest, message, message_size, || {
            let parameters = text("parameters", parameters)?;
            let built = parameters::forest(parameters)?.build()?;
            Ok(Forest(Guarded::new(built)))
        })
    }
}

/// Restores a forest that `rcf_forest_save` or another interface of rcf has saved. It continues
/// with the same bits.
///
/// # Safety
/// Pointers are `NULL` or valid: `bytes` has `length` bytes, `forest` can take a pointer, and
/// `message` can take `message_size` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rcf_forest_load(
    bytes: *const u8,
    length: usize,
    forest: *mut *mut Forest,
    message: *mut c_char,
    message_size: usize,
) -> Status {
    // SAFETY: the caller promises valid pointers.
    unsafe {
        make("forest", forest, message, message_size, || {
            let saved = RandomCutForest::from_bytes(array("bytes", bytes, length)?)?;
            Ok(Forest(Guarded::new(saved)))
        })
    }
}

/// Saves the whole forest as bytes, which `rcf_bytes_free` frees.
///
/// # Safety
/// Pointers are `NULL` or valid: `bytes` and `length` can take what they point to, and `message`
/// can take `message_size` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rcf_forest_save(
    forest: *const Forest,
    bytes: *mut *mut u8,
    length: *mut usize,
    message: *mut c_char,
    message_size: usize,
) -> Status {
    let (bytes, message) = ((bytes, length), (message, message_size));
    // SAFETY: the caller promises valid pointers.
    unsafe {
        save("forest", forest, bytes, message, |forest| {
            Ok(forest.0.read()?.to_bytes())
        })
    }
}

/// Frees a forest. `NULL` is ignored.
///
/// # Safety
/// `forest` is `NULL`, or is not in use and has not been freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rcf_forest_free(forest: *mut Forest) {
    // SAFETY: the caller promises that it is the last to use it.
    unsafe { free(forest) }
}

/// The number of values that one call takes: those of an observation, or of a whole point if
/// shingles are built outside. 0 for `NULL`, and for a forest that a panic has broken.
///
/// # Safety
/// `forest` is `NULL` or valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rcf_forest_values_per_call(forest: *const Forest) -> usize {
    // SAFETY: the caller promises a valid pointer.
    unsafe {
        number(forest, |forest| {
            Ok(forest.0.read()?.config().values_per_call())
        })
    }
}

/// The number of updates so far; 0 for `NULL`, and for a forest that a panic has broken.
///
/// # Safety
/// `forest` is `NULL` or valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rcf_forest_updates(forest: *const Forest) -> u64 {
    // SAFETY: the caller promises a valid pointer.
    unsafe { number(forest, |forest| Ok(forest.0.read()?.updates())) }
}

/// Scores an observation, then learns it. Higher is more anomalous: about 1 is usual. `score` is 0
/// until the forest is ready.
///
/// # Safety
/// Pointers are `NULL` or valid: `values` has `length` values, `score` can take one, and `message`
/// can take `message_size` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rcf_forest_process(
    forest: *mut Forest,
    values: *const f64,
    length: usize,
    score: *mut f64,
    message: *mut c_char,
    message_size: usize,
) -> Status {
    // SAFETY: the caller promises valid pointers.
    call(unsafe { Message::new(message, message_size) }, || {
        // SAFETY: as above.
        let forest = unsafe { exclusive("forest", forest) }?;
        // SAFETY: as above.
        let place = unsafe { Out::new("score", score) }.check()?;
        // SAFETY: as above.
        let values = unsafe { array("values", values, length) }?;
        place.write(forest.0.change(|forest| Ok(forest.process(values)?))?);
        Ok(())
    })
}

/// `rcf_forest_process` for each row of `rows` × `columns` values, in order; `scores` takes one for
/// each row. On an error no row has been taken.
///
/// # Safety
/// Pointers are `NULL` or valid: `values` has `rows` × `columns` values, `scores` can take `rows`,
/// and `message` can take `message_size` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rcf_forest_process_array(
    forest: *mut Forest,
    values: *const f64,
    rows: usize,
    columns: usize,
    scores: *mut f64,
    message: *mut c_char,
    message_size: usize,
) -> Status {
    // SAFETY: the caller promises valid pointers.
    call(unsafe { Message::new(message, message_size) }, || {
        // SAFETY: as above.
        let forest = unsafe { exclusive("forest", forest) }?;
        // SAFETY: as above.
        let values = unsafe { matrix("values", values, rows, columns) }?;
        // SAFETY: as above.
        let place = unsafe { Out::new("scores", scores) }.check_for(rows)?;
        let change = |forest: &mut RandomCutForest| Ok(forest.process_array(values)?);
        write_scores(place, &forest.0.change(change)?);
        Ok(())
    })
}

/// Scores an observation as if it came next, and changes nothing.
///
/// # Safety
/// As for `rcf_forest_process`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rcf_forest_score(
    forest: *const Forest,
    values: *const f64,
    length: usize,
    score: *mut f64,
    message: *mut c_char,
    message_size: usize,
) -> Status {
    // SAFETY: the caller promises valid pointers.
    call(unsafe { Message::new(message, message_size) }, || {
        // SAFETY: as above.
        let forest = unsafe { shared("forest", forest) }?.0.read()?;
        // SAFETY: as above.
        let place = unsafe { Out::new("score", score) }.check()?;
        // SAFETY: as above.
        let values = unsafe { array("values", values, length) }?;
        place.write(forest.score(values)?);
        Ok(())
    })
}

/// `rcf_forest_score` for each row of `rows` × `columns` values, each as if it came next.
///
/// # Safety
/// As for `rcf_forest_process_array`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rcf_forest_score_array(
    forest: *const Forest,
    values: *const f64,
    rows: usize,
    columns: usize,
    scores: *mut f64,
    message: *mut c_char,
    message_size: usize,
) -> Status {
    // SAFETY: the caller promises valid pointers.
    call(unsafe { Message::new(message, message_size) }, || {
        // SAFETY: as above.
        let forest = unsafe { shared("forest", forest) }?.0.read()?;
        // SAFETY: as above.
        let values = unsafe { matrix("values", values, rows, columns) }?;
        // SAFETY: as above.
        let place = unsafe { Out::new("scores", scores) }.check_for(rows)?;
        write_scores(place, &forest.score_array(values)?);
        Ok(())
    })
}

fn write_scores(place: Out<f64>, scores: &Array1<f64>) {
    place.write_all(scores.as_slice().expect("a new array is contiguous"));
}
