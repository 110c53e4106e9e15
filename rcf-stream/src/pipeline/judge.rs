//! Scoring and encoding of events on all cores.

use std::time::Instant;

use bytes::Bytes;
use rayon::prelude::*;
use rcf_core::InputError;

use super::admission::Admitted;
use super::{Pipeline, PipelineError};
use crate::event::Event;
use crate::observer::Observer;
use crate::operator::{OperatorError, Scored};
use crate::record::OutputRecord;
use crate::time::OnLate;

/// Most results fit into this many bytes.
const ENCODED_BYTES: usize = 512;
/// Fewer results are not worth another thread.
const ENCODED_TOGETHER: usize = 64;

impl Pipeline {
    /// Scores admitted records; returns results and dead letters.
    pub(super) fn judge(
        &mut self,
        Admitted { parts, mut events }: Admitted<'_>,
    ) -> Result<(Vec<OutputRecord>, Vec<OutputRecord>), PipelineError> {
        self.begin_watches(&events);
        let began = Instant::now();
        let count = u32::try_from(events.len().max(1)).unwrap_or(u32::MAX);
        let outcomes = self.operator.process_batch(&events)?;
        let took = began.elapsed() / count; // each, on average
        for (event, outcome) in events.iter_mut().zip(&outcomes) {
            if let Ok(scored) = outcome {
                event.values.extend(&scored.surprises);
            }
        }
        let encoded = self.encode(&events, &outcomes);
        let mut scored = outcomes.into_iter().zip(events).zip(encoded);
        let (mut results, mut bad) = (Vec::with_capacity(parts.len()), Vec::new());
        for mut part in parts {
            if part.bad.is_none()
                && let Some(((outcome, event), encoded)) = scored.next()
            {
                self.report_overdue(&event, &mut results);
                if let Ok(scored) = &outcome {
                    if let Some(watch) = &mut self.watch {
                        watch.hear(&event.model, event.clock);
                    }
                    self.summary.judged += 1;
                    self.summary.late += u64::from(scored.late);
                    if let Some(detection) = &scored.detection {
                        let anomalies = self.summary.anomalies.get_or_insert(0);
                        *anomalies += u64::from(detection.is_anomaly());
                        self.summary.suppressed.count(detection);
                        self.summary.unlearned += u64::from(detection.unlearned);
                    }
                    self.observers.scored(&event, scored, took);
                }
                match outcome {
                    Ok(_) => results.extend(encoded.map(|data| OutputRecord {
                        id: event.id,
                        partition_key: event.partition_key,
                        headers: part.record.headers.clone(),
                        data,
                    })),
                    Err(OperatorError::Input(InputError::Timestamp { .. }))
                        if self.on_late == OnLate::Skip =>
                    {
                        self.summary.late += 1;
                    }
                    Err(error) => part.bad = Some(error.into()),
                }
            }
            if let Some(reason) = part.bad {
                bad.extend(self.bad_record(&part.record, part.line, &part.data, reason)?);
            }
        }
        Ok((results, bad))
    }

    /// The bytes of the results to write, encoded on all cores.
    fn encode(
        &self,
        events: &[Event],
        outcomes: &[Result<Scored, OperatorError>],
    ) -> Vec<Option<Bytes>> {
        let encoder = &self.encoder;
        let encode = |(event, outcome): (&Event, &Result<Scored, OperatorError>)| {
            let scored = outcome.as_ref().ok()?;
            encoder.selects(scored).then(|| {
                let mut bytes = Vec::with_capacity(ENCODED_BYTES);
                encoder.encode(event, scored, &mut bytes);
                bytes.into()
            })
        };
        let both = events.par_iter().zip(outcomes);
        both.with_min_len(ENCODED_TOGETHER).map(encode).collect()
    }
}
