//! Assembly of a pipeline at its newest checkpoint from a configuration.

mod check;
mod error;
mod files;
mod open_settings;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::checkpoint::{
    CheckpointStore, Checkpointer, Location, ShardStores, Start, restore, restore_number,
};
use crate::config::Config;
use crate::connectors::file::FileSink;
use crate::connectors::{SinkOpening, SinkSettings, SourceOpening, TextInput};
use crate::decode::{Decoder, FieldsError, InputFormat};
use crate::event::EventOperator;
use crate::observer::Observers;
use crate::pipeline::Pipeline;
use crate::record::Positions;
use crate::sink::{Sink, SinkPosition};
use crate::source::Source;
use crate::source::coordinator::Coordinator;
pub use check::{Checked, check};
pub use error::OpenError;
use files::check_config;
pub use files::{SOURCE, check_files, written_files};
use open_settings::{Keep, settle};

/// Opens source, sink and checkpoints, and continues from the newest checkpoint.
///
/// # Errors
/// The first part that cannot be opened.
pub async fn open(config: &Config) -> Result<Pipeline, OpenError> {
    open_observed(config, &Observers::default()).await
}

/// [`open`] with observers of the pipeline, its source and its sink.
///
/// # Errors
/// The first part that cannot be opened.
pub async fn open_observed(config: &Config, observers: &Observers) -> Result<Pipeline, OpenError> {
    check_config(config, &written_files(config))?;
    if config.source.rebalances() {
        return open_shared(config, observers).await;
    }
    let store = open_store(config).await?;
    let (config, input) = settle(config, store.as_ref(), Keep::Yes).await?;
    let config = &config;
    let mut operator = config.operator()?;
    let (checkpointer, start) = continue_from(store, config, &mut operator).await?;
    let source = begin(config, input, &start.positions, observers).await?;
    let position = start.sink.results.as_ref();
    let mut pipeline = join(config, operator, source, position, observers).await?;
    if let Some(dead_letters) = &config.operator.dead_letters {
        let position = start.sink.dead_letters.as_ref();
        pipeline =
            pipeline.dead_letters(open_sink(&**dead_letters, None, position, observers).await?);
    }
    Ok(match checkpointer {
        Some(checkpointer) => pipeline.checkpoints(checkpointer, start.positions),
        None => pipeline,
    })
}

/// Opens a source whose shards are shared by several processes. With a coordinator, each shard has
/// its own place for checkpoints.
async fn open_shared(config: &Config, observers: &Observers) -> Result<Pipeline, OpenError> {
    let mut operator = config.operator()?;
    let nowhere = Positions::default();
    let source = begin(config, None, &nowhere, observers).await?;
    let coordinator = source.coordinator();
    let mut checkpointer = None;
    if let (Some(settings), Some(coordinator)) = (&config.checkpoint, &coordinator) {
        for (key, path) in written_files(config) {
            if path != Path::new("-") {
                let path = path.display().to_string();
                return Err(OpenError::SharedFile { key, path });
            }
        }
        let location = Location::open(&settings.directory)?;
        let stores = ShardStores::new(
            location,
            (&settings.application, &config.stream()),
            settings.retain,
            settings.on_missing_state,
            Arc::clone(coordinator),
        )?;
        if let Some(bytes) = config.operator.memory {
            operator.spill_to(bytes, Box::new(stores.spill()));
        }
        let fingerprint = config.fingerprint(&operator);
        let schedule = settings.schedule;
        checkpointer = Some(Checkpointer::per_shard(stores, schedule, fingerprint));
    }
    let opener = Opener {
        coordinator: coordinator.filter(|_| checkpointer.is_some()),
        ..Opener::new(config, observers)
    };
    let mut pipeline = join_with(config, operator, source, None, &opener).await?;
    if let Some(dead_letters) = &config.operator.dead_letters {
        let sink = open_sink_with(&**dead_letters, None, None, &opener).await?;
        pipeline = pipeline.dead_letters(sink);
    }
    Ok(match checkpointer {
        Some(checkpointer) => pipeline.checkpoints(checkpointer, nowhere),
        None => pipeline,
    })
}

