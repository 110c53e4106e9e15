//! Conversion of observations to points: centring, single precision, and the shingle.

use crate::config::Config;
use crate::error::InputError;
use crate::layout::stride;
use crate::parameters::MAX_MAGNITUDE;

/// The last observations, as one point.
///
/// Values are taken relative to an *origin*, at first the first observation, before they are
/// rounded to single precision: a signal that wiggles by 1 around 10¹² would otherwise be a
/// constant.
#[derive(Debug, Clone)]
pub(crate) struct Shingle {
    input_dimensions: usize,
    values_per_call: usize,
    dimensions: usize,
    /// One value for each input dimension; empty before the first observation.
    origin: Vec<f64>,
    /// The point, oldest observation first unless it rotates, padded with zeros.
    row: Vec<f32>,
    /// Calls until the point consists of observations only.
    missing: usize,
    /// Whether observations keep their places, …
    rotates: bool,
    /// … and where the values of the next call go.
    next: usize,
}

impl Shingle {
    pub(crate) fn new(config: &Config) -> Self {
        let dimensions = config.dimensions();
        Self {
            input_dimensions: config.input_dimensions,
            values_per_call: config.values_per_call(),
            dimensions,
            origin: Vec::new(),
            row: vec![0.0; stride(dimensions)],
            missing: dimensions / config.values_per_call(),
            rotates: config.shingle_rotation,
            next: if config.shingle_rotation {
                0
            } else {
                dimensions - config.values_per_call()
            },
        }
    }

    /// Restores the saved parts; `None` if they contradict the configuration.
    pub(crate) fn restore(
        config: &Config,
        origin: Vec<f64>,
        point: &[f32],
        missing: usize,
        updates: u64,
    ) -> Option<Self> {
        let mut shingle = Self::new(config);
        let origin_fits = origin.len() == config.input_dimensions
            || origin.is_empty() && missing == shingle.missing;
        let valid = origin_fits
            && missing <= shingle.missing
            && point.len() == shingle.dimensions
            && origin.iter().all(|value| value.abs() <= MAX_MAGNITUDE)
            && point.iter().all(|&value| is_storable(value));
        shingle.row[..shingle.dimensions].copy_from_slice(valid.then_some(point)?);
        if shingle.rotates {
            let block = (updates % config.shingle_size as u64) as usize;
            shingle.next = block * config.input_dimensions;
        }
        Some(Self {
            origin,
            missing,
            ..shingle
        })
    }

    pub(crate) fn origin(&self) -> &[f64] {
        &self.origin
    }

    /// The point without its padding.
    pub(crate) fn point(&self) -> &[f32] {
        &self.row[..self.dimensions]
    }

    pub(crate) fn missing(&self) -> usize {
        self.missing
    }

    /// The first coordinate of the values of the next call in the point that they make.
    pub(crate) fn next(&self) -> usize {
        self.next
    }

    /// Whether the point consists of observations only.
    pub(crate) fn is_full(&self) -> bool {
        self.missing == 0
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        8 * self.origin.capacity() + 4 * self.row.capacity()
    }

    /// Rejects values that the forest cannot take.
    pub(crate) fn check(&self, values: &[f64]) -> Result<(), InputError> {
        if values.len() != self.values_per_call {
            let (expected, got) = (self.values_per_call, values.len());
            return Err(InputError::WrongLength { expected, got });
        }
        match values
            .iter()
            .position(|value| value.is_nan() || value.abs() > MAX_MAGNITUDE)
        {
            None => Ok(()),
            Some(index) if values[index].is_finite() => {
                let (value, limit) = (values[index], MAX_MAGNITUDE);
                Err(InputError::OutOfRange {
                    index,
                    value,
                    limit,
                })
            }
            Some(index) => Err(InputError::NotFinite {
                index,
                value: values[index],
            }),
        }
    }

    /// Writes the point that these values would make into `row`. The values are checked.
    #[inline]
    pub(crate) fn peek(&self, values: &[f64], row: &mut [f32]) {
        // Before the first observation, its values are their own origin.
        let origin = if self.origin.is_empty() {
            values
        } else {
            &self.origin
        };
        if self.rotates {
            row.copy_from_slice(&self.row);
        } else {
            row[..self.next].copy_from_slice(&self.row[values.len()..self.dimensions]);
            row[self.dimensions..].fill(0.0);
        }
        let blocks = values.chunks_exact(self.input_dimensions);
        let rows = row[self.next..][..values.len()].chunks_exact_mut(self.input_dimensions);
        for (block, row) in blocks.zip(rows) {
            for ((row, value), origin) in row.iter_mut().zip(block).zip(origin) {
                // Adding zero turns −0 into 0, so that equal points have equal bits.
                *row = (value - origin) as f32 + 0.0;
            }
        }
    }

    /// Moves the origin by these distances, one for each input dimension. Returns by how much it
    /// really moved, in double precision, and keeps the point where it was.
    pub(crate) fn move_origin(&mut self, shifts: &[f32]) -> Vec<f64> {
        let origins = self.origin.iter_mut().zip(shifts);
        let moved: Vec<f64> = origins
            .map(|(origin, &shift)| {
                let old = *origin;
                *origin = (old + f64::from(shift)).clamp(-MAX_MAGNITUDE, MAX_MAGNITUDE);
                *origin - old
            })
            .collect();
        shift_row(&mut self.row[..self.dimensions], &moved);
        moved
    }

    /// Takes the values; `row` is the result of [`Self::peek`] for them.
    #[inline]
    pub(crate) fn push(&mut self, values: &[f64], row: &[f32]) {
        if self.origin.is_empty() {
            self.origin
                .extend_from_slice(&values[..self.input_dimensions]);
        }
        self.row.copy_from_slice(row);
        self.missing = self.missing.saturating_sub(1);
        if self.rotates {
            self.next = (self.next + self.input_dimensions) % self.dimensions;
        }
    }
}

/// The same point, seen from an origin moved by `shifts`, one for each input dimension.
pub(crate) fn shift_row(row: &mut [f32], shifts: &[f64]) {
    for block in row.chunks_exact_mut(shifts.len()) {
        for (coordinate, shift) in block.iter_mut().zip(shifts) {
            if *shift != 0.0 {
                *coordinate = (f64::from(*coordinate) - shift) as f32 + 0.0;
            }
        }
    }
}

/// Whether a coordinate can have come from accepted values.
pub(crate) fn is_storable(coordinate: f32) -> bool {
    // Not beyond the distance of two values, and a zero without sign.
    f64::from(coordinate.abs()) <= 2.001 * MAX_MAGNITUDE
        && coordinate.to_bits() != (-0.0f32).to_bits()
}
