//! The program as users run it.

mod support;

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

use support::{fail, rcf, run, stderr, stdout, succeed};

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn generate(folder: &tempfile::TempDir, arguments: &[&str]) -> Vec<f64> {
    let text = succeed(folder.path(), &[&["generate", "sine"], arguments].concat());
    text.lines().map(|line| line.parse().unwrap()).collect()
}

#[test]
fn generate_gives_the_original_wave() {
    let folder = folder();
    let values = generate(&folder, &["--count", "300"]);
    assert_eq!(values.len(), 300);
    assert_eq!(values[100], 10.0 * 1.0_f64.sin() + 10.0);
    let drops: Vec<_> = (0..300).filter(|&t| values[t] == -17.0).collect();
    assert_eq!(drops, (241..=259).collect::<Vec<_>>());

    let none = generate(&folder, &["--count", "300", "--drops", "none"]);
    assert!(!none.contains(&-17.0));
    let first = generate(&folder, &["--count", "900", "--drop-cycles", "1"]);
    assert_eq!(first.iter().position(|&value| value == -17.0), Some(869));
    let noisy = generate(&folder, &["--count", "9", "--noise", "0.1", "--seed", "3"]);
    assert_eq!(
        noisy,
        generate(&folder, &["--count", "9", "--noise", "0.1", "--seed", "3"])
    );
    assert_ne!(noisy, values[..9]);
}

#[test]
fn generate_writes_a_file() {
    let folder = folder();
    assert_eq!(
        succeed(
            folder.path(),
            &["generate", "sine", "--count", "3", "-o", "wave"]
        ),
        ""
    );
    let text = fs::read_to_string(folder.path().join("wave")).unwrap();
    assert_eq!(text, "10\n10.099998333341667\n10.19998666693333\n");
}

#[test]
fn score_finds_the_numbers_of_a_csv_file() {
    let folder = folder();
    let rows: String = (0..200)
        .map(|t| format!("\"{t}, s\",{},x,{}\n", t % 7, t % 5))
        .collect();
    fs::write(
        folder.path().join("in.csv"),
        format!("at,first,name,second\n{rows}"),
    )
    .unwrap();
    let text = succeed(
        folder.path(),
        &["score", "in.csv", "--format", "csv", "--time", "at"],
    );
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(
        lines[0],
        "id,timestamp,key,first,second,score,grade,threshold,evidence,anomaly,expected_first,\
         expected_second,explanation"
    );
    assert!(
        lines[1].starts_with("in.csv/0/2,\"0, s\",,0,0,0,0,"),
        "{}",
        lines[1]
    );
    assert!(lines[1].ends_with(",0,false,,,"), "{}", lines[1]);
    assert_eq!(lines.len(), 201);
    let last: Vec<_> = lines[200].split(',').collect();
    assert!(last[5].parse::<f64>().unwrap() > 0.0, "{last:?}");

    // The same for all other ways.
    let named = [
        "score",
        "in.csv",
        "--columns",
        "first,second",
        "--time",
        "at",
        "-o",
        "out.csv",
    ];
    assert_eq!(succeed(folder.path(), &named), "");
    assert_eq!(
        fs::read_to_string(folder.path().join("out.csv")).unwrap(),
        text
    );
}

#[test]
fn score_takes_json_lines_and_keys() {
    let folder = folder();
    let rows: String = (0..600)
        .map(|n| {
            format!(
                "{{\"who\":{{\"id\":{}}},\"v\":[{},{}]}}\n",
                n % 2,
                n % 7,
                n % 11
            )
        })
        .collect();
    fs::write(folder.path().join("in.jsonl"), rows).unwrap();
    let text = succeed(
        folder.path(),
        &[
            "score",
            "in.jsonl",
            "--columns",
            "v.0,v.1",
            "--key",
            "who.id",
        ],
    );
    let results: Vec<serde_json::Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(results.len(), 600);
    let last = &results[599];
    assert_eq!(last["key"], "1");
    assert_eq!(last["value"], serde_json::json!([4.0, 5.0]));
    assert!(last["score"].as_f64().unwrap() > 0.0);
    assert_eq!(
        (&last["anomaly"], &last["warm_up"]),
        (&false.into(), &0.into())
    );
}