/// Where a replay begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReplayFrom {
    /// The positions and models of a retained checkpoint.
    Checkpoint(u64),
    /// After these sequence numbers of shards, with new models.
    Positions(Vec<(String, String)>),
}

/// Opens a pipeline that writes to another file and writes no checkpoints, from a position in the
/// past.
///
/// # Errors
/// The first part that cannot be opened; there is no such checkpoint.
pub async fn replay(
    config: &Config,
    output: &Path,
    from: ReplayFrom,
) -> Result<Pipeline, OpenError> {
    let mut written = written_files(config);
    // Nothing is written to the standard output of the configuration.
    written.retain(|(_, path)| *path != Path::new("-") || output != *path);
    written.push(("--output", output));
    check_config(config, &written)?;
    let store = match &config.checkpoint {
        None => None,
        Some(settings) => {
            let location = Location::open(&settings.directory)?;
            let (application, stream) = (&settings.application, config.stream());
            Some(CheckpointStore::look(&location, application, &stream).await?)
        }
    };
    let (mut config, input) = settle(config, store.as_ref(), Keep::No).await?;
    config.sink = Arc::new(FileSink {
        path: output.to_owned(),
    });
    let config = &config;
    let mut operator = config.operator()?;
    let positions = match from {
        ReplayFrom::Positions(after) => after.into_iter().collect(),
        ReplayFrom::Checkpoint(number) => {
            let store = store.as_ref().ok_or(OpenError::NoCheckpoints)?;
            let fingerprint = config.fingerprint(&operator);
            let start = restore_number(store, number, &fingerprint, &mut operator).await?;
            start.positions
        }
    };
    let observers = Observers::default(); // no observer is interested in the past
    let source = begin(config, input, &positions, &observers).await?;
    let pipeline = join(config, operator, source, None, &observers).await?;
    Ok(pipeline.begin_at(positions))
}

/// Joins an open source and an operator to the sink of the configuration, without checkpoints.
///
/// # Errors
/// The fields do not fit the source, or the sink cannot be opened.
pub async fn join(
    config: &Config,
    operator: EventOperator,
    source: Box<dyn Source>,
    sink_position: Option<&SinkPosition>,
    observers: &Observers,
) -> Result<Pipeline, OpenError> {
    let opener = Opener::new(config, observers);
    join_with(config, operator, source, sink_position, &opener).await
}

async fn join_with(
    config: &Config,
    operator: EventOperator,
    source: Box<dyn Source>,
    sink_position: Option<&SinkPosition>,
    opener: &Opener,
) -> Result<Pipeline, OpenError> {
    let decoder = decoder(config, source.header())?;
    let encoder = config
        .output
        .encoder(decoder.names())
        .categorical(decoder.categorical())
        .decisions(config.operator.detector.is_some());
    let header = encoder.header();
    let sink = open_sink_with(&*config.sink, header.as_deref(), sink_position, opener).await?;
    let pipeline = Pipeline::new(source, decoder, operator, encoder, sink)
        .model_per(config.input.model_per)
        .on_bad_record(config.input.on_bad_record)
        .on_late(config.input.on_late)
        .observers(opener.observers.clone());
    let pipeline = match config.input.max_time_jump {
        Some(limit) => pipeline.hold_far_ahead(limit),
        None => pipeline,
    };
    Ok(match config.operator.expect_every {
        Some(every) => pipeline.expect_every(every, config.operator.time_to_live),
        None => pipeline,
    })
}

/// What all sinks of a pipeline are opened with.
#[derive(Debug, Clone, Default)]
struct Opener {
    observers: Observers,
    coordinator: Option<Arc<dyn Coordinator>>,
    checkpoint_every: Option<Duration>,
}

