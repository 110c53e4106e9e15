//! Public data that the repository does not hold; tests of it skip where it is absent.

use std::path::PathBuf;

/// The text of a file in the data folder next to the checkout, or `None` with a message.
pub(crate) fn read(name: &str) -> Option<String> {
    let path: PathBuf = [
        env!("CARGO_MANIFEST_DIR"),
        "..",
        "..",
        "shared",
        "data",
        name,
    ]
    .iter()
    .collect();
    match std::fs::read_to_string(&path) {
        Ok(text) => Some(text),
        Err(error) => {
            eprintln!("skipped: {name} is not available ({error})");
            None
        }
    }
}

/// The numbers of a CSV file, row by row; columns that are not numbers are left out.
pub(crate) fn read_numbers(name: &str, header_rows: usize) -> Option<Vec<Vec<f64>>> {
    let text = read(name)?;
    let numbers = |line: &str| {
        line.split(',')
            .filter_map(|cell| cell.trim().parse().ok())
            .collect()
    };
    Some(text.lines().skip(header_rows).map(numbers).collect())
}
