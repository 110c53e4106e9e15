//! After its warm-up our forest allocates nothing.

use rcf_benches::{
    engines::{Engine, EngineId},
    stream::Stream,
    workload::Workload,
};

const ROWS: usize = 5000;

/// Allocations while the engine processes `ROWS` rows after its warm-up.
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

/// A map reports its memory to the byte, except for the box of its template.
#[test]
fn a_map_knows_its_size() {
    use rcf_core::{RandomCutForest, keyed::DetectorMap};
    let mut map = None;
    let counted = allocation_counter::measure(|| {
        let mut built = DetectorMap::builder(|key: &String| {
            let builder = RandomCutForest::builder(1)
                .number_of_trees(10)
                .sample_size(32);
            builder
                .seed(key.len() as u64)
                .build()
                .expect("valid parameters")
        })
        .track_changes(true)
        .build();
        for record in 0..20_000 {
            let key = format!("key {}", record % 300);
            let value = f64::from(record).sin();
            built.process(&key, &[value]).expect("a valid record");
        }
        map = Some(built);
    });
    let map = map.expect("set above");
    let heap = map.size_in_bytes() - size_of_val(&map);
    let missing = counted.bytes_current.unsigned_abs() as usize - heap;
    assert!(
        missing <= 64,
        "{missing} bytes of {heap} are not accounted for"
    );
}

/// The counter works: it sees the allocations of a forest that is known to allocate.
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
