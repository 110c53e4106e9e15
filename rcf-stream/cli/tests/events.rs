//! `rcf events` over results.

mod support;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::Stdio;

use support::{fail, rcf, run, stderr, stdout, succeed};

/// A result of `rcf run`, or of `rcf score` where stated.
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
fn results_are_read_from_a_pipe_and_times_may_be_numbers() {
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
fn unusable_input_is_an_error_with_its_line() {
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

#[test]
fn results_may_be_csv() {
    let folder = tempfile::tempdir().unwrap();
    let lines = [
        "id,timestamp,key,value,score,grade,severity,threshold,anomaly,suppressed,model_version",
        "1,1700000050,web,1,2,0.25,0.6,1,true,,1",
        "2,1700000000,\"data, base\",1,2,0.5,0.6,1,true,,1",
        "3,1700000001,disk,1,2,0,0.4,1,false,drift,1",
        "4,,overdue,,,,,,,,1",
    ];
    fs::write(folder.path().join("r.csv"), lines.join("\r\n")).unwrap();
    let text = succeed(folder.path(), &["events", "--format=jsonl", "r.csv"]);
    let event: serde_json::Value = serde_json::from_str(text.trim()).unwrap();
    assert_eq!(event["keys"][0]["key"], "data, base");
    assert_eq!(event["keys"][1]["timestamp"], 1_700_000_050);
    assert_eq!(
        (&event["grade"], &event["seconds"]),
        (&0.5.into(), &50.0.into())
    );
    fs::write(folder.path().join("r.csv"), "time,voltage\n1,2\n").unwrap();
    let said = fail(folder.path(), 1, &["events", "r.csv"]);
    assert!(
        said.contains("line 1") && said.contains("unknown column"),
        "{said}"
    );
}

/// With `--late` an event is written before the input ends; without it the same events are written
/// at the end.
#[test]
fn events_are_written_while_results_arrive() {
    let stream = |arguments: &[&str]| {
        let mut child = rcf()
            .args(["events", "--within=10", "-"])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let input = child.stdin.take().unwrap();
        (child, input)
    };
    let at = |key: &str, second: u32, reported: &str| {
        result(key, &(1_700_000_000 + second).to_string(), reported, 0.5)
    };
    let first = at("a", 3, RUN) + &at("b", 0, RUN) + &at("c", 31, SUPPRESSED);
    let rest = at("late", 9, RUN) + &at("d", 40, RUN) + &at("e", 45, RUN);
    let expected = "1700000000: 2 keys within 3 s, grade 0.50\n  +0 s  b\n  +3 s  a\n";

    let (mut child, mut input) = stream(&["--late=20"]);
    input.write_all(first.as_bytes()).unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut early = String::new();
    for _ in 0..3 {
        output.read_line(&mut early).unwrap();
    }
    assert_eq!(early, expected);
    input.write_all(rest.as_bytes()).unwrap();
    drop(input);
    let mut later = String::new();
    output.read_to_string(&mut later).unwrap();
    assert!(
        later.starts_with("1700000040: 2 keys within 5 s"),
        "{later}"
    );
    let said = stderr(&child.wait_with_output().unwrap());
    let counts = "6 results, 5 alerts: 2 events; 0 alerts with fewer than 2 keys within 10 s; 1 alert \
                  arrived too late";
    assert!(said.contains(counts), "{said}");

    let (child, mut input) = stream(&[]);
    input.write_all((first + &rest).as_bytes()).unwrap();
    drop(input);
    let all = stdout(&child.wait_with_output().unwrap());
    assert!(all.starts_with("1700000000: 3 keys within 9 s"), "{all}");
    assert!(all.contains("1700000040: 2 keys within 5 s"), "{all}");
}
