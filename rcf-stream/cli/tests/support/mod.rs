//! Helpers that run the built program.

#![allow(dead_code, reason = "each test uses its part")]

pub(crate) mod browser;

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use rand::{RngExt, SeedableRng};
use rand_xoshiro::SplitMix64;

/// The program, without settings of the caller.
pub(crate) fn rcf() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rcf"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("RCF_") {
            command.env_remove(name);
        }
    }
    command.stdin(Stdio::null());
    command
}

/// Runs it in a folder.
pub(crate) fn run(folder: &Path, arguments: &[&str]) -> Output {
    rcf().current_dir(folder).args(arguments).output().unwrap()
}

/// Runs it in a folder and returns its standard output.
pub(crate) fn succeed(folder: &Path, arguments: &[&str]) -> String {
    let output = run(folder, arguments);
    assert!(
        output.status.success(),
        "{arguments:?}: {}",
        stderr(&output)
    );
    stdout(&output)
}

/// Runs it in a folder, where it must fail with this status, and returns its message.
pub(crate) fn fail(folder: &Path, status: i32, arguments: &[&str]) -> String {
    let output = run(folder, arguments);
    assert_eq!(
        output.status.code(),
        Some(status),
        "{arguments:?}: {}",
        stderr(&output)
    );
    assert_eq!(stdout(&output), "", "the standard output is for data");
    stderr(&output)
}

pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// Pseudorandom numbers in [0, 1), the same on every run.
pub(crate) fn units(seed: u64) -> impl Iterator<Item = f64> {
    SplitMix64::seed_from_u64(seed).random_iter()
}

/// Waits for a condition, for a minute at most.
#[track_caller]
pub(crate) fn wait_until(mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(
            began.elapsed() < Duration::from_secs(60),
            "waited for too long"
        );
        std::thread::sleep(Duration::from_millis(5));
    }
}
