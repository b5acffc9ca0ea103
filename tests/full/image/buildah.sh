# Sourced by image.sh: an image without a container engine. buildah builds it in chroots, with debian:bookworm-slim made by debootstrap;
# it runs in namespaces of its own for processes and mounts, its root read-only, as the image's user, as process 1.
[ "$(id -u)" = 0 ] || die "needs root: buildah works in chroots here"
./dev install buildah debootstrap util-linux
export BUILDAH_ISOLATION=chroot
readonly storage=$PWD/build/full/containers
buildah_here() { buildah --storage-driver vfs --root "$storage/graph" --runroot "$storage/run" "$@"; }

# Debian's own slim image is a minimal root without documentation and translations; so is this one.
make_base() {
  local base=$PWD/build/full/debian-slim container
  if ! [ -e "$base/etc/dpkg/dpkg.cfg.d/slim" ]; then
    rm -rf "$base" && mkdir -p "$base"
    debootstrap --variant=minbase bookworm "$base" >&2
    printf 'path-exclude /usr/share/%s/*\n' doc man locale info >"$base/etc/dpkg/dpkg.cfg.d/slim"
    rm -rf "$base"/usr/share/{doc,man,locale,info}/* "$base"/var/lib/apt/lists/* "$base"/var/cache/apt/*
  fi
  container=$(buildah_here from scratch)
  buildah_here copy -q "$container" "$base" / >/dev/null
  buildah_here config --cmd bash --env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$container"
  buildah_here commit -q --rm "$container" localhost/debian:bookworm-slim >/dev/null
}

build_image() {
  buildah_here inspect --type image localhost/debian:bookworm-slim >/dev/null 2>&1 || make_base
  local cache=()
  [ -z "${PARZEN_CCACHE:-}" ] || cache=(--volume "$PARZEN_CCACHE:/root/.cache/ccache")
  [ -z "${container:-}" ] || buildah_here rm "$container" >/dev/null
  buildah_here bud --pull-never "${cache[@]}" -f docker/Dockerfile -t localhost/parzen "$work/context" >"$work/build.log" 2>&1 ||
    { tail -n 100 "$work/build.log" >&2; die "the build failed"; }
  grep -E 'tests passed' "$work/build.log" || die "no unit test ran in the build"
  container=$(buildah_here from --pull-never localhost/parzen)
  root=$(buildah_here mount "$container")
  mapfile -t entry < <(field Entrypoint)
  user=$(field User)
  mapfile -t environment < <(field Env)
}
# A field of the image's configuration, a line an entry.
field() {
  buildah_here inspect --type image localhost/parzen | python3 -c '
import json, sys
value = json.load(sys.stdin)["OCIv1"]["config"][sys.argv[1]]
print(*(value if isinstance(value, list) else [value]), sep="\n")' "$1"
}
in_image() { chroot "$root" "$@"; }
tree_bytes() { du -sx --block-size=1 "$1" | cut -f1; }
image_bytes() { tree_bytes "$root"; }
base_bytes() {
  local base
  base=$(buildah_here from --pull-never localhost/debian:bookworm-slim)
  tree_bytes "$(buildah_here mount "$base")"
  buildah_here rm "$base" >/dev/null
}

start_server() {
  local volume=$work/data inside=$work/root
  mkdir -p "$volume" "$inside"
  chown "$user" "$volume"
  rm -f "$volume/port"
  unshare --mount --pid --fork --kill-child bash -euc '
    root=$1 inside=$2 volume=$3 user=$4 && shift 4
    mount --bind "$root" "$inside"
    mount --bind "$volume" "$inside/data"
    mount -t proc proc "$inside/proc"
    mount --rbind /dev "$inside/dev"
    mount -o remount,ro,bind "$inside"
    exec chroot --userspec="$user" "$inside" "$@"' image "$root" "$inside" "$volume" "$user" \
    /usr/bin/env -i "${environment[@]}" "${entry[@]}" --listen 127.0.0.1:0 --port-file /data/port >>"$work/server.log" 2>&1 &
  engine=$!
  local tries=0
  until [ -s "$volume/port" ]; do
    kill -0 "$engine" 2>/dev/null && [ $((tries++)) -lt 600 ] || { cat "$work/server.log" >&2; die "the server does not serve"; }
    sleep 0.1
  done
  server=$(pgrep -P "$engine")
  address=127.0.0.1:$(cat "$volume/port")
  # The image's own health check, from inside.
  nsenter --target "$server" --mount --root --wd /usr/bin/env -i "${environment[@]}" parzend --health --listen "$address" || die "the image's health check fails"
  ! nsenter --target "$server" --mount --root --wd touch /not-writable 2>/dev/null || die "the image's root can be written"
}
server_identity() { echo "user $(stat -c %u "/proc/$server"), process $(awk '/^NSpid/ {print $NF}' "/proc/$server/status") of its container"; }
kill_server() { kill -KILL "$server" && { wait "$engine" || true; }; }
stop_server() { kill -TERM "$server" && wait "$engine"; }
clean_up() {
  kill -KILL "${engine:-}" 2>/dev/null || true
  # Every image and container is a whole tree here: nothing of them is left.
  buildah_here rm --all >/dev/null 2>&1 || true
  buildah_here rmi --all --force >/dev/null 2>&1 || true
}
