"""What a client, its studies and its trials share: the connection, the leases, and who asks.

Below Client, Study and Trial, and knows none of them.
"""

from __future__ import annotations

import os
import secrets
import socket
from typing import Any, Dict, Optional, Sequence, Tuple, Union

from parzen.address import as_address
from parzen.connection import Connection, Stream
from parzen.lease import LeaseKeeper
from parzen.outbox import Outbox
from parzen.tls import Tls, as_tls, as_token
from parzen.values import as_float, as_text, invalid


class Session:
    """One client's side of a server; any thread may use it. The arguments are those of :class:`parzen.Client`.

    Pickles by address, worker, timeout and the paths of its TLS and token files, never a token or a channel: where it is
    unpickled, the environment's PARZEN_TOKEN counts.

    Attributes:
        leases: renews the leases of the trials that were handed out.
        outbox: tells the outcomes again that the server has not answered.
    """

    def __init__(
        self,
        address: Optional[str],
        *,
        worker: Optional[str],
        timeout: Optional[float],
        tls: Union[None, bool, Tls],
        token: Optional[str] = None,
        token_file: Union[None, str, "os.PathLike[str]"] = None,
    ) -> None:
        if timeout is not None:
            timeout = as_float("timeout", timeout)
            if not timeout > 0:
                raise invalid("timeout", timeout, "a positive number of seconds, or None")
        self._worker = None if worker is None else as_text("worker", worker)
        self._own_worker: Tuple[int, str] = (0, "")
        self._connection = Connection(as_address(address), timeout, as_tls(tls), as_token(token, token_file))
        self.leases = LeaseKeeper(self._connection)
        self.outbox = Outbox(self._connection)

    @property
    def address(self) -> str:
        return self._connection.address

    @property
    def timeout(self) -> Optional[float]:
        """Seconds for a whole call, retries included; None: no limit."""
        return self._connection.timeout

    @property
    def worker(self) -> str:
        """Who asks: as given, or host-pid-random, which differs between processes."""
        if self._worker is not None:
            return self._worker
        pid = os.getpid()
        if self._own_worker[0] != pid:
            self._own_worker = (pid, f"{socket.gethostname()}-{pid}-{secrets.token_hex(4)}")
        return self._own_worker[1]

    def call(self, method: str, request: Any, timeout: Optional[float] = None, extra: Sequence[Tuple[str, Any]] = ()) -> Any:
        """The answer, or a parzen.Error; see :meth:`Connection.call`."""
        return self._connection.call(method, request, timeout, extra)

    def stream(self, method: str, request: Any, timeout: Optional[float]) -> Stream:
        """See :meth:`Connection.stream`."""
        return self._connection.stream(method, request, timeout)

    def close(self) -> None:
        """Closes the channel, and renews leases no more; later calls raise FailedPrecondition. Outcomes that are still to be
        recorded are tried once more, for some seconds."""
        self.outbox.close()
        self.leases.close()
        self._connection.close()

    def __getstate__(self) -> Dict[str, Any]:
        token = self._connection.token
        return {
            "address": self.address,
            "worker": self._worker,
            "timeout": self.timeout,
            "tls": self._connection.tls or False,
            "token_file": None if token is None else token.file,
        }

    def __setstate__(self, state: Dict[str, Any]) -> None:
        Session.__init__(self, **state)

    def __repr__(self) -> str:
        return f"{self.address!r}, worker={self.worker!r}, timeout={self.timeout!r}"
