//! The functions of an encoder of categories.

use std::ffi::c_char;

use rcf_core::categories;

use crate::border::{
    Guarded, Message, Out, array, call, exclusive, free, make, save, shared, text,
};
use crate::parameters;
use crate::refusal::Status;

/// Turns categories into numbers that a detector can judge: how surprising each is.
#[derive(Debug)]
pub struct CategoryEncoder(Guarded<categories::CategoryEncoder>);

/// Creates a new encoder.
///
/// `parameters` is a JSON object with `capacity`, the largest number of categories that are
/// remembered, and `time_decay`, by which counts decay with each observation. Omitted parameters
/// have their defaults, as in `{"capacity": 1024, "time_decay": 0.0001}`, so `{}` is valid.
///
/// # Safety
/// Pointers are `NULL` or valid: `parameters` ends with a NUL, `encoder` can take a pointer, and
/// `message` can take `message_size` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rcf_category_encoder_new(
    parameters: *const c_char,
    encoder: *mut *mut CategoryEncoder,
    message: *mut c_char,
    message_size: usize,
) -> Status {
    // SAFETY: the caller promises valid pointers.
    unsafe {
        make("encoder", encoder, message, message_size, || {
            let parameters = text("parameters", parameters)?;
            let built = parameters::category_encoder(parameters)?;
            Ok(CategoryEncoder(Guarded::new(built)))
        })
    }
}

/// Restores an encoder that `rcf_category_encoder_save` or another interface of rcf has saved. It
/// continues with the same bits.
///
/// # Safety
/// Pointers are `NULL` or valid: `bytes` has `length` bytes, `encoder` can take a pointer, and
/// `message` can take `message_size` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rcf_category_encoder_load(
    bytes: *const u8,
    length: usize,
    encoder: *mut *mut CategoryEncoder,
    message: *mut c_char,
    message_size: usize,
) -> Status {
    // SAFETY: the caller promises valid pointers.
    unsafe {
        make("encoder", encoder, message, message_size, || {
            let saved = categories::CategoryEncoder::from_bytes(array("bytes", bytes, length)?)?;
            Ok(CategoryEncoder(Guarded::new(saved)))
        })
    }
}

/// Saves the whole encoder as bytes, which `rcf_bytes_free` frees. Save it together with the
/// detector that it feeds.
///
/// # Safety
/// Pointers are `NULL` or valid: `bytes` and `length` can take what they point to, and `message`
/// can take `message_size` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rcf_category_encoder_save(
    encoder: *const CategoryEncoder,
    bytes: *mut *mut u8,
    length: *mut usize,
    message: *mut c_char,
    message_size: usize,
) -> Status {
    let (bytes, message) = ((bytes, length), (message, message_size));
    // SAFETY: the caller promises valid pointers.
    unsafe {
        save("encoder", encoder, bytes, message, |encoder| {
            Ok(encoder.0.read()?.to_bytes())
        })
    }
}

/// Frees an encoder. `NULL` is ignored.
///
/// # Safety
/// `encoder` is `NULL`, or is not in use and has not been freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rcf_category_encoder_free(encoder: *mut CategoryEncoder) {
    // SAFETY: the caller promises that it is the last to use it.
    unsafe { free(encoder) }
}

/// The surprise of a category of `length` bytes given those before it, −ln of its share: 0 or more,
/// an input for a detector like any other. Learns the category.
///
/// # Safety
/// Pointers are `NULL` or valid: `category` has `length` bytes, `surprise` can take a number, and
/// `message` can take `message_size` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rcf_category_encoder_process(
    encoder: *mut CategoryEncoder,
    category: *const u8,
    length: usize,
    surprise: *mut f64,
    message: *mut c_char,
    message_size: usize,
) -> Status {
    // SAFETY: the caller promises valid pointers.
    call(unsafe { Message::new(message, message_size) }, || {
        // SAFETY: as above.
        let encoder = unsafe { exclusive("encoder", encoder) }?;
        // SAFETY: as above.
        let place = unsafe { Out::new("surprise", surprise) }.check()?;
        // SAFETY: as above.
        let category = unsafe { array("category", category, length) }?;
        place.write(encoder.0.change(|it| Ok(it.process(category)))?);
        Ok(())
    })
}

/// The surprise of a category, without learning it; an unknown category has that of a new one.
///
/// # Safety
/// As for `rcf_category_encoder_process`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rcf_category_encoder_surprise(
    encoder: *const CategoryEncoder,
    category: *const u8,
    length: usize,
    surprise: *mut f64,
    message: *mut c_char,
    message_size: usize,
) -> Status {
    // SAFETY: the caller promises valid pointers.
    call(unsafe { Message::new(message, message_size) }, || {
        // SAFETY: as above.
        let encoder = unsafe { shared("encoder", encoder) }?.0.read()?;
        // SAFETY: as above.
        let place = unsafe { Out::new("surprise", surprise) }.check()?;
        // SAFETY: as above.
        let category = unsafe { array("category", category, length) }?;
        place.write(encoder.surprise(category));
        Ok(())
    })
}
