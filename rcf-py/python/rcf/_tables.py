"""Tables whose columns NumPy alone would read as objects."""

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def from_table(table: Any) -> "NDArray[np.float64] | None":
    """Turn pandas' columns with missing values into float64, with NaN for what is missing.

    None if a column holds anything else than numbers.
    """
    dtypes = getattr(table, "dtypes", None)
    try:
        kinds = {dtype.kind for dtype in np.atleast_1d(np.asarray(dtypes, dtype=object))}
        if kinds <= set("fiub"):
            array = table.to_numpy(dtype=np.float64, na_value=np.nan)
            return np.asarray(array, dtype=np.float64)
    except (AttributeError, TypeError):
        pass
    return None
