"""ESD: ten Mandarin and ten English speakers, five emotions (Zhou et al.; research only)."""

from __future__ import annotations

import re
from pathlib import Path

from xespeech.data.clips import Clip, Listing
from xespeech.data.corpora.layout import find_corpus, read_lines
from xespeech.data.report import Problem

_EMOTIONS = {
    **{"neutral": "neutral", "angry": "angry", "happy": "happy", "sad": "sad", "surprise": "surprise"},
    **{
        "中立": "neutral",
        "生气": "angry",
        "愤怒": "angry",
        "快乐": "happy",
        "开心": "happy",
        "伤心": "sad",
        "难过": "sad",
    },
    **{"惊喜": "surprise", "惊讶": "surprise"},
}
_LAST_MANDARIN = 10
_LINE = re.compile(r"(\d{4}_\d{6})\s+(.*?)(?:\s+(\S+))?\s*")


def list_esd(folder: Path) -> Listing:
    """Recordings of ESD: `0001/0001.txt` and `0001/Angry/0001_000351.wav`, or with train, evaluation and test inside.

    A line of the transcripts is NAME, text and emotion between tabs. Speakers 0001 to 0010 speak Mandarin, the others
    English. The files are in several encodings, and some lines have blanks for tabs. The emotion is that of the folder.

    Raises:
        DataError: the folder is not ESD.
    """
    root = find_corpus(folder, "ESD", ("00[0-2][0-9]/00*.txt", "00[0-2][0-9]/Neutral"))
    clips: list[Clip] = []
    problems: list[Problem] = []
    for place in sorted(path for path in root.glob("00[0-2][0-9]") if path.is_dir()):
        transcript = place / f"{place.name}.txt"
        texts: dict[str, str] = {}
        if transcript.exists():
            texts, bad = _read_transcript(transcript)
            problems += bad
        else:
            problems.append(Problem(place.name, f"has no {transcript.name}: its recordings stay without text"))
        language = "zh" if int(place.name) <= _LAST_MANDARIN else "en"
        found = set()
        for emotion in sorted(path for path in place.iterdir() if path.is_dir()):
            style = _EMOTIONS.get(emotion.name.lower())
            if style is None:
                problems.append(Problem(f"{place.name}/{emotion.name}", "is not an emotion of ESD"))
                continue
            for path in sorted(emotion.rglob("*.wav")):
                found.add(path.stem)
                clips.append(Clip(path.stem, path, language, place.name, style, texts.get(path.stem, "")))
        problems += [Problem(name, "has a text but no recording") for name in sorted(texts.keys() - found)]
    return Listing(clips, problems)


def _read_transcript(path: Path) -> tuple[dict[str, str], list[Problem]]:
    texts, problems = {}, []
    for number, line in enumerate(read_lines(path, ("utf-8-sig", "gb18030")), 1):
        fields = [field.strip() for field in line.strip().split("\t") if field.strip()]
        if len(fields) == 3:
            texts[fields[0]] = fields[1]
            continue
        match = _LINE.fullmatch(line.strip())
        if match is None:
            problems.append(Problem(f"{path.name} line {number}", "is not NAME, text and emotion between tabs"))
            continue
        name, text, last = match.groups()
        known = (last or "").lower() in _EMOTIONS
        texts[name] = text if known or not last else f"{text} {last}"
    return texts, problems
