//! Counts the instructions of our operations, and compares them with the committed counts.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::{Parser, ValueEnum};
use rcf_benches::{
    instructions::{Case, Counts, valgrind_is_there},
    race::Operation,
    workload::Workload,
};

/// Counts the instructions of our operations with valgrind and compares them with the baseline,
/// `instructions.json`. Without valgrind it prints a message and does nothing.
#[derive(Parser)]
struct Arguments {
    /// Operations
    #[arg(
        long = "op",
        value_delimiter = ',',
        default_value = "process,score,update,attribution,save,load"
    )]
    operations: Vec<Operation>,
    /// Workloads
    #[arg(
        long,
        value_delimiter = ',',
        value_parser = Workload::parse,
        default_value = "W1a,W2,W3,W4,W5"
    )]
    workloads: Vec<Workload>,
    /// Fail if a count is above the baseline's by more than this many percent
    #[arg(long, value_name = "PERCENT")]
    check: Option<f64>,
    /// Write the counts to the baseline
    #[arg(long, conflicts_with = "check")]
    update: bool,
    /// Run one case, such as "process W1a", from a saved state: the process that valgrind runs
    #[arg(long, requires = "state", hide = true)]
    run: Option<String>,
    #[arg(long, hide = true)]
    state: Option<PathBuf>,
}

fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    if let (Some(case), Some(state)) = (&arguments.run, &arguments.state) {
        parse(case)?.run(&std::fs::read(state)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut out = std::io::stdout();
    if !valgrind_is_there() {
        writeln!(
            out,
            "skipped: instructions are counted by valgrind, which is not here"
        )?;
        return Ok(ExitCode::SUCCESS);
    }
    let baseline = Path::new(env!("CARGO_MANIFEST_DIR")).join("instructions.json");
    let mut counts: Counts = match std::fs::read_to_string(&baseline) {
        Ok(text) => serde_json::from_str(&text).context("the baseline is damaged")?,
        Err(_) => Counts::new(),
    };
    let program = std::env::current_exe()?;
    let folder = std::env::temp_dir().join(format!("rcf-instructions-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let mut risen = false;
    for workload in arguments.workloads {
        for &operation in &arguments.operations {
            let case = Case {
                operation,
                workload,
            };
            let count = case.count(&program, &folder)?;
            let before = counts.insert(case.to_string(), count);
            let change = before.map(|before| (count as f64 / before.max(1) as f64 - 1.0) * 100.0);
            write!(out, "{:18} {count:>10}", case.to_string())?;
            match (change, arguments.check) {
                (None, Some(_)) => bail!("{case} is not in the baseline: run with --update"),
                (None, None) => writeln!(out)?,
                (Some(change), limit) => {
                    let rises = limit.is_some_and(|limit| change > limit);
                    risen |= rises;
                    writeln!(
                        out,
                        " {change:+7.1} %{}",
                        if rises { "  RISEN" } else { "" }
                    )?;
                }
            }
        }
    }
    std::fs::remove_dir_all(&folder)?;
    if arguments.update {
        std::fs::write(&baseline, serde_json::to_string_pretty(&counts)? + "\n")?;
    }
    Ok(if risen {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

fn parse(case: &str) -> anyhow::Result<Case> {
    let (operation, workload) = case.split_once(' ').context("a case has two words")?;
    Ok(Case {
        operation: Operation::from_str(operation, true).map_err(anyhow::Error::msg)?,
        workload: Workload::parse(workload).map_err(anyhow::Error::msg)?,
    })
}
