//! Round numbers for axes.

/// Beyond this, differences of values could overflow; such values are outside the picture.
const HUGE: f64 = 1e300;

/// The range of a vertical axis: all finite values with a margin, from zero if the values begin
/// near it. The low end is always below the high end.
pub(super) fn range(values: impl IntoIterator<Item = f64>) -> (f64, f64) {
    let (low, high) = values
        .into_iter()
        .filter(|value| value.is_finite())
        .map(|value| value.clamp(-HUGE, HUGE))
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| {
            (low.min(v), high.max(v))
        });
    if low > high {
        return (0.0, 1.0); // no value at all
    }
    let from_zero = low >= 0.0 && low <= high / 2.0;
    // A flat curve gets a margin in proportion to its level, wide enough to differ from it in f64.
    let spread = if from_zero { high } else { high - low };
    let room = if spread > high.abs().max(low.abs()) * 1e-12 {
        spread * 0.08
    } else {
        (high.abs() * 0.5).max(1.0)
    };
    (if from_zero { 0.0 } else { low - room }, high + room)
}

/// Marks of an axis, with as many decimals as they need.
#[derive(Debug, PartialEq)]
pub(super) struct Ticks {
    pub(super) values: Vec<f64>,
    step: f64,
}

impl Ticks {
    /// About `wanted` marks from `low` to `high`, at steps of 1, 2 or 5 times a power of ten.
    pub(super) fn new(low: f64, high: f64, wanted: f64) -> Self {
        let rough = (high - low) / wanted.max(1.0);
        if !(rough > 0.0 && rough.is_finite()) {
            return Self {
                values: vec![low],
                step: 1.0,
            };
        }
        let power = 10f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 5.0]
            .map(|m| m * power)
            .into_iter()
            .find(|&step| step >= rough * 0.999)
            .unwrap_or(10.0 * power);
        let first = (low / step - 1e-9).ceil();
        let count = ((high / step + 1e-9).floor() - first + 1.0).clamp(0.0, 1000.0);
        // Never `-0`, which would be written with its sign.
        let values = (0..count as u32)
            .map(|k| (first + f64::from(k)) * step + 0.0)
            .collect();
        Self { values, step }
    }

    /// A mark as text.
    pub(super) fn text(&self, value: f64) -> String {
        if !(1e-6..1e9).contains(&self.step) {
            return minus(&format!("{value:e}"));
        }
        let decimals = (-(self.step.log10() + 1e-9).floor()).clamp(0.0, 12.0);
        group(&format!("{value:.*}", decimals as usize))
    }
}

/// A value as text with five significant digits: `36,250`, `−17`, `4.1235`.
pub(crate) fn number(value: f64) -> String {
    significant(value, 5)
}

/// A value as it was read, if that takes at most nine digits, otherwise with five.
pub(crate) fn exact(value: f64) -> String {
    significant(value, digits(value).unwrap_or(5))
}

/// A value next to one that was read: with its decimals, with those that show two digits of the
/// difference, and with at least three significant digits. What is nothing beside it is 0.
pub(crate) fn like(value: f64, read: f64) -> String {
    let whole = |value: f64| value.abs().max(1.0).log10().floor() as i32 + 1;
    let difference = (value - read).abs();
    match digits(read) {
        Some(digits) if (1e-3..1e9).contains(&read.abs()) => {
            let shown = 1 - difference.log10().floor().max(-9.0) as i32;
            let decimals = (digits - whole(read)).max(0).max(shown);
            if value.abs() < 0.05 * 0.1_f64.powi(decimals) {
                return significant(0.0, 1);
            }
            significant(value, (whole(value) + decimals).max(3))
        }
        _ => significant(value, 5),
    }
}

/// The significant digits of a value as it was read, if there are at most nine.
fn digits(value: f64) -> Option<i32> {
    let has = |digits: i32| {
        let rounded = format!("{value:.*e}", (digits - 1) as usize);
        rounded.parse::<f64>() == Ok(value)
    };
    (1..=9).find(|&digits| has(digits))
}

