"""What is installed, and what is not: the promises of pyproject.toml, constraints.txt and the Makefile."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from importlib.metadata import PackageNotFoundError, metadata, packages_distributions, requires
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NOT_IN_BASE = (
    "torch",
    "lightning",
    "lhotse",
    "numba",
    "onnx",
    "librosa",
    "scipy",
    "matplotlib",
    "yaml",
    "pocketsphinx",
)


def _name(requirement: str) -> str:
    return re.split(r"[\s<>=!~;\[(]", requirement, maxsplit=1)[0].lower().replace("_", "-")


def test_base_install_has_no_torch() -> None:
    base = {_name(line) for line in requires("xespeech") or () if "extra ==" not in line}
    assert "onnxruntime" in base
    assert not base & {"torch", "lightning", "lhotse", "resemblyzer", "librosa", "scipy", "numba"}


def test_what_the_base_install_brings_is_imported() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    listed = text.partition("\ndependencies = [")[2].partition("]")[0]
    base = {_name(line) for line in re.findall(r'"(.+?)"', listed)}
    assert "onnxruntime" in base
    source = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "src").rglob("*.py"))
    imported = set(re.findall(r"^\s*(?:from|import) (\w+)", source, re.MULTILINE))
    names = {_name(name) for module, of in packages_distributions().items() if module in imported for name in of}
    assert base <= names, sorted(base - names)


def test_every_dependency_is_pinned() -> None:
    pinned = {_name(line) for line in (ROOT / "constraints.txt").read_text().splitlines() if line and line[0] != "#"}
    wanted = {_name(line) for line in requires("xespeech") or ()}
    assert wanted <= pinned, sorted(wanted - pinned)


def test_pins_without_a_marker_suit_every_python() -> None:
    from packaging.requirements import Requirement
    from packaging.specifiers import SpecifierSet

    for line in (ROOT / "constraints.txt").read_text().splitlines():
        if not line or line[0] == "#" or (pin := Requirement(line)).marker is not None:
            continue
        try:
            about = metadata(pin.name)
        except PackageNotFoundError:
            continue
        if about["Version"] in pin.specifier:
            assert SpecifierSet(about["Requires-Python"] or "").contains("3.10.0"), line


@pytest.mark.parametrize("lock", ["base", "serve", "docs", "test"])
@pytest.mark.parametrize("python", ["3.10", "3.11", "3.12", "3.13"])
def test_locks_have_the_versions_that_are_pinned(lock: str, python: str) -> None:
    from packaging.requirements import Requirement

    def versions(path: Path) -> dict[str, Requirement]:
        lines = [line.split(" \\")[0] for line in path.read_text(encoding="utf-8").splitlines() if line[:1].isalnum()]
        about = {"python_version": python, "python_full_version": f"{python}.9"}
        found = map(Requirement, lines)
        return {_name(one.name): one for one in found if one.marker is None or one.marker.evaluate(about)}

    locked, pinned = versions(ROOT / "locks" / f"{lock}.txt"), versions(ROOT / "constraints.txt")
    assert len(locked.keys() & pinned.keys()) > 15
    for name in locked.keys() & pinned.keys():
        (exact,) = locked[name].specifier
        assert exact.version in pinned[name].specifier, f"{name}: python locks/update.py"


@pytest.mark.parametrize("install", ["demo", "test"])
def test_make_takes_packages_by_hash(install: str) -> None:
    target = f".venv-{install}/ready"
    done = subprocess.run(["make", "-nB", target], cwd=ROOT, capture_output=True, text=True, check=False)
    lock = {"demo": "base"}.get(install, install)
    assert f"--no-deps --require-hashes --requirement locks/{lock}.txt" in done.stdout
    if install == "demo":  # nothing else is asked for
        assert '--no-deps --editable "."' in done.stdout


def test_speaking_imports_nothing_beyond_the_base_install() -> None:
    probe = f"""
import sys
for name in {NOT_IN_BASE}:
    sys.modules[name] = None  # importing it raises
import xespeech, xespeech.audio, xespeech.text, xespeech.inference
import xespeech.cli.main, xespeech.cli.speak, xespeech.cli.convert, xespeech.cli.voices, xespeech.cli.demo
xespeech.load, xespeech.Voice, xespeech.Audio
"""
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def wheel(wheel_file: Path) -> zipfile.ZipFile:
    return zipfile.ZipFile(wheel_file)


def test_metadata_is_what_package_indexes_take(wheel: zipfile.ZipFile) -> None:
    from packaging.metadata import Metadata

    name = next(name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    metadata = Metadata.from_email(wheel.read(name), validate=True)
    assert metadata.summary
    assert metadata.description_content_type == "text/markdown"
    assert metadata.license_expression == "Apache-2.0 AND CC-BY-SA-4.0"
    assert {"serve", "ui", "train"} <= set(metadata.provides_extra or ())


def test_source_distribution_carries_what_users_need(wheel_file: Path) -> None:
    import tarfile

    with tarfile.open(next(wheel_file.parent.glob("*.tar.gz"))) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    for wanted in ("README.md", "SECURITY.md", "Dockerfile", "deploy/compose.yaml", "mkdocs.yml", "space/app.py"):
        assert wanted in names, wanted


def test_wheel_carries_the_default_voice(wheel: zipfile.ZipFile) -> None:
    names = wheel.namelist()
    for wanted in (
        "xespeech/py.typed",
        "xespeech/voices/demo/kathleen.opus",
        "xespeech/voices/default/config.json",
        "xespeech/voices/default/styles.safetensors",
    ):
        assert wanted in names, wanted
    assert any(name.startswith("xespeech/voices/default/") and name.endswith(".onnx") for name in names)


def test_default_voice_is_small(wheel: zipfile.ZipFile) -> None:
    voice = [info.file_size for info in wheel.infolist() if info.filename.startswith("xespeech/voices/default/")]
    assert 0 < sum(voice) <= 45e6


def test_wheel_holds_nothing_but_the_package(wheel: zipfile.ZipFile) -> None:
    folders = {name.split("/", 1)[0] for name in wheel.namelist()}
    assert folders == {"xespeech", f"xespeech-{_version()}.dist-info"}


def test_changelog_tells_of_this_version() -> None:
    assert f"## {_version()}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def _version() -> str:
    line = re.search(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)
    assert line is not None
    return line[1]


@pytest.mark.parametrize("lock", ["base", "serve", "docs", "test"])
def test_locks_hold_everything_by_hash_and_no_address(lock: str) -> None:
    text = (ROOT / "locks" / f"{lock}.txt").read_text(encoding="utf-8")
    assert "://" not in text
    entries = re.findall(r"^(\S+==\S+)((?:.*\\\n)(?:\s+--hash=sha256:[0-9a-f]{64}(?: \\)?\n?)+)", text, re.MULTILINE)
    named = re.findall(r"^[A-Za-z0-9]\S+==", text, re.MULTILINE)
    assert len(entries) == len(named) > 30
    locked = {_name(line) for line in named}
    assert "torch" not in locked
    extras = {
        "base": [],
        "serve": ["serve", "ui", "formats"],
        "docs": ["docs"],
        "test": ["train", "evaluate", "formats", "serve", "ui", "dev"],
    }
    tomllib = pytest.importorskip("tomllib", reason="Python 3.10 reads no TOML")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    more = (own for extra in extras[lock] for own in project["optional-dependencies"][extra])
    assert {_name(own) for own in (*project["dependencies"], *more)} - {"torch"} <= locked
