//! Tables written by pandas and pyarrow, in every command that reads a file.
//!
//! `fixtures/tables` holds one table four times: as CSV, and by `to_parquet`, `to_feather` (Arrow
//! IPC with LZ4) and `pyarrow.ipc.new_stream` of pandas 3.1 and pyarrow 26.

#![cfg(feature = "tables")]

mod support;

use std::fs::{self, File};
use std::path::Path;

use serde_json::Value;
use support::{rcf, run, stderr, stdout, succeed};

const TABLES: [(&str, &str); 3] = [
    ("wave.parquet", "Parquet"),
    ("wave.feather", "Arrow IPC"),
    ("wave.arrows", "Arrow IPC"),
];
const UNDERSTOOD: &str = "rcf: judged: heat, load; time: time (";

fn folder_of(name: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tables");
    fs::copy(fixtures.join(name), folder.path().join(name)).unwrap();
    folder
}

/// The result of the detector for each record.
fn judged(lines: &str) -> Vec<[Value; 4]> {
    let parts = |line: &str| {
        let mut result: Value = serde_json::from_str(line).unwrap();
        ["value", "score", "grade", "anomaly"].map(|name| result[name].take())
    };
    lines.lines().map(parts).collect()
}

fn understood(messages: &str, format: &str) {
    let line = messages.lines().find(|line| line.contains("judged: "));
    let line = line.unwrap_or_else(|| panic!("{messages}"));
    assert!(line.contains(&UNDERSTOOD["rcf: ".len()..]), "{line}");
    assert!(
        line.contains("ignored: \"site\" (text, always the same)"),
        "{line}"
    );
    assert!(line.contains(&format!("read as {format}")), "{line}");
}

#[test]
fn score_suggest_and_report_take_a_table_as_they_take_text() {
    let text = folder_of("wave.csv");
    let expected = judged(&succeed(text.path(), &["score", "wave.csv"]));
    assert_eq!(expected.len(), 600);
    assert!(expected[501][2].as_f64() > Some(0.0), "{:?}", expected[501]);
    for (name, format) in TABLES {
        let folder = folder_of(name);
        let output = run(folder.path(), &["score", name]);
        assert!(output.status.success(), "{name}: {}", stderr(&output));
        understood(&stderr(&output), format);
        assert_eq!(judged(&stdout(&output)), expected, "{name}");

        let output = run(folder.path(), &["suggest", name]);
        assert!(output.status.success(), "{name}: {}", stderr(&output));
        understood(&stderr(&output), format);
        assert!(
            stdout(&output).contains(&format!("# rcf score {name}")),
            "{}",
            stdout(&output)
        );

        let output = run(folder.path(), &["report", name, "--html", "page.html"]);
        assert!(output.status.success(), "{name}: {}", stderr(&output));
        understood(&stderr(&output), format);
        let page = fs::read_to_string(folder.path().join("page.html")).unwrap();
        assert!(
            page.contains("from 2023-11-14"),
            "times are those of the table"
        );
    }
}

#[test]
fn a_stream_of_arrow_comes_through_a_pipe() {
    let folder = folder_of("wave.arrows");
    let expected = judged(&succeed(folder.path(), &["score", "wave.arrows"]));
    let input = File::open(folder.path().join("wave.arrows")).unwrap();
    let output = rcf().args(["score", "-"]).stdin(input).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(judged(&stdout(&output)), expected);
}

#[test]
fn a_run_goes_on_within_a_table() {
    let text = folder_of("wave.csv");
    let arguments = |source: &str, records: &str| {
        [
            "run",
            "--source-kind=file",
            "--input-optional-values=true",
            &format!("--source-path={source}"),
            "--sink-path=out.jsonl",
            "--checkpoint-directory=state",
            &format!("--checkpoint-every-records={records}"),
        ]
        .map(str::to_owned)
    };
    let results = |folder: &Path, name: &str| {
        // The second start has nothing left to do.
        for records in ["100", "600"] {
            let arguments = arguments(name, records);
            let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
            let output = run(folder, &arguments);
            assert!(output.status.success(), "{name}: {}", stderr(&output));
        }
        judged(&fs::read_to_string(folder.join("out.jsonl")).unwrap())
    };
    let expected = results(text.path(), "wave.csv");
    assert_eq!(expected.len(), 600);
    for (name, _) in TABLES {
        let folder = folder_of(name);
        assert_eq!(results(folder.path(), name), expected, "{name}");
    }
}
