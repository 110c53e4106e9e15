//! The clock against its definition, number by number, and what it refuses to be restored from.

use super::*;
use crate::sampling::arrival::GREATEST_WEIGHT;

/// Sees an observation, offers it, and applies no rebase.
fn offer(clock: &mut DecayClock, time: Option<i64>, weight: f64) -> Option<Rebase> {
    let time = clock.see(time);
    clock.offer(time, weight)
}

fn close(value: f64, expected: f64) {
    let near = (value - expected).abs() <= 1e-12 * expected.abs();
    assert!(near, "{value}, expected {expected}");
}

#[test]
fn weights_grow_with_the_decay_since_the_base() {
    let mut clock = DecayClock::new(0.5);
    assert!(offer(&mut clock, Some(100), 1.0).is_none());
    assert_eq!(
        [clock.before(), clock.now(), clock.log_weight()],
        [0.0, 1.0, 0.0]
    );
    // Two later and twice as heavy.
    assert!(offer(&mut clock, Some(102), 2.0).is_none());
    close(clock.before(), 1.0);
    close(clock.now(), 1.0 + 2.0 * 1f64.exp());
    close(clock.log_weight(), 1.0 + 2f64.ln());
    // Late, and so late that it is anyway.
    let before = clock.now();
    assert!(offer(&mut clock, Some(98), 1.0).is_none());
    close(clock.now(), before + (-1f64).exp());
    for late in [-1_000, i64::MIN] {
        assert!(offer(&mut clock, Some(late), 1.0).is_none());
        close(clock.log_weight(), -64.0);
    }
    // Observations without a time follow the newest.
    assert_eq!(clock.newest(), Some(102));
    assert_eq!(clock.see(None), 103);
    assert_eq!(clock.see(Some(i64::MAX)), i64::MAX);
    assert_eq!(clock.see(None), i64::MAX);
}

#[test]
fn the_first_record_sets_the_time() {
    assert_eq!(DecayClock::new(0.1).see(None), 0);
    for first in [i64::MIN, -7, i64::MAX] {
        let mut clock = DecayClock::new(0.1);
        assert_eq!((clock.newest(), clock.see(Some(first))), (None, first));
        assert_eq!(clock.newest(), Some(first));
        assert!(clock.offer(first, 1.0).is_none());
        close(clock.now(), 1.0);
    }
}

/// At a decay of 8; a gap counts as one of 72 at most.
#[test]
fn the_base_moves_to_the_present_when_it_is_far() {
    for (time, key_shift) in [
        (115, None),
        (116, Some(8.0)),
        (200, Some(50.0)),
        (1_000_000, Some(72.0)),
    ] {
        let mut clock = DecayClock::new(0.5);
        assert!(offer(&mut clock, Some(100), 3.0).is_none());
        let rebase = offer(&mut clock, Some(time), 2.0);
        assert_eq!(rebase.map(|rebase| rebase.key_shift), key_shift);
        if let Some(rebase) = rebase {
            assert_eq!(rebase.elapsed, 3.0);
            assert_eq!([clock.before(), clock.now()], [0.0, 2.0]);
            let ClockParts {
                anchor,
                settled,
                ticks,
                ..
            } = clock.parts();
            assert_eq!((anchor, settled, ticks), (time, 0.0, 1));
        }
    }
}

#[test]
fn the_base_moves_without_decay_too() {
    let mut clock = DecayClock::new(0.0);
    for _ in 0..1 << 20 {
        assert!(offer(&mut clock, None, 1.0).is_none());
    }
    let rebase = offer(&mut clock, None, 1.0).expect("a million records");
    assert_eq!(
        (rebase.key_shift, rebase.elapsed),
        (0.0, f64::from(1 << 20))
    );
    assert_eq!(clock.now(), 1.0);
}

/// What has passed has decayed by the λ of its time.
#[test]
fn a_changed_decay_counts_from_now_on() {
    let mut clock = DecayClock::new(0.5);
    assert!(offer(&mut clock, Some(10), 1.0).is_none());
    assert!(offer(&mut clock, Some(14), 1.0).is_none());
    clock.set_time_decay(0.25);
    assert!(offer(&mut clock, Some(18), 1.0).is_none());
    close(clock.log_weight(), 2.0 + 1.0);
    let ClockParts {
        anchor, settled, ..
    } = clock.parts();
    assert_eq!((anchor, settled), (14, 2.0));
}

#[test]
fn a_restored_clock_is_the_saved_one_or_none() {
    let same = |parts: ClockParts| {
        let restored = DecayClock::restore(0.1, parts)?;
        assert_eq!(format!("{:?}", restored.parts()), format!("{parts:?}"));
        Some(restored)
    };
    let good = ClockParts {
        newest: Some(100),
        anchor: 90,
        settled: 3.0,
        ticks: 10,
        now: 25.0,
    };
    let mut clock = same(good).expect("a clock");
    assert_eq!(clock.see(None), 101);
    assert!(clock.offer(101, 1.0).is_none());
    close(clock.log_weight(), 3.0 + 0.1 * 11.0);
    close(clock.before(), 25.0);

    let empty = ClockParts {
        newest: None,
        anchor: 0,
        settled: 0.0,
        ticks: 0,
        now: 0.0,
    };
    let (million, most) = (1 << 20, 10.0 * GREATEST_WEIGHT * 8f64.exp());
    let sound = [
        empty,
        ClockParts {
            anchor: 100,
            ..good
        },
        ClockParts {
            settled: 0.0,
            ..good
        },
        ClockParts {
            settled: 72.0,
            ..good
        },
        ClockParts {
            ticks: million,
            ..good
        },
        ClockParts { now: 0.0, ..good },
        ClockParts {
            now: 0.999 * most,
            ..good
        },
    ];
    assert!(sound.into_iter().all(|parts| same(parts).is_some()));
    let broken = [
        ClockParts { anchor: 1, ..empty },
        ClockParts { ticks: 1, ..empty },
        ClockParts {
            anchor: 101,
            ..good
        },
        ClockParts {
            settled: -1e-9,
            ..good
        },
        ClockParts {
            settled: 72.001,
            ..good
        },
        ClockParts {
            settled: f64::NAN,
            ..good
        },
        ClockParts {
            ticks: million + 1,
            ..good
        },
        ClockParts { now: -1e-9, ..good },
        ClockParts {
            now: 1.001 * most,
            ..good
        },
        ClockParts {
            now: f64::NAN,
            ..good
        },
        ClockParts { ticks: 0, ..good },
    ];
    for parts in broken {
        assert!(same(parts).is_none(), "{parts:?}");
    }
}
