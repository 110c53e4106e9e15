//! The operator in a custom loop: no runtime, no configuration, no built-in checkpoints.
//!
//! `cargo run -p rcf-stream --example operator` scores the readings of two sensors, saves the state
//! in the middle, and continues from it bit by bit.

use rcf_stream::operator::{RandomCutForestOperator, RestoreError};

struct Reading {
    sensor: &'static str,
    celsius: f64,
}

type Operator = RandomCutForestOperator<Reading, (f64, &'static str)>;

fn operator() -> Result<Operator, Box<dyn std::error::Error>> {
    Ok(Operator::builder()
        .dimensions(1)
        .shingle_size(4)
        .sample_size(64)
        .seed(7)
        .input_mapper(|reading| vec![reading.celsius])
        .key_mapper(|reading| reading.sensor.into())
        .result_mapper(|reading, scored| (scored.score, reading.sensor))
        .build()?)
}

fn readings(seconds: std::ops::Range<u32>) -> impl Iterator<Item = Reading> {
    seconds.flat_map(|second| {
        let wave = (f64::from(second) / 8.0).sin();
        let spike = if second == 450 { 9.0 } else { 0.0 };
        [("boiler", 60.0 + wave), ("pump", 20.0 - wave + spike)]
            .map(|(sensor, celsius)| Reading { sensor, celsius })
    })
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut first = operator()?;
    for reading in readings(0..400) {
        first.process(&reading)?;
    }
    let state: Vec<u8> = first.snapshot();

    let mut second = operator()?;
    second.restore(&state)?;
    let mut highest = (0.0, "");
    for reading in readings(400..500) {
        let result = second.process(&reading)?;
        assert_eq!(result, first.process(&reading)?, "the same bits");
        if result.0 > highest.0 {
            highest = result;
        }
    }
    assert!(matches!(
        second.restore(&state[1..]),
        Err(RestoreError::NotASnapshot)
    ));
    let (score, sensor) = highest;
    assert_eq!(sensor, "pump");
    let line = format!("the highest score is {score:.2}, of the {sensor}\n");
    std::io::Write::write_all(&mut std::io::stdout(), line.as_bytes())?;
    Ok(())
}
