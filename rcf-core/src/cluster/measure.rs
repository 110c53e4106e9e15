//! The user's distance, checked.

use crate::error::InputError;

/// A distance that remembers the first invalid value. Callers discard what they computed if
/// [`check`](Self::check) fails.
pub(crate) struct Measure<F> {
    distance: F,
    refused: Option<f64>,
}

impl<F> Measure<F> {
    pub(crate) fn new(distance: F) -> Self {
        Self {
            distance,
            refused: None,
        }
    }

    /// The distance; 0 once a value was refused, without calling the function again.
    pub(crate) fn between<T>(&mut self, a: &T, b: &T) -> f64
    where
        F: FnMut(&T, &T) -> f64,
    {
        if self.refused.is_some() {
            return 0.0;
        }
        let distance = (self.distance)(a, b);
        if (0.0..=GREATEST).contains(&distance) {
            distance
        } else {
            self.refused = Some(distance);
            0.0
        }
    }

    pub(crate) fn check(&self) -> Result<(), InputError> {
        match self.refused {
            None => Ok(()),
            Some(got) => Err(InputError::Distance { got }),
        }
    }
}

/// The sum of the squares of many distances is still finite.
const GREATEST: f64 = 1e100;
