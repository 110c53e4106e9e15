//! `rcf.suggest`.

use pyo3::prelude::*;

use crate::held::Table;
use crate::input::with_rows;
use crate::slices::{Progress, watched};
use crate::{answers, errors};

/// Suggest parameters of a detector for a stream like this one, with the reasons.
///
/// The shingle size is the default unless another one predicts held-back observations better. The
/// transform follows from whether an input counts up or down, even with occasional resets. At
/// most the newest 20,000 observations are analysed; if there are more, a reason says so.
///
/// Parameters
/// ----------
/// history : array_like of shape (n, input_dimensions), or (n,)
///     At least 32 past observations, oldest first; NaN for what is missing.
///
/// Returns
/// -------
/// Suggestion
///     The parameters, and a sentence for each.
///
/// Raises
/// ------
/// InputError
///     If there are too few observations with a value, or one that is infinite or beyond ±1e30; its
///     attribute `row` is the position of that observation.
///
/// Examples
/// --------
/// >>> suggestion = rcf.suggest(np.sin(2 * np.pi * np.arange(2000) / 24))
/// >>> suggestion.period, suggestion.shingle_size
/// (24, 16)
/// >>> detector = suggestion.detector(seed=7)
/// >>> detector.shingle_size
/// 16
#[pyfunction]
pub(crate) fn suggest<'py>(
    py: Python<'py>,
    history: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let table = Table::of_any_width(history)?;
    let progress = Progress::none(0);
    with_rows!(table.rows, view => rcf_core::check_history(view))
        .map_err(|error| table.refused(error, 0))?;
    let (suggestion, stopped) = with_rows!(table.rows, view => watched(py, &progress, |watch| {
        rcf_core::suggest_while(view, || watch.may_continue())
    }));
    if let Some(stopped) = stopped {
        return Err(stopped.into_parts().0);
    }
    let suggestion = suggestion.map_err(errors::refused)?;
    answers::suggestion(py, suggestion.expect("only the watch stops it"))
}
