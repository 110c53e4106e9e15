//! Alerts of many keys that begin together: one event instead of one alert for each key.
//!
//! ```
//! use rcf_core::events::{Alert, correlate};
//!
//! let alert = |key, time| Alert { key, time, grade: 0.5 };
//! let alerts = [alert("cache", 112.0), alert("database", 100.0), alert("disk", 900.0)];
//! let found = correlate(&alerts, 60.0, 2)?;
//! let keys: Vec<_> = found.events[0].onsets.iter().map(|onset| onset.key).collect();
//! assert_eq!(keys, ["database", "cache"]);
//! assert_eq!(found.alone, 1);
//! # Ok::<(), rcf_core::events::CorrelateError>(())
//! ```

use std::collections::HashMap;
use std::hash::Hash;

use thiserror::Error;

/// One alert.
#[derive(Debug, Clone, PartialEq)]
pub struct Alert<K> {
    /// The key.
    pub key: K,
    /// The time, in any unit.
    pub time: f64,
    /// How far beyond the boundary, from 0 to 1.
    pub grade: f64,
}

/// The part of one key in an event.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Onset<K> {
    /// The key.
    pub key: K,
    /// Its first alert in the event, by its position in the input.
    pub first: usize,
    /// Its time.
    pub time: f64,
    /// Its alerts in the event.
    pub alerts: usize,
    /// The largest grade of these.
    pub grade: f64,
}

/// Alerts of several keys that began together.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct CorrelatedEvent<K> {
    /// The keys in the order of their onsets; of equal times, in the order of the input.
    pub onsets: Vec<Onset<K>>,
}

impl<K> CorrelatedEvent<K> {
    /// When it began.
    #[must_use]
    pub fn start(&self) -> f64 {
        self.onsets.first().map_or(f64::NAN, |onset| onset.time)
    }

    /// The largest grade.
    #[must_use]
    pub fn grade(&self) -> f64 {
        let grades = self.onsets.iter().map(|onset| onset.grade);
        grades.fold(0.0, f64::max)
    }
}

/// What [`correlate`] finds.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Correlated<K> {
    /// The events, in the order of time.
    pub events: Vec<CorrelatedEvent<K>>,
    /// Alerts that belong to no event: too few keys began together.
    pub alone: usize,
}

/// Alerts cannot be compared.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum CorrelateError {
    /// A time is not a number.
    #[error("the time of alert {index} is not finite: {time}")]
    Time {
        /// The position of the alert.
        index: usize,
        /// Its time.
        time: f64,
    },
    /// The span is invalid.
    #[error("the span within which keys begin together must be finite and at least 0, got {got}")]
    Within {
        /// The span that was given.
        got: f64,
    },
}

/// Groups alerts, which may come in any order. An event begins with an alert and holds all alerts
/// at most `within` after it; the next alert begins the next event. So no event is longer than
/// that, however many keys alert. Those of fewer than `least_keys` keys are left out, and counted.
///
/// # Errors
/// A time that is not finite, or an invalid span.
pub fn correlate<K: Clone + Eq + Hash>(
    alerts: &[Alert<K>],
    within: f64,
    least_keys: usize,
) -> Result<Correlated<K>, CorrelateError> {
    if !(within >= 0.0 && within.is_finite()) {
        return Err(CorrelateError::Within { got: within });
    }
    let mut times = alerts.iter().map(|alert| alert.time).enumerate();
    if let Some((index, time)) = times.find(|(_, time)| !time.is_finite()) {
        return Err(CorrelateError::Time { index, time });
    }
    let mut order: Vec<usize> = (0..alerts.len()).collect();
    order.sort_by(|&a, &b| alerts[a].time.total_cmp(&alerts[b].time).then(a.cmp(&b)));
    let mut found = Correlated {
        events: Vec::new(),
        alone: 0,
    };
    let mut rest = &order[..];
    while let Some(&first) = rest.first() {
        let end = alerts[first].time + within;
        let count = rest.partition_point(|&alert| alerts[alert].time <= end);
        let (together, later) = rest.split_at(count);
        rest = later;
        let event = event(alerts, together);
        if event.onsets.len() >= least_keys {
            found.events.push(event);
        } else {
            found.alone += together.len();
        }
    }
    Ok(found)
}

