//! Races our forest against its rivals and prints the tables.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::str::FromStr;

use anyhow::{Context, anyhow};
use clap::Parser;
use rcf_benches::{
    engines::{EngineId, java},
    environment::Environment,
    footprint, goals,
    race::{Course, Operation, race},
    report::Report,
    workload::Workload,
};

/// Races our forest against its rivals: CPU time of one thread, all engines interleaved in one run.
#[derive(Parser)]
struct Arguments {
    /// Operations to time
    #[arg(long = "op", value_delimiter = ',', default_value = "process")]
    operations: Vec<Operation>,
    /// Also measure heap and saved state
    #[arg(long)]
    memory: bool,
    /// Measure every operation, and memory
    #[arg(long)]
    all: bool,
    /// Workloads [default: all]
    #[arg(long, value_delimiter = ',', value_parser = Workload::parse)]
    workloads: Vec<Workload>,
    /// Engines [default: all]
    #[arg(long, value_delimiter = ',')]
    engines: Vec<EngineId>,
    /// Also AWS's Java, if `scripts/java-forest.sh` has installed it
    #[arg(long)]
    java: bool,
    /// Rounds of each operation
    #[arg(long, default_value_t = 10, value_parser = at_least_one)]
    rounds: usize,
    /// Points in a round
    #[arg(long, default_value_t = 1000, value_parser = at_least_one)]
    points: usize,
    /// Save the results as benches/record/NAME.md and .json
    #[arg(long, value_name = "NAME")]
    record: Option<String>,
    /// Put our figures into the table of docs/performance.md
    #[arg(long, requires = "record")]
    docs: bool,
    /// Fail unless our `process` is, by the median, this many times as fast as the reference
    #[arg(long, value_delimiter = ',', value_name = "WORKLOAD=TIMES")]
    assert_process: Vec<Goal>,
}

fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    let workloads = Workload::all_if_none(arguments.workloads);
    let installed = EngineId::all_if_none(arguments.engines);
    let mut engines = installed.clone();
    if arguments.java {
        match java::missing() {
            None => engines.push(EngineId::Java),
            Some(missing) => writeln!(std::io::stderr(), "skipped: AWS's Java: {missing}")?,
        }
    }
    let operations = if arguments.all {
        Operation::ALL.to_vec()
    } else {
        arguments.operations
    };
    let course = Course {
        rounds: arguments.rounds,
        points: arguments.points,
    };

    let mut times = Vec::new();
    for workload in &workloads {
        writeln!(std::io::stderr(), "{} …", workload.name)?;
        times.extend(race(workload, &operations, &engines, course)?);
    }
    let memory = if arguments.memory || arguments.all {
        footprint::measure_in_child(&workloads, &installed)?
    } else {
        Vec::new()
    };

    let report = Report {
        environment: Environment::current(),
        course,
        times,
        memory,
    };
    writeln!(std::io::stdout(), "{}", report.to_markdown())?;
    if let Some(name) = arguments.record {
        keep(&report, &name)?;
    }
    if arguments.docs {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/performance.md");
        let document = std::fs::read_to_string(&path)?;
        let document =
            goals::put_into(&document, &report).context("docs/performance.md: no marks")?;
        std::fs::write(&path, document)?;
    }
    check(&report, &arguments.assert_process)
}

fn keep(report: &Report, name: &str) -> anyhow::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("record");
    std::fs::create_dir_all(&folder)
        .with_context(|| format!("cannot make {}", folder.display()))?;
    let json = serde_json::to_string(report)? + "\n";
    for (extension, content) in [("md", report.to_markdown()), ("json", json)] {
        let path = folder.join(name).with_extension(extension);
        std::fs::write(&path, content)
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

/// Prints for each goal whether it was reached; fails if one was not.
fn check(report: &Report, goals: &[Goal]) -> anyhow::Result<ExitCode> {
    let mut code = ExitCode::SUCCESS;
    for Goal { workload, times } in goals {
        let found = report
            .speed_up(Operation::Process, workload.name, EngineId::Rcf)
            .with_context(|| {
                format!(
                    "{}: `process` of rcf and {:?} was not timed",
                    workload.name,
                    EngineId::REFERENCE
                )
            })?;
        let verdict = if found.median >= *times {
            "reached"
        } else {
            "MISSED"
        };
        writeln!(
            std::io::stderr(),
            "{verdict}: process {} is {:.2} times as fast as {}, wanted {times}",
            workload.name,
            found.median,
            EngineId::REFERENCE.label(),
        )?;
        if found.median < *times {
            code = ExitCode::FAILURE;
        }
    }
    Ok(code)
}

/// A workload, and the required speed relative to the reference.
#[derive(Clone)]
struct Goal {
    workload: Workload,
    times: f64,
}

impl FromStr for Goal {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        let (workload, times) = text.split_once('=').context("must look like W1a=3")?;
        let workload = Workload::parse(workload).map_err(|message| anyhow!(message))?;
        Ok(Self {
            workload,
            times: times.parse().context("the goal must be a number")?,
        })
    }
}

fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) | Err(_) => Err("must be a whole number, at least 1".into()),
        Ok(number) => Ok(number),
    }
}
