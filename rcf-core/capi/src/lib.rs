//! The C interface of rcf: forests, detectors and encoders of categories behind opaque handles.
//!
//! All values of C pass through `border`: handles, arrays, messages, panics. [`parameters`] reads
//! the JSON of parameters, also for the Java interface. [`forest`], [`detector`] and [`categories`]
//! are the functions, which only call `rcf-core`: the same observations give the same bits as in
//! Rust.
//!
//! # Rules of the border
//! - A function that can fail returns a [`Status`], and copies what is wrong and what to do into
//!   the caller's `message`, of `message_size` bytes with the NUL that ends it. `NULL` is allowed.
//! - On an error nothing has changed: neither the model nor the results.
//! - A handle is `NULL` or comes from `*_new` or `*_load`, and has not been freed.
//! - Arrays of a length of 0 may be `NULL`. Results may overwrite the arrays that they were
//!   computed from.
//! - No panic unwinds into the caller: it becomes [`Status::Panic`]. A model that was being changed
//!   is refused from then on, but can be freed. Running out of memory aborts the process, as in C++
//!   without exceptions.
//!
//! # Threads
//! There are no globals. A handle may be used by any thread, by one at a time; functions that take
//! it as `const` may run at the same time as each other. Different handles have nothing in common.

#[allow(unsafe_code, reason = "the border with C")]
mod border;
#[allow(unsafe_code, reason = "the border with C")]
mod categories;
mod detection;
#[allow(unsafe_code, reason = "the border with C")]
mod detector;
#[allow(unsafe_code, reason = "the border with C")]
mod forest;
pub mod parameters;
mod refusal;
#[cfg(target_arch = "wasm32")]
#[allow(unsafe_code, reason = "memory for callers in JavaScript")]
mod wasm;

pub use border::{Guarded, rcf_bytes_free, rcf_version};
pub use categories::*;
pub use detection::{Detection, Suppression, normal_mark};
pub use detector::*;
pub use forest::*;
pub use refusal::{Refusal, Status};
#[cfg(target_arch = "wasm32")]
pub use wasm::*;
