"""Progress of long calls, and the results of interrupted ones."""

import sys
import time
from collections.abc import Callable
from typing import Any

Report = Callable[[int, int], object]


def reporter(wish: Any, total: int) -> Report:
    """Return a callable for the number of rows done and the total."""
    if wish is True:
        try:
            from tqdm.auto import tqdm
        except ImportError:
            return _with_one_end(_Line())
        return _with_one_end(_Bar(tqdm(total=total, unit=" rows", unit_scale=True)))
    if callable(wish):
        return _with_one_end(wish)
    raise TypeError(f"progress must be True, False, or a callable for (done, total), got {wish!r}")


def _with_one_end(report: Report) -> Report:
    """Report the end once: the last row of a map may be done before its call returns."""
    has_ended = False

    def tell(done: int, total: int) -> None:
        nonlocal has_ended
        if not has_ended:
            has_ended = done == total
            report(done, total)

    return tell


class _Bar:
    """A bar of tqdm."""

    def __init__(self, bar: Any) -> None:
        self._bar = bar

    def __call__(self, done: int, total: int) -> None:
        self._bar.update(done - self._bar.n)
        if done == total:
            self._bar.close()

    def __del__(self) -> None:
        self._bar.close()


class _Line:
    """A line on stderr: on a terminal always the same one, otherwise one in ten seconds."""

    def __init__(self) -> None:
        self._begun = self._shown = time.monotonic()
        self._is_terminal = sys.stderr.isatty()

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        if done < total and now - self._shown < (0.2 if self._is_terminal else 10):
            return
        self._shown = now
        spent = now - self._begun
        left = f", {spent / done * (total - done):.0f} s left" if 0 < done < total else f", {spent:.1f} s"
        text = f"rcf: {done:,} of {total:,} rows ({done / max(total, 1):.0%}){left}"
        begin, end = ("\r", "") if self._is_terminal and done < total else ("\r" * self._is_terminal, "\n")
        print(f"{begin}{text:<60}", end=end, file=sys.stderr, flush=True)


def stopped(error: BaseException, rows: int, result: Any) -> None:
    """Attach the number of rows and the results so far to an exception."""
    error.rows, error.result = rows, result  # type: ignore[attr-defined]
    if sys.version_info >= (3, 11):
        error.add_note(
            f"rcf: stopped after {rows:,} rows, which are done and need not be given again; the attribute "
            "`result` of this exception holds what was found in them"
        )
