//! Every operation of every level that the processor has, against its definition.

use super::{HALF, Kernel, LANES, Simd, SimdLevel};
use crate::testing::Random;
use crate::visitor::score::step;

type Lanes = [f32; LANES];

/// All operations on three vectors, a factor and sums.
#[derive(Clone, Copy)]
struct Operations {
    a: Lanes,
    b: Lanes,
    c: Lanes,
    factor: f64,
    sums: [f64; LANES],
}

/// What they give.
#[derive(Debug, PartialEq)]
struct Results {
    /// Of `zero`, `splat`, both ways to load and to store, `add`, `sub`, `max`, `min`.
    vectors: [Lanes; 9],
    equal_lanes: u32,
    any_positive: [bool; 2],
    sums: [f64; LANES],
    total: f32,
    totals: Lanes,
    positive_lanes: u32,
    stepped: [[f64; LANES]; 2],
    /// The sum over a row of three vectors and a half.
    row: f32,
}

impl Kernel for Operations {
    type Output = Results;

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) -> Results {
        let Self {
            a,
            b,
            c,
            factor,
            mut sums,
        } = self;
        let half: &[f32; HALF] = a.first_chunk().expect("eight lanes");
        let stored = |vector: S::Vector| {
            let mut lanes = [f32::NAN; LANES];
            simd.store(vector, &mut lanes);
            lanes
        };
        let (x, y, z) = (simd.load(&a), simd.load(&b), simd.load(&c));
        let mut first = [f32::NAN; LANES];
        simd.store_half(y, first.first_chunk_mut().expect("eight lanes"));
        first[HALF..].fill(0.0);
        simd.add_scaled(x, factor, &mut sums);
        let mut row = simd.zero();
        for vector in [x, y, z, simd.load_half(half)] {
            row = simd.add(row, vector);
        }
        // Without a negative lane, as gaps and ranges are.
        let [gaps, ranges] = [x, y].map(|lanes| simd.max(lanes, simd.zero()));
        Results {
            vectors: [
                stored(simd.zero()),
                stored(simd.splat(a[3])),
                stored(x),
                stored(simd.load_half(half)),
                first,
                stored(simd.add(x, y)),
                stored(simd.sub(x, y)),
                stored(simd.max(x, y)),
                stored(simd.min(x, y)),
            ],
            equal_lanes: simd.equal_lanes(x, y, z),
            any_positive: [simd.any_positive(gaps), simd.any_positive(simd.zero())],
            sums,
            total: simd.total(x),
            totals: stored(simd.totals([
                x,
                y,
                z,
                simd.add(x, y),
                simd.zero(),
                simd.sub(x, z),
                z,
                y,
            ])),
            positive_lanes: simd.positive_lanes(x),
            stepped: {
                let (mut scores, mut levels) =
                    (simd.load_doubles(&self.sums), simd.load_doubles(&sums));
                simd.step_scores(gaps, ranges, &mut scores, &mut levels);
                let mut lanes = [[f64::NAN; LANES]; 2];
                simd.store_doubles(scores, &mut lanes[0]);
                simd.store_doubles(levels, &mut lanes[1]);
                lanes
            },
            row: simd.total(row),
        }
    }
}

impl Operations {
    /// The definition, one lane after the other.
    fn by_definition(self) -> Results {
        let Self {
            a,
            b,
            c,
            factor,
            sums,
        } = self;
        let lanes = |f: &dyn Fn(usize) -> f32| std::array::from_fn(f);
        let half = |of: Lanes| lanes(&|i| if i < HALF { of[i] } else { 0.0 });
        let total = |s: Lanes| ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]));
        // Coordinate i is added to partial sum i mod 8, in increasing order of i.
        let mut partial = [0.0; LANES];
        let row = a.into_iter().chain(b).chain(c).chain(a[..HALF].to_vec());
        for (i, coordinate) in row.enumerate() {
            partial[i % LANES] += coordinate;
        }
        let equal = |i: usize| u32::from(a[i] == b[i] || a[i] == c[i]) << i;
        let scaled: [f64; LANES] = std::array::from_fn(|i| sums[i] + factor * f64::from(a[i]));
        let sum = lanes(&|i| a[i] + b[i]);
        let difference = lanes(&|i| a[i] - c[i]);
        Results {
            vectors: [
                [0.0; LANES],
                [a[3]; LANES],
                a,
                half(a),
                half(b),
                sum,
                lanes(&|i| a[i] - b[i]),
                lanes(&|i| if a[i] > b[i] { a[i] } else { b[i] }),
                lanes(&|i| if a[i] < b[i] { a[i] } else { b[i] }),
            ],
            equal_lanes: (0..LANES).map(equal).sum(),
            any_positive: [a.iter().any(|&lane| lane > 0.0), false],
            sums: scaled,
            total: total(a),
            totals: [a, b, c, sum, [0.0; LANES], difference, c, b].map(total),
            positive_lanes: (0..LANES).map(|i| u32::from(a[i] > 0.0) << i).sum(),
            stepped: [
                std::array::from_fn(|i| {
                    let (gap, range) = (f64::from(a[i]), f64::from(b[i].max(0.0)));
                    if gap > 0.0 {
                        step(sums[i], 1.0 / scaled[i], gap, range)
                    } else {
                        sums[i]
                    }
                }),
                std::array::from_fn(|i| scaled[i] - f64::from(u8::from(a[i] > 0.0))),
            ],
            row: total(partial),
        }
    }
}

#[test]
fn every_level_gives_the_bits_of_the_definition() {
    let levels = SimdLevel::available();
    assert_eq!(levels.first(), Some(&SimdLevel::PORTABLE));
    assert_eq!(levels.last(), Some(&SimdLevel::best()));
    let mut random = Random::new(77);
    for round in 0..2_000 {
        // Of many magnitudes, so that another order of summation gives other bits; some equal, and
        // in some rounds none positive.
        let mut lanes = || -> Lanes {
            let shift = f64::from(round % 3) - 1.0;
            std::array::from_fn(|_| {
                let magnitude = 10f64.powi((8.0 * random.unit()) as i32);
                let value = magnitude * (random.normal() + 40.0 * shift);
                if random.unit() < 0.3 {
                    value.signum() as f32
                } else {
                    value as f32
                }
            })
        };
        let (a, b, c) = (lanes(), lanes(), lanes());
        let operations = Operations {
            a,
            b,
            c,
            factor: random.normal(),
            sums: std::array::from_fn(|_| random.normal()),
        };
        let expected = operations.by_definition();
        for &level in &levels {
            assert_eq!(level.run(operations), expected, "{level:?}, round {round}");
        }
    }
}
