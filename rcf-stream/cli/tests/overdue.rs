//! Keys that fall silent: reported once, with the same bytes after kills and in a replay.

#![cfg(unix)]

mod support;

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use support::{fail, rcf, run, stderr, succeed, units};

/// Every key sends once in six seconds, except during the silences.
const KEYS: usize = 6;
const RECORDS: usize = 6_000;

/// Key 1 falls silent twice, key 2 for good; no records arrive for an hour in the middle.
fn records(range: std::ops::Range<usize>) -> String {
    let is_silent = |n: usize| match n % KEYS {
        1 => (1000..1500).contains(&n) || (3500..3800).contains(&n),
        2 => n >= 2500,
        _ => false,
    };
    let record = |n: usize| {
        let time = 1_700_000_000 + n + if n >= 3000 { 3600 } else { 0 };
        let value = (n as f64 / 40.0).sin() + (n * 7919 % 101) as f64 / 1000.0;
        format!(
            "{{\"k\":\"key {}\",\"t\":{time},\"v\":{value}}}\n",
            n % KEYS
        )
    };
    range.filter(|n| !is_silent(*n)).map(record).collect()
}

fn settings<'a>(sink: &'a str, directory: &'a str) -> Vec<&'a str> {
    vec![
        "--source-kind=file",
        "--source-path=in.jsonl",
        "--input-values=v",
        "--input-key=k",
        "--input-timestamp=t",
        "--forest-sample-size=32",
        "--forest-number-of-trees=10",
        "--detector-expect-every=60",
        "--checkpoint-every-records=500",
        "--checkpoint-retain=20",
        sink,
        directory,
    ]
}

/// The reports in the results.
fn overdue(text: &str) -> Vec<serde_json::Value> {
    let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
    let is_report = |line: &serde_json::Value| line["anomaly"]["overdue"].is_object();
    lines.filter(is_report).collect()
}

fn read(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join(name)).unwrap()
}

#[test]
fn silent_keys_are_reported_once_however_often_it_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("in.jsonl"), records(0..RECORDS)).unwrap();
    let whole = settings("--sink-path=whole.jsonl", "--checkpoint-directory=whole");
    let said = run(folder.path(), &[&["run"], &whole[..]].concat());
    assert!(said.status.success(), "{}", stderr(&said));
    for counted in ["overdue=3", "silences=1", "the whole shard was silent"] {
        assert!(stderr(&said).contains(counted), "{}", stderr(&said));
    }
    let expected = read(folder.path(), "whole.jsonl");
    let ids: Vec<_> = overdue(&expected)
        .iter()
        .map(|it| it["id"].as_str().unwrap().to_owned())
        .collect();
    // The last records of key 1 before its silences are 997 and 3499; of key 2 it is 2498. The hour
    // does not count.
    assert_eq!(
        ids,
        [
            "0/overdue/key 1/2023-11-14T22:30:57.000Z",
            "0/overdue/key 2/2023-11-14T22:55:58.000Z",
            "0/overdue/key 1/2023-11-15T00:12:39.000Z",
        ]
    );
    let first = expected
        .lines()
        .find(|line| line.contains("overdue"))
        .unwrap();
    assert_eq!(
        first,
        concat!(
            r#"{"id":"0/overdue/key 1/2023-11-14T22:30:57.000Z","stream":"in.jsonl","shard":"0","#,
            r#""timestamp":"2023-11-14T22:30:57.000Z","key":"key 1","anomaly":{"reported":true,"#,
            r#""suppressed":null,"overdue":{"last":"2023-11-14T22:29:57.000Z","#,
            r#""due":"2023-11-14T22:30:57.000Z","clock":"2023-11-14T22:30:58.000Z"}}}"#
        )
    );

    let killed = settings("--sink-path=killed.jsonl", "--checkpoint-directory=killed");
    let output = folder.path().join("killed.jsonl");
    let length = || fs::metadata(&output).map_or(0, |file| file.len());
    let mut kills = 0;
    for unit in units(3) {
        let far = length() + (0.2 * unit * expected.len() as f64) as u64;
        let mut child = rcf()
            .current_dir(folder.path())
            .args(["run", "--log=error"])
            .args(&killed)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let ended = loop {
            match child.try_wait().unwrap() {
                Some(status) => break Some(status),
                None if length() >= far && kills < 20 => break None,
                None => std::thread::sleep(Duration::from_micros(200)),
            }
        };
        if let Some(status) = ended {
            assert!(status.success());
            break;
        }
        child.kill().unwrap();
        child.wait().unwrap();
        kills += 1;
    }
    assert!(kills >= 4, "only {kills} kills: nothing was tested");
    assert!(
        read(folder.path(), "killed.jsonl") == expected,
        "{kills} kills"
    );

    // A replay from any retained checkpoint produces the same reports.
    let listed = succeed(folder.path(), &["checkpoints", "list", "whole"]);
    let mut replays = 0;
    for number in 1..20 {
        let number = number.to_string();
        let from = [
            "replay",
            "--from-checkpoint",
            &number,
            "--output",
            "again.jsonl",
        ];
        let said = run(folder.path(), &[&from[..], &whole[..]].concat());
        if !said.status.success() {
            continue; // it is no longer there, or the last one
        }
        let again = read(folder.path(), "again.jsonl");
        assert!(expected.ends_with(&again), "from checkpoint {number}");
        replays += 1;
    }
    assert!(replays >= 2, "{replays} replays; {listed}");
}

