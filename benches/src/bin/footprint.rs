//! Measures heap and saved state of each engine after the warm-up; prints a JSON list.

use std::io::Write;

use clap::Parser;
use rcf_benches::{engines::EngineId, footprint::Footprint, stream::Stream, workload::Workload};

/// Heap and saved state of each engine after the warm-up, as a JSON list.
#[derive(Parser)]
struct Arguments {
    /// Workloads [default: all]
    #[arg(long, value_delimiter = ',', value_parser = Workload::parse)]
    workloads: Vec<Workload>,
    /// Engines [default: all]
    #[arg(long, value_delimiter = ',')]
    engines: Vec<EngineId>,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let mut list = Vec::new();
    for workload in Workload::all_if_none(arguments.workloads) {
        let stream = Stream::new(workload.input_dimensions, workload.warm_up());
        for engine in EngineId::all_if_none(arguments.engines.clone()) {
            list.push(measure(&workload, engine, &stream)?);
        }
    }
    writeln!(std::io::stdout(), "{}", serde_json::to_string(&list)?)?;
    Ok(())
}

fn measure(workload: &Workload, engine: EngineId, stream: &Stream) -> anyhow::Result<Footprint> {
    let mut built = None;
    let heap = allocation_counter::measure(|| {
        built = Some(engine.build(workload));
        if let Some(Ok(engine)) = &mut built {
            stream
                .rows(0..workload.warm_up())
                .for_each(|row| engine.update(row));
        }
    });
    let forest = built.expect("set above")?;
    Ok(Footprint {
        workload: workload.name.to_owned(),
        engine,
        heap_bytes: heap.bytes_current.unsigned_abs(),
        state_bytes: forest.save().len() as u64,
    })
}
