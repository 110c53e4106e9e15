//! Runs a detector on all series, with all threads.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use super::corpus::Series;

/// The outputs of a detector for each series, in order.
///
/// # Errors
/// The first error of the detector.
pub fn all(
    series: &[Series],
    detector: impl Fn(&[f64]) -> anyhow::Result<Vec<f64>> + Sync,
) -> anyhow::Result<Vec<Vec<f64>>> {
    let next = AtomicUsize::new(0);
    let outputs = Mutex::new(
        (0..series.len())
            .map(|_| Ok(Vec::new()))
            .collect::<Vec<_>>(),
    );
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(one) = series.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let output = detector(&one.values);
                    let position = series.iter().position(|other| std::ptr::eq(other, one));
                    let mut outputs = outputs.lock().unwrap_or_else(PoisonError::into_inner);
                    outputs[position.expect("it is one of them")] = output;
                }
            });
        }
    });
    let outputs = outputs.into_inner().unwrap_or_else(PoisonError::into_inner);
    outputs.into_iter().collect()
}
