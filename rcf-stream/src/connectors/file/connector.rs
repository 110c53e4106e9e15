//! The settings of files and of the standard streams.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};

use super::{LinesInput, LinesOptions, LinesSink, OnReplaced};
use crate::connectors::{
    Connector, SinkEntry, SinkOpening, SinkSettings, SourceEntry, SourceOpening, SourceSettings,
    TextInput,
};
use crate::lines;
use crate::settings::{Kind, Section, SettingError, SettingOf};
use crate::sink::{Sink, SinkError};
use crate::source::{Source, SourceError};

/// The connector.
pub const CONNECTOR: Connector = Connector {
    kind: "file",
    source: Some(SourceEntry {
        settings: SOURCE_SETTINGS,
        read: read_source,
    }),
    sink: Some(SinkEntry {
        settings: SINK_SETTINGS,
        read: read_sink,
    }),
};

#[rustfmt::skip] // a table reads best with a row on a line
const SOURCE_SETTINGS: &[SettingOf] = &[
    ("path", Kind::Text, "read this path; - is standard input"),
    ("on_replaced", Kind::Choice(&["fail", "restart"]),
        "continue in this way if it is not the file of the checkpoint [fail]"),
    ("follow", Kind::Switch,
        "wait for new lines at the end, across rotations [false]"),
];

#[rustfmt::skip]
const SINK_SETTINGS: &[SettingOf] = &[
    ("path", Kind::Text,
        "write to this path, replacing the file unless a checkpoint continues it; \
         - is standard output [-]"),
];

/// The path that means a standard stream.
const STANDARD: &str = "-";

/// The lines of a file; `-` is the standard input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileSource {
    /// Its path.
    pub path: PathBuf,
    /// Whether to wait for new lines at its end.
    pub follow: bool,
    /// What happens if the file is not the one of the checkpoint.
    pub on_replaced: OnReplaced,
}

/// The lines of a file; `-` is the standard output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileSink {
    /// Its path.
    pub path: PathBuf,
}

fn read_source(section: &Section<'_>) -> Result<Arc<dyn SourceSettings>, SettingError> {
    let path = section.required("path")?;
    let is_pipe = path == STANDARD;
    Ok(Arc::new(FileSource {
        path: path.into(),
        follow: !is_pipe && section.switch("follow").unwrap_or(false),
        on_replaced: match section.choice("on_replaced") {
            Some("restart") if !is_pipe => OnReplaced::Restart,
            _ => OnReplaced::Fail,
        },
    }))
}

/// Results go to the standard output by default; bad records must not.
fn read_sink(section: &Section<'_>) -> Result<Arc<dyn SinkSettings>, SettingError> {
    let path = match section.name() {
        "sink" => section.text("path").unwrap_or_else(|| STANDARD.to_owned()),
        _ => section.required_by("path", "input.on_bad_record = \"dead_letter\"")?,
    };
    Ok(Arc::new(FileSink { path: path.into() }))
}

/// An open file that is read with these settings.
struct OpenFile {
    input: LinesInput,
    settings: FileSource,
}

impl TextInput for OpenFile {
    fn head(&self) -> (&[u8], bool) {
        self.input.head()
    }

    fn bytes(&self) -> lines::Bytes {
        self.input.bytes()
    }

    fn into_source(
        self: Box<Self>,
        opening: &SourceOpening<'_>,
    ) -> Result<Box<dyn Source>, SourceError> {
        let FileSource {
            follow,
            on_replaced,
            ..
        } = self.settings;
        let input = self.input.options(LinesOptions {
            on_replaced,
            follow,
            wait_for_line_feed: follow || opening.has_checkpoints,
            max_quoted_lines: opening.max_quoted_lines,
        });
        let records = input.records(&opening.dialect)?;
        Ok(Box::new(records.resume(opening.positions)?))
    }
}

#[async_trait]
impl SourceSettings for FileSource {
    fn kind(&self) -> &'static str {
        CONNECTOR.kind
    }

    fn stream(&self) -> String {
        match self.path.file_name() {
            Some(name) => name.to_string_lossy().into_owned(),
            None => "stdin".to_owned(),
        }
    }

    fn fingerprint(&self) -> Value {
        json!({"name": self.path.file_name().map(|name| name.to_string_lossy())})
    }

    async fn open(&self, opening: &SourceOpening<'_>) -> Result<Box<dyn Source>, SourceError> {
        let input = LinesInput::open(&self.path)?;
        let settings = self.clone();
        Box::new(OpenFile { input, settings }).into_source(opening)
    }

    fn is_text(&self) -> bool {
        true
    }

    fn open_text(&self) -> Result<Option<Box<dyn TextInput>>, SourceError> {
        let input = LinesInput::open(&self.path)?;
        let settings = self.clone();
        Ok(Some(Box::new(OpenFile { input, settings })))
    }

    fn file(&self) -> Option<&Path> {
        Some(&self.path)
    }

    fn follows(&self) -> bool {
        self.follow
    }

    fn bounded(&self, from_time: Option<&str>) -> Result<Arc<dyn SourceSettings>, String> {
        if from_time.is_some() {
            let reason = "--from-time is for Kinesis; a file has positions: --after 0=LINE";
            return Err(reason.to_owned());
        }
        Ok(Arc::new(Self {
            follow: false,
            ..self.clone()
        }))
    }
}

#[async_trait]
impl SinkSettings for FileSink {
    fn kind(&self) -> &'static str {
        CONNECTOR.kind
    }

    fn fingerprint(&self) -> Value {
        json!({"path": self.path.to_string_lossy()})
    }

    async fn open(&self, opening: &SinkOpening<'_>) -> Result<Box<dyn Sink>, SinkError> {
        let sink = LinesSink::open(&self.path, opening.header, opening.position)?;
        Ok(Box::new(sink.observers(opening.observers)))
    }

    fn file(&self) -> Option<&Path> {
        Some(&self.path)
    }
}
