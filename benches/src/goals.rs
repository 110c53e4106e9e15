//! The table of `docs/performance.md`: our figures and the goals.

use std::fmt::Write;

use crate::{
    engines::EngineId,
    race::Operation,
    report::Report,
    statistics::{Spread, significant},
};

/// The workloads of the table.
const WORKLOADS: [&str; 6] = ["W1a", "W1c", "W2", "W3", "W4", "W5"];

/// The goals for each of them.
type Goals = [f64; WORKLOADS.len()];

/// Times as fast as the reference.
const PROCESS: Goals = [12.0, 12.0, 10.0, 8.0, 7.0, 8.0];
const ATTRIBUTION: Goals = [12.0, 10.0, 10.0, 10.0, 10.0, 10.0];
/// Share of the reference's heap.
const HEAP: Goals = [0.5, 0.5, 0.4, 0.5, 0.4, 0.5];
/// Bytes of a saved state, in thousands.
const STATE: Goals = [200.0, 900.0, 250.0, 700.0, 500.0, 1300.0];

/// The table is between these lines of the document.
const MARKERS: [&str; 2] = ["<!-- compare --docs -->", "<!-- end -->"];

/// Replaces the table in the document; `None` if the marks are missing.
pub fn put_into(document: &str, report: &Report) -> Option<String> {
    let (before, rest) = document.split_once(MARKERS[0])?;
    let (_, after) = rest.split_once(MARKERS[1])?;
    let table = table(report);
    Some(format!(
        "{before}{}\n{table}{}{after}",
        MARKERS[0], MARKERS[1]
    ))
}

fn table(report: &Report) -> String {
    let mut text = format!(
        "| | {} |\n|---|{}\n",
        WORKLOADS.join(" | "),
        "---:|".repeat(WORKLOADS.len())
    );
    let mut row = |name: &str, cell: &dyn Fn(usize) -> Option<String>| {
        let cells = (0..WORKLOADS.len()).map(|i| cell(i).unwrap_or_default());
        let cells: Vec<String> = cells.collect();
        if cells.iter().any(|cell| !cell.is_empty()) {
            let _ = writeln!(text, "| {name} | {} |", cells.join(" | "));
        }
    };
    for operation in Operation::ALL {
        let name = match operation {
            Operation::Array => "an array of scores (aim: 25 on W1a)".to_owned(),
            _ => format!("`{}`", format!("{operation:?}").to_lowercase()),
        };
        row(&name, &|i| {
            let found = report.speed_up(operation, WORKLOADS[i], EngineId::Rcf)?;
            Some(range(found))
        });
        let goals = match operation {
            Operation::Process => PROCESS,
            Operation::Attribution => ATTRIBUTION,
            _ => continue,
        };
        row("… aim", &|i| Some(goals[i].to_string()));
    }
    let memory = |engine, i: usize| {
        let mut all = report.memory.iter();
        all.find(|memory| memory.engine == engine && memory.workload == WORKLOADS[i])
    };
    row("**heap**, share of `krcflib`'s", &|i| {
        let (own, other) = (memory(EngineId::Rcf, i)?, memory(EngineId::REFERENCE, i)?);
        let share = own.heap_bytes as f64 / other.heap_bytes as f64;
        Some(format!("**{share:.2}**"))
    });
    let aim = |goals: Goals, i: usize| (!report.memory.is_empty()).then(|| goals[i].to_string());
    row("… aim", &|i| aim(HEAP, i));
    row("saved state, KB", &|i| {
        let own = memory(EngineId::Rcf, i)?;
        Some(format!("{:.0}", own.state_bytes as f64 / 1e3))
    });
    row("… aim", &|i| aim(STATE, i));
    text
}

fn range(found: Spread) -> String {
    let Spread {
        lowest,
        median,
        highest,
    } = found;
    let [lowest, median, highest] = [lowest, median, highest].map(significant);
    format!("{median} ({lowest}–{highest})")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        environment::Environment,
        race::{Course, Series},
    };

    #[test]
    fn the_table_takes_the_place_of_the_last_one() {
        let series = |engine, micros: f64| Series {
            operation: Operation::Process,
            workload: "W1a",
            engine,
            micros: vec![micros; 3],
        };
        let report = Report {
            environment: Environment::current(),
            course: Course {
                rounds: 3,
                points: 10,
            },
            times: vec![
                series(EngineId::Rcf, 2.0),
                series(EngineId::REFERENCE, 12.5),
            ],
            memory: Vec::new(),
        };
        let document = format!("before\n{}\nold\n{}\nafter\n", MARKERS[0], MARKERS[1]);
        let new = put_into(&document, &report).expect("the marks are there");
        assert!(
            new.starts_with("before\n") && new.ends_with("\nafter\n"),
            "{new}"
        );
        assert!(
            new.contains("| `process` | 6.25 (6.25–6.25) |") && !new.contains("old"),
            "{new}"
        );
        assert_eq!(put_into(&new, &report).as_deref(), Some(new.as_str()));
        assert_eq!(put_into("nothing", &report), None);
    }
}
