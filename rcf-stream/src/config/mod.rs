//! The configuration: one TOML file, `RCF_*` environment variables and flags, validated once.

pub mod kinesis;

pub use kinesis::{
    KinesisSinkConfig, KinesisSourceConfig, OnTrimmed, ParseStartPositionError, StartPosition,
};
