//! My data are not numbers: which of these log lines is unlike the others?
//!
//! A [`DistanceDetector`] needs a distance between two objects and nothing else. Here it is the
//! share of the words that two lines do not have in common (Jaccard); numbers in a line are all the
//! same word, for their values say nothing of its kind.

use std::collections::BTreeSet;
use std::error::Error;
use std::process::ExitCode;

use rcf_core::distance::DistanceDetector;

const LINES: usize = 3_000;
const STRANGE: [(usize, &str); 3] = [
    (1_200, "kernel: disk sda1 failed"),
    (2_000, "panic in thread main"),
    (2_700, "request denied by unknown policy"),
];

fn words(line: &str) -> BTreeSet<&str> {
    let is_number = |word: &str| word.bytes().all(|byte| byte.is_ascii_digit());
    let word = |word| if is_number(word) { "#" } else { word };
    line.split(' ').map(word).collect()
}

fn distance(a: &str, b: &str) -> f64 {
    let (a, b) = (words(a), words(b));
    1.0 - a.intersection(&b).count() as f64 / a.union(&b).count() as f64
}

fn line(t: usize) -> String {
    if let Some((_, line)) = STRANGE.iter().find(|(at, _)| *at == t) {
        return (*line).to_owned();
    }
    let page = ["index", "search", "cart", "help"][t * 7 % 4];
    match t * 5 % 3 {
        0 => format!("user {} logged in from {}", t % 97, ["home", "work"][t % 2]),
        1 => format!("served {page} in {} ms", t % 31),
        _ => format!("cache hit for {page} after {} s", t % 13),
    }
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let mut detector = DistanceDetector::builder().seed(7).build()?;
    let mut found = Vec::new();
    for t in 0..LINES {
        let detection = detector.process(line(t), |a, b| distance(a, b))?;
        if detection.is_anomaly() {
            let nearest = detection.nearest.expect("an anomaly is far from something");
            println!("{t:>5}  {:?}, nearest {nearest:?}", line(t));
            found.push(t);
        }
    }
    for cluster in detector.clusters() {
        println!("{:>4.0} %  {}", 100.0 * cluster.weight(), cluster.primary());
    }

    let expected = STRANGE.map(|(t, _)| t);
    let passed = found == expected;
    let verdict = if passed { "PASS" } else { "FAIL" };
    let hits = found.iter().filter(|t| expected.contains(t)).count();
    println!(
        "{verdict}: {hits} of 3 strange lines found, {} others",
        found.len() - hits
    );
    Ok(if passed {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
