use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use proptest::prelude::*;

use super::*;
use crate::testing::Random;
use crate::{InputError, RandomCutForest};

type Map = DetectorMap<String, RandomCutForest>;
type Record = (String, i64, f64);

fn template(key: &String) -> RandomCutForest {
    // One key has its own parameters.
    let sample_size = if key == "key 3" { 16 } else { 8 };
    RandomCutForest::builder(1)
        .number_of_trees(3)
        .sample_size(sample_size)
        .output_after(2)
        .shingle_size(2)
        .seed(key.bytes().map(u64::from).sum())
        .build()
        .unwrap()
}

fn map(budget: Option<usize>, time_to_live: Option<u64>) -> Map {
    let mut builder = DetectorMap::builder(template).track_changes(true);
    if let Some(bytes) = budget {
        builder = builder.budget(bytes, MemorySpill::new());
    }
    if let Some(time) = time_to_live {
        builder = builder.time_to_live(time);
    }
    builder.build()
}

/// What the map must do, without any of its ideas: every model in memory, one observation at a
/// time.
fn oracle(records: &[Record], time_to_live: Option<u64>) -> Vec<Option<f64>> {
    let mut models: HashMap<&str, (i64, RandomCutForest)> = HashMap::new();
    records
        .iter()
        .map(|(key, now, value)| {
            let silent = |last: i64| time_to_live.is_some_and(|limit| now - last > limit as i64);
            let known = models.get(key.as_str()).filter(|(last, _)| !silent(*last));
            let mut model = known.map_or_else(|| template(key), |(_, model)| model.clone());
            let score = model.process(&[*value]).ok()?;
            models.insert(key, (*now, model));
            Some(score)
        })
        .collect()
}

/// Twelve keys, times that never run back, and some values that are refused.
fn records(seed: u64, count: usize) -> Vec<Record> {
    let mut random = Random::new(seed);
    let mut next = |below: usize| random.below(below);
    let mut now = 0;
    (0..count)
        .map(|_| {
            now += i64::from(next(10) == 0) * next(40) as i64;
            let value = match next(20) {
                0 => f64::NAN,
                _ => next(1000) as f64,
            };
            (format!("key {}", next(12)), now, value)
        })
        .collect()
}

fn one_by_one(map: &mut Map, records: &[Record]) -> Vec<Option<f64>> {
    records
        .iter()
        .map(|(key, now, value)| map.process_at(key, *now, &[*value]).ok())
        .collect()
}

fn in_batches(map: &mut Map, records: &[Record], size: usize) -> Vec<Option<f64>> {
    let batches = records.chunks(size);
    let results = batches.flat_map(|batch| {
        map.process_each(
            batch,
            |_, (key, now, _)| (key, *now),
            |model, (_, _, value)| model.process(&[*value]),
        )
        .unwrap()
    });
    results.map(Result::ok).collect()
}

/// Bits, so that no two numbers are taken for the same.
fn bits(results: &[Option<f64>]) -> Vec<Option<u64>> {
    results.iter().map(|it| it.map(f64::to_bits)).collect()
}

/// The figures that the map keeps, counted again.
fn recount(map: &Map) -> usize {
    let models = map.entries.iter().filter_map(|entry| map.model(&entry.key));
    let keys = map.entries.iter().map(|entry| 2 * entry.key.capacity());
    size_of::<Map>()
        + models.map(bytes_of).sum::<usize>()
        + keys.sum::<usize>()
        + map.entries.table_bytes()
        + map.changes.as_ref().map_or(0, ChangeLog::bytes)
}

#[test]
fn a_batch_that_is_stopped_resumes_at_the_position_of_each_key() {
    let records = records(3, 400);
    let expected = bits(&oracle(&records, Some(40)));
    for budget in [None, Some(8_000)] {
        let mut map = map(budget, Some(40));
        let made = AtomicUsize::new(0);
        let run = |map: &mut Map, items: &[usize], most: usize| {
            let asked = AtomicUsize::new(0);
            let results = map.process_while(
                items,
                |_, &index| (&records[index].0, records[index].1),
                || asked.fetch_add(1, Relaxed) < most,
                |model, &index| {
                    made.fetch_add(1, Relaxed);
                    model.process(&[records[index].2])
                },
            );
            results.unwrap()
        };
        let mut found = vec![None; records.len()];
        let mut left: Vec<usize> = (0..records.len()).collect();
        while !left.is_empty() {
            let results = run(&mut map, &left, 150);
            let mut undone = Vec::new();
            for (&index, result) in left.iter().zip(results) {
                match result {
                    Some(result) => found[index] = result.ok(),
                    None => undone.push(index),
                }
            }
            assert!(undone.len() < left.len());
            left = undone;
        }
        assert_eq!(made.into_inner(), records.len());
        assert_eq!(bits(&found), expected);
    }
}

