import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from parzend import Parzend  # noqa: E402


@pytest.fixture
def make_server(tmp_path):
    """Starts servers with databases of their own, and ends those that still run."""
    servers = []

    def make(*arguments, name="server", start=True, **more):
        server = Parzend(tmp_path / name, *arguments, **more)
        servers.append(server)
        return server.start() if start else server

    yield make
    for server in servers:
        server.kill()
