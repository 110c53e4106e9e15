//! The guide is correct: its configurations are accepted, its commands run.

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use support::{run, stderr, succeed};

fn docs() -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs")).to_owned()
}

/// The pages with their names.
fn pages() -> Vec<(String, String)> {
    let guide = fs::read_dir(docs().join("guide")).unwrap();
    let mut paths: Vec<_> = guide.map(|entry| entry.unwrap().path()).collect();
    paths.push(docs().join("program.md"));
    paths.retain(|path| path.extension().is_some_and(|it| it == "md"));
    let page = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        (name, fs::read_to_string(path).unwrap())
    };
    paths.iter().map(page).collect()
}

/// The content of the code blocks of a page in this language.
fn blocks<'a>(page: &'a str, language: &str) -> Vec<&'a str> {
    let fence = format!("```{language}\n");
    let block = |(start, _)| {
        let rest = &page[start + fence.len()..];
        rest.split("```").next().unwrap_or(rest)
    };
    page.match_indices(&fence).map(block).collect()
}

#[test]
fn configurations_are_accepted() {
    let folder = tempfile::tempdir().unwrap();
    let record = "{\"sensor\":\"a\",\"temperature\":20.5,\"pressure\":990}\n";
    fs::write(folder.path().join("readings.jsonl"), record.repeat(3)).unwrap();
    let mut count = 0;
    for (name, page) in pages() {
        for block in blocks(&page, "toml") {
            fs::write(folder.path().join("rcf.toml"), block).unwrap();
            let output = run(folder.path(), &["run", "--check", "--config", "rcf.toml"]);
            // A build without them reads the whole configuration before it reports this.
            let lacks = [
                (cfg!(feature = "kinesis"), "kinesis", "stream"),
                (cfg!(feature = "kafka"), "kafka", "brokers"),
            ];
            let lacking = lacks.iter().find(|(is_built, kind, next)| {
                !is_built && block.contains(&format!("kind = \"{kind}\"\n{next}"))
            });
            if let Some((_, kind, _)) = lacking {
                assert_eq!(output.status.code(), Some(78), "{name}");
                assert!(stderr(&output).contains(&format!("--features {kind}")));
            } else {
                assert!(output.status.success(), "{name}: {}", stderr(&output));
            }
            count += 1;
        }
    }
    assert!(count >= 6, "{count}");
}

/// Each page in its own folder, which begins with the data of the guide.
#[test]
fn the_commands_run() {
    let program = Path::new(env!("CARGO_BIN_EXE_rcf"));
    let path = std::env::var("PATH").unwrap_or_default();
    let path = format!("{}:{path}", program.parent().unwrap().display());
    let mut count = 0;
    for (name, page) in pages() {
        let folder = tempfile::tempdir().unwrap();
        for entry in fs::read_dir(docs().join("guide/data")).unwrap() {
            let entry = entry.unwrap();
            fs::copy(entry.path(), folder.path().join(entry.file_name())).unwrap();
        }
        let commands = blocks(&page, "sh").into_iter().flat_map(str::lines);
        for command in commands.filter(|line| line.starts_with("rcf ")) {
            let output = Command::new("sh")
                .args(["-c", command])
                .current_dir(folder.path())
                .env("PATH", &path)
                .output()
                .unwrap();
            assert!(
                output.status.success(),
                "{name}: {command}: {}",
                stderr(&output)
            );
            count += 1;
        }
    }
    assert!(count >= 9, "{count}");
}

#[test]
fn the_beat_that_is_missing_is_found_with_a_shingle_of_one_beat() {
    let data = docs().join("guide/data");
    let reported = |shingle: &str| -> Vec<usize> {
        let flags = [
            "score",
            "heartbeat.csv",
            "--column",
            "voltage",
            "--only-anomalies",
        ];
        let text = succeed(&data, &[&flags[..], &["--shingle-size", shingle]].concat());
        let line = |line: &str| {
            let result: serde_json::Value = serde_json::from_str(line).unwrap();
            result["sequence"].as_str().unwrap().parse().unwrap()
        };
        text.lines().map(line).collect()
    };
    let is_missing = |line: &usize| (642..658).contains(line);
    for shingle in ["16", "1"] {
        let reported = reported(shingle);
        assert!(reported.iter().any(is_missing), "{shingle}: {reported:?}");
    }
}
