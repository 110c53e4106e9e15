//! Dialects of programs and countries, as a table: what is judged, the values, and the times.

use std::io::Write;

use super::*;

/// The time of the first row, 2023-11-14T20:00:20Z, in milliseconds since 1970.
const BEGIN: f64 = 1_699_992_020_000.0;
/// The same to the minute.
const MINUTE: f64 = BEGIN - 20_000.0;

/// A file, with what is expected of it: the column of times and the first time, and the columns
/// that are judged, which hold the values of [`rows`].
#[derive(Clone)]
struct Case {
    name: &'static str,
    bytes: Vec<u8>,
    time: Option<(&'static str, f64)>,
    judged: [&'static str; 2],
}

fn case(
    name: &'static str,
    text: impl Into<Vec<u8>>,
    time: Option<(&'static str, f64)>,
    judged: [&'static str; 2],
) -> Case {
    let bytes = text.into();
    Case {
        name,
        bytes,
        time,
        judged,
    }
}

/// The hour and the minute of a row.
fn clock(n: usize) -> (usize, usize) {
    (20 + n / 60, n % 60)
}

/// The same on a dial of twelve hours: `08:05`.
fn dial(n: usize) -> String {
    let (hour, minute) = clock(n);
    format!("{:02}:{minute:02}", hour - 12)
}

fn utf16_be(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_be_bytes).collect()
}

fn latin1(text: &str) -> Vec<u8> {
    text.chars().map(|c| c as u8).collect()
}

fn gzip(text: &str) -> Vec<u8> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    writer.write_all(text.as_bytes()).unwrap();
    writer.finish().unwrap()
}

fn zstd(text: &str) -> Vec<u8> {
    let level = ruzstd::encoding::CompressionLevel::Fastest;
    ruzstd::encoding::compress_to_vec(text.as_bytes(), level)
}

fn dates_and_clocks() -> Vec<Case> {
    let (a_b, temperature) = (["a", "b"], ["Temp", "Druck"]);
    vec![
        case(
            "date and clock",
            text_of("date,time,a,b", |n, a, b| {
                let (hour, minute) = clock(n);
                format!("2023-11-14,{hour}:{minute:02}:20,{a},{b}")
            }),
            Some(("date and time", BEGIN)),
            a_b,
        ),
        case(
            "German date and clock, in the other order",
            text_of("Uhrzeit;Datum;Temp;Druck", |n, a, b| {
                let (hour, minute) = clock(n);
                let (a, b) = (with_comma(a), with_comma(b));
                format!("{hour}:{minute:02};14.11.2023;{a};{b}")
            }),
            Some(("Datum and Uhrzeit", MINUTE)),
            temperature,
        ),
        case(
            "American date and clock of twelve hours",
            text_of("Date,Time,a,b", |n, a, b| {
                format!("11/14/2023,{} PM,{a},{b}", dial(n))
            }),
            Some(("Date and Time", MINUTE)),
            a_b,
        ),
        case(
            "date and clock in JSON",
            text_of("", |n, a, b| {
                let (hour, minute) = clock(n);
                let time = format!("{hour}:{minute:02}");
                format!(r#"{{"day":"2023-11-14","at":"{time}","a":{a},"b":{b}}}"#)
            }),
            Some(("day and at", MINUTE)),
            a_b,
        ),
        case(
            "a whole time next to a date and a clock",
            text_of("date,clock,timestamp,a,b", |n, a, b| {
                let (hour, minute) = clock(n);
                format!("2023-11-14,{hour}:{minute:02},{},{a},{b}", iso(n))
            }),
            Some(("timestamp", BEGIN)),
            a_b,
        ),
    ]
}

fn times() -> Vec<Case> {
    let names = ["a", "b"];
    let row = |time: &dyn Fn(usize) -> String| {
        text_of("time,a,b", |n, a, b| format!("{},{a},{b}", time(n)))
    };
    let at = |begin| Some(("time", begin));
    let seconds = |n: usize| 1_699_992_020 + n * 60;
    let (hour, minute) = (|n| clock(n).0, |n| clock(n).1);
    vec![
        case(
            "offset",
            row(&|n| format!("2023-11-14T{}:{:02}:20+01:00", hour(n) + 1, minute(n))),
            at(BEGIN),
            names,
        ),
        case(
            "blank and fraction",
            row(&|n| format!("2023-11-14 {}:{:02}:20.250000", hour(n), minute(n))),
            at(BEGIN + 250.0),
            names,
        ),
        case(
            "day first, with a name of the month",
            row(&|n| format!("14/Nov/2023:{}:{:02}:20 +0000", hour(n), minute(n))),
            at(BEGIN),
            names,
        ),
        case(
            "American, with seconds",
            row(&|n| format!("11/14/2023 {}:20 PM", dial(n))),
            at(BEGIN),
            names,
        ),
        case(
            "year first, with slashes",
            row(&|n| format!("2023/11/14 {}:{:02}:20", hour(n), minute(n))),
            at(BEGIN),
            names,
        ),
        case(
            "day first, with hyphens",
            row(&|n| format!("14-11-2023 {}:{:02}:20", hour(n), minute(n))),
            at(BEGIN),
            names,
        ),
        case(
            "year of two digits",
            row(&|n| format!("14.11.23 {}:{:02}:20", hour(n), minute(n))),
            at(BEGIN),
            names,
        ),
        case(
            "month by its name, with a comma",
            row(&|n| format!("\"Nov 14, 2023 {} PM\"", dial(n))),
            at(MINUTE),
            names,
        ),
        case(
            "digits without marks",
            row(&|n| format!("20231114{}{:02}20", hour(n), minute(n))),
            at(BEGIN),
            names,
        ),
        case(
            "digits without marks, as numbers of JSON",
            text_of("", |n, a, b| {
                let (hour, minute) = clock(n);
                format!(r#"{{"time":20231114{hour}{minute:02}20,"a":{a},"b":{b}}}"#)
            }),
            at(BEGIN),
            names,
        ),
        case(
            "epoch with a fraction",
            row(&|n| format!("{}.5", seconds(n))),
            at(BEGIN + 500.0),
            names,
        ),
        case(
            "epoch as text in JSON",
            text_of("", |n, a, b| {
                format!(r#"{{"ts":"{}","a":{a},"b":{b}}}"#, seconds(n) * 1000)
            }),
            Some(("ts", BEGIN)),
            names,
        ),
    ]
}

fn numbers_and_tables() -> Vec<Case> {
    let names = ["a", "b"];
    let time = Some(("time", BEGIN));
    let plain = text_of("time,a,b", |n, a, b| format!("{},{a},{b}", iso(n)));
    vec![
        case(
            "everything in quotes, with CRLF",
            text_of("\"time\";\"a\";\"b\"", |n, a, b| {
                format!("\"{}\";\"{}\";\"{}\"", iso(n), with_comma(a), with_comma(b))
            })
            .replace('\n', "\r\n"),
            time,
            names,
        ),
        case(
            "bars with blanks around",
            text_of("time | a | b", |n, a, b| format!("{} | {a} | {b}", iso(n))),
            time,
            names,
        ),
        case(
            "columns of a Fortran program, with blanks before them",
            text_of("", |_, a, b| format!("  {a:8.3}   {b:8.3}")),
            None,
            ["1", "2"],
        ),
        case(
            "powers of ten and plus signs",
            text_of("time,a,b", |n, a, b| format!("{},{:+.4E},+{b}", iso(n), a)),
            time,
            names,
        ),
        case(
            "euros after the number",
            text_of("time;a;b", |n, a, b| {
                format!("{};{} €;{} €", iso(n), with_comma(a), with_comma(b))
            }),
            time,
            names,
        ),
        case(
            "percent",
            text_of("time\ta\tb", |n, a, b| format!("{}\t{a}%\t{b}%", iso(n))),
            time,
            names,
        ),
        case(
            "empty lines between the records",
            plain.replace('\n', "\n\n"),
            time,
            names,
        ),
        case(
            "comments after a percent sign",
            format!("% station 7\n% degrees\n{plain}"),
            time,
            names,
        ),
        case(
            "annotations of InfluxDB",
            format!(
                "#datatype,string,dateTime,double,double\n#group,false,false,false,false\n{}",
                text_of(",result,time,a,b", |n, a, b| {
                    format!(",mean,{},{a},{b}", iso(n))
                })
            ),
            time,
            names,
        ),
        case(
            "pandas with an index and names",
            text_of("Unnamed: 0,time,a,b", |n, a, b| {
                format!("{n},{},{a},{b}", iso(n))
            }),
            time,
            names,
        ),
        case(
            "groups of columns above their names, and units",
            text_of("place,hall,hall\ntime,a,b\nUTC,degC,kW", |n, a, b| {
                format!("{},{a},{b}", iso(n))
            }),
            Some(("place time", BEGIN)),
            ["hall a", "hall b"],
        ),
        case(
            "groups in merged cells above the names of columns",
            text_of(";hall, left;\ntime;a;b", |n, a, b| {
                format!("{};{};{}", iso(n), with_comma(a), with_comma(b))
            }),
            time,
            ["hall, left a", "hall, left b"],
        ),
        case(
            "records that are numbered from the end",
            text_of("left,time,a,b", |n, a, b| {
                format!("{},{},{a},{b}", 120 - n, iso(n))
            }),
            time,
            names,
        ),
        case(
            "a minus after the number, as accountants write it",
            text_of("time,a,b,c", |n, a, b| {
                format!("{},{a},{b},{}{}", iso(n), n % 7 + 1, ["", "-"][n % 2])
            })
            .replace(",c\n", ",class\n"),
            time,
            names,
        ),
        case(
            "a header with a line break in quotes",
            plain.replacen("a,b", "\"a\n(degC)\",b", 1),
            time,
            ["a\n(degC)", "b"],
        ),
    ]
}

fn bytes() -> Vec<Case> {
    let names = ["a", "b"];
    let time = Some(("time", BEGIN));
    let tabs = text_of("time\ta\tb", |n, a, b| format!("{}\t{a}\t{b}", iso(n)));
    let units = text_of("time;Größe;b\n;°C;hPa", |n, a, b| {
        format!("{};{};{}", iso(n), with_comma(a), with_comma(b))
    });
    vec![
        case(
            "Unicode text of a spreadsheet, big-endian, unmarked",
            utf16_be(&tabs),
            time,
            names,
        ),
        case(
            "Latin-1 with a line of units",
            latin1(&units),
            time,
            ["Größe", "b"],
        ),
        case("gzip", gzip(&tabs), time, names),
        case("zstd", zstd(&tabs), time, names),
        case(
            "indented JSON array",
            format!(
                "[\n{}\n]\n",
                text_of("", |n, a, b| {
                    let time = iso(n);
                    format!(
                        "  {{\n    \"time\": \"{time}\",\n    \"a\": {a},\n    \"b\": {b}\n  }},"
                    )
                })
                .trim_end()
                .trim_end_matches(',')
            ),
            time,
            names,
        ),
    ]
}

#[test]
fn dialects_of_programs_and_countries() {
    let cases = [dates_and_clocks(), times(), numbers_and_tables(), bytes()].concat();
    assert!(cases.len() > 20);
    let expected: Vec<Vec<f64>> = rows().map(|(_, a, b)| vec![a, b]).collect();
    for case in cases {
        let name = case.name;
        let found = read_as(&case.bytes, &Given::default(), &Named::default());
        let found = found.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(found.values, case.judged, "{name}: {}", found.line);
        assert_eq!(found.records, expected, "{name}: {}", found.line);
        let Some((label, begin)) = case.time else {
            assert_eq!(found.time, None, "{name}: {}", found.line);
            continue;
        };
        let said = format!("; time: {label} (");
        assert!(found.line.contains(&said), "{name}: {}", found.line);
        for (n, time) in found.times.iter().enumerate() {
            let expected = Some(begin + n as f64 * 60_000.0);
            assert_eq!(*time, expected, "{name}, row {n}: {}", found.line);
        }
    }
}

#[test]
fn a_date_and_a_time_of_day_may_be_named() {
    let text = text_of("on,at,when,a,b", |n, a, b| {
        let (hour, minute) = clock(n);
        format!("02.03.2023,0{}:00,{hour}:{minute:02},{a},{b}", n % 10)
    });
    let named = Named {
        time: Some("on".into()),
        time_of_day: vec!["when".into()],
        ..Named::default()
    };
    let found = read_as(text.as_bytes(), &Given::default(), &named).unwrap();
    let said = "; time: on and when (%d.%m.%Y %H:%M); ";
    assert!(found.line.contains(said), "{}", found.line);
    // The second of March, at 20:00.
    let expected = |n: usize| Some(1_677_787_200_000.0 + n as f64 * 60_000.0);
    for (n, time) in found.times.iter().enumerate() {
        assert_eq!(*time, expected(n), "row {n}");
    }
}

#[test]
fn a_date_that_is_named_or_has_a_format_of_its_own_stays_alone() {
    let text = text_of("date,time,a,b", |n, a, b| {
        let (hour, minute) = clock(n);
        format!("2023-11-14,{hour}:{minute:02},{a},{b}")
    });
    let by_name = Named {
        time: Some("date".into()),
        ..Named::default()
    };
    let by_format = Named {
        time_format: Some("%Y-%m-%d".parse().unwrap()),
        ..Named::default()
    };
    for named in [by_name, by_format] {
        let found = read_as(text.as_bytes(), &Given::default(), &named).unwrap();
        assert!(found.line.contains("; time: date ("), "{}", found.line);
        let midnight = Some(BEGIN - 72_020_000.0);
        assert!(found.times.iter().all(|time| *time == midnight));
    }
    let of_both = Named {
        time_format: Some("%Y-%m-%d %H:%M".parse().unwrap()),
        ..Named::default()
    };
    let found = read_as(text.as_bytes(), &Given::default(), &of_both).unwrap();
    assert!(
        found.line.contains("; time: date and time ("),
        "{}",
        found.line
    );
    assert_eq!(found.times[0], Some(MINUTE));
}

/// The one column of a text that [`value`] writes, its values, and what was said.
fn one_column(value: impl Fn(f64) -> String) -> (Vec<f64>, Read) {
    let text = text_of("", |_, a, _| value(a));
    let found = read_as(text.as_bytes(), &Given::default(), &Named::default()).unwrap();
    (
        found.records.iter().map(|record| record[0]).collect(),
        found,
    )
}

#[test]
fn one_column_of_decimal_commas_is_not_two_columns() {
    let (values, found) = one_column(|a| format!("{a:.2}").replace('.', ","));
    assert_eq!(found.values, ["1"], "{}", found.line);
    assert!(found.line.contains("decimal comma"), "{}", found.line);
    let expected = rows().map(|(_, a, _)| format!("{a:.2}").parse().unwrap());
    assert_eq!(values, expected.collect::<Vec<f64>>());
    // Two columns of whole numbers are two.
    let (_, found) = one_column(|a| format!("{a:.0},{}", 3 * a as u64));
    assert_eq!(found.values, ["1", "2"], "{}", found.line);
}

#[test]
fn points_separate_thousands_where_they_cannot_be_decimal() {
    let thousands = |whole: u64| match whole {
        0..1_000 => whole.to_string(),
        _ => format!("{}.{:03}", whole / 1_000, whole % 1_000),
    };
    // From 900 to 2,900, and beyond a million.
    for (factor, offset) in [(100.0, -3_100.0), (100_000.0, 0.0)] {
        let whole = |a: f64| (a * factor + offset).round() as u64;
        let text = |a: f64| match whole(a) {
            many @ 1_000_000.. => format!("{}.{}", many / 1_000_000, {
                let rest = many % 1_000_000;
                format!("{:03}.{:03}", rest / 1_000, rest % 1_000)
            }),
            few => thousands(few),
        };
        let (values, found) = one_column(text);
        let expected: Vec<f64> = rows().map(|(_, a, _)| whole(a) as f64).collect();
        assert_eq!(values, expected, "{}", found.line);
        assert!(
            found.line.contains("thousands separated by '.'"),
            "{}",
            found.line
        );
    }
    // Fractions of three digits next to whole numbers in another column are fractions.
    let text = text_of("a;n", |n, a, _| format!("{a:.3};{}", n * 7 % 100));
    let found = read_as(text.as_bytes(), &Given::default(), &Named::default()).unwrap();
    assert!(!found.line.contains("thousands"), "{}", found.line);
}

#[test]
fn the_minus_of_typesetters_is_one() {
    let text = |a: f64| format!("{:.3}", a - 50.0).replace('-', "\u{2212}");
    let (values, found) = one_column(text);
    let expected = rows().map(|(_, a, _)| format!("{:.3}", a - 50.0).parse().unwrap());
    assert_eq!(values, expected.collect::<Vec<f64>>(), "{}", found.line);
}

#[test]
fn columns_that_are_not_numeric_are_named_with_an_example() {
    let read = |text: &str| read_as(text.as_bytes(), &Given::default(), &Named::default());
    let only_times = text_of("date,length", |n, _, _| {
        let (hour, minute) = clock(n);
        format!("2023-11-14,{hour}:{minute:02}")
    });
    let error = read(&only_times).err().unwrap();
    let said = "can be judged: \"date\" (the time), \"length\" (the time of day);";
    assert!(error.contains(said), "{error}");
}

#[test]
fn texts_that_are_no_tables_are_named_with_the_remedy() {
    let error = |text: &str| match read_as(text.as_bytes(), &Given::default(), &Named::default()) {
        Ok(read) => panic!("it was read: {}", read.line),
        Err(error) => error,
    };
    let page = error("<!DOCTYPE html>\n<html><body>Please log in</body></html>\n");
    assert!(
        page.contains("an HTML page, not a table: a login"),
        "{page}"
    );
    let xml = error("<?xml version=\"1.0\"?>\n<rows><row x=\"1\"/></rows>\n");
    assert!(xml.contains("XML, not a table; convert it"), "{xml}");
    let fields = error(&text_of("", |n, a, b| {
        format!("ts={} heat={a} load={b}", iso(n))
    }));
    assert!(fields.contains("\"heat=50\", not columns"), "{fields}");
    assert!(fields.contains("mlr --idkvp"), "{fields}");
    let log = error(&text_of("", |n, a, _| {
        format!(
            "Feb {:2} 10:{:02}:00 host app[1]: heat={a}",
            1 + n / 60,
            n % 60
        )
    }));
    assert!(log.contains("mlr --idkvp"), "{log}");
    let carets = error(&text_of("t^a^b", |n, a, b| format!("{}^{a}^{b}", iso(n))));
    assert!(
        carets.contains("if '^' separates columns, say so with --delimiter '^'"),
        "{carets}"
    );
    let given = Given {
        delimiter: Some(b'^'),
        ..Given::default()
    };
    let text = text_of("t^a^b", |n, a, b| format!("{}^{a}^{b}", iso(n)));
    let read = read_as(text.as_bytes(), &given, &Named::default()).unwrap();
    assert_eq!(read.values, ["a", "b"]);
}

#[test]
fn columns_of_blanks_after_a_time_and_columns_named_by_years() {
    let fixed = text_of("time                 heat    load", |n, a, b| {
        format!("{}  {a:8.3}  {b:6.3}", iso(n))
    });
    let read = expect(&fixed, Some("time"), ["heat", "load"]);
    assert_eq!(read.records.len(), 120);
    // What R writes: names in quotes, and one less than columns.
    let table = text_of("\"heat\" \"load\"", |n, a, b| {
        format!("\"{}\" {a} {b}", n + 1)
    });
    expect(&table, None, ["heat", "load"]);
    let years = text_of("country,2019,2020", |n, a, b| format!("c{n},{a},{b}"));
    let read = expect(&years, None, ["2019", "2020"]);
    assert_eq!(read.records.len(), 120, "the years are no record");
}

#[test]
fn records_out_of_order_are_said_to_be_so() {
    let line = |place: &dyn Fn(usize) -> usize| {
        read(&text_of("time,a", |n, a, _| {
            format!("{},{a}", iso(place(n)))
        }))
        .line
    };
    let newest_first = line(&|n| 119 - n);
    assert!(
        newest_first.contains(", the newest record first: they are judged in this order"),
        "{newest_first}"
    );
    let shuffled = line(&|n| n * 49 % 120);
    assert!(
        shuffled.contains(" % of the records older than the one before: they are judged in"),
        "{shuffled}"
    );
    // One record in twenty may be late.
    for usual in [line(&|n| n), line(&|n| n ^ usize::from(n % 40 < 2))] {
        assert!(!usual.contains("in this order"), "{usual}");
    }
}

#[test]
fn series_one_below_the_other_need_a_key() {
    for names in [["left", "right"], ["7", "9"]] {
        let row = |n: usize, a, b| format!("{0},{1},{a}\n{0},{2},{b}", iso(n), names[0], names[1]);
        let text = text_of("time,sensor,value", row);
        let found = read(&text);
        assert_eq!(found.values, ["value"]);
        assert_eq!(found.ignored, [("sensor".to_owned(), Reason::Series(2))]);
        let said = "\"sensor\" (2 series, one record of each at a time: name it with --key)";
        assert!(found.line.contains(said), "{}", found.line);
        let named = Named {
            key: Some("sensor".to_owned()),
            ..Named::default()
        };
        let found = read_as(text.as_bytes(), &Given::default(), &named).unwrap();
        assert_eq!(found.values, ["value"]);
        assert!(
            found.line.contains("; key: sensor; ignored: none"),
            "{}",
            found.line
        );
    }
    // Two columns name the series together.
    let four = |n, a, b| {
        let row = |plant, sensor, value| format!("{},{plant},{sensor},{value}", iso(n));
        [
            row(1, 10, a),
            row(1, 11, b),
            row(2, 10, a + b),
            row(2, 11, a - b),
        ]
        .join("\n")
    };
    let found = read(&text_of("time,plant_id,sensor_id,value", four));
    assert_eq!(found.values, ["value"]);
    let said = "\"plant_id\" (an id, and most times occur several times: a --key?)";
    assert!(found.line.contains(said), "{}", found.line);
    let once = read(&text_of("time,plant_id,value", |n, a, _| {
        format!("{},{},{a}", iso(n), n % 2)
    }));
    assert!(once.line.contains("\"plant_id\" (an id)"), "{}", once.line);
    // Twice the same name at a time, or not all: no series.
    for name in [|_| "same", |n| ["a", "b", "c"][n % 3]] {
        let row = |n: usize, a, b| {
            format!(
                "{0},{1},{a}\n{0},{2},{b}",
                iso(n),
                name(2 * n),
                name(2 * n + 1)
            )
        };
        let found = read(&text_of("time,sensor,value", row));
        let is_series = |(_, reason): &(String, Reason)| matches!(reason, Reason::Series(_));
        assert!(!found.ignored.iter().any(is_series), "{}", found.line);
    }
}

#[test]
fn months_weeks_and_lakhs() {
    let month = |n: usize| (2001 + n / 12, n % 12 + 1);
    let short = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let writers: [&dyn Fn(usize) -> String; 3] = [
        &|n| format!("{}-{:02}", month(n).0, month(n).1),
        &|n| format!("{:02}/{}", month(n).1, month(n).0),
        &|n| format!("{} {}", short[month(n).1 - 1], month(n).0),
    ];
    let first_of = |n| {
        let (year, month) = month(n);
        let text = format!("{year}-{month:02}-01");
        crate::time::TimeParser::default().millis(&crate::time::EventTime::Text(text))
    };
    for write in writers {
        let found = read(&text_of("month,a", |n, a, _| format!("{},{a}", write(n))));
        assert_eq!(found.values, ["a"], "{}", found.line);
        assert_eq!(found.time.as_deref(), Some("month"), "{}", found.line);
        assert!(
            (0..120).all(|n| found.times[n] == first_of(n)),
            "{}",
            found.line
        );
    }
    let found = read(&text_of("week,a", |n, a, _| {
        format!("{}-W{:02},{a}", 2001 + n / 50, n % 50 + 1)
    }));
    assert!(found.line.contains("time: week (%G-W%V)"), "{}", found.line);

    let found = read(&text_of("day,crore", |n, a, _| {
        format!("{n},\"12,34,{:03}.5\"", a as u32)
    }));
    assert_eq!(found.records[0], [1_234_050.5], "{}", found.line);
}

#[test]
fn times_of_day_alone_are_named() {
    let text = text_of("time,a", |n, a, _| {
        format!("{:02}:{:02}:00,{a}", n / 60, n % 60)
    });
    let found = read(&text);
    assert_eq!(found.values, ["a"]);
    let said = "\"time\" (times of day without a date)";
    assert!(found.line.contains(said), "{}", found.line);
}

#[test]
fn numbers_between_marks_and_alarms_are_named() {
    for (row, example) in [
        (
            &(|a: f64| format!("'{a}'")) as &dyn Fn(f64) -> String,
            "'50'",
        ),
        (&|a| format!("=\"{a}\""), "=\"50\""),
    ] {
        let text = text_of("time,a", |n, a, _| format!("{},{}", iso(n), row(a)));
        let error = read_as(text.as_bytes(), &Given::default(), &Named::default())
            .err()
            .unwrap();
        let said = format!("\"a\" (numbers between marks, such as {example}: remove the marks)");
        assert!(error.contains(&said), "{error}");
    }
    let found = read(&text_of("alarm,level,failure_rate", |n, a, b| {
        format!("{},{a},{b}", n % 2)
    }));
    assert_eq!(found.values, ["level", "failure_rate"], "{}", found.line);
}

#[test]
fn one_line_of_numbers_is_no_record() {
    for (mark, shown) in [(",", ","), (" ", " "), ("\t", "\\t")] {
        let cells: Vec<String> = rows().map(|(_, a, _)| a.to_string()).collect();
        let line = |cells: &[String]| cells.join(mark) + "\n";
        let read = |text: &str| read_as(text.as_bytes(), &Given::default(), &Named::default());
        let error = read(&line(&cells)).err().unwrap();
        let said = format!(
            "one line of 120 numbers, which would be one record; if they are one \
             series, put each on a line of its own: tr '{shown}' '\\n' < FILE | rcf … -"
        );
        assert!(error.contains(&said), "{error}");
        assert_eq!(read(&line(&cells[..8])).unwrap().records.len(), 1);
        assert_eq!(
            read(&(line(&cells) + &line(&cells))).unwrap().records.len(),
            2
        );
    }
}
