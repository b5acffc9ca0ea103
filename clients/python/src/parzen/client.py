"""The client: a server's address and the studies there."""

from __future__ import annotations

import os
from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Sequence, Union

from parzen._proto import parzen_pb2
from parzen.connection import new_request_id
from parzen.definition import encode_study, encode_warm_start
from parzen.pruners import Pruner
from parzen.samplers import Sampler
from parzen.session import Session
from parzen.space import Parameter
from parzen.study import Study
from parzen.tls import Tls
from parzen.values import as_bool, as_text


class ServerInfo(NamedTuple):
    """What :meth:`Client.server_info` answers."""

    version: str
    api_version: str
    storage_id: str


class Client:
    """A Parzen server.

    Connects at its first call; threads may share it. A thread of its own renews the leases of the trials that it was handed out,
    from the first one on and as long as it holds any; a forked child does not renew its parent's. Every call raises a
    :class:`parzen.Error`; UNAVAILABLE is tried again until the timeout, with the same request id, so that nothing is done twice.
    Pickles by address, worker, timeout and the paths of its TLS and token files, never a token or a channel: where it is
    unpickled, the environment's PARZEN_TOKEN counts. A forked child opens its own channel.

    Args:
        address: "host:port", or several servers of the same studies, "host1:port1,host2:port2": where one cannot be reached, the
            next one is called; default: the environment's PARZEN_ADDRESS, else "127.0.0.1:7070".
        worker: who asks, at most 256 bytes; kept with each trial. Needed to be fixed where a worker that starts again should get
            its own unfinished trials back (``ask(resume=True)``). Default: host-pid-random, another one in each process.
        timeout: seconds for a whole call, retries included; None: no limit.
        tls: a :class:`parzen.Tls`; True: the server has a certificate of a public authority; False: plain text. Default: the
            files that the environment's PARZEN_TLS_CA, PARZEN_TLS_CERT and PARZEN_TLS_KEY name, plain text where it names none.
        token: the bearer token to show; default: the environment's PARZEN_TOKEN, if any. Without TLS it travels in the clear.
        token_file: a file with the token in its first line, instead of ``token``; read again when it changes.
    """

    def __init__(
        self,
        address: Optional[str] = None,
        *,
        worker: Optional[str] = None,
        timeout: Optional[float] = 30,
        tls: Union[None, bool, Tls] = None,
        token: Optional[str] = None,
        token_file: Union[None, str, "os.PathLike[str]"] = None,
    ) -> None:
        self._session = Session(address, worker=worker, timeout=timeout, tls=tls, token=token, token_file=token_file)

    @property
    def address(self) -> str:
        return self._session.address

    @property
    def timeout(self) -> Optional[float]:
        return self._session.timeout

    @property
    def worker(self) -> str:
        """Who asks: as given, or host-pid-random, which differs between processes."""
        return self._session.worker

    def create_study(
        self,
        name: str,
        space: Optional[Mapping[str, Parameter]] = None,
        *,
        direction: str = "minimize",
        directions: Optional[Sequence[str]] = None,
        metric_names: Optional[Sequence[str]] = None,
        sampler: Union[None, str, Sampler] = None,
        seed: Optional[int] = None,
        pruner: Union[None, str, Pruner] = None,
        exist_ok: bool = False,
        max_trials: Optional[int] = None,
        max_duration: Optional[float] = None,
        target: Union[None, float, Sequence[float]] = None,
        patience: Optional[int] = None,
        max_retries: int = 3,
        allow_repeats: bool = False,
        user_attrs: Optional[Mapping[str, Any]] = None,
        warm_start_from: Union[None, str, Sequence[str]] = None,
    ) -> Study:
        """Makes a study.

        Args:
            name: 1 to 256 bytes of UTF-8, unique on the server.
            space: name -> Float | Int | Categorical, suggested in this order. None or empty: define-by-run.
            direction: "minimize" or "maximize"; for several objectives ``directions``, one each, instead.
            metric_names: names of the objectives, one each, different.
            sampler: "random", "qmc", "tpe", "gp-ei", an object such as ``parzen.Tpe(...)``, or None: "gp-ei" in a declared space
                of at most 100 parameters until 1,000 trials are complete, else "tpe" (docs/samplers.md).
            seed: 0 to 2**64 - 1: the same seed and the same history give the same suggestion. None: drawn and recorded.
            pruner: "none", "median", "asha", "hyperband", "wilcoxon", ``parzen.PercentilePruner(25)``, ...; None: extrapolation.
            exist_ok: return the study of this name where it has the same definition (an unset seed matches any). A token of the
                role worker needs it, and that the study is there: it makes none (docs/security.md).
            max_trials: never more trials than this exist, imported ones not counted; None: no bound.
            max_duration: seconds after the first ask at which the study finishes by itself; running trials may still be told.
            target: finish once a complete trial is at least as good; for several objectives a list, all of which it must reach.
            patience: finish after so many complete trials in a row without a better one.
            max_retries: how often a trial is run again after its lease ran out; the next time it is failed.
            allow_repeats: a point of a finite space (at most a million points) may be handed out again.
            user_attrs: JSON values by name.
            warm_start_from: names of at most 20 earlier studies to learn from, or "auto": the latest ones with the same parameter
                names (docs/transfer.md). The space must be declared. With exist_ok a study that exists keeps what it has learned.

        Raises:
            AlreadyExists: the name is in use (with exist_ok: by another definition; the message says what differs).
            InvalidArgument: the message names the field, the value and what is accepted.
            NotFound: a study of warm_start_from does not exist.
        """
        study = encode_study(
            name, space, direction=direction, directions=directions, metric_names=metric_names,
            sampler=sampler, seed=seed, pruner=pruner,
            max_trials=max_trials, max_duration=max_duration, target=target, patience=patience,
            max_retries=max_retries, allow_repeats=allow_repeats, user_attrs=user_attrs,
        )
        request = parzen_pb2.CreateStudyRequest(request_id=new_request_id(), study=study, exist_ok=as_bool("exist_ok", exist_ok))
        encode_warm_start(warm_start_from, request)
        return Study.from_message(self._session, self._session.call("CreateStudy", request))

    def study(self, name: str) -> Study:
        """The study of this name. Raises NotFound."""
        return Study.from_message(
            self._session, self._session.call("GetStudy", parzen_pb2.GetStudyRequest(study=as_text("name", name)))
        )

    def studies(self, prefix: str = "") -> List[Study]:
        """All studies whose names begin with ``prefix``, in name order."""
        studies: List[Study] = []
        request = parzen_pb2.ListStudiesRequest(name_prefix=as_text("prefix", prefix))
        while True:
            response = self._session.call("ListStudies", request)
            studies.extend(Study.from_message(self._session, message) for message in response.studies)
            if not response.next_page_token:
                return studies
            request.page_token = response.next_page_token

    def delete_study(self, name: str) -> None:
        """Removes a study and its trials for good. Raises NotFound."""
        request = parzen_pb2.DeleteStudyRequest(request_id=new_request_id(), study=as_text("name", name))
        self._session.call("DeleteStudy", request)

    def server_info(self) -> ServerInfo:
        """The server's version, and the id of its database file."""
        info = self._session.call("GetServerInfo", parzen_pb2.GetServerInfoRequest())
        return ServerInfo(info.version, info.api_version, info.storage_id)

    def close(self) -> None:
        """Closes the channel; later calls of this client, its studies and trials raise FailedPrecondition. Leases are renewed no
        more."""
        self._session.close()

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def __getstate__(self) -> Dict[str, Any]:
        return {"session": self._session}

    def __setstate__(self, state: Dict[str, Any]) -> None:
        self._session = state["session"]

    def __repr__(self) -> str:
        return f"parzen.Client({self._session!r})"
