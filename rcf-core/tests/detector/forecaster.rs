//! Intervals hold what they promise, online.

use rcf_core::{ConfigError, Forecaster};

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
    // The normal distribution has 80 % within ±1.28; the centre is a forecast of its own.
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
    let builder = Forecaster::builder(1).number_of_trees(10).limits(0.0, 2.0);
    let mut forecaster = builder.build().unwrap();
    for _ in 0..500 {
        let value = random.normal().abs();
        if let Some(forecast) = forecaster.process(&[value]).unwrap() {
            let all = [&forecast.lower, &forecast.expected, &forecast.upper];
            assert!(all.iter().all(|part| (0.0..=2.0).contains(&part[[0, 0]])));
        }
    }
    let builder = Forecaster::builder(1).limits(1.0, 1.0);
    assert!(matches!(builder.build(), Err(ConfigError::Limits { .. })));
    let builder = Forecaster::builder(1).horizon(0);
    assert!(matches!(builder.build(), Err(ConfigError::Horizon { .. })));
    let builder = Forecaster::builder(1).coverage(1.0);
    assert!(matches!(builder.build(), Err(ConfigError::Coverage { .. })));
}

/// Nominal 80 % on series that were not made for it.
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
