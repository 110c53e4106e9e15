//! The pictures of the guide's page on parameters are drawn from detections and checked against
//! them. Their streams use no functions that differ between libraries.

use std::fmt::Write;

use rcf_core::{AnomalyDetector, Learning, Threshold};

use crate::testing::Random;

struct Line {
    name: String,
    color: &'static str,
    /// One value for each step.
    values: Vec<f64>,
}

/// Steps of records across 560 units, values from 0 upwards; a range of steps is shaded.
fn picture(lines: &[Line], highest: f64, shaded: std::ops::Range<usize>, below: &str) -> String {
    let steps = lines[0].values.len();
    let x = |step: usize| 40.0 + 560.0 * step as f64 / steps as f64;
    let y = |value: f64| 210.0 - 170.0 * value / highest;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 640 250\" font-family=\"sans-serif\" \
         font-size=\"12\">\n<rect width=\"640\" height=\"250\" fill=\"#fff\"/>\n\
         <rect x=\"{:.0}\" y=\"30\" width=\"{:.0}\" height=\"180\" fill=\"#f4e8c8\"/>\n",
        x(shaded.start),
        x(shaded.end) - x(shaded.start)
    );
    for score in 0..=highest as u32 {
        let at = y(f64::from(score));
        let _ = writeln!(
            svg,
            "<path d=\"M40 {at:.0}H600\" stroke=\"#ddd\"/><text x=\"32\" y=\"{:.0}\" \
             text-anchor=\"end\">{score}</text>",
            at + 4.0
        );
    }
    for (i, line) in lines.iter().enumerate() {
        let known = line.values.iter().enumerate().filter(|(_, value)| {
            // Neither before the first score nor before the first boundary.
            value.is_finite() && **value > 0.0
        });
        let points: Vec<String> = known
            .map(|(step, value)| format!("{:.1},{:.1}", x(step), y(*value)))
            .collect();
        let _ = writeln!(
            svg,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"1.5\"/>\
             <text x=\"{}\" y=\"18\" fill=\"{}\">{}</text>",
            points.join(" "),
            line.color,
            40 + 150 * i,
            line.color,
            line.name
        );
    }
    let _ = writeln!(
        svg,
        "<text x=\"320\" y=\"236\" text-anchor=\"middle\">{below}</text>\n</svg>"
    );
    svg
}

fn hold(name: &str, drawn: &str) {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/images/");
    let path = format!("{folder}{name}");
    if std::env::var_os("RCF_DRAW").is_some() {
        std::fs::write(&path, drawn).unwrap();
    }
    let kept = std::fs::read_to_string(&path).expect("RCF_DRAW=1 draws it");
    assert!(
        kept == drawn,
        "docs/images/{name} is not of these detections: RCF_DRAW=1 draws it again"
    );
}

const DECADES: [(f64, &str); 3] = [(3.0, "#c70"), (4.0, "#b33"), (5.0, "#808")];

#[test]
fn more_decades_report_less() {
    let (mut lines, mut reports) = (Vec::new(), Vec::new());
    for (decades, color) in DECADES {
        let threshold = Threshold::ExtremeValue { decades };
        let builder = AnomalyDetector::builder(1).threshold(threshold).silence(0);
        let mut detector = builder.seed(1).build().unwrap();
        let mut random = Random::new(1);
        let detections: Vec<_> = (0..2_000_u32)
            .map(|t| {
                // A triangle wave with noise; sometimes it stays constant, for longer each time.
                let is_still = t >= 800 && t % 250 < t / 100;
                let phase = if is_still { 0 } else { t % 40 };
                let wave = f64::from(phase.abs_diff(20));
                let noise = random.unit() + random.unit() + random.unit() - 1.5;
                detector.process(&[wave + 2.0 * noise]).unwrap()
            })
            .collect();
        reports.push(
            detections
                .iter()
                .filter(|detection| detection.is_anomaly())
                .count(),
        );
        let values = |of: fn(&rcf_core::Detection) -> f64| {
            let highest = |part: &[rcf_core::Detection]| part.iter().map(of).fold(0.0, f64::max);
            detections.chunks(4).map(highest).collect::<Vec<_>>()
        };
        if lines.is_empty() {
            lines.push(Line {
                name: "score".to_owned(),
                color: "#26a",
                values: values(|detection| detection.score),
            });
        }
        lines.push(Line {
            name: format!("decades {decades}: {} reported", reports[reports.len() - 1]),
            color,
            values: values(|detection| detection.threshold),
        });
    }
    let below = "2,000 records of a wave; now and then it stands still, and the score rises";
    hold("threshold.svg", &picture(&lines, 3.0, 0..0, below));
    assert!(reports[0] > reports[1] && reports[1] > reports[2] && reports[2] > 0);
    for pair in lines[1..].windows(2) {
        let steps = pair[0].values.iter().zip(&pair[1].values);
        assert!(
            steps
                .clone()
                .all(|(less, more)| less.is_infinite() || less < more)
        );
    }
}

const ANOMALY: std::ops::Range<usize> = 75..125;

#[test]
fn an_anomaly_that_is_not_learned_stays_visible() {
    let line = |learning, name: &str, color| {
        let builder = AnomalyDetector::builder(8).learning(learning);
        let mut detector = builder.seed(1).build().unwrap();
        let (mut random, mut state) = (Random::new(1), [0.0; 8]);
        let scores: Vec<f64> = (0..1_600)
            .map(|t| {
                for value in &mut state {
                    *value = 0.7 * *value + random.unit() + random.unit() - 1.0;
                }
                let mut record = state;
                if ANOMALY.contains(&(t / 8)) {
                    record[..3].iter_mut().for_each(|value| *value += 1.5);
                }
                detector.process(&record).unwrap().score
            })
            .collect();
        Line {
            name: name.to_owned(),
            color,
            values: scores
                .chunks(8)
                .map(|part| part.iter().sum::<f64>() / 8.0)
                .collect(),
        }
    };
    let lines = [
        line(Learning::Always, "score, always", "#26a"),
        line(Learning::Skip { patience: 512 }, "score, skip", "#b33"),
    ];
    let below = "1,600 records of eight values; in the shaded part three of them are raised";
    hold("learning.svg", &picture(&lines, 2.0, ANOMALY, below));
    let late = |line: &Line| line.values[100..125].iter().sum::<f64>() / 25.0;
    let before = |line: &Line| line.values[50..75].iter().sum::<f64>() / 25.0;
    let [always, skip] = &lines;
    assert!(late(skip) - before(skip) > 2.0 * (late(always) - before(always)));
}
