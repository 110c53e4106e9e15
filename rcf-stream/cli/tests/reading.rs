//! Files as users have them: how `rcf score` interprets each, and that it finds the anomaly.
//! Every dialect is read by unit tests of `rcf_stream::reading`.

mod support;

use std::fs;
use std::path::Path;

use rand::{RngExt, SeedableRng};
use rand_xoshiro::SplitMix64;
use support::{fail, run, stderr, stdout, succeed};

const COUNT: usize = 600;
const SPIKE: usize = 501;

/// A noisy wave with one spike, one record per minute.
fn rows() -> impl Iterator<Item = (String, f64)> {
    let mut random = SplitMix64::seed_from_u64(1);
    (0..COUNT).map(move |n| {
        let wave = 50.0 + 10.0 * (n as f64 / 12.0).sin() + random.random_range(0.0..0.5);
        let value = if n == SPIKE {
            120.0
        } else {
            (wave * 1000.0).round() / 1000.0
        };
        let minute = 22 * 60 + 13 + n;
        let (day, minute) = (14 + minute / 1440, minute % 1440);
        (
            format!("2023-11-{day}T{:02}:{:02}:20Z", minute / 60, minute % 60),
            value,
        )
    })
}

fn csv(header: &str, row: impl Fn(usize, &str, f64) -> String) -> String {
    let lines = rows()
        .enumerate()
        .map(|(n, (time, value))| row(n, &time, value) + "\n");
    format!("{header}\n{}", lines.collect::<String>())
}

fn comma(value: f64) -> String {
    format!("{value:.3}").replace('.', ",")
}

/// Scores a file; returns the line about the detected format and the records of the anomalies.
/// The other commands understand the same.
fn score(name: &str, bytes: &[u8], flags: &[&str]) -> (String, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(name), bytes).unwrap();
    let arguments = [&["score", name, "--only-anomalies"], flags].concat();
    let output = run(folder.path(), &arguments);
    assert!(output.status.success(), "{name}: {}", stderr(&output));
    let messages = stderr(&output);
    let mut lines = messages
        .lines()
        .filter_map(|line| line.strip_prefix("rcf: "));
    let understood = lines.next().unwrap().to_owned();
    let last = lines.next_back().unwrap();
    assert!(last.starts_with("600 records, "), "{name}: {last}");
    assert!(last.contains(" not judged: --warm-up"), "{name}: {last}");
    for others in [
        &["suggest", name][..],
        &["report", name, "--html", "page.html"],
    ] {
        let output = run(folder.path(), &[others, flags].concat());
        assert!(output.status.success(), "{others:?}: {}", stderr(&output));
        let line = stderr(&output).lines().next().map(str::to_owned);
        assert_eq!(line, Some(format!("rcf: {understood}")), "{others:?}");
    }
    let sequence = |line: &str| {
        let result: serde_json::Value = serde_json::from_str(line).unwrap();
        result["sequence"].as_str().unwrap().to_owned()
    };
    (understood, stdout(&output).lines().map(sequence).collect())
}

/// The spike, at this line or position, is the only report or the first of few.
fn finds(name: &str, bytes: &[u8], flags: &[&str], judged: &str, place: usize) {
    let (understood, anomalies) = score(name, bytes, flags);
    assert!(
        understood.starts_with(&format!("judged: {judged}; ")),
        "{name}: {understood}"
    );
    assert!(
        anomalies.contains(&place.to_string()),
        "{name}: {anomalies:?}; {understood}"
    );
    assert!(anomalies.len() <= 4, "{name}: {anomalies:?}");
}

