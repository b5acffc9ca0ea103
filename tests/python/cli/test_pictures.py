"""plot and top: files that are what they say, a display that follows keys."""

from __future__ import annotations

import base64
import fcntl
import gzip
import hashlib
import html.parser
import json
import os
import pathlib
import pty
import re
import select
import struct
import subprocess
import termios
import time
import xml.etree.ElementTree as ElementTree

import pytest
from parzen._proto import parzen_pb2 as pb

from cli.conftest import PARZEN_CLI, Cli, environment, runner

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def study(cli: Cli, name: str) -> str:
    cli("study", "create", name, "-p", "lr=float(1e-5,1e-1,log)", "-p", "depth=int(1,8)", "-p", "<k>=categorical('a<b','c&d')", "-p",
        "gamma=float(0,1) if depth in (1,2,3)", "-n", 30, "--seed", 2, "-s", "random")
    cli("worker", name, "--", "sh", "-c", "echo {lr}")
    return name


def circles(path: pathlib.Path) -> int:
    return len(list(ElementTree.parse(path).iter(SVG + "circle")))


def test_svg_files_show_every_trial(cli: Cli, study: str, tmp_path: pathlib.Path) -> None:
    printed = cli("plot", study, "--format", "svg", "-o", "out").stdout.split()
    assert [pathlib.Path(p).name for p in printed] == [f"{study}-{kind}.svg" for kind in ("history", "parallel", "slices", "importances")]
    assert circles(tmp_path / printed[0]) == 30
    assert len(list(ElementTree.parse(tmp_path / printed[1]).iter(SVG + "polyline"))) == 30
    with_gamma = sum("gamma" in json.loads(line)["params"] for line in cli("--json", "trials", study).stdout.splitlines())
    assert circles(tmp_path / printed[2]) == 3 * 30 + with_gamma
    importances = json.loads(cli("--json", "importances", study).stdout)
    texts = [t.text for t in ElementTree.parse(tmp_path / printed[3]).iter(SVG + "text")]
    assert f"{100 * importances['lr']:.1f}%" in texts and "<k>" in texts
    assert sum(importances.values()) == pytest.approx(1)


def test_png_is_a_picture_twice_the_size(cli: Cli, study: str, tmp_path: pathlib.Path) -> None:
    cli("plot", study, "-k", "history", "-o", "h.png")
    data = (tmp_path / "h.png").read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", data[16:24]) == (1440, 720)


class Page(html.parser.HTMLParser):
    """The file that plot writes: the live page with the study inside, or pictures where parzen was built without the page."""

    def __init__(self, path: pathlib.Path) -> None:
        super().__init__()
        self.figures: list = []
        self.loaded: list = []
        self.policy = ""
        self.data = ""
        self.scripts: list = []
        self._in = ""
        self.text = path.read_text()
        self.feed(self.text)
        self.close()

    def handle_starttag(self, tag: str, attributes: list) -> None:
        values = dict(attributes)
        self._in = f"{tag}#{values.get('id', '')}"
        if tag == "figure":
            self.figures.append(values["id"])
        if values.get("http-equiv") == "Content-Security-Policy":
            self.policy = values["content"]
        if any(name in values for name in ("src", "href")):
            self.loaded.append((tag, values))

    def handle_endtag(self, tag: str) -> None:
        self._in = ""

    def handle_data(self, data: str) -> None:
        if self._in == "script#study":
            self.data += data
        elif self._in == "script#":
            self.scripts.append(data)

    @property
    def study(self) -> pb.WatchStudyResponse:
        return pb.WatchStudyResponse.FromString(gzip.decompress(base64.b64decode(self.data)))


def test_the_page_has_everything_and_loads_nothing(cli: Cli, study: str, tmp_path: pathlib.Path) -> None:
    assert cli("plot", study).stdout == f"{study}.html\n"
    page = Page(tmp_path / f"{study}.html")
    assert page.loaded == [] and "default-src 'none'" in page.policy
    assert f"<title>{study}</title>" in page.text and "<k>" not in page.text.split("<script")[0]
    if not page.data:
        assert page.figures == ["history", "parallel", "slices", "importances"]
        assert page.scripts == [] and "a&lt;b" in page.text
        return
    # Its one script is the one that the policy names, byte for byte.
    assert len(page.scripts) == 1
    assert base64.b64encode(hashlib.sha256(page.scripts[0].encode()).digest()).decode() in page.policy
    message = page.study
    assert message.study.name == study and [trial.handle.number for trial in message.trials] == list(range(30))
    told = [json.loads(line) for line in cli("--json", "trials", study).stdout.splitlines()]
    assert [list(trial.values) for trial in message.trials] == [trial["values"] for trial in sorted(told, key=lambda trial: trial["number"])]
    assert all(trial.params[0].HasField("distribution") for trial in message.trials)


