//! Lines of files and of the standard streams.

mod ahead;
mod connector;
mod line_thread;
mod place;
mod rotation;
mod sink;
mod source;
mod standard;

pub use connector::{CONNECTOR, FileSink, FileSource};
pub use sink::LinesSink;
pub use source::{LinesInput, LinesOptions, LinesSource, OnReplaced};
