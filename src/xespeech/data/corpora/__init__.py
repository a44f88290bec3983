"""Corpora as people download them: each module lists the recordings of one, from its files and names alone.

lhotse has recipes for VCTK, AISHELL and LibriSpeech. They are not used: they stop at the first file that is missing or
broken, open every file's header in one process beforehand, and leave AISHELL-3's pinyin out. What is written in the end
are lhotse manifests all the same.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from xespeech.data.clips import Listing, prepare_clips
from xespeech.data.corpora.aishell import list_aishell, list_aishell3
from xespeech.data.corpora.an4 import list_an4
from xespeech.data.corpora.audio_cmn import list_audio_cmn
from xespeech.data.corpora.esd import list_esd
from xespeech.data.corpora.jvs import list_jvs
from xespeech.data.corpora.librispeech import list_librispeech
from xespeech.data.corpora.pairs import list_pairs
from xespeech.data.corpora.tofugu import list_tofugu
from xespeech.data.corpora.vctk import list_vctk
from xespeech.data.report import Report
from xespeech.errors import UnknownNameError
from xespeech.processes import Workers

CORPORA: dict[str, Callable[[Path], Listing]] = {
    "vctk": list_vctk,
    "aishell3": list_aishell3,
    "jvs": list_jvs,
    "esd": list_esd,
    "aishell": list_aishell,
    "librispeech": list_librispeech,
    "an4": list_an4,
    "audio-cmn": list_audio_cmn,
    "tofugu": list_tofugu,
}
"""Names of the corpora and what lists their recordings."""

__all__ = ["CORPORA", "list_pairs", "prepare_corpus", "prepare_pairs"]


def prepare_corpus(name: str, folder: Path, out: Path, *, workers: Workers = Workers()) -> Report:
    """Prepare a corpus from the folder that its archive unpacks to.

    Args:
        name: one of `CORPORA`.
        folder: the corpus, or the folder that holds it alone; it is only read.
        out: prepared folder to be written; a run that was stopped goes on where it was.
        workers: processes or cluster; one process by default.

    Raises:
        UnknownNameError: there is no such corpus.
        DataError: the folder is not that corpus, nothing in it can be used, or the output folder cannot be written.
    """
    UnknownNameError.check("corpus", name, CORPORA)
    return prepare_clips(lambda: CORPORA[name](folder), folder, out, workers=workers)


def prepare_pairs(folder: Path, out: Path, *, language: str, speaker: str, workers: Workers = Workers()) -> Report:
    """Prepare one speaker's recordings that each have their text beside them, see `list_pairs`.

    Raises:
        DataError: there are no such pairs, or the output folder cannot be written.
    """
    return prepare_clips(lambda: list_pairs(folder, language, speaker), folder, out, workers=workers)
