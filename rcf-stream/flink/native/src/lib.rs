//! The native methods of the Java class `rcf.Native`: forests, detectors and encoders of categories
//! behind handles.
//!
//! All values of Java pass through [`border`]: handles, arrays, exceptions. [`model`] has the
//! methods that all models have, [`forest`], [`detector`] and [`categories`] the others. They only
//! call `rcf-core`: the same observations give the same bits as in Rust.
//!
//! # Rules of the border
//! - Only numbers, strings and arrays of numbers cross. No object of Java is held, and no method of
//!   Java is called, except to throw exceptions.
//! - A handle is a pointer that `*New` or `*Load` has returned, as a `long`. The class `rcf.Handle`
//!   is the only one that has it: it frees it once, and locks it for each call.
//! - A refusal is an exception of the class that [`border::Fault`] names, and has changed nothing.
//!   A panic becomes an exception, too.

#[allow(unsafe_code, reason = "the border with Java")]
mod border;
#[allow(unsafe_code, reason = "the border with Java")]
mod categories;
#[allow(unsafe_code, reason = "the border with Java")]
mod detector;
#[allow(unsafe_code, reason = "the border with Java")]
mod forest;
#[allow(unsafe_code, reason = "the border with Java")]
mod model;
