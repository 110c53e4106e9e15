//! The series as the script of the page reads it.

use serde::Serialize;

use super::axis;
use super::downsample::keep_extremes;
use super::escape::script_json;
use super::series::Series;

/// Numbers in the page, of all curves together: about 8 bytes each.
const NUMBERS: usize = 100_000;

/// The records to embed: all, or those that keep the outline of every curve.
pub(super) fn kept_rows(series: &Series) -> Vec<usize> {
    let columns: Vec<&[f64]> = series
        .panels
        .iter()
        .map(|panel| panel.values.as_slice())
        .collect();
    match columns.as_slice() {
        [] => keep_extremes(&[&series.x], NUMBERS),
        columns => keep_extremes(columns, NUMBERS / columns.len()),
    }
}

#[derive(Serialize)]
struct Data<'a> {
    x: X<'a>,
    panels: Vec<Curve<'a>>,
    marks: Vec<Span<'a>>,
    focus: Option<(f64, f64)>,
}

#[derive(Serialize)]
struct X<'a> {
    name: &'a str,
    label: &'a str,
    #[serde(flatten)]
    places: Places,
}

/// Evenly spaced records need no list.
#[derive(Serialize)]
#[serde(untagged)]
enum Places {
    Even { start: f64, step: f64, count: usize },
    Listed { values: Vec<f64> },
}

#[derive(Serialize)]
struct Curve<'a> {
    name: &'a str,
    unit: Option<&'a str>,
    range: (f64, f64),
    limit: Option<Level<'a>>,
    values: Vec<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    band: Option<[Vec<f64>; 2]>,
}

#[derive(Serialize)]
struct Level<'a> {
    label: &'a str,
    value: f64,
}

#[derive(Serialize)]
struct Span<'a> {
    label: &'a str,
    start: f64,
    end: f64,
}

/// The series as JSON that can be embedded in a `<script>` element.
pub(super) fn data(series: &Series, kept: &[usize]) -> String {
    let data = Data {
        x: X {
            name: &series.axis.name,
            label: &series.axis.label,
            places: places(kept.iter().map(|&i| series.x[i]).collect()),
        },
        panels: series
            .panels
            .iter()
            .map(|panel| Curve {
                name: &panel.name,
                unit: panel.unit.as_deref(),
                range: axis::range(panel.levels()),
                limit: panel.finite_limit().map(|l| Level {
                    label: &l.label,
                    value: l.value,
                }),
                values: kept.iter().map(|&i| five_digits(panel.values[i])).collect(),
                band: panel.band.as_ref().map(|(low, high)| {
                    [low, high].map(|edge| kept.iter().map(|&i| five_digits(edge[i])).collect())
                }),
            })
            .collect(),
        marks: series
            .marks
            .iter()
            .map(|m| Span {
                label: &m.label,
                start: m.start,
                end: m.end,
            })
            .collect(),
        focus: series.focus(),
    };
    // Only maps with keys that are not strings, or a failing writer, could make this an error.
    script_json(&serde_json::to_string(&data).expect("plain structs become JSON"))
}

fn places(values: Vec<f64>) -> Places {
    let (start, count) = (values[0], values.len());
    let step = if count > 1 { values[1] - start } else { 1.0 };
    let even = values
        .iter()
        .enumerate()
        .all(|(i, &x)| x == start + i as f64 * step);
    if even {
        Places::Even { start, step, count }
    } else {
        Places::Listed { values }
    }
}

/// Five significant digits: more than a screen shows, and a third of the bytes of a full `f64`.
fn five_digits(value: f64) -> f64 {
    format!("{value:.4e}").parse().unwrap_or(value)
}
