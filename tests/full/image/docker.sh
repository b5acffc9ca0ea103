# Sourced by image.sh: the image by Docker.
build_image() {
  docker build --no-cache -f docker/Dockerfile -t parzen "$work/context" >"$work/build.log" 2>&1 || { tail -n 100 "$work/build.log" >&2; die "the build failed"; }
}
in_image() { docker run --rm --user 0 --entrypoint "$1" parzen "${@:2}"; }
image_bytes() { docker image inspect --format '{{.Size}}' parzen; }
base_bytes() { docker image inspect --format '{{.Size}}' debian:bookworm-slim; }
start_server() {
  container=$(docker run -d --read-only --cap-drop ALL --security-opt no-new-privileges -v parzen-image-test:/data -p 127.0.0.1::7070 \
    parzen --listen 0.0.0.0:7070 --insecure)
  address=$(docker port "$container" 7070 | head -n 1)
  local tries=0
  until docker exec "$container" parzend --health --listen 0.0.0.0:7070 2>/dev/null; do
    [ $((tries++)) -lt 600 ] || { docker logs "$container" >&2; die "the server does not serve"; }
    sleep 0.1
  done
}
server_identity() { docker exec "$container" id -u 2>/dev/null || docker inspect --format '{{.Config.User}}' "$container"; }
kill_server() { docker kill "$container" >/dev/null && docker rm "$container" >/dev/null; }
stop_server() { docker stop -t 30 "$container" >/dev/null && [ "$(docker inspect --format '{{.State.ExitCode}}' "$container")" = 0 ]; }
clean_up() {
  docker rm -f "${container:-}" >/dev/null 2>&1 || true
  docker volume rm parzen-image-test >/dev/null 2>&1 || true
}
