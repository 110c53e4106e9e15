"""Detections as pictures: SVG in a notebook, without scripts, legible on light and dark; matplotlib."""

from collections.abc import Iterator, Mapping
from html import escape
from textwrap import wrap
from typing import TYPE_CHECKING, Any

import numpy as np

from ._errors import ConfigError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from ._detections import Detections

WIDTH, HEIGHT, LEFT, HEAD, FOOT = 800, 90, 70, 16, 20
MOST_PANELS, MOST_SENTENCES = 6, 20
STYLE = "font:12px sans-serif;fill:currentColor"
CURVE, MARK, BAND, LIMIT = "#2e86ab", "#d1495b", "#2e86ab", "#c77d0a"
BOUNDS_ROWS = 20_000
"""Bounds are drawn of tables up to this many rows: a notebook should not wait for a picture."""


def page(result: "Detections") -> str:
    """Return a summary, a picture of inputs and scores, and a sentence for each anomaly."""
    anomalies = result.anomalies()
    sentences = "".join(f"<li>{escape(anomaly.text)}</li>" for anomaly in anomalies[:MOST_SENTENCES])
    more = len(anomalies) - MOST_SENTENCES
    note = f"<p>and {more:,} more: anomalies() lists them</p>" if more > 0 else ""
    heading = f"{len(result):,} rows, {len(anomalies):,} anomalies"
    return f"<div><p><b>{heading}</b></p>{_picture(result)}<ol>{sentences}</ol>{note}</div>"


def shown_inputs(result: "Detections") -> list[int]:
    """Return the inputs that the sentences name, and the first ones as far as there are panels."""
    named = [anomaly.name for anomaly in result.anomalies()[:MOST_SENTENCES]]
    inputs = {result.names.index(name): None for name in named}
    for part in range(result.input_dimensions):
        if len(inputs) < MOST_PANELS - 1:
            inputs.setdefault(part)
    return sorted(inputs)


def _picture(result: "Detections") -> str:
    if not len(result):
        return ""
    inputs = shown_inputs(result)
    panels = [
        _panel(result, result.names[part], result.values[:, part], _band(result, part)) for part in inputs
    ]
    panels.append(_panel(result, "score", result.score, None, result.threshold))
    step = HEAD + HEIGHT + 8
    groups = [
        f'<g transform="translate({LEFT},{number * step + HEAD})">{panel}</g>'
        for number, panel in enumerate(panels)
    ]
    height = len(panels) * step + FOOT
    hidden = result.input_dimensions - len(inputs)
    rest = f"<p>{hidden:,} inputs without an anomaly in this list are not drawn</p>" if hidden else ""
    return (
        f'<svg viewBox="0 0 {WIDTH + LEFT + 8} {height}" width="100%" role="img" '
        f'aria-label="inputs and anomaly scores" style="max-width:1000px">{"".join(groups)}'
        f"{_time_axis(result, len(panels) * step + 12)}</svg>{_legend(result)}{rest}"
    )


def _band(result: "Detections", part: int) -> "tuple[NDArray[np.float64], NDArray[np.float64]] | None":
    if len(result) > BOUNDS_ROWS:
        return None
    return result.bounds.lower[:, part], result.bounds.upper[:, part]


def _legend(result: "Detections") -> str:
    parts = [(CURVE, "value or score"), (MARK, "anomaly"), (LIMIT, "threshold of the score alone")]
    if len(result) <= BOUNDS_ROWS:
        parts.insert(1, (f"{BAND}55", "99 % of values were expected here"))
    swatches = "".join(
        f'<span style="margin-right:1.5em"><span style="display:inline-block;width:1em;height:.7em;'
        f'background:{color}"></span> {text}</span>'
        for color, text in parts
    )
    return f'<p style="font:12px sans-serif">{swatches}</p>'


def _time_axis(result: "Detections", y: int) -> str:
    last = len(result) - 1
    ticks = {0: "start", last // 2: "middle", last: "end"}
    return "".join(
        f'<text x="{LEFT + row * WIDTH / max(last, 1):.0f}" y="{y}" text-anchor="{anchor}" '
        f'style="{STYLE}">{escape(_place(result, row))}</text>'
        for row, anchor in ticks.items()
    )


def _place(result: "Detections", row: int) -> str:
    return f"row {row:,}" if result.times is None else str(result.times[row])


def _panel(
    result: "Detections",
    name: str,
    line: "NDArray[np.float64]",
    band: "tuple[NDArray[np.float64], NDArray[np.float64]] | None",
    threshold: "NDArray[np.float64] | None" = None,
) -> str:
    finite = line[np.isfinite(line)]
    if threshold is not None:
        finite = np.append(finite, threshold[np.isfinite(threshold)])
    low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 1.0)
    across, down = WIDTH / max(len(line) - 1, 1), HEIGHT / (high - low or 1.0)

    def point(row: int, value: float) -> str:
        return f"{row * across:.1f},{(high - min(max(value, low), high)) * down:.1f}"

    marks = "".join(
        f'<rect x="{anomaly.start * across - 1:.1f}" y="0" height="{HEIGHT}" '
        f'width="{(anomaly.end - anomaly.start) * across + 2:.1f}" fill="{MARK}" fill-opacity="0.45">'
        f"<title>{escape(anomaly.text)}</title></rect>"
        for anomaly in result.anomalies()
    )
    area = limit = ""
    if band is not None:
        lower, upper = ([point(*place) for place in _outline(side)] for side in band)
        edge = " ".join([*upper, *reversed(lower)])
        area = f'<polygon points="{edge}" fill="{BAND}" fill-opacity="0.2"/>'
    if threshold is not None:
        path = " ".join(point(*place) for place in _outline(threshold))
        limit = f'<polyline class="threshold" points="{path}" fill="none" stroke="{LIMIT}" stroke-width="1"/>'
    path = " ".join(point(*place) for place in _outline(line))
    return (
        f'<text x="0" y="-4" style="{STYLE};font-weight:bold">{escape(name)}</text>{marks}{area}'
        f'<polyline points="{path}" fill="none" stroke="{CURVE}" stroke-width="1"/>{limit}'
        f'<text x="-8" y="12" text-anchor="end" style="{STYLE}">{high:.4g}</text>'
        f'<text x="-8" y="{HEIGHT}" text-anchor="end" style="{STYLE}">{low:.4g}</text>'
    )


