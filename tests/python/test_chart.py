"""The demo's picture."""

from __future__ import annotations

import math
import pathlib
import sys
from xml.etree import ElementTree

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "examples" / "digits"))

from chart import Series, best_so_far, draw  # noqa: E402

SVG = "{http://www.w3.org/2000/svg}"


def test_best_so_far() -> None:
    assert best_so_far([math.inf, 3.0, 5.0, 1.0, 2.0]) == [math.inf, 3.0, 3.0, 1.0, 1.0]
    assert best_so_far([]) == []


def test_picture() -> None:
    losses = [2.0, math.inf, 0.5, 1.0]
    picture = ElementTree.fromstring(draw("a < b", "loss & more", [Series("TPE", "#000000", losses), Series("random", "#ff0000", [3.0])]))
    circles = picture.findall(f"{SVG}circle")
    assert len(circles) == 4  # the infinite loss is left out
    width, height = float(picture.attrib["width"]), float(picture.attrib["height"])
    assert all(0 < float(c.attrib["cx"]) < width and 0 < float(c.attrib["cy"]) < height for c in circles)
    by_loss = {c.attrib["fill"] + c.attrib["cx"]: float(c.attrib["cy"]) for c in circles}
    assert min(by_loss.values()) < max(by_loss.values())
    lines = picture.findall(f"{SVG}polyline")
    assert len(lines) == 2
    heights = [float(point.split(",")[1]) for point in lines[1].attrib["points"].split()]
    assert heights == sorted(heights)  # a best loss never gets worse, and better is lower
    texts = [t.text for t in picture.iter(f"{SVG}text")]
    assert "a < b" in texts and "loss & more" in texts and "TPE" in texts


def test_no_trial_lies_under_the_legend() -> None:
    """Whatever the losses, the best and the worst of the first and the last trial included."""
    losses = [5.0, *[1.0] * 62, 5.0]
    picture = ElementTree.fromstring(draw("t", "loss", [Series("first", "#000000", losses), Series("second", "#ff0000", losses)]))
    highest = min(float(circle.attrib["cy"]) for circle in picture.findall(f"{SVG}circle"))
    legend = [text for text in picture.iter(f"{SVG}text") if text.text in ("first", "second")]
    bars = [bar for bar in picture.findall(f"{SVG}rect") if bar.attrib["width"] == "14"]
    assert len(legend) == len(bars) == 2
    assert all(float(text.attrib["y"]) + 5 < highest for text in legend)
    assert float(bars[1].attrib["x"]) > float(legend[0].attrib["x"])


def test_nothing_finite_yet() -> None:
    ElementTree.fromstring(draw("t", "loss", [Series("TPE", "#000000", [math.inf]), Series("random", "#ff0000", [])]))
