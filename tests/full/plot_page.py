#!/usr/bin/env python3
"""Opens the page that `parzen plot` writes in headless Chromium and looks at a screenshot: every plot is there, drawn, in its place.

usage: tests/full/plot_page.py   (needs a release build and chromium; leaves the screenshots in build/full)
"""

from __future__ import annotations

import json
import os
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import time
import zlib

ROOT = pathlib.Path(__file__).resolve().parents[2]
PARZEND = os.environ.get("PARZEND", str(ROOT / "build/release/server/parzend"))
PARZEN_CLI = os.environ.get("PARZEN_CLI", str(ROOT / "build/release/clients/cli/parzen"))
WIDTH = 1100


def is_point(red: int, green: int, blue: int) -> bool:
    """The points' blue, also where it is half transparent on white."""
    return blue - red > 40 and green > red


def is_best(red: int, green: int, blue: int) -> bool:
    return red - green > 80 and red - blue > 60


# Run in a copy of the page (the page itself forbids scripts): where each figure is, and whether its texts keep within it.
MEASURE = """<script>
const boxes = {};
for (const figure of document.querySelectorAll('figure')) {
  const box = figure.getBoundingClientRect();
  const outside = [...figure.querySelectorAll('text')].filter(text => {
    const t = text.getBoundingClientRect();
    return t.left < box.left - 1 || t.right > box.right + 1 || t.top < box.top - 1 || t.bottom > box.bottom + 1;
  }).map(text => text.textContent);
  const texts = [...figure.querySelectorAll('text')].map(text => [text.textContent, text.getBoundingClientRect()]);
  const overlaps = [];
  texts.forEach(([a, p], i) => texts.slice(i + 1).forEach(([b, q]) => {
    const wide = Math.min(p.right, q.right) - Math.max(p.left, q.left), high = Math.min(p.bottom, q.bottom) - Math.max(p.top, q.top);
    if (wide > 1 && high > 4) overlaps.push(a + ' | ' + b);
  }));
  boxes[figure.id] = [box.left, box.top + scrollY, box.right, box.bottom + scrollY, outside, overlaps];
}
document.body.setAttribute('data-boxes', JSON.stringify({boxes, height: document.documentElement.scrollHeight}));
</script></body>"""


def chromium(page: pathlib.Path, *arguments: str) -> str:
    browser = shutil.which("chromium") or sys.exit("plot_page: chromium is missing (apt-get install chromium)")
    with tempfile.TemporaryDirectory() as profile:
        done = subprocess.run([browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--user-data-dir={profile}",
                               "--disable-background-networking", "--host-resolver-rules=MAP * ~NOTFOUND", *arguments, page.as_uri()],
                              capture_output=True, text=True, timeout=300, check=True)
    return done.stdout


def layout(page: pathlib.Path) -> dict:
    copy = page.with_suffix(".measured.html")
    text = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", page.read_text())
    copy.write_text(text.replace("</body>", MEASURE))
    dom = chromium(copy, f"--window-size={WIDTH},1000", "--dump-dom")
    copy.unlink()
    return json.loads(re.search(r'data-boxes="([^"]*)"', dom).group(1).replace("&quot;", '"'))