fn event<K: Clone + Eq + Hash>(alerts: &[Alert<K>], together: &[usize]) -> CorrelatedEvent<K> {
    let mut places: HashMap<&K, usize> = HashMap::new();
    let mut onsets: Vec<Onset<K>> = Vec::new();
    for &first in together {
        let Alert { key, time, grade } = &alerts[first];
        let place = *places.entry(key).or_insert(onsets.len());
        if let Some(onset) = onsets.get_mut(place) {
            onset.alerts += 1;
            onset.grade = onset.grade.max(*grade);
        } else {
            onsets.push(Onset {
                key: key.clone(),
                first,
                time: *time,
                alerts: 1,
                grade: *grade,
            });
        }
    }
    CorrelatedEvent { onsets }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn alert(key: u8, time: f64) -> Alert<u8> {
        Alert {
            key,
            time,
            grade: f64::from(key) / 10.0,
        }
    }

    #[test]
    fn keys_are_in_the_order_of_their_onsets() {
        let times = [
            (3, 20.0),
            (1, 10.0),
            (2, 10.0),
            (3, 15.0),
            (4, 70.1),
            (5, 200.0),
            (5, 201.0),
        ];
        let alerts: Vec<_> = times.iter().map(|&(key, time)| alert(key, time)).collect();
        let found = correlate(&alerts, 60.0, 2).unwrap();
        assert_eq!((found.events.len(), found.alone), (1, 3));
        let event = &found.events[0];
        let onsets: Vec<_> = event
            .onsets
            .iter()
            .map(|it| (it.key, it.first, it.alerts))
            .collect();
        assert_eq!(onsets, [(1, 1, 1), (2, 2, 1), (3, 3, 2)]);
        assert_eq!((event.start(), event.grade()), (10.0, 0.3));
        // The end belongs to it.
        let exact = correlate(&alerts, 60.1, 2).unwrap();
        assert_eq!(exact.events[0].onsets.len(), 4);
        let all = correlate(&alerts, 60.0, 1).unwrap();
        assert_eq!((all.events.len(), all.alone), (3, 0));
    }

    #[test]
    fn times_that_are_not_finite_are_refused() {
        let alerts = [alert(0, 1.0), alert(1, f64::NAN)];
        let error = correlate(&alerts, 1.0, 2).unwrap_err();
        assert!(matches!(error, CorrelateError::Time { index: 1, .. }));
        for got in [-1.0, f64::INFINITY, f64::NAN] {
            let error = correlate(&alerts[..1], got, 2).unwrap_err();
            assert!(matches!(error, CorrelateError::Within { .. }), "{got}");
        }
        let none = correlate::<u8>(&[], 1.0, 2).unwrap();
        assert_eq!((none.events, none.alone), (vec![], 0));
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            cases: 500,
            failure_persistence: None,
            rng_seed: proptest::test_runner::RngSeed::Fixed(5),
            ..ProptestConfig::default()
        })]

        /// Each alert is in one event or counted; no event is longer than the span, none begins
        /// within the one before, and the order of the input does not matter.
        #[test]
        fn events_partition_the_alerts(
            given in prop::collection::vec((0u8..6, 0u32..400), 0..60),
            within in 0u32..50,
            least in 0usize..4,
        ) {
            let within = f64::from(within);
            let alerts: Vec<_> = given.iter().map(|&(key, at)| alert(key, f64::from(at))).collect();
            let found = correlate(&alerts, within, least).unwrap();
            let parts = found.events.iter().flat_map(|event| &event.onsets);
            let counted: usize = parts.map(|onset| onset.alerts).sum();
            prop_assert_eq!(counted + found.alone, alerts.len());
            for event in &found.events {
                prop_assert!(event.onsets.len() >= least);
                prop_assert!(event.onsets.is_sorted_by(|a, b| a.time <= b.time));
                let last = event.onsets.last().unwrap();
                prop_assert!(last.time - event.start() <= within);
            }
            prop_assert!(found.events.is_sorted_by(|a, b| b.start() - a.start() > within));
            let mut reversed = alerts;
            reversed.reverse();
            let starts = |found: &Correlated<u8>| -> Vec<(f64, usize)> {
                found.events.iter().map(|event| (event.start(), event.onsets.len())).collect()
            };
            prop_assert_eq!(starts(&correlate(&reversed, within, least).unwrap()), starts(&found));
        }
    }
}
