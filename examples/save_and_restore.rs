//! How does a forest survive a restart?
//!
//! Save it to a file, drop it, read it back: it continues as if nothing had happened, to the last
//! bit. A damaged file is refused with an error that says what is wrong with it.

use std::error::Error;
use std::process::ExitCode;

use rcf_core::RandomCutForest;

const BEFORE: u32 = 3_000;
const AFTER: u32 = 2_000;

fn value(t: u32) -> [f64; 1] {
    let t = f64::from(t);
    [(t / 30.0).sin() + 0.2 * (t * 0.618).fract()]
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let path = std::env::temp_dir().join(format!("rcf-example-{}.state", std::process::id()));

    let mut uninterrupted = RandomCutForest::builder(1)
        .shingle_size(4)
        .seed(7)
        .build()?;
    for t in 0..BEFORE {
        uninterrupted.update(&value(t))?;
    }
    std::fs::write(&path, uninterrupted.to_bytes())?;

    let mut bytes = std::fs::read(&path)?;
    std::fs::remove_file(&path)?;
    let mut restored = RandomCutForest::from_bytes(&bytes)?;
    println!(
        "restored {} updates from {} bytes",
        restored.updates(),
        bytes.len()
    );

    let mut equal = 0;
    for t in BEFORE..BEFORE + AFTER {
        let expected = uninterrupted.process(&value(t))?;
        let score = restored.process(&value(t))?;
        equal += u32::from(score.to_bits() == expected.to_bits());
    }

    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    let refused = RandomCutForest::from_bytes(&bytes);
    match &refused {
        Err(error) => println!("with one bit turned over: {error}"),
        Ok(_) => println!("with one bit turned over: restored all the same"),
    }

    let passed = equal == AFTER && refused.is_err();
    let verdict = if passed { "PASS" } else { "FAIL" };
    println!("{verdict}: {equal} of {AFTER} scores equal to the last bit after the restart");
    Ok(if passed {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
