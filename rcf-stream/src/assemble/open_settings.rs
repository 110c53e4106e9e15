//! Settings that the configuration omits: taken from the checkpoints, otherwise detected.

use super::OpenError;
use crate::checkpoint::CheckpointStore;
use crate::config::{Config, ConfigError};
use crate::connectors::TextInput;
use crate::reading::{Choice, DialectError, ReadingError, Recognised, Understood};
use crate::time::TimeFormat;

/// Whether the detected format is kept for the next start.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Keep {
    Yes,
    No,
}

/// The configuration with all settings resolved, and the text of the source if it was opened for
/// that.
pub(super) async fn settle(
    config: &Config,
    store: Option<&CheckpointStore>,
    keep: Keep,
) -> Result<(Config, Option<Box<dyn TextInput>>), OpenError> {
    let mut config = config.clone();
    if config.operator.decides_by_default && began_bare(store).await {
        tracing::warn!(
            "the checkpoints hold scores without decisions, and so does this run; start with an \
             empty checkpoint directory to make decisions, or set detector.enabled = false"
        );
        config.operator.only_score();
    }
    let Some(input) = config.source.open_text()? else {
        return Ok((config, None));
    };
    let saved = match store {
        Some(store) => store.recognised().await?,
        None => None,
    };
    if let Some(saved) = saved {
        config.settle(&saved);
        return Ok((config, Some(input)));
    }
    // An earlier release did not detect anything: what is not set had one value.
    if store.is_some_and(|store| store.position().is_some()) {
        return match config.input.chooses_values() {
            true => Err(ConfigError::no_values().into()),
            false => Ok((config, Some(input))),
        };
    }
    match recognise(&config, &*input) {
        Ok(recognised) => {
            if let (Some(store), Keep::Yes) = (store, keep) {
                store.keep_recognised(&recognised).await?;
            }
            config.settle(&recognised);
            Ok((config, Some(input)))
        }
        Err(ReadingError::Dialect(DialectError::Empty)) if !config.input.chooses_values() => {
            Ok((config, Some(input)))
        }
        Err(source) => Err(OpenError::Reading {
            input: config.stream(),
            source,
        }),
    }
}

/// The columns that the configuration names, with what is found out about them: units, numbers that
/// mean missing values, the order of the times and, for the line, a format that `auto` reads.
fn named(config: &Config, input: &dyn TextInput) -> Choice {
    let named = config.input.choice();
    let found = Recognised::of(input.head(), &config.input.given, &config.input.named());
    match found.map(|recognised| recognised.choice) {
        Ok(found) if found.values == named.values => Choice {
            time_format: match (&named.time_format, &found.time_format) {
                (TimeFormat::Auto, TimeFormat::Rfc3339 | TimeFormat::Epoch(_)) => found.time_format,
                _ => named.time_format,
            },
            units: found.units,
            converted: found.converted,
            sentinels: found.sentinels,
            order: found.order,
            ..named
        },
        _ => named,
    }
}

fn recognise(config: &Config, input: &dyn TextInput) -> Result<Recognised, ReadingError> {
    let recognised = match config.input.chooses_values() {
        true => Recognised::of(input.head(), &config.input.given, &config.input.named())?,
        false => Recognised {
            dialect: Recognised::dialect(input.head(), &config.input.given, &config.input.named())?,
            choice: named(config, input),
        },
    };
    let understood = Understood {
        bytes: input.bytes(),
        dialect: &recognised.dialect,
        choice: &recognised.choice,
        doubt: recognised.doubtful_number(input.head(), &config.input.given),
        options: config.input.given.options,
    };
    tracing::info!("{understood}");
    Ok(recognised)
}

/// Whether the newest checkpoint is of models that only score.
async fn began_bare(store: Option<&CheckpointStore>) -> bool {
    let Some(store) = store else {
        return false;
    };
    // A damaged checkpoint is reported when it is restored.
    let Ok(Some(found)) = store.newest().await else {
        return false;
    };
    let mut settings = found.manifest.settings.iter();
    settings.all(|(name, _)| !name.starts_with("operator.detector"))
}
