//! Sentences about anomalies.

use crate::report::{exact, like};

/// The facts about an anomaly; lists have an entry for each value.
#[derive(Debug, Clone, Copy, Default)]
pub struct Finding<'a> {
    /// The names of the values.
    pub names: &'a [String],
    /// The values of the anomalous record.
    pub values: &'a [f64],
    /// The expected values, if known.
    pub expected: Option<&'a [f64]>,
    /// The share of each value in the score for being high.
    pub high: &'a [f64],
    /// The share of each value in the score for being low.
    pub low: &'a [f64],
    /// The values that deviate, in descending order of weight; if empty, the largest share decides.
    pub inputs: &'a [usize],
    /// Whether the anomaly is that the value hardly changes.
    pub is_still: bool,
    /// How many records ago it happened.
    pub records_ago: u32,
}

/// Names the value that explains most, the direction, and the size of the deviation.
#[must_use]
pub fn sentence(finding: &Finding<'_>) -> String {
    let share = |index: usize| {
        let part = |list: &[f64]| list.get(index).copied().unwrap_or(0.0);
        (part(finding.high), part(finding.low))
    };
    let total: f64 = (0..finding.values.len())
        .map(|it| share(it).0 + share(it).1)
        .sum();
    let largest = || {
        (0..finding.values.len())
            .max_by(|&a, &b| (share(a).0 + share(a).1).total_cmp(&(share(b).0 + share(b).1)))
    };
    let named = finding.inputs.first().copied();
    let Some(main) = named
        .filter(|&it| it < finding.values.len())
        .or_else(largest)
    else {
        return String::new();
    };
    let name = finding.names.get(main).map_or("value", String::as_str);
    let (high, low) = share(main);
    let mut text = format!("{name} was {}", exact(finding.values[main]));
    let expected = finding.expected.filter(|_| !finding.is_still);
    if finding.is_still {
        text += " and has hardly moved";
    }
    match expected.and_then(|expected| expected.get(main)) {
        Some(expected) => {
            let way = if finding.values[main] >= *expected {
                "above"
            } else {
                "below"
            };
            text += &format!(
                ", {way} the {} that was expected",
                like(*expected, finding.values[main])
            );
        }
        None if total > 0.0 && !finding.is_still => {
            text += if high >= low {
                ", higher than usual"
            } else {
                ", lower than usual"
            };
        }
        None => {}
    }
    if finding.values.len() > 1 && total > 0.0 {
        text += &format!(" ({:.0} % of the score)", 100.0 * (high + low) / total);
    }
    match finding.records_ago {
        0 => {}
        1 => text += ", one record before it was noticed",
        records => text += &format!(", {records} records before it was noticed"),
    }
    text + "."
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_value_that_explains_most_is_named() {
        let names = ["heat".to_owned(), "load".to_owned()];
        let finding = Finding {
            names: &names,
            values: &[21.5, -17.0],
            high: &[0.5, 0.0],
            low: &[0.0, 1.5],
            ..Finding::default()
        };
        assert_eq!(
            sentence(&finding),
            "load was −17, lower than usual (75 % of the score)."
        );
        let seen = Finding {
            inputs: &[0],
            ..finding
        };
        assert_eq!(
            sentence(&seen),
            "heat was 21.5, higher than usual (25 % of the score)."
        );
        let finding = Finding {
            expected: Some(&[20.0, 3.25]),
            records_ago: 2,
            ..finding
        };
        assert_eq!(
            sentence(&finding),
            "load was −17, below the 3.25 that was expected (75 % of the score), 2 records before \
             it was noticed."
        );
        let stuck = Finding {
            is_still: true,
            records_ago: 0,
            ..finding
        };
        assert_eq!(
            sentence(&stuck),
            "load was −17 and has hardly moved (75 % of the score)."
        );
        let finding = Finding {
            names: &names[..1],
            values: &[4.0],
            ..Finding::default()
        };
        assert_eq!(sentence(&finding), "heat was 4.");
        assert_eq!(sentence(&Finding::default()), "");
    }
}
