"""The documentation site is built as it is published: strictly, every link and every name of the API found."""

from __future__ import annotations

import html.parser
import os
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

ROOT = Path(__file__).parents[1]


class _Links(html.parser.HTMLParser):
    """What a page points to, and what can be pointed to in it."""

    def __init__(self) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.loaded: set[str] = set()
        self.anchors: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag == "a" and "href" in attributes:
            self.links.add(attributes["href"])
        if tag in ("img", "script") and "src" in attributes:
            self.loaded.add(attributes["src"])
        if tag == "link" and attributes.get("rel") in ("stylesheet", "icon"):
            self.loaded.add(attributes["href"])
        self.anchors |= {attributes[name] for name in ("id", "name") if name in attributes}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    build = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", folder]
    environment = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(build, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_no_broken_links_and_nothing_from_elsewhere(site: Path) -> None:
    pages = {}
    for path in site.rglob("*.html"):
        pages[path] = _Links()
        pages[path].feed(path.read_text(encoding="utf-8"))
    assert len(pages) > 10
    broken = []
    for path, page in pages.items():
        if path.name == "404.html":  # it is shown at any address and links from the root
            continue
        for link in page.links | page.loaded:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                assert link not in page.loaded, f"{path.name} loads {link}"
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if target.is_dir():
                target /= "index.html"
            if not target.is_file() or (
                parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].anchors | {"__top"}
            ):
                broken.append(f"{path.relative_to(site)}: {link}")
    assert not broken


def test_every_public_name_is_in_the_reference(site: Path) -> None:
    import xespeech

    reference = (site / "api.html").read_text(encoding="utf-8")
    for name in set(xespeech.__all__) - {"__version__", "audio"}:
        assert f'id="xespeech.{name}"' in reference, name


def test_files_of_the_repository_are_pages(site: Path) -> None:
    for page in ("security", "changelog", "contributing", "model-card", "responsible-use", "faq", "how-it-works"):
        assert (site / f"{page}.html").is_file(), page


def test_every_test_that_the_security_policy_names_is_there() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)?::(\w+)`", (ROOT / "SECURITY.md").read_text(encoding="utf-8"))
    assert len(named) > 50
    file = ""
    for path, test in named:
        file = path or file  # `::test` alone is in the file that was named before it
        assert f"def {test}(" in (ROOT / file).read_text(encoding="utf-8"), (file, test)
