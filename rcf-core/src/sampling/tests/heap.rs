//! The heap of keys against a sorted list, its waits by their formula, and what is not a sample.

use super::*;
use crate::testing::Random;

fn sampler(capacity: usize) -> Sampler<u16> {
    let builder = crate::RandomCutForest::builder(1).sample_size(capacity);
    let builder = builder.store_labels(true).store_sequence_numbers(true);
    Sampler::new(builder.build().unwrap().config())
}

fn tag(point: u16) -> Tag {
    Tag::new(i64::from(point) * 3, Some(i64::from(point) * 7))
}

/// Keys, points and tags stay together; the worst goes.
#[test]
fn the_heap_is_the_list_of_the_lowest_keys() {
    let mut random = Random::new(61);
    for capacity in [1, 2, 3, 7, 8, 9, 40] {
        let mut sampler = sampler(capacity);
        let mut list: Vec<(f32, u16)> = Vec::new();
        for point in 0..400 {
            let key = random.normal() as f32;
            if list.len() < capacity {
                sampler.push(key, point, tag(point));
            } else {
                let (worst, _) = list.pop().unwrap();
                assert_eq!(sampler.keys()[0], worst);
                sampler.replace_worst(key, point, tag(point));
            }
            list.push((key, point));
            list.sort_by(|a, b| a.0.total_cmp(&b.0));
            let slots = sampler.keys().iter().zip(sampler.points());
            let mut held: Vec<(f32, u16)> = slots.map(|(&key, &point)| (key, point)).collect();
            held.sort_by(|a, b| a.0.total_cmp(&b.0));
            assert_eq!(held, list);
            for (slot, &point) in sampler.points().iter().enumerate() {
                let Tag {
                    sequence_number,
                    label,
                } = tag(point);
                assert_eq!(
                    sampler.tags().get(slot),
                    (Some(sequence_number), Some(label))
                );
            }
            let heap = (1..list.len()).all(|i| sampler.keys()[i] <= sampler.keys()[(i - 1) / 2]);
            assert!(heap, "{:?}", sampler.keys());
        }
    }
}

/// `reach = hazard · exp(−key)`; what has passed of it counts in the same measure.
#[test]
fn a_wait_is_used_up_at_the_rate_of_the_worst_key() {
    let (key, since) = (-0.5f32, 10.0);
    let wait = Wait::new(2.0, since, key);
    assert!((wait.reach - 2.0 * 0.5f64.exp()).abs() < 1e-15);
    for part in [0.0, 0.25, 0.75] {
        let left = wait.left(since + part * wait.reach, key);
        assert!((left - 2.0 * (1.0 - part)).abs() < 1e-12, "{left}");
    }
    // Late observations, rounding, and keys so high that their hazard is infinite.
    assert_eq!(wait.left(since - 1.0, key), 2.0);
    assert_eq!(wait.left(since + 2.0 * wait.reach, key), f64::MIN_POSITIVE);
    assert_eq!(Wait::new(2.0, since, 1_000.0).left(since, 1_000.0), 2.0);
}

#[test]
fn an_invalid_sample_is_refused() {
    type Parts = (
        Vec<f32>,
        Vec<u16>,
        Option<Vec<i64>>,
        Option<Vec<i64>>,
        f64,
        f64,
    );
    let restore = |(keys, points, sequence_numbers, labels, hazard, since): Parts| {
        let config = Setting::uniform(4, 0).config();
        let tags = Tags {
            sequence_numbers,
            labels,
        };
        Sampler::restore(&config, keys, points, tags, hazard, since)
    };
    let full = || -> Parts {
        let numbers = Some(vec![1, 2, 3, 4]);
        (
            vec![3.0, 2.0, 3.0, 1.0],
            vec![0, 1, 2, 3],
            numbers.clone(),
            numbers,
            1.5,
            2.0,
        )
    };
    let half = || -> Parts { (vec![3.0, 2.0], vec![0, 1], None, None, f64::INFINITY, 0.0) };
    let changed = |parts: Parts, change: fn(&mut Parts)| {
        let mut parts = parts;
        change(&mut parts);
        restore(parts)
    };
    assert!(restore(full()).is_valid() && restore(half()).is_valid());
    assert_eq!(restore(full()).wait(), Wait::new(1.5, 2.0, 3.0));
    assert_eq!(
        changed(half(), |parts| parts.5 = 7.0).wait(),
        Wait::NOT_FULL
    );
    assert!(changed(full(), |parts| parts.5 = 0.0).is_valid());
    assert!(
        changed(half(), |parts| {
            parts.0.clear();
            parts.1.clear();
        })
        .is_valid()
    );

    let broken_full: [fn(&mut Parts); 11] = [
        |parts| parts.1.truncate(3),
        |parts| parts.2 = Some(vec![1]),
        |parts| parts.3 = Some(vec![1]),
        |parts| parts.4 = f64::INFINITY,
        |parts| parts.4 = f64::NAN,
        |parts| parts.4 = 0.0,
        |parts| parts.4 = -1.0,
        |parts| parts.5 = -1.0,
        |parts| parts.5 = f64::NAN,
        |parts| parts.0[0] = f32::INFINITY,
        |parts| parts.0[3] = 2.5,
    ];
    for (i, change) in broken_full.into_iter().enumerate() {
        assert!(!changed(full(), change).is_valid(), "full, {i}");
    }
    let broken_half: [fn(&mut Parts); 3] = [
        |parts| parts.4 = 1.0,
        |parts| parts.0[1] = f32::NEG_INFINITY,
        |parts| {
            parts.0 = vec![1.0; 5];
            parts.1 = vec![0; 5];
        },
    ];
    for (i, change) in broken_half.into_iter().enumerate() {
        assert!(!changed(half(), change).is_valid(), "half, {i}");
    }

    // A wait cannot have begun after what the clock shows.
    let mut clock = DecayClock::new(0.0);
    for time in 0..3 {
        let _ = clock.see(None);
        assert_eq!(
            restore(full()).waits_on(&clock),
            time >= 2,
            "{}",
            clock.now()
        );
        let _ = clock.offer(time, 1.0);
    }
    assert!(restore(full()).waits_on(&clock));
}
