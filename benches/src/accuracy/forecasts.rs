//! How far forecasts are off: mean absolute scaled error (MASE) and coverage on one series.
//!
//! Everything is computed online, over the second half. A MASE of 1 is the error, within the first
//! half, of the seasonal naive forecast with the true period.

use std::path::Path;

use anyhow::{Context, ensure};
use rcf_core::{Component, Forecaster};

/// NAB's series that are used, with their periods and the rows that are read at most.
const NAB: [(&str, usize, usize); 3] = [
    ("realKnownCause/nyc_taxi", 48, 6_000),
    ("realAWSCloudwatch/ec2_cpu_utilization_24ae8d", 288, 6_000),
    (
        "realKnownCause/ambient_temperature_system_failure",
        24,
        5_000,
    ),
];

/// A series, and its obvious period.
#[derive(Debug, Clone)]
pub struct Series {
    /// The name of its file.
    pub name: String,
    /// In rows.
    pub period: usize,
    /// One value per row.
    pub values: Vec<f64>,
}

/// The results of the forecasts of a series.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// MASE of the mixture.
    pub mixture: f64,
    /// MASE of each component alone, in their order.
    pub components: [f64; Component::ALL.len()],
    /// MASE of the seasonal naive forecast with the period that was learned.
    pub seasonal_naive: f64,
    /// Share of the intervals that contained the observed value.
    pub coverage: f64,
}

/// Three series of NAB.
///
/// # Errors
/// A file is missing or differs from NAB's.
pub fn read_nab(folder: &Path) -> anyhow::Result<Vec<Series>> {
    let nested = folder.join("data");
    let folder = if nested.is_dir() { &nested } else { folder };
    let series = NAB.into_iter().map(|(name, period, rows)| {
        let path = folder.join(format!("{name}.csv"));
        let text = std::fs::read_to_string(&path).with_context(|| format!("{}", path.display()))?;
        let lines = text.lines().skip(1).take(rows);
        let values = lines.map(|line| line.split(',').nth(1).unwrap_or_default());
        of(name, period, values)
    });
    series.collect()
}

/// The files `name.period.csv` of a folder, with one value per line, in order.
///
/// # Errors
/// A file cannot be read, or has another name or other contents.
pub fn read_folder(folder: &Path) -> anyhow::Result<Vec<Series>> {
    let entries = std::fs::read_dir(folder).with_context(|| format!("{}", folder.display()))?;
    let mut paths = entries
        .map(|entry| Ok(entry?.path()))
        .collect::<std::io::Result<Vec<_>>>()?;
    paths.sort();
    let series = paths.iter().map(|path| {
        let file = path.file_name().unwrap_or_default().to_string_lossy();
        let parts: Vec<&str> = file.split('.').collect();
        let [name, period, "csv"] = parts[..] else {
            anyhow::bail!("{}: not called name.period.csv", path.display());
        };
        let period = period
            .parse()
            .with_context(|| format!("the period of {file}"))?;
        let text = std::fs::read_to_string(path).with_context(|| format!("{}", path.display()))?;
        of(name, period, text.lines())
    });
    series.collect()
}

fn of<'a>(
    name: &str,
    period: usize,
    values: impl Iterator<Item = &'a str>,
) -> anyhow::Result<Series> {
    let values = values.map(|text| {
        let number = text.trim().parse::<f64>();
        number.with_context(|| format!("{name}: no number in {text:?}"))
    });
    let values = values.collect::<anyhow::Result<Vec<_>>>()?;
    let half = values.len() / 2;
    ensure!(
        period > 0 && half > period,
        "{name}: half of its {} rows must be more than its period, {period}",
        values.len()
    );
    let name = name.to_owned();
    Ok(Series {
        name,
        period,
        values,
    })
}

/// Forecasts a series with these components, and compares.
///
/// # Errors
/// A parameter or a value is rejected.
pub fn run(
    series: &Series,
    horizon: usize,
    seed: u64,
    components: &[Component],
) -> anyhow::Result<Outcome> {
    let builder = Forecaster::builder(1).horizon(horizon).seed(seed);
    let mut forecaster = builder.components(components).build()?;
    let (values, half) = (&series.values, series.values.len() / 2);
    let mut errors = [0.0; Component::ALL.len() + 2];
    let (mut held, mut count) = (0.0, 0.0);
    for (t, &value) in values.iter().enumerate() {
        let forecast = forecaster.process(&[value])?;
        let (Some(forecast), true) = (forecast, t >= half) else {
            continue;
        };
        let parts = Component::ALL.map(|component| forecaster.newest_of(component));
        for (step, &then) in values[t + 1..].iter().take(horizon).enumerate() {
            let at = [step, 0];
            let parts = parts.iter().flatten().map(|part| part[at]);
            let naive = seasonal_naive(values, t, step + 1, forecaster.period(0));
            let all = [forecast.expected[at]]
                .into_iter()
                .chain(parts)
                .chain([naive]);
            for (sum, expected) in errors.iter_mut().zip(all) {
                *sum += (expected - then).abs();
            }
            let interval = forecast.lower[at]..=forecast.upper[at];
            held += f64::from(u8::from(interval.contains(&then)));
            count += 1.0;
        }
    }
    ensure!(count > 0.0, "{}: too short for a forecast", series.name);
    let cycles = values[..half].iter().zip(&values[series.period..half]);
    let unit = cycles.map(|(a, b)| (a - b).abs()).sum::<f64>() / (half - series.period) as f64;
    let [mixture, components @ .., seasonal_naive] = errors.map(|sum| sum / count / unit);
    Ok(Outcome {
        mixture,
        components,
        seasonal_naive,
        coverage: held / count,
    })
}

/// The value a whole number of periods ago; without a period, the last one.
fn seasonal_naive(values: &[f64], t: usize, step: usize, period: Option<usize>) -> f64 {
    let back = period.map(|period| period * step.div_ceil(period));
    let at = back.and_then(|back| (t + step).checked_sub(back));
    values[at.unwrap_or(t)]
}

#[cfg(test)]
mod tests {
    use rand::{RngExt, SeedableRng};
    use rand_xoshiro::SplitMix64;

    use super::*;

    #[test]
    fn the_naive_forecast_with_the_true_period_has_the_error_one() {
        let mut noise = SplitMix64::seed_from_u64(1);
        let wave = |t: usize| {
            let noise: u8 = noise.random_range(0..13);
            10.0 * (t % 20) as f64 + f64::from(noise)
        };
        let series = Series {
            name: "wave".to_owned(),
            period: 20,
            values: (0..1_500).map(wave).collect(),
        };
        let outcome = run(&series, 6, 0, &Component::ALL).unwrap();
        assert!((outcome.seasonal_naive - 1.0).abs() < 0.1, "{outcome:?}");
        assert!(
            outcome.mixture < 1.0 && outcome.components[0] > 5.0,
            "{outcome:?}"
        );
        assert!((0.7..0.9).contains(&outcome.coverage), "{outcome:?}");
        let alone = run(&series, 6, 0, &[Component::LastValue]).unwrap();
        assert_eq!(alone.mixture, outcome.components[0]);
    }
}
