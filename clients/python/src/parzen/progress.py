"""Shows how far a run is: a bar on a terminal, a line now and then in a log."""

from __future__ import annotations

import shutil
import sys
import time
from typing import Any, Optional, TextIO

_REDRAW_SECONDS = 0.1  # between drawings of a bar


class Progress:
    """Counts trials and shows them.

    Args:
        total: trials that make the run complete; None: unknown.
        enabled: False shows nothing; None shows a bar on a terminal and in a log only lines of runs over line_seconds; True shows
        both.
        stream: where to; a terminal or not decides between bar and lines.
        title: what stands before it.
        line_seconds: between lines in a log.
    """

    def __init__(
        self,
        total: Optional[int],
        *,
        enabled: Optional[bool] = None,
        stream: Optional[TextIO] = None,
        title: str = "",
        line_seconds: float = 10.0,
    ) -> None:
        self._stream = sys.stderr if stream is None else stream
        self._total = total
        self._title = title
        self._line_seconds = line_seconds
        self._enabled = enabled is not False
        self._started = time.monotonic()
        self._last = self._started if enabled is None else 0.0
        self._done = 0
        self._text = ""
        self._shown = False
        self._terminal = self._enabled and self._stream.isatty()
        self._tqdm: Any = _make_tqdm(total, self._stream, title) if self._terminal else None

    def update(self, done: int, note: str = "") -> None:
        """Trials done so far, and what else to say, such as the best loss."""
        self._done, self._text = done, note
        if not self._enabled:
            return
        now = time.monotonic()
        if self._tqdm is not None:
            self._tqdm.set_postfix_str(note, refresh=False)
            self._tqdm.update(done - self._tqdm.n)
        elif self._terminal:
            if now - self._last >= _REDRAW_SECONDS:
                self._last = now
                self._draw_bar()
        elif now - self._last >= self._line_seconds:
            self._last = now
            self._print_line()

    def close(self) -> None:
        if not self._enabled:
            return
        if self._tqdm is not None:
            self._tqdm.close()
        elif self._terminal:
            self._draw_bar()
            self._stream.write("\n")
            self._stream.flush()
        elif self._shown:
            self._print_line()

    def _summary(self) -> str:
        of_total = "" if self._total is None else f"/{self._total}"
        text = f"{self._done}{of_total} trials, {time.monotonic() - self._started:.0f} s"
        return f"{text}, {self._text}" if self._text else text

    def _draw_bar(self) -> None:
        columns = shutil.get_terminal_size().columns
        summary = self._summary()
        line = f"{self._title} {summary}".strip()
        if self._total:
            width = max(0, min(40, columns - len(line) - 4))
            filled = min(width, width * self._done // self._total)
            line = f"{self._title} [{'#' * filled}{'.' * (width - filled)}] {summary}".strip()
        self._stream.write("\r\x1b[K" + line[: max(1, columns - 1)])
        self._stream.flush()

    def _print_line(self) -> None:
        self._shown = True
        self._stream.write(f"{self._title} {self._summary()}".strip() + "\n")
        self._stream.flush()


def _make_tqdm(total: Optional[int], stream: TextIO, title: str) -> Any:
    try:
        from tqdm import tqdm
    except ImportError:
        return None
    return tqdm(total=total, file=stream, desc=title or None, unit="trial", dynamic_ncols=True)
