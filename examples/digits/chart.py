"""A picture of several runs: each trial's loss, and the best loss so far, as SVG."""

from __future__ import annotations

import math
from typing import List, NamedTuple, Sequence
from xml.sax.saxutils import escape

_WIDTH, _HEIGHT = 860, 480
_LEFT, _RIGHT, _TOP, _BOTTOM = 80, 30, 76, 60
_LEGEND = 54  # its baseline: above the field, where no trial can lie under it
_FONT = 'font-family="sans-serif" fill="#333333"'


class Series(NamedTuple):
    label: str
    color: str
    losses: List[float]  # by trial number; infinite ones are left out of the picture


def best_so_far(losses: Sequence[float]) -> List[float]:
    best, result = math.inf, []
    for loss in losses:
        best = min(best, loss)
        result.append(best)
    return result


class _Axes:
    """From trial number and loss (logarithmic, > 0) to the picture's coordinates."""

    def __init__(self, trials: int, low: float, high: float) -> None:
        self.trials, self.low, self.high = max(trials, 2), low, high

    def x(self, trial: int) -> float:
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * trial / (self.trials - 1)

    def y(self, loss: float) -> float:
        part = math.log(loss / self.low) / math.log(self.high / self.low)
        return _HEIGHT - _BOTTOM - (_HEIGHT - _TOP - _BOTTOM) * part

    def grid(self) -> List[str]:
        lines = []
        for exponent in range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1):
            for digit in (1, 2, 5):
                loss = digit * 10.0**exponent
                if self.low <= loss <= self.high:
                    y = self.y(loss)
                    lines.append(f'<line x1="{_LEFT}" y1="{y:.1f}" x2="{_WIDTH - _RIGHT}" y2="{y:.1f}" stroke="#e2e2e2"/>')
                    lines.append(_text(_LEFT - 10, y + 4, f"{loss:g}", "end"))
        step = next(s for s in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, self.trials) if self.trials / s <= 10)
        for trial in range(0, self.trials, step):
            lines.append(_text(self.x(trial), _HEIGHT - _BOTTOM + 22, str(trial), "middle"))
        return lines


def _text(x: float, y: float, text: str, anchor: str, size: int = 13) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" {_FONT}>{escape(text)}</text>'


def _draw(series: Series, axes: _Axes) -> List[str]:
    lines = [
        f'<circle cx="{axes.x(i):.1f}" cy="{axes.y(loss):.1f}" r="3" fill="{series.color}" fill-opacity="0.45"/>'
        for i, loss in enumerate(series.losses)
        if math.isfinite(loss)
    ]
    points: List[str] = []
    previous = math.inf
    for i, best in enumerate(best_so_far(series.losses)):
        if math.isfinite(best):
            if math.isfinite(previous):
                points.append(f"{axes.x(i):.1f},{axes.y(previous):.1f}")
            points.append(f"{axes.x(i):.1f},{axes.y(best):.1f}")
        previous = best
    lines.append(f'<polyline points="{" ".join(points)}" fill="none" stroke="{series.color}" stroke-width="2.5"/>')
    return lines


def _legend(runs: Sequence[Series]) -> List[str]:
    """One line: a bar of the run's color before each label."""
    lines, x = [], float(_LEFT)
    for series in runs:
        lines.append(f'<rect x="{x:.1f}" y="{_LEGEND - 7}" width="14" height="5" fill="{series.color}"/>')
        lines.append(_text(x + 22, _LEGEND, series.label, "start"))
        x += 22 + 7.5 * len(series.label) + 24  # 7.5: more than the average letter of that size is wide
    return lines


def draw(title: str, loss_name: str, runs: Sequence[Series]) -> str:
    """The picture, an SVG document. Losses are drawn on a logarithmic axis and have to be positive."""
    finite = [loss for series in runs for loss in series.losses if math.isfinite(loss)]
    low, high = (min(finite) / 1.15, max(finite) * 1.15) if finite else (0.1, 1.0)
    axes = _Axes(max(len(series.losses) for series in runs), low, high)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{_HEIGHT}" viewBox="0 0 {_WIDTH} {_HEIGHT}">',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>',
        _text(_LEFT, 30, title, "start", 18),
        _text(_WIDTH / 2, _HEIGHT - 14, "trial", "middle"),
        f'<g transform="translate(22 {_HEIGHT / 2:.0f}) rotate(-90)">{_text(0, 0, loss_name, "middle")}</g>',
        *axes.grid(),
    ]
    for series in reversed(runs):
        lines += _draw(series, axes)
    lines += _legend(runs)
    return "\n".join([*lines, "</svg>", ""])
