#!/usr/bin/env bash
# Prints the Debian packages that hold the shared libraries of the given binaries, one a line.
set -euo pipefail
for binary in "$@"; do ldd "$binary"; done | awk '$2 == "=>" && $3 ~ /^\// {print $3}' | sort -u | while read -r library; do
  # dpkg knows merged-/usr libraries under either name.
  dpkg-query -S "$library" 2>/dev/null || dpkg-query -S "${library#/usr}" 2>/dev/null || dpkg-query -S "/usr$library"
done | cut -d: -f1 | sort -u
