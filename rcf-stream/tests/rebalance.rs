//! Shards that are revoked and reassigned, like the partitions of a consumer group.

mod support;

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
use rcf_stream::event::{ModelPer, event_operator, keyed_operator};
use rcf_stream::observer::{Observer, Observers};
use rcf_stream::operator::ForestParameters;
use rcf_stream::record::Position;
use rcf_stream::source::{Batch, Source};
use rcf_stream::{Pipeline, PipelineError, Positions, SourceError, Summary};
use support::Step::{self, Assign, Begin, Read, Revoke};
use support::{RECORDS, Shards, model_settings, results};

/// Two shards in memory, and when each is present.
struct Group {
    shards: Shards,
    journal: Arc<Mutex<Vec<String>>>,
}

impl Group {
    fn note(&self, what: String) {
        self.journal.lock().unwrap().push(what);
    }
}

#[async_trait]
impl Source for Group {
    async fn next_batch(&mut self) -> Result<Option<Batch>, SourceError> {
        Ok(self.shards.batch())
    }

    fn rebalances(&self) -> bool {
        true
    }

    async fn resume(&mut self, shard: &str, after: Option<&Position>) -> Result<(), SourceError> {
        let last = after.and_then(|position| position.sequence.as_deref());
        self.note(format!("resume {shard} after {last:?}"));
        let next = last.map_or(0, |last| last.parse::<usize>().unwrap() + 1);
        self.shards.resume(shard, next);
        Ok(())
    }

    async fn released(&mut self, shard: &str) -> Result<(), SourceError> {
        self.note(format!("released {shard}"));
        self.shards.release(shard);
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

/// The number of models at each checkpoint.
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

/// Runs these steps from the newest checkpoint; results go to `out`.
async fn run(folder: &Path, out: &MemoryStream, steps: &[Step]) -> Run {
    let mut operator = keyed_operator(1, &model_settings(), false, false).unwrap();
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
        shards: Shards::new(steps),
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

/// Nothing is ever deleted.
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
    // Each shard has reported one silent key.
    assert_eq!(results.len(), 2 * RECORDS + 2);
    assert_eq!(
        results,
        undisturbed().await,
        "as if nothing had been taken away"
    );
}

#[tokio::test]
async fn a_later_process_continues_revoked_shards() {
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
    // The second process never receives `bb`, but keeps it in the checkpoint.
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
        shards: Shards::new(&[]),
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
