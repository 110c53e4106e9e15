//! Times in several columns, without marks, or without a year.

use super::*;

/// What is written, which may lose zeros at its begin, and the format that is said.
struct Case {
    header: &'static str,
    /// A pattern of `strftime`, with a bar between two columns.
    written: &'static str,
    loses_zeros: bool,
    format: &'static str,
}

fn case(header: &'static str, written: &'static str, format: &'static str) -> Case {
    let loses_zeros = false;
    Case {
        header,
        written,
        loses_zeros,
        format,
    }
}

fn lossy(header: &'static str, written: &'static str, format: &'static str) -> Case {
    let loses_zeros = true;
    Case {
        header,
        written,
        loses_zeros,
        format,
    }
}

impl Case {
    /// A row for every quarter of an hour, or hour if nothing smaller is written.
    fn minutes(&self) -> i64 {
        if self.written.contains("%M") { 15 } else { 60 }
    }

    fn text(&self) -> String {
        let begin: jiff::civil::DateTime = "2023-12-28T20:00:00".parse().unwrap();
        let cell = |cell: &str| match cell.parse::<u64>() {
            Ok(number) if self.loses_zeros => number.to_string(),
            _ => cell.to_owned(),
        };
        let header = match self.header {
            "" => String::new(),
            names => format!("{names}|a|b"),
        };
        text_of(&header, |n, a, b| {
            let time = begin + jiff::Span::new().minutes(self.minutes() * n as i64);
            let written = time.strftime(self.written).to_string();
            let cells: Vec<String> = written.split('|').map(cell).collect();
            format!("{}|{a}|{b}", cells.join("|"))
        })
    }

    /// The times of all rows, from a begin on.
    fn assert_times(&self, found: &Read, begin: f64) {
        for (n, time) in found.times.iter().enumerate() {
            let expected = Some(begin + (n as i64 * self.minutes() * 60_000) as f64);
            assert_eq!(
                *time, expected,
                "row {n} of {}: {}",
                self.written, found.line
            );
        }
    }
}

const BEGIN: f64 = 1_703_793_600_000.0;

#[test]
fn columns_that_are_one_time_together() {
    let cases = [
        lossy("date|time", "%Y%m%d|%H%M", "%Y%m%d %H%M"),
        case("date|time", "%Y%m%d|%H%M", "%Y%m%d %H%M"),
        lossy("date|time", "%Y%m%d|%H%M00", "%Y%m%d %H%M%S"),
        lossy("a1|b1", "%Y%m%d|%H%M", "%Y%m%d %H%M"),
        lossy("", "%Y%m%d|%H%M", "%Y%m%d %H%M"),
        case("date|time", "%Y%m%d|%H:%M", "RFC 3339"),
        lossy("day|hhmm", "%Y-%m-%d|%H%M", "%Y-%m-%d %H%M"),
        lossy("date|hour", "%Y-%m-%d|%H", "%Y-%m-%d %H"),
        lossy("date|hour|minute", "%Y-%m-%d|%H|%M", "%Y-%m-%d %H %M"),
        case("Date|Time", "%d/%m/%Y|%H.%M.%S", "%d/%m/%Y %H.%M.%S"),
        case("date|hour", "%Y-%m-%d|%I%p", "%Y-%m-%d %I %p"),
        case("", "[%Y-%m-%d|%H:%M:%S]", "[%Y-%m-%d %H:%M:%S%.f]"),
        lossy("date|time", "%Y-%m-%d|%H.%M", "%Y-%m-%d %H.%M"),
        case("date|time|half", "%Y/%m/%d|%I:%M|%p", "%Y/%m/%d %I:%M %p"),
        lossy("year|month|day|hour", "%Y|%m|%d|%H", "%Y %m %d %H"),
        case("YY|MM|DD|hh|mm", "%Y|%m|%d|%H|%M", "%Y %m %d %H %M"),
        lossy("", "%Y|%m|%d|%H|%M", "%Y %m %d %H %M"),
        lossy("year|jday|hour", "%Y|%j|%H", "%Y %j %H"),
        lossy("", "%b|%d|%H:%M:00|%Y", "%b %d %H:%M:%S %Y"),
        lossy("", "%d|%b|%Y|%H:%M", "%d %b %Y %H:%M"),
        case("", "%a|%b|%d|%H:%M:00|%Y", "%a %b %d %H:%M:%S %Y"),
        case("", "[%d/%b/%Y:%H:%M:00|+0000]", "[%d/%b/%Y:%H:%M:%S %z]"),
        lossy("date|time", "%d%m%Y|%H%M", "%d%m%Y %H%M"),
        case("date|time", "%y%m%d|%H%M", "%y%m%d %H%M"),
    ];
    for case in cases {
        for mark in [" ", ","] {
            let text = case.text().replace('|', mark);
            let found = read(&text);
            assert_eq!(found.values.len(), 2, "{}: {}", case.written, found.line);
            let said = format!("({})", case.format);
            assert!(
                found.line.contains(&said),
                "{}: {}",
                case.written,
                found.line
            );
            case.assert_times(&found, BEGIN);
        }
    }
}

