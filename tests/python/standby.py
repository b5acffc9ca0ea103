"""A synchronous standby of the tests' PostgreSQL: whatever the primary acknowledges, the standby has."""

from __future__ import annotations

import pathlib
import time

from postgres import Postgres


def _wait_for(server: Postgres, condition: str) -> None:
    deadline = time.monotonic() + 60
    while server.ask(f"SELECT {condition}") != ["t"]:
        assert time.monotonic() < deadline, condition
        time.sleep(0.05)


class Standby(Postgres):
    """Made by pg_basebackup from a running primary, which from then on waits for it: `commit` is the primary's synchronous_commit."""

    def __init__(self, primary: Postgres, commit: str) -> None:
        self._primary = primary
        super().__init__()
        primary.ask("ALTER SYSTEM SET synchronous_standby_names = 'standby'")
        primary.ask(f"ALTER SYSTEM SET synchronous_commit = '{commit}'")
        primary.ask("SELECT pg_reload_conf()")
        _wait_for(primary, "EXISTS (SELECT 1 FROM pg_stat_replication WHERE application_name = 'standby' AND sync_state = 'sync')")
        _wait_for(primary, f"current_setting('synchronous_commit') = '{commit}'")

    def _make(self, data: pathlib.Path) -> None:
        primary = f"host=127.0.0.1 port={self._primary.port} user=parzen sslmode=disable gssencmode=disable application_name=standby"
        self._run(["pg_basebackup", "-d", primary, "-D", str(data), "-R", "-X", "stream", "-c", "fast", "--no-sync"])

    def promote(self) -> None:
        """Takes writes, once it returns."""
        self.ask("SELECT pg_promote(true, 60)")
        _wait_for(self, "NOT pg_is_in_recovery()")
