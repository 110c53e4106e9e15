//! Our own engine, operation by operation, for day-to-day work: `cargo bench -p rcf-benches`.
//!
//! Criterion keeps the last run and reports what changed. It measures the CPU time of the thread
//! instead of wall-clock time, so that other programs disturb it less.

use std::time::Duration;

use criterion::{
    Criterion, criterion_group, criterion_main,
    measurement::{Measurement, ValueFormatter, WallTime},
};
use rcf_benches::{clock::thread_cpu_time, engines::EngineId, stream::Stream, workload::Workload};

/// Rows after the warm-up; a benchmark cycles through them.
const LAP: usize = 4096;

struct ThreadCpuTime;

impl Measurement for ThreadCpuTime {
    type Intermediate = Duration;
    type Value = Duration;

    fn start(&self) -> Duration {
        thread_cpu_time()
    }

    fn end(&self, start: Duration) -> Duration {
        thread_cpu_time() - start
    }

    fn add(&self, a: &Duration, b: &Duration) -> Duration {
        *a + *b
    }

    fn zero(&self) -> Duration {
        Duration::ZERO
    }

    fn to_f64(&self, value: &Duration) -> f64 {
        value.as_nanos() as f64
    }

    fn formatter(&self) -> &dyn ValueFormatter {
        WallTime.formatter() // nanoseconds are nanoseconds
    }
}

fn forest(criterion: &mut Criterion<ThreadCpuTime>) {
    for workload in Workload::ALL {
        let start = workload.warm_up();
        let stream = Stream::new(workload.input_dimensions, start + LAP);
        let mut engine = EngineId::Rcf.build(&workload).expect("valid parameters");
        stream.rows(0..start).for_each(|row| engine.update(row));
        let mut rows = (start..start + LAP).cycle().map(|index| stream.row(index));
        let mut next = || rows.next().expect("a cycle has no end");

        criterion.bench_function(&format!("score/{}", workload.name), |bencher| {
            bencher.iter(|| engine.score(next()));
        });
        criterion.bench_function(&format!("update/{}", workload.name), |bencher| {
            bencher.iter(|| engine.update(next()));
        });
        criterion.bench_function(&format!("process/{}", workload.name), |bencher| {
            bencher.iter(|| engine.process(next()));
        });
    }
}

fn configuration() -> Criterion<ThreadCpuTime> {
    Criterion::default()
        .with_measurement(ThreadCpuTime)
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(2))
}

criterion_group! {
    name = benches;
    config = configuration();
    targets = forest
}
criterion_main!(benches);
