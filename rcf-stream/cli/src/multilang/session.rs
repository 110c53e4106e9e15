//! The work on one shard: its models, its results, its state.

use std::collections::BTreeMap;
use std::io::{BufRead, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::MultilangError;
use super::dialogue::commit;
use super::message::DaemonRecord;
use super::state::{Saved, State, Store};
use rcf_stream::assemble;
use rcf_stream::config::{CheckpointConfig, Config};
use rcf_stream::connectors::SinkSettings;
use rcf_stream::connectors::file::FileSink;
use rcf_stream::connectors::multilang::MultilangSource;
use rcf_stream::decode::Decoder;
use rcf_stream::encode::Encoder;
use rcf_stream::event::{Event, EventOperator, ModelPer};
use rcf_stream::observer::{Observer, Observers};
use rcf_stream::operator::ModelName;
use rcf_stream::pipeline::{BadRecord, OnBadRecord, PipelineError};
use rcf_stream::record::{Headers, OutputRecord, Record, Timestamp};
use rcf_stream::sink::{Sink, SinkError};

/// The placeholder for the shard in the path of a file sink.
const SHARD: &str = "{shard}";
/// The work on one shard.
pub struct Session {
    shard: Arc<str>,
    stream: Arc<str>,
    config: Config,
    observers: Observers,
    decoder: Decoder,
    encoder: Encoder,
    sink: Box<dyn Sink>,
    store: Store,
    schedule: CheckpointConfig,
    /// An operator for each model, so that each can be saved and inherited alone.
    models: BTreeMap<ModelName, Live>,
    /// Models whose keys have not occurred yet.
    resting: BTreeMap<String, Saved>,
    /// The last record that the models know.
    position: Option<(String, u64)>,
    records: u64, // since the last checkpoint
    saved_at: Instant,
}

struct Live {
    operator: EventOperator,
    updates: u64,
}

impl Session {
    pub(super) async fn open(
        config: &Config,
        shard: &str,
        after: Option<(String, u64)>,
        observers: Observers,
    ) -> Result<Self, MultilangError> {
        let source = config.source.downcast::<MultilangSource>();
        let MultilangSource { stream } = source.ok_or(MultilangError::Source)?;
        let schedule = config
            .checkpoint
            .clone()
            .ok_or(MultilangError::NoDirectory)?;
        let settings = config.fingerprint(&config.operator()?);
        let store = Store::new(schedule.directory.as_ref(), stream, shard, settings);
        // TRIM_HORIZON, LATEST and AT_TIMESTAMP are not records: the shard begins.
        let position = after.filter(|(sequence, _)| is_number(sequence));
        let state = match &position {
            Some((sequence, sub)) => store.load(sequence, *sub)?,
            None if inherits(config) => State {
                models: store.inheritance()?,
                sink: None,
            },
            None => State::default(),
        };
        tracing::info!(
            shard,
            ?position,
            models = state.models.len(),
            "working on a shard"
        );
        let decoder = assemble::decoder(config, None)?;
        let encoder = config.output.encoder(decoder.names());
        let encoder = encoder.categorical(decoder.categorical());
        let target: Arc<dyn SinkSettings> = match config.sink.file() {
            Some(path) => {
                let path = path.to_str().filter(|path| path.contains(SHARD));
                let path = path.ok_or(MultilangError::SinkPath)?.replace(SHARD, shard);
                Arc::new(FileSink { path: path.into() })
            }
            None => Arc::clone(&config.sink),
        };
        let header = encoder.header();
        let continued = state.sink.as_ref();
        let sink = assemble::open_sink(&*target, header.as_deref(), continued, &observers).await?;
        Ok(Self {
            shard: shard.into(),
            stream: stream.as_str().into(),
            config: config.clone(),
            observers,
            decoder,
            encoder,
            sink,
            store,
            schedule,
            models: BTreeMap::new(),
            resting: state.models,
            position,
            records: 0,
            saved_at: Instant::now(),
        })
    }

    pub(super) async fn process(
        &mut self,
        records: Vec<DaemonRecord>,
        millis_behind: Option<u64>,
    ) -> Result<(), MultilangError> {
        if let Some(millis) = millis_behind {
            self.observers
                .behind(&self.shard, Duration::from_millis(millis));
        }
        let count = records.len() as u64;
        self.observers.read(&self.shard, count);
        let mut results = Vec::with_capacity(records.len());
        for record in records {
            let at = (
                record.sequence_number.clone(),
                record.sub_sequence_number.unwrap_or(0),
            );
            // The daemon continues after a checkpoint; learning a record twice would be worse than
            // checking twice.
            if self
                .position
                .as_ref()
                .is_some_and(|known| !is_after(&at, known))
            {
                continue;
            }
            self.record(&self.read(record), &mut results)?;
            self.position = Some(at);
            self.records += 1;
        }
        let written = results.len() as u64;
        self.sink.write(results).await.map_err(sink_error)?;
        self.observers.written(written);
        Ok(())
    }

    fn read(&self, record: DaemonRecord) -> Record {
        Record {
            stream: Arc::clone(&self.stream),
            shard: Arc::clone(&self.shard),
            sequence: record.sequence_number,
            // The first part of an aggregated record cannot be distinguished from a whole one.
            sub_sequence: record.sub_sequence_number.filter(|sub| *sub > 0),
            partition_key: record.partition_key,
            timestamp: record.approximate_arrival_timestamp.map(Timestamp),
            headers: Headers::default(),
            data: Bytes::from(record.data),
        }
    }

    fn record(
        &mut self,
        record: &Record,
        results: &mut Vec<OutputRecord>,
    ) -> Result<(), MultilangError> {
        let parts = match self.decoder.parts(&record.data) {
            Ok(parts) => parts,
            Err(reason) => return self.leave_out(record, None, reason.into()),
        };
        for (line, part) in parts {
            match self.part(record, line, &part)? {
                Ok(result) => results.extend(result),
                Err(reason) => self.leave_out(record, line, reason)?,
            }
        }
        Ok(())
    }

    fn leave_out(
        &self,
        record: &Record,
        line: Option<usize>,
        reason: BadRecord,
    ) -> Result<(), MultilangError> {
        self.observers.bad_record(reason.name());
        let id = record.id();
        if self.config.input.on_bad_record == OnBadRecord::Fail {
            return Err(PipelineError::BadRecord { id, line, reason }.into());
        }
        tracing::warn!(id, line, %reason, "record left out");
        Ok(())
    }

    fn part(
        &mut self,
        record: &Record,
        line: Option<usize>,
        part: &[u8],
    ) -> Result<Result<Option<OutputRecord>, BadRecord>, MultilangError> {
        let decoded = match self.decoder.decode(part) {
            Ok(decoded) => decoded,
            Err(error) => return Ok(Err(error.into())),
        };
        let mut event = Event::new(record, line, decoded, self.config.input.model_per);
        let live = self.model(&event.model)?;
        let began = Instant::now();
        let scored = match live.operator.process(&event) {
            Ok(scored) => scored,
            Err(error) => return Ok(Err(error.into())),
        };
        live.updates = scored.updates;
        event.values.extend(&scored.surprises);
        self.observers.scored(&event, &scored, began.elapsed());
        if !self.encoder.selects(&scored) {
            return Ok(Ok(None));
        }
        let mut data = Vec::new();
        self.encoder.encode(&event, &scored, &mut data);
        Ok(Ok(Some(OutputRecord {
            id: event.id,
            partition_key: event.partition_key,
            headers: record.headers.clone(),
            data: data.into(),
        })))
    }

    /// The model of a name: known, resting or new.
    fn model(&mut self, name: &ModelName) -> Result<&mut Live, MultilangError> {
        if !self.models.contains_key(name) {
            let mut live = Live {
                operator: self.config.operator()?,
                updates: 0,
            };
            if let Some(saved) = self.resting.get(name.saved()) {
                live.operator
                    .restore(&saved.bytes)
                    .map_err(|source| MultilangError::Restore {
                        key: name.saved().to_owned(),
                        source,
                    })?;
                live.updates = saved.updates;
            }
            self.resting.remove(name.saved());
            self.models.insert(name.clone(), live);
        }
        Ok(self.models.get_mut(name).expect("it was just put there"))
    }

    pub(super) fn is_due(&self) -> bool {
        let schedule = &self.schedule.schedule;
        self.records > 0
            && (schedule
                .every_records
                .is_some_and(|every| self.records >= every)
                || schedule
                    .every
                    .is_some_and(|every| self.saved_at.elapsed() >= every))
    }

    /// Makes the results durable and returns the state at this position.
    async fn state(&mut self) -> Result<State, MultilangError> {
        let sink = self.sink.flush().await.map_err(sink_error)?;
        let mut models = self.resting.clone();
        for (name, live) in self.models.iter().filter(|(_, live)| live.updates > 0) {
            let saved = Saved {
                updates: live.updates,
                bytes: live.operator.snapshot(),
            };
            models.insert(name.saved().to_owned(), saved);
        }
        self.observers.models(
            self.models.len(),
            self.models
                .values()
                .map(|it| it.operator.size_in_bytes())
                .sum(),
        );
        Ok(State { models, sink })
    }

    pub(super) async fn checkpoint(
        &mut self,
        input: &mut impl BufRead,
        output: &mut impl Write,
    ) -> Result<(), MultilangError> {
        let Some((sequence, sub)) = self.position.clone().filter(|_| self.records > 0) else {
            return Ok(()); // nothing new
        };
        let began = Instant::now();
        let state = self.state().await?;
        self.store.save(&sequence, sub, &state)?;
        if commit(input, output, Some((&sequence, sub))).await? {
            self.store.collect(&sequence, sub);
            self.records = 0;
            self.saved_at = Instant::now();
            let bytes = state.models.values().map(|it| it.bytes.len() as u64).sum();
            self.observers.checkpoint(bytes, began.elapsed());
        }
        Ok(())
    }

    /// The shard is read to its end: leaves the models to its children.
    pub(super) async fn end(
        &mut self,
        input: &mut impl BufRead,
        output: &mut impl Write,
    ) -> Result<(), MultilangError> {
        let state = self.state().await?;
        self.store.end(&state)?;
        commit(input, output, None).await?;
        Ok(())
    }
}

/// Models that belong to a partition key follow the key; others belong to their shard.
fn inherits(config: &Config) -> bool {
    config.input.model_per == ModelPer::Key && config.input.fields.key.is_none()
}

fn is_number(sequence: &str) -> bool {
    !sequence.is_empty() && sequence.bytes().all(|byte| byte.is_ascii_digit())
}

/// Sequence numbers are decimal numbers of up to 128 bits and more.
fn is_after(at: &(String, u64), known: &(String, u64)) -> bool {
    let number = |sequence: &str| {
        let digits = sequence.trim_start_matches('0');
        (digits.len(), digits.to_owned())
    };
    (number(&at.0), at.1) > (number(&known.0), known.1)
}

fn sink_error(error: SinkError) -> MultilangError {
    PipelineError::from(error).into()
}
