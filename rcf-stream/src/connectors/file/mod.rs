//! Lines of files and of the standard streams.

mod line_reader;
mod sink;
mod source;

pub use sink::LinesSink;
pub use source::{LinesInput, LinesSource};
