//! The store of points against a map.

use std::collections::{BTreeMap, HashSet};

use proptest::prelude::*;

use super::*;

impl PointStore {
    /// Panics unless each point has this number of references and all unused rows are free.
    pub(crate) fn validate(&self, references: &[u32]) {
        assert_eq!(
            self.references, references,
            "references are not the slots of the samples"
        );
        let free: HashSet<u32> = self.free.iter().copied().collect();
        assert_eq!(free.len(), self.free.len(), "a row is free twice");
        for (point, &references) in references.iter().enumerate() {
            let used = references > 0;
            assert_eq!(self.is_used(point), used);
            assert_ne!(
                free.contains(&(point as u32)),
                used,
                "row {point}, {references} references"
            );
            let finite = self.row(point).iter().all(|x| x.is_finite());
            let signed_zero = self
                .row(point)
                .iter()
                .any(|x| x.to_bits() == (-0.0f32).to_bits());
            assert!(!used || finite && !signed_zero, "{:?}", self.row(point));
        }
        assert_eq!(self.len(), references.len() - self.free.len());
        assert_eq!(self.rows.len(), references.len() * self.stride);
    }
}

#[derive(Debug, Clone)]
enum Operation {
    /// As an update does it: stored, then taken by so many samplers, possibly none.
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
                prop_assert_eq!(store.row(point), row);
                references[point] = *count;
            }
            store.validate(&references);
        }
    }
}
