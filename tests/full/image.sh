#!/usr/bin/env bash
# The container image: built (by Docker where there is an engine, else by buildah without one), its size over the base measured, then
# started as a container would start it - its entry point, its user, a root that cannot be written - to train the digits example,
# killed, and started again on the same volume, where the study goes on. Needs root where there is no Docker engine.
#   usage: tests/full/image.sh [--twice]   --twice: built a second time, the image has the same files
#   PARZEN_CCACHE=DIR   a compiler cache for the build (buildah only)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
readonly kMaxMiB=60
./dev venv numpy scikit-learn  # for the workers, which run outside the image
say() { printf 'image: %s\n' "$*"; }
die() { say "$*" >&2; exit 1; }
work=$(mktemp -d "${TMPDIR:-/var/tmp}/parzen-image.XXXXXX")
# What is built is what git knows, not what lies about.
git ls-files -z | tar -c --null -T - | { mkdir "$work/context" && tar -x -C "$work/context"; }

if docker info >/dev/null 2>&1; then
  source tests/full/image/docker.sh
else
  source tests/full/image/buildah.sh
fi
trap 'clean_up; rm -rf --one-file-system "$work"' EXIT

# Everything in the image that is not mounted there: kind, mode, owner, name, target, and what is in it.
contents() { in_image sh -c 'cd / && find . -xdev -printf "%M %U:%G %p %l\n" && find . -xdev -type f -exec sha256sum {} +' | LC_ALL=C sort -k 2; }

build_image
if [ "${1:-}" = --twice ]; then
  contents >"$work/first"
  build_image
  contents >"$work/second"
  diff "$work/first" "$work/second" >&2 || die "built twice, the image differs"
  say "built twice, with the same $(grep -c '^-' "$work/first") files"
fi
size=$(image_bytes) base_size=$(base_bytes)
mib=$(((size - base_size + 1048575) / 1048576))
say "the image: $((size / 1048576)) MiB, of which $mib MiB over debian:bookworm-slim"
[ "$mib" -le "$kMaxMiB" ] || die "that is more than $kMaxMiB MiB over the base"

study() { build/venv/bin/python - "$@" <<'PY'
import sys
import parzen
sys.path.insert(0, "examples/digits")
with parzen.Client(sys.argv[1]) as client:
    if sys.argv[2] == "make":
        from train import SPACE
        client.create_study("digits", SPACE, sampler="tpe", seed=1, max_trials=int(sys.argv[3]))
    counts = client.study("digits").counts
    print(counts["complete"], client.study("digits").best_trial.value if counts["complete"] else "-")
PY
}
worker() { build/venv/bin/python examples/digits/worker.py --address "$address" --worker "image-worker-$1" digits >>"$work/worker$1.log" 2>&1 & workers+=($!); }
train() {
  workers=()
  worker 1
  worker 2
}

start_server
say "serving as $(server_identity), at $address"
study "$address" make 24 >/dev/null
train
for _ in $(seq 1200); do
  read -r before _ < <(study "$address" show)
  [ "$before" -lt 6 ] || break
  sleep 0.5
done
[ "$before" -ge 6 ] || { cat "$work"/worker*.log >&2; die "only $before trials are complete"; }
say "$before trials are complete; killing the server"
kill_server
kill "${workers[@]}" 2>/dev/null || true
wait "${workers[@]}" 2>/dev/null || true
start_server
read -r after best < <(study "$address" show)
[ "$after" -ge "$before" ] || die "only $after trials are left of $before"
say "started again: $after trials are there, the best log loss $best"
train
for pid in "${workers[@]}"; do wait "$pid" || { cat "$work"/worker*.log >&2; die "a worker failed"; }; done
read -r all best < <(study "$address" show)
[ "$all" = 24 ] || die "the study ended with $all trials, not 24"
say "the study went on to its end: $all trials, the best log loss $best"
stop_server
say "SIGTERM as process 1: ended in good order"
say 'all good'
