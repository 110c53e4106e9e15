//! Scores the detector and controls on labelled streams; see `docs/accuracy.md`.

use std::io::Write;
use std::path::PathBuf;

use clap::Parser;
use rayon::prelude::*;
use rcf_benches::environment::Environment;
use rcf_benches::labelled::engines::Engine;
use rcf_benches::labelled::evaluate::{Judged, judge};
use rcf_benches::labelled::sets::SetId;
use rcf_benches::labelled::{calibration, table};

/// Print a table of precision, recall, F1, false alerts and rankings, one line per set and engine.
#[derive(Parser)]
struct Arguments {
    /// Folder that contains `ucr/`, `skab/`, `msl/` and `nab/`
    #[arg(long, default_value = "../shared/data")]
    data: PathBuf,
    /// Sets [default: all]
    #[arg(long, value_delimiter = ',')]
    sets: Vec<SetId>,
    /// Engines [default: all]
    #[arg(long, value_delimiter = ',', value_parser = Engine::parse)]
    engines: Vec<Engine>,
    /// Runs with different seeds, of engines that have one and of streams that are generated for
    /// the calibration
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..))]
    seeds: u64,
    /// Only streams whose name contains this text
    #[arg(long)]
    only: Option<String>,
    /// Check on streams without events, instead of the sets, how often p-values are small
    #[arg(long)]
    calibration: bool,
    /// Records of each stream of the calibration
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(1000..))]
    records: u64,
    /// Print each stream with its alerts: row, inside or outside, kind, evidence
    #[arg(long)]
    verbose: bool,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let sets = if arguments.sets.is_empty() {
        SetId::ALL.to_vec()
    } else {
        arguments.sets
    };
    let engines = if arguments.engines.is_empty() {
        Engine::all()
    } else {
        arguments.engines
    };
    let mut out = std::io::stdout().lock();
    if arguments.calibration {
        return calibrate(
            &mut out,
            &engines,
            arguments.records as usize,
            arguments.seeds,
        );
    }
    writeln!(
        out,
        "{}\n\n{}\n{}",
        Environment::current(),
        table::LEGEND,
        table::HEAD.trim_end()
    )?;
    let mut is_any = false;
    for set in sets {
        let mut streams = set.load(&arguments.data)?;
        if let Some(text) = &arguments.only {
            streams.retain(|stream| stream.name.contains(text.as_str()));
        }
        if streams.is_empty() {
            continue;
        }
        is_any = true;
        for engine in &engines {
            let seeds = if engine.is_random { arguments.seeds } else { 1 };
            let tasks: Vec<_> = (0..seeds)
                .flat_map(|seed| streams.iter().map(move |stream| (seed, stream)))
                .collect();
            // One stream at a time on each thread: they differ in length.
            let judged = tasks
                .par_iter()
                .with_max_len(1)
                .map(|&(seed, stream)| judge(engine, stream, set, seed))
                .collect::<anyhow::Result<Vec<_>>>()?;
            if arguments.verbose {
                for ((seed, stream), judged) in tasks.iter().zip(&judged) {
                    write!(
                        out,
                        "{}",
                        table::verbose(engine.name, *seed, stream, judged)
                    )?;
                }
            }
            let by_seed: Vec<Vec<Judged>> = judged
                .chunks(streams.len())
                .map(<[Judged]>::to_vec)
                .collect();
            write!(out, "{}", table::line(set, engine.name, &streams, &by_seed))?;
            out.flush()?;
        }
    }
    anyhow::ensure!(
        is_any,
        "no stream has such a name: choose another --only or --sets"
    );
    Ok(())
}

fn calibrate(
    out: &mut impl Write,
    engines: &[Engine],
    records: usize,
    seeds: u64,
) -> anyhow::Result<()> {
    let (engines, others): (Vec<&Engine>, Vec<&Engine>) =
        engines.iter().partition(|engine| engine.gives_p_values());
    anyhow::ensure!(
        !engines.is_empty(),
        "none of the engines gives p-values: choose `detector`"
    );
    writeln!(out, "{}\n", Environment::current())?;
    if !others.is_empty() {
        let names: Vec<_> = others.iter().map(|engine| engine.name).collect();
        writeln!(
            out,
            "Left out, since they give no p-values: {}.\n",
            names.join(", ")
        )?;
    }
    write!(out, "{}", calibration::HEAD)?;
    for seed in 0..seeds {
        let streams = calibration::streams(records, seed);
        for engine in &engines {
            let lines = streams
                .par_iter()
                .with_max_len(1)
                .map(|stream| calibration::line(engine, stream, seed))
                .collect::<anyhow::Result<Vec<_>>>()?;
            write!(out, "{}", lines.concat())?;
            out.flush()?;
        }
    }
    Ok(())
}
