#!/usr/bin/env bash
# Writes the protobuf modules of the package from proto/parzen/v1. Run it after every change of a .proto file, with Debian 12's
# protoc 3.21, whose output runs with protobuf 3.20 to 7. The only argument: where to write (default: into the package).
#
# The modules live in parzen._proto instead of parzen.v1; the file names in the descriptor pool stay parzen/v1/*.proto, as the
# server's reflection knows them. gRPC stubs are not generated: connection.py makes them from the service's descriptor.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
out="${1:-$here/src/parzen/_proto}"
protoc="${PROTOC:-protoc}"
version="$("$protoc" --version)"
if [ "$version" != "libprotoc 3.21.12" ]; then
  echo "generate.sh needs libprotoc 3.21.12 (Debian 12's protobuf-compiler), found: $version" >&2
  exit 1
fi
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
# What servers say to one another (peer.proto) is none of the clients'.
"$protoc" -I "$here/../../proto" --python_out="$work" --pyi_out="$work" "$here"/../../proto/parzen/v1/{error,optuna,parzen}.proto
sed -i -e 's/^from parzen\.v1 import /from parzen._proto import /' -e "s/'parzen\.v1\.\([a-z_]*_pb2\)'/'parzen._proto.\1'/" "$work"/parzen/v1/*
mkdir -p "$out"
cp "$work"/parzen/v1/*_pb2.py "$work"/parzen/v1/*_pb2.pyi "$out/"
