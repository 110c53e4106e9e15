//! Arbitrary bytes for everything that reads bytes: decoders, and the reader of checkpoints.
//! Nothing panics, and all readers return the same values.
//!
//! `just fuzz-stream` for longer, from another seed.

use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::TryStreamExt;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use rcf_stream::checkpoint::{
    CheckpointStore, Checkpointer, Fingerprint, Location, OnMissingState, Schedule, restore,
};
use rcf_stream::connectors::memory::MemoryStream;
use rcf_stream::decode::{DecodeError, Decoded, Decoder, FieldPath, Fields};
use rcf_stream::encode::{Encoder, OutputFormat};
use rcf_stream::event::{EventTime, ModelSettings, keyed_operator};
use rcf_stream::number::parse_number;
use rcf_stream::operator::ForestParameters;
use rcf_stream::source::{Batch, Source};
use rcf_stream::time::TimeParser;
use rcf_stream::{Headers, Pipeline, Record, SourceError, Summary};
use serde_json::{Map, Value};

/// A change of a few bytes at one position.
#[derive(Debug, Clone)]
enum Edit {
    Flip(usize, u8),
    Insert(usize, Vec<u8>),
    Remove(usize, usize),
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let edit = prop_oneof![
        (any::<usize>(), 1_u8..).prop_map(|(at, bits)| Edit::Flip(at, bits)),
        (any::<usize>(), prop::collection::vec(any::<u8>(), 1..4))
            .prop_map(|(at, bytes)| Edit::Insert(at, bytes)),
        (any::<usize>(), 1_usize..9).prop_map(|(at, count)| Edit::Remove(at, count)),
    ];
    prop::collection::vec(edit, 1..5)
}

fn edited(bytes: &[u8], edits: &[Edit]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for edit in edits {
        let place = |at: usize| at % bytes.len().max(1);
        match edit {
            Edit::Flip(at, bits) => {
                let at = place(*at);
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= bits;
                }
            }
            Edit::Insert(at, new) => {
                let at = place(*at);
                bytes.splice(at..at, new.iter().copied());
            }
            Edit::Remove(at, count) => {
                let at = place(*at);
                let end = (at + count).min(bytes.len());
                bytes.drain(at..end);
            }
        }
    }
    bytes
}

/// JSON in which the fields below are often present, and often of the wrong type.
fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        let name = prop_oneof![
            Just("x"),
            Just("a"),
            Just("b"),
            Just("k"),
            Just("t"),
            Just("ü\"")
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((name, inner), 0..6).prop_map(|fields| {
                let fields = fields.into_iter().map(|(name, it)| (name.to_owned(), it));
                Value::Object(fields.collect::<Map<_, _>>())
            }),
        ]
    })
}

fn fields() -> Fields {
    let path = |text: &str| FieldPath::new(text).unwrap();
    Fields {
        values: vec![path("x"), path("a.b"), path("a.1")],
        key: Some(path("k")),
        timestamp: Some(path("t")),
        optional_values: true,
        carried: vec![path("k")],
        ..Fields::default()
    }
}

/// The contents of the fields according to the tree of values of `serde_json`; `None` for a bad
/// record.
fn expected(document: &Value) -> Option<Decoded> {
    let value = |pointer: &str| match document.pointer(pointer) {
        None | Some(Value::Null) => Some(f64::NAN),
        Some(Value::String(text)) if text.trim().is_empty() => Some(f64::NAN),
        Some(Value::String(text)) => parse_number(text),
        Some(found) => found.as_f64(),
    };
    let mut values = Vec::new();
    for pointer in ["/x", "/a/b", "/a/1"] {
        values.push(value(pointer)?);
    }
    let key = match document.pointer("/k")? {
        Value::String(text) => text.clone(),
        it @ (Value::Number(_) | Value::Bool(_)) => it.to_string(),
        _ => return None,
    };
    let timestamp = match document.pointer("/t") {
        None | Some(Value::Null) => None,
        Some(Value::String(text)) => Some(EventTime::Text(text.clone())),
        Some(Value::Number(number)) => Some(EventTime::Number(number.clone())),
        Some(_) => return None,
    };
    Some(Decoded {
        values,
        key: Some(key),
        time: timestamp
            .as_ref()
            .and_then(|it| TimeParser::default().millis(it)),
        timestamp,
        carried: vec![document.pointer("/k").cloned()],
        categories: Vec::new(),
    })
}

