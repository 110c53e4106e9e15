//! Arbitrary bytes, in 512 MiB: packed records, compressed ones, JSON, CSV and TOML. Nothing
//! panics, and nothing asks for more memory than that, which would abort the process.
//!
//! `just fuzz-memory` for longer, from another seed.
#![cfg(unix)]

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::process::Command;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use md5::{Digest, Md5};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use rcf_stream::config::Layers;
use rcf_stream::connectors::kinesis::{
    ApiError, ErrorKind, FetchedRecord, IteratorStart, KinesisApi, KinesisSource,
    KinesisSourceConfig, PutEntry, RecordPage, Rejection, Shard, ShardPage, Subscription,
};
use rcf_stream::decode::{Decoder, FieldPath, Fields};
use rcf_stream::observer::Observers;
use rcf_stream::source::Source;
use rcf_stream::{Positions, assemble};

/// Of address space: more than is touched.
const LIMIT_KIB: u64 = 512 << 10;

/// Runs the tests below in a separate process with limited memory.
#[test]
fn all_of_it_stays_within_512_mib() {
    let binary = std::env::current_exe().unwrap();
    let command = format!("ulimit -v {LIMIT_KIB} && exec \"$0\" --ignored --test-threads=1");
    let done = Command::new("sh")
        .args(["-c", &command])
        .arg(binary)
        // The heap of each thread would reserve 64 MiB.
        .env("MALLOC_ARENA_MAX", "1")
        .env("RAYON_NUM_THREADS", "2")
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    let (said, errors) = (text(&done.stdout), text(&done.stderr));
    assert!(done.status.success(), "{}\n{said}\n{errors}", done.status);
    assert!(said.contains("test result: ok. 6 passed"), "{said}");
}

/// The same cases every time, unless `PROPTEST_RNG_SEED` is set.
fn config() -> ProptestConfig {
    let default = ProptestConfig::default();
    ProptestConfig {
        rng_seed: match default.rng_seed {
            RngSeed::Random => RngSeed::Fixed(1),
            given => given,
        },
        cases: if std::env::var_os("PROPTEST_CASES").is_some() {
            default.cases
        } else {
            8
        },
        failure_persistence: None,
        max_shrink_iters: 0,
        ..default
    }
}

/// Bytes with a few changes.
fn edited(mut bytes: Vec<u8>, edits: &[(usize, u8)]) -> Vec<u8> {
    for &(at, byte) in edits {
        let at = at % bytes.len().max(1);
        match byte % 3 {
            _ if bytes.is_empty() => bytes.push(byte),
            0 => bytes[at] ^= byte,
            1 => bytes.insert(at, byte),
            _ => bytes.truncate(at),
        }
    }
    bytes
}

fn edits() -> impl Strategy<Value = Vec<(usize, u8)>> {
    prop::collection::vec((any::<usize>(), any::<u8>()), 0..4)
}

/// An aggregate of the Kinesis Producer Library, as large as a record may be: a few keys, and many
/// records that name them.
fn packed(keys: &[usize], records: usize, data: usize, edits: &[(usize, u8)]) -> Bytes {
    const LARGEST: usize = 1 << 20;
    let field = |out: &mut Vec<u8>, number: u8, bytes: &[u8]| {
        out.push(number << 3 | 2);
        let mut length = bytes.len();
        while length >= 0x80 {
            out.push(length as u8 | 0x80);
            length >>= 7;
        }
        out.push(length as u8);
        out.extend(bytes);
    };
    let mut body = Vec::new();
    for length in keys {
        field(&mut body, 1, &vec![b'k'; *length]);
    }
    for index in 0..records {
        let mut record = vec![1 << 3, (index % keys.len().max(1)) as u8];
        field(&mut record, 3, &vec![b'1'; data]);
        if body.len() + record.len() > LARGEST {
            break;
        }
        field(&mut body, 3, &record);
    }
    let body = edited(body, edits);
    let digest = Md5::digest(&body);
    [&[0xf3, 0x89, 0x9a, 0xc2][..], &body, &digest]
        .concat()
        .into()
}

