//! Dialects and columns as people have them: what is judged is asserted for each.

mod dialects;
mod split_times;
#[cfg(feature = "tables")]
mod tables;
mod units;

use std::fmt::Write;
use std::path::Path;

use super::*;
use crate::connectors::file::LinesInput;

/// 120 rows: a time and two measured values, as numbers.
fn rows() -> impl Iterator<Item = (usize, f64, f64)> {
    (0..120).map(|n| {
        let wave = (n as f64 / 9.0).sin();
        let round = |value: f64| (value * 1000.0).round() / 1000.0;
        (n, round(50.0 + 10.0 * wave), round(5.0 - wave))
    })
}

fn iso(n: usize) -> String {
    format!("2023-11-14T{:02}:{:02}:20Z", 20 + n / 60, n % 60)
}

fn text_of(header: &str, row: impl Fn(usize, f64, f64) -> String) -> String {
    let mut text = String::new();
    if !header.is_empty() {
        writeln!(text, "{header}").unwrap();
    }
    for (n, a, b) in rows() {
        writeln!(text, "{}", row(n, a, b)).unwrap();
    }
    text
}

/// What was recognised, and the values of all records.
struct Read {
    values: Vec<String>,
    time: Option<String>,
    ignored: Vec<(String, Reason)>,
    dialect: Dialect,
    records: Vec<Vec<f64>>,
    /// Milliseconds since 1970.
    times: Vec<Option<f64>>,
    line: String,
}

use super::columns::Reason;

fn read_as(bytes: &[u8], given: &Given, named: &Named) -> Result<Read, String> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    let open = |path: &Path| LinesInput::open(path).map_err(|error| error.to_string());
    let input = open(file.path())?;
    let recognised =
        Recognised::of(input.head(), given, named).map_err(|error| error.to_string())?;
    let understood = Understood {
        bytes: input.bytes(),
        dialect: &recognised.dialect,
        choice: &recognised.choice,
        doubt: recognised.doubtful_number(input.head(), given),
        options: given.options,
    };
    let line = understood.to_string();
    let mut records = input.all_records(&recognised.dialect);
    let header = records.remove(0);
    let mut decoder = recognised.decoder(header.as_deref(), true).unwrap();
    let decoded = records
        .into_iter()
        .map(|record| decoder.decode(&record.unwrap()).unwrap());
    let (records, times) = decoded.map(|record| (record.values, record.time)).unzip();
    Ok(Read {
        values: decoder_names(&recognised),
        time: recognised
            .choice
            .time
            .as_ref()
            .map(crate::decode::FieldPath::label),
        ignored: recognised.choice.ignored.clone(),
        records,
        times,
        dialect: recognised.dialect,
        line,
    })
}

fn decoder_names(recognised: &Recognised) -> Vec<String> {
    recognised
        .choice
        .values
        .iter()
        .map(crate::decode::FieldPath::label)
        .collect()
}

fn read(text: &str) -> Read {
    read_as(text.as_bytes(), &Given::default(), &Named::default()).unwrap()
}

/// The text holds the time and both values, in every record, under these names.
fn expect(text: &str, time: Option<&str>, names: [&str; 2]) -> Read {
    let found = read(text);
    assert_eq!(found.values, names, "{}", found.line);
    assert_eq!(found.time.as_deref(), time, "{}", found.line);
    let expected: Vec<Vec<f64>> = rows().map(|(_, a, b)| vec![a, b]).collect();
    assert_eq!(found.records, expected, "{}", found.line);
    found
}

fn with_comma(number: f64) -> String {
    format!("{number:.3}").replace('.', ",")
}

#[test]
fn delimiters() {
    for delimiter in [",", ";", "\t", "|"] {
        let header = ["time", "a", "b"].join(delimiter);
        let row = |n, a: f64, b: f64| [iso(n), a.to_string(), b.to_string()].join(delimiter);
        let found = expect(&text_of(&header, row), Some("time"), ["a", "b"]);
        assert_eq!(found.dialect.delimiter, delimiter.as_bytes()[0]);
    }
    let text = text_of("a      b", |_, a, b| format!(" {a:>9}  {b:<9} "));
    expect(&text, None, ["a", "b"]);
}

