//! The results of a run, as a table for readers and as JSON for the record.

use std::fmt::Write;

use serde::Serialize;

use crate::{
    engines::EngineId,
    environment::Environment,
    footprint::Footprint,
    race::{Course, Operation, Series},
    statistics::{Spread, significant},
};

/// All results of one run.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Where and how.
    pub environment: Environment,
    /// How long.
    pub course: Course,
    /// Times.
    pub times: Vec<Series>,
    /// Memory, if it was measured.
    pub memory: Vec<Footprint>,
}

impl Report {
    /// How many times as fast as the reference the engine is; `None` if either did not run.
    pub fn speed_up(
        &self,
        operation: Operation,
        workload: &str,
        engine: EngineId,
    ) -> Option<Spread> {
        let ours = &self.series(operation, workload, engine)?.micros;
        let reference = &self
            .series(operation, workload, EngineId::REFERENCE)?
            .micros;
        Spread::of(
            reference
                .iter()
                .zip(ours)
                .map(|(reference, ours)| reference / ours),
        )
    }

    /// The tables.
    pub fn to_markdown(&self) -> String {
        let Environment {
            command,
            commit,
            rustc,
            native,
            cpu,
            threads,
            ..
        } = &self.environment;
        let build = if *native {
            "built for this CPU"
        } else {
            "built for the architecture's baseline"
        };
        let Course { rounds, points } = self.course;
        let mut text = format!(
            "`{command}`\n\nCommit {commit}; {rustc}, {build}; {cpu}, {threads} threads. \
             {rounds} rounds of {points} points ({} states), CPU time of one thread.\n",
            self.course.states(),
        );
        for operation in Operation::ALL {
            self.write_operation(&mut text, operation);
        }
        if !self.memory.is_empty() {
            self.write_memory(&mut text, "Heap after warm-up", |memory| memory.heap_bytes);
            self.write_memory(&mut text, "Saved state", |memory| memory.state_bytes);
        }
        text
    }

    fn series(&self, operation: Operation, workload: &str, engine: EngineId) -> Option<&Series> {
        self.times.iter().find(|series| {
            series.operation == operation && series.workload == workload && series.engine == engine
        })
    }

    fn write_operation(&self, text: &mut String, operation: Operation) {
        let of_operation = || {
            self.times
                .iter()
                .filter(|series| series.operation == operation)
        };
        let workloads = in_order(of_operation().map(|series| series.workload));
        let engines = in_order(of_operation().map(|series| series.engine));
        if workloads.is_empty() {
            return;
        }
        let name = format!("{operation:?}");
        let unit = operation.unit();
        write_table(
            text,
            &format!("{name}: µs per {unit}, median"),
            &workloads,
            &engines,
            |workload, engine| {
                let micros = &self.series(operation, workload, engine)?.micros;
                Some(significant(Spread::of(micros.iter().copied())?.median))
            },
        );
        if engines.contains(&EngineId::REFERENCE) && engines.len() > 1 {
            let title = format!(
                "{name}: times as fast as {}, median (lowest–highest)",
                EngineId::REFERENCE.label()
            );
            write_table(text, &title, &workloads, &engines, |workload, engine| {
                let Spread {
                    lowest,
                    median,
                    highest,
                } = self.speed_up(operation, workload, engine)?;
                Some(format!("{median:.2} ({lowest:.2}–{highest:.2})"))
            });
        }
    }

    fn write_memory(&self, text: &mut String, title: &str, bytes: impl Fn(&Footprint) -> u64) {
        let workloads = in_order(self.memory.iter().map(|memory| memory.workload.as_str()));
        let engines = in_order(self.memory.iter().map(|memory| memory.engine));
        let find = |workload: &str, engine| {
            self.memory
                .iter()
                .find(|memory| memory.workload == workload && memory.engine == engine)
        };
        let title = format!("{title}: KB (share of {}'s)", EngineId::REFERENCE.label());
        write_table(text, &title, &workloads, &engines, |workload, engine| {
            let own = bytes(find(workload, engine)?) as f64;
            let mut cell = format!("{:.0}", own / 1e3);
            if let Some(reference) = find(workload, EngineId::REFERENCE) {
                let _ = write!(cell, " ({:.2})", own / bytes(reference) as f64);
            }
            Some(cell)
        });
    }
}

fn write_table(
    text: &mut String,
    title: &str,
    workloads: &[&str],
    engines: &[EngineId],
    cell: impl Fn(&str, EngineId) -> Option<String>,
) {
    let _ = write!(text, "\n**{title}**\n\n| |");
    workloads
        .iter()
        .for_each(|workload| text.extend([" ", workload, " |"]));
    let _ = write!(text, "\n|---|{}\n", "---:|".repeat(workloads.len()));
    for &engine in engines {
        let _ = write!(text, "| {} |", engine.label());
        for workload in workloads {
            let _ = write!(
                text,
                " {} |",
                cell(workload, engine).unwrap_or_else(|| "–".into())
            );
        }
        text.push('\n');
    }
}

/// The distinct values, in the order of their first appearance.
fn in_order<T: PartialEq>(values: impl Iterator<Item = T>) -> Vec<T> {
    values.fold(Vec::new(), |mut seen, value| {
        if !seen.contains(&value) {
            seen.push(value);
        }
        seen
    })
}
