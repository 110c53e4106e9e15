//! Categories among the inputs: columns of text, judged by how surprising they are.

mod support;

use std::fs;
use std::path::Path;

use serde_json::Value;
use support::{fail, run, stderr, succeed, units};

const COUNT: usize = 2_000;
const RARE: usize = 1_700;

/// Requests: a steady load and common methods, with one method that is otherwise unused.
fn requests() -> String {
    let mut text = "at,method,status,load\n".to_owned();
    let numbers: Vec<f64> = units(5).take(2 * COUNT).collect();
    for (n, pair) in numbers.chunks(2).enumerate() {
        let method = match pair[0] {
            _ if n == RARE => "TRACE",
            it if it < 0.3 => "POST",
            _ => "GET",
        };
        let (hour, minute) = (n / 60 % 24, n % 60);
        let day = 1 + n / 1_440;
        text += &format!(
            "2026-03-{day:02}T{hour:02}:{minute:02}:00Z,{method},ok,{:.3}\n",
            pair[1]
        );
    }
    text
}

fn lines(text: &str) -> Vec<Value> {
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn a_category_that_nobody_uses_is_found_in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    fs::write(path.join("in.csv"), requests()).unwrap();
    let flags = ["in.csv", "--categorical", "method"];
    let output = run(path, &[&["score", "--only-anomalies"], &flags[..]].concat());
    let messages = stderr(&output);
    assert!(
        messages.starts_with("rcf: judged: load, surprise of method; time: at (RFC 3339)"),
        "{messages}"
    );
    let found = lines(&support::stdout(&output));
    let line = (RARE + 2).to_string();
    let rare = found.iter().find(|it| it["sequence"] == line.as_str());
    let rare = rare.unwrap_or_else(|| panic!("{found:?}"));
    assert_eq!(rare["category"], serde_json::json!({"method": "TRACE"}));
    let why = rare["explanation"].as_str().unwrap();
    assert!(why.starts_with("surprise of method was "), "{why}");
    assert!(found.len() <= 3, "{found:?}");

    // The same in CSV: the surprise among the values, and the category after them.
    let csv = succeed(path, &[&["score", "--format", "csv"], &flags[..]].concat());
    let header = "id,timestamp,key,load,surprise of method,method,score,";
    assert!(csv.starts_with(header), "{csv:.200}");
    let row = csv.lines().nth(RARE + 1).unwrap();
    assert_eq!(row.split(',').nth(5), Some("TRACE"), "{row}");

    // A rule calls the input by its name, in quotes.
    let rule = ["--rules", "when \"surprise of method\" < 30"];
    let output = run(
        path,
        &[&["score", "--only-anomalies"], &flags[..], &rule].concat(),
    );
    assert!(output.status.success(), "{}", stderr(&output));
    let suppressed = stderr(&output).contains(" ignored by a rule (--rules)");
    assert!(
        suppressed && output.stdout.is_empty(),
        "{}",
        stderr(&output)
    );

    // Without the flag, the error about the column names it.
    let output = run(path, &["score", "in.csv"]);
    let remedy = "\"method\" (text, 2 different: a --key or --categorical?)";
    assert!(stderr(&output).contains(remedy), "{}", stderr(&output));
    let error = fail(path, 78, &["score", "in.csv", "--categorical", "methd"]);
    assert!(error.contains("did you mean \"method\"?"), "{error}");

    // Other commands read the same; what suggest prints has the column.
    let page = [&["report", "--html", "page.html"], &flags[..]].concat();
    succeed(path, &page);
    let page = fs::read_to_string(path.join("page.html")).unwrap();
    assert!(page.contains("surprise of method was "));
    let suggested = succeed(path, &[&["suggest"], &flags[..]].concat());
    let command = "# rcf score in.csv --columns load --categorical method ";
    assert!(suggested.contains(command), "{suggested}");

    // A column of categories is enough.
    let only = [
        "score",
        "in.csv",
        "--categorical",
        "method",
        "--column",
        "load",
    ];
    succeed(path, &only);
    fs::write(path.join("only.csv"), "method\nGET\nGET\nPOST\n").unwrap();
    succeed(path, &["score", "only.csv", "--categorical", "method"]);
}

/// A pipeline over `in.jsonl`, with checkpoints.
fn pipeline(folder: &Path, flags: &[&str]) -> std::process::Output {
    let base = [
        "run",
        "--source-kind=file",
        "--source-path=in.jsonl",
        "--sink-path=out.jsonl",
        "--input-format=jsonl",
        "--input-values=load",
        "--input-optional-values=true",
    ];
    run(folder, &[&base[..], flags].concat())
}

#[test]
fn what_was_seen_is_part_of_the_checkpoint() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let text: String = requests()
        .lines()
        .skip(1)
        .enumerate()
        .map(|(n, line)| {
            let fields: Vec<&str> = line.split(',').collect();
            let (method, load) = (fields[1], fields[3]);
            match n % 100 {
                // Missing, null, and a number.
                7 => format!("{{\"load\":{load}}}\n"),
                8 => format!("{{\"load\":{load},\"method\":null}}\n"),
                9 => format!("{{\"load\":{load},\"method\":204}}\n"),
                _ => format!("{{\"load\":{load},\"method\":\"{method}\"}}\n"),
            }
        })
        .collect();
    let with = ["--input-categorical=method"];
    let checkpoints = [&with[..], &["--checkpoint-directory=state"]].concat();
    let out = path.join("out.jsonl");

    fs::write(path.join("in.jsonl"), &text).unwrap();
    let output = pipeline(path, &with);
    assert!(output.status.success(), "{}", stderr(&output));
    let expected = fs::read_to_string(&out).unwrap();
    let results = lines(&expected);
    assert_eq!(results.len(), COUNT);
    let rare = &results[RARE];
    assert_eq!(rare["category"]["method"], "TRACE");
    assert!(rare["grade"].as_f64() > Some(0.0), "{rare}");
    assert_eq!(results[109]["category"]["method"], "204");
    assert_eq!(results[108]["category"]["method"], Value::Null);
    assert_eq!(results[108]["value"][1], Value::Null);

    // Stopped in the middle and continued, it writes the same bytes.
    fs::remove_file(&out).unwrap();
    let cut = text.match_indices('\n').nth(1_650).unwrap().0 + 1;
    fs::write(path.join("in.jsonl"), &text[..cut]).unwrap();
    assert!(pipeline(path, &checkpoints).status.success());
    fs::write(path.join("in.jsonl"), &text).unwrap();
    let output = pipeline(path, &checkpoints);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(stderr(&output).contains("continuing from a checkpoint"));
    assert_eq!(fs::read_to_string(&out).unwrap(), expected);

    // Other categories are other models.
    let output = pipeline(path, &["--checkpoint-directory=state"]);
    assert_eq!(output.status.code(), Some(78));
    assert!(
        stderr(&output).contains("input.categorical was"),
        "{}",
        stderr(&output)
    );
    let inspected = succeed(path, &["inspect", "state", "--keys"]);
    assert!(inspected.contains("detector"), "{inspected}");
}
