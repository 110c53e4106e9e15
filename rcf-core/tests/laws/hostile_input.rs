//! Records that must be rejected: the error names the value, and the forest is unchanged.

use ndarray::Array2;
use rcf_core::{InputError, MAX_MAGNITUDE, RandomCutForest};

use crate::testing::Random;

/// Forests that take one record at a time, with several dimensions, and whole points.
fn forests() -> Vec<RandomCutForest> {
    let small = |dimensions| {
        RandomCutForest::builder(dimensions)
            .number_of_trees(10)
            .sample_size(32)
    };
    vec![
        small(1).build().unwrap(),
        small(3).shingle_size(4).build().unwrap(),
        small(2)
            .shingle_size(3)
            .internal_shingling(false)
            .build()
            .unwrap(),
    ]
}

fn record(forest: &RandomCutForest, random: &mut Random) -> Vec<f64> {
    random.normal_point(forest.config().values_per_call())
}

/// Everything that must be rejected, with a record that would be accepted otherwise.
fn hostile(usual: &[f64]) -> Vec<Vec<f64>> {
    let values = [
        f64::NAN,
        -f64::NAN,
        f64::INFINITY,
        f64::NEG_INFINITY,
        3e38,
        -3e38,
        f64::MAX,
        MAX_MAGNITUDE.next_up(),
    ];
    let mut hostile = vec![vec![], usual[1..].to_vec(), [usual, &[0.0]].concat()];
    for place in 0..usual.len() {
        for value in values {
            let mut record = usual.to_vec();
            record[place] = value;
            hostile.push(record);
        }
    }
    hostile
}

/// The error that a record must cause.
fn expected(record: &[f64], length: usize) -> InputError {
    if record.len() != length {
        return InputError::WrongLength {
            expected: length,
            got: record.len(),
        };
    }
    let index = record
        .iter()
        .position(|x| x.is_nan() || x.abs() > MAX_MAGNITUDE)
        .unwrap();
    let value = record[index];
    if value.is_finite() {
        InputError::OutOfRange {
            index,
            value,
            limit: MAX_MAGNITUDE,
        }
    } else {
        InputError::NotFinite { index, value }
    }
}

/// Every method rejects every hostile record, and nothing changes.
fn refuses_all(forest: &mut RandomCutForest, random: &mut Random) {
    let usual = record(forest, random);
    let before = forest.to_bytes();
    for hostile in hostile(&usual) {
        // By their text: NaN does not equal itself.
        let expected = expected(&hostile, usual.len()).to_string();
        let message = |error: InputError| error.to_string();
        assert_eq!(
            forest.update(&hostile).map_err(message),
            Err(expected.clone())
        );
        assert_eq!(
            forest.process(&hostile).map_err(message),
            Err(expected.clone())
        );
        assert_eq!(
            forest.score(&hostile).map_err(message),
            Err(expected.clone())
        );
        assert_eq!(
            forest.attribution(&hostile).map_err(message),
            Err(expected.clone())
        );

        // In an array after valid rows, which must not be learned either.
        if hostile.len() == usual.len() {
            let rows = [&usual[..], &usual, &hostile, &usual].concat();
            let rows = Array2::from_shape_vec((4, usual.len()), rows).unwrap();
            for error in [
                forest.process_array(rows.view()),
                forest.score_array(rows.view()),
            ] {
                let error = error.unwrap_err();
                assert_eq!((error.row, message(error.source)), (2, expected.clone()));
            }
        }
        assert!(forest.to_bytes() == before, "{hostile:?} left a trace");
    }
}

#[test]
fn hostile_records_leave_no_trace() {
    for mut forest in forests() {
        let mut random = Random::new(1);
        let mut spared = forest.clone();
        // Empty, with half a shingle, in the middle of warm-up, ready.
        for updates in [0, 2, 10, 500] {
            while forest.updates() < updates {
                let record = record(&forest, &mut random);
                forest.update(&record).unwrap();
                spared.update(&record).unwrap();
            }
            refuses_all(&mut forest, &mut random);
        }
        for _ in 0..10_000 {
            let record = record(&forest, &mut random);
            let score = forest.process(&record).unwrap();
            assert!(score.is_finite() && score > 0.0);
            spared.update(&record).unwrap();
        }
        assert!(
            forest.to_bytes() == spared.to_bytes(),
            "an earlier error changed the future"
        );
    }
}

#[test]
fn arrays_with_rows_of_the_wrong_length_are_refused() {
    for mut forest in forests() {
        let columns = forest.config().values_per_call() + 1;
        let before = forest.to_bytes();
        let error = forest
            .process_array(Array2::<f64>::zeros((3, columns)).view())
            .unwrap_err();
        let source = InputError::WrongLength {
            expected: columns - 1,
            got: columns,
        };
        assert_eq!((error.row, error.source), (0, source));
        assert!(forest.to_bytes() == before);
    }
}

/// Values at the limits of the accepted range: scores stay finite and positive after any history.
#[test]
fn extreme_records_that_are_accepted_do_no_harm() {
    let extreme = [
        0.0,
        -0.0,
        f64::from_bits(1),
        -f64::from_bits(1),
        f64::MIN_POSITIVE,
        f64::from(f32::from_bits(1)),
        f64::from(f32::MIN_POSITIVE),
        MAX_MAGNITUDE,
        -MAX_MAGNITUDE,
        1e-30,
        1.0,
    ];
    for first in extreme {
        for mut forest in forests() {
            let mut random = Random::new(2);
            let length = forest.config().values_per_call();
            forest.update(&vec![first; length]).unwrap();
            for _ in 0..500 {
                let record: Vec<f64> = (0..length)
                    .map(|_| extreme[random.below(extreme.len())])
                    .collect();
                let score = forest.process(&record).unwrap();
                assert!(score.is_finite() && score >= 0.0);
                let total = forest.attribution(&record).unwrap().total();
                assert!((total - forest.score(&record).unwrap()).abs() <= 1e-9 * total);
            }
            for _ in 0..500 {
                let record = record(&forest, &mut random);
                assert!(forest.process(&record).unwrap().is_finite());
            }
        }
    }
}

#[test]
fn negative_zero_is_zero() {
    let zeros = |zero: f64| {
        let mut random = Random::new(3);
        let mut forest = RandomCutForest::builder(2).sample_size(16).build().unwrap();
        let mut scores = Vec::new();
        for _ in 0..200 {
            let value = if random.unit() < 0.5 {
                zero
            } else {
                random.normal().round() + 0.0
            };
            scores.push(forest.process(&[value, zero]).unwrap().to_bits());
        }
        scores
    };
    assert_eq!(zeros(0.0), zeros(-0.0));
}
