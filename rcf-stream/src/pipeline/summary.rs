//! The summary of a run.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::suppressions::Suppressions;
use crate::time::UnreadableTimes;

/// The counters of a pipeline.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// Records read.
    pub records: u64,
    /// Results written.
    pub results: u64,
    /// Records, or lines within records, that were judged.
    pub judged: u64,
    /// Records reported as anomalous; `None` without decisions.
    pub anomalies: Option<u64>,
    /// Candidates that were not reported, by reason.
    pub suppressed: Suppressions,
    /// Records of unusual stretches, which the forest did not learn (`detector.learning`).
    pub unlearned: u64,
    /// Records, or lines within records, that were left out, by reason.
    pub bad_records: BTreeMap<&'static str, u64>,
    /// Records whose time was before the newest of their key: scored, or left out as configured.
    pub late: u64,
    /// Records that came packed in others.
    pub unpacked: u64,
    /// Records without a payload, which were left out.
    pub tombstones: u64,
    /// Packed records that were left out because their keys belong to other shards.
    pub dropped: u64,
    /// Times that could not be read, of records that did not need one.
    pub unreadable_times: UnreadableTimes,
    /// Keys that were reported as silent although a record was due.
    pub overdue: u64,
    /// Times for which a whole shard was silent, so that none of its keys was reported.
    pub silences: u64,
    /// Records whose times are far ahead, and which wait in the checkpoint for others to agree.
    pub held: u64,
    /// Whether the run continued from a checkpoint.
    pub resumed: bool,
    /// Checkpoints written.
    pub checkpoints: u64,
    /// Models written for them because they had changed.
    pub checkpoint_models: u64,
    /// Bytes written for them.
    pub checkpoint_bytes: u64,
    /// The longest pause of the loop to begin one.
    pub longest_pause: Duration,
    /// Whether the source has ended, or else the pipeline was stopped.
    pub ended: bool,
}
