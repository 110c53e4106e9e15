//! Results as a table, for a person at a terminal.

use std::io::{self, Write};

use crate::detect::Row;

/// Writes rows in columns; the header comes before the first.
pub(crate) struct Table {
    names: Vec<String>,
    widths: Vec<usize>,
    rows: u64,
}

impl Table {
    pub(crate) fn new(names: &[String]) -> Self {
        Self {
            names: names.to_vec(),
            widths: Vec::new(),
            rows: 0,
        }
    }

    /// The lines for one row, and before the first one the header.
    pub(crate) fn write(&mut self, row: &Row, output: &mut dyn Write) -> io::Result<()> {
        let cells = self.cells(row);
        if self.rows == 0 {
            let header = self.header(row);
            let width =
                |(name, cell): (&String, &String)| name.chars().count().max(cell.chars().count());
            self.widths = header.iter().zip(&cells).map(width).collect();
            self.line(&header, output)?;
        }
        self.rows += 1;
        self.line(&cells, output)
    }

    fn header(&self, row: &Row) -> Vec<String> {
        let mut header = vec!["record".to_owned()];
        if row.event.timestamp.is_some() {
            header.push("time".to_owned());
        }
        if !row.event.key.is_empty() {
            header.push("key".to_owned());
        }
        header.extend(self.names.iter().cloned());
        header.extend(["score", "grade", "why"].map(str::to_owned));
        header
    }

    fn cells(&self, row: &Row) -> Vec<String> {
        let (event, detection) = (&row.event, &row.detection);
        let mut cells = vec![event.sequence.clone()];
        cells.extend(event.timestamp.as_ref().map(ToString::to_string));
        if !event.key.is_empty() {
            cells.push(event.key.clone());
        }
        cells.extend(event.values.iter().map(|value| match value.is_nan() {
            true => "missing".to_owned(),
            false => value.to_string(),
        }));
        cells.push(format!("{:.2}", detection.score));
        cells.push(format!("{:.2}", detection.grade));
        cells.push(row.explanation(&self.names).unwrap_or_default());
        cells
    }

    /// Cells are right-aligned, except the last.
    fn line(&self, cells: &[String], output: &mut dyn Write) -> io::Result<()> {
        let mut line = String::new();
        for (index, (cell, width)) in cells.iter().zip(&self.widths).enumerate() {
            if index + 1 == cells.len() {
                line.push_str(cell);
            } else {
                let missing = width.saturating_sub(cell.chars().count());
                line.extend(std::iter::repeat_n(' ', missing));
                line.push_str(cell);
                line.push_str("  ");
            }
        }
        writeln!(output, "{}", line.trim_end())
    }
}
