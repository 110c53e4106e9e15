//! Intervals have the promised coverage, online.

use rcf_core::{
    AnomalyDetector, Component, ConfigError, Forecaster, InputError, StateError, Transform,
};

use crate::shared_data;
use crate::testing::Random;

#[test]
fn intervals_of_noise_have_the_quantiles_of_the_noise() {
    let mut random = Random::new(3);
    let builder = Forecaster::builder(1).shingle_size(2).number_of_trees(20);
    let mut forecaster = builder.horizon(2).build().unwrap();
    let mut widths = Vec::new();
    for t in 0..5_000 {
        let forecast = forecaster.process(&[random.normal()]).unwrap();
        if let Some(forecast) = forecast.filter(|_| t > 2_000) {
            widths.push(forecast.upper[[1, 0]] - forecast.lower[[1, 0]]);
        }
    }
    // The normal distribution has 80 % within ±1.28; the centre is its own forecast.
    let width = widths.iter().sum::<f64>() / widths.len() as f64;
    assert!((2.3..3.2).contains(&width), "{width}");
    for step in [1, 2] {
        let coverage = forecaster.measured_coverage(step);
        assert!((0.77..0.83).contains(&coverage), "{coverage}");
    }
}

#[test]
fn limits_hold() {
    let mut random = Random::new(4);
    let builder = Forecaster::builder(1)
        .number_of_trees(10)
        .limits(vec![(0.0, 2.0)]);
    let mut forecaster = builder.build().unwrap();
    for _ in 0..500 {
        let value = random.normal().abs();
        if let Some(forecast) = forecaster.process(&[value]).unwrap() {
            let all = [&forecast.lower, &forecast.expected, &forecast.upper];
            assert!(all.iter().all(|part| (0.0..=2.0).contains(&part[[0, 0]])));
        }
    }
    let builder = Forecaster::builder(1).limits(vec![(1.0, 1.0)]);
    assert!(matches!(builder.build(), Err(ConfigError::Limits { .. })));
    let builder = Forecaster::builder(2).limits(vec![(0.0, 1.0)]);
    assert!(matches!(builder.build(), Err(ConfigError::PerInput { .. })));
    let builder = Forecaster::builder(1).horizon(0);
    assert!(matches!(builder.build(), Err(ConfigError::Horizon { .. })));
    let builder = Forecaster::builder(1).coverage(1.0);
    assert!(matches!(builder.build(), Err(ConfigError::Coverage { .. })));
}

/// A record of two inputs: a wave and noise.
fn record(t: u32, random: &mut Random) -> [f64; 2] {
    [
        (f64::from(t) / 5.0).sin() + 0.1 * random.normal(),
        random.normal(),
    ]
}

#[test]
fn a_restored_forecaster_continues_bit_for_bit() {
    let transforms = [
        Transform::None,
        Transform::SubtractMovingAverage,
        Transform::Normalize,
        Transform::Difference,
        Transform::NormalizedDifference,
    ];
    // Empty, before the transform is ready, while the forest fills, with pending forecasts.
    for (transform, stop) in transforms
        .iter()
        .flat_map(|t| [0, 5, 100, 600].map(|s| (*t, s)))
    {
        let mut random = Random::new(u64::from(stop));
        let builder = Forecaster::builder(2).shingle_size(3).horizon(4).seed(9);
        let builder = builder
            .number_of_trees(10)
            .sample_size(64)
            .transform(transform);
        let builder = builder.limits(vec![(-0.9, f64::INFINITY), (-3.0, 3.0)]);
        let mut forecaster = builder.build().unwrap();
        for t in 0..stop {
            forecaster.process(&record(t, &mut random)).unwrap();
        }
        let bytes = forecaster.to_bytes();
        let mut restored = Forecaster::from_bytes(&bytes).unwrap();
        assert_eq!(restored.to_bytes(), bytes);
        assert_eq!(restored.config(), forecaster.config());
        let trusted = Forecaster::from_trusted_bytes(&bytes).unwrap();
        assert_eq!(trusted.to_bytes(), bytes);
        for t in stop..stop + 300 {
            let record = record(t, &mut random);
            let forecast = forecaster.process(&record).unwrap();
            assert_eq!(
                restored.process(&record).unwrap(),
                forecast,
                "{transform:?} {t}"
            );
        }
        assert!(forecaster.measured_coverage(4) > 0.5);
        assert_eq!(restored.to_bytes(), forecaster.to_bytes());
    }
}

