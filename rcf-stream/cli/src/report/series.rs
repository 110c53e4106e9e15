//! Curves over a common axis, validated once so that drawing cannot fail.

use std::ops::Range;

use thiserror::Error;

/// A series cannot be shown.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum ReportError {
    /// There is no record.
    #[error("a report needs at least one record")]
    Empty,
    /// The positions on the axis do not increase from record to record.
    #[error(
        "record {row} is at {value} on the axis, which is not after the record before it; \
         sort the records and give each its own place"
    )]
    NotIncreasing {
        /// The record, from 0.
        row: usize,
        /// Its position; may be NaN.
        value: f64,
    },
    /// A panel does not have one value for each record.
    #[error("panel {panel:?} has {found} values for {expected} records; it needs one each")]
    Length {
        /// The name of the panel.
        panel: String,
        /// The number of records.
        expected: usize,
        /// The number of values.
        found: usize,
    },
    /// A mark or the focus has an end before its start, or an end that is not finite.
    #[error("the span from {start} to {end} is not a range; give finite ends in order")]
    Span {
        /// Its start.
        start: f64,
        /// Its end.
        end: f64,
    },
}

/// What the common axis counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct XAxis {
    /// A short name, shown before a value: `t` in "t = 250".
    pub name: String,
    /// The name under the axis, with its unit.
    pub label: String,
}

/// One curve.
#[derive(Debug, Clone, PartialEq)]
pub struct Panel {
    /// The name.
    pub name: String,
    /// The unit of the values, if they have one.
    pub unit: Option<String>,
    /// One value for each record; a value that is not finite is missing.
    pub values: Vec<f64>,
    /// A level to compare the curve with.
    pub limit: Option<Limit>,
    /// The expected range, from and to: one value each for each record; not finite where there was
    /// none.
    pub band: Option<(Vec<f64>, Vec<f64>)>,
}

/// A horizontal line.
#[derive(Debug, Clone, PartialEq)]
pub struct Limit {
    /// Its level.
    pub value: f64,
    /// Its name.
    pub label: String,
}

/// A span of records to examine, with both ends.
#[derive(Debug, Clone, PartialEq)]
pub struct Mark {
    /// Its description.
    pub label: String,
    /// The position of the first record.
    pub start: f64,
    /// The position of the last record.
    pub end: f64,
}

/// Curves over a common axis, with marked spans.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    pub(super) axis: XAxis,
    pub(super) x: Vec<f64>,
    pub(super) panels: Vec<Panel>,
    pub(super) marks: Vec<Mark>,
    focus: Option<(f64, f64)>,
}

impl XAxis {
    /// An axis by its short name and its label.
    #[must_use]
    pub fn new(name: impl Into<String>, label: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            label: label.into(),
        }
    }
}

impl Panel {
    /// A curve without unit and limit.
    #[must_use]
    pub fn new(name: impl Into<String>, values: Vec<f64>) -> Self {
        Self {
            name: name.into(),
            unit: None,
            values,
            limit: None,
            band: None,
        }
    }

    /// The same curve with a band around it.
    #[must_use]
    pub fn with_band(mut self, low: Vec<f64>, high: Vec<f64>) -> Self {
        self.band = Some((low, high));
        self
    }

    /// The same curve with a level to compare it with.
    #[must_use]
    pub fn with_limit(mut self, label: impl Into<String>, value: f64) -> Self {
        self.limit = Some(Limit {
            value,
            label: label.into(),
        });
        self
    }

    /// The limit, if it can be drawn.
    pub(super) fn finite_limit(&self) -> Option<&Limit> {
        self.limit.as_ref().filter(|limit| limit.value.is_finite())
    }

    /// All values that the vertical axis must include.
    pub(super) fn levels(&self) -> impl Iterator<Item = f64> {
        let limit = self.limit.iter().map(|limit| limit.value);
        let band = self
            .band
            .iter()
            .flat_map(|(low, high)| low.iter().chain(high));
        self.values.iter().chain(band).copied().chain(limit)
    }
}

impl Mark {
    /// A span by its name, its first and its last record.
    #[must_use]
    pub fn new(label: impl Into<String>, start: f64, end: f64) -> Self {
        Self {
            label: label.into(),
            start,
            end,
        }
    }
}

impl Series {
    /// A series of records at `x`.
    ///
    /// # Errors
    /// [`ReportError::Empty`] or [`ReportError::NotIncreasing`].
    pub fn new(axis: XAxis, x: Vec<f64>) -> Result<Self, ReportError> {
        let first = *x.first().ok_or(ReportError::Empty)?;
        if !first.is_finite() {
            return Err(ReportError::NotIncreasing {
                row: 0,
                value: first,
            });
        }
        // Negated, so that NaN is refused too.
        if let Some(row) = (1..x.len()).find(|&i| !(x[i] > x[i - 1] && x[i].is_finite())) {
            return Err(ReportError::NotIncreasing { row, value: x[row] });
        }
        Ok(Self {
            axis,
            x,
            panels: Vec::new(),
            marks: Vec::new(),
            focus: None,
        })
    }

