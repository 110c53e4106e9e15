//! Operations derived from bytes, so that properties and fuzzers can both generate them.

use rcf_core::{Arrival, RandomCutForest};

use super::forest::Naive;

/// Reads bytes; at the end there are only zeros.
struct Bytes<'a>(std::slice::Iter<'a, u8>);

impl Bytes<'_> {
    fn next(&mut self) -> u8 {
        self.0.next().copied().unwrap_or(0)
    }

    fn below(&mut self, bound: u8) -> usize {
        usize::from(self.next() % bound)
    }

    fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len() as u8)]
    }

    /// Mostly a small grid, so that values and whole points coincide; sometimes anything.
    fn value(&mut self) -> f64 {
        match self.next() {
            byte @ 0..200 => f64::from(byte % 8) - 3.0,
            byte @ 200..240 => (f64::from(byte) - 220.0) / 16.0,
            240..250 => self.pick(&[
                0.0,
                -0.0,
                1e-30,
                -1e30,
                1e30,
                1e9,
                1.0 + 1e-7,
                f64::MIN_POSITIVE,
            ]),
            _ => {
                let bits = std::array::from_fn(|_| self.next());
                f64::from_bits(u64::from_le_bytes(bits))
            }
        }
    }

    fn values(&mut self, length: usize) -> Vec<f64> {
        (0..length).map(|_| self.value()).collect()
    }
}

fn build(bytes: &mut Bytes<'_>) -> RandomCutForest {
    let dimensions = 1 + bytes.below(4);
    let internal = bytes.below(4) > 0;
    let mut builder = RandomCutForest::builder(dimensions)
        .shingle_size(1 + bytes.below(4))
        .internal_shingling(internal)
        .shingle_rotation(internal && bytes.below(3) == 0)
        .number_of_trees(1 + bytes.below(9))
        .sample_size(1 + bytes.below(24))
        .time_decay(bytes.pick(&[0.0, 0.001, 0.05, 0.4, 1.0]))
        .initial_accept_fraction(bytes.pick(&[1e-3, 0.125, 0.6, 1.0]))
        .store_sequence_numbers(bytes.below(2) == 0)
        .store_labels(bytes.below(2) == 0)
        .output_after(1)
        .seed(bytes.next().into());
    if bytes.below(3) == 0 {
        builder = builder.relative_noise_floor(bytes.pick(&[0.0, 0.01, 1.0]));
        builder = builder.noise_floor(vec![bytes.pick(&[0.0, 0.1, 2.0]); dimensions]);
    }
    builder.build().expect("parameters that keep their rules")
}

/// Builds a forest and works on it as the bytes say. After each change everything is compared with
/// the naive forest of its state; panics if anything differs.
pub(crate) fn run(data: &[u8]) {
    let mut bytes = Bytes(data.iter());
    let mut forest = build(&mut bytes);
    let length = forest.config().values_per_call();
    let mut updates = 0;
    for _ in 0..data.len().min(400) {
        if bytes.0.as_slice().is_empty() {
            break;
        }
        match bytes.below(16) {
            0..8 => {
                let values = bytes.values(length);
                let before = forest.clone();
                updates += 1;
                if forest.update(&values).is_err() {
                    updates -= 1;
                    assert!(
                        forest.to_bytes() == before.to_bytes(),
                        "a refused record left a trace"
                    );
                } else if before.is_ready() {
                    let mut processed = before.clone();
                    let score = before.score(&values).expect("a record that was taken");
                    assert_eq!(
                        processed.process(&values).unwrap().to_bits(),
                        score.to_bits()
                    );
                    assert!(processed.to_bytes() == forest.to_bytes());
                }
            }
            8..10 => {
                let time = forest.newest_time().unwrap_or(0);
                let step = bytes.pick(&[1, 0, 5, -7, 1_000, i64::MAX / 3, i64::MIN / 3]);
                let mut arrival = Arrival::at(time.saturating_add(step));
                arrival = arrival.weight(bytes.pick(&[1.0, 0.5, 1e-9, 1e9, 3.0]));
                if forest.config().store_labels {
                    arrival = arrival.label(bytes.next().into());
                }
                let values = bytes.values(length);
                updates += u64::from(forest.update_with(&values, arrival).is_ok());
            }
            10 => {
                let bytes = forest.to_bytes();
                forest = RandomCutForest::from_bytes(&bytes).expect("a valid state");
                assert!(forest.to_bytes() == bytes, "a state changes by being read");
            }
            11 => {
                let decay = bytes.pick(&[0.0, 0.01, 0.3, 1.0]);
                forest
                    .set_time_decay(decay)
                    .expect("a decay within its bounds");
            }
            12 if forest.is_sampling() => forest.pause_sampling(),
            12 | 13 => forest.resume_sampling(),
            _ => {
                // A longer stretch, so that samples fill and the clock moves.
                for t in 0..bytes.next() {
                    let value = f64::from(t.wrapping_mul(37) % 16);
                    forest
                        .update(&vec![value; length])
                        .expect("a record without fault");
                    updates += 1;
                }
            }
        }
        assert_eq!(forest.updates(), updates);
        let query = bytes.values(length);
        compare(&forest, &query);
    }
}

