//! `rcf report`: a page about the anomalies of a file.

use std::path::{Path, PathBuf};

use crate::findings::Findings;
use rcf_stream::SinkError;

use super::detector::DetectorFlags;
use super::failure::Failure;
use super::input::InputFlags;
use super::rows::{self, Rows};
use super::stop;
use super::whole;

/// Writes one HTML page without external assets: the anomalies, the curves with the expected range,
/// the explanation of each anomaly, and its confidence. The page is smaller than two megabytes: for
/// long files it has the extremes of each interval, and every record around the anomalies.
#[derive(clap::Args)]
pub(crate) struct ReportArguments {
    #[command(flatten)]
    input: InputFlags,
    /// Write the page to this file
    #[arg(long, value_name = "FILE")]
    html: PathBuf,
    /// Also write a picture to this SVG file [default: none]
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Show this key first [default: the one with the highest grade]
    #[arg(long, value_name = "TEXT")]
    show_key: Option<String>,
    #[command(flatten)]
    detector: DetectorFlags,
}

impl ReportArguments {
    pub(crate) async fn run(self) -> Result<(), Failure> {
        let pages = [
            Some(("--html", &*self.html)),
            self.svg.as_deref().map(|svg| ("--svg", svg)),
        ];
        let pages: Vec<_> = pages.into_iter().flatten().collect();
        rows::check_files(Some(&self.input.file), &pages)?;
        let mut rows = Rows::open(&self.input, &self.detector)?;
        if self.input.names_time() {
            rows.require_time(); // it is the axis
        }
        let mut findings = Findings::new(rows.names(), rows.time_format().cloned());
        let mut stop = std::pin::pin!(stop::requested());
        while let Some(batch) = rows.next(stop.as_mut()).await? {
            batch.iter().for_each(|row| findings.take(row));
        }
        rows.finish()?;
        if let Some(key) = self.show_key.as_ref().filter(|key| !findings.has_key(key)) {
            return Err(Failure::configuration(format!(
                "{}: no record has the key {key:?}",
                self.input.file.display()
            )));
        }
        let name = self.input.file.file_name().unwrap_or_default();
        let title = name.to_string_lossy();
        let config = rows.detectors().template();
        let shown = self.show_key.as_deref();
        write(&self.html, &findings.to_html(&title, shown, config))?;
        if let Some(svg) = &self.svg {
            let picture = findings.to_svg(&title, shown, config);
            write(svg, &picture.map_err(Failure::runtime)?)?;
        }
        Ok(())
    }
}

fn write(path: &Path, text: &str) -> Result<(), SinkError> {
    whole::write(path, text.as_bytes()).map_err(|source| SinkError::Io {
        path: path.to_owned(),
        source,
    })
}
