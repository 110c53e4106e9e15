//! Parquet and Arrow IPC: the same columns and values as of text.

use std::io::{Cursor, Read};
use std::sync::Arc;

use arrow_array::{
    ArrayRef, Float32Array, Float64Array, Int64Array, RecordBatch, StringArray, StructArray,
    TimestampMicrosecondArray,
};
use arrow_schema::{DataType, Field};
use parquet::arrow::ArrowWriter;

use super::*;

/// A table as pandas saves one: an index, times, a constant text, a float, a nested float, and a
/// narrow float with a null.
fn batch() -> RecordBatch {
    let micros = |n: usize| 1_699_992_020_000_000 + n as i64 * 60_000_000;
    let times = TimestampMicrosecondArray::from_iter_values(rows().map(|(n, ..)| micros(n)));
    let (numbers, inner): (Vec<f64>, Vec<f64>) = rows().map(|(_, a, b)| (a, b)).unzip();
    let inner: ArrayRef = Arc::new(Float64Array::from(inner));
    let field = Arc::new(Field::new("b", DataType::Float64, true));
    let narrow = rows().map(|(n, ..)| (n != 3).then_some((n % 7) as f32 + 0.1));
    let columns: [(&str, ArrayRef); 6] = [
        ("n", Arc::new(Int64Array::from_iter_values(0..120))),
        ("time", Arc::new(times.with_timezone("UTC"))),
        ("site", Arc::new(StringArray::from(vec!["x"; 120]))),
        ("a", Arc::new(Float64Array::from(numbers))),
        ("nested", Arc::new(StructArray::from(vec![(field, inner)]))),
        ("c", Arc::new(narrow.collect::<Float32Array>())),
    ];
    RecordBatch::try_from_iter_with_nullable(columns.map(|(name, column)| (name, column, true)))
        .unwrap()
}

/// The table in all three formats, two batches each.
fn files() -> [(&'static str, Vec<u8>); 3] {
    let batch = batch();
    let schema = batch.schema();
    let parts = [batch.slice(0, 50), batch.slice(50, 70)];
    let mut parquet = ArrowWriter::try_new(Vec::new(), Arc::clone(&schema), None).unwrap();
    let mut file = arrow_ipc::writer::FileWriter::try_new(Vec::new(), &schema).unwrap();
    let mut stream = arrow_ipc::writer::StreamWriter::try_new(Vec::new(), &schema).unwrap();
    for part in &parts {
        parquet.write(part).unwrap();
        file.write(part).unwrap();
        stream.write(part).unwrap();
    }
    stream.finish().unwrap();
    file.finish().unwrap();
    [
        ("Parquet", parquet.into_inner().unwrap()),
        ("Arrow IPC", file.into_inner().unwrap()),
        ("Arrow IPC", stream.into_inner().unwrap()),
    ]
}

#[test]
fn tables_are_read_as_text_is() {
    for (format, bytes) in files() {
        let found = read_as(&bytes, &Given::default(), &Named::default()).unwrap();
        // As of JSON: by name.
        assert_eq!(found.values, ["a", "c", "nested.b"], "{}", found.line);
        assert_eq!(found.time.as_deref(), Some("time"), "{}", found.line);
        assert!(found.line.contains("\"n\" (an index)"), "{}", found.line);
        let said = format!("read as {format}");
        assert!(found.line.ends_with(&said), "{}", found.line);
        assert_eq!(found.records.len(), 120);
        for ((n, a, b), (record, time)) in rows().zip(found.records.iter().zip(&found.times)) {
            assert_eq!((record[0], record[2]), (a, b));
            // The digits of the narrow number, not the wide one next to it.
            let narrow = format!("{}.1", n % 7).parse::<f64>().unwrap();
            assert!(if n == 3 {
                record[1].is_nan()
            } else {
                record[1] == narrow
            });
            assert_eq!(*time, Some(1_699_992_020_000.0 + n as f64 * 60_000.0));
        }
    }
}

#[test]
fn a_pipe_accepts_arrow_streams_and_names_formats_that_need_a_file() {
    let [parquet, file, stream] = files().map(|(_, bytes)| bytes);
    let open = |bytes: Vec<u8>| crate::lines::open(Box::new(Cursor::new(bytes)));
    for bytes in [parquet, file] {
        let error = open(bytes).err().unwrap().to_string();
        assert!(error.contains("give the name of a file"), "{error}");
    }
    let mut text = String::new();
    open(stream).unwrap().0.read_to_string(&mut text).unwrap();
    assert_eq!(text.lines().count(), 120);
}

#[test]
fn damaged_tables_are_errors() {
    for (format, bytes) in files() {
        let cut = &bytes[..bytes.len() / 2];
        let outcome = std::panic::catch_unwind(|| {
            let file = tempfile::NamedTempFile::new().unwrap();
            std::fs::write(file.path(), cut).unwrap();
            let opened = crate::lines::open_table(file.path());
            opened.and_then(|table| table.unwrap().0.read_to_end(&mut Vec::new()))
        });
        let error = outcome.unwrap().unwrap_err().to_string();
        assert!(
            error.contains(&format!("it begins as {format}, but")),
            "{error}"
        );
    }
}
