"""How a client proves who it is and knows its server: TLS files and a bearer token."""

from __future__ import annotations

import os
from typing import Any, Dict, Optional, Tuple, Union

import grpc

from parzen.errors import InvalidArgument
from parzen.values import as_text, invalid

_Path = Union[str, "os.PathLike[str]", None]
_File = Union[_Path, bytes]


class Tls:
    """TLS for a :class:`parzen.Client`, each file as its path or as PEM bytes.

    Args:
        ca: the authorities that the server's certificate must come from; None: those that gRPC ships.
        cert, key: this client's own certificate and key, where the server asks for one (mutual TLS). Both or neither.
        server_name: the name that the server's certificate has, where it is not the address's host.

    Paths are read when a channel is opened, and again where the server cannot be reached and they have changed: a certificate
    that is renewed on disk is taken up. It pickles where it is made of paths; a key never leaves the process.
    """

    __slots__ = ("ca", "cert", "key", "server_name")

    def __init__(self, ca: _File = None, cert: _File = None, key: _File = None, server_name: Optional[str] = None) -> None:
        for field, value in (("ca", ca), ("cert", cert), ("key", key)):
            if value is not None and not isinstance(value, (str, bytes, os.PathLike)):
                raise InvalidArgument(
                    f"tls.{field}: {type(value).__name__} is neither a path nor PEM bytes", metadata={"field": f"tls.{field}"}
                )
        if (cert is None) != (key is None):
            raise InvalidArgument("tls: give cert and key, or neither", metadata={"field": "tls"})
        self.ca = ca
        self.cert = cert
        self.key = key
        self.server_name = None if server_name is None else as_text("tls.server_name", server_name)

    def credentials(self) -> grpc.ChannelCredentials:
        return grpc.ssl_channel_credentials(
            root_certificates=_read("tls.ca", self.ca),
            private_key=_read("tls.key", self.key),
            certificate_chain=_read("tls.cert", self.cert),
        )

    def stamp(self) -> Tuple[Any, ...]:
        """Changes when one of the files does."""
        return tuple(stamp_of(file) for file in (self.ca, self.cert, self.key))

    def __getstate__(self) -> Dict[str, Any]:
        files = {"ca": self.ca, "cert": self.cert, "key": self.key}
        if any(isinstance(file, bytes) for file in files.values()):
            raise InvalidArgument("tls: only made of paths it can be pickled", metadata={"field": "tls"})
        return {
            **{name: None if file is None else os.fspath(file) for name, file in files.items()},
            "server_name": self.server_name,
        }

    def __setstate__(self, state: Dict[str, Any]) -> None:
        Tls.__init__(self, **state)

    def __repr__(self) -> str:
        shown = {name: getattr(self, name) for name in ("ca", "cert", "server_name")}
        given = [f"{name}={'PEM' if isinstance(file, bytes) else repr(file)}" for name, file in shown.items() if file is not None]
        return f"parzen.Tls({', '.join(given + (['key=...'] if self.key is not None else []))})"


def _read(field: str, file: _File) -> Optional[bytes]:
    if file is None or isinstance(file, bytes):
        return file
    try:
        with open(file, "rb") as stream:
            return stream.read()
    except OSError as e:
        raise InvalidArgument(f"{field}: {os.fspath(file)!r} cannot be read: {e.strerror}", metadata={"field": field}) from None


def as_tls(value: Union[None, bool, Tls]) -> Optional[Tls]:
    """TLS as a client was given it; None: the environment's PARZEN_TLS_CA, PARZEN_TLS_CERT and PARZEN_TLS_KEY, else plain
    text."""
    if isinstance(value, Tls):
        return value
    if value is True:
        return Tls()
    if value is False:
        return None
    if value is not None:
        raise invalid("tls", value, "a parzen.Tls, True, False or None")
    ca, cert, key = (os.environ.get("PARZEN_TLS_" + name) or None for name in ("CA", "CERT", "KEY"))
    return Tls(ca, cert, key) if ca or cert or key else None


class Token:
    """A bearer token; one in a file is read again when the file changes. Never shown, unlike other arguments."""

    def __init__(self, text: Optional[str] = None, file: _Path = None) -> None:
        self.file = file
        self._text = text
        self._stamp: Any = None

    def read(self) -> str:
        """The token as it is now. A file that cannot be read at the moment counts as unchanged."""
        if self.file is not None:
            stamp = stamp_of(self.file)
            if self._text is None or (stamp is not None and stamp != self._stamp):
                try:
                    self._text, self._stamp = _token_in(self.file), stamp
                except InvalidArgument:
                    if self._text is None:
                        raise
        assert self._text is not None  # one of both was given
        return self._text


def _token_in(file: _Path) -> str:
    lines = (_read("token_file", file) or b"").decode("ascii", "replace").splitlines()
    return _checked_token("token_file", lines[0].strip() if lines else "")


def _checked_token(field: str, value: Any) -> str:
    if not isinstance(value, str) or not value or not value.isascii() or not value.isprintable() or " " in value:
        raise InvalidArgument(f"{field}: accepted is a str of ASCII characters without blanks", metadata={"field": field})
    return value


def as_token(value: Optional[str], file: _Path = None) -> Optional[Token]:
    """A token as a client was given it; None: the environment's PARZEN_TOKEN, else none."""
    if value is not None and file is not None:
        raise InvalidArgument("token_file: give token or token_file, not both", metadata={"field": "token_file"})
    if file is not None:
        if not isinstance(file, (str, os.PathLike)):
            raise invalid("token_file", file, "a path")
        token = Token(file=os.fspath(file))
        token.read()
        return token
    if value is None:
        value = os.environ.get("PARZEN_TOKEN") or None
    return None if value is None else Token(_checked_token("token", value))


def stamp_of(file: _File) -> Any:
    """Changes when the file does; None for what is no file, or is not there."""
    if file is None or isinstance(file, bytes):
        return None
    try:
        status = os.stat(file)
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
