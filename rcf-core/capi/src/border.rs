//! The border with C: handles, arrays, messages, panics.

use std::ffi::{CStr, c_char};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::{ptr, slice};

use ndarray::ArrayView2;

use crate::refusal::{Refusal, Status};

/// A model, and whether a panic has interrupted a change of it.
#[derive(Debug)]
pub struct Guarded<M> {
    model: M,
    is_broken: bool,
}

impl<M> Guarded<M> {
    /// A model that no panic has interrupted.
    pub fn new(model: M) -> Self {
        Self {
            model,
            is_broken: false,
        }
    }

    /// The model, unless a panic has broken it.
    pub fn read(&self) -> Result<&M, Refusal> {
        if self.is_broken {
            return Err(Refusal::Broken);
        }
        Ok(&self.model)
    }

    /// Changes the model. If that panics, the model is broken from then on.
    pub fn change<R>(
        &mut self,
        change: impl FnOnce(&mut M) -> Result<R, Refusal>,
    ) -> Result<R, Refusal> {
        if self.is_broken {
            return Err(Refusal::Broken);
        }
        self.is_broken = true;
        let result = change(&mut self.model);
        self.is_broken = false;
        result
    }
}

/// Where a call writes its error message.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Message {
    text: *mut c_char,
    size: usize,
}

impl Message {
    /// # Safety
    /// `text` is `NULL` or may be written to for `size` bytes, until the call ends.
    pub(crate) unsafe fn new(text: *mut c_char, size: usize) -> Self {
        Self { text, size }
    }

    /// Writes as many whole characters as fit, and a NUL.
    fn write(self, message: &str) {
        if self.text.is_null() || self.size == 0 {
            return;
        }
        let length = message.floor_char_boundary(self.size - 1);
        // SAFETY: `new` promises `size` bytes, and `length` is less than that; what is copied is
        // another object, since we lend no memory to the caller.
        unsafe {
            ptr::copy_nonoverlapping(message.as_ptr(), self.text.cast::<u8>(), length);
            *self.text.add(length) = 0;
        }
    }
}

/// Runs the body of a function of the interface: panics do not leave it, and each refusal gets a
/// message.
pub(crate) fn call(message: Message, body: impl FnOnce() -> Result<(), Refusal>) -> Status {
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(())) => {
            message.write("");
            Status::Ok
        }
        Ok(Err(refusal)) => {
            message.write(&refusal.to_string());
            refusal.status()
        }
        Err(panic) => {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
            let text = text.unwrap_or("a panic without a text");
            message.write(&format!("a bug in this library, please report it: {text}"));
            Status::Panic
        }
    }
}

/// A place for results, which is written to only at the end of a call.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Out<T> {
    name: &'static str,
    place: *mut T,
}

impl<T> Out<T> {
    /// # Safety
    /// `place` is `NULL`, or may be written to for as many values as the body of the call writes.
    pub(crate) unsafe fn new(name: &'static str, place: *mut T) -> Self {
        Self { name, place }
    }

    /// Checks that the place can be written to. To be called before anything changes.
    pub(crate) fn check(self) -> Result<Self, Refusal> {
        check_pointer(self.name, self.place)?;
        Ok(self)
    }

    /// [`check`](Self::check) for this many results: without any, nothing is written.
    pub(crate) fn check_for(self, rows: usize) -> Result<Self, Refusal> {
        if rows == 0 { Ok(self) } else { self.check() }
    }

    /// Writes one value to a place that was checked.
    pub(crate) fn write(self, value: T) {
        // SAFETY: not NULL and aligned (`check`), and the caller lends it (`new`).
        unsafe { self.place.write(value) }
    }

    /// Writes values to a place that was checked, unless there are none.
    pub(crate) fn write_all(self, values: &[T])
    where
        T: Copy,
    {
        if values.is_empty() {
            return;
        }
        // SAFETY: the same for all of them. The values are ours, so they do not overlap.
        unsafe { ptr::copy_nonoverlapping(values.as_ptr(), self.place, values.len()) }
    }
}

/// A new handle for a model, in a place that was checked.
fn hand_out<T>(place: Out<*mut T>, handle: T) {
    place.write(Box::into_raw(Box::new(handle)));
}

