//! Objects of any type with a distance: clusters, decisions, saving.

#[allow(
    dead_code,
    unused_imports,
    reason = "unit tests share it; each side uses a part"
)]
#[path = "../../src/testing/mod.rs"]
mod testing;

mod decisions;
mod saved;
mod summaries;

use testing::Random;

/// Letters to change, insert or remove (Levenshtein).
#[allow(clippy::ptr_arg, reason = "the type of the objects")]
fn edits(a: &String, b: &String) -> f64 {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, letter) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for j in 0..b.len() {
            let changed = diagonal + usize::from(letter != b[j]);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()] as f64
}

const NAMES: [&str; 3] = ["heartbeat of the pump", "valve number seven", "door"];

/// One of the names, with letters changed at random.
fn name(random: &mut Random) -> String {
    let mut letters: Vec<u8> = NAMES[random.below(3)].bytes().collect();
    for letter in &mut letters {
        if random.unit() < 0.05 {
            *letter = b'a' + random.below(26) as u8;
        }
    }
    String::from_utf8(letters).unwrap()
}

/// How many bins two histograms do not share (total variation).
fn variation(a: &[f64; 8], b: &[f64; 8]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).sum::<f64>() / 2.0
}

/// A histogram of 100 draws from one of two laws.
fn histogram(random: &mut Random) -> [f64; 8] {
    let peak = [2.0, 6.0][random.below(2)];
    let mut bins = [0.0; 8];
    for _ in 0..100 {
        let bin = (peak + random.normal()).clamp(0.0, 7.0);
        bins[bin as usize] += 0.01;
    }
    bins
}

fn absolute(a: &f64, b: &f64) -> f64 {
    (a - b).abs()
}
