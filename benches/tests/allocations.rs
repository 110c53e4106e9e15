//! After its warm-up our forest allocates nothing.

use rcf_benches::{
    engines::{Engine, EngineId},
    stream::Stream,
    workload::Workload,
};

const ROWS: usize = 5000;

/// Allocations while the engine is given `ROWS` rows after its warm-up.
fn allocations(id: EngineId, name: &str, treat: impl Fn(&mut dyn Engine, &Stream, usize)) -> u64 {
    let workload = Workload::find(name).expect("a known name");
    let start = workload.warm_up();
    let stream = Stream::new(workload.input_dimensions, start + ROWS);
    let mut engine = id.build(&workload).expect("valid parameters");
    stream.rows(0..start).for_each(|row| engine.update(row));
    let counted = allocation_counter::measure(|| {
        (start..start + ROWS).for_each(|index| treat(engine.as_mut(), &stream, index));
    });
    counted.count_total
}

const WORKLOADS: [&str; 4] = ["W1a", "W2", "W3", "W5"];

#[test]
fn processing_allocates_nothing() {
    for name in WORKLOADS {
        let count = allocations(EngineId::Rcf, name, |engine, stream, index| {
            engine.process(stream.row(index));
        });
        assert_eq!(count, 0, "{name}: {count} allocations in {ROWS} points");
    }
}

#[test]
fn updating_allocates_nothing() {
    for name in WORKLOADS {
        let count = allocations(EngineId::Rcf, name, |engine, stream, index| {
            engine.update(stream.row(index));
        });
        assert_eq!(count, 0, "{name}: {count} allocations in {ROWS} points");
    }
}

#[test]
fn scoring_allocates_nothing() {
    for name in WORKLOADS {
        let count = allocations(EngineId::Rcf, name, |engine, stream, index| {
            engine.score(stream.row(index));
        });
        assert_eq!(count, 0, "{name}: {count} allocations in {ROWS} points");
    }
}

/// The counter counts: a forest that is known to allocate is seen doing so.
#[test]
fn the_counter_sees_allocations() {
    let count = allocations(EngineId::Krcflib, "W1a", |engine, stream, index| {
        engine.process(stream.row(index));
    });
    assert!(
        count as usize > ROWS,
        "{count} allocations in {ROWS} points"
    );
}
