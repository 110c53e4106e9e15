//! The models of one shard, read from the newest checkpoint.

use std::sync::Arc;

use super::store::CheckpointStore;
use super::{CheckpointError, chunk};
use crate::operator::SavedModel;

impl CheckpointStore {
    /// Reads the models of a shard, chunk by chunk. No checkpoint may be being written, since that
    /// may move them.
    ///
    /// # Errors
    /// A chunk is damaged or missing, or `each` refuses its models.
    pub async fn load_shard(
        &self,
        shard: &str,
        mut each: impl FnMut(Vec<SavedModel<'_>>) -> Result<(), CheckpointError>,
    ) -> Result<(), CheckpointError> {
        let chunks = self.shared.index().of_shard(shard);
        for (name, ranges) in chunks {
            let (shared, object) = (Arc::clone(&self.shared), Arc::clone(&name));
            let read = self
                .background
                .spawn(async move { shared.objects.get_ranges(&object, &ranges).await });
            let read = read.await.map_err(CheckpointError::stopped)??;
            let damaged = |source| CheckpointError::Damaged {
                object: self.shared.objects.name(&name),
                source,
            };
            let mut models = Vec::new();
            for bytes in &read {
                let (_, entry) = chunk::read_one(bytes).map_err(damaged)?;
                models.push(SavedModel {
                    key: entry.key,
                    last_used: entry.last_used,
                    memory: usize::try_from(entry.memory).unwrap_or(usize::MAX),
                    state: entry.state,
                });
            }
            each(models)?;
        }
        Ok(())
    }
}
