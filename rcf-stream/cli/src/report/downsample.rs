//! Fewer records with the same outline.

/// The records to keep, in order: all if there are at most `budget`, otherwise the lowest and the
/// highest of each column within each of equally long stretches, and both ends. A peak of a single
/// record is therefore never lost. Values that are not finite count only if a stretch contains
/// nothing else, so that wide gaps stay gaps.
///
/// All columns have the same length. At most `budget` records come back if it is at least
/// `2 * columns + 2`.
pub(super) fn keep_extremes(columns: &[&[f64]], budget: usize) -> Vec<usize> {
    let rows = columns.first().map_or(0, |column| column.len());
    if rows <= budget {
        return (0..rows).collect();
    }
    let stretches = (budget.saturating_sub(2) / (2 * columns.len())).max(1);
    let mut kept = vec![0, rows - 1];
    for stretch in 0..stretches {
        let (start, end) = (stretch * rows / stretches, (stretch + 1) * rows / stretches);
        for column in columns {
            let (mut low, mut high) = (start, start);
            for i in start..end {
                // Negated: also true if the extreme so far is NaN.
                if column[i].is_finite() && !(column[low].is_finite() && column[low] <= column[i]) {
                    low = i;
                }
                if column[i].is_finite() && !(column[high].is_finite() && column[high] >= column[i])
                {
                    high = i;
                }
            }
            kept.extend([low, high]);
        }
    }
    kept.sort_unstable();
    kept.dedup();
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wave(rows: usize) -> Vec<f64> {
        (0..rows).map(|i| (i as f64 / 50.0).sin()).collect()
    }

    #[test]
    fn short_series_are_kept_whole() {
        assert_eq!(keep_extremes(&[&[3.0, 1.0, 2.0]], 3), [0, 1, 2]);
        assert!(keep_extremes(&[], 3).is_empty());
    }

    #[test]
    fn single_peaks_of_every_column_survive_within_the_budget() {
        for at in [0, 1, 499, 5_000, 9_998, 9_999] {
            let (mut up, mut down) = (wave(10_000), wave(10_000));
            up[at] = 7.0;
            down[9_999 - at] = -7.0;
            let kept = keep_extremes(&[&up, &down], 400);
            assert!(kept.contains(&at) && kept.contains(&(9_999 - at)), "{at}");
            assert!(kept.len() <= 400, "{}", kept.len());
            assert!(kept.is_sorted_by(|a, b| a < b));
            assert_eq!((kept[0], kept[kept.len() - 1]), (0, 9_999));
        }
    }

    #[test]
    fn every_stretch_keeps_its_own_extremes() {
        let values = wave(10_000);
        let kept = keep_extremes(&[&values], 202); // 100 stretches of 100
        for start in (0..10_000).step_by(100) {
            let all = &values[start..start + 100];
            let seen: Vec<f64> = kept
                .iter()
                .filter(|i| (start..start + 100).contains(*i))
                .map(|&i| values[i])
                .collect();
            let range = |v: &[f64]| {
                v.iter()
                    .fold((f64::MAX, f64::MIN), |(l, h), &x| (l.min(x), h.max(x)))
            };
            assert_eq!(range(&seen), range(all), "from {start}");
        }
    }

    #[test]
    fn missing_values_hide_no_peak_and_wide_gaps_stay() {
        let mut values = wave(1_000);
        values[100] = f64::NAN; // first of its stretch
        values[107] = 9.0;
        values[500..600].fill(f64::NAN);
        let kept = keep_extremes(&[&values], 102); // 50 stretches of 20
        assert!(kept.contains(&107) && !kept.contains(&100));
        assert!(kept.iter().any(|&i| (500..600).contains(&i)));
    }
}