#[test]
fn decimal_commas_and_thousands() {
    let german = |n: usize, a, b| {
        format!(
            "14.11.2023 {:02}:{:02};{};{}",
            n / 60,
            n % 60,
            with_comma(a),
            with_comma(b)
        )
    };
    let found = expect(
        &text_of("Zeit;Wert;Druck", german),
        Some("Zeit"),
        ["Wert", "Druck"],
    );
    assert!(found.line.contains("decimal comma"), "{}", found.line);
    let tabs = |n: usize, _, _| format!("{}\t{},5\t{},25", iso(n), n % 7, n % 9);
    assert_eq!(read(&text_of("t\ta\tb", tabs)).records[7], [0.5, 7.25]);
    let either = |n, a, b| format!("{}\t{}\t{}", iso(n), with_comma(a), with_comma(b));
    let text = text_of("t\ta\tb", either);
    let error = read_as(text.as_bytes(), &Given::default(), &Named::default());
    let error = error.err().unwrap();
    assert!(
        error.contains("\"50,000\" could be") && error.contains("--decimal"),
        "{error}"
    );
    let given = Given {
        decimal: Some(Decimal::Comma),
        ..Given::default()
    };
    let found = read_as(text.as_bytes(), &given, &Named::default()).unwrap();
    assert_eq!(found.records[1], [51.109, 4.889]);

    let quoted = |n, _, _| format!("{},\"{},{:03}.50\"", iso(n), n + 1, n);
    let found = read(&text_of("time,pay", quoted));
    assert_eq!(found.records[7], [8007.5]);
    let swiss = |n: usize, _, _| format!("{}.5;{}'{:03}", n % 7, n % 9 + 1, n);
    assert_eq!(read(&text_of("a;b", swiss)).records[7], [0.5, 8007.0]);
    let french = |n: usize, _, _| format!("{}\u{202f}{:03},5;{}", n % 9 + 1, n, n % 5);
    assert_eq!(read(&text_of("a;b", french)).records[7], [8007.5, 2.0]);
    let money = |n: usize, _, _| format!("${}.50,{} %,({})", n % 7, n % 9, n % 5 + 1);
    assert_eq!(read(&text_of("a,b,c", money)).records[7], [0.5, 7.0, -3.0]);
}

#[test]
fn numbers_that_all_have_three_decimals_are_named_with_the_option() {
    let point = |n: usize, _, _| format!("{};{}.{:03}", iso(n), n % 9 + 1, n);
    let comma = |n: usize, _, _| format!("{};{},{:03}", iso(n), n % 9 + 1, n);
    let quoted = |n: usize, _, _| format!("{},\"{},{:03}\"", iso(n), n % 9 + 1, n);
    let cases = [
        (
            text_of("t;a", point),
            8.007,
            "1.000 is read as 1.000, with --decimal comma as 1000",
        ),
        (
            text_of("t;a", comma),
            8.007,
            "1,000 is read as 1.000, with --decimal point as 1000",
        ),
        (
            text_of("t,a", quoted),
            8007.0,
            "1,000 is read as 1000, with --decimal comma as 1.000",
        ),
    ];
    for (text, value, line) in cases {
        let found = read(&text);
        assert_eq!(found.records[7], [value]);
        assert!(found.line.ends_with(line), "{}", found.line);
        let option = if line.contains("comma as") {
            Decimal::Comma
        } else {
            Decimal::Point
        };
        let given = Given {
            decimal: Some(option),
            ..Given::default()
        };
        let found = read_as(text.as_bytes(), &given, &Named::default()).unwrap();
        let other = if value == 8.007 { 8007.0 } else { 8.007 };
        assert_eq!(found.records[7], [other]);
        assert!(!found.line.contains("is read as"), "{}", found.line);
    }
    let some = |n: usize, _, _| format!("{};{}.{}", iso(n), n % 9 + 1, n % 10);
    let line = read(&text_of("t;a", some)).line;
    assert!(!line.contains("is read as"), "{line}");
}

#[test]
fn two_decimal_marks_are_refused_with_the_option() {
    let text = text_of("a;b", |n, _, _| format!("{},5;{}.25", n % 7, n % 9));
    let error = read_as(text.as_bytes(), &Given::default(), &Named::default())
        .err()
        .unwrap();
    assert!(error.contains("--decimal comma"), "{error}");
}

#[test]
fn line_ends_marks_and_encodings() {
    let text = text_of("time,a,b", |n, a, b| format!("{},{a},{b}", iso(n)));
    for ends in ["\r\n", "\r"] {
        expect(&text.replace('\n', ends), Some("time"), ["a", "b"]);
    }
    expect(&format!("\u{feff}{text}"), Some("time"), ["a", "b"]);
    let utf16: Vec<u8> = format!("\u{feff}{text}")
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let found = read_as(&utf16, &Given::default(), &Named::default()).unwrap();
    assert_eq!((found.values.len(), found.records.len()), (2, 120));
    assert!(found.line.contains("UTF-16LE"), "{}", found.line);
    let latin1: Vec<u8> = text
        .replace(",a", ",Größe")
        .chars()
        .map(|c| c as u8)
        .collect();
    let found = read_as(&latin1, &Given::default(), &Named::default()).unwrap();
    assert_eq!(found.values, ["Größe", "b"]);
    assert!(found.line.contains("windows-1252"), "{}", found.line);
}

