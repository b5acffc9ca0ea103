"""The clocks of a parzend that runs with PARZEN_TEST_CLOCK (server/main/test_clock.h)."""

from __future__ import annotations

import mmap
import pathlib
import struct


class TestClock:
    """Sets the wall clock of a running server forward and back, and lets its monotonic clock jump forward."""

    __test__ = False  # no test, whatever its name

    def __init__(self, path: pathlib.Path) -> None:
        self.path = pathlib.Path(path)
        self.path.write_bytes(bytes(16))
        with open(self.path, "r+b") as file:
            self._shifts = mmap.mmap(file.fileno(), 16)

    @property
    def environment(self) -> dict[str, str]:
        return {"PARZEN_TEST_CLOCK": str(self.path)}

    def set_wall(self, seconds: float) -> None:
        """The wall clock, from now on so much later (or earlier) than it really is."""
        struct.pack_into("=q", self._shifts, 0, round(seconds * 1e6))

    def advance(self, seconds: float) -> None:
        """The monotonic clock, by which leases live, so much further than it was."""
        (micros,) = struct.unpack_from("=q", self._shifts, 8)
        struct.pack_into("=q", self._shifts, 8, micros + round(seconds * 1e6))
