//! One stream and one seed give the same bits, regardless of how they are computed.

use ndarray::{Array2, ArrayView2, s};
use rcf_core::{Attribution, RandomCutForest, SimdLevel};

use crate::testing::Random;

/// Every remainder of vectors and half vectors, one to several vectors, and more vectors than a
/// machine word has bits.
fn dimensions() -> impl Iterator<Item = usize> {
    (1..=40).chain([
        63, 64, 65, 127, 128, 129, 255, 256, 257, 511, 512, 513, 516, 520, 527, 1030,
    ])
}

fn forest(dimensions: usize, seed: u64) -> RandomCutForest {
    RandomCutForest::builder(dimensions)
        .number_of_trees(11)
        .sample_size(24)
        .output_after(2)
        .seed(seed)
        .build()
        .unwrap()
}

/// Normal, with some records exactly repeated.
fn records(n: usize, dimensions: usize, seed: u64) -> Array2<f64> {
    let mut random = Random::new(seed);
    let mut records = Array2::from_shape_fn((n, dimensions), |_| random.normal());
    for row in (7..n).step_by(7) {
        let earlier = records.row(row - 5).to_owned();
        records.row_mut(row).assign(&earlier);
    }
    records
}

fn bits(scores: impl IntoIterator<Item = f64>) -> Vec<u64> {
    scores.into_iter().map(f64::to_bits).collect()
}

fn attribution_bits(Attribution { high, low }: Attribution) -> [Vec<u64>; 2] {
    [bits(high), bits(low)]
}

#[test]
fn every_simd_level_gives_the_same_bits() {
    for dimensions in dimensions() {
        let rows = if dimensions > 40 { 60 } else { 150 };
        levels_agree(&records(rows, dimensions, 1));
    }
}

/// The trees are rebuilt when the origin moves away from the first record.
#[test]
fn every_simd_level_gives_the_same_bits_when_the_origin_moves() {
    for dimensions in [1, 2, 5, 8, 13, 24] {
        let mut records = records(600, dimensions, 1);
        records.row_mut(0).fill(1e9);
        levels_agree(&records);
    }
}

fn levels_agree(records: &Array2<f64>) {
    let levels = SimdLevel::available();
    assert_eq!(levels[0], SimdLevel::PORTABLE);
    if levels.len() == 1 {
        eprintln!("this processor has one level only: nothing to compare");
    }
    let run = |&level: &SimdLevel| {
        let mut forest = forest(records.ncols(), 5);
        forest.set_simd_level(level);
        let scores = bits(forest.process_array(records.view()).unwrap());
        let attribution = |row| {
            let record = records.row(row);
            attribution_bits(forest.attribution(record.as_slice().unwrap()).unwrap())
        };
        let attributions: Vec<_> = (0..10).map(attribution).collect();
        (scores, attributions, forest.to_bytes())
    };
    let portable = run(&levels[0]);
    assert!(portable.0.iter().any(|&score| score != 0));
    for level in &levels[1..] {
        let (dimensions, same) = (records.ncols(), run(level) == portable);
        assert!(same, "{level:?} differs in {dimensions} dimensions");
    }
}

/// The number of kept boxes, from the start or from a later record, affects no result.
#[test]
fn every_fraction_of_kept_boxes_gives_the_same_bits() {
    // In one dimension, large samples of many trees have boxes; small ones have none.
    for (dimensions, number_of_trees, sample_size, len) in [
        (1, 11, 64, 300),
        (1, 33, 2_049, 2_600),
        (2, 11, 64, 300),
        (5, 11, 64, 300),
        (8, 11, 64, 300),
        (20, 11, 64, 300),
        (50, 11, 64, 300),
    ] {
        let records = records(len, dimensions, 8);
        let run = |first: f64, then: f64| {
            let builder = RandomCutForest::builder(dimensions).number_of_trees(number_of_trees);
            let builder = builder.sample_size(sample_size).seed(5);
            let mut forest = builder.bounding_box_cache_fraction(first).build().unwrap();
            let (before, after) = records.view().split_at(ndarray::Axis(0), len - 150);
            let mut scores = bits(forest.process_array(before).unwrap());
            let len = forest.size_in_bytes();
            forest.set_bounding_box_cache_fraction(then).unwrap();
            scores.extend(bits(forest.process_array(after).unwrap()));
            let record = records.row(10).to_vec();
            let attribution = attribution_bits(forest.attribution(&record).unwrap());
            (len, (scores, attribution, forest.to_bytes()))
        };
        let (lean, expected) = run(0.125, 0.125);
        let mut last = lean;
        for (first, then) in [
            (0.125, 1.0),
            (0.25, 0.25),
            (0.4, 0.2),
            (1.0, 0.125),
            (1.0, 1.0),
        ] {
            let (len, found) = run(first, then);
            assert!(
                found == expected,
                "{first}, then {then}: {dimensions} dimensions"
            );
            assert!(len >= last, "{first}: {len} bytes, less than {last}");
            last = len;
        }
        let have_boxes = dimensions > 1 || sample_size > 64;
        assert_eq!(last > lean, have_boxes, "more boxes take more room");
    }
}

