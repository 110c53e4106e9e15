//! The race: all engines through the same rows, round by round, turn by turn.
//!
//! A shared machine is fast in one second and slow in the next. So each round takes every engine
//! over the same block of rows, one directly after the other and beginning with another one each
//! time, and what counts is the ratio within a round.

use std::hint::black_box;

use crate::{
    clock::timed,
    engines::{Engine, EngineId},
    stream::Stream,
    workload::Workload,
};

/// What an engine is timed at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Operation {
    /// Score a point, then learn it.
    Process,
    /// Score a point; the forest stays as it is, so the older part of a shingle does, too.
    Score,
    /// Learn a point.
    Update,
    /// Split the score of a point over its dimensions; the forest stays as it is.
    Attribution,
    /// Write the whole state into memory.
    Save,
    /// Make a forest from a written state.
    Load,
}

impl Operation {
    /// All operations.
    pub const ALL: [Self; 6] = [
        Self::Process,
        Self::Score,
        Self::Update,
        Self::Attribution,
        Self::Save,
        Self::Load,
    ];

    /// Whether the engine is another one afterwards.
    const fn learns(self) -> bool {
        matches!(self, Self::Process | Self::Update)
    }

    /// Whether it treats a whole state and not a point.
    pub const fn is_of_the_state(self) -> bool {
        matches!(self, Self::Save | Self::Load)
    }
}

/// How long a race is.
#[derive(Debug, Clone, Copy, serde::Serialize)]
pub struct Course {
    /// Rounds of each operation.
    pub rounds: usize,
    /// Points in a round.
    pub points: usize,
}

impl Course {
    /// Saves or loads in a round: a state is as much work as some hundred points.
    pub const fn states(self) -> usize {
        self.points.div_ceil(500)
    }
}

/// What one engine took for one operation on one workload.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Series {
    /// The operation.
    pub operation: Operation,
    /// The workload's name.
    pub workload: &'static str,
    /// The engine.
    pub engine: EngineId,
    /// Microseconds of CPU per point (or state), one value for each round.
    pub micros: Vec<f64>,
}

/// Warms the engines up and takes them through the operations in the order given.
///
/// # Errors
/// If an engine refuses the workload's parameters.
pub fn race(
    workload: &Workload,
    operations: &[Operation],
    engines: &[EngineId],
    course: Course,
) -> anyhow::Result<Vec<Series>> {
    let learning = operations
        .iter()
        .filter(|operation| operation.learns())
        .count();
    let rows = workload.warm_up() + (learning + 1) * course.rounds * course.points;
    let stream = Stream::new(workload.input_dimensions, rows);

    let mut field: Vec<Box<dyn Engine>> = Vec::with_capacity(engines.len());
    for engine in engines {
        let mut engine = engine.build(workload)?;
        stream
            .rows(0..workload.warm_up())
            .for_each(|row| engine.update(row));
        field.push(engine);
    }

    let mut now = workload.warm_up();
    let mut results = Vec::new();
    for &operation in operations {
        let mut micros = vec![Vec::with_capacity(course.rounds); engines.len()];
        for round in 0..course.rounds {
            let block = now + round * course.points;
            for turn in 0..field.len() {
                let lane = (round + turn) % field.len();
                let taken = run(operation, field[lane].as_mut(), &stream, block, course);
                micros[lane].push(taken);
            }
        }
        if operation.learns() {
            now += course.rounds * course.points;
        }
        results.extend(engines.iter().zip(micros).map(|(&engine, micros)| Series {
            operation,
            workload: workload.name,
            engine,
            micros,
        }));
    }
    Ok(results)
}

/// One engine's turn: microseconds for each point or state.
fn run(
    operation: Operation,
    engine: &mut dyn Engine,
    stream: &Stream,
    block: usize,
    course: Course,
) -> f64 {
    let rows = stream.rows(block..block + course.points);
    let (taken, ()) = match operation {
        Operation::Process => timed(|| rows.for_each(|row| keep(engine.process(row)))),
        Operation::Score => timed(|| rows.for_each(|row| keep(engine.score(row)))),
        Operation::Update => timed(|| rows.for_each(|row| engine.update(row))),
        Operation::Attribution => timed(|| rows.for_each(|row| keep(engine.attribution(row)))),
        Operation::Save => timed(|| (0..course.states()).for_each(|_| keep(engine.save()))),
        Operation::Load => {
            let state = engine.save();
            timed(|| (0..course.states()).for_each(|_| keep(engine.load(&state))))
        }
    };
    let count = if operation.is_of_the_state() {
        course.states()
    } else {
        course.points
    };
    (taken.as_nanos() as f64 / count as f64).round() / 1e3
}

/// Takes a result, so that the compiler cannot leave out the work behind it.
fn keep<T>(result: T) {
    black_box(result);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_engine_gets_a_time_in_every_round() {
        let workload = Workload {
            sample_size: 16,
            number_of_trees: 5,
            ..Workload::ALL[3]
        };
        let engines = [EngineId::Krcflib, EngineId::Krcf, EngineId::Rcf3];
        let course = Course {
            rounds: 3,
            points: 20,
        };
        let results = race(&workload, &Operation::ALL, &engines, course).expect("valid parameters");
        assert_eq!(results.len(), engines.len() * Operation::ALL.len());
        for series in results {
            assert_eq!(series.micros.len(), course.rounds);
            assert!(
                series.micros.iter().all(|&micros| micros >= 0.0),
                "{series:?}"
            );
        }
    }
}
