//! Memory for callers of WebAssembly, who have no allocator in this memory.

use std::alloc::{Layout, alloc, dealloc};
use std::ptr;

/// Alignment of what is allocated: that of every type of the interface.
const ALIGNMENT: usize = 8;

/// A buffer of `size` bytes, aligned to 8; `NULL` for 0 bytes, or if no memory is left.
#[unsafe(no_mangle)]
pub extern "C" fn rcf_allocate(size: usize) -> *mut u8 {
    match Layout::from_size_align(size, ALIGNMENT) {
        // SAFETY: the size is not 0.
        Ok(layout) if size > 0 => unsafe { alloc(layout) },
        _ => ptr::null_mut(),
    }
}

/// Frees a buffer of [`rcf_allocate`].
///
/// # Safety
/// `bytes` is `NULL`, or comes from a call of [`rcf_allocate`] with this size, and is not freed
/// yet.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rcf_deallocate(bytes: *mut u8, size: usize) {
    if let (false, Ok(layout)) = (bytes.is_null(), Layout::from_size_align(size, ALIGNMENT)) {
        // SAFETY: the caller promises that this layout was allocated.
        unsafe { dealloc(bytes, layout) }
    }
}
