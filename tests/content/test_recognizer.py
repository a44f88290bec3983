"""Which folders have a content encoder, which recognises phones."""

from __future__ import annotations

from pathlib import Path

from xespeech.content.store import has_encoder


def test_imported_originals_have_no_content_encoder(tiny_voice: Path, original_model: Path, tmp_path: Path) -> None:
    assert has_encoder(tiny_voice)
    assert not has_encoder(original_model)
    assert not has_encoder(tmp_path / "nowhere")