#[test]
fn formats_that_were_refused_or_misread() {
    let line = SPIKE + 2;
    let plain = csv("time,value", |_, time, value| format!("{time},{value}"));
    let german = csv("Zeit;Wert;Druck", |n, time, value| {
        let clock = &time[11..16];
        format!(
            "{}.11.2023 {clock};{};{}",
            &time[8..10],
            comma(value),
            comma(5.0 + (n % 7) as f64)
        )
    });
    finds("semicolon.csv", german.as_bytes(), &[], "Wert, Druck", line);
    let marked = format!("\u{feff}{plain}");
    let utf16: Vec<u8> = marked.encode_utf16().flat_map(u16::to_le_bytes).collect();
    finds("utf16.csv", &utf16, &[], "value", line);
    finds(
        "units.csv",
        plain.replacen("value\n", "value\nUTC,degC\n", 1).as_bytes(),
        &[],
        "value",
        line + 1,
    );
    finds(
        "mac.csv",
        plain.replace('\n', "\r").as_bytes(),
        &[],
        "value",
        line,
    );
    finds(
        "tabs.tsv",
        plain.replace(',', "\t").as_bytes(),
        &["--delimiter", "tab"],
        "value",
        line,
    );
    let twice = csv("time,value,value", |n, time, value| {
        format!("{time},{},{value}", n % 5)
    });
    finds("twice.csv", twice.as_bytes(), &[], "value, value_2", line);
    let late = csv("time,a,b", |n, time, value| {
        format!(
            "{time},{},{}",
            if n == 0 {
                String::new()
            } else {
                value.to_string()
            },
            n % 5
        )
    });
    finds("late.csv", late.as_bytes(), &[], "a, b", line);
    let pandas = csv(",value", |n, _, value| format!("{n},{value}"));
    finds("pandas.csv", pandas.as_bytes(), &[], "value", line);
}

#[test]
fn json_of_every_kind() {
    let object = |n: usize, _: &str, value: f64| format!("{{\"t\":{n},\"value\":{value}}}");
    let lines = csv("", object);
    let lines = lines.trim_start();
    finds("lines.jsonl", lines.as_bytes(), &[], "value", SPIKE + 1);
    let array = format!("[{}]", lines.trim_end().replace('\n', ", "));
    finds("array.json", array.as_bytes(), &[], "value", SPIKE + 1);
    finds(
        "concat.json",
        lines.replace('\n', "").as_bytes(),
        &[],
        "value",
        SPIKE + 1,
    );
    let text = csv("", |n, _, value| {
        format!("{{\"t\":{n},\"value\":\"{value}\"}}")
    });
    finds(
        "text.jsonl",
        text.trim_start().as_bytes(),
        &[],
        "value",
        SPIKE + 1,
    );
    let nested = csv("", |_, time, value| {
        format!("{{\"ts\":\"{time}\",\"payload\":{{\"temp\":\"{value}\"}}}}")
    });
    finds(
        "nested.jsonl",
        nested.trim_start().as_bytes(),
        &[],
        "payload.temp",
        SPIKE + 1,
    );
    let dotted = csv("", |_, _, value| {
        format!("{{\"cpu.load\":{value},\"x\":1}}")
    });
    let flags = ["--column", "cpu.load"];
    finds(
        "dotted.jsonl",
        dotted.trim_start().as_bytes(),
        &flags,
        "cpu.load",
        SPIKE + 1,
    );
}

#[test]
fn words_for_missing_values_are_missing() {
    for token in ["NA", "N/A", "NaN", "null", "None", "-", "?", "#N/A", ""] {
        let text = csv("time,value", |n, time, value| match n % 50 {
            7 => format!("{time},{token}"),
            _ => format!("{time},{value}"),
        });
        finds("na.csv", text.as_bytes(), &[], "value", SPIKE + 2);
    }
}

/// With the feature these are read, and damaged.
const PARQUET: &str = if cfg!(feature = "tables") {
    "it begins as Parquet, but is damaged"
} else {
    "it is a Parquet file, which this build does not read: build rcf with --features tables, or"
};
const ARROW: &str = if cfg!(feature = "tables") {
    "it begins as Arrow IPC, but is damaged"
} else {
    "it is an Arrow IPC file, which this build does not read: build rcf with --features tables, or"
};

