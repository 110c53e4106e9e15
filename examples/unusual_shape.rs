//! Every value is usual, only the shape is not: how do I see that?
//!
//! A wave stays constant for 20 records, at a height that it passes twice in every cycle. A forest
//! that looks at single values sees nothing; one that looks at the last 20 values together, a
//! *shingle*, sees it. A shingle should be long enough to distinguish the shapes: a good part of a
//! cycle, and no more, for each value of it is one more dimension.

use std::error::Error;
use std::process::ExitCode;

use rcf_core::RandomCutForest;

const RECORDS: usize = 6_000;
const STANDSTILL: std::ops::Range<usize> = 5_500..5_520;
const NORMAL: std::ops::Range<usize> = 2_000..STANDSTILL.start;

/// One cycle in 50 records, with a little noise.
fn value(t: usize) -> f64 {
    let t = if STANDSTILL.contains(&t) {
        STANDSTILL.start
    } else {
        t
    } as f64;
    (t / 50.0 * std::f64::consts::TAU).sin() + 0.1 * ((t * 0.618).fract() - 0.5)
}

/// The highest score of the normal records and of the standstill.
fn highest_scores(shingle_size: usize) -> Result<(f64, f64), Box<dyn Error>> {
    let mut forest = RandomCutForest::builder(1)
        .shingle_size(shingle_size)
        .seed(7)
        .build()?;
    let scores = (0..RECORDS)
        .map(|t| forest.process(&[value(t)]))
        .collect::<Result<Vec<f64>, _>>()?;
    let highest = |range: std::ops::Range<usize>| scores[range].iter().copied().fold(0.0, f64::max);
    Ok((highest(NORMAL), highest(STANDSTILL)))
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    println!("shingle size  normal up to  standstill up to");
    let mut seen = Vec::new();
    for shingle_size in [1, 20] {
        let (normal, standstill) = highest_scores(shingle_size)?;
        println!("{shingle_size:>12}  {normal:>12.2}  {standstill:>16.2}");
        if standstill > normal {
            seen.push(shingle_size);
        }
    }

    let passed = seen == [20];
    let verdict = if passed { "PASS" } else { "FAIL" };
    println!("{verdict}: the standstill stands out with shingle sizes {seen:?} of [1, 20]");
    Ok(if passed {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