/// One shard with one record.
struct OneRecord(Bytes);

fn never() -> ApiError {
    ApiError {
        kind: ErrorKind::Other,
        message: "not requested here".to_owned(),
    }
}

#[async_trait]
impl KinesisApi for OneRecord {
    async fn list_shards(&self, _: Option<&str>) -> Result<ShardPage, ApiError> {
        let shard = Shard {
            id: "0".to_owned(),
            parents: Vec::new(),
            hashes: Some((0, u128::MAX)),
        };
        Ok(ShardPage {
            shards: vec![shard],
            next: None,
        })
    }

    async fn shard_iterator(&self, _: &str, _: &IteratorStart) -> Result<String, ApiError> {
        Ok("0".to_owned())
    }

    async fn get_records(&self, _: &str, _: u32) -> Result<RecordPage, ApiError> {
        let record = FetchedRecord {
            sequence: "1".to_owned(),
            partition_key: "key".to_owned(),
            arrival: None,
            data: self.0.clone(),
        };
        Ok(RecordPage {
            records: vec![record],
            ..RecordPage::default()
        })
    }

    async fn subscribe(
        &self,
        _: &str,
        _: &str,
        _: &IteratorStart,
    ) -> Result<Box<dyn Subscription>, ApiError> {
        Err(never())
    }

    async fn put_records(&self, _: Vec<PutEntry>) -> Result<Vec<Result<(), Rejection>>, ApiError> {
        Err(never())
    }

    async fn max_record_bytes(&self) -> Result<usize, ApiError> {
        Err(never())
    }
}

/// Reads a shard with this record, and decodes the record.
fn read_packed(data: Bytes) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let config = KinesisSourceConfig {
            follow: false,
            ..KinesisSourceConfig::new("in")
        };
        let api = Arc::new(OneRecord(data));
        let mut source =
            KinesisSource::with_api(api, &config, &Positions::default(), &Observers::default())
                .await
                .unwrap();
        while let Some(batch) = source.next_batch().await.unwrap() {
            for record in &batch.records {
                decode(&record.data);
            }
            if !batch.ended_shards.is_empty() {
                break;
            }
        }
    });
}

fn decode(data: &Bytes) {
    let fields = Fields {
        values: vec![FieldPath::new("x").unwrap(), FieldPath::new("a.b").unwrap()],
        optional_values: true,
        ..Fields::default()
    };
    for mut decoder in [
        Decoder::json(&fields, true).unwrap(),
        Decoder::json(&fields, false).unwrap(),
        Decoder::raw(),
    ] {
        if let Ok(parts) = decoder.parts(data) {
            for (_, part) in parts {
                let _ = decoder.decode(&part);
            }
        }
    }
}

/// Runs a pipeline over a file with this content; returns errors.
fn run_over(name: &str, content: &[u8], input: &str) {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::write(path(name), content).unwrap();
    let settings = format!(
        "[source]\nkind = \"file\"\npath = {:?}\n[sink]\npath = {:?}\n[input]\n{input}\
         on_bad_record = \"skip\"\n[detector]\nenabled = false\n\
         [forest]\nshingle_size = 1\nsample_size = 8\nnumber_of_trees = 2\n",
        path(name),
        path("out.jsonl"),
    );
    let mut layers = Layers::default();
    layers.toml("settings".as_ref(), &settings).unwrap();
    let config = layers.build().unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        if let Ok(pipeline) = assemble::open(&config).await {
            let _ = pipeline.run(std::future::pending()).await;
        }
    });
}

/// Text of this many bytes at most, from these pieces.
fn of_pieces(pieces: &'static [&'static str]) -> impl Strategy<Value = Vec<u8>> {
    let piece = (prop::sample::select(pieces), 1_usize..2_000);
    prop::collection::vec(piece, 0..20).prop_map(|pieces| {
        let texts = pieces.iter().map(|(piece, times)| piece.repeat(*times));
        texts.collect::<String>().into_bytes()
    })
}

