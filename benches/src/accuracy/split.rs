//! What the constants are worth on series that did not choose them.
//!
//! Each constant of the detector is chosen, one at a time, by the standard score on every second
//! series; then all choices together are scored on the other series, beside the defaults there.

use std::fmt::Write;

use rcf_core::{AnomalyDetector, AnomalyDetectorBuilder, Learning, Threshold};

use super::corpus::Series;
use super::nab::{PROFILES, score};
use super::run;

/// The constants: margin, height, decades, silence, patience.
const NAMES: [&str; 5] = ["margin", "height", "decades", "silence", "patience"];

const CHOICES: [[f64; 4]; 5] = [
    [0.01, 0.02, 0.03, 0.05],
    [0.5, 0.5625, 0.625, 0.7],
    [3.0, 3.5, 4.0, 5.0],
    [20.0, 50.0, 80.0, 120.0],
    [128.0, 256.0, 512.0, 1024.0],
];

fn defaults() -> [f64; 5] {
    let config = AnomalyDetector::builder(1).config();
    let patience = match config.learning {
        Learning::Skip { patience }
        | Learning::Delay { patience }
        | Learning::DownWeight { patience, .. } => f64::from(patience),
        _ => f64::INFINITY,
    };
    match config.threshold {
        Threshold::Combined {
            margin,
            height,
            decades,
        } => [margin, height, decades, f64::from(config.silence), patience],
        _ => unreachable!("the default is the combination"),
    }
}

fn builder(constants: [f64; 5], seed: u64) -> AnomalyDetectorBuilder {
    let [margin, height, decades, silence, patience] = constants;
    let learning = if patience.is_finite() {
        Learning::Skip {
            patience: patience as u32,
        }
    } else {
        Learning::Always
    };
    AnomalyDetector::builder(1)
        .threshold(Threshold::Combined {
            margin,
            height,
            decades,
        })
        .silence(silence as u32)
        .learning(learning)
        .seed(seed)
}

/// The table, as text.
///
/// # Errors
/// A detector refuses a parameter or a value.
pub fn split_half(series: &[Series], seed: u64) -> anyhow::Result<String> {
    let outputs = |constants: [f64; 5]| {
        run::all(series, |values| {
            let mut detector = builder(constants, seed).build()?;
            let verdicts = values.iter().map(|&value| detector.process(&[value]));
            verdicts.map(|verdict| Ok(verdict?.severity)).collect()
        })
    };
    let on_half = |outputs: &[Vec<f64>], half: usize| {
        let (series, outputs): (Vec<_>, Vec<_>) = series
            .iter()
            .zip(outputs)
            .skip(half)
            .step_by(2)
            .map(|(series, output)| (series, output.as_slice()))
            .unzip();
        PROFILES.map(|profile| score(profile, &series, &outputs, None).score)
    };
    let mut text = String::new();
    let default = outputs(defaults())?;
    let mut chosen = [defaults(); 2];
    for (constant, name) in NAMES.into_iter().enumerate() {
        let mut best = [0, 1].map(|half| on_half(&default, half)[0]);
        for choice in CHOICES[constant] {
            let mut constants = defaults();
            constants[constant] = choice;
            let outputs = outputs(constants)?;
            let halves = [0, 1].map(|half| on_half(&outputs, half)[0]);
            writeln!(text, "{name} {choice}: {:.2} | {:.2}", halves[0], halves[1])?;
            for half in [0, 1] {
                if halves[half] > best[half] {
                    best[half] = halves[half];
                    chosen[half][constant] = choice;
                }
            }
        }
    }
    for half in [0, 1] {
        let other = 1 - half;
        let outputs = outputs(chosen[half])?;
        let list = |scores: [f64; 3]| scores.map(|score| format!("{score:.2}")).join(" / ");
        writeln!(
            text,
            "chosen on half {half} {:?}: there {}, on the other half {} (defaults there: {})",
            chosen[half],
            list(on_half(&outputs, half)),
            list(on_half(&outputs, other)),
            list(on_half(&default, other)),
        )?;
    }
    Ok(text)
}