/// The body of a function that makes a model.
///
/// # Safety
/// As for [`Message::new`] and [`Out::new`].
pub(crate) unsafe fn make<T>(
    name: &'static str,
    place: *mut *mut T,
    message: *mut c_char,
    message_size: usize,
    model: impl FnOnce() -> Result<T, Refusal>,
) -> Status {
    // SAFETY: as promised.
    call(unsafe { Message::new(message, message_size) }, || {
        // SAFETY: as promised.
        let place = unsafe { Out::new(name, place) }.check()?;
        hand_out(place, model()?);
        Ok(())
    })
}

/// The body of a function that saves a model.
///
/// # Safety
/// As for [`Message::new`], [`Out::new`] and [`shared`].
pub(crate) unsafe fn save<T>(
    name: &'static str,
    handle: *const T,
    (bytes, length): (*mut *mut u8, *mut usize),
    (message, message_size): (*mut c_char, usize),
    to_bytes: impl FnOnce(&T) -> Result<Vec<u8>, Refusal>,
) -> Status {
    // SAFETY: as promised.
    call(unsafe { Message::new(message, message_size) }, || {
        // SAFETY: as promised.
        let handle = unsafe { shared(name, handle) }?;
        // SAFETY: as promised.
        let (bytes, length) = unsafe { (Out::new("bytes", bytes), Out::new("length", length)) };
        let (bytes, length) = (bytes.check()?, length.check()?);
        hand_out_bytes(to_bytes(handle)?, bytes, length);
        Ok(())
    })
}

/// A number of a model; 0 for `NULL`, and for a model that a panic has broken.
///
/// # Safety
/// As for [`shared`].
pub(crate) unsafe fn number<T, N: Default>(
    handle: *const T,
    read: impl FnOnce(&T) -> Result<N, Refusal>,
) -> N {
    // SAFETY: as promised.
    let handle = unsafe { shared("the model", handle) };
    handle.and_then(read).unwrap_or_default()
}

/// # Safety
/// `handle` is `NULL` or comes from [`hand_out`], is not freed while the result lives, and no other
/// code changes it.
pub(crate) unsafe fn shared<'a, T>(name: &'static str, handle: *const T) -> Result<&'a T, Refusal> {
    // SAFETY: as promised; `as_ref` looks for NULL.
    unsafe { handle.as_ref() }.ok_or(Refusal::Null(name))
}

/// # Safety
/// `handle` is `NULL` or comes from [`hand_out`], is not freed while the result lives, and no other
/// code uses it.
pub(crate) unsafe fn exclusive<'a, T>(
    name: &'static str,
    handle: *mut T,
) -> Result<&'a mut T, Refusal> {
    // SAFETY: as promised; `as_mut` looks for NULL.
    unsafe { handle.as_mut() }.ok_or(Refusal::Null(name))
}

/// Drops the content of a handle. If a destructor panicked, the rest would leak.
///
/// # Safety
/// `handle` is `NULL` or comes from [`hand_out`], and is no longer used.
pub(crate) unsafe fn free<T>(handle: *mut T) {
    if handle.is_null() {
        return;
    }
    // SAFETY: `hand_out` made it from a box.
    let owned = unsafe { Box::from_raw(handle) };
    // There is no one to notify.
    let _ = catch_unwind(AssertUnwindSafe(|| drop(owned)));
}

/// The values of an array.
///
/// # Safety
/// `values` is `NULL` or may be read for `length` values, and no other code writes to them while
/// the result lives.
pub(crate) unsafe fn array<'a, T>(
    name: &'static str,
    values: *const T,
    length: usize,
) -> Result<&'a [T], Refusal> {
    if length == 0 {
        return Ok(&[]);
    }
    check_pointer(name, values)?;
    if length > isize::MAX as usize / size_of::<T>() {
        return Err(Refusal::TooLong(name));
    }
    // SAFETY: not NULL, aligned, not longer than any object, and as promised.
    Ok(unsafe { slice::from_raw_parts(values, length) })
}

/// # Safety
/// `text` is `NULL` or ends with a NUL, and no other code writes to it while the result lives.
pub(crate) unsafe fn text<'a>(name: &'static str, text: *const c_char) -> Result<&'a str, Refusal> {
    if text.is_null() {
        return Err(Refusal::Null(name));
    }
    // SAFETY: not NULL, and as promised.
    let text = unsafe { CStr::from_ptr(text) };
    text.to_str().map_err(|_| Refusal::NotUtf8)
}

