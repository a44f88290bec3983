"""The results of preparing: manifests, `report.json` and a printed report."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from xespeech.audio.bandwidth import estimate_bandwidth
from xespeech.data.manifest import SAMPLE_RATE, Utterance, write_manifests
from xespeech.data.split import development_set
from xespeech.data.work import Result, Sound
from xespeech.errors import DataError
from xespeech.files import write_text

_SPEAKERS_SHOWN = 12
PROBLEMS_SHOWN = 6
_FEW = 20  # recordings below which a speaker's bandwidth is estimated together with other such speakers'


@dataclass(frozen=True)
class Problem:
    """A recording or row that could not be used, and why."""

    name: str
    reason: str


@dataclass(frozen=True)
class Group:
    """Hours and clips of a language, speaker or style."""

    name: str
    clips: int
    with_text: int
    hours: float


@dataclass(frozen=True)
class Report:
    """Summary of a prepared folder.

    Attributes:
        folder: the prepared folder.
        hours, clips, dev_clips: in all.
        seconds: that this run took.
        real_time_factor: seconds of source audio prepared in this run per second of it.
        languages, speakers, styles: hours and clips of each.
        bandwidths: Hz, by speaker.
        skipped: recordings and rows left out.
        without_text: recordings whose text could not be read; they are kept without it.
    """

    folder: str
    hours: float
    clips: int
    dev_clips: int
    seconds: float
    real_time_factor: float
    languages: list[Group]
    speakers: list[Group]
    styles: list[Group]
    bandwidths: dict[str, float]
    skipped: list[Problem]
    without_text: list[Problem]

    def print(self, console: Console) -> None:
        """Print it."""
        speed = f", {self.real_time_factor:.0f} times real time" if self.real_time_factor else ""
        print_line(
            console,
            f"{self.folder}: {self.hours:.2f} h in {self.clips} recordings, {self.dev_clips} of them for "
            f"development; {self.seconds:.0f} s{speed}",
        )
        table = Table(box=None, pad_edge=False)
        for name in ("", "hours", "clips", "with text", "sound up to"):
            table.add_column(name, justify="left" if not name else "right")
        for title, groups in (("language", self.languages), ("style", self.styles), ("speaker", self.speakers)):
            for group in groups[:_SPEAKERS_SHOWN]:
                width = f"{self.bandwidths[group.name] / 1000:.1f} kHz" if title == "speaker" else ""
                cells = (f"{group.hours:.2f}", str(group.clips), str(group.with_text), width)
                table.add_row(escape(f"{title} {group.name}"), *cells)
            rest = groups[_SPEAKERS_SHOWN:]
            if rest:
                hours, clips = sum(group.hours for group in rest), sum(group.clips for group in rest)
                with_text = sum(group.with_text for group in rest)
                table.add_row(f"{len(rest)} more {title}s", f"{hours:.2f}", str(clips), str(with_text), "")
        console.print(table)
        for title, problems in (("skipped", self.skipped), ("kept without text", self.without_text)):
            if problems:
                print_line(console, f"{len(problems)} {title}, all in {Path(self.folder) / 'report.json'}:")
            for problem in problems[:PROBLEMS_SHOWN]:
                line = Text(f"  {problem.name}: {problem.reason}")
                console.print(line, no_wrap=True, overflow="ellipsis")


@dataclass(frozen=True)
class Derivation:
    """Result of a command that derives data from a prepared folder.

    Attributes:
        clips: recordings of the folder that was written.
        made: those that were computed in this run; of transcripts, those that got one.
        summary: the result in a line.
        problems: recordings that are left out, and why.
        most_shown: problems that are printed.
    """

    clips: int
    made: int
    summary: str
    problems: list[Problem] = field(default_factory=list)
    most_shown: int | None = None

    def print(self, console: Console) -> None:
        """Print it."""
        print_line(console, self.summary)
        for problem in self.problems[: self.most_shown]:
            print_line(console, f"  {problem.name}: {problem.reason}")


def print_line(console: Console, text: str) -> None:
    """Print a line as it is, of any length."""
    console.print(text, soft_wrap=True, markup=False)


def finish(
    out: Path,
    origin: Path,
    results: Sequence[Result],
    problems: Sequence[Problem],
    dev: Collection[str] | None,
    seconds: float,
) -> Report:
    """Write the manifests and the report of prepared recordings.

    Args:
        out: the prepared folder.
        origin: the corpus.
        results: one a recording.
        problems: rows without a clip.
        dev: ids of the development set; None chooses one.
        seconds: that preparing took.

    Raises:
        DataError: nothing could be used, or the folder cannot be written.
    """
    skipped = [*problems, *(Problem(result.clip.id, result.skipped) for result in results if result.skipped)]
    kept = [(result, result.sound) for result in results if result.sound is not None]
    if not kept:
        first = f"; the first: {skipped[0].name}: {skipped[0].reason}" if skipped else ""
        raise DataError(f"{origin} holds nothing that can be used ({len(skipped)} skipped{first}).")
    bandwidths = _bandwidths(kept)
    utterances = []
    for result, sound in kept:
        clip = result.clip
        text = clip.text if result.phonemes is not None else ""
        utterances.append(
            Utterance(
                clip.id,
                clip.language,
                clip.speaker,
                clip.style,
                text,
                result.phonemes,
                sound.n_samples,
                bandwidths[clip.speaker],
                clip.group,
                tuple(sound.boundaries),
            )
        )
    dev = development_set(utterances) if dev is None else dev
    fresh = sum(sound.source_duration for result, sound in kept if not result.from_earlier_run)
    report = Report(
        folder=str(out),
        hours=_hours(utterances),
        clips=len(utterances),
        dev_clips=sum(utterance.id in dev for utterance in utterances),
        seconds=round(seconds, 1),
        real_time_factor=round(fresh / seconds, 1),
        languages=_groups(utterances, "language"),
        speakers=_groups(utterances, "speaker"),
        styles=_groups(utterances, "style"),
        bandwidths=bandwidths,
        skipped=skipped,
        without_text=[Problem(r.clip.id, f"{r.text_problem} ({r.clip.text})") for r, _ in kept if r.text_problem],
    )
    try:
        write_manifests(out, utterances, dev)
        write_text(out / "report.json", json.dumps(asdict(report), ensure_ascii=False, indent=1))
    except OSError as error:
        raise DataError(f"{out} cannot be written: {error.strerror}.") from error
    return report


def _bandwidths(kept: Sequence[tuple[Result, Sound]]) -> dict[str, float]:
    """Hz of each speaker; speakers with few recordings are estimated together."""
    clips = Counter(result.clip.speaker for result, _ in kept)
    pools: dict[str, list[list[int]]] = defaultdict(list)
    for result, sound in kept:
        speaker = result.clip.speaker
        pools[speaker if clips[speaker] >= _FEW else ""].append(sound.levels)
    estimates = {name: estimate_bandwidth(levels, SAMPLE_RATE) for name, levels in pools.items()}
    return {speaker: estimates[speaker if count >= _FEW else ""] for speaker, count in clips.items()}


def _groups(utterances: Iterable[Utterance], by: str) -> list[Group]:
    members: dict[str, list[Utterance]] = defaultdict(list)
    for utterance in utterances:
        members[getattr(utterance, by)].append(utterance)
    groups = [
        Group(name, len(items), sum(item.phonemes is not None for item in items), _hours(items))
        for name, items in members.items()
    ]
    return sorted(groups, key=lambda group: (-group.hours, group.name))


def _hours(utterances: Iterable[Utterance]) -> float:
    return round(sum(utterance.n_samples for utterance in utterances) / SAMPLE_RATE / 3600, 4)