/// NaN equals NaN here.
fn text(decoded: &Decoded) -> String {
    format!("{decoded:?}")
}

const GOOD: &[u8] = br#"{"x": 1.5, "a": {"b": -2}, "k": "key", "t": 7}"#;

fn quoted(field: &str) -> String {
    format!("\"{}\"", field.replace('"', "\"\""))
}

/// The same cases every time, unless `PROPTEST_RNG_SEED` is set.
fn config() -> ProptestConfig {
    let default = ProptestConfig::default();
    ProptestConfig {
        rng_seed: match default.rng_seed {
            RngSeed::Random => RngSeed::Fixed(1),
            given => given,
        },
        failure_persistence: None,
        ..default
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn json_agrees_with_serde_json(document in json()) {
        let mut decoder = Decoder::json(&fields(), true).unwrap();
        let bytes = serde_json::to_vec(&document).unwrap();
        let decoded = decoder.decode(&bytes).ok();
        prop_assert_eq!(decoded.as_ref().map(text), expected(&document).as_ref().map(text));
    }

    #[test]
    fn strange_json_is_refused_and_forgotten(document in json(), edits in edits(), raw: Vec<u8>) {
        let mut decoder = Decoder::json(&fields(), true).unwrap();
        let good = text(&decoder.decode(GOOD).unwrap());
        for bytes in [edited(&serde_json::to_vec(&document).unwrap(), &edits), edited(GOOD, &edits), raw] {
            let decoded = decoder.decode(&bytes);
            if serde_json::from_slice::<Value>(&bytes).is_ok() {
                prop_assert!(!matches!(decoded, Err(DecodeError::Syntax { .. })), "{decoded:?}");
            }
            let length = bytes.len();
            if let Ok(parts) = decoder.parts(&bytes.into()) {
                let parts: Vec<_> = parts.collect();
                prop_assert!(parts.iter().map(|(_, part)| part.len()).sum::<usize>() <= length);
            }
            prop_assert_eq!(&text(&decoder.decode(GOOD).unwrap()), &good);
        }
    }

    #[test]
    fn csv_round_trips(
        x in any::<f64>().prop_filter("finite", |x| x.is_finite()),
        key in "[^\r\n]{1,12}",
        carried in "[a-z\",;ü ]{1,12}",
    ) {
        let path = |name: &str| FieldPath::name(name);
        let fields = Fields {
            values: vec![path("x")],
            key: Some(path("key")),
            carried: vec![path("c,\"")],
            ..Fields::default()
        };
        let header = format!("key,{},x", quoted("c,\""));
        let mut decoder = Decoder::csv(&fields, b',', Some(header.as_bytes())).unwrap();
        let line = format!("{},{},{x}\r\n", quoted(&key), quoted(&carried));
        let decoded = decoder.decode(line.as_bytes()).unwrap();
        prop_assert_eq!(decoded.values, [x]);
        prop_assert_eq!(decoded.key, Some(key));
        prop_assert_eq!(decoded.carried, [Some(Value::String(carried))]);
    }

    #[test]
    fn strange_csv_is_refused_and_forgotten(edits in edits(), raw: Vec<u8>, delimiter: u8) {
        let name = |name: &str| FieldPath::name(name);
        let fields = Fields { values: vec![name("x")], key: Some(name("k")), ..Fields::default() };
        let mut decoder = Decoder::csv(&fields, b',', Some(b"k,x")).unwrap();
        let good = decoder.decode(b"\"a,b\",-1.5e3\n").unwrap();
        for bytes in [edited(b"\"a,b\",-1.5e3\n", &edits), raw.clone()] {
            let _ = decoder.decode(&bytes);
            prop_assert_eq!(&decoder.decode(b"\"a,b\",-1.5e3\n").unwrap(), &good);
        }
        let _ = Decoder::csv(&fields, delimiter, Some(&raw));
    }

    #[test]
    fn checkpoints_are_refused_or_continue(
        object in any::<prop::sample::Index>(), edits in edits(), sealed: bool, policy in 0_usize..4,
    ) {
        let objects = checkpoint();
        let (name, bytes) = object.get(objects);
        let changed = match sealed && name.as_ref().contains("/models/") {
            true => sealed_again(bytes, &edits),
            false => edited(bytes, &edits),
        };
        let policy = [
            OnMissingState::Fail,
            OnMissingState::Previous,
            OnMissingState::Rebuild,
            OnMissingState::Reset,
        ][policy];
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let store = Arc::new(InMemory::new());
            for (other, bytes) in objects {
                let bytes = if other == name { changed.clone().into() } else { bytes.clone() };
                store.put(other, bytes.into()).await.unwrap();
            }
            // Either an error or a run to the end is accepted.
            if let Ok(summary) = run(store, policy).await {
                assert!(summary.ended);
            }
        });
    }
}

