"""How well texts are read, here and by other libraries, and what changed since an older version.

python benchmarks/readings.py table                                    # rows of tests/text/readings: kind x library
python benchmarks/readings.py compare OLD_SRC FILE LANGUAGE [COUNT]    # sentences of a file, old and new
"""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from difflib import SequenceMatcher
from functools import cache
from itertools import islice
from pathlib import Path

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "tests/text/readings"
Row = dict[str, str]
_SMALL = 8  # a kind with fewer rows is counted with the others of its file


def rows() -> Iterator[Row]:
    """Every row of the readings, with the name of its file."""
    for path in sorted(FOLDER.glob("*.tsv")):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
                yield {**row, "file": path.stem}


def is_right(row: Row, found: str) -> bool:
    """Whether a field is as a row demands."""
    flags = re.IGNORECASE if row["field"] == "spoken" else 0
    wanted, refused = row["must_match"], row["must_not_match"]
    return not (wanted and not re.search(wanted, found, flags)) and not (refused and re.search(refused, found, flags))


def _here(row: Row) -> str | None:
    from xespeech.text.reading import read

    sentences = read(row["input"].replace("\\n", "\n").replace("\\t", "\t"), row["language"] or None).sentences
    return " | ".join(getattr(own, row["field"]) for own in sentences)


@cache
def _wetext(language: str) -> Callable[[str], str]:
    from wetext import Normalizer

    return Normalizer(lang=language, operator="tn").normalize


def _wetext_field(row: Row) -> str | None:
    if row["field"] != "spoken":
        return None
    try:
        said = _wetext(row["language"] or "en")(row["input"])
    except AssertionError:  # a character that its grammar does not know
        return ""
    return re.sub(r"(?<=[a-z])-(?=[a-z])", " ", said)


def _pinyin_field(row: Row, read: Callable[[str], list[str]]) -> str | None:
    if row["language"] != "zh" or row["field"] != "reading":
        return None
    try:
        return " ".join(read(_wetext("zh")(row["input"])))
    except AssertionError:
        return ""


def _pypinyin_field(row: Row) -> str | None:
    from pypinyin import Style, lazy_pinyin

    return _pinyin_field(
        row,
        lambda text: lazy_pinyin(text, style=Style.TONE3, neutral_tone_with_five=True, tone_sandhi=True, v_to_u=True),
    )


def _g2pm_field(row: Row) -> str | None:
    try:
        from g2pM import G2pM
    except ImportError:
        return None
    return _pinyin_field(row, lambda text: _g2pm(G2pM)(text, tone=True, char_split=False))


@cache
def _g2pm(kind: type) -> Callable[..., list[str]]:
    return kind()


def _open_jtalk_field(row: Row) -> str | None:
    if row["language"] != "ja" or row["field"] != "reading":
        return None
    import pyopenjtalk

    return pyopenjtalk.g2p(row["input"], kana=True).replace("ヲ", "オ").replace("’", "")


READERS: dict[str, Callable[[Row], str | None]] = {
    "here": _here,
    "wetext": _wetext_field,
    "pypinyin": _pypinyin_field,
    "g2pM": _g2pm_field,
    "pyopenjtalk-plus": _open_jtalk_field,
}


def table() -> None:
    """Print a table row for each language and kind: how many of the rows each library reads right."""
    right: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    asked: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    tried = [row for row in rows() if row["field"] in ("spoken", "reading")]
    size = Counter((row["language"], row["kind"]) for row in tried)
    for row in tried:
        is_small = size[row["language"], row["kind"]] < _SMALL
        kind = f"{re.split('[.-]', row['file'])[1]}, others" if is_small else row["kind"]
        key = row["language"] or "any", kind
        for name, reader in READERS.items():
            found = reader(row)
            if found is not None:
                asked[key][name] += 1
                right[key][name] += is_right(row, found)
    print(f"| language | kind | {' | '.join(READERS)} |\n|---|---|{'---|' * len(READERS)}")
    for key in sorted(asked):
        cells = (f"{right[key][name]} / {asked[key][name]}" if asked[key][name] else "" for name in READERS)
        print(f"| {key[0]} | {key[1]} | {' | '.join(cells)} |")
    for language in sorted({key[0] for key in asked}):
        keys = [key for key in asked if key[0] == language]
        counts = {
            name: (sum(right[key][name] for key in keys), sum(asked[key][name] for key in keys)) for name in READERS
        }
        cells = (f"**{own} / {total}**" if total else "" for own, total in counts.values())
        print(f"| {language} | **all** | {' | '.join(cells)} |")


