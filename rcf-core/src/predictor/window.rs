//! Mean, deviation and range of the last few hundred values.

use super::numbers::Numbers;

/// Values in a block.
const BLOCK: f64 = 256.0;

/// Statistics of the newest block of values and the one before.
///
/// A discounted mean never quite forgets: after values of 10⁹ it takes thousands of observations
/// until those of 1 are seen. Two blocks forget completely, in constant time and space.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Window {
    blocks: [Block; 2],
}

/// Welford's form: no difference of large numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Block {
    count: f64,
    mean: f64,
    /// Sum of squared distances to the mean.
    squares: f64,
    least: f64,
    greatest: f64,
}

impl Block {
    fn push(&mut self, value: f64) {
        if self.count == 0.0 {
            (self.least, self.greatest) = (value, value);
        }
        self.count += 1.0;
        let before = value - self.mean;
        self.mean += before / self.count;
        self.squares += before * (value - self.mean);
        self.least = self.least.min(value);
        self.greatest = self.greatest.max(value);
    }
}

impl Window {
    pub(crate) fn push(&mut self, value: f64) {
        if self.blocks[0].count >= BLOCK {
            self.blocks = [Block::default(), self.blocks[0]];
        }
        self.blocks[0].push(value);
    }

    pub(crate) fn count(&self) -> f64 {
        self.blocks[0].count + self.blocks[1].count
    }

    /// The mean; 0 before the first value.
    pub(crate) fn mean(&self) -> f64 {
        let [new, old] = &self.blocks;
        if old.count == 0.0 {
            return new.mean;
        }
        old.mean + (new.mean - old.mean) * (new.count / self.count())
    }

    /// The standard deviation; exactly 0 while all values are equal.
    pub(crate) fn deviation(&self) -> f64 {
        let [new, old] = &self.blocks;
        let count = self.count();
        if count == 0.0 {
            return 0.0;
        }
        let mut squares = new.squares + old.squares;
        if new.count > 0.0 && old.count > 0.0 {
            let apart = new.mean - old.mean;
            squares += apart * apart * (new.count * old.count / count);
        }
        (squares / count).sqrt()
    }

    /// The least and the greatest value.
    pub(crate) fn range(&self) -> (f64, f64) {
        let [new, old] = &self.blocks;
        if old.count == 0.0 {
            return (new.least, new.greatest);
        }
        (new.least.min(old.least), new.greatest.max(old.greatest))
    }

    pub(crate) fn save(&self, numbers: &mut Vec<f64>) {
        for block in &self.blocks {
            numbers.extend([block.count, block.mean, block.squares]);
            numbers.extend([block.least, block.greatest]);
        }
    }

    pub(crate) fn restore(numbers: &mut Numbers<'_>) -> Option<Self> {
        let mut window = Self::default();
        for block in &mut window.blocks {
            block.count = numbers.index(BLOCK as usize)? as f64;
            block.mean = numbers.value()?;
            block.squares = numbers.amount()?;
            block.least = numbers.value()?;
            block.greatest = numbers.value()?;
            if block.least > block.greatest {
                return None;
            }
        }
        Some(window)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Random;

    #[test]
    fn the_statistics_are_those_of_one_or_two_blocks() {
        let mut random = Random::new(3);
        let mut window = Window::default();
        let mut all = Vec::new();
        for t in 0..1_500usize {
            let value = 1e9 + random.normal();
            all.push(value);
            window.push(value);
            let first = (t / 256).saturating_sub(1) * 256;
            let values = &all[first..];
            let count = values.len() as f64;
            assert_eq!(window.count(), count);
            let mean = values.iter().map(|x| x - 1e9).sum::<f64>() / count;
            let squares = values.iter().map(|x| (x - 1e9 - mean).powi(2));
            let deviation = (squares.sum::<f64>() / count).sqrt();
            assert!((window.mean() - 1e9 - mean).abs() < 1e-5);
            assert!((window.deviation() - deviation).abs() < 1e-5);
            let range = values
                .iter()
                .fold((f64::MAX, f64::MIN), |(a, b), &x| (a.min(x), b.max(x)));
            assert_eq!(window.range(), range);
        }
        let mut saved = Vec::new();
        window.save(&mut saved);
        assert_eq!(Window::restore(&mut Numbers::new(&saved)), Some(window));
        saved[2] = -1.0;
        assert_eq!(Window::restore(&mut Numbers::new(&saved)), None);
    }

    #[test]
    fn a_constant_has_no_deviation_however_wild_its_past() {
        let mut window = Window::default();
        for t in 0..700 {
            window.push(1e30 * f64::from(t % 7));
        }
        for _ in 0..512 {
            window.push(0.1);
        }
        assert_eq!((window.mean(), window.deviation()), (0.1, 0.0));
        assert_eq!(window.range(), (0.1, 0.1));
    }
}
