//! Panels over one range of the axis, as SVG.

use std::fmt::Write;
use std::ops::Range;

use super::axis::{self, Ticks, significant};
use super::downsample::keep_extremes;
use super::escape::Escaped;
use super::series::{Panel, Series};

pub(super) const WIDTH: f64 = 960.0;
pub(super) const LEFT: f64 = 64.0;
pub(super) const RIGHT: f64 = WIDTH - 20.0;
/// Space for the numbers below the last panel.
pub(super) const FOOT: f64 = 26.0;
/// Space for the name above a panel.
const NAME: f64 = 28.0;

/// One panel for each curve, one below the other.
pub(super) struct Stack {
    pub(super) start: f64,
    pub(super) end: f64,
    pub(super) top: f64,
    /// For one panel.
    pub(super) height: f64,
    /// With limits, and with the records inside marks one by one.
    pub(super) large: bool,
}

impl Stack {
    /// The end of the last panel, above the numbers of the axis.
    pub(super) fn bottom(&self, panels: f64) -> f64 {
        self.top + panels * (NAME + self.height)
    }

    /// The position of a value on the axis.
    pub(super) fn x(&self, place: f64) -> f64 {
        let range = (self.end - self.start).max(f64::MIN_POSITIVE);
        LEFT + (place - self.start) / range * (RIGHT - LEFT)
    }

    pub(super) fn draw(&self, out: &mut String, series: &Series) {
        let ticks = Ticks::new(self.start, self.end, 8.0);
        let foot = self.bottom(series.panels.len() as f64) + 18.0;
        for &place in &ticks.values {
            let (x, text) = (self.x(place), ticks.text(place));
            _ = writeln!(
                out,
                r#"<text x="{x:.1}" y="{foot:.1}" text-anchor="middle">{text}</text>"#
            );
        }
        let rows = series.rows(self.start, self.end);
        for (index, panel) in series.panels.iter().enumerate() {
            let top = self.top + index as f64 * (NAME + self.height) + NAME;
            let plot = Plot {
                stack: self,
                series,
                panel,
                rows: rows.clone(),
                top,
                base: top + self.height,
                range: axis::range(panel.levels()),
                colour: index % 4,
            };
            plot.name(out);
            plot.grid(out, &ticks);
            plot.marks(out);
            plot.band(out);
            plot.curve(out);
            if self.large {
                plot.limit(out);
                plot.dots(out);
            }
        }
    }
}

/// One panel in its position.
struct Plot<'a> {
    stack: &'a Stack,
    series: &'a Series,
    panel: &'a Panel,
    /// The records within the range of the stack.
    rows: Range<usize>,
    top: f64,
    base: f64,
    range: (f64, f64),
    colour: usize,
}

