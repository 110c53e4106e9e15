//! Numbers that stand for missing values, such as -9999.

/// Fewer other numbers show no range.
const ENOUGH: usize = 20;

/// A number that occurs repeatedly, as far from all others as these are from each other or further,
/// and how often: nines, or the only negative ones.
pub(super) fn sentinel(numbers: &[f64]) -> Option<(f64, usize)> {
    let range = |numbers: &mut dyn Iterator<Item = f64>| {
        numbers.fold(
            (f64::INFINITY, f64::NEG_INFINITY),
            |(least, most), number| (number.min(least), number.max(most)),
        )
    };
    let (least, most) = range(&mut numbers.iter().copied());
    [least, most].into_iter().find_map(|candidate| {
        let others = || {
            numbers
                .iter()
                .copied()
                .filter(|number| *number != candidate)
        };
        let (count, (low, high)) = (others().count(), range(&mut others()));
        let is_only_negative = candidate <= -10.0 && candidate.fract() == 0.0 && low >= 0.0;
        let distance = (low - candidate).max(candidate - high);
        let is_far = count >= ENOUGH && distance >= high - low;
        let times = numbers.len() - count;
        let is_usual = times > 1 && times < count;
        (is_far && is_usual && (is_only_negative || is_nines(candidate)))
            .then_some((candidate, times))
    })
}

/// `-9999`, `99.9`.
fn is_nines(number: f64) -> bool {
    let digits = number.abs().to_string().replace('.', "");
    digits.len() > 1 && digits.bytes().all(|digit| digit == b'9')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_far_numbers_that_occur_repeatedly_are_sentinels() {
        let with = |number: f64, times: usize| {
            let mut numbers: Vec<f64> = (0..40).map(|n| 20.0 + f64::from(n % 13)).collect();
            numbers.extend(vec![number; times]);
            sentinel(&numbers)
        };
        for number in [-9999.0, -99.9, 999.0, -200.0] {
            assert_eq!(with(number, 3), Some((number, 3)));
        }
        for (number, times) in [
            (-9999.0, 1),
            (500.0, 3),
            (-1.0, 3),
            (36.0, 3),
            (-9999.0, 60),
        ] {
            assert_eq!(with(number, times), None, "{number}");
        }
        let spread: Vec<f64> = (0..50)
            .map(|n| f64::from(n * 7 % 100))
            .chain([99.0; 3])
            .collect();
        assert_eq!(sentinel(&spread), None);
    }
}
