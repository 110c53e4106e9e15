//! `rcf report`: a page about the anomalies of a file.

use std::path::PathBuf;

use crate::detect;
use rcf_stream::SinkError;

use super::detector::DetectorFlags;
use super::failure::Failure;
use super::input::InputFlags;
use super::rows::{self, Rows};
use super::stop;

/// Writes one HTML page without external assets: the series with the band that was expected, score,
/// evidence with its threshold, grade, what explains the anomalies, and a list of them.
#[derive(clap::Args)]
pub(crate) struct ReportArguments {
    #[command(flatten)]
    input: InputFlags,
    /// Where to write the page
    #[arg(long, value_name = "FILE")]
    html: PathBuf,
    /// Where to write the same picture as an image [default: nowhere]
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// The key to show [default: the one with the highest grade]
    #[arg(long, value_name = "TEXT")]
    show_key: Option<String>,
    #[command(flatten)]
    detector: DetectorFlags,
}

impl ReportArguments {
    pub(crate) async fn run(self) -> Result<(), Failure> {
        rows::check_files(&self.input.file, &self.html)?;
        let mut rows = Rows::open(&self.input, &self.detector)?;
        let mut all = Vec::new();
        let mut stop = std::pin::pin!(stop::requested());
        while let Some(batch) = rows.next(stop.as_mut()).await? {
            all.extend(batch);
        }
        rows.finish()?;
        let worst = all.iter().max_by(|a, b| {
            let detection = |row: &detect::Row| (row.detection.grade, row.detection.score);
            let ((grade_a, score_a), (grade_b, score_b)) = (detection(a), detection(b));
            grade_a
                .total_cmp(&grade_b)
                .then(score_a.total_cmp(&score_b))
        });
        let key = self
            .show_key
            .or_else(|| Some(worst?.event.key.clone()))
            .unwrap_or_default();
        all.retain(|row| row.event.key == key);
        if all.is_empty() {
            return Err(Failure::configuration(format!(
                "{}: there is no record of the key {key:?}",
                self.input.file.display()
            )));
        }
        let name = self
            .input
            .file
            .file_name()
            .unwrap_or_default()
            .to_string_lossy();
        let title = if key.is_empty() {
            name.into_owned()
        } else {
            format!("{name}: {key}")
        };
        let detectors = rows.detectors();
        let report = detect::report(&title, &all, detectors.names(), detectors.template())
            .map_err(Failure::runtime)?;
        write(&self.html, &report.to_html())?;
        if let Some(svg) = &self.svg {
            write(svg, &report.to_svg())?;
        }
        Ok(())
    }
}

fn write(path: &PathBuf, text: &str) -> Result<(), SinkError> {
    std::fs::write(path, text).map_err(|source| SinkError::Io {
        path: path.clone(),
        source,
    })
}
