//! The detected format of the input, stored next to the checkpoints so that every restart uses it.

use super::store::CheckpointStore;
use super::{CheckpointError, FormatError};
use crate::reading::Recognised;

/// Written once, before the first result.
const INPUT: &str = "input.json";

impl CheckpointStore {
    /// What an earlier start detected.
    ///
    /// # Errors
    /// The store cannot be read, or the object is damaged.
    pub async fn recognised(&self) -> Result<Option<Recognised>, CheckpointError> {
        let shared = std::sync::Arc::clone(&self.shared);
        let read = self
            .background
            .spawn(async move { shared.objects.get(INPUT).await });
        let read = read.await.map_err(CheckpointError::stopped)??;
        let Some((bytes, _)) = read else {
            return Ok(None);
        };
        let damaged = |error: serde_json::Error| CheckpointError::Damaged {
            object: self.shared.objects.name(INPUT),
            source: FormatError::Malformed {
                reason: error.to_string(),
            },
        };
        serde_json::from_slice(&bytes).map(Some).map_err(damaged)
    }

    /// Keeps what was detected at the first start.
    ///
    /// # Errors
    /// The store cannot be written.
    pub async fn keep_recognised(&self, recognised: &Recognised) -> Result<(), CheckpointError> {
        let shared = std::sync::Arc::clone(&self.shared);
        let bytes = serde_json::to_vec(recognised).expect("names are text, and memory takes them");
        let written = self
            .background
            .spawn(async move { shared.objects.create(INPUT, bytes).await });
        written.await.map_err(CheckpointError::stopped)?
    }
}