proptest! {
    #![proptest_config(config())]

    #[test]
    #[ignore = "run within 512 MiB by the test above"]
    fn packed_records(
        keys in prop::collection::vec(0_usize..300, 0..4),
        records in 0_usize..200_000,
        data in 0_usize..40,
        edits in edits(),
    ) {
        read_packed(packed(&keys, records, data, &edits));
        // The worst case: one long key that every smallest record contains.
        read_packed(packed(&[256], records, 0, &edits));
    }

    #[test]
    #[ignore = "run within 512 MiB by the test above"]
    fn compressed_records(
        text in of_pieces(&["{\"x\":1}", " ", "0", "[", "\n", "}{"]),
        times in 1_usize..40,
        edits in edits(),
    ) {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        for _ in 0..times {
            encoder.write_all(&text).unwrap();
        }
        decode(&edited(encoder.finish().unwrap(), &edits).into());
    }

    #[test]
    #[ignore = "run within 512 MiB by the test above"]
    fn json(
        text in of_pieces(&[
            "{\"x\": 1}", "{\"a\":{\"b\":", "{", "[", "]", "}", "\"", "\\", ",", "1e999", "-",
            "\n", "\u{feff}", "x",
        ]),
        edits in edits(),
    ) {
        let text = edited(text, &edits);
        decode(&text.clone().into());
        run_over("in.jsonl", &text, "values = [\"x\"]\nformat = \"jsonl\"\n");
        run_over("in.json", &text, "");
    }

    #[test]
    #[ignore = "run within 512 MiB by the test above"]
    fn csv(
        text in of_pieces(&[
            "x,y\n", "1,2\n", "\"", "\"\"", ",", ";", "\r\n", "\n", "a", "1.5", "\u{feff}", "#",
        ]),
        edits in edits(),
    ) {
        let text = edited(text, &edits);
        run_over("in.csv", &text, "values = [\"x\"]\nformat = \"csv\"\n");
        run_over("in.csv", &text, "");
    }

    #[test]
    #[ignore = "run within 512 MiB by the test above"]
    fn toml(
        text in of_pieces(&[
            "[", "]", "{", "}", "a", "=", ".", "\"", "'''", "[[source]]\n", "[forest]\n",
            "source.kind = \"file\"\n", "sample_size = 1", "0", "\n", "#", "\\u{0}",
            "1979-05-27T07:32:00Z",
        ]),
        edits in edits(),
    ) {
        let text = edited(text, &edits);
        let mut layers = Layers::default();
        if layers.toml("settings".as_ref(), &String::from_utf8_lossy(&text)).is_ok() {
            let _ = layers.build();
        }
    }
}

/// Maximal nesting, and maximal expansion on decompression.
#[test]
#[ignore = "run within 512 MiB by the test above"]
fn extremes() {
    const DEEP: usize = 1 << 20;
    for open in ["[", "{\"a\":", "{\"x\":[", "\"", "{"] {
        let text = open.repeat(DEEP);
        decode(&text.clone().into());
        run_over(
            "in.jsonl",
            text.as_bytes(),
            "values = [\"x\"]\nformat = \"jsonl\"\n",
        );
        run_over("in.json", text.as_bytes(), "");
        let mut toml = String::new();
        write!(toml, "a = {}", text.replace(':', "=").replace("\"a\"", "a")).unwrap();
        let _ = Layers::default().toml("settings".as_ref(), &toml);
    }
    let _ = Layers::default().toml("settings".as_ref(), &"a.".repeat(DEEP));
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    for _ in 0..1024 {
        encoder.write_all(&[b' '; 1 << 20]).unwrap();
    }
    decode(&encoder.finish().unwrap().into());
    let mut line = vec![b'"'; 1];
    line.resize(64 << 20, b'1');
    run_over("in.csv", &line, "values = [\"x\"]\nformat = \"csv\"\n");
}
