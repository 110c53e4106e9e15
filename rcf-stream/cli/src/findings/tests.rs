//! What is kept of a file, and how large its page becomes.

use std::sync::Arc;

use rand::{RngExt, SeedableRng};
use rand_xoshiro::SplitMix64;
use rcf_core::AnomalyDetector;
use rcf_stream::decode::{Decoder, FieldPath, Fields};
use rcf_stream::record::{Headers, Record};
use rcf_stream::time::TimeFormat;

use super::page::LARGEST;
use super::*;
use crate::detect::Detectors;

const COLUMNS: [&str; 5] = ["wave", "noise", "level", "ramp", "spiky"];

/// Noise that is the same everywhere.
fn noise(n: u64) -> f64 {
    SplitMix64::seed_from_u64(n).random::<f64>() - 0.5
}

fn name(text: &str) -> FieldPath {
    FieldPath::name(text)
}

/// Detectors of these columns, with a time and a key before them.
fn detectors(columns: &[&str]) -> Detectors {
    let fields = Fields {
        values: columns.iter().map(|it| name(it)).collect(),
        key: Some(name("key")),
        timestamp: Some(name("time")),
        time_format: TimeFormat::Rfc3339,
        ..Fields::default()
    };
    let header = format!("time,key,{}", columns.join(","));
    let decoder = Decoder::csv(&fields, b',', Some(header.as_bytes())).unwrap();
    let config = AnomalyDetector::builder(columns.len())
        .number_of_trees(10)
        .shingle_size(2)
        .config();
    Detectors::new(decoder, config).unwrap()
}

fn line(n: u64, key: &str, values: &[f64]) -> Record {
    let time = format!(
        "2026-03-{:02}T{:02}:{:02}:00Z",
        1 + n / 1440 % 28,
        n / 60 % 24,
        n % 60
    );
    let values: Vec<String> = values.iter().map(|value| format!("{value:.3}")).collect();
    Record {
        stream: Arc::from("file"),
        shard: Arc::from("0"),
        sequence: n.to_string(),
        sub_sequence: None,
        partition_key: String::new(),
        timestamp: None,
        headers: Headers::default(),
        data: format!("{time},{key},{}", values.join(","))
            .into_bytes()
            .into(),
    }
}

/// A row to make others of: with this many columns, and whether it is an anomaly.
struct Template {
    calm: Row,
    anomaly: Row,
}

