"""docker/compose-replicas.yaml started by hand, where there is no engine for containers: each service with exactly the file's command and environment, under
its name in a network of its own, as the user (but for Python, which is this machine's), without the rights and on the read-only root that file and images say, once what it depends on is healthy.
The workers train the digits example to its end while a replica is killed. Needs root and iproute2. PARZEND: the binary (default: the release build's)."""

import contextlib
import json
import os
import pathlib
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tests" / "python"))
from postgres import NOBODY, programs  # noqa: E402

PARZEND = os.environ.get("PARZEND", str(ROOT / "build" / "release" / "server" / "parzend"))
FILE = yaml.safe_load((ROOT / "docker" / "compose-replicas.yaml").read_text())
NETWORK = f"pz{os.getpid()}"
TRIALS = 64  # as docker/worker.Dockerfile has it


def run(*command: str, **how: object) -> str:
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, **how).stdout


def wait_until(over, seconds: float, what: str) -> None:
    deadline = time.monotonic() + seconds
    while not over():
        assert time.monotonic() < deadline, f"waited in vain until {what}"
        time.sleep(0.1)


class Image:
    """What a Dockerfile's last stage says of the container."""

    def __init__(self, dockerfile: str) -> None:
        text = (ROOT / dockerfile).read_text().rsplit("\nFROM ", 1)[1].replace("\\\n", " ")
        copied = re.search(r"^COPY (examples/\S+) /app\nWORKDIR /app$", text, re.MULTILINE)
        self.folder = ROOT / copied[1] if copied else "/"
        self.entry = json.loads(re.search(r"^ENTRYPOINT (.*)$", text, re.MULTILINE)[1])
        # Python is this machine's, and may be in a home that only its owner can read.
        self.user = str(os.getuid()) if self.entry[0] == "python" else re.search(r"^USER ([0-9]+)", text, re.MULTILINE)[1]
        self.environment = dict(pair.split("=", 1) for line in re.findall(r"^ENV (.*)$", text, re.MULTILINE) for pair in shlex.split(line))
        health = re.search(r"^HEALTHCHECK .*CMD (.*)$", text, re.MULTILINE)
        self.health = json.loads(health[1]) if health else None


class PostgresImage:
    """What postgres:15 does with the file's variables: the role and a database of its name, and that rule for everybody who comes by TCP."""

    user = str(NOBODY)
    health = None  # the file has one

    def __init__(self, environment: dict, folder: pathlib.Path) -> None:
        role, rule = environment["POSTGRES_USER"], environment["POSTGRES_HOST_AUTH_METHOD"]
        self.folder = folder
        data = folder / "data"
        as_user = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
        run(*as_user, str(programs() / "initdb"), "-D", str(data), "-U", role, f"--auth={rule}", "--no-sync", cwd=folder)
        run(*as_user, str(programs() / "postgres"), "--single", "-D", str(data), "postgres", input=f'CREATE DATABASE "{role}"\n', cwd=folder)
        with open(data / "pg_hba.conf", "a") as file:
            file.write(f"host all all all {rule}\n")
        self.entry = ["postgres", "-D", str(data), "-c", "listen_addresses=*", "-c", "unix_socket_directories="]
        self.environment = {}


class Container:
    def __init__(self, name: str, service: dict, image, work: pathlib.Path, path: str) -> None:
        self.name, self._service, self._image = name, service, image
        self.log = work / f"{name}.log"
        self._environment = {"PATH": path, "HOME": "/nonexistent", **image.environment, **service.get("environment", {})}
        self._namespace = f"{NETWORK}-{name}"

    def _inside(self, command: list) -> list:
        confined = ["setpriv", f"--reuid={self._image.user}", f"--regid={self._image.user}", "--clear-groups"]
        if "no-new-privileges:true" in self._service.get("security_opt", []):
            confined.append("--no-new-privs")
        if self._service.get("cap_drop") == ["ALL"]:
            confined += ["--bounding-set=-all", "--inh-caps=-all"]
        mounts = ["mount -o remount,bind,ro /"] if self._service.get("read_only") else []
        mounts += [f"mount -t tmpfs tmpfs {place}" for place in self._service.get("tmpfs", [])]
        script = " && ".join([f"hostname {self.name}", *mounts, f"cd {self._image.folder}", "exec " + shlex.join([*confined, *command])])
        return ["ip", "netns", "exec", self._namespace, "unshare", "--mount", "--uts", "sh", "-c", script]

    def start(self) -> None:
        with open(self.log, "a") as log:
            command = self._inside([*self._image.entry, *self._service.get("command", [])])
            self.process = subprocess.Popen(command, stdout=log, stderr=log, env=self._environment)

    def is_healthy(self) -> bool:
        assert self.process.poll() is None, f"{self.name} has ended:\n{self.log.read_text()}"
        check = self._service.get("healthcheck", {}).get("test", ["CMD", *(self._image.health or [])])
        return subprocess.run(self._inside(check[1:]), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=self._environment).returncode == 0

    def stop(self) -> int:
        """As Compose does: by the service's signal, with its time for that."""
        self.process.send_signal(getattr(signal, self._service.get("stop_signal", "SIGTERM")))
        return self.process.wait(int(self._service.get("stop_grace_period", "10s").rstrip("s")))