#[test]
fn invalid_states_and_records_are_refused() {
    let mut forecaster = Forecaster::builder(2).number_of_trees(10).build().unwrap();
    let mut random = Random::new(6);
    for t in 0..100 {
        forecaster.process(&record(t, &mut random)).unwrap();
    }
    let bytes = forecaster.to_bytes();
    for refused in [
        &[1.0][..],
        &[1.0, f64::NAN],
        &[f64::INFINITY, 0.0],
        &[1e31, 0.0],
    ] {
        assert!(forecaster.process(refused).is_err());
    }
    assert!(matches!(
        forecaster.process(&[1.0; 3]),
        Err(InputError::WrongLength { .. })
    ));
    assert_eq!(forecaster.to_bytes(), bytes);
    let damaged = |at: usize| {
        let mut bytes = bytes.clone();
        bytes[at] ^= 4;
        Forecaster::from_bytes(&bytes)
    };
    for at in (0..bytes.len()).step_by(97) {
        assert!(damaged(at).is_err(), "byte {at}");
        assert!(Forecaster::from_bytes(&bytes[..at]).is_err(), "{at} bytes");
    }
    assert!(matches!(
        AnomalyDetector::from_bytes(&bytes),
        Err(StateError::WrongKind { .. })
    ));
}

#[test]
fn each_input_counts_on_its_own_scale() {
    // The same waves with the second one in other units: the forecasts are equal.
    let errors = [1.0, 1e-6, 1e6].map(|unit| {
        let builder = Forecaster::builder(2).shingle_size(6).number_of_trees(20);
        let mut forecaster = builder.build().unwrap();
        let mut random = Random::new(8);
        let wave = |t: u32, period: f64| (f64::from(t) * std::f64::consts::TAU / period).sin();
        let (mut off, mut count) = ([0.0, 0.0], 0.0);
        let mut forecast: Option<rcf_core::IntervalForecast> = None;
        for t in 0..1_500 {
            let noise = 0.02 * random.normal();
            let record = [wave(t, 30.0) + noise, unit * (wave(t, 17.0) - noise)];
            if let Some(forecast) = forecast.filter(|_| t > 500) {
                off[0] += (record[0] - forecast.expected[[0, 0]]).abs();
                off[1] += (record[1] - forecast.expected[[0, 1]]).abs() / unit;
                count += 1.0;
            }
            forecast = forecaster.process(&record).unwrap();
        }
        off.map(|off| off / count)
    });
    eprintln!("{errors:?}");
    for error in errors {
        // Half of the mean distance of a sine from 0 would be 0.32.
        assert!(error[0] < 0.3 && error[1] < 0.3, "{errors:?}");
        let near = |a: f64, b: f64| (a / b - 1.0).abs() < 0.2;
        assert!(
            near(error[0], errors[0][0]) && near(error[1], errors[0][1]),
            "{errors:?}"
        );
    }
}

#[test]
fn differences_follow_a_trend() {
    let off = |transform: Transform| {
        let builder = Forecaster::builder(1).transform(transform).horizon(5);
        let mut forecaster = builder.number_of_trees(20).build().unwrap();
        let mut random = Random::new(1);
        let mut off = 0.0;
        for t in 0..1_000u32 {
            let value = 3.0 * f64::from(t) + random.normal();
            if let Some(forecast) = forecaster.process(&[value]).unwrap() {
                off = (forecast.expected[[4, 0]] - 3.0 * f64::from(t + 5)).abs();
            }
        }
        off
    };
    let (plain, difference) = (off(Transform::None), off(Transform::Difference));
    assert!(difference < 8.0, "{difference}");
    assert!(plain > 2.0 * difference, "{plain} {difference}");
}