impl Plot<'_> {
    fn y(&self, value: f64) -> f64 {
        let (low, high) = self.range;
        self.base - (value.clamp(low, high) - low) / (high - low) * (self.base - self.top)
    }

    fn point(&self, row: usize) -> Option<(f64, f64)> {
        let value = self.panel.values[row];
        let place = self.series.x[row];
        value
            .is_finite()
            .then(|| (self.stack.x(place), self.y(value)))
    }

    /// The distance of two records on the axis.
    fn spacing(&self) -> f64 {
        (self.stack.end - self.stack.start) / self.rows.len().max(1) as f64
    }

    fn name(&self, out: &mut String) {
        let (colour, y) = (self.colour, self.top - 9.0);
        let name = Escaped(&self.panel.name);
        let unit = self.panel.unit.as_ref();
        let unit = Escaped(unit.map_or(String::new(), |unit| format!(" ({unit})")));
        _ = writeln!(
            out,
            r#"<text class="name ink-{colour}" x="{LEFT}" y="{y:.1}">{name}{unit}</text>"#
        );
    }

    fn grid(&self, out: &mut String, places: &Ticks) {
        let (top, base) = (self.top, self.base);
        for &place in &places.values {
            let x = self.stack.x(place);
            _ = writeln!(
                out,
                r#"<path class="grid" d="M{x:.1} {top:.1}V{base:.1}"/>"#
            );
        }
        let (low, high) = self.range;
        let levels = Ticks::new(low, high, if self.stack.large { 4.5 } else { 2.5 });
        for &level in &levels.values {
            let (y, text) = (self.y(level), levels.text(level));
            _ = writeln!(
                out,
                "<path class=\"grid\" d=\"M{LEFT} {y:.1}H{RIGHT}\"/>\
                 <text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{text}</text>",
                LEFT - 8.0,
                y + 4.5
            );
        }
        _ = writeln!(out, r#"<path class="axis" d="M{LEFT} {base:.1}H{RIGHT}"/>"#);
    }

    fn marks(&self, out: &mut String) {
        let Stack {
            start, end, height, ..
        } = *self.stack;
        let half = self.spacing() / 2.0; // so that a mark of one record has a width
        for mark in &self.series.marks {
            if mark.end < start || mark.start > end {
                continue;
            }
            let x = self.stack.x((mark.start - half).max(start));
            let width = (self.stack.x((mark.end + half).min(end)) - x).max(2.0);
            let top = self.top;
            _ = writeln!(
                out,
                r#"<rect class="mark" x="{x:.1}" y="{top:.1}" width="{width:.1}" height="{height:.1}"/>"#
            );
        }
    }

    /// The expected range: the first record of each pixel, interrupted where there was none.
    fn band(&self, out: &mut String) {
        let Some((low, high)) = &self.panel.band else {
            return;
        };
        let mut runs: Vec<Vec<[f64; 3]>> = vec![Vec::new()];
        let mut column = f64::NAN;
        for row in self.rows.clone() {
            if !(low[row].is_finite() && high[row].is_finite()) {
                runs.push(Vec::new());
                continue;
            }
            let x = self.stack.x(self.series.x[row]);
            if x.floor() != column {
                column = x.floor();
                let point = [x, self.y(low[row]), self.y(high[row])];
                runs.last_mut().into_iter().for_each(|run| run.push(point));
            }
        }
        for run in runs.iter().filter(|run| !run.is_empty()) {
            let upper = run.iter().map(|[x, _, y]| format!("{x:.1} {y:.1}"));
            let lower = run.iter().rev().map(|[x, y, _]| format!("{x:.1} {y:.1}"));
            let d: Vec<_> = upper.chain(lower).collect();
            let (colour, d) = (self.colour, d.join("L"));
            _ = writeln!(out, r#"<path class="band ink-{colour}" d="M{d}Z"/>"#);
        }
    }

    /// Thinned to what the pixels can show, and broken at missing values.
    fn curve(&self, out: &mut String) {
        let values = &self.panel.values[self.rows.clone()];
        let mut d = String::new();
        let mut pen = 'M';
        for row in keep_extremes(&[values], 2 * (RIGHT - LEFT) as usize) {
            match self.point(self.rows.start + row) {
                Some((x, y)) => {
                    _ = write!(d, "{pen}{x:.1} {y:.1}");
                    pen = 'L';
                }
                None => pen = 'M',
            }
        }
        let (colour, width) = (self.colour, if self.stack.large { "thick" } else { "thin" });
        _ = writeln!(
            out,
            r#"<path class="curve {width} line-{colour}" d="{d}"/>"#
        );
    }

    fn limit(&self, out: &mut String) {
        let Some(limit) = self.panel.finite_limit() else {
            return;
        };
        let (label, text) = (Escaped(&limit.label), significant(limit.value, 3));
        let y = self.y(limit.value);
        _ = writeln!(
            out,
            "<path class=\"limit\" d=\"M{LEFT} {y:.1}H{RIGHT}\"/>\
             <text class=\"halo\" x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{label} {text}</text>",
            RIGHT - 4.0,
            y - 7.0
        );
    }

    /// The records inside marks, one by one if they are separated.
    fn dots(&self, out: &mut String) {
        if (RIGHT - LEFT) / (self.rows.len().max(1) as f64) < 2.0 {
            return;
        }
        let Stack { start, end, .. } = *self.stack;
        let colour = self.colour;
        for mark in &self.series.marks {
            let rows = self.series.rows(mark.start.max(start), mark.end.min(end));
            for (x, y) in rows.filter_map(|row| self.point(row)) {
                _ = writeln!(
                    out,
                    r#"<circle class="ink-{colour}" cx="{x:.1}" cy="{y:.1}" r="2.3"/>"#
                );
            }
        }
    }
}
