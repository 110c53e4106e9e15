//! The settings of the sine wave.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};

use super::{Drops, SineConfig, SineSource};
use crate::connectors::{Connector, SourceEntry, SourceOpening, SourceSettings};
use crate::decode::InputFormat;
use crate::settings::{Kind, Section, SettingError, SettingOf};
use crate::source::{Source, SourceError};

/// The connector.
pub const CONNECTOR: Connector = Connector {
    kind: "sine",
    source: Some(SourceEntry {
        settings: SETTINGS,
        read,
    }),
    sink: None,
};

#[rustfmt::skip] // a table reads best with a row on a line
const SETTINGS: &[SettingOf] = &[
    ("count", Kind::Count, "generate this many records [unlimited]"),
    ("drops", Kind::Choice(&["original", "every_cycle", "none"]),
        "choose the records that drop [original: t = 241 to 259, and again every 36,000 records]"),
    ("drop_cycles", Kind::Counts, "drop in these cycles, from 0"),
    ("noise", Kind::Real, "add Gaussian noise with this standard deviation [0]"),
    ("seed", Kind::Count, "seed the noise [0]"),
    ("rate", Kind::Real, "generate at most this many records per second [unlimited]"),
    ("partition_key", Kind::Text, "use this partition key for all records [sine]"),
];

fn read(section: &Section<'_>) -> Result<Arc<dyn SourceSettings>, SettingError> {
    let drops = match (section.choice("drops"), section.counts("drop_cycles")) {
        (Some(_), Some(_)) => {
            let (first, second) = (section.key("drops"), section.key("drop_cycles"));
            return Err(SettingError::Conflict { first, second });
        }
        (None, Some(cycles)) => Drops::Cycles(cycles),
        (Some("every_cycle"), None) => Drops::EveryCycle,
        (Some("none"), None) => Drops::None,
        (_, None) => Drops::Original,
    };
    let noise = section.real("noise").unwrap_or(0.0);
    section.check("noise", "0 or more", noise, noise >= 0.0)?;
    let rate = section.real("rate");
    if let Some(rate) = rate {
        section.check("rate", "more than 0", rate, rate > 0.0)?;
    }
    let defaults = SineConfig::default();
    Ok(Arc::new(SineConfig {
        count: section.count("count"),
        drops,
        noise,
        seed: section.count("seed").unwrap_or(defaults.seed),
        rate,
        partition_key: section
            .text("partition_key")
            .unwrap_or(defaults.partition_key),
    }))
}

#[async_trait]
impl SourceSettings for SineConfig {
    fn kind(&self) -> &'static str {
        CONNECTOR.kind
    }

    fn stream(&self) -> String {
        "sine".to_owned()
    }

    fn fingerprint(&self) -> Value {
        let drops = match &self.drops {
            Drops::Original => json!("original"),
            Drops::EveryCycle => json!("every_cycle"),
            Drops::None => json!("none"),
            Drops::Cycles(cycles) => json!({"kind": "cycles", "values": cycles}),
        };
        json!({
            "drops": drops,
            "noise": self.noise,
            "seed": self.seed,
            "partition_key": self.partition_key,
        })
    }

    async fn open(&self, opening: &SourceOpening<'_>) -> Result<Box<dyn Source>, SourceError> {
        Ok(Box::new(SineSource::open(self.clone(), opening.positions)?))
    }

    fn default_format(&self) -> InputFormat {
        InputFormat::Raw
    }

    fn records(&self) -> Option<u64> {
        self.count
    }

    fn bounded(&self, from_time: Option<&str>) -> Result<Arc<dyn SourceSettings>, String> {
        match from_time {
            None => Ok(Arc::new(self.clone())),
            Some(_) => Err("its records have no time; give a position: --after 0=T".to_owned()),
        }
    }
}