def _outline(line: "NDArray[np.float64]") -> Iterator[tuple[int, float]]:
    """Return the lowest and the highest value of each pixel, in their order: no peak is lost."""
    for part in np.array_split(np.arange(len(line)), min(WIDTH, len(line))):
        part = part[np.isfinite(line[part])]
        if len(part):
            extremes = {int(part[line[part].argmin()]), int(part[line[part].argmax()])}
            yield from ((row, float(line[row])) for row in sorted(extremes))


def plot(
    result: "Detections", ax: Any, column: str | None, units: str | Mapping[str, str] | None
) -> "NDArray[Any]":
    """Draw inputs and scores with matplotlib, on these axes or new ones."""
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise ImportError("plot needs matplotlib: pip install matplotlib") from error
    if column is not None and column not in result.names:
        raise ConfigError(f"column must be one of {result.names}, got {column!r}")
    if ax is not None and not np.iterable(ax) and not hasattr(ax, "twinx"):
        raise TypeError(f"ax must be Axes of matplotlib, got {type(ax).__name__}")
    x = _places(result)
    if ax is not None and not np.iterable(ax):
        named = [column, *(anomaly.name for anomaly in result.anomalies()), result.names[0]]
        part = result.names.index(next(name for name in named if name is not None))
        axes = np.array([ax, ax.twinx()])
        _draw_input(result, ax, x, part, units)
        _draw_score(result, axes[1], x, is_marked=False)  # it is, by the input
    else:
        panels = result.input_dimensions + 1
        if ax is None:
            size = (10, 2 + 1.8 * panels)
            _, ax = plt.subplots(panels, sharex=True, figsize=size, squeeze=False, layout="constrained")
        axes = np.ravel(ax)
        if len(axes) != panels:
            raise ConfigError(f"ax must be one, or {panels}: one for each input, and one for the scores")
        for part, panel in enumerate(axes[:-1]):
            _draw_input(result, panel, x, part, units)
        _draw_score(result, axes[-1], x)
    axes[-1].set_xlabel("row" if result.times is None else "time")
    if getattr(getattr(x, "dtype", None), "kind", "O") == "M":
        _label_times(axes[-1])
    axes[0].legend(loc="upper left", fontsize="small")
    axes[-1].legend(loc="upper right", fontsize="small")
    return axes


def _label_times(panel: "Axes") -> None:
    """Label short times, which do not run into each other."""
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    locator = AutoDateLocator()
    panel.xaxis.set_major_locator(locator)
    panel.xaxis.set_major_formatter(ConciseDateFormatter(locator))


def _places(result: "Detections") -> Any:
    """Return the times where matplotlib can draw over them, otherwise the numbers of the rows."""
    times = result.times
    if hasattr(times, "to_timestamp"):  # periods
        times = times.to_timestamp()
    kind = getattr(getattr(times, "dtype", None), "kind", "O")
    if kind in "iufM":
        return times
    try:
        return np.asarray(times, dtype="datetime64[us]") if times is not None else np.arange(len(result))
    except (TypeError, ValueError):
        return np.arange(len(result))


def _draw_input(
    result: "Detections", panel: "Axes", x: Any, part: int, units: str | Mapping[str, str] | None
) -> None:
    name, line = result.names[part], result.values[:, part]
    unit = units.get(name) if isinstance(units, Mapping) else units
    panel.fill_between(
        x, result.bounds.lower[:, part], result.bounds.upper[:, part], alpha=0.2, label="99 % expected here"
    )
    if line[np.isfinite(line)].size:
        low, high = np.nanmin(line), np.nanmax(line)
        margin = 0.05 * (high - low) or 1.0
        panel.set_ylim(low - margin, high + margin)
    panel.plot(x, line, linewidth=0.8, label="value")
    # Above the panel there is room for long names.
    panel.set_title("\n".join(wrap(name, 90)), loc="left", fontsize="medium")
    panel.set_ylabel(unit or "value")
    _mark(result, panel, x, line)


def _draw_score(result: "Detections", panel: "Axes", x: Any, *, is_marked: bool = True) -> None:
    panel.plot(x, result.score, linewidth=0.8, color="tab:gray", label="score")
    limit = np.where(np.isfinite(result.threshold), result.threshold, np.nan)
    panel.plot(x, limit, linewidth=0.8, color="tab:orange", label="threshold of the score alone")
    panel.set_ylabel("score")
    if is_marked:
        _mark(result, panel, x, result.score)


def _mark(result: "Detections", panel: "Axes", x: Any, line: "NDArray[np.float64]") -> None:
    for number, anomaly in enumerate(result.anomalies()):
        label = "anomaly" if number == 0 else None
        panel.axvspan(x[anomaly.start], x[anomaly.end], color="tab:red", alpha=0.3, label=label)
        panel.plot(x[anomaly.start], line[anomaly.start], "o", color="tab:red", markersize=3)
