//! The operator as a library: keys, determinism, and state that can be saved.

use rand::{RngExt, SeedableRng};
use rand_xoshiro::SplitMix64;
use rcf_core::RandomCutForest;
use rcf_stream::operator::{
    OperatorConfigError, OperatorError, RandomCutForestOperator, RestoreError,
};

struct Reading {
    sensor: &'static str,
    values: [f64; 2],
}

type Operator = RandomCutForestOperator<Reading, (String, f64)>;

fn operator_with_seed(seed: u64) -> Operator {
    Operator::builder()
        .dimensions(2)
        .shingle_size(2)
        .number_of_trees(10)
        .sample_size(32)
        .output_after(16)
        .time_decay(0.01)
        .seed(seed)
        .input_mapper(|reading| reading.values.to_vec())
        .key_mapper(|reading| reading.sensor.into())
        .result_mapper(|reading, scored| (reading.sensor.to_owned(), scored.score))
        .build()
        .unwrap()
}

fn operator() -> Operator {
    operator_with_seed(11)
}

/// Values without a pattern, the same for the same n.
fn reading(sensor: &'static str, n: u64) -> Reading {
    Reading {
        sensor,
        values: SplitMix64::seed_from_u64(n).random(),
    }
}

#[test]
fn keys_have_models_of_their_own() {
    let (mut mixed, mut alone) = (operator(), operator());
    for n in 0..200 {
        mixed.process(&reading("b", n * 7)).unwrap();
        let in_company = mixed.process(&reading("a", n)).unwrap();
        assert_eq!(in_company, alone.process(&reading("a", n)).unwrap());
    }
    assert_eq!((mixed.models(), alone.models()), (2, 1));
}

#[test]
fn without_keys_the_scores_are_those_of_the_forest() {
    let mut operator = RandomCutForestOperator::<f64, f64>::builder()
        .dimensions(1)
        .shingle_size(3)
        .seed(5)
        .input_mapper_into(|value, values| values.push(*value))
        .result_mapper(|_, scored| scored.score)
        .build()
        .unwrap();
    let mut forest = RandomCutForest::builder(1)
        .shingle_size(3)
        .seed(5)
        .build()
        .unwrap();
    let mut positive = 0;
    for n in 0..300 {
        let [value, _] = reading("", n).values;
        let score = operator.process(&value).unwrap();
        assert_eq!(score, forest.process(&[value]).unwrap());
        positive += u32::from(score > 0.0);
    }
    assert!(positive > 200, "{positive}");
}

#[test]
fn attribution_adds_up_to_the_score() {
    let mut operator = RandomCutForestOperator::<Reading, (f64, f64)>::builder()
        .dimensions(2)
        .attribution(true)
        .input_mapper(|reading| reading.values.to_vec())
        .result_mapper(|_, scored| (scored.score, scored.attribution.unwrap().total()))
        .build()
        .unwrap();
    for n in 0..200 {
        let (score, total) = operator.process(&reading("", n)).unwrap();
        assert!(
            (score - total).abs() <= 1e-9 * score.max(1.0),
            "{score} {total}"
        );
    }
}

#[test]
fn a_restored_operator_continues_bit_by_bit() {
    for records in [0, 3, 15, 40, 200] {
        let mut original = operator();
        for n in 0..records {
            original
                .process(&reading(["a", "b", "c"][n as usize % 3], n))
                .unwrap();
        }
        let state = original.snapshot();
        let mut restored = operator();
        restored.restore(&state).unwrap();
        assert_eq!(restored.snapshot(), state);
        for n in records..records + 100 {
            let sensor = ["a", "b", "new"][n as usize % 3];
            let expected = original.process(&reading(sensor, n)).unwrap();
            assert_eq!(restored.process(&reading(sensor, n)).unwrap(), expected);
        }
        assert_eq!(restored.snapshot(), original.snapshot());
    }
}

#[test]
fn a_refused_record_changes_nothing() {
    let mut operator = operator();
    operator.process(&reading("a", 1)).unwrap();
    let state = operator.snapshot();
    for sensor in ["a", "never seen"] {
        let bad = Reading {
            sensor,
            values: [1.0, f64::NAN],
        };
        assert!(matches!(
            operator.process(&bad),
            Err(OperatorError::Input(_))
        ));
    }
    assert_eq!(operator.snapshot(), state);
}

#[test]
fn missing_or_wrong_arguments_are_named() {
    let builder = || RandomCutForestOperator::<f64, f64>::builder().dimensions(1);
    let mapped = || builder().input_mapper(|value| vec![*value]);
    assert_eq!(
        builder().build().unwrap_err(),
        OperatorConfigError::MissingInputMapper
    );
    assert_eq!(
        mapped().build().unwrap_err(),
        OperatorConfigError::MissingResultMapper
    );
    let wrong = mapped()
        .sample_size(0)
        .result_mapper(|_, scored| scored.score)
        .build();
    assert!(matches!(wrong.unwrap_err(), OperatorConfigError::Forest(_)));
}

#[test]
fn other_parameters_are_named() {
    let state = operator().snapshot();
    let error = operator_with_seed(12).restore(&state).unwrap_err();
    assert_eq!(
        error.to_string(),
        "seed is 11 in the snapshot and 12 in this operator; use the same value"
    );
    let mut fewer_trees = Operator::builder()
        .dimensions(2)
        .shingle_size(2)
        .number_of_trees(9)
        .input_mapper(|reading| reading.values.to_vec())
        .result_mapper(|_, scored| (String::new(), scored.score))
        .build()
        .unwrap();
    let error = fewer_trees.restore(&state).unwrap_err();
    assert!(
        matches!(
            error,
            RestoreError::Parameter {
                name: "number_of_trees",
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn damaged_snapshots_are_refused_and_change_nothing() {
    let mut operator = operator();
    for n in 0..40 {
        operator.process(&reading("a", n)).unwrap();
    }
    let state = operator.snapshot();
    let mut target = operator_with_seed(11);
    let untouched = target.snapshot();
    for index in 0..state.len() {
        let mut damaged = state.clone();
        damaged[index] ^= 1 << (index % 8);
        assert!(target.restore(&damaged).is_err(), "byte {index}");
    }
    for length in (0..state.len()).step_by(7) {
        assert!(target.restore(&state[..length]).is_err(), "{length} bytes");
    }
    let longer = [state.as_slice(), &[0]].concat();
    assert!(target.restore(&longer).is_err());
    assert_eq!(
        target.restore(b"something else"),
        Err(RestoreError::NotASnapshot)
    );
    assert_eq!(target.snapshot(), untouched);
}
