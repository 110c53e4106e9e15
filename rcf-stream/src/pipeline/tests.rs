//! The same inputs through every path: CSV, JSON lines, a pipe, records of Kinesis, and records
//! that the Kinesis Producer Library packed. All must judge the same, and count the same as bad.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Value, json};

use super::Summary;
use crate::assemble;
use crate::config::{Config, Layers};
use crate::connectors::kinesis::aggregate::tests::pack;
use crate::connectors::kinesis::memory::MemoryStream;
use crate::connectors::kinesis::{KinesisSource, KinesisSourceConfig};
use crate::observer::Observers;
use crate::record::Positions;
use crate::source::Source;

/// 2023-11-14T22:13:20Z
const BASE: i64 = 1_700_000_000;

struct Case {
    name: &'static str,
    /// Tables.
    settings: &'static str,
    /// More keys of `[input]`.
    input: &'static str,
    rows: Vec<Row>,
    judged: u64,
    bad: &'static [(&'static str, u64)],
    late: u64,
    unreadable: u64,
}

#[derive(Clone)]
struct Row {
    key: &'static str,
    time: Value,
    /// In milliseconds, for the arrival.
    moment: i64,
    value: Value,
}

/// A wave with a little noise, a record a minute.
fn rows(count: usize, time: impl Fn(i64) -> Value) -> Vec<Row> {
    let row = |n: usize| {
        let value = 50.0 + 10.0 * (n as f64 / 9.0).sin() + (n * 7919 % 101) as f64 / 100.0;
        let seconds = BASE + 60 * n as i64;
        Row {
            key: "k",
            time: time(seconds),
            moment: seconds * 1000,
            value: json!((value * 1000.0).round() / 1000.0),
        }
    };
    (0..count).map(row).collect()
}

/// Five records are missing after the 300th.
fn with_gap(mut rows: Vec<Row>, time: impl Fn(i64) -> Value) -> Vec<Row> {
    for row in rows.iter_mut().skip(300) {
        row.moment += 300_000;
        row.time = time(row.moment / 1000);
    }
    rows
}

fn text_of(seconds: i64, pattern: &str) -> Value {
    let time = jiff::Timestamp::from_second(seconds).unwrap();
    json!(time.strftime(pattern).to_string())
}

const USE_TIME: &str = "[detector]\nenabled = true\nuse_time = true\n";

