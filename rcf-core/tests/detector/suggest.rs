//! Suggested parameters follow from the data.

use std::cell::Cell;

use ndarray::{Array2, s};
use rcf_core::{InputError, Transform, check_history, suggest, suggest_while};

use crate::testing::Random;

fn one_input(value: impl FnMut(usize) -> f64) -> Array2<f64> {
    Array2::from_shape_vec((2_000, 1), (0..2_000).map(value).collect()).unwrap()
}

#[test]
fn a_rhythm_is_found_and_sets_the_shingle() {
    let mut random = Random::new(5);
    let wave =
        one_input(|t| (t as f64 * std::f64::consts::TAU / 48.0).sin() + 0.3 * random.normal());
    let suggestion = suggest(wave.view()).unwrap();
    assert!(
        (47..=49).contains(&suggestion.period.unwrap()),
        "{suggestion:?}"
    );
    assert!(
        (8..=16).contains(&suggestion.shingle_size),
        "{suggestion:?}"
    );
    assert!(suggestion.certainty > 0.8, "{suggestion:?}");
    assert_eq!(suggestion.transform, Transform::None);
    assert_eq!(suggestion.reasons.len(), 4);
    let detector = suggestion.builder().build().unwrap();
    assert_eq!(detector.config().shingle_size, suggestion.shingle_size);
    // Unit and level do not matter.
    let moved = wave.mapv(|x| 1e9 * x + 1e12);
    let moved = suggest(moved.view()).unwrap();
    assert_eq!(
        (moved.period, moved.shingle_size),
        (suggestion.period, suggestion.shingle_size)
    );
}

#[test]
fn noise_counters_and_random_walks_are_distinguished() {
    let mut random = Random::new(6);
    let noise = suggest(one_input(|_| random.normal()).view()).unwrap();
    assert_eq!((noise.period, noise.shingle_size), (None, 1), "{noise:?}");
    // With little evidence, one ordered input keeps a shingle.
    let little = Array2::from_shape_fn((300, 1), |_| random.normal());
    assert_eq!(suggest(little.view()).unwrap().shingle_size, 8);
    for resets in [0, 1, 3] {
        let mut total = 0.0;
        let counter = one_input(|t| {
            total += random.normal().abs();
            if resets > 0 && t % (2_000 / resets) == 700 / resets {
                total = 0.0;
            }
            total
        });
        let suggestion = suggest(counter.view()).unwrap();
        assert_eq!(
            suggestion.transform,
            Transform::Difference,
            "{suggestion:?}"
        );
    }
    let step = one_input(|t| random.normal() + if t < 1_000 { 0.0 } else { 8.0 });
    let step = suggest(step.view()).unwrap();
    assert_eq!(step.transform, Transform::None, "{step:?}");
    assert_eq!(step.time_decay, 1.0 / 1_280.0, "the level moves: {step:?}");
    let several = Array2::from_shape_fn((100, 2), |(t, i)| (t * (i + 1)) as f64 % 7.0);
    assert_eq!(
        suggest(several.view()).unwrap().transform,
        Transform::Normalize
    );
}

#[test]
fn missing_and_constant_values_are_no_trouble_but_too_few_are() {
    let mut constant = one_input(|_| 3.0);
    constant[[0, 0]] = f64::NAN;
    constant[[70, 0]] = f64::NAN;
    assert!(suggest(constant.view()).is_ok());
    let error = suggest(Array2::<f64>::zeros((31, 1)).view()).unwrap_err();
    assert_eq!(error, InputError::TooShort { least: 32, got: 31 });
}

#[test]
fn values_that_no_model_takes_are_refused_with_their_place() {
    for (bad, error) in [
        (f64::INFINITY, "value 0 is not finite: inf"),
        (-1e31, "value 0 is out of range: -1e31 is beyond ±1e30"),
    ] {
        let history = one_input(|t| if t == 1_500 { bad } else { (t % 7) as f64 });
        assert_eq!(suggest(history.view()).unwrap_err().to_string(), error);
        assert_eq!(check_history(history.view()).unwrap_err().row, 1_500);
    }
    let mut few = one_input(|t| if t < 1_970 { f64::NAN } else { t as f64 });
    let (least, got) = (32, 30);
    let too_short = Err(InputError::TooShort { least, got });
    assert_eq!(suggest(few.view()), too_short);
    few.slice_mut(s![..2, ..]).fill(1e30);
    assert!(suggest(few.view()).is_ok());
}

#[test]
fn a_long_history_is_capped_and_that_is_said() {
    let mut random = Random::new(7);
    let long = Array2::from_shape_fn((60_000, 1), |(t, _)| {
        (t as f64 * 0.1).sin() + random.normal()
    });
    let suggestion = suggest(long.view()).unwrap();
    assert_eq!(
        suggestion.reasons.last().unwrap(),
        "looked at the newest 20000 of 60000 records"
    );
    let newest = suggest(long.slice(ndarray::s![40_000.., ..])).unwrap();
    assert_eq!(newest.shingle_size, suggestion.shingle_size);
    assert_eq!(newest.reasons, suggestion.reasons[..4]);
}

#[test]
fn it_ends_soon_after_it_may_not_continue() {
    let history = Array2::from_shape_fn((5_000, 3), |(t, input)| {
        (t as f64 / (5.0 + input as f64)).sin()
    });
    let whole = suggest(history.view()).unwrap();
    let asked = Cell::new(0);
    let until = |limit: usize| {
        asked.set(0);
        suggest_while(history.view(), || {
            asked.set(asked.get() + 1);
            asked.get() <= limit
        })
    };
    assert_eq!(until(usize::MAX).unwrap(), Some(whole));
    // Once for each input, and once more for each with each of six or seven shingle sizes.
    let all = asked.get();
    assert!(all >= 21, "{all}");
    for limit in 0..all {
        assert_eq!(until(limit).unwrap(), None, "{limit}");
        assert_eq!(asked.get(), limit + 1);
    }
}