impl Opener {
    fn new(config: &Config, observers: &Observers) -> Self {
        let checkpoint = config.checkpoint.as_ref();
        Self {
            observers: observers.clone(),
            coordinator: None,
            checkpoint_every: checkpoint.and_then(|it| it.schedule.every),
        }
    }
}

/// Opens a sink. Files begin with the header, if there is one; with a position they are truncated
/// to it.
///
/// # Errors
/// It cannot be opened.
pub async fn open_sink(
    sink: &dyn SinkSettings,
    header: Option<&str>,
    position: Option<&SinkPosition>,
    observers: &Observers,
) -> Result<Box<dyn Sink>, OpenError> {
    let opener = Opener {
        observers: observers.clone(),
        ..Opener::default()
    };
    open_sink_with(sink, header, position, &opener).await
}

async fn open_sink_with(
    sink: &dyn SinkSettings,
    header: Option<&str>,
    position: Option<&SinkPosition>,
    opener: &Opener,
) -> Result<Box<dyn Sink>, OpenError> {
    sink.can_open()?;
    let opening = SinkOpening {
        header,
        position,
        observers: &opener.observers,
        coordinator: opener.coordinator.as_ref(),
        checkpoint_every: opener.checkpoint_every,
    };
    Ok(sink.open(&opening).await?)
}

async fn open_store(config: &Config) -> Result<Option<CheckpointStore>, OpenError> {
    let Some(settings) = &config.checkpoint else {
        return Ok(None);
    };
    let location = Location::open(&settings.directory)?;
    let (application, stream) = (&settings.application, config.stream());
    let policy = settings.on_missing_state;
    let store = CheckpointStore::open(location, application, &stream, settings.retain, policy);
    Ok(Some(store.await?))
}

/// Restores the newest checkpoint of the store into the operator.
async fn continue_from(
    store: Option<CheckpointStore>,
    config: &Config,
    operator: &mut EventOperator,
) -> Result<(Option<Checkpointer>, Start), OpenError> {
    let (Some(store), Some(settings)) = (store, &config.checkpoint) else {
        return Ok((None, Start::default()));
    };
    if let Some(bytes) = config.operator.memory {
        operator.spill_to(bytes, Box::new(store.spill()));
    }
    let fingerprint = config.fingerprint(operator);
    let start = restore(&store, settings.on_missing_state, &fingerprint, operator).await?;
    if start.records > 0 {
        let (records, models) = (start.records, operator.models());
        tracing::info!(records, models, "continuing from a checkpoint");
    }
    let checkpointer = Checkpointer::new(store, settings.schedule, fingerprint, start.records);
    Ok((Some(checkpointer), start))
}

/// The source after these positions; its text may be open already.
async fn begin(
    config: &Config,
    text: Option<Box<dyn TextInput>>,
    positions: &Positions,
    observers: &Observers,
) -> Result<Box<dyn Source>, OpenError> {
    config.source.can_open()?;
    let opening = SourceOpening {
        positions,
        observers,
        dialect: config.input.dialect(),
        max_quoted_lines: config.input.max_quoted_lines,
        has_checkpoints: config.checkpoint.is_some(),
    };
    Ok(match text {
        Some(text) => text.into_source(&opening)?,
        None => config.source.open(&opening).await?,
    })
}

/// The decoder for a source, which may begin with a header.
///
/// # Errors
/// The fields do not fit the header.
pub fn decoder(config: &Config, header: Option<&[u8]>) -> Result<Decoder, OpenError> {
    let input = &config.input;
    let needs_header = input.header && config.source.is_text();
    let decoder = match input.format {
        InputFormat::Raw => Ok(Decoder::raw()),
        InputFormat::Json => Decoder::json(&input.fields, false),
        InputFormat::Jsonl => Decoder::json(&input.fields, true),
        InputFormat::Csv if needs_header && header.is_none() => Err(FieldsError::Empty),
        InputFormat::Csv => Decoder::csv(&input.fields, input.delimiter, header),
    };
    decoder.map_err(|source| OpenError::Fields {
        input: config.stream(),
        source,
    })
}
