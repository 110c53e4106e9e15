//! Rows of arrays in either precision, as the slices that a forest takes.

use ndarray::ArrayView1;

/// A number that an array of records may hold: `f64` or `f32`. Either gives the same scores, since
/// `f32` is widened without loss.
pub trait Real: Copy + sealed::Sealed {
    /// The row as a slice, written to `buffer` only where it does not lie in memory as one.
    #[doc(hidden)]
    fn row<'a>(row: &'a ArrayView1<'_, Self>, buffer: &'a mut Vec<f64>) -> &'a [f64];
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for f32 {}
    impl Sealed for f64 {}
}

impl Real for f64 {
    fn row<'a>(row: &'a ArrayView1<'_, Self>, buffer: &'a mut Vec<f64>) -> &'a [f64] {
        match row.as_slice() {
            Some(slice) => slice,
            None => {
                buffer.clear();
                buffer.extend(row);
                buffer
            }
        }
    }
}

impl Real for f32 {
    fn row<'a>(row: &'a ArrayView1<'_, Self>, buffer: &'a mut Vec<f64>) -> &'a [f64] {
        buffer.clear();
        buffer.extend(row.iter().map(|&value| f64::from(value)));
        buffer
    }
}
