//! The program `compare` as CI uses it.

use std::process::{Command, Output};

fn compare(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_compare"))
        .args(["--workloads", "W1a", "--rounds", "2", "--points", "20"])
        .args(arguments)
        .output()
        .expect("the program can be started")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn it_prints_a_row_for_each_engine() {
    let output = compare(&["--op", "process,save"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let table = text(&output.stdout);
    for title in [
        "**Process: µs per point, median**",
        "**Save: times as fast as krcflib 4.0.2, median (lowest–highest)**",
    ] {
        assert!(table.contains(title), "no {title} in\n{table}");
    }
    for engine in [
        "| **rcf ",
        "| krcflib 4.0.2 |",
        "| krcf 0.4.0 |",
        "| rcf3 0.5.2 |",
    ] {
        assert_eq!(table.matches(engine).count(), 4, "{engine} in\n{table}");
    }
}

#[test]
fn the_speed_check_accepts_and_refuses() {
    let engines = ["--engines", "rcf,krcflib", "--assert-process"];
    let reached = compare(&[&engines[..], &["W1a=0.0001"]].concat());
    assert!(reached.status.success(), "{}", text(&reached.stderr));

    let missed = compare(&[&engines[..], &["W1a=1000000"]].concat());
    assert_eq!(missed.status.code(), Some(1));
    assert!(
        text(&missed.stderr).contains("MISSED: process W1a"),
        "{}",
        text(&missed.stderr)
    );
}

#[test]
fn a_goal_that_was_not_timed_is_an_error() {
    let output = compare(&["--engines", "rcf", "--assert-process", "W1a=1"]);
    assert!(!output.status.success());
    assert!(
        text(&output.stderr).contains("was not timed"),
        "{}",
        text(&output.stderr)
    );
}

#[test]
fn unknown_names_are_named() {
    for (flag, value, hint) in [
        ("--assert-process", "W9=1", "there is W1a, W1b"),
        ("--assert-process", "W1a", "must look like W1a=3"),
        (
            "--engines",
            "rrcf",
            "rcf-all, rcf-avx2, krcflib, krcf, rcf3",
        ),
        ("--rounds", "0", "at least 1"),
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_compare"))
            .args([flag, value])
            .output()
            .expect("the program can be started");
        assert_eq!(output.status.code(), Some(2), "{flag} {value}");
        assert!(
            text(&output.stderr).contains(hint),
            "{flag} {value}: {}",
            text(&output.stderr)
        );
    }
}
