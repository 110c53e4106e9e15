//! The race: all engines process the same rows, round by round, in turn.
//!
//! A shared machine is fast in one second and slow in the next. So in each round every engine
//! processes the same block of rows, one directly after the other, starting with another one each
//! time, and the result is the ratio within a round.

use std::hint::black_box;
use std::time::Duration;

use crate::{
    clock::timed,
    engines::{Engine, EngineId},
    stream::Stream,
    workload::Workload,
};

/// The operations that are timed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Operation {
    /// Score a point, then learn it.
    Process,
    /// Score a point; the forest is unchanged, and so is the older part of a shingle.
    Score,
    /// Learn a point.
    Update,
    /// Split the score of a point over its dimensions; the forest is unchanged.
    Attribution,
    /// Score all points of a round in one call; the forest is unchanged.
    Array,
    /// Forecast as many rows as the shingle has, if it has more than one.
    Forecast,
    /// Write the whole state to memory.
    Save,
    /// Make a forest from a written state.
    Load,
}

impl Operation {
    /// All operations.
    pub const ALL: [Self; 8] = [
        Self::Process,
        Self::Score,
        Self::Update,
        Self::Attribution,
        Self::Array,
        Self::Forecast,
        Self::Save,
        Self::Load,
    ];

    /// Whether it changes the engine.
    const fn learns(self) -> bool {
        matches!(self, Self::Process | Self::Update)
    }

    /// Whether it applies to this workload.
    pub const fn applies_to(self, workload: &Workload) -> bool {
        !matches!(self, Self::Forecast) || workload.shingle_size > 1
    }

    /// Its unit of work.
    pub const fn unit(self) -> &'static str {
        match self {
            Self::Save | Self::Load => "state",
            Self::Forecast => "forecast",
            _ => "point",
        }
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
    /// Saves or loads in a round: a state is as much work as a few hundred points.
    pub const fn states(self) -> usize {
        self.points.div_ceil(500)
    }

    /// Forecasts in a round.
    pub const fn forecasts(self) -> usize {
        self.points.div_ceil(100)
    }
}

/// The time of one engine for one operation on one workload.
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

/// Warms up the engines and runs the operations in the given order.
///
/// # Errors
/// If an engine rejects the workload's parameters.
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
        let rows = 0..workload.warm_up();
        let learned = engine.own_time(Operation::Update, &stream, rows.clone());
        if learned.is_none() {
            stream.rows(rows).for_each(|row| engine.update(row));
        }
        field.push(engine);
    }

    let mut now = workload.warm_up();
    let mut results = Vec::new();
    let operations = operations.iter().copied();
    for operation in operations.filter(|operation| operation.applies_to(workload)) {
        let mut micros = vec![Vec::with_capacity(course.rounds); engines.len()];
        for round in 0..course.rounds {
            let block = now + round * course.points;
            for turn in 0..field.len() {
                let lane = (round + turn) % field.len();
                let engine = field[lane].as_mut();
                if !engine.offers(operation) {
                    continue;
                }
                let taken = run(operation, engine, &stream, block, course, workload);
                micros[lane].push(taken);
            }
        }
        if operation.learns() {
            now += course.rounds * course.points;
        }
        let ran = engines.iter().zip(micros);
        let ran = ran.filter(|(_, micros)| !micros.is_empty());
        results.extend(ran.map(|(&engine, micros)| Series {
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
    workload: &Workload,
) -> f64 {
    let range = block..block + course.points;
    let rows = stream.rows(range.clone());
    if let Some(taken) = engine.own_time(operation, stream, range) {
        return micros_each(taken, course.points);
    }
    let (taken, ()) = match operation {
        Operation::Process => timed(|| rows.for_each(|row| keep(engine.process(row)))),
        Operation::Score => timed(|| rows.for_each(|row| keep(engine.score(row)))),
        Operation::Update => timed(|| rows.for_each(|row| engine.update(row))),
        Operation::Attribution => timed(|| rows.for_each(|row| keep(engine.attribution(row)))),
        Operation::Array => {
            let rows = block..block + course.points;
            timed(|| keep(engine.score_array(stream, rows)))
        }
        Operation::Forecast => timed(|| {
            (0..course.forecasts()).for_each(|_| keep(engine.forecast(workload.shingle_size)))
        }),
        Operation::Save => timed(|| (0..course.states()).for_each(|_| keep(engine.save()))),
        Operation::Load => {
            let state = engine.save();
            timed(|| (0..course.states()).for_each(|_| keep(engine.load(&state))))
        }
    };
    let count = match operation.unit() {
        "state" => course.states(),
        "forecast" => course.forecasts(),
        _ => course.points,
    };
    micros_each(taken, count)
}

fn micros_each(taken: Duration, count: usize) -> f64 {
    (taken.as_nanos() as f64 / count as f64).round() / 1e3
}

/// Consumes a result, so that the compiler cannot remove its computation.
pub(crate) fn keep<T>(result: T) {
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
        let operations = Operation::ALL.map(|operation| operation.applies_to(&workload));
        let count = operations.into_iter().filter(|&applies| applies).count();
        assert_eq!(results.len(), engines.len() * count);
        for series in results {
            assert_eq!(series.micros.len(), course.rounds);
            assert!(
                series.micros.iter().all(|&micros| micros >= 0.0),
                "{series:?}"
            );
        }
    }
}
