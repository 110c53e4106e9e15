//! Models into chunks of a bounded size.

use std::ops::Range;

use rcf_core::keyed::SpilledModel;

use super::CheckpointError;
use super::chunk::{ChunkWriter, Entry, Location};
use super::manifest::ChunkInfo;
use super::store::{MODELS, Shared};
use crate::operator::ModelName;

/// A chunk is written when it has reached this size.
const CHUNK_BYTES: usize = 64 << 20;
/// Other tasks get a turn after this many models.
const YIELD_BYTES: usize = 1 << 20;

/// Writes the models of one checkpoint, and remembers where they are.
pub(super) struct ChunkSink<'a> {
    shared: &'a Shared,
    number: u64,
    writer: ChunkWriter,
    places: Vec<(ModelName, Range<u64>)>,
    bytes: u64,
    since_yield: usize,
}

impl<'a> ChunkSink<'a> {
    pub(super) fn new(shared: &'a Shared, number: u64) -> Self {
        Self {
            shared,
            number,
            writer: ChunkWriter::new(),
            places: Vec::new(),
            bytes: 0,
            since_yield: 0,
        }
    }

    pub(super) async fn add(
        &mut self,
        name: &ModelName,
        last_used: i64,
        memory: usize,
        state: &[u8],
    ) -> Result<(), CheckpointError> {
        let range = self.writer.push(&Entry {
            key: name.saved(),
            last_used,
            memory: memory as u64,
            state,
        });
        self.places.push((name.clone(), range));
        self.since_yield += state.len();
        if self.since_yield >= YIELD_BYTES {
            self.since_yield = 0;
            tokio::task::yield_now().await;
        }
        if self.writer.len() >= CHUNK_BYTES {
            self.write().await?;
        }
        Ok(())
    }

    /// Writes the rest. Returns the bytes of all chunks.
    pub(super) async fn finish(mut self) -> Result<u64, CheckpointError> {
        self.write().await?;
        Ok(self.bytes)
    }

    async fn write(&mut self) -> Result<(), CheckpointError> {
        if self.places.is_empty() {
            return Ok(());
        }
        let writer = std::mem::replace(&mut self.writer, ChunkWriter::new());
        let (info, places) = self
            .shared
            .put_chunk(self.number, writer, &mut self.places)
            .await?;
        self.bytes += info.bytes;
        let mut index = self.shared.index();
        let chunk = index.add_chunk(info);
        for (record, (key, range)) in places.into_iter().enumerate() {
            let record = u32::try_from(record).expect("counted in 32 bits");
            index.committed(key, &chunk, record, range);
        }
        Ok(())
    }
}

impl Shared {
    async fn put_chunk(
        &self,
        number: u64,
        writer: ChunkWriter,
        places: &mut Vec<(ModelName, Range<u64>)>,
    ) -> Result<(ChunkInfo, Vec<(ModelName, Range<u64>)>), CheckpointError> {
        let part = self.index().next_part();
        let name = format!("{MODELS}/{number:020}-{part:08}-{}.rcf", self.writer);
        let info = ChunkInfo {
            name: name.clone(),
            bytes: writer.len() as u64,
            records: writer.records(),
        };
        self.objects.create(&name, writer.finish()).await?;
        Ok((info, std::mem::take(places)))
    }

    /// Writes models that do not fit into memory, ahead of the checkpoint that will name them.
    pub(super) async fn spill(
        &self,
        number: u64,
        models: Vec<SpilledModel<ModelName>>,
    ) -> Result<(), CheckpointError> {
        let (mut writer, mut places) = (ChunkWriter::new(), Vec::new());
        for model in models {
            let range = writer.push(&Entry {
                key: model.key.saved(),
                last_used: model.last_used,
                memory: model.memory as u64,
                state: &model.state,
            });
            places.push((model.key, range));
        }
        let (info, places) = self.put_chunk(number, writer, &mut places).await?;
        let mut index = self.index();
        let chunk = index.add_chunk(info);
        for (record, (key, range)) in places.into_iter().enumerate() {
            let record = u32::try_from(record).expect("counted in 32 bits");
            let location = Location {
                chunk: chunk.clone(),
                record,
                range,
            };
            index.spilled(key, location);
        }
        Ok(())
    }
}