#[test]
fn years_that_are_not_written_follow_from_the_order() {
    for (header, written, format) in [
        ("", "%b|%d|%H:%M:00|host", "%b %d %H:%M:%S%.f"),
        ("time", "%m-%d %H:%M:00", "%m-%d %H:%M:%S%.f"),
    ] {
        let case = case(header, written, format);
        let mark = if header.is_empty() { " " } else { "," };
        let found = read(&case.text().replace('|', mark));
        assert_eq!(found.values.len(), 2, "{}", found.line);
        let said = format!("({format}, without a year: the first is of the last twelve months)");
        assert!(found.line.contains(&said), "{}", found.line);
        // The begin of a year is within the file.
        case.assert_times(&found, found.times[0].unwrap());
    }
}

#[test]
fn the_end_of_a_day_is_the_begin_of_the_next() {
    let hours = |n: usize| (n / 24 + 1, n % 24 + 1);
    let columns = text_of("date,hour,a", |n, a, _| {
        let (day, hour) = hours(n);
        format!("2023-11-{day:02},{hour},{a}")
    });
    let texts = text_of("time,a", |n, a, _| {
        let (day, hour) = hours(n);
        format!("2023-11-{day:02}T{hour:02}:00,{a}")
    });
    for text in [columns, texts] {
        let found = read(&text);
        assert_eq!(found.values, ["a"], "{}", found.line);
        for pair in found.times.windows(2) {
            assert_eq!(
                pair[1].unwrap() - pair[0].unwrap(),
                3_600_000.0,
                "{}",
                found.line
            );
        }
    }
}

#[test]
fn times_of_day_that_are_not_read_and_unclear_dates_are_named() {
    let hours = |n: usize| (n / 24 + 1, n % 24);
    for (date, clock) in [("2023-11-", 1.0), ("452", 24.0)] {
        let found = read(&text_of("date,time,a", |n, a, _| {
            let (day, hour) = hours(n);
            format!("{date}{day:02},{},{a}", (hour as f64 + 0.25) / clock)
        }));
        assert_eq!(found.values, ["a"], "{}", found.line);
        let said = "\"time\" (times of day of \"date\"? write each as 20:15, or judge them with";
        assert!(found.line.contains(said), "{}", found.line);
    }
    // A gap, a text, and a number of quarters of an hour.
    let writers: [&dyn Fn(usize) -> String; 3] = [
        &|n| {
            if n % 20 == 7 {
                String::new()
            } else {
                (n % 24).to_string()
            }
        },
        &|n| format!("{}h", n % 24),
        &|n| (n % 24 + 100).to_string(),
    ];
    for (names, write) in ["hour", "hour", "block"].iter().zip(writers) {
        let found = read(&text_of(&format!("date,{names},a"), |n, a, _| {
            format!("2023-11-{:02},{},{a}", n / 24 + 1, write(n))
        }));
        assert_eq!(found.values, ["a"], "{}", found.line);
        let said = format!("\"{names}\" (times of day of \"date\"?");
        assert!(found.line.contains(&said), "{}", found.line);
    }
    let found = read(&text_of("date,a", |n, a, _| {
        format!("{:02}{:02}12,{a}", n % 12 + 1, n * 7 % 12 + 1)
    }));
    assert_eq!(found.values, ["a"], "{}", found.line);
    let said = "\"date\" (dates as %y%m%d or %d%m%y? choose with --time and --time-format)";
    assert!(found.line.contains(said), "{}", found.line);
}

#[test]
fn numbers_beside_a_time_remain_values() {
    let texts = [
        // What is measured is neither the hour nor the minute of the date.
        text_of("date,load,a", |n, a, _| {
            format!("2023-11-14,{},{a}", n * 7 % 24)
        }),
        text_of("date,requests per hour,a", |n, a, _| {
            format!("2023-11-14,{},{a}", n * 7 % 24)
        }),
        text_of("date,response_time,a", |n, a, _| {
            format!("20231114,{},{a}", 100 + n * 7 % 60)
        }),
        text_of("time,temp_min,a", |n, a, _| {
            format!("{},{},{a}", iso(n), n * 7 % 24)
        }),
    ];
    for text in texts {
        let found = read(&text);
        assert_eq!(found.values.len(), 2, "{}", found.line);
    }
}

#[test]
fn columns_of_a_time_may_be_named() {
    let text = case("on|at|when|then", "%Y%m%d|%H|%M|%Y", "")
        .text()
        .replace('|', ",");
    let named = Named {
        values: vec!["a".into()],
        time: Some("on".into()),
        time_of_day: vec!["at".into(), "when".into()],
        time_format: Some("%Y%m%d %H %M".parse().unwrap()),
        ..Named::default()
    };
    let found = read_as(text.as_bytes(), &Given::default(), &named).unwrap();
    let said = "; time: on, at and when (%Y%m%d %H %M); ";
    assert!(found.line.contains(said), "{}", found.line);
    assert_eq!(found.times[1], Some(BEGIN + 900_000.0));
}
