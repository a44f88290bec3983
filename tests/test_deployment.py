"""Container, compose file, manifest, workflows, Space and notebook: valid, and executed as far as a test can."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from settings import settings
from xespeech.audio.io import decode
from xespeech.inference.options import SpeechOptions
from xespeech.server import Settings

ROOT = Path(__file__).parents[1]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def running(arguments: list[str | Path], address: str, **options: Any) -> Iterator[subprocess.Popen[str]]:
    """A server as a process of its own, from its first answer to its end."""
    process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
    try:
        deadline = time.monotonic() + 240
        while True:
            try:
                urllib.request.urlopen(address).close()
                break
            except OSError:
                assert process.poll() is None, process.communicate()[0][-4000:]
                if time.monotonic() > deadline:
                    process.kill()
                    raise AssertionError(f"it does not answer: {process.communicate()[0][-4000:]}") from None
                time.sleep(0.1)
        yield process
    finally:
        process.kill()
        process.communicate()


def instructions(stage: int) -> list[tuple[str, str]]:
    """The instructions of one stage of the Dockerfile."""
    text = re.sub(r"\\\n\s*", "", (ROOT / "Dockerfile").read_text(encoding="utf-8"))
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    stages = "\n".join(lines).split("FROM ")[1:]
    return [(name, value) for name, _, value in (line.partition(" ") for line in stages[stage].splitlines()[1:])]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clean virtual environment, made by the Dockerfile's own steps from the Dockerfile's own files."""
    root = tmp_path_factory.mktemp("container")
    source = root / "source"
    source.mkdir()
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | {
        "PIP_NO_COMPILE": "1",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    for name, value in instructions(0):
        if name == "ARG":
            key, _, default = value.partition("=")
            environment[key] = default
        elif name == "COPY":
            *files, target = value.split()
            for file in files:
                if (ROOT / file).is_dir():
                    shutil.copytree(ROOT / file, source / target, ignore=shutil.ignore_patterns("__pycache__"))
                else:
                    shutil.copy(ROOT / file, source / target)
        elif name == "RUN":
            command = value.replace("/opt/xespeech", str(root / "venv"))
            done = subprocess.run(
                ["bash", "-euc", command], cwd=source, env=environment, capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, f"{command}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
    return root / "venv"


def test_the_container_serves_and_writes_to_its_temporary_folder_only(installed: Path, tmp_path: Path) -> None:
    settings = dict(instructions(1))
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    variables = dict(pair.split("=", 1) for pair in settings["ENV"].split())
    environment = {name: value.replace("/tmp", str(temporary)) for name, value in variables.items()} | {
        "PATH": f"{installed / 'bin'}:/usr/bin:/bin",
        "HOME": str(temporary),  # as the user of the image has it
        "TMPDIR": str(temporary),
    }
    program, *arguments = [*yaml.safe_load(settings["ENTRYPOINT"]), *yaml.safe_load(settings["CMD"])]
    exchanged = {"8000": str(port), "0.0.0.0": "127.0.0.1"}
    command = [installed / "bin" / program, *(exchanged.get(part, part) for part in arguments), "--workers", "1"]
    before = set(installed.rglob("*"))
    with running(command, f"{address}/readyz", cwd=temporary, env=environment) as server:
        health = settings["HEALTHCHECK"].split("CMD ", 1)[1].replace(":8000", f":{port}")
        check = [sys.executable if part == "python" else part for part in yaml.safe_load(health)]
        assert subprocess.run(check, check=False).returncode == 0
        body = b'{"model": "xespeech", "input": "It works.", "voice": "kathleen", "response_format": "wav"}'
        request = urllib.request.Request(f"{address}/v1/audio/speech", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request) as answer:
            audio = decode(answer.read())
        assert audio.synthetic
        assert 0.3 < audio.duration < 10
        with urllib.request.urlopen(address) as page:  # that of --ui
            assert b"gradio" in page.read()
        server.send_signal(signal.SIGTERM)
        assert server.wait(60) == 0
    written = set(installed.rglob("*")) - before
    assert {path.name for path in written} <= {"hash_seed.txt"}  # Gradio's; it does without where it may not write


def test_the_image_is_not_root() -> None:
    settings = dict(instructions(1))
    assert int(settings["USER"]) > 0
    assert "HEALTHCHECK" in settings


def test_schemas_of_compose_file_and_workflows() -> None:
    for schema, files in {
        "vendor.compose-spec": [ROOT / "deploy/compose.yaml"],
        "vendor.github-workflows": sorted((ROOT / ".github/workflows").glob("*.yml")),
    }.items():
        check = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, *map(str, files)]
        done = subprocess.run(check, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_actions_stand_on_commits_and_not_on_tags_that_move() -> None:
    lines = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / ".github" / "workflows").glob("*.yml"))
    uses = re.findall(r"uses: (\S+)(.*)", lines)
    assert len(uses) > 10
    for action, comment in uses:
        assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", action), action
        assert re.fullmatch(r" # v\d+\.\d+\.\d+", comment), action


