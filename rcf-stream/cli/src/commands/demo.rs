//! `rcf demo`: the whole chain in one process, with a verdict.

use std::fs;
use std::path::{Path, PathBuf};

use crate::demo::{self, DemoError, SineDemo};
use rcf_stream::SinkError;

use super::failure::Failure;
use super::rows::check_files;
use super::standard::print;
use super::whole;

#[derive(clap::Subcommand)]
pub(crate) enum Demo {
    /// Check on a sine wave that its drops score above all other records
    ///
    /// Prints a table and a verdict, and writes a page with both curves. The exit status is 1 if a
    /// dropped point does not have the highest scores.
    Sine(Sine),
}

#[derive(clap::Args)]
pub(crate) struct Sine {
    /// Write the page with the curves to this file
    #[arg(long, value_name = "FILE", default_value = "out/sine.html")]
    html: PathBuf,
    /// Also write the picture to this SVG file [default: none]
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Seed the forest and the noise
    #[arg(long, value_name = "COUNT", default_value_t = 0)]
    seed: u64,
    /// Generate one drop in each of six cycles instead of two drops 36,000 records apart
    #[arg(long)]
    every_cycle: bool,
    /// Add Gaussian noise with this standard deviation
    #[arg(long, value_name = "NUMBER", default_value_t = 0.0)]
    noise: f64,
}

impl Demo {
    pub(crate) async fn run(self) -> Result<(), Failure> {
        let Self::Sine(Sine {
            html,
            svg,
            seed,
            every_cycle,
            noise,
        }) = self;
        let pages = [
            Some(("--html", &*html)),
            svg.as_deref().map(|svg| ("--svg", svg)),
        ];
        check_files(None, &pages.into_iter().flatten().collect::<Vec<_>>())?;
        let outcome = demo::run(&SineDemo {
            seed,
            every_cycle,
            noise,
        })
        .await?;
        let report = outcome.report().map_err(Failure::runtime)?;
        write(&html, &report.to_html())?;
        let mut text = format!(
            "{}\npage with the curves: {}\n",
            outcome.table(),
            html.display()
        );
        if let Some(svg) = svg {
            write(&svg, &report.to_svg())?;
            text += &format!("image: {}\n", svg.display());
        }
        print(&text)?;
        if outcome.judgement.verdict.passed {
            Ok(())
        } else {
            Err(Failure::runtime(
                "a dropped point does not score above everything normal",
            ))
        }
    }
}

/// Writes a file, and creates its folder.
fn write(path: &Path, text: &str) -> Result<(), SinkError> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    folder
        .map_or(Ok(()), fs::create_dir_all)
        .and_then(|()| whole::write(path, text.as_bytes()))
        .map_err(|source| SinkError::Io {
            path: path.to_owned(),
            source,
        })
}

impl From<DemoError> for Failure {
    fn from(error: DemoError) -> Self {
        match error {
            error @ DemoError::Noise(_) => Self::configuration(error),
            error => Self::runtime(error),
        }
    }
}
