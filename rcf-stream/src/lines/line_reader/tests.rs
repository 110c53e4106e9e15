use rand::{RngExt, SeedableRng};
use rand_xoshiro::SplitMix64;

use super::*;

/// Gives a few bytes at a time, as a pipe does.
struct Dribble(&'static [u8], usize);

impl Read for Dribble {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let length = self.1.min(self.0.len()).min(buffer.len());
        let (now, later) = self.0.split_at(length);
        buffer[..length].copy_from_slice(now);
        self.0 = later;
        Ok(length)
    }
}

fn lines(text: &'static str, delimiter: Option<u8>) -> Vec<(u64, String)> {
    let read = |step: usize| {
        let mut reader = LineReader::new(Box::new(Dribble(text.as_bytes(), step)), Path::new("-"));
        reader.scanner.delimiter = delimiter;
        let mut lines = Vec::new();
        while let Some(line) = reader.next().unwrap() {
            lines.push((line.number, String::from_utf8(line.data.to_vec()).unwrap()));
        }
        lines
    };
    let at_once = read(usize::MAX);
    for step in 1..8 {
        assert_eq!(read(step), at_once, "{step} bytes at a time");
    }
    at_once
}

fn expect(expected: &[(u64, &str)]) -> Vec<(u64, String)> {
    expected
        .iter()
        .map(|(number, text)| (*number, (*text).to_owned()))
        .collect()
}

#[test]
fn lines_are_numbered_and_blank_ones_skipped() {
    let text = "\u{feff}a\r\n\n  \nb\nlast";
    assert_eq!(
        lines(text, None),
        expect(&[(1, "a"), (4, "b"), (5, "last")])
    );
    assert_eq!(lines("", None), []);
    assert_eq!(lines("\n\n", None), []);
}

#[test]
fn quoted_line_feeds_belong_to_the_record() {
    let text = "a,\"b\nc\",d\n\"x \"\"y\"\"\n\n\",1\n5\" pipe,2\n\"\",\"\n\"\nend\n";
    assert_eq!(
        lines(text, Some(b',')),
        expect(&[
            (1, "a,\"b\nc\",d"),
            (3, "\"x \"\"y\"\"\n\n\",1"),
            (6, "5\" pipe,2"),
            (7, "\"\",\"\n\""),
            (9, "end"),
        ])
    );
}

#[test]
fn any_fields_round_trip() {
    let mut random = SplitMix64::seed_from_u64(7);
    let mut below = |limit: usize| random.random_range(0..limit);
    let alphabet = ['a', '7', ',', '"', '\n', '\r', ' ', 'é'];
    let records: Vec<Vec<String>> = (0..500)
        .map(|_| {
            let mut field = || (0..below(6)).map(|_| alphabet[below(8)]).collect();
            (0..3).map(|_| field()).collect()
        })
        .collect();
    let quote = |field: &String| format!("\"{}\"", field.replace('"', "\"\""));
    let text: String = records
        .iter()
        .map(|fields| fields.iter().map(quote).collect::<Vec<_>>().join(",") + "\r\n")
        .collect();

    let text: &'static str = text.leak();
    let mut splitter = crate::decode::Splitter::new(b',');
    let read: Vec<Vec<String>> = lines(text, Some(b','))
        .iter()
        .map(|(_, line)| {
            let fields = splitter.split(line.as_bytes()).unwrap();
            let field = |index| splitter.field(index).unwrap().to_vec();
            (0..fields)
                .map(|index| String::from_utf8(field(index)).unwrap())
                .collect()
        })
        .collect();
    assert_eq!(read, records);
}

#[test]
fn an_endless_record_is_one_bad_record() {
    let long = std::io::repeat(b'x').take(3 * MAX_RECORD as u64);
    let input = b"a\n"[..].chain(long).chain(&b"\nb\n"[..]);
    let mut reader = LineReader::new(Box::new(input), Path::new("x.jsonl"));
    assert_eq!(reader.next().unwrap().unwrap().data, "a");
    let line = reader.next().unwrap().unwrap();
    assert_eq!((line.number, line.data.len()), (2, KEPT));
    assert!(matches!(
        line.fault,
        Some(RecordFault::TooLong { line: 2, .. })
    ));
    let line = reader.next().unwrap().unwrap();
    assert_eq!((line.number, line.data), (3, "b".into()));
    assert!(reader.input.buffer.capacity() < 2 * MAX_RECORD);
}