/// In one dimension, trees of large samples have another layout than those of small ones.
#[test]
fn large_samples_on_a_line_are_saved_and_read_as_small_ones_are() {
    for sample_size in [2_048, 2_049] {
        // Enough trees for large samples to have boxes.
        let builder = RandomCutForest::builder(1).number_of_trees(33);
        let mut forest = builder.sample_size(sample_size).build().unwrap();
        let records = records(6_000, 1, 3);
        let (before, after) = records.view().split_at(ndarray::Axis(0), 5_800);
        forest.process_array(before).unwrap();
        let mut restored = RandomCutForest::from_bytes(&forest.to_bytes()).unwrap();
        let scores = bits(forest.score_array(after).unwrap());
        assert_eq!(
            scores,
            bits(after.iter().map(|&x| forest.score(&[x]).unwrap()))
        );
        for &x in after {
            let score = forest.score(&[x]).unwrap();
            let total = forest.attribution(&[x]).unwrap().total();
            assert!((total - score).abs() <= 1e-9 * score, "{total} {score}");
        }
        assert_eq!(
            one_by_one(&mut forest, after),
            one_by_one(&mut restored, after)
        );
        assert_eq!(forest.to_bytes(), restored.to_bytes());
    }
}

#[test]
fn a_fraction_out_of_range_is_refused() {
    let mut forest = forest(2, 1);
    let before = forest.clone().to_bytes();
    for fraction in [0.0, 0.1, 1.01, -1.0, f64::NAN, f64::INFINITY] {
        let error = forest
            .set_bounding_box_cache_fraction(fraction)
            .unwrap_err();
        let expected = format!("bounding_box_cache_fraction must be in 0.125..=1, got {fraction}");
        assert_eq!(error.to_string(), expected);
        let builder = RandomCutForest::builder(2).bounding_box_cache_fraction(fraction);
        assert_eq!(builder.build().unwrap_err().to_string(), expected);
    }
    assert!((forest.config().bounding_box_cache_fraction - 0.6).abs() < 1e-15);
    assert_eq!(forest.to_bytes(), before);
}

fn one_by_one(forest: &mut RandomCutForest, records: ArrayView2<'_, f64>) -> Vec<u64> {
    bits(
        records
            .rows()
            .into_iter()
            .map(|row| forest.process(&row.to_vec()).unwrap()),
    )
}

#[test]
fn single_precision_rows_are_their_values_in_double() {
    for dimensions in [1, 3] {
        let single = records(300, dimensions, 4).mapv(|value| value as f32);
        let double = single.mapv(f64::from);
        let (mut first, mut second) = (forest(dimensions, 9), forest(dimensions, 9));
        let scores = bits(first.process_array(single.view()).unwrap());
        assert_eq!(scores, bits(second.process_array(double.view()).unwrap()));
        assert_eq!(first.to_bytes(), second.to_bytes());
        assert_eq!(
            bits(first.score_array(single.slice(s![..;-2, ..])).unwrap()),
            bits(second.score_array(double.slice(s![..;-2, ..])).unwrap())
        );
    }
}

#[test]
fn an_array_is_the_loop_over_its_rows() {
    for dimensions in [1, 3, 8, 20] {
        let records = records(400, dimensions, 2);
        let mut expected = forest(dimensions, 9);
        let scores = one_by_one(&mut expected, records.view());

        let mut whole = forest(dimensions, 9);
        assert_eq!(bits(whole.process_array(records.view()).unwrap()), scores);
        assert_eq!(whole.to_bytes(), expected.to_bytes());

        // With any memory layout, and in pieces.
        let columns_first = records.t().as_standard_layout().into_owned();
        let mut pieces = forest(dimensions, 9);
        let mut in_pieces = Vec::new();
        for piece in [0..1, 1..1, 1..150, 150..400] {
            let piece = columns_first.slice(s![.., piece]);
            in_pieces.extend(bits(pieces.process_array(piece.t()).unwrap()));
        }
        assert_eq!(in_pieces, scores);
        assert_eq!(pieces.to_bytes(), expected.to_bytes());

        let backwards = records
            .slice(s![..;-1, ..])
            .as_standard_layout()
            .into_owned();
        let mut reversed = forest(dimensions, 9);
        assert_eq!(
            bits(
                reversed
                    .process_array(backwards.slice(s![..;-1, ..]))
                    .unwrap()
            ),
            scores
        );
    }
}

