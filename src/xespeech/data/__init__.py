"""Corpora → prepared folders → batches."""

from __future__ import annotations

from xespeech.data.manifest import Utterance, load_cuts, phonemes_of

__all__ = ["Utterance", "load_cuts", "phonemes_of"]