/// Rows × values of an array.
///
/// # Safety
/// As for [`array`], with a length of `rows` × `columns`.
pub(crate) unsafe fn matrix<'a>(
    name: &'static str,
    values: *const f64,
    rows: usize,
    columns: usize,
) -> Result<ArrayView2<'a, f64>, Refusal> {
    let too_long = || Refusal::TooLong(name);
    let length = rows.checked_mul(columns).ok_or_else(too_long)?;
    // SAFETY: as promised.
    let values = unsafe { array(name, values, length) }?;
    ArrayView2::from_shape((rows, columns), values).map_err(|_| too_long())
}

fn check_pointer<T>(name: &'static str, pointer: *const T) -> Result<(), Refusal> {
    if pointer.is_null() {
        return Err(Refusal::Null(name));
    }
    if !pointer.is_aligned() {
        return Err(Refusal::Unaligned(name));
    }
    Ok(())
}

/// Where a call returns allocated bytes, which `rcf_bytes_free` frees.
fn hand_out_bytes(bytes: Vec<u8>, place: Out<*mut u8>, length: Out<usize>) {
    let bytes = Box::leak(bytes.into_boxed_slice());
    length.write(bytes.len());
    place.write(bytes.as_mut_ptr());
}

/// Frees the bytes of a saved model. `NULL` is ignored.
///
/// # Safety
/// `bytes` is `NULL`, or `bytes` and `length` are what one call of `rcf_*_save` has written, and
/// have not been freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rcf_bytes_free(bytes: *mut u8, length: usize) {
    if !bytes.is_null() {
        // SAFETY: `hand_out_bytes` leaked a boxed slice of this length.
        drop(unsafe { Box::from_raw(ptr::slice_from_raw_parts_mut(bytes, length)) });
    }
}

/// The release of the library, such as "0.2.0". A program must have been compiled with the header
/// of the same release: structures may grow between releases.
#[unsafe(no_mangle)]
pub extern "C" fn rcf_version() -> *const c_char {
    const VERSION: &CStr =
        match CStr::from_bytes_with_nul(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
            Ok(version) => version,
            Err(_) => panic!("a version holds no NUL"),
        };
    VERSION.as_ptr()
}

#[cfg(test)]
mod tests {
    use rcf_core::ConfigError;

    use super::*;

    fn said(size: usize, body: impl FnOnce() -> Result<(), Refusal>) -> (Status, String) {
        let mut text = [0x7f as c_char; 100];
        // SAFETY: `size` is at most the length of the array.
        let message = unsafe { Message::new(text.as_mut_ptr(), size) };
        let status = call(message, body);
        assert!(text[size..].iter().all(|&byte| byte == 0x7f));
        // SAFETY: a NUL was written.
        let text = unsafe { CStr::from_ptr(text.as_ptr()) };
        (status, text.to_str().expect("UTF-8").to_owned())
    }

    #[test]
    fn a_panic_is_a_status_with_its_text() {
        let (status, text) = said(100, || panic!("number {}", 7));
        assert_eq!(status, Status::Panic);
        assert_eq!(text, "a bug in this library, please report it: number 7");
    }

    #[test]
    fn a_message_is_cut_at_a_character_and_ends_with_a_nul() {
        let whole = Refusal::Config(ConfigError::TooManyDimensions {
            input_dimensions: 1,
            shingle_size: 1,
            max: 1,
        });
        assert!(whole.to_string().starts_with("input_dimensions ×"));
        for (size, text) in [
            (1, ""),
            (2, "i"),
            (18, "input_dimensions "),
            // × has two bytes, and only one is left before the NUL.
            (19, "input_dimensions "),
            (20, "input_dimensions ×"),
        ] {
            let refuse = || {
                Err(Refusal::Config(ConfigError::TooManyDimensions {
                    input_dimensions: 1,
                    shingle_size: 1,
                    max: 1,
                }))
            };
            assert_eq!(said(size, refuse), (Status::Parameters, text.to_owned()));
        }
    }

    #[test]
    fn a_model_is_refused_after_a_panic_while_it_changed() {
        let mut guarded = Guarded::new(0);
        let change = catch_unwind(AssertUnwindSafe(|| {
            guarded.change(|_| -> Result<(), Refusal> { panic!("in the middle") })
        }));
        assert!(change.is_err());
        assert!(matches!(guarded.read(), Err(Refusal::Broken)));
        let again = guarded.change(|model| {
            *model = 1;
            Ok(())
        });
        assert!(matches!(again, Err(Refusal::Broken)));
        // A refusal is not a panic.
        let mut guarded = Guarded::new(0);
        assert!(
            guarded
                .change(|_| -> Result<(), _> { Err(Refusal::NotUtf8) })
                .is_err()
        );
        assert!(guarded.read().is_ok());
    }
}
