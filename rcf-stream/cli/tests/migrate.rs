//! From an application of Kinesis Data Analytics for SQL to its results, with the shipped program.

mod support;

use std::fs;

use serde_json::Value;
use support::{fail, run, stderr, stdout, succeed};

const SQL: &str = r#"
CREATE OR REPLACE STREAM "OUT" ("SYSTOLIC" DOUBLE, "pulse" INTEGER, "LEVEL" VARCHAR(9),
    "ANOMALY_SCORE" DOUBLE, "WHY" VARCHAR(1000));
CREATE OR REPLACE PUMP "P" AS INSERT INTO "OUT"
SELECT STREAM "SYSTOLIC", "PULSE", "LEVEL", ANOMALY_SCORE, ANOMALY_EXPLANATION
FROM TABLE(RANDOM_CUT_FOREST_WITH_EXPLANATION(
    CURSOR(SELECT STREAM "SYSTOLIC", "PULSE", "LEVEL" FROM "SOURCE_SQL_STREAM_001"),
    100, 256, 100000, 1, true))
ORDER BY ROWTIME;
"#;

/// The resulting configuration, with files instead of streams.
fn migrated(folder: &std::path::Path) -> String {
    fs::write(folder.join("app.sql"), SQL).unwrap();
    let output = run(folder, &["migrate", "kda-sql", "app.sql"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(
        stderr(&output),
        "app.sql: not carried over: line 9: ORDER BY ROWTIME: results come in the order of the \
         records\n"
    );
    let toml = stdout(&output)
        .replacen(
            "kind = \"kinesis\"",
            "kind = \"file\"\npath = \"in.jsonl\"",
            1,
        )
        .replacen(
            "kind = \"kinesis\"",
            "kind = \"file\"\npath = \"out.jsonl\"",
            1,
        );
    fs::write(folder.join("rcf.toml"), &toml).unwrap();
    toml
}

#[test]
fn results_have_the_columns_and_the_formats_of_the_retired_service() {
    let folder = tempfile::tempdir().unwrap();
    let records: String = (0..600)
        .map(|n| {
            let (systolic, level) = if n == 590 {
                (250, "HIGH")
            } else {
                (100 + n * 7 % 20, "NORMAL")
            };
            format!(
                "{{\"LEVEL\":\"{level}\",\"PULSE\":{},\"SYSTOLIC\":{systolic}.0}}\n",
                60 + n * 5 % 11
            )
        })
        .collect();
    fs::write(folder.path().join("in.jsonl"), records).unwrap();
    migrated(folder.path());
    succeed(folder.path(), &["run", "--config", "rcf.toml"]);

    let rows = fs::read_to_string(folder.path().join("out.jsonl")).unwrap();
    let rows: Vec<&str> = rows.lines().collect();
    assert_eq!(rows.len(), 600);
    let zeros = r#"{\"SYSTOLIC\":{\"DIRECTION\":\"LOW\",\"STRENGTH\":\"0.0000\",\"ATTRIBUTION_SCORE\":\"0.0000\"},"#;
    let first = format!(
        r#"{{"SYSTOLIC":100.0,"pulse":60,"LEVEL":"NORMAL","ANOMALY_SCORE":0.0,"WHY":"{zeros}"#
    );
    assert!(rows[0].starts_with(&first), "{}", rows[0]);

    let mut scores = Vec::new();
    for row in &rows {
        let row: Value = serde_json::from_str(row).unwrap();
        let score = row["ANOMALY_SCORE"].as_f64().unwrap();
        let why: Value = serde_json::from_str(row["WHY"].as_str().unwrap()).unwrap();
        let share = |name: &str| -> f64 {
            let text = why[name]["ATTRIBUTION_SCORE"].as_str().unwrap();
            assert_eq!(
                text.split_once('.').unwrap().1.len(),
                4,
                "four decimals: {text}"
            );
            text.parse().unwrap()
        };
        let total = share("SYSTOLIC") + share("pulse");
        assert!((score - total).abs() <= 1e-4, "{score} {total}");
        scores.push((score, why));
    }
    let (score, why) = &scores[590];
    let highest = scores.iter().map(|(score, _)| *score).fold(0.0, f64::max);
    assert_eq!(*score, highest);
    assert_eq!(why["SYSTOLIC"]["DIRECTION"], "HIGH");
}

#[test]
fn results_as_csv_and_only_high_ones() {
    let folder = tempfile::tempdir().unwrap();
    let config = r#"
        compat = "kda-sql"
        [source]
        kind = "file"
        path = "in.csv"
        [input]
        format = "csv"
        values = ["x"]
        [output]
        format = "csv"
        columns = ["who", "x AS value", "ANOMALY_SCORE"]
        score_above = 2.0
        "#;
    fs::write(folder.path().join("rcf.toml"), config).unwrap();
    let mut input = "x,who\n".to_owned();
    (0..400)
        .for_each(|n| input += &format!("{}.50,\"a,b\"\n", if n == 399 { 900 } else { n % 10 }));
    fs::write(folder.path().join("in.csv"), input).unwrap();
    let rows = succeed(folder.path(), &["run", "--config", "rcf.toml"]);
    let (header, row) = rows.split_once('\n').unwrap();
    assert_eq!(header, "who,value,ANOMALY_SCORE");
    assert!(row.starts_with("\"a,b\",900.5,"), "{row}");
    assert_eq!(row.lines().count(), 1);
}

#[test]
fn errors_name_the_problem() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("app.sql"), "SELECT 1").unwrap();
    let error = fail(folder.path(), 78, &["migrate", "kda-sql", "app.sql"]);
    assert!(
        error.contains("app.sql: no pump selects FROM TABLE(RANDOM_CUT_FOREST("),
        "{error}"
    );
    for (flags, expected) in [
        (
            &["--output-columns", "x"][..],
            "output.columns has no effect with no compat",
        ),
        (
            &["--compat", "kda-sql", "--output-attribution", "true"],
            "output.attribution has no effect with compat",
        ),
        (
            &["--compat", "kda-sql", "--output-columns", "x,y AS x"],
            "output.columns names \"x\" twice",
        ),
    ] {
        let all = [&["run", "--check", "--source-kind", "sine"][..], flags].concat();
        let error = fail(folder.path(), 78, &all);
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn completions_are_scripts() {
    let folder = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish"] {
        let script = succeed(folder.path(), &["completions", shell]);
        assert!(script.contains("kda-sql"), "{shell}");
    }
}

/// The description of an application with these types of its columns.
fn description(types: [&str; 3]) -> String {
    let column = |name: &str, sql_type: &str| serde_json::json!({"Name": name, "Mapping": format!("$.{name}"), "SqlType": sql_type});
    let sql = "CREATE STREAM OUT_STREAM (\"rate\" INTEGER, \"code\" VARCHAR(9), \"price\" DOUBLE, \
               ANOMALY_SCORE DOUBLE); CREATE PUMP P AS INSERT INTO OUT_STREAM SELECT STREAM \
               \"rate\", \"code\", \"price\", ANOMALY_SCORE FROM TABLE(RANDOM_CUT_FOREST(CURSOR(\
               SELECT STREAM * FROM \"SOURCE_SQL_STREAM_001\")));";
    let [rate, code, price] = types;
    serde_json::json!({
        "InputDescriptions": [{
            "InAppStreamNames": ["SOURCE_SQL_STREAM_001"],
            "KinesisStreamsInputDescription": {"ResourceARN": "arn:aws:kinesis:eu-west-1:1:stream/s"},
            "InputSchema": {
                "RecordFormat": {"RecordFormatType": "JSON"},
                "RecordColumns": [column("rate", rate), column("code", code), column("price", price)],
            },
        }],
        "TextContent": sql,
    })
    .to_string()
}

#[test]
fn numbers_in_text_follow_the_schema() {
    let run_with = |types: [&str; 3], quote: &str| {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("app.json"), description(types)).unwrap();
        let output = run(folder.path(), &["migrate", "kda-sql", "app.json"]);
        let toml: String = stdout(&output)
            .lines()
            .filter(|line| !line.starts_with("region") && !line.starts_with("kind"))
            .map(|line| match line {
                "[source]" => "[source]\nkind = \"file\"\npath = \"in.jsonl\"\n".to_owned(),
                "[sink]" => "[sink]\nkind = \"file\"\npath = \"out.jsonl\"\n".to_owned(),
                line if line.starts_with("stream") || line.starts_with("# stream") => String::new(),
                line => format!("{line}\n"),
            })
            .collect();
        fs::write(folder.path().join("rcf.toml"), toml).unwrap();
        let record = |n: u32| {
            let (rate, price) = (60 + n * 5 % 11, n * 3 % 7);
            format!(
                "{{\"rate\":{quote}{rate}{quote},\"code\":\"{n}\",\"price\":{quote}{price}.5{quote}}}\n"
            )
        };
        fs::write(
            folder.path().join("in.jsonl"),
            (0..400).map(record).collect::<String>(),
        )
        .unwrap();
        succeed(folder.path(), &["run", "--config", "rcf.toml"]);
        let results = fs::read_to_string(folder.path().join("out.jsonl")).unwrap();
        let results: Vec<Value> = results
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(results.len(), 400);
        (results, stderr(&output))
    };
    // A column of numbers is read from text as well, and is a number in results; digits in a
    // column of text are not scored.
    let types = ["INTEGER", "VARCHAR(9)", "DOUBLE"];
    let (numbers, notes) = run_with(types, "");
    assert_eq!(notes, "");
    assert_eq!(run_with(types, "\"").0, numbers);
    assert_eq!(
        (&numbers[7]["rate"], &numbers[7]["code"]),
        (&62.into(), &"7".into())
    );
    assert_eq!(numbers[7]["price"], 0.5);
    // The function did not score decimals.
    let (_, notes) = run_with(["INTEGER", "VARCHAR(9)", "DECIMAL(5,2)"], "");
    assert!(notes.contains("the type of price is DECIMAL(5,2), which the function did not score"));
}
