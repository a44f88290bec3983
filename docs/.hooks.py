"""Pages that live elsewhere in the repository become pages of the site, and links between both worlds keep working.

A link from docs/ to a file of the repository that is no page of the site stays readable as the file's path.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[1]
ELSEWHERE = {  # page of the site: file of the repository
    "changelog.md": "CHANGELOG.md",
    "contributing.md": "CONTRIBUTING.md",
    "security.md": "SECURITY.md",
    "model-card.md": "src/xespeech/voices/default/README.md",
}
_LINK = re.compile(r"(?<!!)\[([^\]]+)\]\((?![a-z]+:|#)([^)#\s]+)(#[^)]*)?\)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    for page, source in ELSEWHERE.items():
        files.append(File.generated(config, page, content=(ROOT / source).read_text(encoding="utf-8")))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    own = ELSEWHERE.get(page.file.src_uri, f"docs/{page.file.src_uri}")

    def rewritten(link: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(own), link[2]))
        for name, source in ELSEWHERE.items():
            if target == source:
                return f"[{link[1]}]({name}{link[3] or ''})"
        if target.startswith("docs/"):
            return f"[{link[1]}]({posixpath.relpath(target, 'docs')}{link[3] or ''})"
        return link[1] if link[1].startswith("`") else f"{link[1]} (`{target}`)" if target != link[1] else f"`{target}`"

    return _LINK.sub(rewritten, markdown)
