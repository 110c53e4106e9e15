//! I have a table: which rows are the most unusual?
//!
//! An array of 5,000 rows with two columns that belong together, except in three rows, where each
//! value alone would be unremarkable. One call scores every row by those before it.

use std::error::Error;
use std::process::ExitCode;

use ndarray::Array2;
use rcf_core::RandomCutForest;

const STRANGE: [usize; 3] = [2_474, 3_322, 4_783];

/// Load and power of a machine: power follows load.
fn table() -> Array2<f64> {
    Array2::from_shape_fn((5_000, 2), |(row, column)| {
        let t = row as f64;
        let load = 50.0 + 40.0 * (t / 15.0).sin() + 4.0 * (t * 0.618).fract();
        let power = 3.0 * load + 10.0 * (t * 0.755).fract();
        match column {
            0 => load,
            _ if STRANGE.contains(&row) => 310.0 - power, // low where it should be high, or the reverse
            _ => power,
        }
    })
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let table = table();
    let mut forest = RandomCutForest::builder(table.ncols()).seed(7).build()?;
    let scores = forest.process_array(table.view())?;

    let mut rows: Vec<usize> = (0..table.nrows()).collect();
    rows.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
    println!("rank   row   load  power  score");
    for (rank, &row) in (1..).zip(&rows[..5]) {
        let [load, power, score] = [table[[row, 0]], table[[row, 1]], scores[row]];
        println!("{rank:>4}  {row:>4}  {load:>5.1}  {power:>5.1}  {score:>5.2}");
    }

    let found = STRANGE
        .iter()
        .filter(|row| rows[..STRANGE.len()].contains(row))
        .count();
    let verdict = if found == STRANGE.len() {
        "PASS"
    } else {
        "FAIL"
    };
    println!(
        "{verdict}: {found} of {} strange rows at the top of the list",
        STRANGE.len()
    );
    Ok(if found == STRANGE.len() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
