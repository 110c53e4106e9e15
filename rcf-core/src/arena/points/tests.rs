//! The store of points against a map.

use std::collections::{BTreeMap, HashSet};

use proptest::prelude::*;

use crate::testing::Random;

use super::*;

impl PointStore {
    /// Panics unless each point has this number of references and all unused rows are free.
    pub(crate) fn validate(&self, references: &[u32]) {
        assert_eq!(self.references.len(), references.len());
        let mut free = HashSet::new();
        let mut next = self.free;
        while next != END {
            assert!(free.insert(next as usize), "row {next} is free twice");
            next = self.references[next as usize] & !FREE;
        }
        for (point, &references) in references.iter().enumerate() {
            let used = references > 0;
            assert_eq!(self.is_used(point), used);
            assert_ne!(
                free.contains(&point),
                used,
                "row {point}, {references} references"
            );
            if used {
                assert_eq!(
                    self.references[point], references,
                    "references are not the slots of the samples"
                );
                let row = self.padded_row(point);
                let finite = row.iter().all(|x| x.is_finite());
                let signed_zero = row.iter().any(|x| x.to_bits() == (-0.0f32).to_bits());
                assert!(finite && !signed_zero, "{row:?}");
            }
        }
        assert_eq!(self.unused, free.len());
        assert_eq!(self.len(), references.len() - free.len());
        match &self.windows {
            None => assert_eq!(self.floats.len(), references.len() * self.stride),
            Some(_) => assert_eq!(self.starts.len(), references.len()),
        }
    }
}

#[derive(Debug, Clone)]
enum Operation {
    /// As an update does it: stored, then taken by this many samplers, possibly none.
    Offer(u32),
    Release(usize),
}

fn operations() -> impl Strategy<Value = Vec<Operation>> {
    let operation = prop_oneof![
        1 => (0..4u32).prop_map(Operation::Offer),
        2 => any::<usize>().prop_map(Operation::Release),
        2 => (1..3u32).prop_map(Operation::Offer),
    ];
    prop::collection::vec(operation, 0..300)
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 100,
        failure_persistence: None,
        rng_seed: proptest::test_runner::RngSeed::Fixed(7),
        ..ProptestConfig::default()
    })]

    #[test]
    fn rows_live_as_long_as_their_references(operations in operations()) {
        let mut store = PointStore::new(2, 100);
        // Of each point in use: its row and its references.
        let mut model: BTreeMap<usize, ([f32; 2], u32)> = BTreeMap::new();
        let mut most_at_once = 0;
        for (time, operation) in operations.into_iter().enumerate() {
            match operation {
                Operation::Offer(takers) => {
                    let row = [time as f32, -1.0];
                    let point = store.add(&row);
                    // Numbers must stay small: their width is chosen by the largest population.
                    most_at_once = most_at_once.max(model.len() + 1);
                    prop_assert!(point < most_at_once);
                    prop_assert!(!model.contains_key(&point));
                    (0..takers).for_each(|_| store.retain(point));
                    store.drop_if_unused(point);
                    if takers > 0 {
                        model.insert(point, (row, takers));
                    }
                }
                Operation::Release(_) if model.is_empty() => continue,
                Operation::Release(which) => {
                    let point = *model.keys().nth(which % model.len()).unwrap();
                    store.release(point);
                    let (_, references) = model.get_mut(&point).unwrap();
                    *references -= 1;
                    if *references == 0 {
                        model.remove(&point);
                    }
                }
            }
            let mut references = vec![0; store.capacity()];
            for (&point, (row, count)) in &model {
                prop_assert_eq!(store.padded_row(point), row);
                references[point] = *count;
            }
            store.validate(&references);
        }
    }
}

/// Windows over a series, most of which follow on the one before, against their rows.
#[test]
fn windows_are_their_rows() {
    let mut random = Random::new(9);
    for (block, blocks) in [(1, 4), (1, 48), (5, 4), (2, 2)] {
        let stride = block * blocks;
        let mut store = PointStore::of_windows(stride, 40, block, 60);
        let mut live: Vec<(usize, Vec<f32>)> = Vec::new();
        let mut row = vec![0.0; stride];
        let mut longest = 0;
        for time in 0..5000 {
            row.rotate_left(block);
            row[stride - block..].fill(time as f32);
            if random.below(50) == 0 {
                // Another series begins.
                row.fill(-(time as f32));
            }
            let point = store.add(&row);
            if random.below(3) > 0 {
                store.retain(point);
                live.push((point, row.clone()));
            }
            store.drop_if_unused(point);
            while live.len() > 30 {
                let (point, _) = live.swap_remove(random.below(live.len()));
                store.release(point);
            }
            for (point, row) in &live {
                assert_eq!(store.padded_row(*point), row);
            }
            longest = longest.max(store.floats.capacity());
        }
        let apart = 31 * stride;
        assert!(
            longest < 2 * apart,
            "room for {longest}, of {apart} at most"
        );
        let mut references = vec![0; store.capacity()];
        live.iter().for_each(|&(point, _)| references[point] = 1);
        store.validate(&references);
    }
}

/// A series of which every observation is kept takes the room of its observations.
#[test]
fn points_of_one_series_share_their_records() {
    let mut store = PointStore::of_windows(48, 1000, 1, 1047);
    for time in 0..1000 {
        let row: Vec<f32> = (time..time + 48).map(|t| t as f32).collect();
        let point = store.add(&row);
        store.retain(point);
    }
    assert_eq!(store.floats.len(), 1047);
}
