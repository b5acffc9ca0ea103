"""The version number has one place, `project(parzen VERSION ...)` in CMakeLists.txt; what cannot read it there says the same."""

import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]


def found(path, pattern):
    numbers = re.findall(pattern, (ROOT / path).read_text(), re.MULTILINE)
    assert numbers, f"{path} names no version: has it moved?"
    return set(numbers)


VERSION = found("CMakeLists.txt", r"^project\(parzen VERSION (\d+\.\d+\.\d+) ").pop()


@pytest.mark.parametrize("path, pattern", [
    ("clients/python/pyproject.toml", r'^version = "(.*)"$'),
    ("clients/python/src/parzen/__init__.py", r'^__version__ = "(.*)"$'),
    ("clients/typescript/package.json", r'^  "version": "(.*)",$'),
    ("docker/Dockerfile", r'org\.opencontainers\.image\.version="(.*?)"'),
    ("docker/k8s/parzen.yaml", r"image: parzen:(\S+)"),
    ("docker/k8s/replicas.yaml", r"image: parzen:(\S+)"),
    ("docker/k8s/workers.yaml", r"image: parzen-digits-worker:(\S+)"),
])
def test_every_copy_of_the_version_is_the_same(path, pattern):
    assert found(path, pattern) == {VERSION}


def test_the_changelog_and_the_package_know_this_version():
    """Neither is behind: the newest release in each is this version."""
    assert re.search(r"^## \[(\d\S*)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)[1] == VERSION
    assert re.match(r"parzen \((.*?)\)", (ROOT / "packaging/debian/changelog").read_text())[1] == VERSION


def test_no_source_file_has_a_version_of_its_own():
    """C++ takes it from the build as PARZEN_VERSION."""
    files = [file for folder in ("base", "sampler", "storage", "server", "clients") for suffix in ("*.cc", "*.h") for file in (ROOT / folder).rglob(suffix)]
    assert len(files) > 100
    assert [str(file) for file in files if re.search(rf'^[^/]*"{re.escape(VERSION)}"', file.read_text(), re.MULTILINE)] == []
