"""The attribution file of a model: the recordings that it was trained on, their licences and makers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from xespeech.data.manifest import SAMPLE_RATE
from xespeech.data.pack import Row
from xespeech.data.speeds import original_speaker
from xespeech.errors import ConfigError, listed

UNKNOWN_LICENCE = "unknown"
_HEADER = ("| recordings | voices | hours | licence | by |", "|---|---|---:|---|---|")


@dataclass(frozen=True)
class Credit:
    """Licence and attribution of the recordings of some voices.

    Attributes:
        licence: of the recordings.
        source: the corpus they come from.
        credit: its makers.
    """

    licence: str
    source: str = ""
    credit: str = ""


def read_credits(content: object, name: str) -> dict[str, Credit]:
    """Credits by voice or pattern of voices ("an4-*"), from the content of a JSON file.

    Args:
        content: `{"kathleen": "CC0 1.0", "an4-*": {"licence": "BSD", "source": "CMU AN4", "credit": "..."}}`.
        name: of the file, for errors.

    Raises:
        ConfigError: it holds something else.
    """
    wanted = '{"NAME": "LICENCE", "PATTERN": {"licence": ..., "source": ..., "credit": ...}}'
    if not isinstance(content, dict):
        raise ConfigError(f"{name} must map voices to licences: {wanted}.")
    credits = {}
    for voice, value in content.items():
        fields = {"licence": value} if isinstance(value, str) else value
        if (
            not isinstance(fields, dict)
            or not set(fields) <= {"licence", "source", "credit"}
            or not fields.get("licence")
            or not all(isinstance(field, str) for field in fields.values())
        ):
            raise ConfigError(f"{name} gives no licence for {voice}: {wanted}.")
        credits[voice] = Credit(**fields)
    return credits


def credit_of(voice: str, credits: Mapping[str, Credit]) -> Credit:
    """The credit given for a voice by name or, failing that, by the first pattern that fits."""
    fitting = (credit for pattern, credit in credits.items() if fnmatchcase(voice, pattern))
    return credits.get(voice) or next(fitting, Credit(UNKNOWN_LICENCE))


def rows_of_table(text: str) -> list[str]:
    """The rows of an attribution file: one for each source."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [line for line in lines if line not in _HEADER]


def write_attribution(
    rows: Sequence[Row], credits: Mapping[str, Credit], licence: str, earlier: Sequence[str] = ()
) -> str:
    """The attribution file, in Markdown: every source of a model's recordings with voices, hours, licence and makers.

    Args:
        rows: the recordings that the model was trained on, development sets left out; copies of recordings at other
            speeds are credited as these, and not counted beside them; a recording that is there twice, as in copies
            of a prepared folder, counts once.
        credits: of the voices, see `read_credits`.
        licence: of the weights.
        earlier: rows of the attribution files of models that the training began from, see `rows_of_table`.
    """
    groups: dict[Credit, list[Row]] = defaultdict(list)
    speakers = {row.speaker for row in rows}
    for row in {(row.speaker, row.id, row.text or row.audio[1]): row for row in rows}.values():
        original = original_speaker(row.speaker)
        if row.speaker == original or original not in speakers:
            groups[credit_of(original, credits)].append(row)
    lines = [
        "# Attribution",
        "",
        f"The weights of this model are under this licence: {licence}. They were trained on the recordings",
        "below, which are not part of it.",
        "",
        *_HEADER,
    ]
    for credit, members in sorted(groups.items(), key=lambda group: -_hours(group[1])):
        voices = sorted({original_speaker(row.speaker) for row in members})
        cells = (credit.source or "recordings", listed(voices), f"{_hours(members):.2f}", credit.licence, credit.credit)
        lines.append("| " + " | ".join(cell.replace("|", "/") for cell in cells) + " |")
    if earlier:
        lines += [
            "",
            "These weights, or those of the content encoder, began from others that had learnt from these:",
            "",
            *_HEADER,
        ]
        lines += dict.fromkeys(earlier)
    return "\n".join(lines) + "\n"


def _hours(rows: Sequence[Row]) -> float:
    return sum(row.audio[1] for row in rows) / SAMPLE_RATE / 3600
