//! The demonstration as users run it, checked by the page it writes.

mod support;

use std::f64::consts::TAU;
use std::fs;
use std::ops::RangeInclusive;

use support::{fail, run, stdout, succeed};

const SEEDS: RangeInclusive<u64> = 1..=10;

/// Input and scores of a page, record by record.
fn curves(page: &str) -> (Vec<f64>, Vec<f64>) {
    let (_, rest) = page
        .split_once("id=\"series\">")
        .expect("the page holds its data");
    let (json, _) = rest.split_once("</script>").unwrap();
    let data: serde_json::Value = serde_json::from_str(json).unwrap();
    let values = |panel: usize| -> Vec<f64> {
        serde_json::from_value(data["panels"][panel]["values"].clone()).unwrap()
    };
    (values(0), values(1))
}

fn demonstrate(arguments: &[&str]) -> (String, Vec<f64>, Vec<f64>) {
    let folder = tempfile::tempdir().unwrap();
    let text = succeed(folder.path(), &[&["demo", "sine"], arguments].concat());
    let page = fs::read_to_string(folder.path().join("out/sine.html")).unwrap();
    let (input, scores) = curves(&page);
    (text, input, scores)
}

/// How many of the dropped points score above every other point, and their total number.
fn count(input: &[f64], scores: &[f64]) -> (usize, usize) {
    let is_drop = |i: &usize| input[*i] == -17.0;
    let (dropped, normal): (Vec<usize>, Vec<usize>) = (0..input.len()).partition(is_drop);
    let highest = normal.iter().map(|&i| scores[i]).fold(f64::MIN, f64::max);
    (
        dropped.iter().filter(|&&i| scores[i] > highest).count(),
        dropped.len(),
    )
}

#[test]
fn the_original_drop_scores_highest_with_every_seed() {
    for seed in SEEDS {
        let (text, input, scores) = demonstrate(&["--seed", &seed.to_string()]);
        assert_eq!((input.len(), scores.len()), (36_600, 36_600));
        assert_eq!(
            count(&input[30_241..36_260], &scores[30_241..36_260]),
            (19, 19),
            "seed {seed}"
        );
        assert!(input[36_241..=36_259].iter().all(|&value| value == -17.0));
        let verdict = "\nPASS: 19 of 19 dropped points (t = 36,241…36,259) score above";
        assert!(text.contains(verdict), "seed {seed}: {text}");
        assert!(text.contains("36,241   -17.000"), "{text}");
        assert!(text.contains("out/sine.html"), "{text}");
    }
}

#[test]
fn drops_in_every_cycle_score_highest_with_every_seed() {
    for seed in SEEDS {
        let (text, input, scores) = demonstrate(&["--every-cycle", "--seed", &seed.to_string()]);
        let start = |cycle: u32| (f64::from(cycle) * TAU * 100.0).ceil() as usize;
        assert_eq!(
            count(&input[..start(1)], &scores[..start(1)]),
            (0, 0),
            "the first is clean"
        );
        for cycle in 1..=6 {
            let rows = start(cycle)..start(cycle + 1);
            let (above, dropped) = count(&input[rows.clone()], &scores[rows]);
            assert!(
                above == dropped && dropped >= 19,
                "seed {seed}, cycle {cycle}: {above}"
            );
        }
        assert!(
            text.contains("\nPASS: 120 of 120 dropped points"),
            "seed {seed}: {text}"
        );
    }
}

#[test]
fn drops_lost_in_noise_fail() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(
        folder.path(),
        &["demo", "sine", "--noise", "30", "--html", "noise.html"],
    );
    assert_eq!(output.status.code(), Some(1));
    let text = stdout(&output);
    assert!(
        text.contains("\nFAIL: ") && text.contains(" of 19 dropped points"),
        "{text}"
    );
    let page = fs::read_to_string(folder.path().join("noise.html")).unwrap();
    assert!(page.contains("verdict failed"), "the page says so too");
}

#[test]
fn the_image_is_written_where_asked() {
    let folder = tempfile::tempdir().unwrap();
    let image = folder.path().join("pictures/of/sine.svg");
    let arguments = [
        "demo",
        "sine",
        "--every-cycle",
        "--svg",
        image.to_str().unwrap(),
    ];
    let text = succeed(folder.path(), &arguments);
    assert!(text.contains("sine.svg"), "{text}");
    let image = fs::read_to_string(image).unwrap();
    let image = roxmltree::Document::parse(&image).unwrap();
    assert_eq!(image.root_element().tag_name().name(), "svg");
}

/// The picture on the front page agrees with the demonstration.
#[test]
fn the_picture_of_the_readme_is_that_of_the_demonstration() {
    let picture = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/images/sine.svg");
    let picture = fs::read_to_string(picture).unwrap();
    let (text, ..) = demonstrate(&[]);
    let verdict = text.lines().find_map(|line| line.strip_prefix("PASS: "));
    assert!(
        picture.contains(verdict.expect("it passes")),
        "draw it again with --svg: {text}"
    );
}

#[test]
fn failures_are_reported() {
    let folder = tempfile::tempdir().unwrap();
    let error = fail(folder.path(), 78, &["demo", "sine", "--noise=-1"]);
    assert!(
        error.contains("noise is -1; it must be a number of at least 0"),
        "{error}"
    );
    fs::write(folder.path().join("file"), "").unwrap();
    let error = fail(
        folder.path(),
        1,
        &["demo", "sine", "--html", "file/page.html"],
    );
    assert!(error.contains("cannot write file/page.html"), "{error}");
}

#[test]
fn equal_seeds_give_equal_pages() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a.html", "b.html"] {
        succeed(
            folder.path(),
            &[
                "demo",
                "sine",
                "--every-cycle",
                "--seed",
                "5",
                "--html",
                name,
            ],
        );
    }
    let read = |name| fs::read(folder.path().join(name)).unwrap();
    assert!(read("a.html") == read("b.html"));
}
