//! Numbers with units, and tables with borders.

use super::*;

/// The values of a column, and what is said about it.
fn column(cell: impl Fn(usize, f64) -> String) -> (Vec<f64>, String) {
    let found = read(&text_of("time,x", |n, a, _| {
        format!("{},{}", iso(n), cell(n, a))
    }));
    let values = found.records.iter().map(|record| record[0]).collect();
    (values, found.line)
}

fn refused(text: &str, named: &Named) -> String {
    let found = read_as(text.as_bytes(), &Given::default(), named);
    found.err().unwrap()
}

#[test]
fn one_unit_is_named_and_others_of_the_same_are_converted() {
    type Write = fn(usize, f64) -> String;
    let cases: [(Write, f64, &str); 9] = [
        (|_, a| format!("{a} °C"), 1.0, "x (°C)"),
        (|_, a| format!("{a}ms"), 1.0, "x (ms)"),
        (|_, a| format!("{a}k"), 1.0, "x (k)"),
        (|_, a| format!("EUR {a}"), 1.0, "x (EUR)"),
        (|_, a| format!("{a}%"), 1.0, "x"),
        (
            |n, a| match n % 4 {
                0 => format!("{}s", a / 1000.0),
                _ => format!("{a}ms"),
            },
            1.0,
            "x (ms, other units converted)",
        ),
        (
            |n, a| match n % 4 {
                0 => format!("{a} kWh"),
                _ => format!("{} MWh", a / 1000.0),
            },
            0.001,
            "x (MWh, other units converted)",
        ),
        (
            |n, a| match n % 4 {
                0 => format!("{a}"),
                _ => format!("{}k", a / 1000.0),
            },
            1.0,
            "x (k, M, … multiplied)",
        ),
        (
            |_, a| format!("1m{a}s"),
            1.0,
            "x (s, other units converted)",
        ),
    ];
    for (write, factor, label) in cases {
        let (values, line) = column(write);
        assert!(line.starts_with(&format!("judged: {label}; ")), "{line}");
        let offset = if write(0, 0.0).starts_with("1m") {
            60.0
        } else {
            0.0
        };
        for (value, (_, a, _)) in values.iter().zip(rows()) {
            let expected = a * factor + offset;
            let is_near = (value - expected).abs() < 1e-9 * expected;
            assert!(is_near, "{value} for {expected}: {line}");
        }
    }
    let german = text_of("Zeit;x", |n, a, _| {
        format!("{};{} kWh", iso(n), with_comma(a))
    });
    let found = read(&german);
    assert!(
        found.line.starts_with("judged: x (kWh); "),
        "{}",
        found.line
    );
    assert_eq!(found.records[0], [50.0]);
    let json = text_of("", |n, a, _| {
        format!(r#"{{"time":"{}","x":"{a} V"}}"#, iso(n))
    });
    assert!(read(&json).line.starts_with("judged: x (V); "));
}

#[test]
fn units_that_cannot_be_compared_are_named() {
    type Write = fn(usize, f64) -> String;
    let cases: [(Write, &str); 4] = [
        (
            |n, a| format!("{a} {}", ["C", "F"][n % 2]),
            "\"C\" and \"F\": convert",
        ),
        (
            |n, a| format!("{a}{}", ["ms", ""][n % 2]),
            "no unit and \"ms\": convert",
        ),
        (
            |n, a| format!("{}{a}", ["$", "€"][n % 2]),
            "\"$\" and \"€\": convert",
        ),
        (
            |n, a| format!("{a}{}", ["%", ""][n % 2]),
            "\"%\" and no sign: if they are alike",
        ),
    ];
    for (write, said) in cases {
        let text = text_of("time,x,b", |n, a, b| {
            format!("{},{},{b}", iso(n), write(n, a))
        });
        let found = read(&text);
        assert_eq!(found.values, ["b"], "{}", found.line);
        let said = format!("\"x\" (numbers with {said}");
        assert!(found.line.contains(&said), "{}", found.line);
        // One who names the column is refused, unless only a sign is missing now and then.
        let named = Named {
            values: vec!["x".into()],
            ..Named::default()
        };
        if said.contains("no sign") {
            assert!(read_as(text.as_bytes(), &Given::default(), &named).is_ok());
        } else {
            let error = refused(&text, &named);
            assert!(error.contains("column \"x\" has numbers with"), "{error}");
        }
    }
}

#[test]
fn a_word_before_a_number_is_a_name_unless_it_is_a_currency() {
    let found = read(&text_of("time,place,x", |n, a, _| {
        format!("{},Room {},{a}", iso(n), n % 7)
    }));
    assert_eq!(found.values, ["x"], "{}", found.line);
}

#[test]
fn a_column_with_a_unit_is_no_time() {
    let found = read(&text_of("hour,x", |n, a, _| format!("{}h,{a}", n * 7 % 24)));
    assert!(found.line.contains("; time: none; "), "{}", found.line);
    let found = read(&text_of("t,x", |n, a, _| {
        format!("{}s,{a}", 1_700_000_000 + n * 7 % 50)
    }));
    let said = "judged: t (s), x; time: none";
    assert!(found.line.starts_with(said), "{}", found.line);
}

#[test]
fn tables_with_borders() {
    let cells = |time: &str, a: &str, b: &str| format!("{time:20} | {a:>8} | {b:>8}");
    let rows = || rows().map(|(n, a, b)| cells(&iso(n), &a.to_string(), &b.to_string()));
    let in_bars = |row: String| format!("| {row} |\n");
    let names = || cells("time", "a", "b");
    let line = ["-".repeat(22), "-".repeat(10), "-".repeat(10)];
    let border = format!("+{}+\n", line.join("+"));
    let framed: String = rows().map(in_bars).collect();
    let plain: String = rows().map(|row| format!(" {row}\n")).collect();
    let names_in_bars = in_bars(names());
    let bare = |text: &str| text.replace('|', " ").trim_end().to_owned() + "\n";
    let tables = [
        format!("{border}{names_in_bars}{border}{framed}{border}"),
        format!("{border}{names_in_bars}{border}{framed}{border}120 rows in set (0.01 sec)\n\n"),
        format!("{border}{names_in_bars}{border}{framed}{border}(120 rows)\n\n"),
        format!("{names_in_bars}| --- | ---: | :---: |\n{framed}"),
        format!(" {}\n{}\n{plain}(120 rows)\n\n", names(), line.join("+")),
        // reStructuredText, between blanks.
        format!(
            "{0}\n{1}{0}\n{2}{0}\n",
            "==== ==== ====",
            bare(&names()),
            bare(&plain)
        ),
    ];
    for text in tables {
        let found = expect(&text, Some("time"), ["a", "b"]);
        assert!(found.ignored.is_empty(), "{}", found.line);
    }
    let drawn = refused("┌──────┬───┐\n│ time │ a │\n", &Named::default());
    let said = "a table in a frame of lines, not columns with a delimiter; write it as CSV";
    assert!(drawn.contains(said), "{drawn}");
}

#[test]
fn files_of_labview() {
    let header = "LabVIEW Measurement\t\nWriter_Version\t2\nSeparator\tTab\nDecimal_Separator\t,\n\
        Date\t2023/11/14\n***End_of_Header***\t\n\t\nChannels\t2\t\t\nSamples\t120\t120\t\n\
        Date\t2023/11/14\t2023/11/14\t\nDelta_X\t0,001\t0,001\t\n***End_of_Header***\t\t\t\n\
        X_Value\ta\tb\tComment\n";
    for with_x in [true, false] {
        let body = text_of("", |n, a, b| {
            let x = if with_x {
                with_comma(n as f64 / 8.0)
            } else {
                String::new()
            };
            format!("{x}\t{}\t{}", with_comma(a), with_comma(b))
        });
        let found = expect(&(header.to_owned() + &body), None, ["a", "b"]);
        assert!(found.line.contains("decimal comma"), "{}", found.line);
    }
}

#[test]
fn numbers_that_mean_missing_values_and_columns_of_units_are_named() {
    let found = read(&text_of("time,x,unit", |n, a, _| {
        let value = if n % 30 == 7 { -9999.0 } else { a };
        format!("{},{value},{}", iso(n), ["kW", "W"][n % 2])
    }));
    let said =
        "judged: x; x is -9999 in 4 of the first records: if that means missing, leave these";
    assert!(found.line.starts_with(said), "{}", found.line);
    let said = "\"unit\" (2 units: convert the values to one, or use it as --key)";
    assert!(found.line.contains(said), "{}", found.line);
}

#[test]
fn years_alone_are_no_measurement() {
    let found = read(&text_of("year,season,a", |n, a, _| {
        format!(
            "{},{},{a}",
            1950 + n / 4,
            ["DJF", "MAM", "JJA", "SON"][n % 4]
        )
    }));
    assert_eq!(found.values, ["a"], "{}", found.line);
}
