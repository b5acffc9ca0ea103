#!/usr/bin/env bash
# The Debian package: built by cpack, lintian without errors, then in a bare Debian root that is booted as a container: installed, its
# unit started, upgraded while it runs (a changed configuration stays), removed (the studies stay) and purged (nothing stays). Needs root.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
[ "$(id -u)" = 0 ] || { echo "deb: needs root for chroot" >&2; exit 1; }
./dev install debootstrap lintian dpkg-dev file systemd-container util-linux
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
clean_up() {
  [ -z "${container:-}" ] || { kill -KILL "${init:-$container}" && wait "$container"; } 2>/dev/null || true
  umount -l "$root/proc" "$root/dev" 2>/dev/null || true
  rm -rf --one-file-system "$root"
}
trap clean_up EXIT
cp -a "$base/." "$root"
cp /etc/resolv.conf "$root/etc/" 2>/dev/null || true
cp -r /usr/local/share/ca-certificates/. "$root/usr/local/share/ca-certificates/" 2>/dev/null || true
for dir in proc dev; do mount --rbind "/$dir" "$root/$dir"; done
# In the root alone, and once it is booted in the container.
inside() {
  ${enter:-chroot "$root"} env -i HOME=/root LANG=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive \
    ${http_proxy:+http_proxy=$http_proxy} ${https_proxy:+https_proxy=$https_proxy} "$@"
}
inside update-ca-certificates >/dev/null 2>&1 || true
inside apt-get update -q >/dev/null
apt() { inside apt-get "$1" -q -y --no-install-recommends -o Dpkg::Options::=--force-confdef "${@:2}" >"$out/apt.log" 2>&1 || { cat "$out/apt.log" >&2; exit 1; }; }
cp "$old" "$new" "$root/srv/"

apt install systemd-sysv dbus "/srv/$(basename "$old")"
check 'installed: the programs run' inside sh -c 'parzend --version && parzen --version'
check 'installed: a user of its own without a shell' inside sh -c 'getent passwd parzen | grep -q "/var/lib/parzen:/usr/sbin/nologin$"'
check 'installed: the studies are kept from others' inside sh -c '[ "$(stat -c "%U:%G %a" /var/lib/parzen)" = "parzen:parzen 750" ]'
check 'installed: systemd understands the unit' inside systemd-analyze verify parzend.service
# 0 is hardened in every way that systemd knows, 100 in none.
check 'installed: the unit is hardened' inside systemd-analyze security --no-pager --offline=true --threshold=20 parzend.service >"$out/security.log"
tail -n 1 "$out/security.log" >&2

# Booted in namespaces of its own; its network has nothing but a loopback.
umount -l "$root/proc" "$root/dev"
systemd-nspawn --quiet --directory="$root" --private-network --register=no --keep-unit --link-journal=no --resolv-conf=off --timezone=off \
  --console=pipe --boot </dev/null >"$out/boot.log" 2>&1 &
container=$!
find_init() { for _ in $(seq 600); do init=$(pgrep -P "$container") && enter="nsenter --target $init --all" && return; sleep 0.1; done; return 1; }
check 'the root boots' find_init
is_booted() { for _ in $(seq 600); do case $(inside systemctl is-system-running 2>/dev/null) in running | degraded) return ;; esac; sleep 0.1; done; return 1; }
check 'systemd runs' is_booted

serves() { inside systemctl is-active -q parzend && inside parzend --health; }
server() { inside systemctl show -P MainPID parzend; }
check 'installed: nothing is started by it' inside sh -c '! systemctl is-active -q parzend && ! systemctl is-enabled -q parzend'
check 'the unit starts' inside systemctl enable --now -q parzend
wait_for_server() { for _ in $(seq 600); do ! serves 2>/dev/null || return 0; sleep 0.1; done; inside journalctl --no-pager -u parzend >&2; return 1; }
check 'it serves' wait_for_server
first=$(server)
check 'as its user, without privileges, its system calls filtered' inside sh -c "
  [ \$(stat -c %U /proc/$first) = parzen ] && grep -q '^CapBnd:.0*\$' /proc/$first/status && grep -q '^Seccomp:.2\$' /proc/$first/status"
check 'a study is made' inside parzen study create kept -p 'x=float(0, 1)'
check 'it works: a trial of each sampler' inside sh -c 'for sampler in random qmc tpe gp-ei; do
  parzen study create $sampler --sampler $sampler --max-trials 12 -p "x=float(0, 1)" && parzen worker $sampler -- echo {x} >/dev/null 2>&1 || exit 1; done'
check 'a backup is taken beside it, as its user' inside setpriv --reuid=parzen --regid=parzen --clear-groups sh -c '
  parzen backup /var/lib/parzen/copy.db --db /var/lib/parzen/studies.db && parzen check /var/lib/parzen/copy.db'
check 'killed, it is started again' inside sh -c "kill -KILL $first"
is_another() { for _ in $(seq 600); do local now; now=$(server); [ "$now" = 0 ] || [ "$now" = "$1" ] || return 0; sleep 0.1; done; return 1; }
check 'killed: another process' is_another "$first"
check 'killed: it serves again' wait_for_server

second=$(server)
echo '# changed by hand' >>"$root/etc/parzen/parzend.conf"
apt install "/srv/$(basename "$new")"
check 'upgraded: the version' inside sh -c '[ "$(dpkg-query -W -f "\${Version}" parzen)" = 0.1.1 ]'
check 'upgraded: the changed configuration stays' grep -q 'changed by hand' "$root/etc/parzen/parzend.conf"
check 'upgraded: the running server is replaced' is_another "$second"
check 'upgraded: it serves' wait_for_server
check 'upgraded: the study is there' inside parzen study show kept >/dev/null

apt remove parzen
check 'removed: the server has stopped' sh -c "! pgrep --ns $init parzend"
check 'removed: no programs' test ! -e "$root/usr/bin/parzend"
check 'removed: the studies and the configuration stay' test -s "$root/var/lib/parzen/studies.db" -a -e "$root/etc/parzen/parzend.conf"
apt purge parzen
check 'purged: no studies, no configuration' test ! -e "$root/var/lib/parzen" -a ! -e "$root/etc/parzen"
check 'purged: no user' inside sh -c '! getent passwd parzen >/dev/null'
# What a worker keeps in its user's home is not the package's.
check 'purged: no file of it' sh -c "! find '$root' -xdev -mindepth 1 -name '*parzen*' -not -path '$root/srv/*' -not -path '$root/var/log/*' -not -path '$root/root/*' | grep ."
echo 'deb: all good'
