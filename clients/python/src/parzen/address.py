"""Where a server is, or several that serve the same studies, and whether gRPC goes there through a proxy."""

from __future__ import annotations

import ipaddress
import os
import re
from typing import Any, NamedTuple, Optional, Tuple
from urllib.parse import urlsplit

from parzen.values import as_text, invalid

_DEFAULT = "127.0.0.1:7070"
# HOST:PORT, or a target as gRPC spells it.
_ADDRESS = re.compile(r"unix(-abstract)?:.+|((dns|ipv4|ipv6):.+|\[[^\]]+\]|[^:/\[\]]+):0*(?P<port>[0-9]{1,5})")
_UNIX = ("unix:", "unix-abstract:")


def as_address(value: Optional[Any]) -> str:
    """An address as a client was given it, or several with commas between them; None: the environment's PARZEN_ADDRESS, else the
    default.

    Refuses what gRPC would take for another host or for its own port 443, and then wait for. The C++ client has the same rule.
    """
    if value is None:
        value = os.environ.get("PARZEN_ADDRESS") or _DEFAULT
    address = as_text("address", value)
    if not all(_is_one(part) for part in addresses_in(address)):
        accepted = "HOST:PORT with a port from 1 to 65535, such as 127.0.0.1:7070, or several of them with commas between them"
        raise invalid("address", value, accepted)
    return address


def addresses_in(address: str) -> Tuple[str, ...]:
    """The addresses of a list, in its order, each once. A socket's path may have commas itself."""
    parts = [part.strip() for part in address.split(",")]
    if address.startswith(_UNIX) and not all(_is_one(part) for part in parts):
        parts = [address]
    return tuple(dict.fromkeys(parts))


def _is_one(address: str) -> bool:
    match = _ADDRESS.fullmatch(address)
    return match is not None and (match["port"] is None or 0 < int(match["port"]) < 2**16)


def is_host_and_port(address: str) -> bool:
    """Whether it is one address, and no socket of this machine."""
    match = _ADDRESS.fullmatch(address)
    return match is not None and match["port"] is not None and "," not in address and 0 < int(match["port"]) < 2**16


class Proxy(NamedTuple):
    """An HTTP proxy that the environment names."""

    variable: str
    url: str

    def __str__(self) -> str:
        shown = re.sub(r"(//|^)[^/@]*@", r"\1", self.url)  # without user and password
        return f"the proxy {shown} that {self.variable} names"


def proxy_of(address: str) -> Optional[Proxy]:
    """The proxy that gRPC will use for the address: that of grpc_proxy, https_proxy or http_proxy.

    None for this machine itself, and for what no_grpc_proxy or no_proxy except, or their names in capitals, of which gRPC knows
    nothing.
    """
    host = _host(address)
    if host is None or _is_loopback(host):
        return None
    for variable in ("no_grpc_proxy", "NO_GRPC_PROXY", "no_proxy", "NO_PROXY"):
        if any(_matches(host, pattern.strip()) for pattern in os.environ.get(variable, "").split(",")):
            return None
    for variable in ("grpc_proxy", "https_proxy", "http_proxy"):
        if os.environ.get(variable):
            return Proxy(variable, os.environ[variable])
    return None


def _host(address: str) -> Optional[str]:
    """The host in an address, without brackets; None: a socket of this machine."""
    if address.startswith(_UNIX):
        return None
    target = re.sub(r"^(dns|ipv4|ipv6):(//[^/]*/)?", "", address)
    return target.rpartition(":")[0].strip("[]").lower()


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False


def _matches(host: str, pattern: str) -> bool:
    """One entry of no_proxy: "*", a host, a domain with all that is below it, an address or a network such as 10.0.0.0/8."""
    if pattern == "*":
        return True
    try:
        network = ipaddress.ip_network(pattern.strip("[]"), strict=False)
    except ValueError:
        name = (urlsplit("//" + pattern).hostname or "").lstrip("*").lstrip(".")
        return bool(name) and (host == name or host.endswith("." + name))
    try:
        return ipaddress.ip_address(host) in network
    except ValueError:
        return False
