//! The newest values of a series, always in one piece.

use super::numbers::Numbers;

/// A ring that is kept twice, one copy behind the other, so that the newest values are one slice.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct History {
    values: Vec<f64>,
    next: usize,
    length: usize,
}

impl History {
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            values: vec![0.0; 2 * capacity],
            next: 0,
            length: 0,
        }
    }

    fn capacity(&self) -> usize {
        self.values.len() / 2
    }

    pub(crate) fn push(&mut self, value: f64) {
        let capacity = self.capacity();
        self.values[self.next] = value;
        self.values[self.next + capacity] = value;
        self.next = (self.next + 1) % capacity;
        self.length = (self.length + 1).min(capacity);
    }

    /// Changes the value this many before the newest one, if there is one.
    pub(crate) fn amend(&mut self, ago: usize, change: impl Fn(f64) -> f64) {
        if ago < self.length {
            let capacity = self.capacity();
            let at = (self.next + 2 * capacity - 1 - ago) % capacity;
            let value = change(self.values[at]);
            self.values[at] = value;
            self.values[at + capacity] = value;
        }
    }

    /// The values, the newest one last.
    pub(crate) fn values(&self) -> &[f64] {
        let end = self.next + self.capacity();
        &self.values[end - self.length..end]
    }

    pub(crate) fn newest(&self) -> Option<f64> {
        self.values().last().copied()
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        8 * self.values.capacity()
    }

    pub(crate) fn save(&self, numbers: &mut Vec<f64>) {
        numbers.push(self.length as f64);
        numbers.extend(self.values());
    }

    pub(crate) fn restore(capacity: usize, numbers: &mut Numbers<'_>) -> Option<Self> {
        let mut history = Self::new(capacity);
        for _ in 0..numbers.index(capacity)? {
            history.push(numbers.value()?);
        }
        Some(history)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_values_are_one_slice() {
        let mut history = History::new(5);
        assert_eq!(history.newest(), None);
        for t in 0..23 {
            history.push(f64::from(t));
            let first = (t - 4).max(0);
            let expected: Vec<f64> = (first..=t).map(f64::from).collect();
            assert_eq!(history.values(), expected);
            let mut saved = Vec::new();
            history.save(&mut saved);
            let mut numbers = Numbers::new(&saved);
            let restored = History::restore(5, &mut numbers).unwrap();
            assert_eq!(restored.values(), history.values());
            assert_eq!(
                History::restore(2, &mut Numbers::new(&saved)).is_some(),
                t < 2
            );
        }
    }
}
