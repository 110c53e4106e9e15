//! The curves of one key as an image.

use rcf_core::DetectorConfig;

use super::curves::Point;
use super::{Findings, parameters};
use crate::report::{Facts, Mark, Panel, Report, ReportError, Series, XAxis};

/// Points of an image; it is never that wide.
const POINTS: usize = 20_000;
/// Columns in an image.
const COLUMNS: usize = 6;

impl Findings {
    /// The curves of a key, otherwise of the worst one, as one SVG image.
    ///
    /// # Errors
    /// [`ReportError::Empty`] if there is no such key.
    pub fn to_svg(
        &self,
        title: &str,
        key: Option<&str>,
        config: &DetectorConfig,
    ) -> Result<String, ReportError> {
        let index = match key {
            Some(key) => self.index.get(key).copied(),
            None => self.ranked().first().copied(),
        };
        let index = index.ok_or(ReportError::Empty)?;
        let key = &self.keys[index];
        let factor = key.curves.buckets().div_ceil(POINTS).next_power_of_two();
        let points = key.windows.merge(&key.curves, factor);
        // A bucket is drawn as its lowest and its highest value, half a bucket apart.
        let twice = |point: &Point| 1 + usize::from(point.count > 1);
        let place = |point: &Point, half: usize| {
            (point.record + 1) as f64 + half as f64 * point.count as f64 / 2.0
        };
        let spread = |value: &dyn Fn(&Point, usize) -> f64| -> Vec<f64> {
            let halves = |point| (0..twice(point)).map(move |half| (point, half));
            points
                .iter()
                .flat_map(halves)
                .map(|(point, half)| value(point, half))
                .collect()
        };
        let axis = XAxis::new("record", "record number");
        let mut series = Series::new(axis, spread(&place))?;
        let order = key.order();
        for &column in order.iter().take(COLUMNS) {
            let values = spread(&|point, half| match half {
                0 => point.cells[column].low,
                _ => point.cells[column].high,
            });
            let edge = |edge: usize| spread(&|point, _| point.cells[column].expected[edge].into());
            let panel = Panel::new(&self.names[column], values).with_band(edge(0), edge(1));
            series = series.panel(panel)?;
        }
        let scores = Panel::new(
            "anomaly score",
            spread(&|point, _| point.verdict.score.into()),
        );
        let thresholds = spread(&|point, _| point.verdict.threshold.into());
        let evidence = Panel::new(
            "evidence",
            spread(&|point, _| point.verdict.evidence.into()),
        );
        series = series
            .panel(scores.with_band(vec![0.0; thresholds.len()], thresholds))?
            .panel(evidence.with_limit("boundary", 1.0))?;
        let mut worst: Option<(f64, f64)> = None;
        for found in self
            .anomalies
            .worst()
            .iter()
            .filter(|found| found.key == index)
        {
            let place = (found.record + 1) as f64;
            series = series.mark(Mark::new("anomaly", place, place + found.ago as f64))?;
            if worst.is_none_or(|(grade, _)| found.grade > grade) {
                worst = Some((found.grade, place));
            }
        }
        if let Some((_, place)) = worst {
            let last = key.curves.records() as f64;
            let room = (last / 40.0).max(60.0);
            series =
                series.focus_on((place - room).max(1.0), (place + room).min(last).max(place))?;
        }
        let mut report = Report::new(
            match key.name.as_str() {
                "" => title.to_owned(),
                name => format!("{title}: {name}"),
            },
            series,
        );
        report.subtitle = self.summary(config);
        report.facts = vec![Facts {
            heading: "Parameters".to_owned(),
            rows: parameters::list(config)
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
        }];
        Ok(report.to_svg())
    }
}
