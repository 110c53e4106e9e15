//! Pictures of a scored series: one self-contained HTML page, or one SVG image.
//!
//! A [`Report`] contains what is shown: curves over a common axis ([`Series`]), marked spans, a
//! verdict and lists of facts. It knows nothing of forests or streams: any caller with a series and
//! scores can show it. All text is escaped on output, so names may come from a stream.
//!
//! ```
//! use rcf_cli::report::{Mark, Panel, Report, Series, XAxis};
//!
//! let series = Series::new(XAxis::new("t", "record number t"), vec![0.0, 1.0, 2.0, 3.0])?
//!     .panel(Panel::new("input", vec![1.0, 1.1, 9.0, 1.0]))?
//!     .panel(Panel::new("anomaly score", vec![0.8, 0.7, 3.2, 0.9]))?
//!     .mark(Mark::new("spike", 2.0, 2.0))?;
//! let page = Report::new("A spike", series).to_html();
//! assert!(page.starts_with("<!DOCTYPE html>"));
//! # Ok::<(), rcf_cli::report::ReportError>(())
//! ```

mod axis;
mod data;
mod downsample;
mod escape;
mod html;
mod series;
mod stack;
mod svg;

pub(crate) use axis::{exact, like, number};
pub(crate) use escape::{Escaped, script_json};
pub use series::{Limit, Mark, Panel, ReportError, Series, XAxis};

/// A scored series with everything that a reader needs to judge it.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The heading.
    pub title: String,
    /// One sentence under the heading; may be empty.
    pub subtitle: String,
    /// The outcome, if something was demonstrated.
    pub verdict: Option<Verdict>,
    /// Lists under the curves, such as parameters and results.
    pub facts: Vec<Facts>,
    /// The curves and the marked spans.
    pub series: Series,
}

/// Whether a claim held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The claim held.
    pub passed: bool,
    /// The claim with its figures.
    pub text: String,
}

/// A list of names and values under a heading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The heading.
    pub heading: String,
    /// Names and values, in the order shown.
    pub rows: Vec<(String, String)>,
}

impl Verdict {
    /// `PASS` or `FAIL`.
    #[must_use]
    pub fn word(&self) -> &'static str {
        if self.passed { "PASS" } else { "FAIL" }
    }
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.word(), self.text)
    }
}

impl Report {
    /// A report of a series, with nothing else.
    #[must_use]
    pub fn new(title: impl Into<String>, series: Series) -> Self {
        Self {
            title: title.into(),
            subtitle: String::new(),
            verdict: None,
            facts: Vec::new(),
            series,
        }
    }

    /// One HTML page without external assets: curves that can be zoomed, with the values under
    /// the cursor. Long series are thinned so that the page stays small; extremes are kept.
    #[must_use]
    pub fn to_html(&self) -> String {
        html::page(self)
    }

    /// One SVG image: the whole series, and the [focus](Series::focus) below it.
    #[must_use]
    pub fn to_svg(&self) -> String {
        svg::picture(self)
    }
}
