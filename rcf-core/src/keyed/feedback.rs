//! Feedback to the detector of a key.

use super::{DetectorMap, Key, MapError};
use crate::detector::{AnomalyDetector, Detection, NormalMark};

impl<K: Key> DetectorMap<K, AnomalyDetector> {
    /// [`mark_normal`](AnomalyDetector::mark_normal) for the detector of a key: the number of the
    /// mark, or `None` if there is no such key. It counts as a change, but not as a use: it does
    /// not delay when the key is forgotten.
    ///
    /// ```
    /// use rcf_core::{AnomalyDetector, Suppressed};
    /// use rcf_core::keyed::DetectorMap;
    ///
    /// let template = |_: &u32| AnomalyDetector::builder(1).seed(7).build().expect("valid");
    /// let mut map = DetectorMap::builder(template).build();
    /// for t in 0..1_000 {
    ///     let value = (f64::from(t) / 8.0).sin() + if t % 500 == 499 { 4.0 } else { 0.0 };
    ///     let detection = map.process(&1, &[value])?;
    ///     if t == 499 {
    ///         assert_eq!(map.mark_normal(&1, &detection)?, Some(0));
    ///     } else if t == 999 {
    ///         assert_eq!(detection.suppressed, Some(Suppressed::MarkedNormal { mark: 0 }));
    ///     }
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`MapError::Mark`] as for a detector, or the store failed.
    pub fn mark_normal(&mut self, key: &K, detection: &Detection) -> Result<Option<u64>, MapError> {
        let marked = self.change(key, |detector| detector.mark_normal(detection))?;
        Ok(marked.transpose()?)
    }

    /// [`add_mark`](AnomalyDetector::add_mark) for the detector of a key.
    ///
    /// # Errors
    /// As for [`mark_normal`](Self::mark_normal).
    pub fn add_mark(&mut self, key: &K, mark: NormalMark) -> Result<Option<u64>, MapError> {
        let marked = self.change(key, |detector| detector.add_mark(mark))?;
        Ok(marked.transpose()?)
    }

    /// [`unmark_normal`](AnomalyDetector::unmark_normal) for the detector of a key; `None` if there
    /// is no such key or mark.
    ///
    /// # Errors
    /// The store failed.
    pub fn unmark_normal(&mut self, key: &K, mark: u64) -> Result<Option<NormalMark>, MapError> {
        let removed = self.change(key, |detector| detector.unmark_normal(mark).ok_or(()))?;
        Ok(removed.and_then(Result::ok))
    }

    /// Changes the detector of a key as of its last use; `None` if there is none.
    fn change<R, E>(
        &mut self,
        key: &K,
        work: impl FnOnce(&mut AnomalyDetector) -> Result<R, E>,
    ) -> Result<Option<Result<R, E>>, MapError> {
        let Some(slot) = self.entries.find(key) else {
            return Ok(None);
        };
        let last_used = self.entries.get(slot).last_used;
        self.with(key, last_used, work).map(Some)
    }
}