#[test]
fn text_around_the_table_is_skipped() {
    let row = |n, a: f64, b: f64| format!("{},{a},{b}", iso(n));
    let text = text_of("time,a,b", row);
    let found = expect(&format!("sep=,\n{text}"), Some("time"), ["a", "b"]);
    assert_eq!(found.dialect.skip, 1);
    let found = expect(
        &format!("Station: Oak\nExported 2024\n\n{text}"),
        Some("time"),
        ["a", "b"],
    );
    assert_eq!(found.dialect.skip, 3);
    let commented = text.replace("2023-11-14T20:30:20Z", "# noise here\n2023-11-14T20:30:20Z");
    expect(
        &format!("# made by x\n{commented}"),
        Some("time"),
        ["a", "b"],
    );
    expect(&format!("# {text}"), Some("time"), ["a", "b"]);
    let found = expect(
        &text.replace("b\n", "b\nUTC,degC,hPa\n"),
        Some("time"),
        ["a", "b"],
    );
    assert_eq!(found.dialect.unit_lines, 1);
    assert!(found.line.contains("1 line of units"), "{}", found.line);
    let trailing = text_of("time,a,b,", |n, a, b| format!("{},{a},{b},", iso(n)));
    expect(&trailing, Some("time"), ["a", "b"]);
    let only_rows = text_of("time,a,b", |n, a, b| format!("{},{a},{b},", iso(n)));
    expect(&only_rows, Some("time"), ["a", "b"]);
    let like_r = text_of("a,b", |n, a, b| format!("\"{}\",{a},{b}", n + 1));
    expect(&like_r, None, ["a", "b"]);
}

#[test]
fn headers_and_none() {
    let found = expect(
        &text_of("", |n, a, b| format!("{},{a},{b}", iso(n))),
        Some("1"),
        ["2", "3"],
    );
    assert_eq!(found.dialect.header, Header::None);
    expect(
        &text_of(",0,1", |n, a, b| format!("{n},{a},{b}")),
        None,
        ["0", "1"],
    );
    let one = text_of("", |_, a, _| a.to_string());
    assert_eq!(read(&one).records.len(), 120);
    assert_eq!(
        read(&text_of("load", |_, a, _| a.to_string())).values,
        ["load"]
    );
    let quoted = text_of("\"my time\",\"a, b\"", |n, a, _| {
        format!("\"{}\",\"{a}\"", iso(n))
    });
    assert_eq!(read(&quoted).values, ["a, b"]);
}

#[test]
fn json_however_it_is_joined() {
    let object = |n, a: f64, b: f64| format!("{{\"time\":\"{}\",\"a\":{a},\"b\":{b}}}", iso(n));
    let lines = text_of("", object);
    let names = (Some("time"), ["a", "b"]);
    expect(&lines, names.0, names.1);
    let array = format!("[{}]", lines.trim_end().replace('\n', ", "));
    expect(&array, names.0, names.1);
    expect(&lines.replace('\n', ""), names.0, names.1);
    expect(
        &lines.replace('{', "{\n  ").replace(",\"", ",\n  \""),
        names.0,
        names.1,
    );
    expect(&lines.replace('{', "\u{1e}{"), names.0, names.1);
    let text =
        |n, a: f64, b: f64| format!("{{\"time\":\"{}\",\"a\":\"{a}\",\"b\":\"{b}\"}}", iso(n));
    expect(&text_of("", text), names.0, names.1);
    let nested = |n, a: f64, b: f64| format!("{{\"time\":{n},\"p\":{{\"x.y\":{a}}},\"v\":[{b}]}}");
    expect(&text_of("", nested), None, ["p.x.y", "v.0"]);
    let arrays = |_, a: f64, b: f64| format!("[{a},{b}]");
    expect(&text_of("", arrays), None, ["0", "1"]);
}

#[test]
fn missing_values_are_no_texts() {
    for token in ["", "NA", "N/A", "NaN", "null", "None", "-", "?", "#N/A"] {
        let row = |n: usize, a: f64, b: f64| {
            let first = if n < 3 || n.is_multiple_of(10) {
                token.to_owned()
            } else {
                a.to_string()
            };
            format!("{},{first},{b}", iso(n))
        };
        let found = read(&text_of("time,a,b", row));
        assert_eq!(found.values, ["a", "b"], "{token}: {}", found.line);
        assert!(found.records[10][0].is_nan() && found.records[11][0] > 0.0);
    }
}

