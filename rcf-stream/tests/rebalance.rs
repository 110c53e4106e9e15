//! Shards that are taken away and given back, as the partitions of a consumer group are.

use std::collections::{BTreeMap, VecDeque};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use rcf_stream::checkpoint::{
    CheckpointStore, Checkpointer, Fingerprint, Location, OnMissingState, Schedule, restore,
};
use rcf_stream::connectors::memory::MemoryStream;
use rcf_stream::decode::Decoder;
use rcf_stream::encode::{Encoder, OutputFormat};
use rcf_stream::event::{ModelPer, ModelSettings, event_operator, keyed_operator};
use rcf_stream::observer::{Observer, Observers};
use rcf_stream::operator::ForestParameters;
use rcf_stream::record::{Position, Timestamp};
use rcf_stream::source::{Batch, BegunShard, Source};
use rcf_stream::{Pipeline, PipelineError, Positions, Record, SourceError, Summary};

/// How many records each shard has.
const RECORDS: usize = 120;

#[derive(Clone, Copy)]
enum Step {
    Assign(&'static str),
    Revoke(&'static str),
    /// Records of a shard.
    Read(&'static str, usize),
    /// A shard that goes on for another one.
    Begin(&'static str, &'static str),
}
use Step::{Assign, Begin, Read, Revoke};

/// Two shards in memory, and when each is there. It fails where the pipeline breaks the protocol.
struct Group {
    steps: VecDeque<Step>,
    /// The next record of each shard that the pipeline has resumed.
    next: BTreeMap<String, usize>,
    journal: Arc<Mutex<Vec<String>>>,
}

impl Group {
    fn note(&self, what: String) {
        self.journal.lock().unwrap().push(what);
    }
}

/// One of them is silent for a while.
fn key(number: usize) -> String {
    let keys = if (40..90).contains(&number) { 2 } else { 3 };
    format!("key-{}", number % keys)
}

fn record(shard: &str, number: usize) -> Record {
    let value = (number as f64 / 7.0).sin() * 10.0 + shard.len() as f64 + (number % 5) as f64;
    Record {
        stream: "in".into(),
        shard: shard.into(),
        sequence: number.to_string(),
        sub_sequence: None,
        partition_key: key(number),
        timestamp: Some(Timestamp(number as i64 * 1000)),
        data: value.to_string().into(),
    }
}

#[async_trait]
impl Source for Group {
    async fn next_batch(&mut self) -> Result<Option<Batch>, SourceError> {
        let Some(step) = self.steps.pop_front() else {
            return Ok(None);
        };
        let mut batch = Batch::default();
        match step {
            Assign(shard) => batch.assigned_shards.push(shard.into()),
            Revoke(shard) => batch.revoked_shards.push(shard.into()),
            Begin(shard, parent) => {
                let next = self.next.remove(parent).expect("it was read");
                self.next.insert(shard.to_owned(), next);
                batch.ended_shards.push(parent.into());
                batch.begun_shards.push(BegunShard {
                    shard: shard.into(),
                    parents: vec![parent.to_owned()],
                    done: vec![parent.to_owned()],
                });
            }
            Read(shard, count) => {
                let next = self.next.get_mut(shard).expect("resumed and not released");
                let numbers = *next..(*next + count).min(RECORDS);
                *next = numbers.end;
                batch.records = numbers.map(|number| record(shard, number)).collect();
            }
        }
        Ok(Some(batch))
    }

    fn rebalances(&self) -> bool {
        true
    }

    async fn resume(&mut self, shard: &str, after: Option<&Position>) -> Result<(), SourceError> {
        let last = after.and_then(|position| position.sequence.as_deref());
        self.note(format!("resume {shard} after {last:?}"));
        let next = last.map_or(0, |last| last.parse::<usize>().unwrap() + 1);
        self.next.insert(shard.to_owned(), next);
        Ok(())
    }

    async fn released(&mut self, shard: &str) -> Result<(), SourceError> {
        self.note(format!("released {shard}"));
        self.next.remove(shard);
        Ok(())
    }

    async fn committed(&mut self, positions: &Positions) -> Result<(), SourceError> {
        let of = |(shard, position): (&str, &Position)| {
            format!("{shard}:{}", position.sequence.as_deref().unwrap_or("-"))
        };
        let positions: Vec<_> = positions.iter().map(of).collect();
        self.note(format!("committed {}", positions.join(" ")));
        Ok(())
    }
}

/// How many models there were at each checkpoint.
#[derive(Debug, Default)]
struct Models(Mutex<Vec<usize>>);

impl Observer for Models {
    fn models(&self, count: usize, _: usize) {
        self.0.lock().unwrap().push(count);
    }
}

struct Run {
    summary: Summary,
    journal: Vec<String>,
    models: Vec<usize>,
}

/// Runs these steps from the newest checkpoint on; results go to `out`.
async fn run(folder: &Path, out: &MemoryStream, steps: &[Step]) -> Run {
    let settings = ModelSettings {
        model_per: ModelPer::KeyInShard,
        forest: ForestParameters {
            sample_size: Some(32),
            number_of_trees: Some(10),
            ..ForestParameters::default()
        },
        ..ModelSettings::default()
    };
    let mut operator = keyed_operator(1, &settings, false, false).unwrap();
    let location = Location::open(folder.to_str().unwrap()).unwrap();
    let policy = OnMissingState::Fail;
    let store = CheckpointStore::open(location, "test", "in", 3, policy);
    let store = store.await.unwrap();
    let settings = Fingerprint::default();
    let start = restore(&store, policy, &settings, &mut operator);
    let start = start.await.unwrap();
    let checkpointer = Checkpointer::new(store, Schedule::default(), settings, start.records);

    let journal = Arc::default();
    let source = Group {
        steps: steps.iter().copied().collect(),
        next: BTreeMap::new(),
        journal: Arc::clone(&journal),
    };
    let models = Arc::new(Models::default());
    let observers: Observers = [Arc::clone(&models) as Arc<dyn Observer>]
        .into_iter()
        .collect();
    let decoder = Decoder::raw();
    let encoder = Encoder::new(OutputFormat::Jsonl, decoder.names(), false);
    let sink = Box::new(out.sink());
    let pipeline = Pipeline::new(Box::new(source), decoder, operator, encoder, sink)
        .model_per(ModelPer::KeyInShard)
        .observers(observers)
        .expect_every(Duration::from_secs(20), None)
        .checkpoints(checkpointer, start.positions);
    let summary = pipeline.run(std::future::pending()).await.unwrap();
    let journal = journal.lock().unwrap().clone();
    let models = models.0.lock().unwrap().clone();
    Run {
        summary,
        journal,
        models,
    }
}

/// All results that were written to a stream, in the order of their ids.
async fn results(out: &MemoryStream) -> Vec<String> {
    out.close();
    let mut source = out.source(&Positions::default()).unwrap();
    let mut all = Vec::new();
    while let Some(batch) = source.next_batch().await.unwrap() {
        let text = |record: &Record| String::from_utf8(record.data.to_vec()).unwrap();
        all.extend(batch.records.iter().map(text));
    }
    all.sort();
    all
}

/// Nothing is ever taken away.
async fn undisturbed() -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let out = MemoryStream::new("out", 1);
    let steps = [
        Assign("a"),
        Assign("bb"),
        Read("a", RECORDS),
        Read("bb", RECORDS),
    ];
    run(folder.path(), &out, &steps).await;
    results(&out).await
}

#[tokio::test]
async fn models_of_a_revoked_shard_are_committed_released_and_restored() {
    let folder = tempfile::tempdir().unwrap();
    let out = MemoryStream::new("out", 1);
    let steps = [
        Assign("a"),
        Assign("bb"),
        Read("a", 50),
        Read("bb", 50),
        Revoke("bb"),
        Read("a", 20),
        Revoke("a"),
        Assign("bb"),
        Read("bb", 30),
        Assign("a"),
        Read("a", RECORDS),
        Read("bb", RECORDS),
    ];
    let run = run(folder.path(), &out, &steps).await;
    assert_eq!(
        run.journal,
        [
            "resume a after None",
            "resume bb after None",
            "committed a:49 bb:49",
            "released bb",
            "committed a:69 bb:49",
            "released a",
            "resume bb after Some(\"49\")",
            "resume a after Some(\"69\")",
            "committed a:119 bb:119",
        ]
    );
    // Three keys in each shard: all of them, those of one shard, and all again.
    assert_eq!(run.models, [6, 3, 6]);
    assert_eq!(run.summary.records, 2 * RECORDS as u64);
    let results = results(&out).await;
    // And each shard has missed one key.
    assert_eq!(results.len(), 2 * RECORDS + 2);
    assert_eq!(
        results,
        undisturbed().await,
        "as if nothing had been taken away"
    );
}

#[tokio::test]
async fn a_later_process_goes_on_with_what_was_revoked() {
    let folder = tempfile::tempdir().unwrap();
    let out = MemoryStream::new("out", 1);
    let first = [
        Assign("a"),
        Assign("bb"),
        Read("a", 50),
        Read("bb", 40),
        Revoke("bb"),
        Read("a", 1),
    ];
    run(folder.path(), &out, &first).await;
    // The second process is never given `bb`, and keeps it in the checkpoint all the same.
    let second = run(folder.path(), &out, &[Assign("a"), Read("a", 9)]).await;
    assert_eq!(
        second.journal,
        ["resume a after Some(\"50\")", "committed a:59 bb:39"]
    );
    assert_eq!(second.models, [3]);
    let third = [
        Assign("bb"),
        Read("bb", RECORDS),
        Assign("a"),
        Read("a", RECORDS),
    ];
    run(folder.path(), &out, &third).await;
    assert_eq!(results(&out).await, undisturbed().await);
}

#[tokio::test]
async fn models_that_belong_to_no_shard_are_refused() {
    let source = Group {
        steps: VecDeque::new(),
        next: BTreeMap::new(),
        journal: Arc::default(),
    };
    let operator = event_operator(1, &ForestParameters::default(), false).unwrap();
    let decoder = Decoder::raw();
    let encoder = Encoder::new(OutputFormat::Jsonl, decoder.names(), false);
    let sink = Box::new(MemoryStream::new("out", 1).sink());
    let pipeline = Pipeline::new(Box::new(source), decoder, operator, encoder, sink);
    let error = pipeline.run(std::future::pending()).await.unwrap_err();
    assert!(
        matches!(error, PipelineError::ModelsWithoutShards),
        "{error}"
    );
}

#[tokio::test]
async fn keys_of_another_shard_are_watched_from_their_first_record_on() {
    let folder = tempfile::tempdir().unwrap();
    let out = MemoryStream::new("out", 1);
    let parent = [Assign("a"), Read("a", 40)];
    let child = [Begin("bb", "a"), Read("bb", 40)];
    let begun = run(folder.path(), &out, &[&parent[..], &child].concat()).await;
    assert_eq!(
        begun.models[..],
        [3],
        "the child has the models of its parent"
    );
    // `key-2` was silent since it began.
    assert_eq!(begun.summary.overdue, 0);
    let rest = run(folder.path(), &out, &[Assign("bb"), Read("bb", RECORDS)]).await;
    assert_eq!(rest.summary.overdue, 0, "nor after a restart");
}