/// A value as text with this many significant digits; the whole part is never shortened.
pub(super) fn significant(value: f64, wanted: i32) -> String {
    if !value.is_finite() {
        return "missing".to_owned();
    }
    if value == 0.0 {
        return "0".to_owned();
    }
    let digits = value.abs().log10().floor() as i32;
    if !(-6..12).contains(&digits) {
        return minus(&format!("{value:.*e}", (wanted - 1).max(0) as usize));
    }
    let text = format!("{value:.*}", (wanted - 1 - digits).clamp(0, 12) as usize);
    let text = if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.')
    } else {
        &text
    };
    group(text)
}

/// Thousands separators, and a true minus sign.
fn group(text: &str) -> String {
    let (sign, text) = text
        .strip_prefix('-')
        .map_or(("", text), |rest| ("−", rest));
    let (whole, fraction) = text.find('.').map_or((text, ""), |dot| text.split_at(dot));
    let mut out = String::from(sign);
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out + fraction
}

fn minus(text: &str) -> String {
    text.replace('-', "−")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(low: f64, high: f64, wanted: f64) -> Vec<String> {
        let ticks = Ticks::new(low, high, wanted);
        ticks
            .values
            .iter()
            .map(|&value| ticks.text(value))
            .collect()
    }

    #[test]
    fn ticks_are_round() {
        assert_eq!(texts(-18.4, 21.6, 4.0), ["−10", "0", "10", "20"]);
        assert_eq!(texts(0.0, 36_600.0, 8.0)[1..3], ["5,000", "10,000"]);
        assert_eq!(texts(0.0, 0.6, 3.0), ["0.0", "0.2", "0.4", "0.6"]);
        assert_eq!(texts(5.0, 5.0, 3.0), ["5"]);
        assert_eq!(texts(0.0, 2e12, 2.0), ["0e0", "1e12", "2e12"]);
    }

    #[test]
    fn ranges_hold_all_values_and_are_never_flat() {
        assert_eq!(range([]), (0.0, 1.0));
        assert_eq!(range([f64::NAN, f64::INFINITY]), (0.0, 1.0));
        assert_eq!(range([0.5, 4.0]).0, 0.0);
        let cases: [&[f64]; 5] = [
            &[0.0],
            &[-3.0, -3.0],
            &[1.7e9, 1.7e9 + 1.0],
            &[f64::MIN, f64::MAX],
            &[1e-300, 2e-300],
        ];
        for values in cases {
            let (low, high) = range(values.iter().copied());
            assert!(
                low < high && (high - low).is_finite(),
                "{values:?}: {low} {high}"
            );
            assert!(
                values
                    .iter()
                    .all(|v| v.abs() > HUGE || (low..=high).contains(v)),
                "{values:?}"
            );
        }
    }

    #[test]
    fn numbers_read_well() {
        let cases = [
            (36_250.0, "36,250"),
            (-17.0, "−17"),
            (4.123_456_7, "4.1235"),
            (0.0, "0"),
            (1_234_567.0, "1,234,567"),
            (0.000_25, "0.00025"),
            (1e15, "1.0000e15"),
            (999.999_99, "1,000"),
            (f64::NAN, "missing"),
        ];
        for (value, expected) in cases {
            assert_eq!(number(value), expected);
        }
    }

    #[test]
    fn values_have_the_digits_with_which_they_were_read() {
        let cases = [
            (1_234.567, 20.0, "1,234.567", "20"),
            (20.37, 19.981_234, "20.37", "19.98"),
            (-17.0, 3.253_1, "−17", "3.25"),
            (1e9 / 3.0, 1e9 / 7.0, "333,333,333", "142,857,143"),
            (0.1 + 0.2, 0.25, "0.3", "0.25"),
            (400.0, 418.345, "400", "418"),
            (0.0, 0.012_345, "0", "0.012345"),
            // Two texts for two values.
            (20.0, 19.970_4, "20", "19.97"),
            (1_013.25, 1_013.249_6, "1,013.25", "1,013.2496"),
            (1_234_567.0, 1_234_567.5, "1,234,567", "1,234,567.5"),
            (20.3, 20.3, "20.3", "20.3"),
            (1.0, -0.001_46, "1", "0"),
            (1.5, 0.03, "1.5", "0.03"),
        ];
        for (value, expected, as_read, alike) in cases {
            assert_eq!(
                (exact(value), like(expected, value)),
                (as_read.into(), alike.into())
            );
        }
    }
}