#[test]
fn an_open_quote_is_one_bad_record() {
    let text = "a\n\"b\nc\nd\ne\nf\",\"g\nh\"\n\"i";
    let whole = ["a", "\"b\nc\nd\ne\nf\",\"g\nh\"", "\"i"];
    let parted = ["a", "\"b", "c", "d", "e", "f\",\"g\nh\"", "\"i"];
    for (limit, bad, expected) in [
        (4, vec![2, 8], &parted[..]),
        (5, vec![8], &whole),
        (1_000, vec![8], &whole),
    ] {
        let mut reader = LineReader::new(Box::new(text.as_bytes()), Path::new("x.csv"));
        reader.quoted_fields(b',');
        reader.limit_quoted_lines(limit);
        let lines: Vec<Line> = std::iter::from_fn(|| reader.next().unwrap()).collect();
        let faults = lines.iter().filter(|line| line.fault.is_some());
        let faults: Vec<_> = faults.map(|line| line.number).collect();
        assert_eq!(faults, bad, "{limit}");
        let texts: Vec<_> = lines.iter().map(|line| line.data.clone()).collect();
        assert_eq!(texts, expected, "{limit}");
    }
}

#[test]
fn a_quote_that_closes_within_a_field_was_open() {
    let cases: [(&'static str, &[u64]); 6] = [
        ("1,\"x\n2,x\n3,\"x\n4,x\n", &[1, 3]),
        ("1,\"x\n2,x\n3,\"\"\"x\n4,x\n", &[1, 3]),
        ("1,\"x\n2,\"\"x\n3\",x\n4,x\n", &[]),
        ("1,\"x\ny\"\r\n2,\"x\ny\",3\n4,\"x\ny\"", &[]),
        ("1,\"x\"y\n2,x\"y\"\n", &[]), // on one line it does no harm
        ("1,\"x\n2,x\"", &[]),
    ];
    for (text, bad) in cases {
        for step in [1, 2, 3, usize::MAX] {
            let input = Box::new(Dribble(text.as_bytes(), step));
            let mut reader = LineReader::new(input, Path::new("x.csv"));
            reader.quoted_fields(b',');
            let lines: Vec<Line> = std::iter::from_fn(|| reader.next().unwrap()).collect();
            let faults = lines.iter().filter(|line| line.fault.is_some());
            let faults: Vec<_> = faults.map(|line| line.number).collect();
            assert_eq!(faults, bad, "{text:?} by {step}");
        }
    }
    // What may continue is waited for.
    let mut reader = LineReader::new(Box::new(&b"1,\"x\ny\""[..]), Path::new("x.csv"));
    reader.quoted_fields(b',');
    assert_eq!(reader.next_terminated().unwrap(), None);
    assert_eq!(reader.last_open_quote(), None);
}

#[test]
fn positions_are_offsets_with_fingerprints() {
    let text = "\u{feff}a\r\n\n\"b\nc\",d\nlast";
    let open = || {
        let mut reader = LineReader::new(Box::new(Dribble(text.as_bytes(), 3)), Path::new("x"));
        reader.quoted_fields(b',');
        reader
    };
    let mut reader = open();
    while let Some(line) = reader.next_terminated().unwrap() {
        let offset = usize::try_from(reader.offset()).unwrap();
        assert_eq!(
            reader.fingerprint(),
            crc32c::crc32c(&text.as_bytes()[..offset])
        );
        let mut other = open();
        assert!(other.skip_to(reader.offset()).unwrap());
        assert_eq!(other.fingerprint(), reader.fingerprint(), "{line:?}");
    }
    assert!(reader.has_open_line());
    assert_eq!(reader.last().unwrap().data, "last");
    assert!(!open().skip_to(text.len() as u64 + 1).unwrap());
}

#[test]
fn counts_of_rows_below_a_table() {
    for line in [
        "300 rows in set (0.01 sec)",
        "1 row in set, 2 warnings (0.00 sec)",
        "(300 rows)",
        "(1 row)",
    ] {
        assert!(is_count_of_rows(line.as_bytes()), "{line}");
    }
    for line in [
        "| 300 rows in set |",
        "300 rows",
        "rows in set",
        "(300 rows",
        "300",
        "(300)",
        "",
    ] {
        assert!(!is_count_of_rows(line.as_bytes()), "{line}");
    }
}
