//! Compact encoding of numbers for the page; `page/data.js` reads them. Values are whole multiples
//! of a power of ten.
//!
//! | | |
//! |---|---|
//! | number | seven bits a byte, the lowest first; the highest bit means that more follow |
//! | signed | `2 n` for `n`, `2 n − 1` for `−n` |
//! | runs | the number of pairs; each pair is a signed number and its run length |
//! | track | blocks, until a length of 0: length, signed power of ten, and the values |
//! | value | 0 if it is missing, otherwise 1 plus the signed difference from the previous one |

/// Values in a block.
const BLOCK: usize = 1024;
/// Levels in the range of a block whose values are rounded: more than a screen shows.
const LEVELS: f64 = 400.0;
/// Differences of larger numbers would not be exact in JavaScript.
const LARGEST: f64 = (1u64 << 50) as f64;

#[derive(Debug, Default)]
pub(super) struct Packer(pub(super) Vec<u8>);

/// The power of ten to which values are rounded.
#[derive(Debug, Clone, Copy)]
pub(super) struct Precision {
    /// Decimals of the values as they were read.
    pub(super) decimals: i32,
    /// The largest number of significant digits.
    pub(super) digits: i32,
}

impl Packer {
    pub(super) fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.0.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.0.push(number as u8);
    }

    fn signed(&mut self, number: i64) {
        self.number(zigzag(number));
    }

    pub(super) fn runs(&mut self, numbers: impl Iterator<Item = i64>) {
        let mut runs: Vec<(i64, u64)> = Vec::new();
        for number in numbers {
            match runs.last_mut() {
                Some((last, count)) if *last == number => *count += 1,
                _ => runs.push((number, 1)),
            }
        }
        self.number(runs.len() as u64);
        for (number, count) in runs {
            self.signed(number);
            self.number(count);
        }
    }

    /// Values, each with whether it keeps the precision in which it was read.
    pub(super) fn track(&mut self, values: &[(f64, bool)], precision: Precision) {
        for run in values.chunk_by(|a, b| a.1 == b.1) {
            for block in run.chunks(BLOCK) {
                self.block(block, precision);
            }
        }
        self.number(0);
    }

    fn block(&mut self, block: &[(f64, bool)], precision: Precision) {
        let finite = || {
            block
                .iter()
                .map(|it| it.0)
                .filter(|value| value.is_finite())
        };
        let (low, high) = finite()
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
                (low.min(value), high.max(value))
            });
        let is_exact = block[0].1;
        let power = power(low, high, is_exact, precision);
        self.number(block.len() as u64);
        self.signed(power.into());
        let mut before = 0;
        for &(value, _) in block {
            if !value.is_finite() {
                self.number(0);
                continue;
            }
            let scaled = match power {
                ..0 => value * 10f64.powi(-power),
                _ => value / 10f64.powi(power),
            };
            let whole = scaled.round() as i64;
            self.number(zigzag(whole - before) + 1);
            before = whole;
        }
    }
}

/// The power of ten of a block between these ends.
fn power(low: f64, high: f64, is_exact: bool, precision: Precision) -> i32 {
    let largest = low.abs().max(high.abs());
    if !(largest.is_finite() && largest > 0.0) {
        return 0;
    }
    let log = |value: f64| value.log10().max(-290.0);
    // With `digits` digits, and never so many that they are not whole numbers.
    let least = log(largest / LARGEST).ceil() as i32;
    let digits = log(largest).floor() as i32 + 1 - precision.digits;
    let exact = (-precision.decimals).max(digits).max(least);
    if is_exact || high <= low {
        return exact;
    }
    exact.max(log((high / LEVELS) - (low / LEVELS)).ceil() as i32)
}

fn zigzag(number: i64) -> u64 {
    if number < 0 {
        2 * number.unsigned_abs() - 1
    } else {
        2 * number as u64
    }
}

/// Decimals of numbers as they are written, one by one.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Decimals(pub(super) i32);

impl Decimals {
    const MOST: i32 = 12;

    pub(super) fn see(&mut self, value: f64) {
        let has = |decimals: i32| {
            let scale = 10f64.powi(decimals);
            let scaled = value * scale;
            scaled.abs() >= LARGEST || scaled.round() / scale == value
        };
        while value.is_finite() && self.0 < Self::MOST && !has(self.0) {
            self.0 += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PRECISE: Precision = Precision {
        decimals: 3,
        digits: 12,
    };

    /// Decoded like in the script of the page.
    fn unpack(bytes: &[u8]) -> Vec<Option<f64>> {
        let mut bytes = bytes.iter();
        let mut number = || {
            let (mut number, mut shift) = (0u64, 0);
            for byte in bytes.by_ref() {
                number |= u64::from(byte & 0x7f) << shift;
                shift += 7;
                if byte & 0x80 == 0 {
                    break;
                }
            }
            number
        };
        let signed =
            |number: u64| (number / 2 + number % 2) as i64 * if number % 2 == 1 { -1 } else { 1 };
        let mut values = Vec::new();
        loop {
            let length = number();
            if length == 0 {
                return values;
            }
            let power = signed(number()) as i32;
            let mut whole = 0;
            for _ in 0..length {
                values.push(match number() {
                    0 => None,
                    step => {
                        whole += signed(step - 1);
                        Some(match power {
                            ..0 => whole as f64 / 10f64.powi(-power),
                            _ => whole as f64 * 10f64.powi(power),
                        })
                    }
                });
            }
        }
    }

    proptest! {
        #[test]
        fn decimals_round_trip(
            values in prop::collection::vec(-10_000_000i64..10_000_000, 1..3_000),
        ) {
            let values: Vec<_> = values.iter().map(|it| (*it as f64 / 1e3, true)).collect();
            let mut packer = Packer::default();
            packer.track(&values, PRECISE);
            let unpacked: Vec<f64> = unpack(&packer.0).into_iter().flatten().collect();
            prop_assert_eq!(unpacked, values.iter().map(|it| it.0).collect::<Vec<_>>());
        }

        #[test]
        fn rounded_values_stay_within_a_hundredth_of_the_range(
            values in prop::collection::vec(any::<f64>(), 1..1_000),
        ) {
            let values: Vec<_> = values.into_iter().map(|it| (it % 1e290, false)).collect();
            let mut packer = Packer::default();
            packer.track(&values, PRECISE);
            let unpacked = unpack(&packer.0);
            prop_assert_eq!(unpacked.len(), values.len());
            let finite = || values.iter().map(|it| it.0).filter(|value| value.is_finite());
            let range = finite().fold(f64::MIN, f64::max) - finite().fold(f64::MAX, f64::min);
            for ((value, _), back) in values.iter().zip(unpacked) {
                match back {
                    None => prop_assert!(!value.is_finite()),
                    Some(back) => prop_assert!(
                        (back - value).abs() <= (range * 0.02).max(6e-4).max(1e-11 * value.abs())
                    ),
                }
            }
        }
    }

    #[test]
    fn decimals_are_those_of_the_text() {
        for (values, expected) in [
            (&[1.0, 20.0, -3.0][..], 0),
            (&[20.4, 20.37], 2),
            (&[1e15, 0.1], 1),
            (&[1.0 / 3.0], 12),
            (&[f64::NAN, 0.5], 1),
        ] {
            let mut decimals = Decimals::default();
            values.iter().for_each(|&value| decimals.see(value));
            assert_eq!(decimals.0, expected, "{values:?}");
        }
    }
}
