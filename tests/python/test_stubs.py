"""The committed protobuf modules are those that Debian's protoc makes from the .proto files."""

from __future__ import annotations

import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "clients" / "python" / "src" / "parzen" / "_proto"


def test_fresh(tmp_path: pathlib.Path) -> None:
    subprocess.run([str(ROOT / "clients" / "python" / "generate.sh"), str(tmp_path)], check=True)
    made = {path.name: path.read_text() for path in tmp_path.iterdir()}
    kept = {path.name: path.read_text() for path in PACKAGE.glob("*_pb2.py*")}
    assert sorted(made) == sorted(kept) == ["error_pb2.py", "error_pb2.pyi", "optuna_pb2.py", "optuna_pb2.pyi", "parzen_pb2.py", "parzen_pb2.pyi"]
    for file in made:
        assert made[file] == kept[file], f"{file} is stale: run clients/python/generate.sh"


def test_descriptor_names() -> None:
    from parzen._proto import error_pb2, parzen_pb2

    assert parzen_pb2.DESCRIPTOR.name == "parzen/v1/parzen.proto"
    assert error_pb2.DESCRIPTOR.name == "parzen/v1/error.proto"
    assert parzen_pb2.DESCRIPTOR.package == "parzen.v1"


@pytest.mark.parametrize("first", ["parzen", "googleapis"])
def test_no_conflict_with_google_rpc(first: str) -> None:
    """A file that declares package google.rpc, as googleapis-common-protos has one, loads beside ours in either order."""
    program = """
import sys
from google.protobuf import descriptor_pb2, descriptor_pool
def google():
    f = descriptor_pb2.FileDescriptorProto(name="google/rpc/error_details.proto", package="google.rpc", syntax="proto3")
    m = f.message_type.add(name="ErrorInfo")
    m.field.add(name="reason", number=1, type=9, label=1)
    pool = descriptor_pool.Default()
    pool.AddSerializedFile(f.SerializeToString()); pool.FindMessageTypeByName("google.rpc.ErrorInfo")
if sys.argv[1] == "parzen":
    import parzen; google()
else:
    google(); import parzen
import parzen._proto.error_pb2
assert not any(name == "parzen.v1" or name.startswith("google.rpc") for name in sys.modules)
"""
    subprocess.run([sys.executable, "-c", program, first], check=True)
