//! `rcf events` over results.

mod support;

use std::fs;
use std::io::Write;
use std::process::Stdio;

use support::{fail, rcf, run, stderr, stdout, succeed};

/// A result of `rcf run`, or of `rcf score` where it says so.
fn result(key: &str, time: &str, reported: &str, grade: f64) -> String {
    format!("{{\"timestamp\":{time},\"key\":\"{key}\",\"grade\":{grade},\"anomaly\":{reported}}}\n")
}

const RUN: &str = "{\"reported\":true}";
const SUPPRESSED: &str = "{\"reported\":false}";

fn results() -> String {
    [
        result("web", "\"2026-01-27T08:00:50Z\"", RUN, 0.25),
        result("database", "\"2026-01-27T08:00:00Z\"", RUN, 0.5),
        result("disk", "\"2026-01-27T08:00:30Z\"", SUPPRESSED, 0.0),
        result("cache", "\"2026-01-27T08:00:12.5Z\"", "true", 0.125),
        result("cache", "\"2026-01-27T08:00:13Z\"", "true", 0.75),
        result("quiet", "null", "null", 0.0),
        result("lonely", "\"2026-01-27T09:00:00Z\"", RUN, 0.9),
    ]
    .concat()
}

#[test]
fn keys_that_alert_together_are_listed_in_the_order_of_their_onsets() {
    let folder = tempfile::tempdir().unwrap();
    let all = results();
    let lines: Vec<&str> = all.split_inclusive('\n').collect();
    fs::write(folder.path().join("a.jsonl"), lines[..3].concat()).unwrap();
    fs::write(folder.path().join("b.jsonl"), lines[3..].concat() + "\n").unwrap();
    let output = run(folder.path(), &["events", "a.jsonl", "b.jsonl"]);
    assert!(output.status.success());
    assert_eq!(
        stdout(&output),
        "2026-01-27T08:00:00Z: 3 keys within 50 s, grade 0.75\n  +0 s  database\n  +12.5 s  cache \
         (2 alerts)\n  +50 s  web\n"
    );
    let said = "7 results, 5 alerts: 1 event; 1 alert with fewer than 2 keys within 60 s\n";
    assert_eq!(stderr(&output), said);
    let narrow = [
        "events",
        "--within=20",
        "--format=jsonl",
        "a.jsonl",
        "b.jsonl",
    ];
    let text = succeed(folder.path(), &narrow);
    let event: serde_json::Value = serde_json::from_str(text.trim()).unwrap();
    let keys = event["keys"].as_array().unwrap();
    assert_eq!(keys.len(), 2);
    assert_eq!(
        (&keys[1]["key"], &keys[1]["seconds"]),
        (&"cache".into(), &12.5.into())
    );
    assert_eq!(keys[1]["timestamp"], "2026-01-27T08:00:12.5Z");
    assert_eq!(event["grade"], 0.75);
    let all = succeed(
        folder.path(),
        &["events", "--min-keys=1", "a.jsonl", "b.jsonl"],
    );
    assert!(all.contains("2026-01-27T09:00:00Z: 1 key within"), "{all}");
}

#[test]
fn results_come_through_a_pipe_and_times_may_be_numbers() {
    let mut child = rcf()
        .args(["events", "--within=1", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let text = result("a", "1700000000", RUN, 0.5) + &result("b", "1700000001", RUN, 0.5);
    child
        .stdin
        .take()
        .unwrap()
        .write_all(text.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(
        stdout(&output),
        "1700000000: 2 keys within 1 s, grade 0.50\n  +0 s  a\n  +1 s  b\n"
    );
}

#[test]
fn what_cannot_be_used_ends_it_with_the_line() {
    let folder = tempfile::tempdir().unwrap();
    let with = |text: &str, status: i32, arguments: &[&str]| {
        fs::write(folder.path().join("r.jsonl"), text).unwrap();
        fail(
            folder.path(),
            status,
            &[&["events", "r.jsonl"], arguments].concat(),
        )
    };
    let good = result("a", "1700000000", RUN, 0.5);
    let csv = with(&(good.clone() + "id,timestamp,key\n"), 1, &[]);
    assert!(
        csv.contains("r.jsonl, line 2") && csv.contains("jsonl"),
        "{csv}"
    );
    let other = with("{\"value\":1}\n", 1, &[]);
    assert!(other.contains("no key"), "{other}");
    let untimed = with(&result("a", "null", RUN, 0.5), 1, &[]);
    assert!(untimed.contains("input.timestamp"), "{untimed}");
    let strange = with(&result("a", "\"noon\"", RUN, 0.5), 1, &[]);
    assert!(
        strange.contains("noon") && strange.contains("--time-format"),
        "{strange}"
    );
    assert!(with("", 1, &[]).contains("no results"));
    assert!(with(&good, 78, &["--within=-1"]).contains("at least 0"));
    let missing = fail(folder.path(), 1, &["events", "nothing.jsonl"]);
    assert!(missing.contains("nothing.jsonl"), "{missing}");
}
