"""The native API over HTTP by the Connect protocol, written by hand: what wire.py is for gRPC."""

from __future__ import annotations

import base64
import http.client
import json
import re
import ssl
import struct
import time

from google.protobuf import json_format
from google.protobuf import message as protobuf_message

from parzen._proto import error_pb2
from wire import METHODS, SERVICE, STREAMS, Answer, message_class

END_OF_STREAM = 2


def http_port(server) -> int:
    """Where a server that was started with --http-listen 127.0.0.1:0 listens. The log is written a moment after the server is there."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        if found := re.search(r" http address=\S+ port=(\d+)\n", server.log()):
            return int(found[1])
        time.sleep(0.01)
    raise AssertionError(f"no HTTP port in the log:\n{server.log()}")


def error_of(error: dict) -> Answer:
    """A failed call, from Connect's JSON. The ErrorInfo among the details and its readable twin say the same."""
    reason = ""
    for detail in error.get("details", []):
        assert detail["type"] == "google.rpc.ErrorInfo" and not detail["value"].endswith("=")
        info = error_pb2.ErrorInfo.FromString(base64.b64decode(detail["value"] + "=="))
        assert json_format.MessageToDict(info) == detail["debug"]
        reason = info.reason
    code = {"canceled": "CANCELLED"}.get(error["code"], error["code"].upper())
    return Answer(code, reason, error["message"])


class HttpWire:
    """One connection, in one of the two formats: "json" or "proto"."""

    def __init__(self, port: int, form: str = "json", token: str | None = None, tls: ssl.SSLContext | None = None, timeout: float = 30.0):
        host = "localhost" if tls else "127.0.0.1"
        self.connection = http.client.HTTPSConnection(host, port, timeout=timeout, context=tls) if tls else http.client.HTTPConnection(host, port, timeout=timeout)
        self.form = form
        self.headers = {"Authorization": "Bearer " + token} if token is not None else {}

    def close(self) -> None:
        self.connection.close()

    def __enter__(self) -> "HttpWire":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def encode(self, request) -> bytes:
        if not isinstance(request, protobuf_message.Message):
            return bytes(request)
        return json_format.MessageToJson(request).encode() if self.form == "json" else request.SerializeToString()

    def decode(self, method: str, body: bytes):
        response = message_class(METHODS[method].output_type)()
        if self.form == "proto":
            response.ParseFromString(body)
        else:
            json_format.Parse(body, response)
        return response

    def post(self, method: str, body: bytes, **headers: str):
        """The response's status, headers and body."""
        kind = "application/connect+" if method in STREAMS else "application/"
        given = {"Content-Type": kind + self.form, **self.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
        self.connection.request("POST", f"/{SERVICE.full_name}/{method}", body, given)
        return self.connection.getresponse()

    def call(self, method: str, request, **headers: str) -> Answer:
        body = self.encode(request)
        if method in STREAMS:
            for flags, message in self.stream(method, body, **headers):
                if flags & END_OF_STREAM:
                    end = json.loads(message)
                    return error_of(end["error"]) if "error" in end else Answer("OK", "", "")
                return Answer("OK", "", "", self.decode(method, message))
        response = self.post(method, body, **headers)
        answer = response.read()
        if response.status == 200:
            assert response.headers["Content-Type"] == "application/" + self.form
            return Answer("OK", "", "", self.decode(method, answer))
        assert response.headers["Content-Type"] == "application/json", answer
        return error_of(json.loads(answer))

    def stream(self, method: str, body: bytes, **headers: str):
        """The envelopes of a stream: (flags, message). The connection is closed after it."""
        response = self.post(method, struct.pack(">BI", 0, len(body)) + body, **headers)
        try:
            assert response.status == 200 and response.headers["Content-Type"] == "application/connect+" + self.form, response.read()
            while head := response.read(5):
                flags, size = struct.unpack(">BI", head)
                yield flags, response.read(size)
        finally:
            response.close()
            self.connection.close()

    def must(self, method: str, request, **headers: str):
        answer = self.call(method, request, **headers)
        assert answer.ok, f"{method}: {answer}"
        return answer.response
