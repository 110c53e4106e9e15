//! `rcf checkpoints`: listing, verification and rollback.

use std::path::Path;

use rcf_stream::checkpoint::{CheckpointStore, Location, RetainedCheckpoint, places, roll_back};

use super::failure::Failure;
use super::standard::{self, Use, print};

/// Lists and verifies retained checkpoints, and rolls back to an older one.
#[derive(clap::Subcommand)]
pub(crate) enum Checkpoints {
    /// List the retained checkpoints; * marks the current one
    List(Place),
    /// Read every byte of all retained checkpoints; status 1 if one is damaged
    Verify(Place),
    /// Make an older checkpoint the current one. Stop the pipeline first. The next start continues
    /// from it and deletes the later ones; until then another rollback undoes this
    Rollback {
        /// The number of the checkpoint
        number: u64,
        #[command(flatten)]
        place: Place,
    },
}

/// The place of the checkpoints.
#[derive(clap::Args)]
pub(crate) struct Place {
    /// The checkpoint.directory of the pipeline: a folder, or s3://bucket/prefix
    directory: String,
    /// Use only checkpoints of this application
    #[arg(long, value_name = "NAME")]
    application: Option<String>,
    /// Use only checkpoints of this stream
    #[arg(long, value_name = "NAME")]
    stream: Option<String>,
}

impl Checkpoints {
    pub(crate) async fn run(self) -> Result<(), Failure> {
        match self {
            Self::List(place) => place.list(false).await,
            Self::Verify(place) => place.list(true).await,
            Self::Rollback { number, place } => place.roll_back(number).await,
        }
    }
}

impl Place {
    fn open(&self) -> Result<Location, Failure> {
        let is_url = self.directory.contains("://");
        if !is_url && !Path::new(&self.directory).is_dir() {
            let text = format!("{} is not a folder of checkpoints", self.directory);
            return Err(Failure::runtime(text));
        }
        Location::open(&self.directory).map_err(Failure::runtime)
    }

    /// The requested applications and streams; at least one.
    async fn chosen(&self, location: &Location) -> Result<Vec<(String, String)>, Failure> {
        let mut chosen = places(location).await.map_err(Failure::runtime)?;
        let fits =
            |wanted: &Option<String>, name: &str| wanted.as_deref().is_none_or(|it| it == name);
        chosen.retain(|(application, stream)| {
            fits(&self.application, application) && fits(&self.stream, stream)
        });
        if chosen.is_empty() {
            let text = format!("there are no such checkpoints in {}", self.directory);
            return Err(Failure::runtime(text));
        }
        Ok(chosen)
    }

    async fn list(&self, every_byte: bool) -> Result<(), Failure> {
        let location = self.open()?;
        let mut damaged = Vec::new();
        for (application, stream) in self.chosen(&location).await? {
            let store = CheckpointStore::look(&location, &application, &stream).await;
            let history = match store {
                Ok(store) => store.history(every_byte).await.map_err(Failure::runtime)?,
                Err(error) => {
                    print(format!("{application} over {stream}\n  {error}\n"))?;
                    damaged.push(format!("the position of {application} over {stream}"));
                    continue;
                }
            };
            let lines: String = history.iter().map(|it| line(it, every_byte)).collect();
            print(format!("{application} over {stream}\n{lines}"))?;
            let bad = history.iter().filter(|it| it.error.is_some());
            damaged.extend(bad.map(|it| format!("checkpoint {}", it.number)));
        }
        if damaged.is_empty() {
            Ok(())
        } else {
            let text = format!("cannot be used: {}", damaged.join(", "));
            Err(Failure::runtime(text))
        }
    }

    async fn roll_back(&self, number: u64) -> Result<(), Failure> {
        let location = self.open()?;
        let chosen = self.chosen(&location).await?;
        let [(application, stream)] = chosen.as_slice() else {
            let names: Vec<_> = chosen
                .iter()
                .map(|(application, stream)| format!("{application} over {stream}"))
                .collect();
            let text = format!(
                "there are checkpoints of {}; choose with --application and --stream",
                names.join(", ")
            );
            return Err(Failure::configuration(text));
        };
        standard::check([Use::Written(Path::new("-"))])?; // before anything is changed
        roll_back(location, application, stream, number)
            .await
            .map_err(Failure::runtime)?;
        print(format!(
            "the next start of {application} over {stream} continues from checkpoint {number}\n"
        ))
    }
}

fn line(checkpoint: &RetainedCheckpoint, every_byte: bool) -> String {
    let mark = if checkpoint.is_current { '*' } else { ' ' };
    let number = checkpoint.number;
    match &checkpoint.error {
        Some(error) => format!("{mark} {number:>8}  {error}\n"),
        None => format!(
            "{mark} {number:>8}  {} records, {} models, {} bytes, {}{}\n",
            checkpoint.records,
            checkpoint.models,
            checkpoint.bytes,
            checkpoint.program,
            if every_byte { ", whole" } else { "" }
        ),
    }
}