#[test]
fn a_batch_that_is_stopped_loads_and_spills_no_more() {
    let keys: Vec<String> = (0..1_000).map(|key| format!("key {key}")).collect();
    let saved = keys.iter().map(|key| SpilledModel {
        key: key.clone(),
        last_used: 0,
        memory: 2_000,
        state: template(key).to_bytes(),
    });
    let mut store = MemorySpill::new();
    store.store(saved.collect()).unwrap();
    let mut map = DetectorMap::builder(template)
        .budget(1 << 30, store)
        .build();
    for key in &keys {
        map.restore_spilled(key.clone(), 0, 2_000);
    }
    let asked = AtomicUsize::new(0);
    let results = map.process_while(
        &keys,
        |_, key| (key, 1),
        || asked.fetch_add(1, Relaxed) < 2,
        |model, _| model.process(&[1.0]),
    );
    assert_eq!(results.unwrap().iter().flatten().count(), 1);
    let loads = map.statistics().loads;
    assert!((1..=128).contains(&loads), "{loads}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn results_are_those_of_separate_models(
        seed: u64,
        budget in prop::option::of(6_000_usize..60_000),
        time_to_live in prop::option::of(1_u64..60),
        size in 1_usize..80,
    ) {
        let records = records(seed, 400);
        let expected = bits(&oracle(&records, time_to_live));
        let mut single = map(budget, time_to_live);
        prop_assert_eq!(&bits(&one_by_one(&mut single, &records)), &expected);
        let mut batched = map(budget, time_to_live);
        prop_assert_eq!(&bits(&in_batches(&mut batched, &records, size)), &expected);
        for map in [&single, &batched] {
            prop_assert_eq!(map.size_in_bytes(), recount(map));
            let in_memory = map.len() - map.spilled();
            prop_assert!(in_memory <= 1 || budget.is_none_or(|limit| map.size_in_bytes() <= limit));
        }
    }

    #[test]
    fn changes_alone_rebuild_the_map(seed: u64, budget in prop::option::of(6_000_usize..40_000)) {
        let records = records(seed, 300);
        let mut original = map(budget, Some(25));
        let mut saved: HashMap<String, (i64, Vec<u8>)> = HashMap::new();
        for part in records.chunks(37) {
            one_by_one(&mut original, part);
            original.remove_unused_since(part[0].1 - 25);
            let changes = original.take_changes();
            for (key, last_used, model) in &changes.models {
                saved.insert(key.clone(), (*last_used, model.to_bytes()));
            }
            for (key, last_used) in changes.spilled {
                let spill = original.spill.as_mut().unwrap();
                let bytes = spill.store.load(&[&key]).unwrap().remove(0);
                saved.insert(key, (last_used, bytes));
            }
            for key in changes.removed {
                saved.remove(&key);
            }
        }
        prop_assert!(original.take_changes().is_empty());
        prop_assert_eq!(saved.len(), original.len());
        let mut restored = map(None, Some(25));
        for (key, (last_used, bytes)) in saved {
            let model = RandomCutForest::from_bytes(&bytes).unwrap();
            restored.restore(key, last_used, model).unwrap();
        }
        prop_assert!(restored.take_changes().is_empty());
        let mut more = self::records(seed ^ 1, 200);
        more.iter_mut().for_each(|record| record.1 += records[299].1);
        prop_assert_eq!(
            bits(&one_by_one(&mut restored, &more)),
            bits(&one_by_one(&mut original, &more))
        );
    }
}

#[test]
fn a_budget_spills_and_brings_back() {
    let records = records(5, 2_000);
    let mut small = map(Some(25_000), None);
    one_by_one(&mut small, &records);
    let Statistics {
        evictions, loads, ..
    } = small.statistics();
    assert!(evictions > 50 && loads > 50, "{:?}", small.statistics());
    assert!(small.spilled() > 0 && small.len() == 12);
}

#[test]
fn the_one_used_last_goes_last() {
    let mut map = map(Some(1), None);
    for key in ["a", "b", "c"] {
        map.process(&key.to_owned(), &[1.0]).unwrap();
    }
    assert_eq!((map.len(), map.spilled()), (3, 2));
    assert!(map.model(&"c".to_owned()).is_some(), "one always stays");
}

#[test]
fn only_changed_models_are_changes() {
    let mut map = map(None, None);
    for key in 0..100 {
        map.process(&format!("key {key}"), &[1.0]).unwrap();
    }
    assert_eq!(map.take_changes().models.len(), 100);
    map.process(&"key 7".to_owned(), &[2.0]).unwrap();
    map.process(&"key 7".to_owned(), &[2.0]).unwrap();
    map.process(&"key 8".to_owned(), &[f64::NAN]).unwrap_err();
    map.process(&"new".to_owned(), &[f64::NAN]).unwrap_err();
    assert!(map.remove(&"key 9".to_owned()));
    let changes = map.take_changes();
    let keys: Vec<_> = changes.models.iter().map(|it| it.0.as_str()).collect();
    assert_eq!(
        (keys, changes.removed),
        (vec!["key 7"], vec!["key 9".to_owned()])
    );
}

