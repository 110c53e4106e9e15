//! Files that are replaced, rotated, truncated and shared; bad records; and the exit status.

#![cfg(unix)]

#[path = "../support/mod.rs"]
mod support;

mod outputs;
mod positions;
mod records;
mod status;
mod streams;

use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use support::{fail, rcf, run, stderr, succeed, units, wait_until};

const RUN: [&str; 9] = [
    "run",
    "--source-kind=file",
    "--source-path=in.txt",
    "--input-format=raw",
    "--sink-path=out.jsonl",
    "--forest-sample-size=32",
    "--checkpoint-directory=state",
    "--checkpoint-every-records=100",
    "--input-on-bad-record=skip",
];

fn with<'a>(base: &[&'a str], more: &[&'a str]) -> Vec<&'a str> {
    [base, more].concat()
}

fn numbers(range: std::ops::Range<u32>) -> String {
    range.map(|n| format!("{n}\n")).collect()
}

fn append(path: &Path, text: &str) {
    let mut file = OpenOptions::new()
        .append(true)
        .create(true)
        .open(path)
        .unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

fn results(path: &Path) -> Vec<serde_json::Value> {
    let text = fs::read_to_string(path).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// The judged values; all ids must differ.
fn values(path: &Path) -> Vec<u32> {
    let results = results(path);
    let ids: BTreeSet<_> = results.iter().map(|it| it["id"].to_string()).collect();
    assert_eq!(ids.len(), results.len(), "ids are unique");
    let value = |it: &serde_json::Value| it["value"][0].as_f64().unwrap() as u32;
    results.iter().map(value).collect()
}

/// A child that does not outlive its test, even if the test fails.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill(); // it may have ended
        let _ = self.0.wait();
    }
}

fn start(folder: &Path, arguments: &[&str]) -> Running {
    let mut command = rcf();
    command.current_dir(folder).args(arguments);
    command.stdout(Stdio::null()).stderr(Stdio::piped());
    Running(command.spawn().unwrap())
}

fn signal(child: &Running, name: &str) {
    let id = child.0.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-s", name, &id])
            .status()
            .unwrap()
            .success()
    );
}

/// The status and the messages of a child that ends by itself.
#[track_caller]
fn end(mut child: Running) -> (Option<i32>, String) {
    // A pipe buffers more than the message.
    wait_until(|| child.0.try_wait().unwrap().is_some());
    let mut messages = String::new();
    let mut said = child.0.stderr.take().unwrap();
    said.read_to_string(&mut messages).unwrap();
    (child.0.wait().unwrap().code(), messages)
}

fn lines(path: &Path) -> usize {
    fs::read(path).map_or(0, |text| text.iter().filter(|&&byte| byte == b'\n').count())
}
