//! State as plain numbers.

/// The largest count: beyond it, a double is not exact.
pub(crate) const COUNT: u64 = 1 << 53;

/// Where 64-bit counters that are no longer read stop; 32-bit counters stop earlier.
pub(crate) const MANY: usize = match 1_usize.checked_shl(32) {
    Some(many) => many,
    None => usize::MAX,
};

/// No number of a state is larger: inputs end at 10³⁰, and their squares are summed. A larger one
/// would overflow in a later sum.
const LARGEST: f64 = 1e90;

/// Reads what `save` wrote, in order. `None` means that the numbers are not a state.
#[derive(Debug)]
pub(crate) struct Numbers<'a>(&'a [f64]);

impl<'a> Numbers<'a> {
    pub(crate) fn new(numbers: &'a [f64]) -> Self {
        Self(numbers)
    }

    /// The next number, which must be one that a state can hold.
    pub(crate) fn value(&mut self) -> Option<f64> {
        let (&first, rest) = self.0.split_first()?;
        self.0 = rest;
        is_possible(&first).then_some(first)
    }

    /// The next number, which must not be negative.
    pub(crate) fn amount(&mut self) -> Option<f64> {
        self.value().filter(|&value| value >= 0.0)
    }

    /// The next number, which must be whole and at most `most`.
    pub(crate) fn index(&mut self, most: usize) -> Option<usize> {
        let value = self.amount()?;
        (value <= most as f64 && value == value.trunc()).then_some(value as usize)
    }

    /// The next number, which must be whole and at most [`COUNT`].
    pub(crate) fn count(&mut self) -> Option<u64> {
        let value = self.amount()?;
        (value <= COUNT as f64 && value == value.trunc()).then_some(value as u64)
    }

    /// The next numbers, as many as `into` holds, which must be ones that a state can hold.
    pub(crate) fn fill(&mut self, into: &mut [f64]) -> Option<()> {
        let (first, rest) = self.0.split_at_checked(into.len())?;
        self.0 = rest;
        into.copy_from_slice(first);
        first.iter().all(is_possible).then_some(())
    }

    /// Nothing must be left.
    pub(crate) fn end(&self) -> Option<()> {
        self.0.is_empty().then_some(())
    }
}

fn is_possible(value: &f64) -> bool {
    value.abs() <= LARGEST
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_numbers_of_the_right_kind_are_read() {
        let mut numbers = Numbers::new(&[1.5, -2.0, 3.0, 3.5, 9.0, f64::NAN, 1.0]);
        assert_eq!(numbers.value(), Some(1.5));
        assert_eq!(numbers.amount(), None);
        assert_eq!(numbers.index(3), Some(3));
        assert_eq!(numbers.index(3), None);
        assert_eq!(numbers.index(8), None);
        assert_eq!(numbers.fill(&mut [0.0; 2]), None);
        assert_eq!(numbers.end(), Some(()));
        assert_eq!(numbers.value(), None);
        assert_eq!(Numbers::new(&[1.0]).fill(&mut [0.0; 2]), None);
    }
}
