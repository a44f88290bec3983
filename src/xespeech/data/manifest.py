"""The format of prepared data folders.

A folder holds `audio/ID.wav` (24 kHz, mono, 16 bit), lhotse manifests `recordings.jsonl.gz`, `supervisions.jsonl.gz`,
`cuts_train.jsonl.gz` and `cuts_dev.jsonl.gz`, and `report.json`. Audio paths are relative to the folder, so that it can
be moved. Each cut is one recording with one supervision: text, language, speaker and the custom fields

- `style`: emotion or manner, "neutral" if unknown,
- `phones`, `token_languages`: one entry per token, separated by spaces; absent where there is no text,
- `marks`: one entry per token, separated by "|" since most are empty; absent where there is no text,
- `bandwidth`: of the recording, Hz,
- `group`: name shared by recordings of one sentence with the same timing; absent for the others.

Where the times of phones are known, as of synthesised speech, the supervision has an alignment `phone` with one item
per token, each from the end of the one before.
"""

from __future__ import annotations

import gzip
import json
import shutil
import zlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise, product
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from xespeech.errors import DataError
from xespeech.files import replacing
from xespeech.text import Phonemes

if TYPE_CHECKING:
    from lhotse import CutSet, MonoCut
    from lhotse.supervision import AlignmentItem

SAMPLE_RATE = 24_000
"""Hz of prepared recordings."""
_ALIGNMENT = "phone"


@dataclass(frozen=True)
class Utterance:
    """One prepared recording.

    Attributes:
        id: name of its file in `audio/`, without suffix.
        language, speaker, style: as the corpus gives them.
        text: transcript; empty if unknown.
        phonemes: of the text; None where there is none.
        n_samples: length at 24 kHz.
        bandwidth: Hz.
        group: name shared by recordings of one sentence with the same timing and pitch; empty for the others.
        boundaries: start times of the N phonemes and end time of the last one, seconds [N + 1]; empty if unknown.
    """

    id: str
    language: str
    speaker: str
    style: str
    text: str
    phonemes: Phonemes | None
    n_samples: int
    bandwidth: float
    group: str = ""
    boundaries: tuple[float, ...] = ()

    @property
    def duration(self) -> float:
        """Seconds."""
        return self.n_samples / SAMPLE_RATE

    @property
    def audio(self) -> str:
        """Path of the recording inside the prepared folder."""
        return f"audio/{self.id}.wav"


def load_cuts(folders: Iterable[str | Path], subset: Literal["train", "dev"] | None = None) -> CutSet:
    """Cuts of one or several prepared folders, with audio paths that can be opened from anywhere.

    Raises:
        DataError: a folder is not a finished prepared data folder.
    """
    from lhotse import CutSet

    cuts: list[MonoCut] = []
    for name, folder in product((subset,) if subset else ("train", "dev"), list(folders)):
        path = Path(folder) / f"cuts_{name}.jsonl.gz"
        if not path.exists():
            raise DataError(f"{folder} is not a prepared data folder: run `xespeech prepare` to its end first.")
        try:
            with gzip.open(path, "rt", encoding="utf-8") as file:
                part = CutSet.from_dicts([json.loads(line) for line in file])
        except (OSError, EOFError, ValueError, zlib.error) as error:
            raise DataError(f"{path} is damaged ({error}): run `xespeech prepare` again.") from error
        cuts.extend(part.with_recording_path_prefix(Path(folder).resolve()))
    return CutSet.from_cuts(cuts)


def phonemes_of(cut: MonoCut) -> Phonemes | None:
    """The phonemes of a cut's text, or None without text."""
    custom = cut.supervisions[0].custom or {}
    if not custom.get("phones"):
        return None
    return Phonemes(
        tuple(custom["phones"].split(" ")),
        tuple(custom["marks"].split("|")),
        tuple(custom["token_languages"].split(" ")),
    )


