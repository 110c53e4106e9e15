//! A stream in memory whose shards are added and removed by the test.

use std::collections::{BTreeMap, VecDeque};

use rcf_stream::connectors::memory::MemoryStream;
use rcf_stream::event::{ModelPer, ModelSettings};
use rcf_stream::operator::ForestParameters;
use rcf_stream::record::Timestamp;
use rcf_stream::source::{Batch, BegunShard, Source};
use rcf_stream::{Headers, Positions, Record};

/// How many records each shard has.
pub(crate) const RECORDS: usize = 120;

#[derive(Clone, Copy)]
pub(crate) enum Step {
    Assign(&'static str),
    Revoke(&'static str),
    /// Records of a shard.
    Read(&'static str, usize),
    /// A child shard.
    #[allow(dead_code, reason = "a service of positions knows no such shards")]
    Begin(&'static str, &'static str),
}

/// The remaining steps, and the next record of each shard that the pipeline has resumed.
pub(crate) struct Shards {
    steps: VecDeque<Step>,
    next: BTreeMap<String, usize>,
}

impl Shards {
    pub(crate) fn new(steps: &[Step]) -> Self {
        Self {
            steps: steps.iter().copied().collect(),
            next: BTreeMap::new(),
        }
    }

    /// Performs a step. Panics if the pipeline breaks the protocol.
    pub(crate) fn batch(&mut self) -> Option<Batch> {
        let mut batch = Batch::default();
        match self.steps.pop_front()? {
            Step::Assign(shard) => batch.assigned_shards.push(shard.into()),
            Step::Revoke(shard) => batch.revoked_shards.push(shard.into()),
            Step::Begin(shard, parent) => {
                let next = self.next.remove(parent).expect("it was read");
                self.resume(shard, next);
                batch.ended_shards.push(parent.into());
                batch.begun_shards.push(BegunShard {
                    shard: shard.into(),
                    parents: vec![parent.to_owned()],
                    done: vec![parent.to_owned()],
                });
            }
            Step::Read(shard, count) => {
                let next = self.next.get_mut(shard).expect("resumed and not released");
                let numbers = *next..(*next + count).min(RECORDS);
                *next = numbers.end;
                batch.records = numbers.map(|number| record(shard, number)).collect();
            }
        }
        Some(batch)
    }

    pub(crate) fn resume(&mut self, shard: &str, next: usize) {
        self.next.insert(shard.to_owned(), next);
    }

    pub(crate) fn release(&mut self, shard: &str) {
        self.next.remove(shard);
    }
}

/// One key of three is silent for a while.
#[allow(dead_code, reason = "one side needs it")]
pub(crate) fn key(number: usize) -> String {
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
        headers: Headers::default(),
        data: value.to_string().into(),
    }
}

/// Small models, one for each key of a shard.
pub(crate) fn model_settings() -> ModelSettings {
    ModelSettings {
        model_per: ModelPer::KeyInShard,
        forest: ForestParameters {
            sample_size: Some(32),
            number_of_trees: Some(10),
            ..ForestParameters::default()
        },
        ..ModelSettings::default()
    }
}

/// All results written to a stream, sorted.
pub(crate) async fn results(out: &MemoryStream) -> Vec<String> {
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