def test_the_page_of_a_name_that_is_html(cli: Cli, name: str, tmp_path: pathlib.Path) -> None:
    odd = name + "</title><script>alert(1)</script>"
    cli("study", "create", odd, "-p", "x=categorical('</script>','<!--')")
    cli("plot", odd, "-o", "odd.html")
    page = Page(tmp_path / "odd.html")
    assert "alert(1)</script>" not in page.text and f"<title>{name}&lt;/title&gt;" in page.text
    assert not page.data or page.study.study.name == odd


def test_a_pareto_front(cli: Cli, name: str, tmp_path: pathlib.Path) -> None:
    cli("study", "create", name, "-d", "minimize", "-d", "minimize", "-p", "x=int(0,9)", "--seed", 1)
    cli("ask", name, "-c", 4)
    for number, values in enumerate([(0, 3), (3, 0), (1, 1), (2, 2)]):
        cli("tell", name, number, *values)
    cli("plot", name, "-k", "pareto", "-o", "p.svg")
    red = [c for c in ElementTree.parse(tmp_path / "p.svg").iter(SVG + "circle") if c.get("fill") == "#d1495b"]
    assert len(red) == 3
    cli("plot", name)
    page = Page(tmp_path / f"{name}.html")
    assert len(page.study.trials) == 4 if page.data else "pareto" in page.figures
    cli("study", "create", name + "1", "-p", "x=int(0,9)")
    cli("plot", name + "1", "-k", "pareto", "-o", "q.svg", code=5)


def test_a_study_without_trials_can_be_drawn(cli: Cli, name: str, tmp_path: pathlib.Path) -> None:
    cli("study", "create", name, "-p", "x=int(0,9)")
    cli("plot", name)
    page = Page(tmp_path / f"{name}.html")
    assert len(page.study.trials) == 0 if page.data else "no complete trial" in page.text
    for kind in ("history", "parallel", "slices", "importances"):
        cli("plot", name, "-k", kind, "-o", f"{kind}.svg")
        ElementTree.parse(tmp_path / f"{kind}.svg")


def texts(path: pathlib.Path) -> list:
    return [(t.text, float(t.get("x")), float(t.get("y"))) for t in ElementTree.parse(path).iter(SVG + "text") if t.get("transform") is None]


def test_ticks_are_values_that_exist_and_can_be_told_apart(cli: Cli, name: str, tmp_path: pathlib.Path) -> None:
    cli("study", "create", name, "-p", "n=int(1,3)", "-p", "c=categorical(1,1.0,'',long_choice_one,long_choice_two)", "-p",
        "narrow=float(0.1234567,0.1234569)", "-p", "one=int(5,5)", "-n", 6, "--seed", 1)
    cli("worker", name, "--", "echo", "{n}")
    cli("plot", name, "-k", "parallel", "-o", "p.svg")
    cli("plot", name, "-k", "slices", "-o", "s.svg")
    of_parallel = texts(tmp_path / "p.svg")
    place = {text: x for text, x, _ in of_parallel}

    def axis(parameter: str) -> list:  # its labels end six pixels left of it
        return [text for text, x, _ in of_parallel if abs(x - (place[parameter] - 6)) < 0.2]

    assert axis("n") == ["1", "2", "3"] and axis("one") == ["5"]
    assert axis("c") == ["1", "1.0", '""', "long_choice_o…", "long_choice_t…"]
    assert len(set(axis("narrow"))) == len(axis("narrow")) >= 3
    # Under the slices no text runs into the next: 6 pixels a character are enough at this size.
    rows: dict = {}
    for text, x, y in texts(tmp_path / "s.svg"):
        if y > 60:
            rows.setdefault(y, []).append((x - 3 * len(text), x + 3 * len(text), text))
    for row in rows.values():
        middle = [box for box in sorted(row) if not box[2].replace(".", "").isdigit() or box[0] > 0]
        for left, right in zip(middle, middle[1:]):
            assert left[1] <= right[0] + 0.5 or left[2] == right[2], (left, right)


