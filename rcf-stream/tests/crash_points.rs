//! A crash between any two steps of a checkpoint, a store that fails, is slow or returns wrong
//! data, and two processes on one stream. Everything is in memory, so that every point is tried.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream::BoxStream;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta,
    ObjectStore, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};
use rcf_stream::checkpoint::{
    CheckpointError, CheckpointStore, Checkpointer, Fingerprint, Location, OnMissingState,
    Schedule, restore,
};
use rcf_stream::connectors::memory::MemoryStream;
use rcf_stream::decode::Decoder;
use rcf_stream::encode::{Encoder, OutputFormat};
use rcf_stream::event::{EventOperator, ModelSettings, keyed_operator};
use rcf_stream::observer::Observers;
use rcf_stream::operator::ForestParameters;
use rcf_stream::sink::{Sink, SinkPosition};
use rcf_stream::{OutputRecord, Pipeline, SinkError, Summary};

/// The fault of a store.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    /// The process dies at this operation: neither it nor any later one happens.
    DieAt(usize),
    /// As before, but the operation itself still happens; only its answer is lost.
    DieAfter(usize),
    /// Every operation takes this long.
    Slow(Duration),
    /// Writes of names with this in them are acknowledged and forgotten.
    Lie(&'static str),
    /// They keep one byte less.
    Shorten(&'static str),
}

#[derive(Debug)]
struct FaultyStore {
    inner: Arc<InMemory>,
    fault: Fault,
    operations: AtomicUsize,
}

impl FaultyStore {
    fn new(inner: &Arc<InMemory>, fault: Fault) -> Arc<Self> {
        Arc::new(Self {
            inner: Arc::clone(inner),
            fault,
            operations: AtomicUsize::new(0),
        })
    }

    fn dead() -> Error {
        Error::Generic {
            store: "faulty",
            source: "the process is dead".into(),
        }
    }

    /// Counts an operation. Returns whether it happens and whether that is reported.
    async fn step(&self) -> (bool, bool) {
        let number = self.operations.fetch_add(1, Ordering::SeqCst);
        match self.fault {
            Fault::DieAt(at) => (number < at, number < at),
            Fault::DieAfter(at) => (number <= at, number < at),
            Fault::Slow(time) => {
                tokio::time::sleep(time).await;
                (true, true)
            }
            _ => (true, true),
        }
    }

    async fn done<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        let (happens, told) = self.step().await;
        if !happens {
            return Err(Self::dead());
        }
        let result = work.await;
        if told { result } else { Err(Self::dead()) }
    }
}

impl fmt::Display for FaultyStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("faulty")
    }
}

#[async_trait]
impl ObjectStore for FaultyStore {
    async fn put_opts(&self, at: &Path, data: PutPayload, how: PutOptions) -> Result<PutResult> {
        let payload = match self.fault {
            Fault::Lie(part) if at.as_ref().contains(part) => {
                return Ok(PutResult {
                    e_tag: Some("lie".to_owned()),
                    version: None,
                    ..self
                        .inner
                        .put_opts(&"elsewhere".into(), data, PutOptions::default())
                        .await?
                });
            }
            Fault::Shorten(part) if at.as_ref().contains(part) => {
                let bytes = Bytes::from(data);
                bytes.slice(..bytes.len() - 1).into()
            }
            _ => data,
        };
        self.done(self.inner.put_opts(at, payload, how)).await
    }

    async fn put_multipart_opts(
        &self,
        at: &Path,
        how: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.inner.put_multipart_opts(at, how).await
    }

    async fn get_opts(&self, at: &Path, how: GetOptions) -> Result<GetResult> {
        self.done(self.inner.get_opts(at, how)).await
    }

    async fn get_ranges(&self, at: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        self.done(self.inner.get_ranges(at, ranges)).await
    }

    fn delete_stream(
        &self,
        locations: BoxStream<'static, Result<Path>>,
    ) -> BoxStream<'static, Result<Path>> {
        let number = self.operations.fetch_add(1, Ordering::SeqCst);
        match self.fault {
            Fault::DieAt(at) if number >= at => Box::pin(futures_util::stream::empty()),
            _ => self.inner.delete_stream(locations),
        }
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, how: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, how).await
    }
}

/// Results that outlive the process, including duplicates.
#[derive(Clone, Default)]
struct Output(Arc<Mutex<Vec<OutputRecord>>>);