fn cases() -> Vec<Case> {
    let seconds = |s: i64| json!(s);
    let iso = |s: i64| text_of(s, "%Y-%m-%dT%H:%M:%SZ");
    let local = |s: i64| text_of(s, "%Y-%m-%d %H:%M:%S");
    let exponent = |s: i64| json!(format!("{s:e}"));
    let case = |name, settings, rows: Vec<Row>| Case {
        name,
        settings,
        input: "",
        judged: rows.len() as u64,
        rows,
        bad: &[],
        late: 0,
        unreadable: 0,
    };
    let us = |s: i64| text_of(s, "%m/%d/%Y %I:%M:%S %p");
    let european = |s: i64| text_of(s, "%d.%m.%Y %H:%M");
    let log = |s: i64| text_of(s, "%d/%b/%Y:%H:%M:%S +0000");
    let mut cases = vec![
        case(
            "gap, seconds",
            USE_TIME,
            with_gap(rows(600, seconds), seconds),
        ),
        case("gap, RFC 3339", USE_TIME, with_gap(rows(600, iso), iso)),
        case(
            "gap, without offset",
            USE_TIME,
            with_gap(rows(600, local), local),
        ),
        case(
            "gap, digits as text",
            USE_TIME,
            with_gap(rows(600, |s| json!(s.to_string())), |s| {
                json!(s.to_string())
            }),
        ),
        case(
            "gap, with exponents",
            USE_TIME,
            with_gap(rows(600, exponent), exponent),
        ),
        case(
            "gap, microseconds",
            USE_TIME,
            with_gap(rows(600, |s| json!(s * 1_000_000)), |s| {
                json!(s * 1_000_000)
            }),
        ),
    ];
    type Written<'a> = &'a dyn Fn(i64) -> Value;
    let patterns: [(&str, &str, Written<'_>); 3] = [
        ("gap, US", "time_format = \"%m/%d/%Y %I:%M:%S %p\"\n", &us),
        (
            "gap, European",
            "time_format = \"%d.%m.%Y %H:%M\"\n",
            &european,
        ),
        ("gap, log", "time_format = \"%d/%b/%Y:%H:%M:%S %z\"\n", &log),
    ];
    for (name, input, time) in patterns {
        cases.push(Case {
            input,
            ..case(name, USE_TIME, with_gap(rows(600, time), time))
        });
    }
    cases.push(Case {
        judged: 0,
        bad: &[("unreadable_time", 50)],
        ..case("unreadable and needed", USE_TIME, rows(50, us))
    });
    cases.push(Case {
        unreadable: 50,
        ..case("unreadable and not needed", "", rows(50, us))
    });
    let mut twice = rows(100, iso);
    twice[50].time = twice[49].time.clone();
    cases.push(case("a time twice", USE_TIME, twice));
    let mut autumn = rows(100, local);
    for row in autumn.iter_mut().skip(60) {
        row.time = local(row.moment / 1000 - 3600);
    }
    for (name, input, judged, bad, late) in [
        ("the hour that comes twice", "", 100, &[][..], 40),
        ("the same, left out", "on_late = \"skip\"\n", 60, &[], 40),
        (
            "the same, bad",
            "on_late = \"bad\"\n",
            60,
            &[("late", 40)],
            0,
        ),
    ] {
        cases.push(Case {
            input,
            judged,
            bad,
            late,
            ..case(name, USE_TIME, autumn.clone())
        });
    }
    for (name, wrong) in [
        ("the year 2106", json!(4_294_967_295_000_i64)),
        ("the year 2106, as text", json!("4294967295000")),
    ] {
        let mut future = rows(600, |s| json!(s * 1000));
        future[100].time = wrong;
        cases.push(Case {
            judged: 599,
            bad: &[("far_ahead", 1)],
            ..case(name, USE_TIME, future)
        });
    }
    let mut mixed = rows(600, seconds);
    mixed[100].time = json!((BASE + 6000) * 1000);
    cases.push(Case {
        judged: 599,
        bad: &[("far_ahead", 1)],
        ..case("milliseconds among seconds", USE_TIME, mixed)
    });
    // The first one decides on the unit of none but itself.
    let mut first = rows(600, seconds);
    first[0].time = json!(BASE * 1000);
    cases.push(case("milliseconds before seconds", USE_TIME, first));
    let mut zero = rows(600, |s| json!(s * 1000));
    zero[0].time = json!(0);
    cases.push(case("a zero before milliseconds", USE_TIME, zero));
    for (name, unit) in [("s", 1), ("ms", 1000), ("us", 1_000_000)] {
        let mut silent = rows(800, |s| json!(s * unit));
        for (n, row) in silent.iter_mut().enumerate() {
            row.key = ["a", "b"][n % 2];
            if n >= 400 {
                row.moment += 4 * 3600 * 1000;
                row.time = json!(row.moment / 1000 * unit);
            }
        }
        let name = format!("time to live, {name}").leak();
        let settings = "[operator]\ntime_to_live_seconds = 7200\n";
        cases.push(case(name, settings, silent));
    }
    let mut texts = rows(100, seconds);
    for row in &mut texts {
        row.value = json!(row.value.to_string());
    }
    cases.push(case("numbers as text", "", texts));
    cases
}

fn config(folder: &Path, case: &Case, path: &str, format: &str) -> Config {
    let mut layers = Layers::default();
    let settings = format!(
        "[source]\nkind = \"file\"\npath = {:?}\n[sink]\npath = {:?}\n",
        folder.join(path),
        folder.join(format!("{path}.out")),
    );
    let input = format!(
        "[input]\nformat = \"{format}\"\nvalues = [\"v\"]\nkey = \"k\"\ntimestamp = \"t\"\n\
         on_bad_record = \"skip\"\n{}",
        case.input
    );
    let text = format!(
        "{settings}{input}{}[forest]\nsample_size = 32\nnumber_of_trees = 10\n",
        case.settings
    );
    layers.toml("settings".as_ref(), &text).unwrap();
    layers.build().unwrap()
}

fn json_lines(rows: &[Row]) -> Vec<String> {
    let line = |row: &Row| json!({"k": row.key, "t": row.time, "v": row.value}).to_string();
    rows.iter().map(line).collect()
}

fn csv_lines(rows: &[Row]) -> String {
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let lines = rows
        .iter()
        .map(|row| format!("{},{},{}\n", row.key, text(&row.time), text(&row.value)));
    std::iter::once("k,t,v\n".to_owned()).chain(lines).collect()
}

/// What was judged, as values with scores, and what was counted.
async fn outcome(
    config: &Config,
    source: Option<Box<dyn Source>>,
) -> (Vec<(String, String)>, Summary) {
    let pipeline = match source {
        None => assemble::open(config).await.unwrap(),
        Some(source) => {
            let operator = config.operator().unwrap();
            assemble::join(config, operator, source, None, &Observers::default())
                .await
                .unwrap()
        }
    };
    let summary = pipeline.run(std::future::pending()).await.unwrap();
    let path = config.sink.file().expect("all cases write files");
    let results = fs::read_to_string(path).unwrap();
    let result = |line: &str| {
        let line: Value = serde_json::from_str(line).unwrap();
        (line["value"].to_string(), line["score"].to_string())
    };
    (results.lines().map(result).collect(), summary)
}

async fn kinesis(rows: &[Row], packed: bool) -> Box<dyn Source> {
    let stream = MemoryStream::new(&["0"]);
    for (row, line) in rows.iter().zip(json_lines(rows)) {
        let data = match packed {
            true => pack(&[("key", line.as_bytes())]),
            false => Bytes::from(line),
        };
        stream.append_at("0", row.moment, data);
    }
    let config = KinesisSourceConfig {
        follow: false,
        ..KinesisSourceConfig::new("in".to_owned())
    };
    let source = KinesisSource::with_api(
        Arc::new(stream),
        &config,
        &Positions::default(),
        &Observers::default(),
    )
    .await;
    Box::new(source.unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_path_judges_the_same() {
    for case in cases() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let lines = json_lines(&case.rows).join("\n") + "\n";
        fs::write(path("in.jsonl"), &lines).unwrap();
        fs::write(path("in.csv"), csv_lines(&case.rows)).unwrap();
        let made = Command::new("mkfifo").arg(path("pipe")).status().unwrap();
        assert!(made.success());
        let (pipe, text) = (path("pipe"), lines.clone());
        let writer = std::thread::spawn(move || fs::write(pipe, text));

        let of = |name: &str, format: &str| config(folder.path(), &case, name, format);
        let expected = outcome(&of("in.jsonl", "jsonl"), None).await;
        let others = [
            ("CSV", outcome(&of("in.csv", "csv"), None).await),
            ("pipe", outcome(&of("pipe", "jsonl"), None).await),
            ("Kinesis", {
                let source = kinesis(&case.rows, false).await;
                outcome(&of("kinesis", "json"), Some(source)).await
            }),
            ("KPL", {
                let source = kinesis(&case.rows, true).await;
                outcome(&of("kpl", "json"), Some(source)).await
            }),
        ];
        writer.join().unwrap().unwrap();
        let (results, summary) = &expected;
        let name = case.name;
        assert_eq!(summary.judged, case.judged, "{name}: {summary:?}");
        assert_eq!(results.len() as u64, case.judged, "{name}");
        let bad: Vec<_> = summary
            .bad_records
            .iter()
            .map(|(reason, count)| (*reason, *count))
            .collect();
        assert_eq!(bad, case.bad, "{name}");
        assert_eq!(
            (summary.late, summary.unreadable_times.total()),
            (case.late, case.unreadable),
            "{name}"
        );
        for (path, (others, other)) in &others {
            assert_eq!(others, results, "{name} through {path}");
            let counts =
                |it: &Summary| (it.bad_records.clone(), it.late, it.unreadable_times.clone());
            assert_eq!(counts(other), counts(summary), "{name} through {path}");
        }
    }
}

/// Kinesis gives all records of one request one time of arrival.
#[cfg_attr(not(feature = "kinesis"), ignore = "needs the feature kinesis")]
#[tokio::test]
async fn records_that_arrive_at_once_are_all_judged() {
    let mut rows = rows(500, |s| json!(s));
    for (n, row) in rows.iter_mut().enumerate() {
        row.moment = BASE * 1000 + 1000 * (n as i64 / 25);
    }
    let folder = tempfile::tempdir().unwrap();
    for policy in ["judge", "skip", "bad"] {
        let text = format!(
            "[source]\nkind = \"kinesis\"\nstream = \"in\"\n[sink]\npath = {:?}\n[input]\n\
             format = \"json\"\nvalues = [\"v\"]\non_bad_record = \"skip\"\non_late = \"{policy}\"\n\
             {USE_TIME}[forest]\nsample_size = 32\nnumber_of_trees = 10\n",
            folder.path().join(policy),
        );
        let mut layers = Layers::default();
        layers.toml("settings".as_ref(), &text).unwrap();
        let config = layers.build().unwrap();
        let (results, summary) = outcome(&config, Some(kinesis(&rows, false).await)).await;
        assert_eq!(results.len(), 500, "{policy}: {summary:?}");
        assert!(
            summary.bad_records.is_empty() && summary.late == 0,
            "{policy}: {summary:?}"
        );
    }
}

/// The scores are those of any unit and format; and each key begins again after the silence.
#[tokio::test]
async fn formats_and_units_do_not_change_scores() {
    let mut scores: std::collections::BTreeMap<String, Vec<(String, String)>> = Default::default();
    for case in cases() {
        let group = case.name.split(',').next().unwrap().to_owned();
        if !["gap", "time to live"].contains(&group.as_str()) {
            continue;
        }
        let folder = tempfile::tempdir().unwrap();
        let lines = json_lines(&case.rows).join("\n");
        fs::write(folder.path().join("in.jsonl"), lines).unwrap();
        let config = config(folder.path(), &case, "in.jsonl", "jsonl");
        let (results, _) = outcome(&config, None).await;
        if group == "time to live" {
            let text = fs::read_to_string(folder.path().join("in.jsonl.out")).unwrap();
            let first = |line: &&str| line.contains("\"updates\":1}");
            assert_eq!(text.lines().filter(first).count(), 4, "{}", case.name);
        }
        let first = scores.entry(group).or_insert_with(|| results.clone());
        assert_eq!(&results, first, "{}", case.name);
    }
    assert_eq!(scores.len(), 2);
}