#[test]
fn columns_that_are_not_measurements_are_not_judged() {
    let header = "id,time,seq,total,site,still,host,day,hour,is_anomaly,sensor_id,load,load";
    let row = |n: usize, a: f64, b: f64| {
        let total = n * 17 + n % 3;
        let host = ["x", "y"][n % 2];
        let time = 1_700_000_000 + n * 60;
        format!(
            "{},{time},{n},{total},7,1.5,{host},{},{},0,{},{a},{b}",
            n + 1,
            n % 28,
            n % 23,
            n * 37 % 91
        )
    };
    let found = expect(&text_of(header, row), Some("time"), ["load", "load_2"]);
    let reason = |name: &str| {
        &found
            .ignored
            .iter()
            .find(|(label, _)| label == name)
            .unwrap()
            .1
    };
    for (name, expected) in [
        ("id", Reason::Index),
        ("seq", Reason::Index),
        ("total", Reason::Counter),
        ("site", Reason::Constant),
        ("still", Reason::Constant),
        ("host", Reason::Text(2)),
        ("day", Reason::Calendar),
        ("sensor_id", Reason::Id),
    ] {
        assert_eq!(reason(name), &expected, "{name}");
    }
    assert!(
        found.line.contains("time: time (seconds)"),
        "{}",
        found.line
    );

    let named = Named {
        values: vec!["total".into(), "is_anomaly".into()],
        key: Some("host".into()),
        ..Named::default()
    };
    let found = read_as(text_of(header, row).as_bytes(), &Given::default(), &named).unwrap();
    assert_eq!(found.values, ["total", "is_anomaly"]);
    assert!(found.line.contains("key: host"), "{}", found.line);
}

#[test]
fn where_nothing_else_is_there_counters_and_constants_are_judged() {
    let counter = text_of("bytes", |n, _, _| (n * 100 + n % 7).to_string());
    assert_eq!(read(&counter).values, ["bytes"]);
    assert_eq!(
        read(&text_of("a,b", |_, _, _| "20.5,40.1".into())).values,
        ["a", "b"]
    );
    assert_eq!(read(&text_of("", |n, _, _| n.to_string())).values, ["1"]);
    let error = |text: &str, named: &Named| {
        read_as(text.as_bytes(), &Given::default(), named)
            .err()
            .unwrap()
    };
    let message = error("a,b\nx,y\n", &Named::default());
    assert!(
        message.contains("\"a\" (text") && message.contains("--column"),
        "{message}"
    );
    let named = Named {
        values: vec!["byte".into()],
        ..Named::default()
    };
    let message = error(&counter, &named);
    assert!(message.contains("did you mean \"bytes\"?"), "{message}");
    assert!(error("", &Named::default()).contains("no records"));
}

#[test]
fn epochs_in_every_unit_are_times() {
    for (scale, unit) in [
        (1, "seconds"),
        (1_000, "milliseconds"),
        (1_000_000, "microseconds"),
        (1_000_000_000, "nanoseconds"),
    ] {
        let row = |n: usize, a: f64, b: f64| {
            format!("{},{a},{b}", (1_700_000_000 + n as u64 * 60) * scale)
        };
        let found = expect(&text_of("t,a,b", row), Some("t"), ["a", "b"]);
        assert!(
            found.line.contains(&format!("t ({unit})")),
            "{}",
            found.line
        );
        // Without a name that says so, it grows like a time.
        expect(&text_of("x,a,b", row), Some("x"), ["a", "b"]);
    }
}

/// Dates of a spreadsheet are suggested, and read once they are named.
#[test]
fn dates_of_excel_are_suggested_by_their_column() {
    let text = |header: &str, first: f64, step: f64| {
        let rows = (0..200).map(|n| {
            let (date, value) = (first + step * f64::from(n), 20 + n * 7919 % 13);
            format!("{date:.6},{value}\n")
        });
        format!("{header},value\n{}", rows.collect::<String>())
    };
    let quarters = text("Date", 46_023.0, 0.25);
    let guessed = read(&quarters);
    assert_eq!(guessed.time, None);
    assert_eq!(
        guessed.ignored,
        [("Date".to_owned(), Reason::ExcelDates)],
        "{}",
        guessed.line
    );
    assert!(
        guessed
            .line
            .contains("dates of Excel? name it with --time and --time-format excel"),
        "{}",
        guessed.line
    );
    let named = Named {
        time: Some("Date".to_owned()),
        time_format: Some("excel".parse().unwrap()),
        ..Named::default()
    };
    let told = read_as(quarters.as_bytes(), &Given::default(), &named).unwrap();
    // 2026-01-01, and six hours later.
    assert_eq!(
        told.times[..2],
        [Some(1_767_225_600_000.0), Some(1_767_247_200_000.0)]
    );
    for (header, first, step) in [
        ("price", 46_023.0, 0.25), // another name
        ("date", 100.0, 0.25),     // 1900
        ("date", 46_023.0, -0.25), // newest first
    ] {
        let other = read(&text(header, first, step));
        let is_date = |(_, reason): &(String, Reason)| *reason == Reason::ExcelDates;
        assert!(!other.ignored.iter().any(is_date), "{}", other.line);
    }
}
