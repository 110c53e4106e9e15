//! The guide to the program says what is true.

mod support;

use std::fs;

use support::{run, stderr, succeed};

const GUIDE: &str = include_str!("../../docs/program.md");

/// The content of the code blocks in this language.
fn blocks(language: &str) -> Vec<&'static str> {
    let fence = format!("```{language}\n");
    let starts = GUIDE.match_indices(&fence);
    let block = |(start, _)| {
        let rest: &'static str = &GUIDE[start + fence.len()..];
        rest.split("```").next().unwrap_or(rest)
    };
    starts.map(block).collect()
}

#[test]
fn configurations_are_accepted() {
    let blocks = blocks("toml");
    assert_eq!(blocks.len(), 3);
    let folder = tempfile::tempdir().unwrap();
    for block in blocks {
        fs::write(folder.path().join("rcf.toml"), block).unwrap();
        let output = run(folder.path(), &["run", "--check", "--config", "rcf.toml"]);
        // A build without Kinesis reads the whole configuration before it says so.
        let without_kinesis = block.contains("kinesis") && !cfg!(feature = "kinesis");
        if without_kinesis {
            assert_eq!(output.status.code(), Some(78));
            assert!(stderr(&output).contains("--features kinesis"));
        } else {
            assert!(output.status.success(), "{}", stderr(&output));
        }
    }
}

#[test]
fn the_file_commands_run() {
    let folder = tempfile::tempdir().unwrap();
    let commands = blocks("sh").into_iter().flat_map(str::lines);
    let commands: Vec<_> = commands.filter(|line| line.starts_with("rcf ")).collect();
    assert_eq!(commands.len(), 3);
    for command in commands {
        let arguments: Vec<_> = command.split_whitespace().skip(1).collect();
        assert_eq!(succeed(folder.path(), &arguments), "");
    }
    let scores = fs::read_to_string(folder.path().join("scores.csv")).unwrap();
    assert_eq!(
        scores.lines().count(),
        1001,
        "a header and a line for each record"
    );
}
