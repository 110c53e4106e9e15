//! Where and how a measurement was made; without this a figure is meaningless.

use std::fmt;
use std::path::Path;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::Serialize;

/// The environment of a run.
#[derive(Debug, Clone, Serialize)]
pub struct Environment {
    /// The command, without the path of the program.
    pub command: String,
    /// The commit of the checkout, with `+` if files differ from it.
    pub commit: String,
    /// Seconds since 1970-01-01T00:00:00Z.
    pub measured_at: u64,
    /// The compiler.
    pub rustc: &'static str,
    /// Whether everything was compiled for more than the baseline of the architecture.
    pub native: bool,
    /// The processor's own name.
    pub cpu: String,
    /// Threads that it can run in parallel.
    pub threads: usize,
}

/// The head of a table in Markdown: command, commit, compiler and processor.
impl fmt::Display for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            command,
            commit,
            rustc,
            cpu,
            ..
        } = self;
        write!(f, "`{command}`\n\nCommit {commit}; {rustc}; {cpu}.")
    }
}

impl Environment {
    /// The environment of this run.
    pub fn current() -> Self {
        let program = std::env::args_os().next().unwrap_or_default();
        let program = Path::new(&program)
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy();
        let arguments = std::env::args().skip(1);
        Self {
            command: std::iter::once(program.into_owned())
                .chain(arguments)
                .collect::<Vec<_>>()
                .join(" "),
            commit: commit(),
            measured_at: SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .map_or(0, |time| time.as_secs()),
            rustc: env!("BENCHES_RUSTC"),
            native: cfg!(any(target_feature = "avx", target_feature = "sve")),
            cpu: cpu(),
            threads: std::thread::available_parallelism().map_or(1, usize::from),
        }
    }
}

fn commit() -> String {
    let Some(commit) = git(&["rev-parse", "--short=12", "HEAD"]) else {
        return "none".into();
    };
    let changed = git(&["status", "--porcelain", "--untracked-files=no"])
        .is_some_and(|list| !list.is_empty());
    if changed { commit + "+" } else { commit }
}

fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git")
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}

fn cpu() -> String {
    std::fs::read_to_string("/proc/cpuinfo")
        .ok()
        .and_then(|text| {
            let line = text.lines().find(|line| line.starts_with("model name"))?;
            Some(line.split_once(':')?.1.trim().to_owned())
        })
        .unwrap_or_else(|| std::env::consts::ARCH.to_owned())
}
