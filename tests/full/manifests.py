"""docker/compose*.yaml and docker/k8s against the schemas of Compose and Kubernetes, which must also find what is put in wrong."""

import copy
import pathlib
import sys

import compose_spec
import kubernetes_validate
import yaml

DOCKER = pathlib.Path(__file__).resolve().parents[2] / "docker"


def valid(document) -> bool:
    try:
        kubernetes_validate.validate(document, kubernetes_validate.latest_version(), strict=True)
        return True
    except kubernetes_validate.ValidationError as error:
        print(f"{document.get('kind')}: {error.message}", file=sys.stderr)
        return False


def check_kubernetes() -> None:
    documents = [d for path in sorted((DOCKER / "k8s").glob("*.yaml")) for d in yaml.safe_load_all(path.read_text())]
    kinds = {document["kind"] for document in documents}
    assert {"StatefulSet", "Service", "NetworkPolicy", "Job"} <= kinds, kinds
    for document in documents:
        assert valid(document), document["metadata"]["name"]
        print(f"{document['kind']} {document['metadata']['name']}: valid")
        broken = copy.deepcopy(document)
        broken["spec"]["nonsense"] = 1
        assert not valid(broken), "the schema checker takes anything"
    # What a Secret or a port is called in one place it is called in the others.
    by_kind = {document["kind"]: document for document in documents}
    container = by_kind["StatefulSet"]["spec"]["template"]["spec"]["containers"][0]
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    for port in by_kind["Service"]["spec"]["ports"]:
        assert ports[port["targetPort"]] == port["port"], port
    selector = by_kind["Service"]["spec"]["selector"]
    labels = by_kind["StatefulSet"]["spec"]["template"]["metadata"]["labels"]
    assert selector.items() <= labels.items() and by_kind["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"].items() <= labels.items()


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
