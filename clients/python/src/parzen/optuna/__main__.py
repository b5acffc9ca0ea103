"""python -m parzen.optuna dashboard HOST:PORT: optuna-dashboard over a Parzen server."""

from __future__ import annotations

import argparse
import sys
from typing import List, Optional

from parzen.errors import Error
from parzen.optuna import ParzenStorage
from parzen.tls import Tls


def main(arguments: Optional[List[str]] = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m parzen.optuna", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    dashboard = commands.add_parser("dashboard", help="optuna-dashboard (pip install optuna-dashboard) over a Parzen server")
    dashboard.add_argument(
        "address", nargs="?", metavar="HOST:PORT", help="of parzend; default: PARZEN_ADDRESS, else 127.0.0.1:7070"
    )
    dashboard.add_argument("--listen-host", default="127.0.0.1", help="where the dashboard listens (default: %(default)s)")
    dashboard.add_argument("--listen-port", type=int, default=8080, help="(default: %(default)s)")
    dashboard.add_argument("--token-file", help="a file with the token; default: PARZEN_TOKEN")
    dashboard.add_argument("--tls-ca", help="the authority of the server's certificate, a PEM file; default: PARZEN_TLS_CA")
    given = parser.parse_args(arguments)
    try:
        from optuna_dashboard import run_server
    except ImportError:
        print("parzen.optuna dashboard: needs the package optuna-dashboard (pip install optuna-dashboard)", file=sys.stderr)
        return 1
    try:
        tls = None if given.tls_ca is None else Tls(ca=given.tls_ca)
        storage = ParzenStorage(given.address, tls=tls, token_file=given.token_file, lease=None)
        storage.wait_server_ready(10)
    except (Error, ConnectionError) as e:
        print(f"python -m parzen.optuna dashboard: {e}", file=sys.stderr)
        return 1
    run_server(storage, host=given.listen_host, port=given.listen_port)
    return 0


if __name__ == "__main__":
    sys.exit(main())
