//! Alerts and scores on labelled streams that were not used to choose constants of the detector.
//!
//! Every engine reads a stream record by record; record i is judged from records ≤ i. One
//! configuration is used for all streams, and alerts count as the engine raises them: no threshold
//! is chosen afterwards. The program `labelled` prints the table; `docs/accuracy.md` explains it.
//!
//! ```text
//! files | generate ─► Stream ─► engine (detector | forest | control) ─► Answers ─┬─► protocol
//!                                                                                └─► ranking
//! ```

pub mod calibration;
pub mod engines;
pub mod evaluate;
mod files;
pub mod generate;
pub mod protocol;
pub mod sets;
pub mod table;

/// One labelled stream.
#[derive(Debug, Clone, Default)]
pub struct Stream {
    /// File name, or the kind of event and the seed.
    pub name: String,
    /// Kind of event, if events are counted by kind.
    pub kind: Option<&'static str>,
    /// Values per observation.
    pub dimensions: usize,
    /// The values, one observation after another.
    pub values: Vec<f64>,
    /// First and last row of each event, in order.
    pub windows: Vec<(usize, usize)>,
    /// First row that is scored.
    pub start: usize,
    /// First row that is no longer scored.
    pub end: usize,
    /// The input in which the event happens, if one of many is faulty.
    pub faulty: Option<usize>,
}

impl Stream {
    /// The observations in order.
    pub fn rows(&self) -> impl Iterator<Item = &[f64]> {
        self.values.chunks_exact(self.dimensions)
    }

    /// Number of observations.
    pub fn len(&self) -> usize {
        self.values.len() / self.dimensions.max(1)
    }

    /// Whether there are no observations.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Whether each row lies in an event.
    pub fn labels(&self) -> Vec<bool> {
        let mut labels = vec![false; self.len()];
        for &(first, last) in &self.windows {
            labels[first..=last].fill(true);
        }
        labels
    }
}
