//! Memory: what the program `footprint` measures and `compare` shows.
//!
//! Two programs, because counting costs a few nanoseconds at every allocation, which would be
//! counted against engines that allocate while they are timed.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, ensure};
use serde::{Deserialize, Serialize};

use crate::{engines::EngineId, workload::Workload};

/// The memory of one engine after the warm-up of one workload.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Footprint {
    /// The workload's name.
    pub workload: String,
    /// The engine.
    pub engine: EngineId,
    /// Bytes on the heap, as requested from the allocator.
    pub heap_bytes: u64,
    /// Bytes of a saved state.
    pub state_bytes: u64,
}

/// Runs the program `footprint`.
///
/// # Errors
/// If cargo is missing, or the program fails.
pub fn measure_in_child(
    workloads: &[Workload],
    engines: &[EngineId],
) -> anyhow::Result<Vec<Footprint>> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command
        .args([
            "run",
            "--quiet",
            "--release",
            "--package",
            "rcf-benches",
            "--bin",
            "footprint",
            "--",
        ])
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")));
    command
        .arg("--workloads")
        .arg(join(workloads.iter().map(|workload| workload.name)));
    command
        .arg("--engines")
        .arg(join(engines.iter().map(|engine| engine.name())));
    let output = command
        .output()
        .context("cannot start cargo to measure memory")?;
    ensure!(
        output.status.success(),
        "the program `footprint` failed:\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).context("the program `footprint` printed no list")
}

fn join<S: AsRef<str>>(names: impl Iterator<Item = S>) -> String {
    names
        .map(|name| name.as_ref().to_owned())
        .collect::<Vec<_>>()
        .join(",")
}
