//! The HTML page: `page/page.html` filled in, with its style, its script and the data inside.

use std::fmt::Write;

use super::axis::number;
use super::data::{data, kept_rows};
use super::escape::Escaped;
use super::{Facts, Mark, Report, Series, svg};

/// Rows of the table of marks; beyond it the page says how many there are.
const TABLE_ROWS: usize = 200;

pub(super) fn page(report: &Report) -> String {
    let series = &report.series;
    let kept = kept_rows(series);
    let reduced = if kept.len() < series.x.len() {
        format!(
            " The page has {} of {} records, including the extremes of every interval.",
            number(kept.len() as f64),
            number(series.x.len() as f64)
        )
    } else {
        String::new()
    };
    format!(
        include_str!("page/page.html"),
        title = Escaped(&report.title),
        subtitle = subtitle(report),
        verdict = verdict(report),
        picture = svg::picture(report),
        marks = marks(series),
        facts = facts(&report.facts),
        reduced = reduced,
        data = data(series, &kept),
        css = include_str!("page/page.css"),
        series = include_str!("page/series.js"),
        numbers = include_str!("page/numbers.js"),
        chart = include_str!("page/chart.js"),
        view = include_str!("page/view.js"),
        moves = include_str!("page/moves.js"),
    )
}

fn subtitle(report: &Report) -> String {
    if report.subtitle.is_empty() {
        return String::new();
    }
    format!("<p>{}</p>\n", Escaped(&report.subtitle))
}

fn verdict(report: &Report) -> String {
    let Some(verdict) = &report.verdict else {
        return String::new();
    };
    let class = if verdict.passed {
        "verdict"
    } else {
        "verdict failed"
    };
    let sign = if verdict.passed { '✓' } else { '✗' };
    format!(
        "<p class=\"{class}\"><strong>{sign} {}</strong>{}</p>\n",
        verdict.word(),
        Escaped(&verdict.text)
    )
}

fn facts(lists: &[Facts]) -> String {
    if lists.is_empty() {
        return String::new();
    }
    let mut out = String::from("<div class=\"columns\">\n");
    for Facts { heading, rows } in lists {
        _ = writeln!(
            out,
            "<section class=\"card\"><h2>{}</h2><dl>",
            Escaped(heading)
        );
        for (name, value) in rows {
            _ = writeln!(out, "<dt>{}</dt><dd>{}</dd>", Escaped(name), Escaped(value));
        }
        out.push_str("</dl></section>\n");
    }
    out + "</div>\n"
}

