//! Does it find the anomaly in the sine wave of the original?
//!
//! A sine that drops to -17 for 19 records, twice in 36,600. The forest has long forgotten the
//! first drop (or never learned it) when the second one comes.

use std::error::Error;
use std::process::ExitCode;

use rcf_core::RandomCutForest;

const RECORDS: u32 = 36_600;
const DROP: std::ops::Range<usize> = 36_241..36_260;
const NORMAL: std::ops::Range<usize> = DROP.start - 6_000..DROP.start;

/// A sine between 0 and 20, one cycle in about 628 records, with the drop at t = 241…259 and again
/// every 36,000 records.
fn value(t: u32) -> f64 {
    let angle = f64::from(t) / 100.0;
    let turned = angle % 360.0;
    if turned > 2.4 && turned < 2.6 {
        -17.0
    } else {
        10.0 * angle.sin() + 10.0
    }
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let mut forest = RandomCutForest::builder(1)
        .sample_size(628)
        .seed(7)
        .build()?;
    let scores = (0..RECORDS)
        .map(|t| forest.process(&[value(t)]))
        .collect::<Result<Vec<f64>, _>>()?;

    println!("    t    value   score");
    for t in (DROP.start - 4..DROP.end + 4).step_by(3) {
        println!("{t:>5}  {:>7.2}  {:>6.3}", value(t as u32), scores[t]);
    }

    let highest = scores[NORMAL].iter().copied().fold(0.0, f64::max);
    let lowest = scores[DROP].iter().copied().fold(f64::INFINITY, f64::min);
    println!("normal points score up to {highest:.3}, dropped points at least {lowest:.3}");

    let found = scores[DROP]
        .iter()
        .filter(|&&score| score > highest)
        .count();
    let verdict = if found == DROP.len() { "PASS" } else { "FAIL" };
    println!(
        "{verdict}: {found} of {} dropped points above every normal point",
        DROP.len()
    );
    Ok(if found == DROP.len() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