    /// Adds a curve below the others.
    ///
    /// # Errors
    /// [`ReportError::Length`].
    pub fn panel(mut self, panel: Panel) -> Result<Self, ReportError> {
        let expected = self.x.len();
        let band = panel
            .band
            .iter()
            .flat_map(|(low, high)| [low.len(), high.len()]);
        let lengths = [panel.values.len()].into_iter().chain(band);
        if let Some(found) = lengths.into_iter().find(|&length| length != expected) {
            return Err(ReportError::Length {
                panel: panel.name,
                expected,
                found,
            });
        }
        self.panels.push(panel);
        Ok(self)
    }

    /// Marks a span. Marks are kept in the order of their starts.
    ///
    /// # Errors
    /// [`ReportError::Span`].
    pub fn mark(mut self, mark: Mark) -> Result<Self, ReportError> {
        check_span(mark.start, mark.end)?;
        let place = self
            .marks
            .partition_point(|other| other.start <= mark.start);
        self.marks.insert(place, mark);
        Ok(self)
    }

    /// Chooses the range shown enlarged at first; by default the last mark with its surroundings.
    ///
    /// # Errors
    /// [`ReportError::Span`].
    pub fn focus_on(mut self, start: f64, end: f64) -> Result<Self, ReportError> {
        check_span(start, end)?;
        self.focus = Some((start, end));
        Ok(self)
    }

    /// The range shown enlarged at first, from record to record; `None` if the whole series is
    /// shown.
    #[must_use]
    pub fn focus(&self) -> Option<(f64, f64)> {
        let (first, last) = self.ends();
        let (start, end) = self.focus.or_else(|| {
            let mark = self.marks.last()?;
            let room = ((mark.end - mark.start) * 10.0).max((last - first) / 200.0);
            Some((mark.start - room, mark.end + room))
        })?;
        let rows = self.rows(start, end);
        let (&first, &last) = (self.x[rows.clone()].first()?, self.x[rows].last()?);
        (first < last).then_some((first, last))
    }

    /// The positions of the first and the last record.
    pub(super) fn ends(&self) -> (f64, f64) {
        (self.x[0], self.x[self.x.len() - 1])
    }

    /// The records from `start` to `end`, both included.
    pub(super) fn rows(&self, start: f64, end: f64) -> Range<usize> {
        self.x.partition_point(|&x| x < start)..self.x.partition_point(|&x| x <= end)
    }
}

fn check_span(start: f64, end: f64) -> Result<(), ReportError> {
    if start <= end && start.is_finite() && end.is_finite() {
        Ok(())
    } else {
        Err(ReportError::Span { start, end })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis() -> XAxis {
        XAxis::new("t", "record number t")
    }

    #[test]
    fn invalid_series_are_refused() {
        assert_eq!(Series::new(axis(), vec![]), Err(ReportError::Empty));
        for x in [vec![0.0, 0.0], vec![1.0, 0.0], vec![0.0, f64::INFINITY]] {
            let value = x[1];
            assert_eq!(
                Series::new(axis(), x),
                Err(ReportError::NotIncreasing { row: 1, value })
            );
        }
        assert!(matches!(
            Series::new(axis(), vec![f64::NAN]),
            Err(ReportError::NotIncreasing { row: 0, .. })
        ));

        let series = Series::new(axis(), vec![0.0, 1.0]).unwrap();
        assert_eq!(
            series.clone().panel(Panel::new("input", vec![1.0])),
            Err(ReportError::Length {
                panel: "input".into(),
                expected: 2,
                found: 1
            })
        );
        let span = ReportError::Span {
            start: 2.0,
            end: 1.0,
        };
        assert_eq!(
            series.clone().mark(Mark::new("m", 2.0, 1.0)),
            Err(span.clone())
        );
        assert_eq!(series.focus_on(2.0, 1.0), Err(span));
    }

    #[test]
    fn the_focus_stays_within_the_series() {
        let series = Series::new(axis(), (0..1000).map(f64::from).collect()).unwrap();
        assert_eq!(series.focus(), None);
        let marked = series.mark(Mark::new("drop", 990.0, 995.0)).unwrap();
        assert_eq!(marked.focus(), Some((940.0, 999.0)));
        assert_eq!(
            marked.clone().focus_on(-5.0, 20.0).unwrap().focus(),
            Some((0.0, 20.0))
        );
        assert_eq!(marked.focus_on(2000.0, 3000.0).unwrap().focus(), None);
    }

    #[test]
    fn marks_are_kept_in_order_and_rows_include_both_ends() {
        let series = Series::new(axis(), (0..10).map(f64::from).collect()).unwrap();
        let series = series.mark(Mark::new("b", 5.0, 6.0)).unwrap();
        let series = series.mark(Mark::new("a", 1.0, 2.0)).unwrap();
        let labels: Vec<_> = series
            .marks
            .iter()
            .map(|mark| mark.label.as_str())
            .collect();
        assert_eq!(labels, ["a", "b"]);
        assert_eq!(series.rows(2.0, 4.0), 2..5);
        assert_eq!(series.rows(20.0, 30.0), 10..10);
    }
}
