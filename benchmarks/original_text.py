"""How far the original text front ends agree with the released phone lists, and where they differ.

python benchmarks/original_text.py
"""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

from rapidfuzz.distance import Levenshtein

from xespeech.original.text import text_to_symbols

LINES = Path(__file__).parents[1] / "tests/original/text/released/texts.tsv"


def main() -> None:
    """Print one table row a corpus, then the differences by how often they occur."""
    with LINES.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    print("| corpus | lines | symbols | agreement | identical lines |\n|---|---|---|---|---|")
    differences: Counter[tuple[str, str, str]] = Counter()
    for corpus, language in sorted({(row["corpus"], row["language"]) for row in rows}, key=lambda pair: pair[::-1]):
        lines = [row for row in rows if (row["corpus"], row["language"]) == (corpus, language)]
        edits = same = 0
        for row in lines:
            made = text_to_symbols(row["text"], language)
            edits += Levenshtein.distance(made, row["symbols"])
            same += made == row["symbols"]
            for edit in Levenshtein.opcodes(made.split(" "), row["symbols"].split(" ")):
                if edit.tag != "equal":
                    ours = made.split(" ")[edit.src_start : edit.src_end]
                    released = row["symbols"].split(" ")[edit.dest_start : edit.dest_end]
                    differences[language, " ".join(ours), " ".join(released)] += 1
        total = sum(len(row["symbols"]) for row in lines)
        print(f"| {corpus} ({language}) | {len(lines)} | {total:,} | {100 * (1 - edits / total):.2f} % | {same} |")
    print("\n| language | here | released | times |\n|---|---|---|---|")
    for (language, ours, released), count in differences.most_common():
        print(f"| {language} | {ours or 'nothing'} | {released or 'nothing'} | {count} |")


if __name__ == "__main__":
    main()