#[async_trait]
impl Sink for Output {
    async fn write(&mut self, records: Vec<OutputRecord>) -> std::result::Result<(), SinkError> {
        self.0.lock().unwrap().extend(records);
        Ok(())
    }

    async fn flush(&mut self) -> std::result::Result<Option<SinkPosition>, SinkError> {
        Ok(None)
    }
}

impl Output {
    /// By id; repeated ones must be equal.
    fn by_id(&self) -> BTreeMap<String, Bytes> {
        let mut by_id = BTreeMap::new();
        for record in self.0.lock().unwrap().iter() {
            let seen = by_id
                .entry(record.id.clone())
                .or_insert_with(|| record.data.clone());
            assert_eq!(*seen, record.data, "two results of {}", record.id);
        }
        by_id
    }
}

const RECORDS: usize = 3_000;

fn stream() -> MemoryStream {
    let stream = MemoryStream::new("in", 3);
    for n in 0..RECORDS {
        let key = format!("key-{}", (n * n + n / 7) % 23);
        stream.append(&key, ((n as f64 / 9.0).sin() * 10.0).to_string());
    }
    stream.close();
    stream
}

fn operator() -> EventOperator {
    let settings = ModelSettings {
        forest: ForestParameters {
            number_of_trees: Some(4),
            sample_size: Some(16),
            seed: 3,
            ..ForestParameters::default()
        },
        ..ModelSettings::default()
    };
    keyed_operator(1, &settings, false, false).unwrap()
}

async fn open(
    store: Arc<dyn ObjectStore>,
) -> std::result::Result<CheckpointStore, CheckpointError> {
    CheckpointStore::open(
        Location::of_store(store),
        "app",
        "in",
        2,
        OnMissingState::Fail,
    )
    .await
}

/// Runs to the end like a process, from the newest checkpoint.
async fn run(
    store: Arc<dyn ObjectStore>,
    stream: &MemoryStream,
    output: &Output,
) -> std::result::Result<Summary, Box<dyn std::error::Error>> {
    let store = open(store).await?;
    let mut operator = operator();
    let settings = Fingerprint::default();
    let start = restore(&store, OnMissingState::Fail, &settings, &mut operator).await?;
    let schedule = Schedule {
        every_records: Some(400),
        every: None,
    };
    let checkpointer = Checkpointer::new(store, schedule, settings, start.records);
    let decoder = Decoder::raw();
    let encoder = Encoder::new(OutputFormat::Jsonl, decoder.names(), false);
    let source = Box::new(stream.source(&start.positions)?);
    let pipeline = Pipeline::new(source, decoder, operator, encoder, Box::new(output.clone()));
    let pipeline = pipeline.checkpoints(checkpointer, start.positions);
    Ok(pipeline.run(std::future::pending()).await?)
}

async fn uninterrupted(stream: &MemoryStream) -> BTreeMap<String, Bytes> {
    let output = Output::default();
    let summary = run(Arc::new(InMemory::new()), stream, &output)
        .await
        .unwrap();
    assert!(summary.checkpoints >= 3, "{summary:?}");
    let expected = output.by_id();
    assert_eq!(expected.len(), RECORDS);
    expected
}

#[tokio::test]
async fn a_crash_at_any_step_changes_nothing() {
    let stream = stream();
    let expected = uninterrupted(&stream).await;
    let (mut crashes, mut resumed) = (0, 0);
    for at in 0.. {
        let mut crashed = false;
        for fault in [Fault::DieAt(at), Fault::DieAfter(at)] {
            let inner = Arc::new(InMemory::new());
            let output = Output::default();
            let first = run(FaultyStore::new(&inner, fault), &stream, &output).await;
            crashed |= first.is_err();
            crashes += usize::from(first.is_err());
            let written = output.0.lock().unwrap().len();
            run(inner, &stream, &output).await.unwrap();
            assert_eq!(output.by_id(), expected, "{fault:?}");
            // After a checkpoint, not all work is repeated.
            let again = output.0.lock().unwrap().len() - written;
            resumed += usize::from(first.is_err() && again < RECORDS);
        }
        if !crashed {
            break; // the whole run has fewer operations
        }
    }
    eprintln!("{crashes} crashes, {resumed} of them resumed from a checkpoint");
    assert!(
        crashes > 40 && resumed > 20,
        "{crashes} crashes, {resumed} resumed"
    );
}

