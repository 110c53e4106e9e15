//! `rcf migrate`: conversion of other configurations.

use std::io::Write;
use std::path::{Path, PathBuf};

use crate::migrate::{self, Note};
use rcf_stream::SourceError;

use super::failure::Failure;
use super::standard::{self, Use, print};

#[derive(clap::Subcommand)]
pub(crate) enum Migrate {
    /// Convert an application of Kinesis Data Analytics for SQL to a configuration of `rcf run`
    ///
    /// Writes the configuration to standard output. Everything that cannot be carried over is
    /// listed, with its line, on standard error and as comments in the configuration.
    KdaSql(KdaSql),
}

#[derive(clap::Args)]
pub(crate) struct KdaSql {
    /// The SQL, or the output of `aws kinesisanalyticsv2 describe-application`, which has more
    /// details; - is standard input
    file: PathBuf,
}

impl Migrate {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let Self::KdaSql(KdaSql { file }) = self;
        standard::check([Use::Read(&file)])?;
        let text = read(&file)?;
        let migration = migrate::kda_sql(&text)
            .map_err(|error| Failure::configuration(format!("{}: {error}", file.display())))?;
        say(&file, &migration.notes);
        print(&migration.toml)
    }
}

fn say(file: &Path, notes: &[Note]) {
    let mut stderr = std::io::stderr().lock();
    for note in notes {
        let _ = writeln!(stderr, "{}: not carried over: {note}", file.display());
    }
}

fn read(path: &Path) -> Result<String, SourceError> {
    let text = if path == Path::new("-") {
        std::io::read_to_string(std::io::stdin())
    } else {
        std::fs::read_to_string(path)
    };
    text.map_err(|source| SourceError::Io {
        path: path.to_owned(),
        source,
    })
}
