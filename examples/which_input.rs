//! Several inputs are scored together: which of them was it, and was it too high or too low?
//!
//! Three sensors of a pump. From time to time one of them goes wrong for one reading; attribution
//! splits the score of that reading over the sensors and over the two directions.

use std::error::Error;
use std::process::ExitCode;

use rcf_core::RandomCutForest;

const SENSORS: [&str; 3] = ["temperature °C", "pressure bar", "vibration mm/s"];

/// What the sensors read at time `t` while all is well.
fn reading(t: u32) -> [f64; 3] {
    let t = f64::from(t);
    let noise = |step: f64| (t * step).fract() - 0.5; // evenly spread and repeatable
    [
        60.0 + 5.0 * (t / 40.0).sin() + noise(0.618),
        8.0 + noise(0.755),
        1.2 + 0.4 * noise(0.570),
    ]
}

/// The faults: when, which sensor, and by how much it is off.
const FAULTS: [(u32, usize, f64); 6] = [
    (2_100, 0, 30.0),
    (2_400, 1, -4.0),
    (2_700, 2, 2.5),
    (3_000, 0, -20.0),
    (3_300, 1, 3.0),
    (3_600, 2, -1.1),
];

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let mut forest = RandomCutForest::builder(SENSORS.len()).seed(7).build()?;
    let mut traced = 0;

    println!("   t  score  blamed                 share");
    for t in 0..4_000 {
        let mut values = reading(t);
        let fault = FAULTS.iter().find(|fault| fault.0 == t);
        if let Some(&(_, sensor, offset)) = fault {
            values[sensor] += offset;

            let attribution = forest.attribution(&values)?;
            let high = attribution.high.iter().map(|share| ("too high", share));
            let low = attribution.low.iter().map(|share| ("too low", share));
            let (blamed, (direction, share)) = high
                .enumerate()
                .chain(low.enumerate())
                .max_by(|(_, (_, a)), (_, (_, b))| a.total_cmp(b))
                .ok_or("a forest has dimensions")?;

            let score = attribution.total();
            let share = 100.0 * share / score;
            println!(
                "{t:>4}  {score:>5.2}  {:<14} {direction:<8} {share:>3.0} %",
                SENSORS[blamed]
            );
            let expected = if offset > 0.0 { "too high" } else { "too low" };
            traced += usize::from(blamed == sensor && direction == expected);
        }
        forest.update(&values)?;
    }

    let verdict = if traced == FAULTS.len() {
        "PASS"
    } else {
        "FAIL"
    };
    println!(
        "{verdict}: {traced} of {} faults traced to sensor and direction",
        FAULTS.len()
    );
    Ok(if traced == FAULTS.len() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