/// Everything that the forest says about a query, against the definitions.
fn compare(forest: &RandomCutForest, query: &[f64]) {
    let naive = Naive::of(&forest.to_bytes());
    assert_eq!(naive.updates(), forest.updates());
    assert_eq!(
        forest.is_ready(),
        naive.shingle_is_full() && !naive.is_empty()
    );
    let Ok(score) = forest.score(query) else {
        assert!(
            query
                .iter()
                .any(|x| !x.is_finite() || x.abs() > rcf_core::MAX_MAGNITUDE)
        );
        return;
    };
    if !forest.is_ready() {
        assert_eq!(score, 0.0);
        return;
    }
    let x = naive.point(query);
    let close = |what: &str, value: f64, expected: f64, within: f64| {
        let near = (value - expected).abs() <= within * expected.abs();
        assert!(near, "{what} {value}, by its definition {expected}");
    };
    close("score", score, naive.score(&x), 1e-5);
    let explanation = forest.explain(query).expect("a query that was scored");
    close("attribution", explanation.attribution.total(), score, 1e-9);
    assert_eq!(explanation.score.to_bits(), score.to_bits());
    let displacement = forest.displacement(query).expect("a query that was scored");
    close("displacement", displacement, naive.displacement(&x), 1e-5);
    let collusive = forest
        .collusive_displacement(query)
        .expect("a query that was scored");
    close("CoDisp", collusive, naive.collusive_displacement(&x), 1e-5);

    let mut brought: Vec<Vec<f64>> = Vec::new();
    let origin = |i: usize| naive.origin()[i % naive.origin().len()];
    for point in naive.neighbors(&x) {
        let coordinates = point.iter().enumerate();
        brought.push(
            coordinates
                .map(|(i, &x)| f64::from(x) + origin(i))
                .collect(),
        );
    }
    for neighbor in forest
        .near_neighbors(query)
        .expect("a query that was scored")
    {
        let count = brought
            .iter()
            .filter(|point| **point == neighbor.point)
            .count();
        assert_eq!(count, neighbor.trees, "{neighbor:?}");
    }
    let density = forest.density(query).expect("a query that was scored");
    let parts = density.high.iter().chain(&density.low).sum::<f64>();
    assert!(density.value >= 0.0 && (parts - density.value).abs() <= 1e-9 * density.value);
    let sample = forest.sample();
    assert_eq!(sample.counts.iter().sum::<usize>(), naive.sampled());
    let imputed = forest
        .impute(query, &[query.len() - 1])
        .expect("a query that was scored");
    let last = naive.values_of(query.len() - 1);
    let (low, high) = (
        last.clone().fold(f64::INFINITY, f64::min),
        last.fold(f64::NEG_INFINITY, f64::max),
    );
    let value = imputed[query.len() - 1];
    assert!(
        (low..=high).contains(&value),
        "{value} was never seen: {low} to {high}"
    );
}
