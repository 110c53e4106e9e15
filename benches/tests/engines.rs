//! The adapters compare like with like: the same parameters, the same stream, the same question.

use rcf_benches::{
    engines::{Engine, EngineId},
    stream::Stream,
    workload::Workload,
};

const SCORED: usize = 2000;

fn workload(name: &str) -> Workload {
    Workload::find(name).expect("a known name")
}

/// An engine after the warm-up, and the stream with `SCORED` more rows.
fn warm(engine: EngineId, workload: &Workload) -> (Box<dyn Engine>, Stream) {
    let stream = Stream::new(workload.input_dimensions, workload.warm_up() + SCORED);
    let mut engine = engine.build(workload).expect("valid parameters");
    stream
        .rows(0..workload.warm_up())
        .for_each(|row| engine.update(row));
    (engine, stream)
}

fn mean_score(engine: EngineId, workload: &Workload) -> f64 {
    let (mut engine, stream) = warm(engine, workload);
    let start = workload.warm_up();
    stream
        .rows(start..start + SCORED)
        .map(|row| engine.process(row))
        .sum::<f64>()
        / SCORED as f64
}

/// Forests of the same law differ by chance only: over 2,000 points, by less than 2 %. `rcf3` is
/// left out because its trees follow another law.
#[test]
fn true_forests_agree_on_the_mean_score() {
    for name in ["W1a", "W2", "W3", "W5"] {
        let workload = workload(name);
        let reference = mean_score(EngineId::REFERENCE, &workload);
        for engine in [EngineId::Rcf, EngineId::Krcf] {
            let mean = mean_score(engine, &workload);
            let difference = (mean / reference - 1.0).abs();
            assert!(
                difference < 0.02,
                "{name} {engine:?}: {mean} against {reference}"
            );
        }
    }
}

#[test]
fn processing_is_scoring_then_learning() {
    let workload = workload("W3");
    for id in EngineId::ALL {
        let (mut whole, stream) = warm(id, &workload);
        let mut parts = whole.load(&whole.save());
        for row in stream.rows(workload.warm_up()..workload.warm_up() + 200) {
            let score = parts.score(row);
            parts.update(row);
            let processed = whole.process(row);
            assert!(
                (processed / score - 1.0).abs() < 1e-9,
                "{id:?}: {processed} and {score}"
            );
        }
    }
}

/// `rcf3` is left out: its shares do not add up.
#[test]
fn shares_add_up_to_the_score() {
    for name in ["W1a", "W3"] {
        let workload = workload(name);
        for id in [EngineId::Rcf, EngineId::Krcflib, EngineId::Krcf] {
            let (engine, stream) = warm(id, &workload);
            let row = stream.row(workload.warm_up());
            let attribution = engine.attribution(row);
            assert_eq!(attribution.high.len(), workload.dimensions(), "{id:?}");
            assert_eq!(attribution.low.len(), workload.dimensions(), "{id:?}");
            let (total, score) = (attribution.total(), engine.score(row));
            assert!(
                (total / score - 1.0).abs() < 1e-3,
                "{name} {id:?}: {total} of {score}"
            );
        }
    }
}

/// One-dimensional stream far below and far above what was learned: the share is in the direction.
#[test]
fn shares_point_in_the_direction() {
    let workload = workload("W1a");
    for id in EngineId::ALL {
        let (engine, _) = warm(id, &workload);
        for (value, is_high) in [(9.0, true), (-9.0, false)] {
            let row = rcf_benches::stream::Row {
                double: &[value],
                single: &[value as f32],
            };
            let attribution = engine.attribution(row);
            let (high, low) = (attribution.high[0], attribution.low[0]);
            assert!(
                if is_high {
                    high > 10.0 * low
                } else {
                    low > 10.0 * high
                },
                "{id:?} {value}"
            );
        }
    }
}