class Png:
    """The pixels of an 8-bit RGB or RGBA file."""

    def __init__(self, data: bytes) -> None:
        self.width, self.height, depth, colour = struct.unpack(">IIBB", data[16:26])
        assert depth == 8 and colour in (2, 6)
        self._channels = 3 if colour == 2 else 4
        packed, at = b"", 8
        while at < len(data):
            length, kind = struct.unpack(">I4s", data[at:at + 8])
            packed += data[at + 8:at + 8 + length] if kind == b"IDAT" else b""
            at += 12 + length
        raw, stride = zlib.decompress(packed), self.width * self._channels
        self._rows, before = [], bytes(stride)
        for y in range(self.height):
            line = raw[y * (stride + 1):(y + 1) * (stride + 1)]
            before = self._unfilter(line[0], bytearray(line[1:]), before)
            self._rows.append(before)

    def _unfilter(self, kind: int, row: bytearray, above: bytes) -> bytes:
        step = self._channels
        for i in range(len(row)):
            left, up, corner = row[i - step] if i >= step else 0, above[i], above[i - step] if i >= step else 0
            if kind == 1:
                row[i] = (row[i] + left) & 255
            elif kind == 2:
                row[i] = (row[i] + up) & 255
            elif kind == 3:
                row[i] = (row[i] + (left + up) // 2) & 255
            elif kind == 4:
                guess = left + up - corner
                nearest = min((abs(guess - left), 0, left), (abs(guess - up), 1, up), (abs(guess - corner), 2, corner))[2]
                row[i] = (row[i] + nearest) & 255
        return bytes(row)

    def colours(self, left: float, top: float, right: float, bottom: float) -> dict:
        counts: dict = {}
        for y in range(int(top), min(int(bottom), self.height)):
            for x in range(int(left), min(int(right), self.width)):
                pixel = tuple(self._rows[y][x * self._channels:x * self._channels + 3])
                counts[pixel] = counts.get(pixel, 0) + 1
        return counts


def check(page: pathlib.Path, wanted: list) -> None:
    measured = layout(page)
    boxes = measured["boxes"]
    assert list(boxes) == wanted, f"{page.name} has {list(boxes)}, wanted {wanted}"
    picture = page.with_suffix(".png")
    chromium(page, f"--window-size={WIDTH},{measured['height']}", f"--screenshot={picture}")
    png = Png(picture.read_bytes())
    assert (png.width, png.height) == (WIDTH, measured["height"])
    bottom_before = 0
    for kind, (left, top, right, bottom, outside, overlaps) in boxes.items():
        assert outside == [], f"{kind}: texts leave their picture: {outside}"
        assert overlaps == [], f"{kind}: texts lie on each other: {overlaps}"
        assert 0 <= left < right <= WIDTH and top >= bottom_before, f"{kind} overlaps what is above"
        assert bottom - top > 100
        bottom_before = bottom
        colours = png.colours(left, top, right, bottom)
        painted = sum(count for colour, count in colours.items() if colour != (255, 255, 255))
        assert painted > 2000, f"{kind} is all but blank: {painted} pixels"
        if kind in ("history", "importances", "pareto"):
            points = sum(count for colour, count in colours.items() if is_point(*colour))
            assert points > 200, f"{kind} shows no points or bars: {points} pixels"
        if kind in ("history", "pareto"):
            best = sum(count for colour, count in colours.items() if is_best(*colour))
            assert best > 200, f"{kind} shows no best: {best} pixels"
        if kind in ("parallel", "slices"):
            assert len(colours) > 100, f"{kind} has {len(colours)} colours"
    print(f"{page.name}: {', '.join(boxes)}; screenshot in {picture.relative_to(ROOT)}")


def main() -> None:
    folder = ROOT / "build/full"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        port_file = pathlib.Path(temporary) / "port"
        server = subprocess.Popen([PARZEND, "--db", f"{temporary}/studies.db", "--listen", "127.0.0.1:0", "--port-file", str(port_file),
                                   "--log-level", "error"])
        try:
            while not (port_file.exists() and port_file.read_text().strip()):
                assert server.poll() is None, "parzend did not start"
                time.sleep(0.05)
            address = f"127.0.0.1:{port_file.read_text().strip()}"

            def parzen(*arguments: str) -> None:
                subprocess.run([PARZEN_CLI, "--address", address, *arguments], check=True, stdout=subprocess.DEVNULL,
                               env={**os.environ, "XDG_STATE_HOME": temporary})

            loss = ("import sys; lr, depth, kernel, gamma = float(sys.argv[1]), int(sys.argv[2]), sys.argv[3], float(sys.argv[4]);"
                    "import math; a = (math.log10(lr) + 3) ** 2 + abs(depth - 4) / 4 + (kernel == 'poly') + (gamma - 0.3) ** 2;"
                    "print(a, *([depth / lr ** 0.1] if len(sys.argv) > 5 else []))")
            space = ["-p", "lr=float(1e-5,1e-1,log)", "-p", "depth=int(1,8)", "-p", "kernel=categorical(rbf,poly)", "-p",
                     "gamma=float(0,1) if kernel in (rbf)", "-n", "40", "--seed", "1"]
            parzen("study", "create", "page <one>", *space)
            parzen("study", "create", "page <two>", *space, "-d", "minimize", "-d", "maximize", "--metric-name", "loss", "--metric-name",
                   "speed")
            python = [sys.executable, "-c", loss, "{lr}", "{depth}", "{kernel}", "{gamma:-0.3}"]
            parzen("worker", "page <one>", "-j", "2", "--", *python)
            parzen("worker", "page <two>", "-j", "2", "--", *python, "two")
            odd = ["-p", "opt=categorical('a rather long choice','<b>&',null,true,1,1.0,'',x,y,z)", "-p", "n=int(1,3)", "-p",
                   "huge=float(-1e300,1e300)", "-p", "narrow=float(0.1234567,0.1234569)", "-p", "wide=float(1e-300,1e300,log)", "-p",
                   "a_parameter_with_a_very_long_name_that_goes_on=int(-9007199254740992,9007199254740992)", "-p", "same=float(3,3)", "-p",
                   "many=categorical(" + ",".join(f"c{i}" for i in range(100)) + ")"]
            parzen("study", "create", "page <odd>", *odd, "-n", "40", "--seed", "1", "-s", "random")
            parzen("worker", "page <odd>", "-j", "2", "--", "sh", "-c", "echo {narrow}")
            parzen("plot", "page <odd>", "-o", str(folder / "page-odd.html"))
            parzen("plot", "page <one>", "-o", str(folder / "page-one.html"))
            parzen("plot", "page <two>", "-o", str(folder / "page-two.html"))
        finally:
            server.terminate()
            server.wait(60)
    kinds = ["history", "parallel", "slices", "importances"]
    check(folder / "page-one.html", kinds)
    check(folder / "page-odd.html", kinds)
    check(folder / "page-two.html", kinds + ["pareto"])


if __name__ == "__main__":
    main()
