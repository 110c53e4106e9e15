"""Detections as pictures: SVG in a notebook, without scripts, legible on light and dark; matplotlib."""

from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from ._errors import ConfigError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from ._detections import Detections

WIDTH, HEIGHT, LEFT = 800, 90, 70
MOST_PANELS, MOST_SENTENCES = 6, 20
STYLE = "font:12px sans-serif;fill:currentColor"


def page(result: "Detections") -> str:
    """Give a summary, a picture of inputs and scores, and a sentence for each anomaly."""
    anomalies = result.anomalies()
    sentences = "".join(f"<li>{escape(anomaly.text)}</li>" for anomaly in anomalies[:MOST_SENTENCES])
    more = len(anomalies) - MOST_SENTENCES
    note = f"<p>and {more:,} more</p>" if more > 0 else ""
    heading = f"{len(result):,} rows, {len(anomalies):,} anomalies"
    return f"<div><p><b>{heading}</b></p>{_picture(result)}<ol>{sentences}</ol>{note}</div>"


def _picture(result: "Detections") -> str:
    if not len(result):
        return ""
    lines = [*zip(result.names, result.values.T, strict=True)][: MOST_PANELS - 1]
    lines.append(("score", result.score))
    panels = []
    for number, (name, line) in enumerate(lines):
        top = number * (HEIGHT + 8)
        panels.append(f'<g transform="translate({LEFT},{top})">{_panel(result, name, line)}</g>')
    height = len(lines) * (HEIGHT + 8)
    return (
        f'<svg viewBox="0 0 {WIDTH + LEFT + 8} {height}" width="100%" role="img" '
        f'aria-label="inputs and anomaly scores" style="max-width:1000px">{"".join(panels)}</svg>'
    )


def _panel(result: "Detections", name: str, line: "NDArray[np.float64]") -> str:
    finite = line[np.isfinite(line)]
    low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 1.0)
    scale = (WIDTH / max(len(line) - 1, 1), HEIGHT / (high - low or 1.0))
    marks = "".join(
        f'<rect x="{anomaly.start * scale[0] - 1:.1f}" y="0" height="{HEIGHT}" '
        f'width="{(anomaly.end - anomaly.start) * scale[0] + 2:.1f}" fill="#d1495b" fill-opacity="0.45">'
        f"<title>{escape(anomaly.text)}</title></rect>"
        for anomaly in result.anomalies()
    )
    path = " ".join(f"{row * scale[0]:.1f},{(high - value) * scale[1]:.1f}" for row, value in _outline(line))
    return (
        f'{marks}<polyline points="{path}" fill="none" stroke="#2e86ab" stroke-width="1"/>'
        f'<text x="-8" y="12" text-anchor="end" style="{STYLE}">{high:.4g}</text>'
        f'<text x="-8" y="{HEIGHT // 2 + 4}" text-anchor="end" style="{STYLE};font-weight:bold">'
        f"{escape(name[:10])}</text>"
        f'<text x="-8" y="{HEIGHT}" text-anchor="end" style="{STYLE}">{low:.4g}</text>'
    )


def _outline(line: "NDArray[np.float64]") -> list[tuple[int, float]]:
    """Give the lowest and the highest value of each pixel, in their order: no peak is lost."""
    points = []
    for part in np.array_split(np.arange(len(line)), min(WIDTH, len(line))):
        part = part[np.isfinite(line[part])]
        if len(part):
            extremes = {int(part[line[part].argmin()]), int(part[line[part].argmax()])}
            points += [(row, float(line[row])) for row in sorted(extremes)]
    return points


def plot(result: "Detections", axes: Any) -> "NDArray[Any]":
    """Draw inputs and scores with matplotlib, on these axes or new ones."""
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise ImportError("plot needs matplotlib: pip install matplotlib") from error
    panels = result.input_dimensions + 1
    if axes is None:
        _, axes = plt.subplots(panels, sharex=True, figsize=(10, 2 + 1.6 * panels), squeeze=False)
    axes = np.ravel(axes)
    if len(axes) != panels:
        raise ConfigError(f"axes must be {panels}: one for each input, and one for the scores")
    x = _places(result)
    lines = [*zip(result.names, result.values.T, strict=True), ("score", result.score)]
    for panel, (name, line) in zip(axes, lines, strict=True):
        _draw(result, panel, x, name, line)
    return axes  # type: ignore[no-any-return]


def _places(result: "Detections") -> Any:
    """Give the index where matplotlib can draw over it, else the numbers of the rows."""
    index = result.index
    if hasattr(index, "to_timestamp"):  # periods
        index = index.to_timestamp()
    is_drawn = getattr(getattr(index, "dtype", None), "kind", "O") in "iufM"
    return index if is_drawn else np.arange(len(result))


def _draw(result: "Detections", panel: "Axes", x: Any, name: str, line: "NDArray[np.float64]") -> None:
    panel.plot(x, line, linewidth=0.8)
    panel.set_ylabel(name)
    for anomaly in result.anomalies():
        panel.axvspan(x[anomaly.start], x[anomaly.end], color="tab:red", alpha=0.3)
        panel.plot(x[anomaly.start], line[anomaly.start], "o", color="tab:red", markersize=3)