def boundaries_of(cut: MonoCut) -> tuple[float, ...]:
    """Seconds at which the N sounds of a cut's text begin, and the last one ends [N + 1]; empty where not known."""
    items = (cut.supervisions[0].alignment or {}).get(_ALIGNMENT, [])
    return (*(float(item.start) for item in items), float(items[-1].end)) if items else ()


def utterance_of(cut: MonoCut) -> Utterance:
    """The entry of a recording in a manifest."""
    supervision = cut.supervisions[0]
    custom = supervision.custom or {}
    return Utterance(
        id=cut.id,
        language=str(supervision.language),
        speaker=str(supervision.speaker),
        style=custom.get("style", "neutral"),
        text=supervision.text or "",
        phonemes=phonemes_of(cut),
        n_samples=cut.num_samples,
        bandwidth=float(custom.get("bandwidth", SAMPLE_RATE / 2)),
        group=custom.get("group", ""),
        boundaries=boundaries_of(cut),
    )


def write_manifests(folder: Path, utterances: Sequence[Utterance], dev: Collection[str]) -> None:
    """Write the lhotse manifests; `dev` names the utterances of the development set.

    The pack of earlier manifests is removed, so that training packs the folder anew.
    """
    from lhotse import AudioSource, Recording, SupervisionSegment

    recordings, supervisions = [], []
    cuts: dict[str, list[dict[str, Any]]] = {"train": [], "dev": []}
    for utterance in utterances:
        recording = Recording(
            id=utterance.id,
            sources=[AudioSource(type="file", channels=[0], source=utterance.audio)],
            sampling_rate=SAMPLE_RATE,
            num_samples=utterance.n_samples,
            duration=utterance.duration,
        )
        supervision = SupervisionSegment(
            id=utterance.id,
            recording_id=utterance.id,
            start=0.0,
            duration=utterance.duration,
            text=utterance.text,
            language=utterance.language,
            speaker=utterance.speaker,
            custom=_custom(utterance),
            alignment=_alignment(utterance),
        )
        cut = recording.to_cut()
        cut.supervisions = [supervision]
        recordings.append(recording.to_dict())
        supervisions.append(supervision.to_dict())
        cuts["dev" if utterance.id in dev else "train"].append(cut.to_dict())
    manifests = {"recordings": recordings, "supervisions": supervisions}
    manifests |= {f"cuts_{subset}": items for subset, items in cuts.items()}
    contents = {folder / f"{name}.jsonl.gz": _lines(items) for name, items in manifests.items()}
    if not all(path.exists() and path.read_bytes() == content for path, content in contents.items()):
        shutil.rmtree(folder / "pack", ignore_errors=True)
    for path, content in contents.items():
        with replacing(path) as temporary:
            temporary.write_bytes(content)


def _custom(utterance: Utterance) -> dict[str, Any]:
    custom: dict[str, Any] = {"style": utterance.style, "bandwidth": utterance.bandwidth}
    if utterance.group:
        custom["group"] = utterance.group
    if utterance.phonemes is not None:
        custom["phones"] = " ".join(utterance.phonemes.phones)
        custom["marks"] = "|".join(utterance.phonemes.marks)
        custom["token_languages"] = " ".join(utterance.phonemes.languages)
    return custom


def _alignment(utterance: Utterance) -> dict[str, list[AlignmentItem]] | None:
    from lhotse.supervision import AlignmentItem

    if not utterance.boundaries or utterance.phonemes is None:
        return None
    spans = zip(utterance.phonemes.phones, pairwise(utterance.boundaries), strict=True)
    return {_ALIGNMENT: [AlignmentItem(phone, start, round(end - start, 4)) for phone, (start, end) in spans]}


def _lines(items: Iterable[dict[str, Any]]) -> bytes:
    """Gzipped JSON lines; the same items give the same bytes."""
    lines = b"".join(json.dumps(item, ensure_ascii=False).encode() + b"\n" for item in items)
    return gzip.compress(lines, 6, mtime=0)