#[test]
fn a_snapshot_is_unaffected_by_later_changes_of_the_map() {
    let mut map = map(None, None);
    let key = "a".to_owned();
    map.process(&key, &[1.0]).unwrap();
    let changes = map.take_changes();
    let before = changes.models[0].2.to_bytes();
    for value in 0..50 {
        map.process(&key, &[f64::from(value)]).unwrap();
    }
    assert_eq!(changes.models[0].2.to_bytes(), before);
    assert_ne!(map.model(&key).unwrap().to_bytes(), before);
}

/// A store that does not keep what it is given, or not as it was.
struct BadStore(bool);

impl SpillStore<String> for BadStore {
    fn store(&mut self, _: Vec<SpilledModel<String>>) -> Result<(), StoreError> {
        if self.0 {
            Err("the disk is full".into())
        } else {
            Ok(())
        }
    }

    fn load(&mut self, keys: &[&String]) -> Result<Vec<Vec<u8>>, StoreError> {
        Ok(vec![b"nonsense".to_vec(); keys.len()])
    }

    fn remove(&mut self, _: &String) {}
}

#[test]
fn a_store_that_fails_is_an_error_and_loses_nothing() {
    let mut full = DetectorMap::builder(template)
        .budget(1, BadStore(true))
        .build();
    full.process(&"a".to_owned(), &[1.0]).unwrap();
    let error = full.process(&"b".to_owned(), &[1.0]).unwrap_err();
    assert!(error.to_string().contains("the disk is full"), "{error}");
    assert_eq!((full.len(), full.spilled()), (2, 0));

    let mut lying = DetectorMap::builder(template)
        .budget(1, BadStore(false))
        .build();
    lying.process(&"a".to_owned(), &[1.0]).unwrap();
    lying.process(&"b".to_owned(), &[1.0]).unwrap();
    let error = lying.process(&"a".to_owned(), &[1.0]).unwrap_err();
    assert!(
        error.to_string().starts_with("the spilled model of \"a\""),
        "{error}"
    );
}

#[test]
fn refused_records_are_errors_in_their_place() {
    let mut map = map(None, None);
    let records = [
        ("a".to_owned(), [1.0]),
        ("a".to_owned(), [f64::NAN]),
        ("b".to_owned(), [2.0]),
    ];
    let results = map.process_batch(&records).unwrap();
    assert!(matches!(
        results.as_slice(),
        [Ok(_), Err(InputError::NotFinite { .. }), Ok(_)]
    ));
    assert_eq!(map.len(), 2);
}

#[cfg(feature = "rayon")]
#[test]
fn the_number_of_threads_changes_nothing() {
    let records = records(9, 3_000);
    let run = |threads| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        let mut map = map(Some(40_000), Some(30));
        let results = pool.install(|| in_batches(&mut map, &records, 200));
        (bits(&results), map.size_in_bytes(), map.statistics())
    };
    let alone = run(1);
    assert_eq!(alone.0, bits(&oracle(&records, Some(30))));
    for threads in [2, 3, 8] {
        assert_eq!(run(threads), alone, "{threads} threads");
    }
}

#[test]
fn silent_keys_are_overdue_until_they_speak_or_are_forgotten() {
    let mut map = DetectorMap::builder(template)
        .expect_every(10)
        .time_to_live(50)
        .budget(1, MemorySpill::new())
        .build();
    for (key, time) in [("key 1", 0), ("key 2", 5), ("key 3", 7), ("key 1", 9)] {
        map.process_at(&key.to_owned(), time, &[1.0]).unwrap();
    }
    let overdue = |map: &Map, now| -> Vec<(String, i64)> {
        let all = map.overdue(now).into_iter();
        all.map(|it| (it.key.clone(), it.due)).collect()
    };
    let of = |key: &str, due| (key.to_owned(), due);
    assert_eq!(overdue(&map, 15), []);
    assert_eq!(overdue(&map, 16), [of("key 2", 15)]);
    let all = [of("key 2", 15), of("key 3", 17), of("key 1", 19)];
    assert_eq!(overdue(&map, 30), all, "spilled ones, too");
    map.process_at(&"key 3".to_owned(), 31, &[1.0]).unwrap();
    assert_eq!(overdue(&map, 31), [all[0].clone(), all[2].clone()]);
    // Beyond the time to live it is not silent any more, but gone.
    assert_eq!(overdue(&map, 56), [all[2].clone(), of("key 3", 41)]);
    assert_eq!(overdue(&map, i64::MAX), []);
    let silent = DetectorMap::builder(template).build();
    assert_eq!(overdue(&silent, i64::MAX), []);
}
