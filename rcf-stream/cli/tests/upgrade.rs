//! Checkpoints written by earlier releases can be continued, listed and restored.

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use support::{fail, run, stderr, succeed};

/// Records before the newest checkpoint of a fixture, and before the previous one.
const CONSUMED: [usize; 2] = [80, 40];

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// A folder as the earlier release left it, and all results that it would have written.
struct Left {
    folder: tempfile::TempDir,
    output: &'static str,
    expected: String,
}

impl Left {
    fn by(release: &Path, name: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        copy(&release.join(name), folder.path());
        let csv = folder.path().join("expected.csv").exists();
        let (expected, output) = match csv {
            true => ("expected.csv", "out.csv"),
            false => ("expected.jsonl", "out.jsonl"),
        };
        let expected = fs::read_to_string(folder.path().join(expected)).unwrap();
        let header = usize::from(csv);
        let written: String = expected
            .split_inclusive('\n')
            .take(header + CONSUMED[0])
            .collect();
        fs::write(folder.path().join(output), written).unwrap();
        Self {
            folder,
            output,
            expected,
        }
    }

    fn results(&self) -> String {
        fs::read_to_string(self.folder.path().join(self.output)).unwrap()
    }

    /// Continues to the end of the input, and returns the results.
    fn go_on(&self) -> String {
        succeed(self.folder.path(), &["run", "--config", "rcf.toml"]);
        self.results()
    }
}

/// The committed release, and one that was just built if a script names it.
fn releases() -> Vec<PathBuf> {
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/checkpoints/0.1.0");
    let built = std::env::var_os("RCF_UPGRADE_FROM").map(PathBuf::from);
    [committed].into_iter().chain(built).collect()
}

/// The ids and, where the models are unchanged, the scores.
fn ids_and_scores(results: &str) -> Vec<(String, serde_json::Value)> {
    let read = |line: &str| {
        let result: serde_json::Value = serde_json::from_str(line).unwrap();
        let id = result["id"].as_str().unwrap().to_owned();
        (id, result["score"].clone())
    };
    results.lines().map(read).collect()
}

#[test]
fn forests_continue_bit_for_bit() {
    for release in releases() {
        let left = Left::by(&release, "forest");
        let results = left.go_on();
        assert_eq!(ids_and_scores(&results), ids_and_scores(&left.expected));
        let left = Left::by(&release, "kda");
        assert_eq!(left.go_on(), left.expected);
    }
}

#[test]
fn detectors_continue() {
    for release in releases() {
        let left = Left::by(&release, "detector");
        let before = left.results();
        let results = left.go_on();
        assert!(results.starts_with(&before), "results were written again");
        let ids = |results: &str| -> Vec<String> {
            ids_and_scores(results).into_iter().map(|it| it.0).collect()
        };
        assert_eq!(ids(&results), ids(&left.expected));
    }
}

#[test]
fn a_refusal_lists_only_what_differs_with_both_values() {
    let left = Left::by(&releases()[0], "detector");
    let run = |more: &[&str]| {
        let arguments = [&["run", "--config", "rcf.toml"], more].concat();
        fail(left.folder.path(), 78, &arguments)
    };
    let error = run(&["--detector-silence", "6", "--forest-seed", "8"]);
    assert!(
        error.contains(
            "other settings: forest.seed was 7 and is now 8, operator.detector.silence was 5 and \
             is now 6. Restore these settings"
        ),
        "{error}"
    );
    let error = run(&["--detector-learning", "always"]);
    assert!(
        error.contains(
            "operator.detector.learning was \"skip\" and is now \"always\", \
             operator.detector.learning.patience was 20 and is now not set. Restore"
        ),
        "{error}"
    );
}

#[test]
fn going_back_is_a_command() {
    for release in releases() {
        let left = Left::by(&release, "forest");
        let folder = left.folder.path();
        let list = || succeed(folder, &["checkpoints", "list", "state"]);
        let listed = list();
        assert!(listed.starts_with("rcf over in.csv\n"), "{listed}");
        assert!(
            listed.contains("         1  40 records, 2 models"),
            "{listed}"
        );
        assert!(
            listed.contains("*        2  80 records, 2 models"),
            "{listed}"
        );
        let verified = succeed(folder, &["checkpoints", "verify", "state"]);
        assert_eq!(verified.matches(", whole\n").count(), 2, "{verified}");

        let error = fail(folder, 1, &["checkpoints", "rollback", "7", "state"]);
        assert!(
            error.contains("has no checkpoint 7; it has 1, 2"),
            "{error}"
        );
        for number in ["1", "2", "1"] {
            succeed(folder, &["checkpoints", "rollback", number, "state"]);
            assert!(
                list().contains(&format!("*        {number}  ")),
                "{}",
                list()
            );
        }
        // The file of results is truncated to this position, and everything after it is written
        // again.
        let results = left.go_on();
        assert_eq!(ids_and_scores(&results), ids_and_scores(&left.expected));
        let listed = list();
        assert!(listed.contains("*        2  120 records"), "{listed}");
    }
}

#[test]
fn a_checkpoint_that_is_damaged_is_found_and_never_gone_back_to() {
    let left = Left::by(&releases()[0], "forest");
    let folder = left.folder.path();
    let models = folder.join("state/rcf/in.csv/models");
    for entry in fs::read_dir(models).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name.starts_with("00000000000000000001-") {
            let mut bytes = fs::read(&path).unwrap();
            bytes[100] ^= 1;
            fs::write(&path, bytes).unwrap();
        }
    }
    let verified = run(folder, &["checkpoints", "verify", "state"]);
    assert_eq!(verified.status.code(), Some(1));
    let error = stderr(&verified);
    assert!(error.contains("cannot be used: checkpoint 1\n"), "{error}");
    let error = fail(folder, 1, &["checkpoints", "rollback", "1", "state"]);
    assert!(error.contains("it is damaged: checksum"), "{error}");
    let listed = succeed(folder, &["checkpoints", "list", "state"]);
    assert!(listed.contains("*        2  "), "{listed}");
}
