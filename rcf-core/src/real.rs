//! Numbers in either precision, as the slices that a forest takes.

use ndarray::ArrayView1;

/// A number of an observation, or of an array of observations: `f64` or `f32`. Either gives the
/// same scores, since `f32` is widened without loss.
pub trait Real: Copy + sealed::Sealed {
    /// The row as a slice, written to `buffer` only if it is not contiguous in memory.
    #[doc(hidden)]
    fn row<'a>(row: &'a ArrayView1<'_, Self>, buffer: &'a mut Vec<f64>) -> &'a [f64];

    /// Calls a function with the values as `f64`: the slice itself, or a copy.
    #[doc(hidden)]
    fn with<R>(values: &[Self], function: impl FnOnce(&[f64]) -> R) -> R;
}

/// Copies of this many values are made on the stack.
const ON_STACK: usize = 64;

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

    #[inline]
    fn with<R>(values: &[Self], function: impl FnOnce(&[f64]) -> R) -> R {
        function(values)
    }
}

impl Real for f32 {
    fn row<'a>(row: &'a ArrayView1<'_, Self>, buffer: &'a mut Vec<f64>) -> &'a [f64] {
        buffer.clear();
        buffer.extend(row.iter().map(|&value| f64::from(value)));
        buffer
    }

    fn with<R>(values: &[Self], function: impl FnOnce(&[f64]) -> R) -> R {
        let mut stack = [0.0; ON_STACK];
        let Some(wide) = stack.get_mut(..values.len()) else {
            let wide: Vec<f64> = values.iter().copied().map(f64::from).collect();
            return function(&wide);
        };
        for (wide, value) in wide.iter_mut().zip(values) {
            *wide = f64::from(*value);
        }
        function(wide)
    }
}
