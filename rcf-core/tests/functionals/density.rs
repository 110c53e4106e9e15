//! Density and its directions.

use rcf_core::RandomCutForest;

use crate::forests;
use crate::testing::Random;

#[test]
fn directions_make_up_the_density() {
    for (forest, queries) in forests() {
        for query in queries {
            let density = forest.density(&query).unwrap();
            let parts = || density.high.iter().chain(&density.low);
            assert_eq!(parts().count(), 2 * forest.dimensions());
            assert!(parts().all(|&part| part >= 0.0));
            let total: f64 = parts().sum();
            assert!(
                (total - density.value).abs() <= 1e-9 * density.value,
                "{density:?}"
            );
        }
    }
}

/// A forest of points of two clusters: 0 with deviation 1 and, four times as wide, 40.
fn two_clusters(scale: f64) -> RandomCutForest {
    let mut random = Random::new(9);
    let mut forest = RandomCutForest::builder(2).seed(4).build().unwrap();
    for _ in 0..2000 {
        let (narrow, wide) = (random.normal_point(2), random.normal_point(2));
        let wide: Vec<f64> = wide.iter().map(|x| 40.0 + 4.0 * x).collect();
        for point in [narrow, wide] {
            let scaled: Vec<f64> = point.iter().map(|x| scale * x).collect();
            forest.update(&scaled).unwrap();
        }
    }
    forest
}

#[test]
fn a_narrow_cluster_is_denser_than_a_wide_one_and_that_than_nothing() {
    let forest = two_clusters(1.0);
    let of = |x: f64| forest.density(&[x, x]).unwrap().value;
    let (narrow, wide, between, far) = (of(0.1), of(40.1), of(17.0), of(300.0));
    eprintln!("narrow {narrow:.4}, wide {wide:.4}, between {between:.6}, far {far:.8}");
    assert!(narrow > 4.0 * wide, "{narrow} {wide}");
    assert!(wide > 2.0 * between, "{wide} {between}");
    assert!(between > 2.0 * far, "{between} {far}");
}

#[test]
fn the_direction_of_the_others_has_the_density() {
    let forest = two_clusters(1.0);
    let above = forest.density(&[300.0, 20.0]).unwrap();
    assert!(above.high[0] > 0.8 * above.value, "{above:?}");
    let below = forest.density(&[20.0, -300.0]).unwrap();
    assert!(below.low[1] > 0.8 * below.value, "{below:?}");
}

/// Law: in units `a` times as fine, volumes are `a^D` times as large. For a power of two, all the
/// numbers of the walk are the same; density is `1 / (floor + volume / mass)`.
#[test]
fn volumes_scale_with_the_power_of_the_dimension() {
    let (fine, coarse) = (two_clusters(8.0), two_clusters(1.0));
    for x in [0.1, 17.0, 40.1, 300.0] {
        for manifold in [1.0, 2.0] {
            let volume = |forest: &RandomCutForest, x| {
                let density = forest.density_on_manifold(&[x, x], manifold).unwrap();
                1.0 / density.value - 1e-3
            };
            let ratio = volume(&fine, 8.0 * x) / volume(&coarse, x);
            assert!((ratio - 8f64.powf(manifold)).abs() < 1e-6, "{ratio}");
        }
    }
}

#[test]
fn a_constant_stream_has_the_largest_density() {
    let mut forest = RandomCutForest::builder(3).build().unwrap();
    for _ in 0..500 {
        forest.update(&[1.0, 2.0, 3.0]).unwrap();
    }
    let density = forest.density(&[1.0, 2.0, 3.0]).unwrap();
    assert!((density.value - 1000.0).abs() < 1e-9, "{density:?}");
    // No direction is known.
    assert!(
        density
            .high
            .iter()
            .chain(&density.low)
            .all(|part| (part - 1000.0 / 6.0).abs() < 1e-9)
    );
}