impl Template {
    fn new(columns: usize) -> Self {
        let names: Vec<String> = (0..columns).map(|it| format!("column {it}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let mut detectors = detectors(&names);
        let mut all = (0..600).map(|n| {
            let spike = if n == 590 { 50.0 } else { 0.0 };
            let values: Vec<f64> = (0..columns as u64)
                .map(|it| noise(n * 31 + it) + spike)
                .collect();
            detectors.process(&line(n, "k", &values)).remove(0).unwrap()
        });
        let anomaly = all.find(|row| row.event.sequence == "590").unwrap();
        assert!(anomaly.detection.is_anomaly());
        let calm = all.next_back().unwrap();
        Self { calm, anomaly }
    }

    /// The n-th row of a key, a minute after the one before.
    fn row(&self, n: u64, key: &str, is_anomaly: bool) -> Row {
        let mut row = if is_anomaly {
            &self.anomaly
        } else {
            &self.calm
        }
        .clone();
        if !is_anomaly {
            row.detection.candidate = None;
            row.detection.suppressed = None;
            row.detection.grade = 0.0;
        }
        row.event.key = key.to_owned();
        row.event.time = Some(1.772e12 + n as f64 * 60_000.0);
        for (index, value) in row.event.values.iter_mut().enumerate() {
            let wave = (n as f64 / 229.0 + index as f64).sin() * 5.0;
            let spike = if is_anomaly { 40.0 } else { 0.0 };
            *value = ((20.0 + wave + noise(n * 7 + index as u64) + spike) * 1e3).round() / 1e3;
            row.predicted[index] = 20.0 + wave;
        }
        row
    }
}

fn page(findings: &Findings, columns: usize) -> String {
    let config = AnomalyDetector::builder(columns).config();
    findings.to_html("file.csv", None, &config)
}

/// The data of a page.
fn data(page: &str) -> serde_json::Value {
    let (_, rest) = page.split_once("id=\"data\">").unwrap();
    serde_json::from_str(rest.split_once("</script>").unwrap().0).unwrap()
}

fn names(columns: usize) -> Vec<String> {
    (0..columns).map(|it| format!("column {it}")).collect()
}

#[test]
fn the_range_is_right_for_every_column() {
    let mut detectors = detectors(&COLUMNS);
    let mut findings = Findings::new(detectors.names(), Some(TimeFormat::Rfc3339));
    for n in 0..4_000u64 {
        let t = n as f64;
        let values = [
            (t / 12.0).sin() * 9.0 + 0.3 * noise(n),
            1e6 + 1e3 * noise(3 * n + 1),
            if n < 2_000 { 5.0 } else { 9.0 } + 0.1 * noise(5 * n),
            t / 50.0 + noise(7 * n),
            (1.0 / (noise(11 * n) + 0.501)).min(50.0),
        ];
        let rows = detectors.process(&line(n, "k", &values));
        rows.into_iter()
            .for_each(|row| findings.take(&row.unwrap()));
    }
    let points: Vec<Point> = findings.keys[0].curves.points(1).skip(1_000).collect();
    for (column, name) in COLUMNS.iter().enumerate() {
        let inside = points.iter().filter(|point| {
            let cell = point.cells[column];
            let value = cell.low as f32;
            (cell.expected[0]..=cell.expected[1]).contains(&value)
        });
        let share = inside.count() as f64 / points.len() as f64;
        assert!((0.74..0.86).contains(&share), "{name}: {share}");
    }
}

#[test]
fn long_files_keep_to_the_size_of_a_page_and_every_anomaly_is_whole() {
    million_rows(60_000, 4);
}

#[test]
#[ignore = "a minute: just report-long"]
fn a_million_rows_keep_to_the_size_of_a_page() {
    million_rows(1_000_000, 1);
    million_rows(250_000, 12);
}

fn million_rows(rows: u64, columns: usize) {
    let template = Template::new(columns);
    let mut findings = Findings::new(&names(columns), Some(TimeFormat::Rfc3339));
    for n in 0..rows {
        findings.take(&template.row(n, "k", n % (rows / 20) == 777));
    }
    assert!(findings.size <= CELLS && findings.window_cells <= WINDOW_CELLS);
    let page = page(&findings, columns);
    assert!((100_000..=LARGEST).contains(&page.len()), "{}", page.len());
    assert_eq!(data(&page)["found"].as_array().unwrap().len(), 20);
    let key = &findings.keys[0];
    let points = key.windows.merge(&key.curves, 64);
    for n in (0..rows).filter(|n| n % (rows / 20) == 777) {
        let at = points.partition_point(|point| point.record + point.count <= n);
        let around = &points[at - windows::AROUND as usize..=at + windows::AROUND as usize];
        assert!(around.iter().all(|point| point.count == 1), "{n}");
        assert_eq!(
            points[at].cells[0].low,
            template.row(n, "k", true).event.values[0]
        );
    }
}

#[test]
fn every_key_with_an_anomaly_appears_and_the_worst_comes_first() {
    let template = Template::new(1);
    let mut findings = Findings::new(&names(1), Some(TimeFormat::Rfc3339));
    for n in 0..100 {
        for k in 0..400u64 {
            let mut row = template.row(n, &format!("key-{k:03}"), k % 2 == 0 && n == 60);
            if row.detection.grade > 0.0 {
                row.detection.grade = 1.0 - k as f64 / 1_000.0;
            }
            findings.take(&row);
        }
    }
    let page = page(&findings, 1);
    assert!(page.len() <= LARGEST);
    let data = data(&page);
    let keys = data["keys"].as_array().unwrap();
    assert_eq!(
        (keys.len(), data["found"].as_array().unwrap().len()),
        (224, 200)
    );
    assert_eq!(
        (&keys[0]["name"], &keys[1]["name"]),
        (&"key-000".into(), &"key-002".into())
    );
    assert!(
        keys[..200]
            .iter()
            .all(|key| key["anomalies"] == 1 && key["at"].is_u64())
    );
    assert!(page.contains("176 keys without an anomaly are not shown."));
    assert!(page.contains("200 anomalies among 40,000 judged records, in 200 of 400 keys"));
}

#[test]
fn more_anomalies_than_a_list_holds_are_counted() {
    let template = Template::new(1);
    let mut findings = Findings::new(&names(1), Some(TimeFormat::Rfc3339));
    for n in 0..9_000 {
        let mut row = template.row(n, "k", n % 2 == 1);
        row.detection.severity = 0.5 + n as f64 / 20_000.0;
        row.detection.grade = 2.0 * row.detection.severity - 1.0;
        findings.take(&row);
    }
    let page = page(&findings, 1);
    assert!(page.len() <= LARGEST, "{}", page.len());
    assert!(page.contains("The list shows the 1000 most severe of 4,500 anomalies."));
    let data = data(&page);
    let found = data["found"].as_array().unwrap();
    assert_eq!(found.len(), 1_000);
    assert!(
        found.iter().all(|it| it["record"].as_u64() >= Some(7_000)),
        "the worst are kept"
    );
}

#[test]
fn names_and_keys_stay_text() {
    const HOSTILE: &str = "</script><script>alert(1)</script>\"' onload='x' {title} & -->";
    let template = Template::new(1);
    let mut findings = Findings::new(&[HOSTILE.to_owned()], Some(TimeFormat::Rfc3339));
    (0..80).for_each(|n| findings.take(&template.row(n, HOSTILE, n == 70)));
    let config = AnomalyDetector::builder(1).config();
    let page = findings.to_html(HOSTILE, None, &config);
    assert_eq!(
        page.matches("<script").count(),
        3,
        "data, curves and our own script"
    );
    assert_eq!(page.matches("</script>").count(), 3);
    let (markup, _) = page.split_once("<script type").unwrap();
    assert!(!markup.contains("alert(1)</script") && !markup.contains("onload='"));
    let data = data(&page);
    assert_eq!(
        (&data["columns"][0]["name"], &data["keys"][0]["name"]),
        (&HOSTILE.into(), &HOSTILE.into())
    );
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
}

#[test]
fn nothing_is_said_in_sentences() {
    let template = Template::new(1);
    let mut findings = Findings::new(&names(1), None);
    (0..80).for_each(|n| findings.take(&template.row(n, "", false)));
    let calm = page(&findings, 1);
    assert!(
        calm.contains("No anomaly among 80 judged records."),
        "{calm}"
    );
    assert!(calm.contains("of the evidence that an anomaly needs."));
    assert!(data(&calm)["time"].is_null(), "records are counted");

    let mut findings = Findings::new(&names(1), None);
    for n in 0..5 {
        let mut row = template.row(n, "", false);
        row.detection.warm_up = 60;
        findings.take(&row);
    }
    assert!(page(&findings, 1).contains("No record was judged: all 5 records were learned."));
}