#[test]
fn scoring_changes_nothing_and_equals_process() {
    let records = records(300, 2, 3);
    let mut forest = RandomCutForest::builder(2)
        .shingle_size(3)
        .sample_size(32)
        .build()
        .unwrap();
    for row in records.rows() {
        let record = row.as_slice().unwrap();
        let before = forest.to_bytes();
        let score = forest.score(record).unwrap();
        let total = forest.attribution(record).unwrap().total();
        let all = forest.score_array(records.slice(s![..5, ..])).unwrap();
        let first = forest.score(records.row(0).as_slice().unwrap()).unwrap();
        assert_eq!(all[0].to_bits(), first.to_bits());
        assert_eq!(forest.to_bytes(), before);

        assert_eq!(forest.process(record).unwrap().to_bits(), score.to_bits());
        assert!((total - score).abs() <= 1e-9 * score);
        assert_eq!(
            score > 0.0,
            forest.updates() > 8,
            "ready after a quarter of the sample size"
        );
    }
}

/// Arrays of many rows are scored tree by tree, those of few row by row.
#[test]
fn an_array_has_the_scores_of_its_rows() {
    for (dimensions, shingle_size) in [
        (1, 1),
        (2, 1),
        (5, 1),
        (9, 1),
        (33, 1),
        (70, 1),
        (1, 4),
        (3, 3),
    ] {
        let records = records(400, dimensions, 6);
        let mut forest = RandomCutForest::builder(dimensions)
            .shingle_size(shingle_size)
            .number_of_trees(9)
            .sample_size(40)
            .build()
            .unwrap();
        forest.process_array(records.slice(s![..300, ..])).unwrap();
        // Points in the sample, points outside it, some of them twice, and some far away.
        let mut asked = records.slice(s![200.., ..]).to_owned();
        asked.slice_mut(s![..20, ..]).mapv_inplace(|x| 100.0 * x);
        let one = |row: ndarray::ArrayView1<'_, f64>| forest.score(row.as_slice().unwrap());
        let expected = bits(asked.rows().into_iter().map(|row| one(row).unwrap()));
        for level in SimdLevel::available() {
            let mut forest = forest.clone();
            forest.set_simd_level(level);
            for rows in [1, 15, 16, 17, 200] {
                let scores = forest.score_array(asked.slice(s![..rows, ..])).unwrap();
                assert_eq!(
                    bits(scores),
                    expected[..rows],
                    "{dimensions} × {shingle_size}"
                );
            }
        }
    }
}

#[test]
fn threads_that_share_a_forest_get_the_same_scores() {
    let records = records(500, 6, 4);
    let mut forest = forest(6, 2);
    forest.process_array(records.view()).unwrap();
    let expected = bits(forest.score_array(records.view()).unwrap());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let one = |row: ndarray::ArrayView1<'_, f64>| forest.score(row.as_slice().unwrap());
                let scores = records.rows().into_iter().map(|row| one(row).unwrap());
                assert_eq!(bits(scores), expected);
            });
        }
    });
}

#[cfg(feature = "rayon")]
#[test]
fn arrays_are_scored_alike_by_any_number_of_threads() {
    let records = records(2_000, 6, 4);
    let mut forest = forest(6, 2);
    let unready = forest.par_score_array(records.view()).unwrap();
    assert_eq!(unready, ndarray::Array1::<f64>::zeros(2_000));
    forest.process_array(records.view()).unwrap();
    for threads in 1..=5 {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
        let pool = pool.build().unwrap();
        for len in [0, 1, 300, 2_000] {
            let rows = records.slice(s![..len, ..]);
            let scores = pool.install(|| forest.par_score_array(rows)).unwrap();
            assert_eq!(bits(scores), bits(forest.score_array(rows).unwrap()));
        }
        let mut wrong = records.clone();
        wrong[[1_777, 3]] = f64::NAN;
        wrong[[1_999, 0]] = f64::NAN;
        let error = pool.install(|| forest.par_score_array(wrong.view()));
        assert_eq!(error.unwrap_err().row, 1_777);
    }
}

#[test]
fn the_seed_is_all_the_randomness_there_is() {
    let records = records(300, 3, 5);
    let run = |seed| {
        let mut forest = forest(3, seed);
        let scores = bits(forest.process_array(records.view()).unwrap());
        (scores, forest.to_bytes())
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1).0, run(2).0);
}

#[test]
fn a_clone_continues_like_the_original() {
    let records = records(600, 3, 6);
    let mut original = forest(3, 3);
    original
        .process_array(records.slice(s![..300, ..]))
        .unwrap();
    let mut clone = original.clone();
    let rest = records.slice(s![300.., ..]);
    let scores = original.process_array(rest).unwrap();
    assert_eq!(bits(clone.process_array(rest).unwrap()), bits(scores));
    assert_eq!(clone.to_bytes(), original.to_bytes());
}
