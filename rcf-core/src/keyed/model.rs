//! The traits of models and keys.

use std::sync::Arc;

use crate::{AnomalyDetector, Detection, InputError, RandomCutForest, StateError};

/// A model that a [`DetectorMap`](super::DetectorMap) can hold.
///
/// A call that is refused leaves the model as it was, and the bytes give back a model that
/// continues bit by bit: the map relies on both.
pub trait KeyedModel: Clone + Send + Sync {
    /// The result for an observation.
    type Output: Send;

    /// Processes an observation and returns the result.
    ///
    /// # Errors
    /// The observation breaks a rule; the model is unchanged.
    fn process(&mut self, values: &[f64]) -> Result<Self::Output, InputError>;

    /// Bytes that the model occupies, itself and on the heap.
    fn size_in_bytes(&self) -> usize;

    /// The whole state.
    fn to_bytes(&self) -> Vec<u8>;

    /// Restores a model from its bytes.
    ///
    /// # Errors
    /// The bytes are damaged.
    fn from_bytes(bytes: &[u8]) -> Result<Self, StateError>;
}

impl KeyedModel for RandomCutForest {
    type Output = f64;

    fn process(&mut self, values: &[f64]) -> Result<f64, InputError> {
        self.process(values)
    }

    fn size_in_bytes(&self) -> usize {
        self.size_in_bytes()
    }

    fn to_bytes(&self) -> Vec<u8> {
        self.to_bytes()
    }

    /// [Compact](crate::MemoryProfile::Compact), whatever it was.
    fn from_bytes(bytes: &[u8]) -> Result<Self, StateError> {
        Self::compact_from_bytes(bytes)
    }
}

impl KeyedModel for AnomalyDetector {
    type Output = Detection;

    fn process(&mut self, values: &[f64]) -> Result<Detection, InputError> {
        self.process(values)
    }

    fn size_in_bytes(&self) -> usize {
        self.size_in_bytes()
    }

    fn to_bytes(&self) -> Vec<u8> {
        self.to_bytes()
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, StateError> {
        Self::from_bytes(bytes)
    }
}

/// A key. The map holds two copies of each, so one that is cheap to clone, as `Arc<str>`, pays.
pub trait Key: Clone + Eq + std::hash::Hash + Send + Sync + std::fmt::Debug {
    /// Bytes on the heap for which one copy of the key is accountable.
    fn heap_bytes(&self) -> usize {
        0
    }
}

impl Key for String {
    fn heap_bytes(&self) -> usize {
        self.capacity()
    }
}

impl Key for Arc<str> {
    /// Two copies share the text and its two counters.
    fn heap_bytes(&self) -> usize {
        (self.len() + 2 * size_of::<usize>()).div_ceil(2)
    }
}

macro_rules! keys_without_heap {
    ($($key:ty),*) => { $(impl Key for $key {})* };
}
keys_without_heap!(
    u8,
    u16,
    u32,
    u64,
    u128,
    usize,
    i8,
    i16,
    i32,
    i64,
    i128,
    isize,
    char,
    &'static str
);