/// Changes the state of each model of a chunk, and corrects the checksums, so that the code that
/// reads models sees the changes. The layout is in `checkpoint/chunk.rs`.
fn sealed_again(chunk: &[u8], edits: &[Edit]) -> Vec<u8> {
    let (start, mut rest) = chunk.split_at(10);
    let mut out = start.to_vec();
    while !rest.is_empty() {
        let key = u32::from_le_bytes(rest[..4].try_into().unwrap()) as usize;
        let state = u64::from_le_bytes(rest[4..12].try_into().unwrap()) as usize;
        let begin = out.len();
        let changed = edited(&rest[28 + key..28 + key + state], edits);
        out.extend(&rest[..4]);
        out.extend((changed.len() as u64).to_le_bytes());
        out.extend(&rest[12..28 + key]);
        out.extend(changed);
        let checksum = crc32c::crc32c(&out[begin..]);
        out.extend(checksum.to_le_bytes());
        rest = &rest[28 + key + state + 4..];
    }
    out
}

/// The objects of two checkpoints.
fn checkpoint() -> &'static [(Path, Bytes)] {
    static OBJECTS: OnceLock<Vec<(Path, Bytes)>> = OnceLock::new();
    OBJECTS.get_or_init(|| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let store = Arc::new(InMemory::new());
            for _ in 0..2 {
                run(store.clone(), OnMissingState::Fail).await.unwrap();
            }
            let all: Vec<_> = store.list(None).try_collect().await.unwrap();
            let mut objects = Vec::new();
            for meta in all {
                let bytes = store
                    .get(&meta.location)
                    .await
                    .unwrap()
                    .bytes()
                    .await
                    .unwrap();
                objects.push((meta.location, bytes));
            }
            assert_eq!(objects.len(), 5, "two manifests, two chunks, a position");
            objects
        })
    })
}

/// A source of one batch.
struct Once(Option<Vec<Record>>);

#[async_trait]
impl Source for Once {
    async fn next_batch(&mut self) -> Result<Option<Batch>, SourceError> {
        Ok(self.0.take().map(|records| Batch {
            records,
            ..Batch::default()
        }))
    }
}

/// From the newest checkpoint 60 records further.
async fn run(
    store: Arc<InMemory>,
    policy: OnMissingState,
) -> Result<Summary, Box<dyn std::error::Error>> {
    let location = Location::of_store(store);
    let store = CheckpointStore::open(location, "app", "in", 2, policy).await?;
    let settings = ModelSettings {
        forest: ForestParameters {
            number_of_trees: Some(2),
            sample_size: Some(8),
            shingle_size: Some(2),
            ..ForestParameters::default()
        },
        ..ModelSettings::default()
    };
    let mut operator = keyed_operator(1, &settings, false, false)?;
    let fingerprint = Fingerprint::default();
    let start = restore(&store, policy, &fingerprint, &mut operator).await?;
    let last = start.positions.get("0").and_then(|it| it.sequence.clone());
    let next = last.map_or(Ok(0), |last| last.parse::<usize>().map(|last| last + 1))?;
    let records = (next..next + 60).map(|n| Record {
        stream: "in".into(),
        shard: "0".into(),
        sequence: n.to_string(),
        sub_sequence: None,
        partition_key: format!("key-{}", n % 6),
        timestamp: None,
        headers: Headers::default(),
        data: (n * n % 17).to_string().into(),
    });
    let source = Box::new(Once(Some(records.collect())));
    let checkpointer = Checkpointer::new(store, Schedule::default(), fingerprint, start.records);
    let decoder = Decoder::raw();
    let encoder = Encoder::new(OutputFormat::Jsonl, decoder.names(), false);
    let sink = Box::new(MemoryStream::new("out", 1).sink());
    let pipeline = Pipeline::new(source, decoder, operator, encoder, sink)
        .checkpoints(checkpointer, start.positions);
    Ok(pipeline.run(std::future::pending()).await?)
}