#[tokio::test]
async fn a_slow_store_delays_checkpoints_and_not_the_stream() {
    let stream = stream();
    let expected = uninterrupted(&stream).await;
    let output = Output::default();
    let slow = FaultyStore::new(
        &Arc::new(InMemory::new()),
        Fault::Slow(Duration::from_millis(30)),
    );
    let summary = run(slow, &stream, &output).await.unwrap();
    assert_eq!(output.by_id(), expected);
    let due = RECORDS as u64 / 400;
    assert!(
        summary.checkpoints < due,
        "{} of {due}",
        summary.checkpoints
    );
}

#[tokio::test]
async fn a_store_that_loses_objects_is_detected_before_the_commit() {
    let stream = stream();
    let expected = uninterrupted(&stream).await;
    let faults = [
        (
            Fault::Lie("models/"),
            "does not return it (it is not there)",
        ),
        (
            Fault::Lie("manifests/"),
            "does not return it (it is not there)",
        ),
        (
            Fault::Lie("position.json"),
            "does not return it (it is not there)",
        ),
        (Fault::Shorten("models/"), "bytes are there"),
        (Fault::Shorten("manifests/"), "bytes are there"),
        (Fault::Shorten("position.json"), "bytes are there"),
    ];
    for (fault, message) in faults {
        let inner = Arc::new(InMemory::new());
        let output = Output::default();
        let error = run(FaultyStore::new(&inner, fault), &stream, &output)
            .await
            .unwrap_err();
        assert!(error.to_string().contains(message), "{fault:?}: {error}");
        if matches!(fault, Fault::Shorten("position.json")) {
            continue; // what is left of it is damaged, and said to be
        }
        run(inner, &stream, &output).await.unwrap();
        assert_eq!(output.by_id(), expected, "{fault:?}");
    }
}

#[tokio::test]
async fn of_two_processes_one_commits_and_the_other_is_refused() {
    let stream = stream();
    let inner: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    let first = open(Arc::clone(&inner)).await.unwrap();
    let mut checkpointer = Checkpointer::new(first, Schedule::default(), Fingerprint::default(), 0);
    let commit = |checkpointer: &mut Checkpointer| {
        let done = Box::pin(std::future::ready(Ok(None)));
        let nothing = rcf_core::keyed::Changes::<_, rcf_core::RandomCutForest>::default();
        let observers = Observers::default();
        checkpointer.begin(
            rcf_stream::Positions::default(),
            (done, None),
            nothing,
            &observers,
        );
    };
    commit(&mut checkpointer);
    assert_eq!(checkpointer.finished().await.unwrap().number, 1);

    // A second process takes over, whether or not the first is still running.
    let output = Output::default();
    run(Arc::clone(&inner), &stream, &output).await.unwrap();
    let before = open_position(&inner).await;
    commit(&mut checkpointer);
    let error = checkpointer.finished().await.unwrap_err();
    assert!(matches!(error, CheckpointError::Fenced { .. }), "{error}");
    assert!(
        error.to_string().contains("another process has taken over"),
        "{error}"
    );
    assert_eq!(open_position(&inner).await, before, "nothing has changed");
}

async fn open_position(inner: &Arc<dyn ObjectStore>) -> Bytes {
    let at = Path::from("app/in/position.json");
    let found = inner.get_opts(&at, GetOptions::default()).await.unwrap();
    found.bytes().await.unwrap()
}

#[tokio::test]
async fn nothing_is_left_over() {
    use futures_util::TryStreamExt;
    let stream = stream();
    let inner = Arc::new(InMemory::new());
    for at in [30, 41, 52] {
        let fault = Fault::DieAt(at);
        let _ = run(FaultyStore::new(&inner, fault), &stream, &Output::default()).await;
    }
    run(inner.clone(), &stream, &Output::default())
        .await
        .unwrap();
    let location = Location::of_store(inner.clone());
    let store = CheckpointStore::look(&location, "app", "in").await.unwrap();
    let mut needed = vec!["position.json".to_owned()];
    for (_, name) in store.retained().await.unwrap() {
        let found = store.find(name.clone()).await.unwrap();
        needed.extend(found.manifest.chunks.iter().map(|chunk| chunk.name.clone()));
        needed.push(name);
    }
    needed.sort();
    needed.dedup();
    let all: Vec<ObjectMeta> = inner.list(None).try_collect().await.unwrap();
    let mut there: Vec<String> = all
        .iter()
        .map(|meta| {
            meta.location
                .as_ref()
                .trim_start_matches("app/in/")
                .to_owned()
        })
        .collect();
    there.sort();
    assert_eq!(there, needed);
}