#[test]
fn an_earlier_checkpoint_continues_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let all = settings("--sink-path=out.jsonl", "--checkpoint-directory=state");
    let without: Vec<_> = all
        .iter()
        .filter(|it| !it.contains("expect-every"))
        .copied()
        .collect();
    fs::write(folder.path().join("in.jsonl"), records(0..2600)).unwrap();
    succeed(folder.path(), &[&["run"], &without[..]].concat());
    assert_eq!(overdue(&read(folder.path(), "out.jsonl")).len(), 0);
    // Of key 2, which is silent already, no record has arrived since the request.
    fs::write(folder.path().join("in.jsonl"), records(0..4000)).unwrap();
    succeed(folder.path(), &[&["run"], &all[..]].concat());
    let reports = overdue(&read(folder.path(), "out.jsonl"));
    let keys: Vec<_> = reports.iter().map(|it| it["key"].clone()).collect();
    assert_eq!(keys, ["key 1"]);
}

#[test]
fn reports_have_the_columns_of_all_results() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("in.jsonl"), records(0..2000)).unwrap();
    let all = settings("--sink-path=out.csv", "--checkpoint-directory=state");
    let format = ["run", "--output-format=csv", "--output-attribution=true"];
    succeed(folder.path(), &[&format[..], &all[..]].concat());
    let text = read(folder.path(), "out.csv");
    let columns: Vec<_> = text.lines().next().unwrap().split(',').collect();
    let report = text
        .lines()
        .find(|line| line.contains("/overdue/"))
        .unwrap();
    let fields: Vec<_> = report.split(',').collect();
    assert_eq!(fields.len(), columns.len(), "{report}");
    let of = |name: &str| fields[columns.iter().position(|it| *it == name).unwrap()];
    assert_eq!(
        [
            of("timestamp"),
            of("key"),
            of("anomaly"),
            of("score"),
            of("v")
        ],
        ["2023-11-14T22:30:57.000Z", "key 1", "true", "", ""]
    );
}

#[test]
fn incomplete_settings_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("in.jsonl"), records(0..100)).unwrap();
    let run = [
        "run",
        "--source-kind=file",
        "--source-path=in.jsonl",
        "--input-values=v",
    ];
    let ask = ["--detector-expect-every=60", "--sink-path=out.jsonl"];
    let timed = ["--input-key=k", "--input-timestamp=t"];
    let cases: [(&[&str], &str); 4] = [
        (
            &["--input-key=k"],
            "input.timestamp is not set, but detector.expect_every",
        ),
        (
            &[
                "--input-key=k",
                "--input-timestamp=t",
                "--input-model-per=shard",
            ],
            "input.model_per = \"shard\"",
        ),
        (
            &["--input-key=k", "--detector-enabled=false"],
            "detector.enabled = false",
        ),
        (
            &[timed[0], timed[1], "--operator-time-to-live-seconds=60"],
            "less than operator.time_to_live_seconds",
        ),
    ];
    for (more, expected) in cases {
        let said = fail(folder.path(), 78, &[&run[..], &ask, more].concat());
        assert!(said.contains(expected), "{more:?}: {said}");
    }
}
