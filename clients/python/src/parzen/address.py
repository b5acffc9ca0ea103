"""Where a server is."""

from __future__ import annotations

import os
import re
from typing import Any, Optional

from parzen.values import as_text, invalid

_DEFAULT = "127.0.0.1:7070"
# HOST:PORT, or a target as gRPC spells it.
_ADDRESS = re.compile(r"unix(-abstract)?:.+|((dns|ipv4|ipv6):.+|\[[^\]]+\]|[^:/\[\]]+):0*(?P<port>[0-9]{1,5})")


def as_address(value: Optional[Any]) -> str:
    """An address as a client was given it; None: the environment's PARZEN_ADDRESS, else the default.

    Refuses what gRPC would take for another host or for its own port 443, and then wait for. The C++ client has the same rule.
    """
    if value is None:
        value = os.environ.get("PARZEN_ADDRESS") or _DEFAULT
    address = as_text("address", value)
    match = _ADDRESS.fullmatch(address)
    if match is None or (match["port"] is not None and not 0 < int(match["port"]) < 2**16):
        raise invalid("address", value, "HOST:PORT with a port from 1 to 65535, such as 127.0.0.1:7070")
    return address