/// Nominal 80 % on series of other kinds.
#[test]
fn intervals_hold_their_share_on_real_series() {
    const SERIES: [&str; 18] = [
        "realAWSCloudwatch/ec2_cpu_utilization_24ae8d",
        "realAWSCloudwatch/ec2_cpu_utilization_53ea38",
        "realAWSCloudwatch/ec2_cpu_utilization_5f5533",
        "realAWSCloudwatch/ec2_cpu_utilization_77c1ca",
        "realAWSCloudwatch/ec2_cpu_utilization_825cc2",
        "realAWSCloudwatch/ec2_cpu_utilization_ac20cd",
        "realAWSCloudwatch/ec2_cpu_utilization_c6585a",
        "realAWSCloudwatch/ec2_cpu_utilization_fe7f93",
        "realAWSCloudwatch/ec2_disk_write_bytes_1ef3de",
        "realAWSCloudwatch/ec2_disk_write_bytes_c0d644",
        "realAWSCloudwatch/ec2_network_in_257a54",
        "realAWSCloudwatch/ec2_network_in_5abac7",
        "realAWSCloudwatch/elb_request_count_8c0756",
        "realAWSCloudwatch/grok_asg_anomaly",
        "realAWSCloudwatch/iio_us-east-1_i-a2eb1cd9_NetworkIn",
        "realAWSCloudwatch/rds_cpu_utilization_cc0c53",
        "realAWSCloudwatch/rds_cpu_utilization_e47b3b",
        "realKnownCause/nyc_taxi",
    ];
    for name in SERIES {
        let Some(text) = shared_data::read(&format!("nab/{name}.csv")) else {
            return;
        };
        let builder = Forecaster::builder(1).shingle_size(8).number_of_trees(20);
        let mut forecaster = builder.build().unwrap();
        for line in text.lines().skip(1) {
            let value: f64 = line.split(',').nth(1).unwrap().trim().parse().unwrap();
            forecaster.process(&[value]).unwrap();
        }
        let coverage = forecaster.measured_coverage(1);
        eprintln!("{name}: {coverage:.3}");
        assert!((0.75..=0.85).contains(&coverage), "{name}: {coverage}");
    }
}

#[test]
fn an_array_gives_the_forecasts_of_the_loop() {
    let build = || {
        let builder = Forecaster::builder(2).shingle_size(4).horizon(3);
        builder.number_of_trees(10).build().unwrap()
    };
    let (mut whole, mut single) = (build(), build());
    let rows = ndarray::Array2::from_shape_fn((300, 2), |(t, input)| {
        (0.2 * t as f64 + input as f64).sin() * (1.0 + 99.0 * input as f64)
    });
    let forecasts = whole.process_array(rows.view()).unwrap();
    assert!(forecasts[0].is_none() && forecasts[299].is_some());
    for (row, forecast) in rows.rows().into_iter().zip(forecasts) {
        let one = single.process(row.as_slice().unwrap()).unwrap();
        assert_eq!(one, forecast);
        assert_eq!(single.newest(), forecast.as_ref());
    }
    assert_eq!(whole.to_bytes(), single.to_bytes());

    let mut broken = rows.clone();
    broken[[7, 1]] = f64::NAN;
    assert_eq!(whole.process_array(broken.view()).unwrap_err().row, 7);
    assert_eq!(whole.to_bytes(), single.to_bytes());
}

/// Mean absolute error of one-step forecasts after this many records.
fn mean_error(forecaster: &mut Forecaster, values: &[f64], step: usize, after: usize) -> f64 {
    let (mut sum, mut count) = (0.0, 0.0);
    for (t, &value) in values.iter().enumerate() {
        let forecast = forecaster.process(&[value]).unwrap();
        if let (Some(then), true) = (values.get(t + step), t >= after) {
            sum += (forecast.unwrap().expected[[step - 1, 0]] - then).abs();
            count += 1.0;
        }
    }
    sum / count
}

#[test]
fn the_mixture_knows_trends_cycles_and_walks() {
    // A forest alone cannot forecast unseen values or a cycle longer than its shingle.
    let mut random = Random::new(11);
    let cycle: Vec<f64> = (0..90).map(|_| 5.0 * random.normal()).collect();
    let mut level = 0.0;
    let mut series = |kind: usize, t: usize| {
        let noise = random.normal();
        level += noise;
        match kind {
            0 => 2.0 * t as f64 + noise,
            1 => cycle[t % 90] + noise,
            _ => level,
        }
    };
    // The mean error of the best possible forecast four steps ahead, and the tolerance.
    for (kind, best) in [(0, 0.8), (1, 0.8), (2, 1.6)] {
        let values: Vec<f64> = (0..3_000).map(|t| series(kind, t)).collect();
        let builder = Forecaster::builder(1).horizon(4).number_of_trees(15);
        let mut forecaster = builder.build().unwrap();
        let error = mean_error(&mut forecaster, &values, 4, 1_500);
        assert!(error < 1.6 * best, "{kind}: {error}");
        if kind == 1 {
            assert_eq!(forecaster.period(0).map(|period| period % 90), Some(0));
        }
        let weights = Component::ALL.map(|component| forecaster.weight_of(component));
        let total: f64 = weights.iter().map(|weight| weight[[3, 0]]).sum();
        assert!((total - 1.0).abs() < 1e-12);
        let last = forecaster.newest_of(Component::LastValue).unwrap();
        assert_eq!(last[[2, 0]], values[2_999]);
    }
}

