//! The forest of `compare.py` in Rust alone, for the cost of the Python layer.
//!
//! Arguments: a file of f64 (little-endian), the number of values in a point, and a seed. Prints
//! the sum of the scores, so that no engine skips the work.

use std::error::Error;

use ndarray::ArrayView2;
use rcf_core::RandomCutForest;

#[expect(clippy::print_stdout, reason = "the answer")]
fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [file, width, seed] = &arguments[..] else {
        return Err("usage: core FILE WIDTH SEED".into());
    };
    let bytes = std::fs::read(file)?;
    let (numbers, _) = bytes.as_chunks::<8>();
    let values: Vec<f64> = numbers
        .iter()
        .map(|number| f64::from_le_bytes(*number))
        .collect();
    let width = width.parse()?;
    let mut forest = RandomCutForest::builder(1)
        .shingle_size(width)
        .internal_shingling(false)
        .seed(seed.parse()?)
        .build()?;
    let points = ArrayView2::from_shape((values.len() / width, width), &values)?;
    println!("{:?}", forest.process_array(points)?.sum());
    Ok(())
}
