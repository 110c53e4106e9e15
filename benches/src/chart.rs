//! Small pictures of how one figure grows with another, on logarithmic axes.

use std::fmt::Write;

/// A row of panels, one for each curve.
#[derive(Debug)]
pub struct Chart<'a> {
    /// What the vertical axes show.
    pub title: &'a str,
    /// The curves, each in its own panel.
    pub curves: Vec<Curve<'a>>,
}

/// One figure against another; both are positive.
#[derive(Debug)]
pub struct Curve<'a> {
    /// What the horizontal axis shows.
    pub name: &'a str,
    /// The points, from left to right.
    pub points: Vec<(f64, f64)>,
}

const WIDTH: f64 = 260.0;
const HEIGHT: f64 = 200.0;
const MARGIN: f64 = 48.0;

impl Chart<'_> {
    /// The picture, with one vertical scale for all panels.
    pub fn to_svg(&self) -> String {
        let heights = self.curves.iter().flat_map(|curve| &curve.points);
        let vertical = Scale::over(heights.map(|point| point.1));
        let width = (WIDTH + MARGIN) * self.curves.len() as f64 + MARGIN / 2.0;
        let height = HEIGHT + 2.0 * MARGIN;
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
             viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" font-size=\"11\">\n\
             <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n\
             <text x=\"{MARGIN}\" y=\"18\" font-size=\"13\">{}</text>\n",
            self.title
        );
        for (panel, curve) in self.curves.iter().enumerate() {
            let left = MARGIN + (WIDTH + MARGIN) * panel as f64;
            curve.draw(&mut svg, left, &vertical);
        }
        svg + "</svg>\n"
    }
}

impl Curve<'_> {
    fn draw(&self, svg: &mut String, left: f64, vertical: &Scale) {
        let horizontal = Scale::over(self.points.iter().map(|point| point.0));
        let x = |value: f64| left + WIDTH * horizontal.place(value);
        let y = |value: f64| MARGIN + HEIGHT * (1.0 - vertical.place(value));
        let bottom = MARGIN + HEIGHT;
        let right = left + WIDTH;
        for decade in vertical.decades() {
            let at = y(decade);
            let _ = writeln!(
                svg,
                "<line x1=\"{left}\" x2=\"{right}\" y1=\"{at:.1}\" y2=\"{at:.1}\" stroke=\"#ddd\"/>\
                 <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{decade}</text>",
                left - 5.0,
                at + 4.0
            );
        }
        for decade in horizontal.decades() {
            let at = x(decade);
            let _ = writeln!(
                svg,
                "<line x1=\"{at:.1}\" x2=\"{at:.1}\" y1=\"{MARGIN}\" y2=\"{bottom}\" stroke=\"#ddd\"/>\
                 <text x=\"{at:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{decade}</text>",
                bottom + 14.0
            );
        }
        let mut line = String::new();
        for &(across, up) in &self.points {
            let _ = write!(line, "{:.1},{:.1} ", x(across), y(up));
            let _ = writeln!(
                svg,
                "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"3\" fill=\"#1f6feb\"><title>{across}: {up:.2}\
                 </title></circle>",
                x(across),
                y(up)
            );
        }
        let _ = writeln!(
            svg,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"#1f6feb\" stroke-width=\"1.5\"/>\n\
             <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
            line.trim_end(),
            left + WIDTH / 2.0,
            bottom + 32.0,
            self.name
        );
    }
}

/// A logarithmic axis.
struct Scale {
    lowest: f64,
    highest: f64,
}

impl Scale {
    /// The narrowest one from one half decade to another that shows all values.
    fn over(values: impl Iterator<Item = f64>) -> Self {
        let exponents = values.map(f64::log10);
        let (lowest, highest) = exponents.fold((f64::MAX, f64::MIN), |(lowest, highest), x| {
            (lowest.min(x), highest.max(x))
        });
        let half = |x: f64, round: fn(f64) -> f64| round(x * 2.0) / 2.0;
        let lowest = half(lowest, f64::floor);
        Self {
            lowest,
            highest: half(highest, f64::ceil).max(lowest + 0.5),
        }
    }

    /// From 0 at the lowest to 1 at the highest value.
    fn place(&self, value: f64) -> f64 {
        (value.log10() - self.lowest) / (self.highest - self.lowest)
    }

    /// The powers of ten on it.
    fn decades(&self) -> impl Iterator<Item = f64> + use<> {
        let (first, last) = (self.lowest.ceil() as i32, self.highest.floor() as i32);
        (first..=last).map(|exponent| 10f64.powi(exponent))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_power_law_is_a_straight_line() {
        let points = vec![(1.0, 1.0), (10.0, 100.0), (100.0, 10_000.0)];
        let svg = Chart {
            title: "growth",
            curves: vec![Curve { name: "n", points }],
        }
        .to_svg();
        let line = svg
            .split("points=\"")
            .nth(1)
            .and_then(|rest| rest.split('"').next());
        let corner = |point: &str| {
            let (x, y) = point.split_once(',').expect("two coordinates");
            (x.parse::<f64>().expect("x"), y.parse::<f64>().expect("y"))
        };
        let corners: Vec<_> = line.expect("a line").split(' ').map(corner).collect();
        assert_eq!(corners.len(), 3);
        let middle = (corners[0].0 + corners[2].0) / 2.0;
        assert!((corners[1].0 - middle).abs() < 0.11);
        assert!((corners[1].1 - (corners[0].1 + corners[2].1) / 2.0).abs() < 0.11);
        assert!(
            corners[2].1 < corners[0].1,
            "larger values are drawn higher"
        );
    }

    #[test]
    fn every_panel_names_its_axis_and_its_decades() {
        let curve = |name| Curve {
            name,
            points: vec![(10.0, 3.0), (1000.0, 30.0)],
        };
        let curves = vec![curve("trees"), curve("dimensions")];
        let svg = Chart {
            title: "µs",
            curves,
        }
        .to_svg();
        for text in [">trees<", ">dimensions<", ">100<", ">10<", ">µs<"] {
            assert!(svg.contains(text), "{text}");
        }
    }
}
