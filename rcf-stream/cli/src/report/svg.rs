//! The SVG image: the whole series in small, and its focus enlarged below.
//!
//! Written by hand: a few dozen lines of text, and the colours follow the reader's light or dark
//! setting, which drawing libraries do not offer.

use std::fmt::Write;

use super::Report;
use super::escape::Escaped;
use super::stack::{FOOT, LEFT, RIGHT, Stack, WIDTH};

pub(super) fn picture(report: &Report) -> String {
    let series = &report.series;
    let (first, last) = series.ends();
    let focus = series.focus();
    let panels = series.panels.len() as f64;

    let mut out = String::new();
    let mut y = 40.0;
    _ = writeln!(
        out,
        r#"<text class="title" x="20" y="{y}">{}</text>"#,
        Escaped(&report.title)
    );
    if let Some(verdict) = &report.verdict {
        y += 26.0;
        let class = if verdict.passed { "good" } else { "bad" };
        _ = writeln!(
            out,
            r#"<text class="verdict" x="20" y="{y}"><tspan class="{class}">{} {}</tspan> {}</text>"#,
            if verdict.passed { "✓" } else { "✗" },
            verdict.word(),
            Escaped(&verdict.text)
        );
    }
    let whole = Stack {
        start: first,
        end: last,
        top: y + 14.0,
        height: if focus.is_some() { 64.0 } else { 150.0 },
        large: focus.is_none(),
    };
    y = whole.bottom(panels) + FOOT;
    if let Some((start, end)) = focus {
        let zoom = Stack {
            start,
            end,
            top: y + 26.0,
            height: 128.0,
            large: true,
        };
        lens(&mut out, &whole, &zoom, panels);
        y = zoom.bottom(panels) + FOOT;
        zoom.draw(&mut out, series);
    }
    whole.draw(&mut out, series);
    _ = writeln!(
        out,
        r#"<text x="{}" y="{}" text-anchor="middle">{}</text>"#,
        (LEFT + RIGHT) / 2.0,
        y + 16.0,
        Escaped(&series.axis.label)
    );
    let height = y + 32.0;
    format!(
        "<svg class=\"picture\" xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" \
         role=\"img\">\n<title>{}</title>\n<style>\n{}</style>\n\
         <rect class=\"card\" x=\"1\" y=\"1\" width=\"{}\" height=\"{}\" rx=\"10\"/>\n{out}</svg>\n",
        Escaped(&report.title),
        include_str!("picture.css"),
        WIDTH - 2.0,
        height - 2.0,
    )
}

/// Shows which part of the small stack is enlarged below.
fn lens(out: &mut String, whole: &Stack, zoom: &Stack, panels: f64) {
    let (a, b) = (whole.x(zoom.start), whole.x(zoom.end));
    // A focus of a few pixels must remain visible.
    let (a, b) = (a.min(b - 3.0), b);
    // The window reaches below the numbers of the axis, so that no slanted line crosses them.
    let (top, bottom, below) = (whole.top, whole.bottom(panels) + FOOT, zoom.top);
    _ = writeln!(
        out,
        "<path class=\"lens\" d=\"M{a:.1} {top:.1}H{b:.1}V{bottom:.1}L{RIGHT} {below:.1}H{LEFT}L{a:.1} {bottom:.1}Z\"/>"
    );
}

#[cfg(test)]
mod tests {
    use super::super::{Mark, Panel, Report, Series, Verdict, XAxis};
    use roxmltree::{Document, Node};

    const HOSTILE: &str = "</svg><script>alert(1)</script>\"' & ]]> \u{0}";

    fn report(rows: u32) -> Report {
        let x: Vec<f64> = (0..rows).map(f64::from).collect();
        let mut scores: Vec<f64> = x.iter().map(|t| 1.0 + (t / 50.0).sin() / 4.0).collect();
        scores[rows as usize / 2] = 40.0;
        scores[3] = f64::NAN;
        let series = Series::new(XAxis::new("t", HOSTILE), x)
            .and_then(|s| s.panel(Panel::new(HOSTILE, scores).with_limit(HOSTILE, 1.25)))
            .and_then(|s| s.mark(Mark::new(HOSTILE, 20.0, 24.0)))
            .unwrap();
        let mut report = Report::new(HOSTILE, series);
        report.verdict = Some(Verdict {
            passed: true,
            text: HOSTILE.into(),
        });
        report
    }

    fn texts<'a>(document: &'a Document<'_>) -> Vec<&'a str> {
        document
            .descendants()
            .filter(Node::is_text)
            .filter_map(|node| node.text())
            .collect()
    }

    #[test]
    fn hostile_text_stays_text_in_well_formed_xml() {
        let svg = report(100).to_svg();
        let document = Document::parse(&svg).unwrap();
        assert!(
            document
                .descendants()
                .all(|node| !node.has_tag_name("script"))
        );
        let shown = HOSTILE.replace('\u{0}', "\u{fffd}");
        assert!(
            texts(&document)
                .iter()
                .filter(|text| text.contains(&shown))
                .count()
                >= 4
        );
    }

    #[test]
    fn a_peak_of_one_record_among_many_is_drawn() {
        let svg = report(200_000).to_svg();
        assert!(svg.len() < 100_000, "{}", svg.len());
        let document = Document::parse(&svg).unwrap();
        let curve = document
            .descendants()
            .find(|node| {
                node.attribute("class")
                    .is_some_and(|class| class.starts_with("curve thin"))
            })
            .and_then(|node| node.attribute("d"))
            .expect("the small stack has a curve");
        let heights: Vec<f64> = curve
            .split(['M', 'L'])
            .filter_map(|point| point.split_once(' '))
            .map(|(_, y)| y.parse().unwrap())
            .collect();
        let highest = heights.iter().copied().fold(f64::INFINITY, f64::min);
        let below = heights.iter().filter(|&&y| y > highest + 20.0).count();
        assert_eq!(
            below,
            heights.len() - 1,
            "one point is far above all others"
        );
    }

    #[test]
    fn coordinates_are_numbers_for_any_series() {
        let cases: [&[f64]; 5] = [
            &[5.0],
            &[0.0, 0.0],
            &[f64::NAN, f64::NAN],
            &[f64::MIN, f64::MAX],
            &[1e-310, 2e-310],
        ];
        for values in cases {
            let x = (0..values.len()).map(|i| i as f64).collect();
            let series = Series::new(XAxis::new("t", "t"), x)
                .and_then(|s| s.panel(Panel::new("p", values.to_vec()).with_limit("l", f64::NAN)))
                .and_then(|s| s.mark(Mark::new("m", 0.0, 0.0)))
                .unwrap();
            let svg = Report::new("r", series).to_svg();
            let document = Document::parse(&svg).unwrap();
            for node in document.descendants() {
                for attribute in node
                    .attributes()
                    .filter(|a| !matches!(a.name(), "class" | "role"))
                {
                    let value = attribute.value();
                    assert!(
                        !value.contains("NaN") && !value.contains("inf"),
                        "{values:?}: {value}"
                    );
                }
            }
        }
    }
}