def dump(path: Path, language: str, count: int) -> None:
    """Print the sounds of the first sentences of a file as lines of JSON, then the time a word takes.

    Uses only what every version has.
    """
    from xespeech.text import phonemize

    phonemize({"en": "Ready at 10.", "zh": "准备好了10。", "ja": "準備10です。"}[language], language)
    n_words, seconds = 0, 0.0
    with path.open(encoding="utf-8") as file:
        for line in islice(map(str.strip, file), count):
            started = time.process_time()
            try:
                phonemes = phonemize(line, language)
                seconds += time.process_time() - started
                n_words += len(phonemes.words)
                empty = any(word.first == word.stop or not word.text.strip() for word in phonemes.words)
                sounds = phonemes.ipa.split(" ")
                words = [f"{word.text} {''.join(sounds[word.first : word.stop])}" for word in phonemes.words]
                print(json.dumps([phonemes.ipa, words, empty], ensure_ascii=False))
            except Exception as error:
                print(json.dumps([f"{type(error).__name__}: {error}", [], False], ensure_ascii=False))
    print(json.dumps([n_words, seconds]))


def compare(old: Path, path: Path, language: str, count: int) -> None:
    """Print every change in the sounds of sentences, the most frequent first, with one sentence each."""
    results = []
    for source in (old, ROOT / "src"):
        command = [sys.executable, __file__, "dump", str(path), language, str(count)]
        environment = {**os.environ, "PYTHONPATH": str(source), "OMP_NUM_THREADS": "1"}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        results.append([json.loads(line) for line in done.stdout.splitlines()])
    (*before, time_before), (*after, time_after) = results
    with path.open(encoding="utf-8") as file:
        sentences = list(islice(map(str.strip, file), count))
    changes: Counter[tuple[str, str]] = Counter()
    examples: dict[tuple[str, str], str] = {}
    n_changed = n_sounds = 0
    for sentence, old_reading, new_reading in zip(sentences, before, after, strict=True):
        if old_reading[0] == new_reading[0]:
            continue
        n_changed += 1
        found = list(_changes(old_reading, new_reading))
        n_sounds += bool(found)
        for change in found:
            changes[change] += 1
            examples.setdefault(change, sentence)
    for (was, now), times in changes.most_common():
        print(f"{times}\t{was}\t{now}\t{examples[was, now]}")
    failed = [sum(": " in own[0] and not own[1] for own in part) for part in (before, after)]
    print(
        f"{len(sentences)} sentences, {n_changed} changed; errors {failed[0]} before, {failed[1]} after; "
        f"with an empty word {sum(own[2] for own in after)}; "
        f"{1000 * time_before[1] / time_before[0]:.3f} ms a word before, "
        f"{1000 * time_after[1] / time_after[0]:.3f} after"
    )


def _changes(before: list, after: list) -> Iterator[tuple[str, str]]:
    """Words that differ, each with its sounds; where only pauses differ, those."""
    old, new = (reading[1] if before[1] != after[1] else reading[0].split(" ") for reading in (before, after))
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    for kind, first, last, start, stop in matcher.get_opcodes():
        if kind != "equal":
            yield " ".join(old[first:last]), " ".join(new[start:stop])


if __name__ == "__main__":
    if sys.argv[1:2] == ["table"]:
        table()
    elif sys.argv[1:2] in (["compare"], ["dump"]):
        *sources, file, language = sys.argv[2:4] if sys.argv[1] == "dump" else sys.argv[2:5]
        number = int((sys.argv[4:] if sys.argv[1] == "dump" else sys.argv[5:] or ["10000"])[0])
        if sources:
            compare(Path(sources[0]), Path(file), language, number)
        else:
            dump(Path(file), language, number)
    else:
        sys.exit(__doc__)
