//! The results as a report.

use super::Outcome;
use super::judge::drops;
use crate::report::{Facts, Mark, Panel, Report, ReportError, Series, XAxis, number};

pub(super) fn report(outcome: &Outcome) -> Result<Report, ReportError> {
    let Outcome {
        demo,
        points,
        judgement,
        forest,
        ..
    } = outcome;
    let axis = XAxis::new("t", "record number t");
    let mut series = Series::new(axis, points.iter().map(|point| point.t as f64).collect())?
        .panel(Panel::new(
            "Input",
            points.iter().map(|point| point.value).collect(),
        ))?
        .panel(
            Panel::new(
                "Anomaly score",
                points.iter().map(|point| point.score).collect(),
            )
            .with_limit("normal maximum", judgement.highest_normal()),
        )?;
    for drop in drops(&demo.wave(), points) {
        series = series.mark(Mark::new("drop", *drop.start() as f64, *drop.end() as f64))?;
    }
    let title = if demo.every_cycle {
        "A sine wave with a drop in every cycle, and its anomaly score"
    } else {
        "A sine wave with a drop, and its anomaly score"
    };
    let mut report = Report::new(title, series);
    report.subtitle = "A Random Cut Forest scores every record before it learns it. It knows \
                       nothing about sine waves or drops."
        .to_owned();
    report.verdict = Some(judgement.verdict.clone());
    let dropped: usize = judgement.groups.iter().map(|group| group.dropped).sum();
    let normal: usize = judgement.groups.iter().map(|group| group.normal).sum();
    report.facts = vec![
        facts(
            "Result",
            [
                (
                    "Lowest score of a dropped point",
                    number(judgement.lowest_dropped()),
                ),
                (
                    "Highest score of a normal point",
                    number(judgement.highest_normal()),
                ),
                ("Dropped points judged", number(dropped as f64)),
                ("Normal points next to them", number(normal as f64)),
                ("Records", number(points.len() as f64)),
            ],
        ),
        facts(
            "Parameters of the forest",
            [
                ("Dimensions", forest.input_dimensions.to_string()),
                ("Shingle size", forest.shingle_size.to_string()),
                ("Trees", forest.number_of_trees.to_string()),
                ("Sample size", forest.sample_size.to_string()),
                ("Time decay", number(forest.time_decay)),
                ("Seed", demo.seed.to_string()),
            ],
        ),
    ];
    Ok(report)
}

fn facts<const N: usize>(heading: &str, rows: [(&str, String); N]) -> Facts {
    Facts {
        heading: heading.to_owned(),
        rows: rows.map(|(name, value)| (name.to_owned(), value)).into(),
    }
}