#[test]
fn error_figures_are_those_of_their_definitions() {
    // The last value alone, so that each forecast is known; fewer forecasts than the statistics
    // remember.
    let mut random = Random::new(12);
    let builder = Forecaster::builder(1).horizon(2).number_of_trees(10);
    let mut forecaster = builder.components(&[Component::LastValue]).build().unwrap();
    assert!(forecaster.errors().mean_absolute[[1, 0]].is_nan());
    let values: Vec<f64> = (0..600)
        .map(|t| f64::from(t % 11) + random.normal())
        .collect();
    // Forecasts from before the forest was ready are not returned, and do not count.
    let mut errors = Vec::new();
    let mut is_given = false;
    for (t, value) in values.iter().enumerate() {
        if is_given {
            errors.push(value - values[t - 2]);
        }
        is_given = forecaster.process(&[*value]).unwrap().is_some();
    }
    let mean = |of: fn(f64) -> f64| {
        errors.iter().map(|&error| of(error)).sum::<f64>() / errors.len() as f64
    };
    let figures = forecaster.errors();
    for (got, expected) in [
        (&figures.mean_absolute, mean(f64::abs)),
        (
            &figures.root_mean_square,
            mean(|error| error * error).sqrt(),
        ),
        (&figures.bias, mean(|error| error)),
        (&figures.interval_precision, forecaster.measured_coverage(2)),
    ] {
        assert!(
            (got[[1, 0]] - expected).abs() < 1e-9,
            "{} {expected}",
            got[[1, 0]]
        );
    }
}

#[test]
fn missing_values_are_replaced_by_expected_ones() {
    let mut random = Random::new(13);
    let wave = |t: u32| (f64::from(t) * std::f64::consts::TAU / 24.0).sin();
    let builder = Forecaster::builder(2).horizon(3).number_of_trees(15);
    let mut forecaster = builder.build().unwrap();
    let mut errors = Vec::new();
    for t in 0..3_000 {
        // At first the second input is unknown; later the first one is missing for long.
        let is_missing = [(2_000..2_100).contains(&t), t < 10 || random.unit() < 0.1];
        let values = [wave(t), 10.0 * wave(t + 6) + 0.1 * random.normal()];
        let given = [0, 1].map(|i| if is_missing[i] { f64::NAN } else { values[i] });
        let updates = forecaster.forest().updates();
        let forecast = forecaster.process_with_missing(&given).unwrap();
        assert!(t >= 10 || forecaster.forest().updates() == 0);
        assert!(!(40..2_000).contains(&t) || forecaster.forest().updates() == updates + 1);
        if t >= 1_000 {
            let forecast = forecast.unwrap();
            assert!(forecast.upper.iter().all(|value| value.is_finite()));
            errors.push((forecast.expected[[2, 0]] - wave(t + 3)).abs());
            errors.push((forecast.expected[[2, 1]] / 10.0 - wave(t + 9)).abs());
        }
    }
    let missing = forecaster.missing_values();
    assert!((350..480).contains(&missing), "{missing}");
    let mean = errors.iter().sum::<f64>() / errors.len() as f64;
    assert!(mean < 0.1, "{mean}");
    // The restored one continues bit for bit.
    let mut restored = Forecaster::from_bytes(&forecaster.to_bytes()).unwrap();
    for t in 0..20 {
        let values = [if t % 3 == 0 { f64::NAN } else { wave(t) }, f64::NAN];
        let forecast = forecaster.process_with_missing(&values).unwrap();
        assert_eq!(restored.process_with_missing(&values).unwrap(), forecast);
    }
    assert_eq!(forecaster.to_bytes(), restored.to_bytes());
    assert_eq!(restored.missing_values(), missing + 27);
}

#[test]
fn a_scale_may_change_by_any_factor() {
    let mut random = Random::new(14);
    let builder = Forecaster::builder(1).horizon(6).number_of_trees(10);
    let mut forecaster = builder.build().unwrap();
    let mut start = 0;
    for scale in [1.0, 1e9, 1.0, 1e-9] {
        let mut wave = |t: u32| scale * ((f64::from(t) * 0.26).sin() + 0.1 * random.normal());
        let values: Vec<f64> = (start..start + 2_500).map(&mut wave).collect();
        start += 2_500;
        let error = mean_error(&mut forecaster, &values, 6, 1_500) / scale;
        // The noise alone is 0.08, the mean of the wave is off by 0.64.
        assert!(error < 0.16, "{scale}: {error}");
    }
}