@contextlib.contextmanager
def network(names: list):
    """One host for each name, at a bridge that nobody else is at."""
    hosts = "127.0.0.1 localhost\n" + "".join(f"10.77.0.{i + 2} {name}\n" for i, name in enumerate(names))
    spaces = [NETWORK, *(f"{NETWORK}-{name}" for name in names)]
    try:
        for space in spaces:
            run("ip", "netns", "add", space)
            pathlib.Path("/etc/netns", space).mkdir(parents=True)
            pathlib.Path("/etc/netns", space, "hosts").write_text(hosts)
            run("ip", "-n", space, "link", "set", "lo", "up")
        run("ip", "-n", NETWORK, "link", "add", "bridge", "type", "bridge")
        run("ip", "-n", NETWORK, "addr", "add", "10.77.0.1/24", "dev", "bridge")
        run("ip", "-n", NETWORK, "link", "set", "bridge", "up")
        for i, space in enumerate(spaces[1:]):
            run("ip", "link", "add", f"port{i}", "netns", NETWORK, "type", "veth", "peer", "name", "eth0", "netns", space)
            run("ip", "-n", NETWORK, "link", "set", f"port{i}", "master", "bridge", "up")
            run("ip", "-n", space, "addr", "add", f"10.77.0.{i + 2}/24", "dev", "eth0")
            run("ip", "-n", space, "link", "set", "eth0", "up")
        yield
    finally:
        for space in spaces:
            subprocess.run(["ip", "netns", "del", space], stderr=subprocess.DEVNULL)
            shutil.rmtree(f"/etc/netns/{space}", ignore_errors=True)


def containers(work: pathlib.Path) -> dict:
    """By name; a service of several is one for each, with numbers behind its name."""
    path = work / "bin"
    path.mkdir()
    (path / "parzend").symlink_to(PARZEND)
    (path / "python").write_text(f'#!/bin/sh\nexec {ROOT}/build/venv/bin/python "$@"\n')  # a link would not know its environment
    (path / "python").chmod(0o755)
    path = f"{path}:{programs()}:/usr/bin:/bin:/usr/sbin:/sbin"
    made = {}
    for name, service in FILE["services"].items():
        if service["image"] == "postgres:15":
            folder = work / "postgres"
            folder.mkdir()
            os.chown(folder, NOBODY, NOBODY)
            image = PostgresImage(service["environment"], folder)
        else:
            image = Image(service["build"]["dockerfile"])
        count = service.get("deploy", {}).get("replicas", 1)
        for each in [name] if count == 1 else [f"{name}-{i + 1}" for i in range(count)]:
            made[each] = Container(each, service, image, work, path)
    return made


def state() -> dict:
    """Of the study, asked from beside the containers."""
    program = ("import json, parzen, sys\nwith parzen.Client(sys.argv[1]) as client:\n"
               "    made = [study for study in client.studies() if study.name == 'digits']\n"
               "    print(json.dumps([[t.number, t.state] for t in client.study('digits').trials()] if made else []))")
    servers = FILE["services"]["worker"]["environment"]["PARZEN_ADDRESS"]
    return dict(json.loads(run("ip", "netns", "exec", NETWORK, str(ROOT / "build" / "venv" / "bin" / "python"), "-c", program, servers)))


def complete() -> int:
    return list(state().values()).count("complete")


def play(all_of: dict) -> None:
    started = []
    for name, container in all_of.items():
        for other, condition in container._service.get("depends_on", {}).items():
            assert condition == {"condition": "service_healthy"}
            wait_until(all_of[other].is_healthy, 120, f"{other} is healthy, on which {name} depends")
        container.start()
        started.append(name)
    print("started:", ", ".join(started))
    workers = [container for name, container in all_of.items() if name.startswith("worker")]
    wait_until(lambda: all(all_of[f"server-{i}"].is_healthy() for i in (1, 2, 3)), 120, "all servers are healthy")
    def some_are_complete() -> bool:
        assert all(worker.process.poll() is None for worker in workers), "a worker has ended"
        return complete() >= 8

    wait_until(some_are_complete, 300, "some trials are complete")
    all_of["server-2"].process.kill()
    all_of["server-2"].process.wait()
    print(f"server-2 was killed after {complete()} trials")
    all_of["server-2"].start()
    for worker in workers:
        assert worker.process.wait(900) == 0, f"{worker.name}:\n{worker.log.read_text()}"
    trials = state()
    assert sorted(trials) == list(range(TRIALS)) and set(trials.values()) == {"complete"}, trials
    print(f"the workers have ended: all {TRIALS} trials are complete")
    wait_until(all_of["server-2"].is_healthy, 60, "server-2 is healthy again")
    for name in ("server-1", "server-2", "server-3", "postgres"):
        assert all_of[name].stop() == 0, all_of[name].log.read_text()
    print("all services have ended in good order")


def main() -> None:
    # Not in a folder of root's own: the services run as other users.
    work = pathlib.Path(tempfile.mkdtemp(prefix="parzen-compose-", dir="/var/tmp"))
    work.chmod(0o755)
    try:
        all_of = containers(work)
        with network(list(all_of)):
            try:
                play(all_of)
            except BaseException:
                for container in all_of.values():
                    if container.log.exists():
                        print(f"--- {container.name}\n{container.log.read_text()[-2000:]}", file=sys.stderr)
                raise
            finally:
                for container in all_of.values():
                    process = getattr(container, "process", None)
                    if process is not None and process.poll() is None:
                        process.kill()
                        process.wait()
    finally:
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()
