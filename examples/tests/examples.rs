//! Runs every example and reads its last line.

use std::path::PathBuf;
use std::process::Command;

/// Where cargo puts the examples: next to the folder that holds this test.
fn program(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a test knows its own path");
    let folder = test
        .parent()
        .and_then(|deps| deps.parent())
        .expect("target/PROFILE/deps");
    folder
        .join("examples")
        .join(name)
        .with_extension(std::env::consts::EXE_EXTENSION)
}

fn assert_last_line(name: &str, expected: &str) {
    let program = program(name);
    assert!(
        program.exists(),
        "{} is not built: run `cargo test -p rcf-examples` without --test, or `cargo build --examples`",
        program.display()
    );
    let output = Command::new(program)
        .output()
        .expect("an example can be started");
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(
        text.lines().last(),
        Some(expected),
        "{name} printed:\n{text}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(
        output.status.success(),
        "{name} printed a pass, but ended with {}",
        output.status
    );
}

#[test]
fn sine_wave() {
    assert_last_line(
        "sine_wave",
        "PASS: 19 of 19 dropped points above every normal point",
    );
}

#[test]
fn which_input() {
    assert_last_line(
        "which_input",
        "PASS: 6 of 6 faults traced to sensor and direction",
    );
}

#[test]
fn unusual_shape() {
    assert_last_line(
        "unusual_shape",
        "PASS: the standstill stands out with shingle sizes [20] of [1, 20]",
    );
}

#[test]
fn whole_array() {
    assert_last_line(
        "whole_array",
        "PASS: 3 of 3 strange rows at the top of the list",
    );
}

#[test]
fn depth_quantile() {
    assert_last_line(
        "depth_quantile",
        "PASS: the median depth of 2 of 2 outliers is below that of a usual value",
    );
}

#[test]
fn strange_lines() {
    assert_last_line(
        "strange_lines",
        "PASS: 3 of 3 strange lines found, 0 others",
    );
}

#[test]
fn save_and_restore() {
    assert_last_line(
        "save_and_restore",
        "PASS: 2000 of 2000 scores equal to the last bit after the restart",
    );
}
