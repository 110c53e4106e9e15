//! AWS's own forest, in Java, in a separate process that measures its own CPU time.
//!
//! The jar and the compiled driver are in `.cache/java`, where `scripts/java-forest.sh` puts them.

use std::io::{BufRead, BufReader, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, ensure};

use super::{Attribution, Engine};
use crate::{
    race::Operation,
    stream::{Row, Stream},
    workload::{INITIAL_ACCEPT_FRACTION, Workload},
};

/// Rows scored and learned before the warm-up, for Java's compiler.
const COMPILING: usize = 2000;

/// Why the engine cannot run here; `None` if it can.
pub fn missing() -> Option<String> {
    let java = Command::new("java").arg("-version").output();
    if !java.is_ok_and(|output| output.status.success()) {
        return Some("there is no java".into());
    }
    let files = [jar(), folder().join("Driver.class")];
    let missing = files.iter().find(|file| !file.exists())?;
    let file = missing.file_name().unwrap_or_default().to_string_lossy();
    Some(format!("{file} is not there: run scripts/java-forest.sh"))
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../.cache/java")
}

fn jar() -> PathBuf {
    folder().join("randomcutforest-core-4.3.0.jar")
}

pub(super) fn build(workload: &Workload) -> anyhow::Result<Box<dyn Engine>> {
    let missing = missing();
    ensure!(
        missing.is_none(),
        "AWS's Java: {}",
        missing.unwrap_or_default()
    );
    let class_path = std::env::join_paths([jar(), folder()])?;
    let mut child = Command::new("java")
        // The collector on one thread, as the forest is.
        .args(["-XX:+UseSerialGC", "-cp"])
        .arg(class_path)
        .arg("Driver")
        .args([
            workload.input_dimensions.to_string(),
            workload.shingle_size.to_string(),
            workload.number_of_trees.to_string(),
            workload.sample_size.to_string(),
            workload.time_decay().to_string(),
            workload.output_after().to_string(),
            INITIAL_ACCEPT_FRACTION.to_string(),
            workload.seed.to_string(),
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot start java")?;
    let requests = child.stdin.take();
    let answers = child.stdout.take().map(BufReader::new);
    let mut java = Java {
        child,
        requests,
        answers,
    };
    let stream = Stream::new(workload.input_dimensions, COMPILING);
    java.work(0, &stream, 0..COMPILING)?;
    Ok(Box::new(java))
}

struct Java {
    child: Child,
    requests: Option<ChildStdin>,
    answers: Option<BufReader<ChildStdout>>,
}

impl Java {
    fn work(&mut self, code: i32, stream: &Stream, rows: Range<usize>) -> anyhow::Result<Duration> {
        let mut message = Vec::new();
        message.extend(code.to_be_bytes());
        message.extend((rows.len() as i32).to_be_bytes());
        for row in stream.rows(rows) {
            message.extend(row.single.iter().flat_map(|value| value.to_be_bytes()));
        }
        let requests = self.requests.as_mut().context("no standard input")?;
        requests.write_all(&message)?;
        requests.flush()?;
        let mut answer = String::new();
        let answers = self.answers.as_mut().context("no standard output")?;
        answers.read_line(&mut answer)?;
        let nanoseconds = answer.trim().parse();
        Ok(Duration::from_nanos(
            nanoseconds.context("the driver has ended")?,
        ))
    }
}

impl Drop for Java {
    fn drop(&mut self) {
        // The driver ends with its input.
        self.requests = None;
        let _ = self.child.wait();
    }
}

/// The message for an operation that the driver does not support.
const BLOCKS: &str = "AWS's Java works on blocks of rows only";

impl Engine for Java {
    fn offers(&self, operation: Operation) -> bool {
        code(operation).is_some()
    }

    fn own_time(
        &mut self,
        operation: Operation,
        stream: &Stream,
        rows: Range<usize>,
    ) -> Option<Duration> {
        let code = code(operation)?;
        Some(self.work(code, stream, rows).expect("the driver answers"))
    }

    fn update(&mut self, _: Row<'_>) {
        unreachable!("{BLOCKS}");
    }

    fn score(&self, _: Row<'_>) -> f64 {
        unreachable!("{BLOCKS}");
    }

    fn forecast(&self, _: usize) -> Vec<f64> {
        unreachable!("{BLOCKS}");
    }

    fn attribution(&self, _: Row<'_>) -> Attribution {
        unreachable!("{BLOCKS}");
    }

    fn save(&self) -> Vec<u8> {
        unreachable!("{BLOCKS}");
    }

    fn load(&self, _: &[u8]) -> Box<dyn Engine> {
        unreachable!("{BLOCKS}");
    }
}

/// The driver's name for the operation, if it supports it.
fn code(operation: Operation) -> Option<i32> {
    match operation {
        Operation::Process => Some(0),
        Operation::Score => Some(1),
        Operation::Update => Some(2),
        Operation::Attribution => Some(3),
        _ => None,
    }
}