#[test]
fn unreadable_formats_are_named_with_the_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let parquet: &[u8] = b"PAR1\x15\x04\x15";
    let wrapped = br#"{"Label":"CPU","Datapoints":[{"v":1},{"v":2}]}"#;
    let mixed = "a;b\n1,5;2.25\n2,5;3.25\n".as_bytes();
    for (name, bytes, status, expected) in [
        ("x.parquet", parquet, 1, PARQUET),
        ("x.arrow", b"ARROW1\0\0", 1, ARROW),
        ("x.json", wrapped, 78, "jq -c '.Datapoints[]'"),
        ("x.csv", mixed, 78, "--decimal comma"),
        (
            "y.csv",
            b"name,place\nx,y\n",
            78,
            "no column can be judged: \"name\" (text",
        ),
    ] {
        fs::write(folder.path().join(name), bytes).unwrap();
        let error = fail(folder.path(), status, &["score", name]);
        assert!(error.contains(expected), "{name}: {error}");
    }
}

#[test]
fn report_and_suggest_understand_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let text = csv("Zeit;Wert, kW;n", |n, time, value| {
        format!("{time};{};{n}", comma(value))
    });
    let name = "it's mine.csv";
    fs::write(folder.path().join(name), text).unwrap();
    let output = run(folder.path(), &["report", name, "--html", "page.html"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(
        stderr(&output).contains("judged: Wert, kW; time: Zeit"),
        "{}",
        stderr(&output)
    );

    // The output of suggest can be pasted, with the same effect.
    let text = succeed(folder.path(), &["suggest", name, "--on-bad-record", "skip"]);
    let command = text
        .lines()
        .find_map(|line| line.strip_prefix("# rcf score "))
        .unwrap();
    assert!(
        command.starts_with(r"'it'\''s mine.csv' --column 'Wert, kW'"),
        "{command}"
    );
    assert!(command.contains("--on-bad-record skip"), "{command}");
    let program = Path::new(env!("CARGO_BIN_EXE_rcf"));
    let script = format!("{} score {command} --only-anomalies", program.display());
    let output = std::process::Command::new("sh")
        .args(["-c", &script])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(
        stderr(&output).contains("judged: Wert, kW; "),
        "{}",
        stderr(&output)
    );
}

/// On a terminal, which `script` provides.
#[cfg(target_os = "linux")]
#[test]
fn a_terminal_gets_a_table_and_progress() {
    let folder = tempfile::tempdir().unwrap();
    let text = csv("time,value", |_, time, value| format!("{time},{value}"));
    fs::write(folder.path().join("in.csv"), text).unwrap();
    let command = format!("{} score in.csv", env!("CARGO_BIN_EXE_rcf"));
    let output = std::process::Command::new("script")
        .args(["--quiet", "--return", "--command", &command, "/dev/null"])
        .current_dir(folder.path())
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    assert!(output.status.success());
    let shown = stdout(&output);
    assert!(
        shown.contains(" % of ") && shown.contains(" left"),
        "{shown}"
    );
    let is_head = |line: &str| line.contains("record") && line.trim_end().ends_with("why");
    assert!(shown.lines().any(is_head), "{shown}");
    assert!(!shown.contains("{\"id\""), "{shown}");
    // In a pipe there are lines of JSON, and no progress.
    let piped = run(folder.path(), &["score", "in.csv"]);
    assert!(stdout(&piped).starts_with("{\"id\""));
    assert!(!stderr(&piped).contains(" left"), "{}", stderr(&piped));
}

#[test]
fn knobs_and_choices_of_the_output() {
    let folder = tempfile::tempdir().unwrap();
    let text = csv("time,value", |_, time, value| format!("{time},{value}"));
    fs::write(folder.path().join("in.csv"), text).unwrap();
    let score = |flags: &[&str]| succeed(folder.path(), &[&["score", "in.csv"], flags].concat());
    assert_eq!(score(&["--top", "3"]).lines().count(), 3);
    assert!(score(&["--top", "1"]).contains("\"sequence\":\"503\""));
    let graded = score(&["--min-grade", "0.01"]);
    assert_eq!(graded, score(&["--only-anomalies"]));
    let table = score(&["--format", "table"]);
    let lines: Vec<&str> = table.lines().collect();
    assert!(
        lines[0].contains("record") && lines[0].ends_with("why"),
        "{table}"
    );
    assert!(
        lines[1].starts_with("   503  2023-11-15T06:34:20Z"),
        "{table}"
    );
    assert!(lines[1].contains("value was"), "{table}");
    let count = |rate: &str| {
        score(&[
            "--only-anomalies",
            "--silence",
            "0",
            "--false-alarm-rate",
            rate,
        ])
        .lines()
        .count()
    };
    assert!(count("0.2") >= count("0.000001"));
    let always = score(&["--learning", "always"]);
    assert_ne!(always, score(&["--learning", "skip", "--patience", "9"]));
    fail(
        folder.path(),
        78,
        &["score", "in.csv", "--false-alarm-rate", "0"],
    );
}

#[cfg(unix)]
#[test]
fn an_interrupt_says_that_the_output_is_partial() {
    use std::io::{BufRead, BufReader, Write};
    use std::process::Stdio;

    let mut child = support::rcf()
        .args(["score", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    for n in 0..100 {
        writeln!(input, "{}.5", n % 7).unwrap();
    }
    input.flush().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap()).lines();
    output.next().unwrap().unwrap(); // it has begun
    let id = child.id().to_string();
    let sent = std::process::Command::new("kill")
        .args(["-INT", &id])
        .status();
    assert!(sent.unwrap().success());
    for line in output {
        line.unwrap();
    }
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", stderr(&output));
    assert!(
        stderr(&output).contains("the output is partial"),
        "{}",
        stderr(&output)
    );
    drop(input);
}

/// A pipeline over `in.csv`, with checkpoints.
fn pipeline(folder: &Path, flags: &[&str]) -> std::process::Output {
    let base = [
        "run",
        "--source-kind=file",
        "--source-path=in.csv",
        "--sink-path=out.jsonl",
        "--checkpoint-directory=state",
    ];
    run(folder, &[&base[..], flags].concat())
}

fn results(folder: &Path) -> Vec<serde_json::Value> {
    let text = fs::read_to_string(folder.join("out.jsonl")).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Units and the columns of a time are part of what a run keeps, also where columns are named.
#[test]
fn a_run_keeps_units_and_columns_of_times() {
    let text = csv("date,time,took", |_, time, value| {
        let clock: u32 = time[11..16].replace(':', "").parse().unwrap();
        let took = match value < 45.0 {
            true => format!("{value}ms"),
            false => format!("{}s", value / 1000.0),
        };
        format!("{},{clock},{took}", time[..10].replace('-', ""))
    });
    let cut = text.match_indices('\n').nth(400).unwrap().0 + 1;
    let named = [
        "--input-values=took",
        "--input-timestamp=date",
        "--input-time-of-day=time",
        "--input-time-format=%Y%m%d %H%M",
    ];
    for flags in [&[][..], &named] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        for part in [&text[..cut], &text] {
            fs::write(path.join("in.csv"), part).unwrap();
            let output = pipeline(path, flags);
            assert!(output.status.success(), "{}", stderr(&output));
            let said = "took (s, other units converted); time: date and time (%Y%m%d %H%M)";
            let line = stderr(&output);
            assert!(line.contains(said) || part.len() > cut, "{line}");
        }
        let results = results(path);
        assert_eq!(results.len(), COUNT);
        assert_eq!(results[SPIKE]["value"], serde_json::json!([0.12]));
        assert_eq!(results[1]["timestamp"], "20231114 2214");
    }
}

#[test]
fn a_run_recognises_its_file_once_and_decides() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let text = csv("Zeit;Wert;Nr", |n, time, value| {
        format!("{time};{};{n}", comma(value))
    });
    let cut = text.match_indices('\n').nth(400).unwrap().0 + 1;
    fs::write(path.join("in.csv"), &text[..cut]).unwrap();
    let output = pipeline(path, &["--check"]);
    assert!(
        output.status.success() && stderr(&output).ends_with("rcf: ok\n"),
        "{}",
        stderr(&output)
    );
    assert!(!path.join("state").exists() && !path.join("out.jsonl").exists());

    let output = pipeline(path, &[]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(
        stderr(&output).contains("judged: Wert; time: Zeit (RFC 3339)"),
        "{}",
        stderr(&output)
    );
    let kept = path.join("state/rcf/in.csv/input.json");
    let first = fs::read(&kept).unwrap();

    // The second start uses the format that the first detected, regardless of the file now.
    fs::write(path.join("in.csv"), &text).unwrap();
    let output = pipeline(path, &[]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(
        stderr(&output).contains("continuing from a checkpoint"),
        "{}",
        stderr(&output)
    );
    assert_eq!(fs::read(&kept).unwrap(), first);
    let results = results(path);
    assert_eq!(results.len(), COUNT);
    assert_eq!(results[SPIKE]["value"], serde_json::json!([120.0]));
    assert!(
        results[SPIKE]["grade"].as_f64().unwrap() > 0.0,
        "{}",
        results[SPIKE]
    );

    // Another format is another input.
    let output = pipeline(path, &["--input-values=Nr"]);
    assert_eq!(output.status.code(), Some(78));
    assert!(
        stderr(&output).contains("input.values was"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn what_a_run_does_not_understand_is_named_with_the_settings_of_a_run() {
    let folder = tempfile::tempdir().unwrap();
    let semicolons = |value: &'static str| {
        csv("time;value", move |n, time, _| match n % 2 {
            0 => format!("{time};1{value}{n}"),
            _ => format!("{time};2.{n}"),
        })
    };
    let cases = [
        (semicolons(","), "choose one with --input-decimal comma"),
        (
            csv("kind,name", |n, _, _| format!("a{},b{n}", n % 3)),
            "3 different: a --input-key or --input-categorical?), \"name\" (text); name a numeric column with \
             --input-values",
        ),
    ];
    for (text, expected) in cases {
        fs::write(folder.path().join("in.csv"), text).unwrap();
        for flags in [&["--check"][..], &[]] {
            let output = pipeline(folder.path(), flags);
            assert_eq!(output.status.code(), Some(78), "{}", stderr(&output));
            assert!(stderr(&output).contains(expected), "{}", stderr(&output));
        }
    }
}

#[test]
fn scores_without_decisions_stay_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let text = csv("time,value", |_, time, value| format!("{time},{value}"));
    let cut = text.match_indices('\n').nth(300).unwrap().0 + 1;
    fs::write(path.join("in.csv"), &text[..cut]).unwrap();
    let output = pipeline(
        path,
        &["--detector-enabled=false", "--forest-sample-size=64"],
    );
    assert!(output.status.success(), "{}", stderr(&output));

    fs::write(path.join("in.csv"), &text).unwrap();
    for flags in [
        &["--forest-sample-size=64", "--check"][..],
        &["--forest-sample-size=64"],
    ] {
        let output = pipeline(path, flags);
        assert!(output.status.success(), "{}", stderr(&output));
        let warning = "the checkpoints hold scores without decisions";
        assert!(stderr(&output).contains(warning), "{}", stderr(&output));
    }
    let results = results(path);
    assert_eq!(results.len(), COUNT);
    assert!(results.iter().all(|result| result.get("grade").is_none()));
}

#[test]
fn a_check_opens_everything_that_a_run_opens() {
    let folder = tempfile::tempdir().unwrap();
    let output = pipeline(folder.path(), &["--check"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("in.csv"), "{}", stderr(&output));
    fs::write(folder.path().join("in.csv"), "name\nx\ny\n").unwrap();
    let output = pipeline(folder.path(), &["--check"]);
    assert_eq!(output.status.code(), Some(78));
    assert!(
        stderr(&output).contains("no column can be judged"),
        "{}",
        stderr(&output)
    );
    fs::write(folder.path().join("in.csv"), "v\n1\n2\n").unwrap();
    fs::create_dir(folder.path().join("out.jsonl")).unwrap(); // where a file should be
    let output = pipeline(folder.path(), &["--check"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("out.jsonl"), "{}", stderr(&output));
}

/// The judged columns, the time, and whether there is an anomaly, for the small files for which
/// users got wrong results. Other tests generate such files; this one reads the originals.
const CASES: &[(&str, &str, &str, bool)] = &[
    ("array.json", "value", "none", true),
    ("concat.json", "value", "none", true),
    ("dup_header.csv", "value, value_2", "time (RFC 3339)", true),
    ("first_missing.csv", "a, b", "time (RFC 3339)", true),
    ("gap_epoch.csv", "v", "t (seconds)", true),
    ("gap_epoch.jsonl", "v", "t (seconds)", true),
    ("gap_iso.csv", "v", "t (RFC 3339)", true),
    // Only noise.
    ("kda_str.jsonl", "payload.temp", "ts (RFC 3339)", false),
    ("na_NA.csv", "value", "time (RFC 3339)", true),
    ("na_dash.csv", "value", "time (RFC 3339)", true),
    ("na_null.csv", "value", "time (RFC 3339)", true),
    ("pandas_index.csv", "value", "none", true),
    ("sales53.csv", "sales", "none", false),
    (
        "semicolon.csv",
        "Wert, Druck",
        "Zeit (%d.%m.%Y %H:%M)",
        true,
    ),
    ("strnum.jsonl", "value", "none", true),
    ("t_clf.jsonl", "v", "t (%d/%b/%Y:%H:%M:%S %z)", true),
    ("t_dst_local.jsonl", "v", "t (RFC 3339)", true),
    ("t_dup.jsonl", "v", "t (RFC 3339)", true),
    ("t_epoch_s_str.jsonl", "v", "t (seconds)", true),
    ("t_eu.jsonl", "v", "t (%d.%m.%Y %H:%M)", true),
    ("t_us.jsonl", "v", "t (%m/%d/%Y %I:%M:%S %p)", true),
    ("ttl_s.jsonl", "v", "t (seconds)", false),
    ("ttl_us.jsonl", "v", "t (microseconds)", false),
    ("units.csv", "value", "time (RFC 3339)", true),
    ("utf16.csv", "value", "time (RFC 3339)", true),
];

#[test]
fn files_of_users_are_understood() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/cases");
    if !folder.exists() {
        eprintln!("skipped: {} is not there", folder.display());
        return;
    }
    for &(name, judged, time, has_anomaly) in CASES {
        let output = run(&folder, &["score", name, "--only-anomalies"]);
        let messages = stderr(&output);
        assert!(output.status.success(), "{name}: {messages}");
        let expected = format!("rcf: judged: {judged}; time: {time}; key: none; ");
        assert!(messages.starts_with(&expected), "{name}: {messages}");
        assert!(
            messages.contains(", 0 bad records; the first "),
            "{name}: {messages}"
        );
        assert!(!has_anomaly || !output.stdout.is_empty(), "{name}");
    }
    // A gap makes no difference between the formats.
    let scores = |name: &str| -> Vec<String> {
        let text = succeed(&folder, &["score", name, "--format", "jsonl"]);
        let score = |line: &str| {
            let row: serde_json::Value = serde_json::from_str(line).unwrap();
            row["score"].to_string()
        };
        text.lines().map(score).collect()
    };
    let first = scores("gap_epoch.csv");
    assert_eq!(scores("gap_epoch.jsonl"), first);
    assert_eq!(scores("gap_iso.csv"), first);
}
