//! Scores detectors on the Numenta Anomaly Benchmark, and our own on further labelled streams.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Parser;
use rcf_benches::accuracy::corpus::{self, Series};
use rcf_benches::accuracy::detectors::DetectorId;
use rcf_benches::accuracy::nab::{PROFILES, score};
use rcf_benches::accuracy::{checks, run};
use rcf_benches::engines::EngineId;
use rcf_benches::statistics::Spread;
use rcf_core::Learning;

/// NAB's three scores for each detector: best threshold, and, for the detector, its own boundary.
#[derive(Parser)]
struct Arguments {
    /// NAB's folder, or one that holds `nab/` (and, for --checks, `tabular/` and `rcf-paper.csv`)
    #[arg(long)]
    data: PathBuf,
    /// Detectors [default: all]
    #[arg(long, value_delimiter = ',')]
    detectors: Vec<DetectorId>,
    /// Runs with different seeds
    #[arg(long, default_value_t = 5)]
    seeds: u64,
    /// Write the outputs of the first seed to this folder, in NAB's format for results
    #[arg(long)]
    results: Option<PathBuf>,
    /// The checks in addition to NAB: taxi rides, tables, the paper's example, long anomalies,
    /// false alarms
    #[arg(long)]
    checks: bool,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let nested = arguments.data.join("nab");
    let folder = if nested.is_dir() {
        &nested
    } else {
        &arguments.data
    };
    let series = corpus::read(folder)?;
    let mut out = std::io::stdout().lock();
    if arguments.checks {
        return run_checks(&mut out, &arguments, &series);
    }
    let detectors = if arguments.detectors.is_empty() {
        DetectorId::ALL.to_vec()
    } else {
        arguments.detectors
    };
    writeln!(
        out,
        "| detector | standard | low FP | low FN | windows | false alarms |\n|---|---|---|---|---|---|"
    )?;
    let all: Vec<&Series> = series.iter().collect();
    for detector in detectors {
        let seeds = if detector.is_random() {
            arguments.seeds
        } else {
            1
        };
        let runs = (0..seeds)
            .map(|seed| run::all(&series, |values| detector.run(values, seed)))
            .collect::<anyhow::Result<Vec<_>>>()?;
        if let (Some(folder), Some(first)) = (&arguments.results, runs.first()) {
            write_results(folder, &detector.name(), &series, first)?;
        }
        let own = (detector == DetectorId::Rcf).then_some(f64::next_up(0.5));
        for threshold in [None, own].into_iter().take(1 + usize::from(own.is_some())) {
            let label = match threshold {
                None => detector.label().to_owned(),
                Some(_) => "the same, alerts as they are (severity > 0.5)".to_owned(),
            };
            write!(out, "| {label} |")?;
            let mut counts = String::new();
            for profile in PROFILES {
                let scores = runs.iter().map(|outputs| {
                    let outputs: Vec<&[f64]> = outputs.iter().map(Vec::as_slice).collect();
                    score(profile, &all, &outputs, threshold)
                });
                let scores: Vec<_> = scores.collect();
                let (mean, deviation) = mean_and_deviation(scores.iter().map(|s| s.score));
                if seeds > 1 {
                    write!(out, " {mean:.2} ± {deviation:.2} |")?;
                } else {
                    write!(out, " {mean:.2} |")?;
                }
                if profile.name == "standard" {
                    let (hit, _) = mean_and_deviation(scores.iter().map(|s| s.windows_hit as f64));
                    let (false_alarms, _) =
                        mean_and_deviation(scores.iter().map(|s| s.false_alarms as f64));
                    counts = format!(" {hit:.0} | {false_alarms:.0} |");
                }
            }
            writeln!(out, "{counts}")?;
            out.flush()?;
        }
    }
    Ok(())
}

/// The mean over the runs, and the standard deviation.
fn mean_and_deviation(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let values: Vec<f64> = values.collect();
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|v| (v - mean) * (v - mean)).sum();
    (mean, (squares / n).sqrt())
}

/// NAB's layout: `<detector>/<category>/<detector>_<file>`.
fn write_results(
    folder: &Path,
    detector: &str,
    series: &[Series],
    outputs: &[Vec<f64>],
) -> anyhow::Result<()> {
    for (series, outputs) in series.iter().zip(outputs) {
        let (category, file) = series.name.split_once('/').unwrap_or(("", &series.name));
        let folder = folder.join(detector).join(category);
        fs::create_dir_all(&folder)?;
        let mut text = String::from("timestamp,value,anomaly_score,label\n");
        for (row, output) in outputs.iter().enumerate() {
            let inside = series.windows.iter().any(|w| (w.0..=w.1).contains(&row));
            text += &format!(
                "{},{},{output},{}\n",
                series.timestamps[row],
                series.values[row],
                u8::from(inside)
            );
        }
        fs::write(folder.join(format!("{detector}_{file}")), text)?;
    }
    Ok(())
}