/// A table of the marked spans: position, length, and the extremes of each curve.
fn marks(series: &Series) -> String {
    if series.marks.is_empty() {
        return String::new();
    }
    let mut out = String::from(
        "<section class=\"card\"><h2>Marked spans</h2><div class=\"scroll\"><table>\n\
         <thead><tr><th>Span</th><th>Records</th>",
    );
    for panel in &series.panels {
        _ = write!(
            out,
            "<th>{}: lowest</th><th>highest</th>",
            Escaped(&panel.name)
        );
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    for (k, mark) in series.marks.iter().enumerate().take(TABLE_ROWS) {
        let Mark { label, start, end } = mark;
        let rows = series.rows(*start, *end);
        _ = write!(
            out,
            "<tr><td><button type=\"button\" data-mark=\"{k}\">{}</button> {} = {}…{}</td><td>{}</td>",
            Escaped(label),
            Escaped(&series.axis.name),
            number(*start),
            number(*end),
            rows.len()
        );
        for panel in &series.panels {
            let values = panel.values[rows.clone()]
                .iter()
                .copied()
                .filter(|v| v.is_finite());
            let (low, high) = values
                .map(|v| (v, v))
                .reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
                .unwrap_or((f64::NAN, f64::NAN));
            _ = write!(out, "<td>{}</td><td>{}</td>", number(low), number(high));
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody></table></div>");
    if series.marks.len() > TABLE_ROWS {
        _ = write!(
            out,
            "<p class=\"hint\">The first {TABLE_ROWS} of {}.</p>",
            series.marks.len()
        );
    }
    out + "</section>\n"
}

#[cfg(test)]
mod tests {
    use super::super::{Panel, Verdict, XAxis};
    use super::*;

    const HOSTILE: &str = "</script><script>alert(1)</script>\"' onload='x' {title} & -->";

    fn series(rows: u32) -> Series {
        let x: Vec<f64> = (0..rows).map(f64::from).collect();
        let wave: Vec<f64> = x.iter().map(|t| 10.0 * (t / 100.0).sin() + 10.0).collect();
        Series::new(XAxis::new("t", "record number t"), x)
            .and_then(|series| series.panel(Panel::new("input", wave.clone())))
            .and_then(|series| series.panel(Panel::new("anomaly score", wave)))
            .unwrap()
    }

    /// The data as read by the script.
    fn embedded(page: &str) -> serde_json::Value {
        let start = page.find("id=\"series\">").unwrap() + "id=\"series\">".len();
        let end = start + page[start..].find("</script>").unwrap();
        serde_json::from_str(&page[start..end]).unwrap()
    }

    #[test]
    fn hostile_text_stays_text() {
        let axis = XAxis::new(HOSTILE, HOSTILE);
        let series = Series::new(axis, vec![0.0, 1.0])
            .and_then(|s| s.panel(Panel::new(HOSTILE, vec![0.0, 1.0]).with_limit(HOSTILE, 0.5)))
            .and_then(|s| s.mark(Mark::new(HOSTILE, 0.0, 1.0)))
            .unwrap();
        let mut report = Report::new(HOSTILE, series);
        report.subtitle = HOSTILE.into();
        report.verdict = Some(Verdict {
            passed: false,
            text: HOSTILE.into(),
        });
        let rows = vec![(HOSTILE.into(), HOSTILE.into())];
        report.facts = vec![Facts {
            heading: HOSTILE.into(),
            rows,
        }];
        let page = report.to_html();

        assert_eq!(
            page.matches("<script").count(),
            2,
            "the data and our own script"
        );
        assert_eq!(page.matches("</script>").count(), 2);
        let (markup, _) = page.split_once("<script type").unwrap();
        assert!(!markup.contains("alert(1)</") && !markup.contains("onload='"));
        let data = embedded(&page);
        for text in [
            &data["x"]["name"],
            &data["x"]["label"],
            &data["panels"][0]["name"],
            &data["panels"][0]["limit"]["label"],
            &data["marks"][0]["label"],
        ] {
            assert_eq!(text, HOSTILE);
        }
    }

    #[test]
    fn the_page_loads_nothing() {
        let page = Report::new("t", series(10)).to_html();
        for outside in [
            "src=",
            "url(h",
            "@import",
            "href=\"h",
            "fetch(",
            "XMLHttpRequest",
        ] {
            assert!(!page.contains(outside), "{outside}");
        }
        let addresses = page.match_indices("://").count();
        assert_eq!(
            addresses,
            page.matches("http://www.w3.org/2000/svg").count()
        );
    }

    #[test]
    fn the_demo_fits_whole_and_long_series_keep_their_peaks() {
        let page = Report::new("t", series(36_600)).to_html();
        assert!(page.len() < 1_000_000, "{}", page.len());
        let data = embedded(&page);
        assert_eq!(data["x"]["count"], 36_600);
        assert_eq!(
            data["panels"][0]["values"].as_array().unwrap().len(),
            36_600
        );

        let mut long = series(300_000);
        long.panels[1].values[123_456] = 99.0;
        let page = Report::new("t", long).to_html();
        assert!(page.len() < 2_500_000, "{}", page.len());
        assert!(page.contains("of 300,000 records"));
        let data = embedded(&page);
        let places = data["x"]["values"].as_array().unwrap();
        let row = places
            .iter()
            .position(|x| x.as_f64() == Some(123_456.0))
            .expect("peak kept");
        assert_eq!(data["panels"][1]["values"][row], 99.0);
    }

    #[test]
    fn missing_values_are_null() {
        let series = Series::new(XAxis::new("t", "t"), vec![0.0, 1.5, 2.0])
            .and_then(|s| s.panel(Panel::new("input", vec![1.0, f64::NAN, f64::INFINITY])))
            .unwrap();
        let data = embedded(&Report::new("t", series).to_html());
        assert_eq!(
            data["panels"][0]["values"],
            serde_json::json!([1.0, null, null])
        );
        assert_eq!(data["x"]["values"], serde_json::json!([0.0, 1.5, 2.0]));
    }
}
