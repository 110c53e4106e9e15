//! What a query sees in each direction, against the definition.

use super::{Grown, Naive, integers};
use crate::testing::Random;
use crate::visitor::density::{DensitySum, Toward};

/// The definition, from the root down: high and low of each dimension.
fn toward(node: &Naive, x: &[f32]) -> Vec<[Toward; 2]> {
    let mass = node.mass() as f64;
    let mut seen = match node {
        Naive::Leaf { x: point, .. } if point == x => {
            let probability = 0.5 / x.len() as f64;
            let even = Toward {
                probability,
                distance: 0.0,
                measure: probability * (mass + 1.0),
            };
            return vec![[even; 2]; x.len()];
        }
        Naive::Leaf { .. } => vec![[Toward::default(); 2]; x.len()],
        Naive::Node { .. } => toward(node.child(x).unwrap(), x),
    };
    let points = node.points();
    let corner = |i: usize, choose: fn(f64, f64) -> f64| {
        let coordinates = points.iter().map(|point| f64::from(point[i]));
        coordinates.reduce(choose).unwrap()
    };
    let sides: Vec<[f64; 3]> = (0..x.len())
        .map(|i| [f64::from(x[i]), corner(i, f64::min), corner(i, f64::max)])
        .collect();
    let outside = |&[x, low, high]: &[f64; 3]| [(x - high).max(0.0), (low - x).max(0.0)];
    let gap: f64 = sides.iter().flat_map(outside).sum();
    if gap == 0.0 {
        return seen;
    }
    let with_x = gap + sides.iter().map(|[_, low, high]| high - low).sum::<f64>();
    for (directions, side) in seen.iter_mut().zip(&sides) {
        let far = [side[0] - side[1], side[2] - side[0]];
        for ((old, outside), far) in directions.iter_mut().zip(outside(side)).zip(far) {
            let (share, keep) = (outside / with_x, 1.0 - gap / with_x);
            *old = Toward {
                probability: share + keep * old.probability,
                distance: share * far + keep * old.distance,
                measure: share * (mass + 1.0) + keep * old.measure,
            };
        }
    }
    seen
}

#[test]
fn directions_are_those_of_the_definition() {
    let mut random = Random::new(41);
    for dimensions in [1, 2, 3, 4, 7, 9] {
        for seed in 0..10 {
            let mut sample: Vec<Vec<f32>> =
                (0..40).map(|_| integers(dimensions, &mut random)).collect();
            sample.extend_from_within(..10);
            let grown = Grown::of(&sample, seed);
            let naive = grown.validate().unwrap();
            let mut queries = sample[..12].to_vec();
            queries.extend((0..12).map(|_| integers(dimensions, &mut random)));
            queries.push(vec![100.0; dimensions]);
            for x in queries {
                // Two trees seen are the sum of both.
                let mut sum = DensitySum::new(&x);
                grown.read(&x, 0, &mut sum);
                grown.read(&x, 0, &mut sum);
                for (ours, exact) in sum.sum.iter().zip(toward(&naive, &x)) {
                    for (ours, exact) in ours.iter().zip(exact) {
                        let close = |ours: f64, exact: f64| (ours - 2.0 * exact).abs() < 1e-9;
                        assert!(close(ours.probability, exact.probability), "{x:?}");
                        assert!(
                            close(ours.distance / 100.0, exact.distance / 100.0),
                            "{x:?}"
                        );
                        assert!(close(ours.measure, exact.measure), "{x:?}");
                    }
                }
            }
        }
    }
}