#[test]
fn score_answers_a_pipe_at_once() {
    let mut child = rcf()
        .args(["score", "-", "--format", "csv"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null()) // it says that three records are too few
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut next = || output.next().unwrap().unwrap();
    for n in 1..=3 {
        writeln!(input, "{n}.5").unwrap();
        if n == 1 {
            assert!(next().starts_with("id,timestamp,key,1,score,grade,"));
        }
        assert!(next().starts_with(&format!("stdin/0/{n},,,{n}.5,0,0,")));
    }
    drop(input);
    assert!(child.wait().unwrap().success());
}

#[test]
fn bad_records_stop_or_are_skipped() {
    let folder = folder();
    fs::write(folder.path().join("in.csv"), "v\n1\nx\n3\n").unwrap();
    let error = fail(folder.path(), 1, &["score", "in.csv", "--column", "v"]);
    assert!(
        error.contains("in.csv, line 3: field v is not a number: \"x\"; correct it, or leave"),
        "{error}"
    );
    let output = run(
        folder.path(),
        &[
            "score",
            "in.csv",
            "--column",
            "v",
            "--on-bad-record",
            "skip",
        ],
    );
    assert!(output.status.success());
    assert_eq!(stdout(&output).lines().count(), 2);
    assert!(
        stderr(&output).contains("in.csv, line 3: field v is not a number"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn the_input_is_never_written_over() {
    let folder = folder();
    let path = folder.path().join("in.csv");
    fs::write(&path, "v\n1\n").unwrap();
    let error = fail(folder.path(), 78, &["score", "in.csv", "-o", "./in.csv"]);
    assert!(error.contains("is the file of both"), "{error}");
    for (html, svg, named) in [
        ("in.csv", "b", "--html"),
        ("a", "./in.csv", "--svg"),
        ("a", "a", "--svg"),
    ] {
        let report = ["report", "in.csv", "--html", html, "--svg", svg];
        let error = fail(folder.path(), 78, &report);
        assert!(
            error.contains("is the file of both") && error.contains(named),
            "{error}"
        );
    }
    assert_eq!(fs::read_to_string(&path).unwrap(), "v\n1\n");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn wrong_usage_suggests_the_remedy() {
    let folder = folder();
    fs::write(folder.path().join("in.csv"), "timestamp,value\na,1\n").unwrap();
    let cases: [(i32, &[&str], &str); 10] = [
        (1, &["score", "nowhere.csv"], "cannot read nowhere.csv"),
        (
            78,
            &["score", "in.csv", "--column", "valeu"],
            "did you mean \"value\"?",
        ),
        (
            78,
            &["score", "in.csv", "--sample-size", "0"],
            "sample_size must be",
        ),
        (78, &["score", "in.csv", "--trees"], "a value is required"),
        (78, &["score", "/dev/null"], "/dev/null: it has no records"),
        (78, &["scor"], "'score'"),
        (78, &["run"], "source.kind is not set"),
        (
            78,
            &["run", "--config", "nowhere.toml"],
            "cannot read the configuration nowhere.toml",
        ),
        (
            78,
            &["generate", "sine", "--rate", "0"],
            "it must be a number above 0",
        ),
        (78, &["score", "in.csv", "--log", "loud"], "--log"),
    ];
    for (status, arguments, expected) in cases {
        let error = fail(folder.path(), status, arguments);
        assert!(error.contains(expected), "{arguments:?}: {error}");
    }
}

#[cfg(not(feature = "kinesis"))]
#[test]
fn a_build_without_kinesis_names_the_feature() {
    let folder = folder();
    let config = "[source]\nkind = \"kinesis\"\nstream = \"in\"\n";
    fs::write(folder.path().join("rcf.toml"), config).unwrap();
    for arguments in [
        &["run", "--config", "rcf.toml"][..],
        &["generate", "sine", "--to", "kinesis", "--stream", "in"],
    ] {
        let error = fail(folder.path(), 78, arguments);
        assert!(
            error.contains("cargo build --release --bin rcf --features kinesis"),
            "{error}"
        );
    }
}

#[test]
fn flags_go_over_the_environment_over_the_file() {
    let folder = folder();
    let config = "[source]\nkind = \"sine\"\ncount = 2\npartition_key = \"file\"\n";
    fs::write(folder.path().join("rcf.toml"), config).unwrap();
    let keys = |variable: Option<&str>, flag: Option<&str>| {
        let mut command = rcf();
        command
            .current_dir(folder.path())
            .args(["run", "--config", "rcf.toml"]);
        command.args(flag.map(|flag| format!("--source-partition-key={flag}")));
        command.envs(variable.map(|text| ("RCF_SOURCE_PARTITION_KEY", text)));
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", stderr(&output));
        let line = stdout(&output).lines().next().unwrap().to_owned();
        let result: serde_json::Value = serde_json::from_str(&line).unwrap();
        result["key"].as_str().unwrap().to_owned()
    };
    assert_eq!(keys(None, None), "file");
    assert_eq!(keys(Some("variable"), None), "variable");
    assert_eq!(keys(Some("variable"), Some("flag")), "flag");
}

#[test]
fn unknown_settings_are_errors_with_a_suggestion() {
    let folder = folder();
    let config = "[source]\nkind = \"sine\"\ncount = 2\n\n[forrest]\nseed = 1\n";
    fs::write(folder.path().join("rcf.toml"), config).unwrap();
    let error = fail(folder.path(), 78, &["run", "--config", "rcf.toml"]);
    assert!(
        error.contains("rcf.toml, line 6: unknown setting \"forrest.seed\"")
            && error.contains("did you mean \"forest.seed\"?"),
        "{error}"
    );
    let error = fail(folder.path(), 78, &["run", "--source-type", "sine"]);
    assert!(
        error.contains("similar argument exists: '--source-kind'"),
        "{error}"
    );
    let output = rcf()
        .args(["run"])
        .env("RCF_FORREST_SEED", "1")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(78));
    assert!(
        stderr(&output).contains("RCF_FOREST_SEED"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn check_runs_nothing() {
    let folder = folder();
    let flags = [
        "run",
        "--check",
        "--source-kind",
        "sine",
        "--sink-path",
        "out",
    ];
    let output = run(folder.path(), &flags);
    assert!(output.status.success() && stdout(&output).is_empty());
    assert!(
        stderr(&output).ends_with("rcf: ok\n"),
        "{}",
        stderr(&output)
    );
    assert!(!folder.path().join("out").exists());
    fail(
        folder.path(),
        78,
        &[
            "run",
            "--check",
            "--source-kind",
            "sine",
            "--source-path",
            "x",
        ],
    );
}

#[test]
fn help_and_version_are_data() {
    let folder = folder();
    assert!(succeed(folder.path(), &["--version"]).starts_with("rcf "));
    assert!(succeed(folder.path(), &["run", "--help"]).contains("--forest-sample-size"));
}

#[cfg(unix)]
#[test]
fn a_closed_pipe_is_one_line() {
    let mut child = rcf()
        .args(["generate", "sine"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert_eq!(lines.next().unwrap().unwrap(), "10");
    drop(lines); // as `head` does
    let output = child.wait_with_output().unwrap();
    assert_eq!(
        (output.status.code(), stderr(&output).as_str()),
        (
            Some(1),
            "rcf: the reader of the output has gone away; results that it did not read are not \
             committed\n"
        )
    );
}
