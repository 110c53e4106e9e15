//! Instruction counts: the cost of a case, independent of other programs on the machine.
//!
//! valgrind's tool callgrind runs a case in a separate process and counts what one function
//! executes. The forest is warmed up outside and passed as a saved state.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, ensure};

use crate::{
    engines::{Engine, EngineId},
    race::{Operation, keep},
    stream::Stream,
    workload::Workload,
};

/// Points in a case that processes points.
const POINTS: usize = 200;

/// Counts by the name of their case.
pub type Counts = BTreeMap<String, u64>;

/// An operation of our forest on a workload.
#[derive(Debug, Clone, Copy)]
pub struct Case {
    /// The operation.
    pub operation: Operation,
    /// The workload.
    pub workload: Workload,
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let operation = format!("{:?}", self.operation).to_lowercase();
        write!(f, "{operation} {}", self.workload.name)
    }
}

impl Case {
    /// How many points, or states, the case processes.
    fn repetitions(self) -> usize {
        match self.operation.unit() {
            "point" => POINTS,
            _ => 1,
        }
    }

    fn stream(self) -> Stream {
        Stream::new(
            self.workload.input_dimensions,
            self.workload.warm_up() + POINTS,
        )
    }

    /// The state that the case starts from.
    ///
    /// # Errors
    /// If our engine rejects the workload's parameters.
    pub fn state(self) -> anyhow::Result<Vec<u8>> {
        let mut engine = EngineId::Rcf.build(&self.workload)?;
        let stream = self.stream();
        let rows = stream.rows(0..self.workload.warm_up());
        rows.for_each(|row| engine.update(row));
        Ok(engine.save())
    }

    /// Runs the case; this is the process that is counted.
    ///
    /// # Errors
    /// If our engine rejects the workload's parameters.
    pub fn run(self, state: &[u8]) -> anyhow::Result<()> {
        let mut engine = EngineId::Rcf.build(&self.workload)?.load(state);
        counted_section(self, engine.as_mut(), &self.stream(), state);
        Ok(())
    }

    /// Runs callgrind on the case: instructions per point or state.
    ///
    /// # Errors
    /// If valgrind or the program fails.
    pub fn count(self, program: &Path, folder: &Path) -> anyhow::Result<u64> {
        let file = |name: &str| folder.join(name);
        std::fs::write(file("state"), self.state()?)?;
        let output = Command::new("valgrind")
            .args(["--tool=callgrind", "--toggle-collect=*counted_section*"])
            .arg(format!(
                "--callgrind-out-file={}",
                file("callgrind").display()
            ))
            .arg(program)
            .args(["--run", &self.to_string(), "--state"])
            .arg(file("state"))
            .output()
            .context("cannot start valgrind")?;
        let log = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "{self} failed:\n{log}");
        let counted = std::fs::read_to_string(file("callgrind"))?;
        let totals = counted
            .lines()
            .find_map(|line| line.strip_prefix("totals: "));
        let total: u64 = totals
            .context("callgrind wrote no totals")?
            .trim()
            .parse()?;
        ensure!(total > 0, "{self}: callgrind has not seen the case");
        Ok(total / self.repetitions() as u64)
    }
}

/// The work of a case. Callgrind counts by its name.
#[inline(never)]
fn counted_section(case: Case, engine: &mut dyn Engine, stream: &Stream, state: &[u8]) {
    let start = case.workload.warm_up();
    let rows = || stream.rows(start..start + POINTS);
    match case.operation {
        Operation::Process => rows().for_each(|row| keep(engine.process(row))),
        Operation::Score => rows().for_each(|row| keep(engine.score(row))),
        Operation::Update => rows().for_each(|row| engine.update(row)),
        Operation::Attribution => rows().for_each(|row| keep(engine.attribution(row))),
        Operation::Array => keep(engine.score_array(stream, start..start + POINTS)),
        Operation::Forecast => keep(engine.forecast(case.workload.shingle_size)),
        Operation::Save => keep(engine.save()),
        Operation::Load => keep(engine.load(state)),
    }
}

/// Whether valgrind can be started.
pub fn valgrind_is_there() -> bool {
    Command::new("valgrind")
        .arg("--version")
        .output()
        .is_ok_and(|output| output.status.success())
}
