//! What the constants are worth on series that did not choose them.
//!
//! Each constant of the detector is chosen, one at a time, by the standard score on every second
//! series; then all choices together are scored on the other series, beside the defaults there.

use std::fmt::Write;

use rcf_core::{AnomalyDetector, AnomalyDetectorBuilder, Learning, Threshold};

use super::corpus::Series;
use super::nab::{PROFILES, score};
use super::run;

/// The constants and what is tried for each; the defaults are among them. Without a patience all is
/// learned.
const CHOICES: [(&str, &[f64]); 5] = [
    ("margin", &[0.01, 0.02, 0.03, 0.05]),
    ("height", &[0.5, 0.5625, 0.625, 0.7]),
    ("decades", &[3.5, 4.0, 4.25, 4.5, 5.0]),
    ("silence", &[20.0, 50.0, 80.0, 120.0]),
    ("patience", &[256.0, 512.0, f64::INFINITY]),
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
    let mut text = String::from("| constant | choices | half 0 | half 1 |\n|---|---|---|---|\n");
    let default = outputs(defaults())?;
    let mut chosen = [defaults(); 2];
    for (constant, (name, choices)) in CHOICES.into_iter().enumerate() {
        let mut best = [0, 1].map(|half| on_half(&default, half)[0]);
        let (mut shown, mut scores) = (Vec::new(), [Vec::new(), Vec::new()]);
        for &choice in choices {
            let mut constants = defaults();
            constants[constant] = choice;
            let is_default = constants == defaults();
            let outputs = outputs(constants)?;
            let stars = if is_default { "**" } else { "" };
            shown.push(format!("{stars}{choice}{stars}"));
            for half in [0, 1] {
                let score = on_half(&outputs, half)[0];
                scores[half].push(format!("{score:.1}"));
                if score > best[half] {
                    best[half] = score;
                    chosen[half][constant] = choice;
                }
            }
        }
        let [first, second] = scores.map(|scores| scores.join(", "));
        writeln!(
            text,
            "| {name} | {} | {first} | {second} |",
            shown.join(", ")
        )?;
    }
    for half in [0, 1] {
        let other = 1 - half;
        let outputs = outputs(chosen[half])?;
        let list = |scores: [f64; 3]| scores.map(|score| format!("{score:.1}")).join(" / ");
        writeln!(
            text,
            "\nchosen on half {half} {:?}: there {}, on the other half {} (defaults there: {})",
            chosen[half],
            list(on_half(&outputs, half)),
            list(on_half(&outputs, other)),
            list(on_half(&default, other)),
        )?;
    }
    Ok(text)
}
