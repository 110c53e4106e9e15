//! What is refused, and what a forest says that is not ready.

use rcf_core::{AnomalyScore, InputError, RandomCutForest};

fn forest(records: u32) -> RandomCutForest {
    let mut forest = RandomCutForest::builder(2).shingle_size(3).build().unwrap();
    for t in 0..records {
        forest.update(&[f64::from(t).sin(), f64::from(t)]).unwrap();
    }
    forest
}

#[test]
fn bad_records_are_refused_by_all_functionals() {
    for forest in [forest(0), forest(200)] {
        for record in [&[1.0][..], &[1.0, f64::NAN], &[1.0, 1e300]] {
            let refusal = forest.score(record).unwrap_err().to_string();
            let refusals = [
                forest.score_with(record, &AnomalyScore).unwrap_err(),
                forest.score_ignoring(record, 1).unwrap_err(),
                forest.displacement(record).unwrap_err(),
                forest.collusive_displacement(record).unwrap_err(),
                forest.explain(record).unwrap_err(),
                forest.converging_score(record, 0.1).unwrap_err(),
                forest.density(record).unwrap_err(),
                forest.near_neighbors(record).unwrap_err(),
            ];
            for error in refusals {
                assert_eq!(error.to_string(), refusal);
            }
        }
    }
}

#[test]
fn bad_parameters_are_refused() {
    let forest = forest(200);
    for precision in [-0.1, f64::NAN, f64::NEG_INFINITY] {
        let error = forest.converging_score(&[0.0, 0.0], precision).unwrap_err();
        assert!(matches!(error, InputError::Precision { .. }), "{error}");
        let error = forest
            .converging_explanation(&[0.0, 0.0], precision)
            .unwrap_err();
        assert!(matches!(error, InputError::Precision { .. }), "{error}");
    }
    for dimension in [0.0, -1.0, f64::NAN] {
        let error = forest
            .density_on_manifold(&[0.0, 0.0], dimension)
            .unwrap_err();
        assert!(
            matches!(error, InputError::ManifoldDimension { .. }),
            "{error}"
        );
    }
}

#[test]
fn bad_missing_positions_are_refused() {
    use InputError::{Centrality, MissingPosition, MissingTwice, NotFinite, WrongLength};
    let forest = forest(200);
    let record = [0.0, 5.0];
    let refused = |values: &[f64], missing: &[usize]| forest.impute(values, missing).unwrap_err();
    let (position, length) = (2, 2);
    assert_eq!(
        refused(&record, &[0, 2]),
        MissingPosition { position, length }
    );
    assert_eq!(refused(&record, &[1, 0, 1]), MissingTwice { position: 1 });
    let (expected, got) = (2, 3);
    assert_eq!(refused(&[0.0; 3], &[0]), WrongLength { expected, got });
    // In a whole point too, the position is that in the values given.
    let mut point = [0.5; 6];
    point[3] = f64::INFINITY;
    let error = refused(&point, &[0]);
    assert!(matches!(error, NotFinite { index: 3, .. }), "{error}");
    assert!(forest.impute(&point, &[3]).is_ok());
    for got in [-0.1, 1.1, f64::NAN] {
        let error = forest.conditional_field(&record, &[0], got).unwrap_err();
        assert!(matches!(error, Centrality { .. }), "{error}");
    }
}

#[test]
fn a_forest_that_is_not_ready_is_neutral() {
    for updates in [0, 1, 2, 63] {
        let forest = forest(updates);
        let x = [0.0, 5.0];
        assert_eq!(forest.score_ignoring(&x, 1), Ok(0.0));
        assert_eq!(forest.displacement(&x), Ok(0.0));
        assert_eq!(forest.collusive_displacement(&x), Ok(0.0));
        let estimate = forest.converging_score(&x, 0.1).unwrap();
        assert_eq!((estimate.score, estimate.trees), (0.0, 0));
        let explanation = forest.explain(&x).unwrap();
        assert_eq!((explanation.score, explanation.trees), (0.0, 0));
        assert_eq!(explanation.attribution.high, [0.0; 6]);
        let density = forest.density(&x).unwrap();
        assert_eq!((density.value, density.low), (0.0, vec![0.0; 6]));
        let not_ready = InputError::NotReady {
            updates: u64::from(updates),
        };
        assert_eq!(forest.near_neighbors(&x), Err(not_ready.clone()));
        assert_eq!(forest.impute(&x, &[0]), Err(not_ready.clone()));
        assert_eq!(forest.forecast(3), Err(not_ready));
    }
    assert!(forest(64).near_neighbors(&[0.0, 5.0]).is_ok());
}

/// `f32` gives the scores of the same values as `f64`, on the stack and beyond.
#[test]
fn single_precision_is_widened_without_loss() {
    for dimensions in [3, 100] {
        let mut wide = RandomCutForest::builder(dimensions).build().unwrap();
        let mut narrow = wide.clone();
        for t in 0..200 {
            let values: Vec<f32> = (0..dimensions).map(|i| ((t * i) as f32).sin()).collect();
            let widened: Vec<f64> = values.iter().map(|&value| value.into()).collect();
            assert_eq!(narrow.process(&values), wide.process(&widened));
        }
    }
}