fn run_checks(
    out: &mut impl Write,
    arguments: &Arguments,
    series: &[Series],
) -> anyhow::Result<()> {
    let seeds = || 0..arguments.seeds;
    let spread = |values: Vec<f64>| {
        let Spread {
            lowest,
            median,
            highest,
        } = Spread::of(values).expect("at least one seed");
        format!("{median:.3} ({lowest:.3} to {highest:.3})")
    };
    writeln!(
        out,
        "Median (lowest to highest) of {} seeds.\n",
        arguments.seeds
    )?;
    if let Some(taxi) = series.iter().find(|s| s.name.ends_with("nyc_taxi.csv")) {
        writeln!(
            out,
            "nyc_taxi, windows of 5 hit by the ten highest peaks, mean:"
        )?;
        let mean = |hits: anyhow::Result<Vec<usize>>| {
            hits.map(|hits| hits.iter().sum::<usize>() as f64 / hits.len() as f64)
        };
        for engine in [EngineId::Rcf, EngineId::Krcf, EngineId::Krcflib] {
            for shingle_size in [24, 48] {
                let hits = seeds()
                    .map(|seed| checks::taxi_windows(taxi, engine, shingle_size, seed))
                    .collect();
                writeln!(
                    out,
                    "  {}, raw score, shingle {shingle_size}: {:.2}",
                    engine.label(),
                    mean(hits)?
                )?;
            }
        }
        let hits = seeds().map(|seed| checks::taxi_windows_of_alerts(taxi, seed));
        writeln!(
            out,
            "  detector, severity, shingle 48: {:.2}",
            mean(hits.collect())?
        )?;
    }
    for name in ["thyroid", "mammography"] {
        let path = arguments.data.join("tabular").join(format!("{name}.csv"));
        if !path.is_file() {
            writeln!(out, "{name}: no file {}", path.display())?;
            continue;
        }
        let table = checks::read_table(&path)?;
        let areas = seeds().map(|seed| checks::table_auc(&table, seed));
        let areas = areas.collect::<anyhow::Result<Vec<_>>>()?;
        writeln!(out, "{name}, AUC of the raw score: {}", spread(areas))?;
    }
    let path = arguments.data.join("rcf-paper.csv");
    if path.is_file() {
        let examples = seeds().map(|seed| checks::paper_example(&path, seed));
        let examples = examples.collect::<anyhow::Result<Vec<_>>>()?;
        let column =
            |field: fn(&checks::PaperExample) -> f64| spread(examples.iter().map(field).collect());
        writeln!(
            out,
            "the paper's example: AUC {}, lowest anomaly {}, median of the others {}",
            column(|e| e.auc),
            column(|e| e.lowest_anomaly),
            column(|e| e.median_usual),
        )?;
    } else {
        writeln!(out, "the paper's example: no file {}", path.display())?;
    }
    let policies = [
        ("always learning", Some(Learning::Always)),
        ("frozen after 400", Some(Learning::Frozen { after: 400 })),
        (
            "skipping, patience 512",
            Some(Learning::Skip { patience: 512 }),
        ),
        ("default", None),
    ];
    writeln!(
        out,
        "\nA long anomaly (400 of 1,200 records, 8 inputs), AUC of the detector's score:"
    )?;
    for shingle_size in [1, 8] {
        for (name, policy) in policies {
            let runs = seeds().map(|seed| checks::long_anomaly_auc(policy, shingle_size, seed));
            let table = transpose(runs)?;
            let cells = table
                .into_iter()
                .map(|(kind, areas)| format!("{kind} {}", spread(areas)));
            let cells: Vec<_> = cells.collect();
            writeln!(
                out,
                "  shingle {shingle_size}, {name}: {}",
                cells.join(", ")
            )?;
        }
    }
    writeln!(out, "\nAlerts per 10,000 records without anomaly:")?;
    for (name, alarms) in transpose(seeds().map(checks::false_alarms))? {
        let mean = alarms.iter().sum::<f64>() / alarms.len() as f64;
        writeln!(out, "  {name}: {mean:.1}")?;
    }
    Ok(())
}

/// Merges the rows of all seeds into one row for each name.
fn transpose(
    runs: impl Iterator<Item = anyhow::Result<Vec<(&'static str, f64)>>>,
) -> anyhow::Result<Vec<(&'static str, Vec<f64>)>> {
    let mut table: Vec<(&str, Vec<f64>)> = Vec::new();
    for run in runs {
        for (i, (name, value)) in run?.into_iter().enumerate() {
            if i == table.len() {
                table.push((name, Vec::new()));
            }
            table[i].1.push(value);
        }
    }
    Ok(table)
}
