//! How far forecasts are off on public series: the mixture, its components alone, and controls.
//!
//! Series are read from NAB, and from files of one value a line called `name.period.csv`. Those of
//! the Python package statsmodels are written to such a folder by
//!
//! ```python
//! import statsmodels.api as sm
//! sets = sm.datasets
//! for name, values in (
//!     ("sunspots.11", sets.sunspots.load_pandas().data["SUNACTIVITY"]),
//!     ("elnino.12", sets.elnino.load_pandas().data.drop(columns="YEAR").stack()),
//!     ("co2.52", sets.co2.load_pandas().data["co2"].ffill()),
//! ):
//!     values.to_csv(f"series/{name}.csv", header=False, index=False)
//! ```

use std::io::Write;
use std::path::PathBuf;

use anyhow::ensure;
use clap::Parser;
use rcf_benches::accuracy::forecasts::{read_folder, read_nab, run};
use rcf_core::Component;

/// Scaled errors (MASE) and coverage of forecasts on the second half of each series.
#[derive(Parser)]
struct Arguments {
    /// NAB's folder: three of its series are used
    #[arg(long)]
    nab: Option<PathBuf>,
    /// A folder of further series: name.period.csv, one value per line
    #[arg(long)]
    series: Option<PathBuf>,
    /// Steps ahead
    #[arg(long, default_value_t = 12)]
    horizon: usize,
    /// Runs with different seeds; the result is their mean
    #[arg(long, default_value_t = 1)]
    seeds: u64,
    /// Adds the mixture without each of its components
    #[arg(long)]
    ablation: bool,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let mut series = Vec::new();
    if let Some(folder) = &arguments.series {
        series.extend(read_folder(folder)?);
    }
    if let Some(folder) = &arguments.nab {
        series.extend(read_nab(folder)?);
    }
    ensure!(
        !series.is_empty(),
        "no series: name a folder by --nab or --series"
    );
    ensure!(arguments.seeds > 0, "--seeds must be at least 1");
    let mut titles = vec!["mixture".to_owned()];
    titles.extend(Component::ALL.map(|component| format!("{component:?} alone")));
    titles.push("seasonal naive".to_owned());
    let left_out = if arguments.ablation {
        &Component::ALL[..]
    } else {
        &[]
    };
    titles.extend(
        left_out
            .iter()
            .map(|component| format!("without {component:?}")),
    );
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "Horizon {}, {} seeds.\n",
        arguments.horizon, arguments.seeds
    )?;
    writeln!(out, "| series | {} | coverage |", titles.join(" | "))?;
    writeln!(out, "|---|{}", "---:|".repeat(titles.len() + 1))?;
    let mut logarithms = vec![0.0; titles.len()];
    for series in &series {
        let (mut errors, mut coverage) = (vec![0.0; titles.len()], 0.0);
        for seed in 0..arguments.seeds {
            let outcome = run(series, arguments.horizon, seed, &Component::ALL)?;
            let mut all = vec![outcome.mixture];
            all.extend(outcome.components);
            all.push(outcome.seasonal_naive);
            for &part in left_out {
                let others = Component::ALL.into_iter().filter(|&other| other != part);
                let others: Vec<Component> = others.collect();
                all.push(run(series, arguments.horizon, seed, &others)?.mixture);
            }
            let share = 1.0 / arguments.seeds as f64;
            coverage += share * outcome.coverage;
            errors
                .iter_mut()
                .zip(all)
                .for_each(|(mean, error)| *mean += share * error);
        }
        writeln!(
            out,
            "| {} | {} | {coverage:.3} |",
            series.name,
            cells(&errors)
        )?;
        let sums = logarithms.iter_mut().zip(errors);
        sums.for_each(|(sum, error)| *sum += error.ln());
    }
    let means = logarithms
        .iter()
        .map(|sum| (sum / series.len() as f64).exp());
    writeln!(
        out,
        "| geometric mean | {} | |",
        cells(&means.collect::<Vec<_>>())
    )?;
    Ok(())
}

fn cells(errors: &[f64]) -> String {
    let cells: Vec<String> = errors.iter().map(|error| format!("{error:.3}")).collect();
    cells.join(" | ")
}