def test_images_of_others_stand_on_digests() -> None:
    container = re.findall(r"^FROM (\S+)", (ROOT / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)
    services = yaml.safe_load((ROOT / "deploy/compose.yaml").read_text(encoding="utf-8"))["services"].values()
    images = [*container, *(service["image"] for service in services if "build" not in service)]
    assert len(images) == 3
    for image in images:
        assert re.fullmatch(r"[\w./-]+:[\w.-]+@sha256:[0-9a-f]{64}", image), image
    updates = yaml.safe_load((ROOT / ".github/dependabot.yml").read_text(encoding="utf-8"))["updates"]
    looked_after = {(update["package-ecosystem"], update["directory"]) for update in updates}
    assert {("docker", "/"), ("docker-compose", "/deploy"), ("github-actions", "/")} <= looked_after


def test_compose_runs_two_replicas_without_rights() -> None:
    services = yaml.safe_load((ROOT / "deploy/compose.yaml").read_text(encoding="utf-8"))["services"]
    replicas = [service for name, service in services.items() if name.startswith("replica")]
    assert len(replicas) == 2
    assert all(service["read_only"] and service["cap_drop"] == ["ALL"] for service in replicas)


def test_replicas_get_the_time_that_the_server_takes_to_stop() -> None:
    compose = (ROOT / "deploy" / "compose.yaml").read_text(encoding="utf-8")
    cluster = (ROOT / "deploy" / "kubernetes.yaml").read_text(encoding="utf-8")
    for text, name in ((compose, r"stop_grace_period: (\d+)s"), (cluster, r"terminationGracePeriodSeconds: (\d+)")):
        (granted,) = re.findall(name, text)
        assert int(granted) > Settings.shutdown_timeout


def test_nginx_reaches_every_replica() -> None:
    import crossplane

    parsed = crossplane.parse(str(ROOT / "deploy/nginx.conf"))
    assert not parsed["errors"]
    http = next(block for block in parsed["config"][0]["parsed"] if block["directive"] == "http")["block"]
    upstream = next(block for block in http if block["directive"] == "upstream")["block"]
    services = yaml.safe_load((ROOT / "deploy/compose.yaml").read_text(encoding="utf-8"))["services"]
    servers = {line["args"][0] for line in upstream if line["directive"] == "server"}
    assert servers == {f"{name}:8000" for name in services if name.startswith("replica")}


def test_cluster_manifest_is_valid() -> None:
    import kubernetes_validate

    kinds = {}
    for document in yaml.safe_load_all((ROOT / "deploy/kubernetes.yaml").read_text(encoding="utf-8")):
        kubernetes_validate.validate(document, kubernetes_validate.latest_version(), strict=True)
        kinds[document["kind"]] = document["spec"]
    assert set(kinds) == {
        "Deployment",
        "Service",
        "PodDisruptionBudget",
        "HorizontalPodAutoscaler",
        "NetworkPolicy",
    }
    pod = kinds["Deployment"]["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"]
    assert pod["containers"][0]["securityContext"]["readOnlyRootFilesystem"]


@pytest.fixture(scope="module")
def unpacked(wheel_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The local wheel as a folder to import from, before the sources under test."""
    folder = tmp_path_factory.mktemp("unpacked")
    with zipfile.ZipFile(wheel_file) as archive:
        archive.extractall(folder)
    return folder


def test_space_speaks_from_the_wheel(unpacked: Path, tmp_path: Path) -> None:
    from gradio_client import Client

    port = free_port()
    environment = os.environ | {
        "PYTHONPATH": str(unpacked),
        "GRADIO_SERVER_PORT": str(port),
        "GRADIO_TEMP_DIR": str(tmp_path),
    }
    with running([sys.executable, "app.py"], f"http://127.0.0.1:{port}/", cwd=ROOT / "space", env=environment):
        client = Client(
            f"http://127.0.0.1:{port}/",
            verbose=False,
            download_files=str(tmp_path),
            analytics_enabled=False,
            httpx_kwargs={"timeout": 200},
        )
        recording, _, timings = client.predict(
            "It works.", "kathleen", None, "happy", 1.0, *settings(SpeechOptions), ".flac", api_name="/speak"
        )
        audio = decode(Path(recording).read_bytes())
        assert audio.synthetic
        assert f"{audio.duration:.2f} s" in timings


def test_space_names_this_version() -> None:
    version = re.search(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)
    assert version is not None
    assert (ROOT / "space/requirements.txt").read_text(encoding="utf-8").strip() == f"xespeech[ui]=={version[1]}"
    pinned = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    front = yaml.safe_load((ROOT / "space/README.md").read_text(encoding="utf-8").split("---")[1])
    assert f"gradio=={front['sdk_version']}\n" in pinned
    assert (ROOT / "space" / front["app_file"]).is_file()


def test_notebook_runs_from_the_wheel(unpacked: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import nbformat
    from nbclient import NotebookClient

    monkeypatch.setenv("PYTHONPATH", str(unpacked))
    notebook = nbformat.read(ROOT / "notebooks/xespeech.ipynb", as_version=4)
    nbformat.validate(notebook)
    assert not any(cell.get("outputs") for cell in notebook.cells)
    notebook.cells = [cell for cell in notebook.cells if "install" not in cell.metadata.get("tags", ())]
    probe = nbformat.v4.new_code_cell("print(xespeech.__file__)")
    notebook.cells.append(probe)
    NotebookClient(notebook, timeout=240, resources={"metadata": {"path": str(tmp_path)}}).execute()
    assert str(unpacked) in notebook.cells[-1].outputs[0].text
    assert (
        sum("audio" in str(output.get("data", "")) for cell in notebook.cells for output in cell.get("outputs", ()))
        >= 8
    )
    assert (tmp_path / "sentence.mp3").stat().st_size > 1000
