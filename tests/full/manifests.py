"""docker/compose*.yaml and docker/k8s against the schemas of Compose and Kubernetes, which must also find what is put in wrong."""

import copy
import os
import pathlib
import subprocess
import sys
import tempfile

import compose_spec
import kubernetes_validate
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
DOCKER = ROOT / "docker"
PARZEND = os.environ.get("PARZEND", str(ROOT / "build" / "release" / "server" / "parzend"))


def valid(document) -> bool:
    try:
        kubernetes_validate.validate(document, kubernetes_validate.latest_version(), strict=True)
        return True
    except kubernetes_validate.ValidationError as error:
        print(f"{document.get('kind')}: {error.message}", file=sys.stderr)
        return False


def check_schemas() -> None:
    for path in sorted((DOCKER / "k8s").glob("*.yaml")):
        for document in yaml.safe_load_all(path.read_text()):
            assert valid(document), document["metadata"]["name"]
            print(f"{path.name}: {document['kind']} {document['metadata']['name']}: valid")
            broken = copy.deepcopy(document)
            broken["spec"]["nonsense"] = 1
            assert not valid(broken), "the schema checker takes anything"


def read(name: str) -> dict:
    """The documents of a file, by kind and name."""
    return {(d["kind"], d["metadata"]["name"]): d for d in yaml.safe_load_all((DOCKER / "k8s" / name).read_text())}


def check_server(documents: dict, kind: str) -> dict:
    """What a label, a port or a volume is called in one place it is called in the others, and parzend knows the arguments. The pods' spec."""
    pods = documents[kind, "parzen"]["spec"]["template"]
    labels, spec = pods["metadata"]["labels"], pods["spec"]
    container = spec["containers"][0]
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    assert documents[kind, "parzen"]["spec"]["selector"]["matchLabels"].items() <= labels.items()
    assert documents["NetworkPolicy", "parzen"]["spec"]["podSelector"]["matchLabels"].items() <= labels.items()
    for (its_kind, _), service in documents.items():
        if its_kind == "Service":
            assert service["spec"]["selector"].items() <= labels.items()
            assert all(ports[port["targetPort"]] == port["port"] for port in service["spec"]["ports"])
    volumes = {volume["name"] for volume in [*spec["volumes"], *(c["metadata"] for c in documents[kind, "parzen"]["spec"].get("volumeClaimTemplates", []))]}
    for each in [container, *spec.get("initContainers", [])]:
        assert {mount["name"] for mount in each["volumeMounts"]} <= volumes
        assert each["securityContext"]["readOnlyRootFilesystem"] and each["securityContext"]["capabilities"]["drop"] == ["ALL"]
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        get = container[probe].get("httpGet")
        assert get is None or get["port"] in ports, get
    assert all(any(f":{ports[name]}" in argument for argument in container["args"]) for name in ports)
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PARZEN")} | {"PARZEN_DB": "/data/studies.db"}  # as the image has it
    subprocess.run([PARZEND, "--print-config", *container["args"]], check=True, env=environment, stdout=subprocess.DEVNULL)
    return spec


def check_replicas() -> None:
    documents = read("replicas.yaml")
    spec = check_server(documents, "Deployment")
    deployment, container = documents["Deployment", "parzen"]["spec"], spec["containers"][0]
    assert deployment["replicas"] == 3
    labels = deployment["template"]["metadata"]["labels"]
    budget = documents["PodDisruptionBudget", "parzen"]["spec"]
    assert budget["selector"]["matchLabels"].items() <= labels.items() and budget["maxUnavailable"] == 1
    term = spec["affinity"]["podAntiAffinity"]["preferredDuringSchedulingIgnoredDuringExecution"][0]["podAffinityTerm"]
    assert term["labelSelector"]["matchLabels"].items() <= labels.items()
    # Ready follows the database; alive does not, or an outage of the database would have every replica restarted.
    assert container["readinessProbe"]["httpGet"]["path"] == "/readyz" and container["livenessProbe"]["httpGet"]["path"] == "/healthz"
    grace = next(int(a.split("=")[1]) for a in container["args"] if a.startswith("--shutdown-seconds="))
    assert spec["terminationGracePeriodSeconds"] >= int(container["lifecycle"]["preStop"]["exec"]["command"][1]) + grace + 5
    # The password: from the Secret to a file that only its owner can read, where libpq looks for it.
    copy_command = spec["initContainers"][0]["command"]
    assert {"name": "PGPASSFILE", "value": copy_command[-1]} in container["env"] and copy_command[1:3] == ["-m", "0600"]
    assert next(v for v in spec["volumes"] if v["name"] == "database")["secret"]["secretName"] == "parzen-database"
    check_advertised(container, documents["Service", "parzen-peers"])


def check_advertised(container: dict, peers: dict) -> None:
    """What a pod says its address is, as its shell makes it."""
    assert peers["spec"]["clusterIP"] == "None" and peers["spec"]["publishNotReadyAddresses"]
    with tempfile.TemporaryDirectory() as folder:
        program = pathlib.Path(folder, "parzend")
        program.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
        program.chmod(0o755)
        environment = {"PATH": f"{folder}:{os.environ['PATH']}", "POD_IP": "10.1.2.3", "POD_NAMESPACE": "default"}
        said = subprocess.run([*container["command"], *container["args"]], env=environment, stdout=subprocess.PIPE, check=True, text=True).stdout.splitlines()
    # A headless Service's record of a pod without a name of its own, as CoreDNS makes them.
    assert said == [f"--advertise=10-1-2-3.{peers['metadata']['name']}.default.svc:7070", *container["args"]], said


def check_kubernetes() -> None:
    check_schemas()
    check_server(read("parzen.yaml"), "StatefulSet")
    check_replicas()
    assert ("Job", "digits") in read("workers.yaml")


def check_compose() -> None:
    for file in sorted(DOCKER.glob("compose*.yaml")):
        text = yaml.safe_dump(yaml.safe_load(file.read_text()))  # anchors and merge keys resolved
        compose_spec.PyCompose.from_yaml(text).validate()
        print(f"{file.name}: valid")
    text = (DOCKER / "compose.yaml").read_text()
    broken = yaml.safe_load(text)
    broken["services"]["server"]["volumes"] = 5
    try:
        compose_spec.PyCompose.from_yaml(yaml.safe_dump(broken)).validate()
    except Exception as error:  # whatever kind the checker raises
        print(f"compose.yaml, broken: {error}", file=sys.stderr)
    else:
        raise AssertionError("the schema checker takes anything")


if __name__ == "__main__":
    check_kubernetes()
    check_compose()
