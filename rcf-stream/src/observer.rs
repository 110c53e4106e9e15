//! What watches a running pipeline: a live page, for example.

use std::fmt::Debug;

use crate::event::Event;
use crate::operator::Scored;

/// Is told what a pipeline does. It cannot fail, and it must return at once: the pipeline waits.
pub trait Observer: Debug + Send + Sync {
    /// The pipeline begins, with values of these names.
    fn ready(&self, names: &[String]) {
        let _ = names;
    }

    /// A record was scored.
    fn scored(&self, event: &Event, scored: &Scored) {
        let _ = (event, scored);
    }

    /// The pipeline ends.
    fn stopping(&self) {}
}
