#!/usr/bin/env bash
# Shows that a bare Debian 12 with git, bash and certificates is enough: a fresh clone in a debootstrap'ed root, then each
# command given (default: "./dev demo" and "./dev test") inside it. Needs root and debootstrap.
#   usage: tests/full/bare_debian.sh [COMMAND ...]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
[ "$(id -u)" = 0 ] || { echo "bare_debian: needs root for chroot" >&2; exit 1; }
[ $# -gt 0 ] || set -- "./dev demo" "./dev test"

base=${PARZEN_DEBIAN_BASE:-$PWD/build/full/debian-base}
root=$(mktemp -d "${TMPDIR:-/var/tmp}/parzen-root.XXXXXX")
unmount() { umount -l "$root/proc" "$root/sys" "$root/dev/pts" "$root/dev/shm" "$root/dev" 2>/dev/null || true; }
trap 'unmount; rm -rf --one-file-system "$root"' EXIT

if ! [ -d "$base/etc" ]; then
  ./dev install debootstrap
  mkdir -p "$base"
  debootstrap --variant=minbase --include=git,bash,ca-certificates bookworm "$base"
fi
cp -a "$base/." "$root"
cp /etc/resolv.conf "$root/etc/" 2>/dev/null || true
# Certificates that this machine trusts beside Debian's, for a network with a proxy of its own.
cp -r /usr/local/share/ca-certificates/. "$root/usr/local/share/ca-certificates/" 2>/dev/null || true
for dir in proc sys dev dev/pts dev/shm; do mkdir -p "$root/$dir"; mount --bind "/$dir" "$root/$dir"; done
chroot "$root" update-ca-certificates >/dev/null 2>&1
git clone -q --no-local . "$root/root/parzen"

for command in "$@"; do
  start=$SECONDS
  printf '== in a bare Debian 12: %s\n' "$command"
  chroot "$root" env -i HOME=/root LANG=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    ${PIP_CERT:+PIP_CERT=/etc/ssl/certs/ca-certificates.crt} ${http_proxy:+http_proxy=$http_proxy} ${https_proxy:+https_proxy=$https_proxy} \
    bash -c "cd /root/parzen && $command"
  printf '== %s ended 0 after %d s\n' "$command" $((SECONDS - start))
done
