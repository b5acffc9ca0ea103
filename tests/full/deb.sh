#!/usr/bin/env bash
# The Debian package: built by cpack, lintian without errors, then in a bare Debian root: installed, its server run as its user, upgraded
# (a changed configuration stays), removed (the studies stay) and purged (nothing stays). Needs root.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
[ "$(id -u)" = 0 ] || { echo "deb: needs root for chroot" >&2; exit 1; }
./dev install debootstrap lintian dpkg-dev file
check() { printf 'deb: %s\n' "$1" >&2; shift; "$@" || { echo "deb: that failed: $*" >&2; exit 1; }; }

# Two versions of the package from one build.
out=$PWD/build/full/deb
rm -rf "$out" && mkdir -p "$out"
make_deb() {
  (cd build/release && cpack -G DEB -D CPACK_PACKAGE_VERSION="$1" \
    -D CPACK_DEBIAN_PACKAGE_VERSION="$1" -B "$out" >"$out/cpack.log" 2>&1) || { cat "$out/cpack.log" >&2; exit 1; }
}
make_deb 0.1.0
make_deb 0.1.1
old=$(echo "$out"/parzen_0.1.0_*.deb) new=$(echo "$out"/parzen_0.1.1_*.deb)
lintian --fail-on error --tag-display-limit 0 "$old"
dpkg-deb -I "$old" | grep -E 'Depends|Installed-Size'

base=${PARZEN_DEBIAN_BASE:-$PWD/build/full/debian-base}
if ! [ -d "$base/etc" ]; then
  mkdir -p "$base"
  debootstrap --variant=minbase --include=git,bash,ca-certificates bookworm "$base"
fi
root=$(mktemp -d "${TMPDIR:-/var/tmp}/parzen-deb.XXXXXX")
unmount() { umount -l "$root/proc" "$root/sys" "$root/dev/pts" "$root/dev/shm" "$root/dev" 2>/dev/null || true; }
trap 'unmount; rm -rf --one-file-system "$root"' EXIT
cp -a "$base/." "$root"
cp /etc/resolv.conf "$root/etc/" 2>/dev/null || true
cp -r /usr/local/share/ca-certificates/. "$root/usr/local/share/ca-certificates/" 2>/dev/null || true
for dir in proc sys dev dev/pts dev/shm; do mkdir -p "$root/$dir"; mount --bind "/$dir" "$root/$dir"; done
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d" && chmod 755 "$root/usr/sbin/policy-rc.d"
# "exec chroot" where the process is to be signalled: then it is the job itself.
inside() { chroot_with "$@"; }
chroot_with() {
  ${replace:-} chroot "$root" env -i HOME=/root LANG=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive \
    ${http_proxy:+http_proxy=$http_proxy} ${https_proxy:+https_proxy=$https_proxy} "$@"
}
inside update-ca-certificates >/dev/null 2>&1 || true
inside apt-get update -q >/dev/null
cp "$old" "$new" "$root/tmp/"
install_deb() { inside apt-get install -q -y --no-install-recommends -o Dpkg::Options::=--force-confdef "/tmp/$(basename "$1")" >"$out/apt.log" 2>&1 || { cat "$out/apt.log" >&2; exit 1; }; }

install_deb "$old"
check 'installed: the programs run' inside sh -c 'parzend --version && parzen --version'
check 'installed: a user of its own without a shell' inside sh -c 'getent passwd parzen | grep -q "/var/lib/parzen:/usr/sbin/nologin$"'
check 'installed: the studies are kept from others' inside sh -c '[ "$(stat -c "%U:%G %a" /var/lib/parzen)" = "parzen:parzen 750" ]'
if command -v systemd-analyze >/dev/null; then  # 0 is hardened in every way that systemd knows, 10 in none
  check 'installed: the unit is hardened' systemd-analyze security --no-pager --offline=true --threshold=20 --root="$root" parzend.service >"$out/security.log"
  tail -n 1 "$out/security.log" >&2
fi

# The server as the unit starts it: its user, its command, its configuration.
command=$(sed -n 's/^ExecStart=//p' "$root/lib/systemd/system/parzend.service")
serve() { replace=exec chroot_with setpriv --reuid=parzen --regid=parzen --init-groups --no-new-privs --bounding-set=-all $command --listen 127.0.0.1:0 --port-file /var/lib/parzen/port & server=$!; }
wait_for_port() { for _ in $(seq 600); do [ -s "$root/var/lib/parzen/port" ] && return; sleep 0.1; done; return 1; }
end_server() { kill -TERM "$server"; wait "$server"; rm -f "$root/var/lib/parzen/port"; }
client() { inside parzen --address "127.0.0.1:$(cat "$root/var/lib/parzen/port")" "$@"; }
serve
check 'it serves' wait_for_port
check 'a study is made' client study create kept -p 'x=float(0, 1)'
end_server

echo '# changed by hand' >>"$root/etc/parzen/parzend.conf"
install_deb "$new"
check 'upgraded: the version' inside sh -c '[ "$(dpkg-query -W -f "\${Version}" parzen)" = 0.1.1 ]'
check 'upgraded: the changed configuration stays' grep -q 'changed by hand' "$root/etc/parzen/parzend.conf"
serve
check 'it serves again' wait_for_port
check 'upgraded: the study is there' client study show kept >/dev/null
end_server

inside apt-get remove -q -y parzen >/dev/null
check 'removed: no programs' test ! -e "$root/usr/bin/parzend"
check 'removed: the studies and the configuration stay' test -s "$root/var/lib/parzen/studies.db" -a -e "$root/etc/parzen/parzend.conf"
inside apt-get purge -q -y parzen >/dev/null
check 'purged: no studies, no configuration' test ! -e "$root/var/lib/parzen" -a ! -e "$root/etc/parzen"
check 'purged: no user' inside sh -c '! getent passwd parzen >/dev/null'
check 'purged: no file of it' sh -c "! find '$root' -xdev -mindepth 1 -name '*parzen*' -not -path '$root/tmp/*' -not -path '$root/var/log/*' | grep ."
echo 'deb: all good'