def test_the_page_keeps_every_digit_of_many_parameters(cli: Cli, name: str, tmp_path: pathlib.Path) -> None:
    cli("study", "create", name, *[word for i in range(30) for word in ("-p", f"a_rather_long_name_{i}=float(0,1)")], "-n", 2)
    cli("worker", name, "--", "echo", "0.25")
    cli("plot", name)
    page = Page(tmp_path / f"{name}.html")
    if not page.data:
        assert "a_rather_long_name_29" in page.text
        return
    best = json.loads(cli("--json", "best", name).stdout)
    kept = page.study.trials[best["number"]]
    assert {param.name: param.value.double_value for param in kept.params} == best["params"]


def test_files_are_not_mixed_up(cli: Cli, study: str) -> None:
    cli("plot", study, "-o", "a.svg", code=2)
    cli("plot", study, "-k", "history", "--format", "html", code=2)
    cli("plot", study, "-k", "history", "--format", "gif", code=2)
    assert cli("plot", study, "-k", "history", "-o", "-").stdout.startswith("<svg")


class Screen:
    """parzen top in a terminal of its own."""

    def __init__(self, address: str, folder: pathlib.Path) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.process = subprocess.Popen([str(PARZEN_CLI), "top", "--interval", "0.2"], stdin=slave, stdout=slave, stderr=slave,
                                        env={**environment(address, folder), "TERM": "xterm"}, start_new_session=True)
        os.close(slave)
        self.text = ""

    def send(self, keys: str) -> None:
        self.text = ""
        os.write(self._master, keys.encode())

    def wait_for(self, words: str) -> None:
        deadline = time.monotonic() + 300
        while words not in self.text:
            assert time.monotonic() < deadline, f"no {words!r} in {self.text!r}"
            if select.select([self._master], [], [], 0.1)[0]:
                self.text += re.sub(r"\x1b(\[[0-9;?]*[A-Za-z]|[()][A-Z0-9]|[=>78])", " ", os.read(self._master, 65536).decode())

    def close(self) -> int:
        deadline = time.monotonic() + 300
        while self.process.poll() is None:
            assert time.monotonic() < deadline
            if select.select([self._master], [], [], 0.1)[0]:
                try:
                    os.read(self._master, 65536)
                except OSError:
                    break
        os.close(self._master)
        return self.process.wait(300)


def test_top_shows_studies_opens_one_and_quits(own_server, tmp_path: pathlib.Path) -> None:
    cli = runner(own_server.address, tmp_path)
    for study in ("alpha", "beta"):
        cli("study", "create", study, "-p", "x=float(0,1)", "-n", 9)
    cli("worker", "beta", "-n", 3, "--", "echo", "{x}")
    cli("ask", "beta", "--worker", "the-worker")
    screen = Screen(own_server.address, tmp_path)
    try:
        screen.wait_for("2 studies, 1 running trials")
        screen.wait_for("beta")
        screen.send("j")      # down from what runs: alpha
        time.sleep(0.3)
        screen.send("k")      # up: beta
        time.sleep(0.3)
        screen.send("\r")     # open it
        screen.wait_for("the-worker")
        screen.wait_for("3 complete, 1 running of 9")
        cli("tell", "beta", 3, "0.5")
        screen.wait_for("no running trials")
        screen.send("\x1b")   # back
        screen.wait_for("alpha")
        own_server.kill()
        screen.wait_for("no Parzen server")
        screen.send("q")
        assert screen.close() == 0
    finally:
        if screen.process.poll() is None:
            screen.process.kill()


def test_top_counts_no_imported_trials_as_done_here(cli: Cli, name: str) -> None:
    cli("study", "create", name, "-p", "x=float(0,1)")
    cli("import", name, "-", "--format", "csv", stdin="value,x\n1,0.5\n2,0.25\n")
    summary = cli("top", "--once", name).stdout.splitlines()[1]
    assert summary == f"{name}  active  2 complete"
    cli("enqueue", name, "x=0.5")
    cli("worker", name, "-n", 1, "--", "echo", "{x}")
    assert re.search(r"3 complete  \d", cli("top", "--once", name).stdout.splitlines()[1])
    assert cli("trials", name, "-n", 3).stdout.splitlines()[1].split() == ["0", "complete", "1", "0.5"]  # it took no time here


def test_top_needs_no_terminal_for_once(cli: Cli, study: str) -> None:
    lines = cli("top", "--once", study).stdout.splitlines()
    assert lines[1].startswith(f"{study}  finished  30 complete of 30")
    assert "no running trials" in lines
    cli("top", "--once", "no-such-study", code=3)
