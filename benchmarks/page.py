"""Turns the figures of benchmarks/results.json into docs/benchmarks.md and its chart."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from systems import ALIKE, SYSTEMS

Row = dict[str, Any]
HEAD = """# Benchmarks

Written by `make bench` from `benchmarks/`; the figures themselves are in `benchmarks/results.json`. Every figure is the
median of several runs in a process of its own, the least and the greatest behind it. A **real-time factor** of 0.01
makes 100 s of speech in 1 s; threads are confined to as many cores.

Under the first table, all systems speak the same texts, as long as they last in our voice. Ours reads the text, numbers
and all; the others are given as many random symbols, and random weights of their released sizes: they take the same
time as trained ones.

Each section says when it was measured. Before 2026-11-28 the default voice was v4, which rendered half as many frames a
second; on that day v5, which takes 1.44 times as long, or v5.3, with integers in more graphs; on 2026-11-29 v5.6, on a
machine on which every system took 1.4 to 2 times as long as the day before: compare within a section.
"""


def write_page(results: dict[str, Any], docs: Path) -> None:
    """Write benchmarks.md and benchmarks.svg into the folder of pages."""
    pieces = results["pieces"]
    sections = [HEAD]
    if "speak" in pieces:
        sections.append(_machine(pieces["speak"]))
        sections.append("![Real-time factors and growth](benchmarks.svg)\n")
    for name, write in _SECTIONS.items():
        if name in pieces:
            sections.append(write(pieces[name]["rows"]))
        if name == "alike" and name in pieces:
            sections.append(_machine(pieces[name]))
    (docs / "benchmarks.md").write_text("\n".join(sections), "utf-8")
    if "speak" in pieces:
        _draw(pieces, docs / "benchmarks.svg")


def _machine(piece: dict[str, Any]) -> str:
    own = piece["machine"]
    versions = ", ".join(f"{name} {own[name]}" for name in ("onnxruntime", "torch", "transformers") if name in own)
    return (
        f"Measured on {piece['date']}: {own['processor']}, {own['cores']} cores, Python {own['python']}, {versions}.\n"
    )


def _alike(rows: Sequence[Row]) -> str:
    """Systems that say the same sentences: a column each."""
    systems = list(dict.fromkeys(row["system"] for row in rows))
    cells: dict[str, list[str]] = {}

    def line(name: str, values: Sequence[Sequence[float]], form: str) -> None:
        cells[name] = [_middle(own, form) for own in values]

    for threads in sorted({row["threads"] for row in rows if row["task"] == "alike"}):
        said = [[row for row in rows if (row["system"], row["threads"]) == (name, threads)] for name in systems]
        said = [[row for row in own if row["task"] == "alike"] for own in said]
        core = f"{threads} core{'s' * (threads > 1)}"
        line(f"real-time factor, {core}", [[row["seconds"] / row["sound"] for row in own] for own in said], "{:.4f}")
        line(f"first sound, {core}, ms", [[1000 * row["first"] for row in own] for own in said], "{:.0f}")
        line(f"from nothing to a sentence, {core}, s", [[row["ready"] for row in own] for own in said], "{:.2f}")
    line("memory, MB", [[row["peak_mb"] for row in own] for own in said], "{:.0f}")
    judged = [[row["judged"] for row in rows if row["system"] == name and "judged" in row] for name in systems]
    for figure, name, form in _JUDGED:
        for key, part in (("all", ""), ("en", ", English"), ("zh", ", Mandarin"), ("ja", ", Japanese")):
            values = [[row[key][figure] for row in own if figure in row.get(key, {})] for own in judged]
            if any(values):
                line(f"{name}{part}", values, form)
    timed = [row["system"] for row in rows if row["task"] == "alike" and row["threads"] == 1]
    runs = ", ".join(str(timed.count(name)) for name in systems)
    note = (
        "Twenty sentences in English, Mandarin and Japanese, one voice each (ours the default one, Kokoro's alpha), "
        "with the released weights of each system. Those of the original are not released: only its speed is known, "
        f"of random ones. Runs in separate processes, {runs} in the order of the columns; medians, "
        "the least and the greatest behind them.\n"
    )
    if not any(judged):
        note += "\nThe judges of words and naturalness did not take part in this run: there was no time for them.\n"
    head = ["| | " + " | ".join(ALIKE[name][0] for name in systems) + " |", "|---" * (len(systems) + 1) + "|"]
    lines = [f"| {name} | " + " | ".join(own) + " |" for name, own in cells.items()]
    return "\n".join(["## The same sentences\n", note, *head, *lines, ""])


_JUDGED = (
    ("content_error_rate", "words or characters that Whisper hears otherwise", "{:.1%}"),
    ("overall", "DNSMOS OVRL", "{:.2f}"),
    ("naturalness", "DistillMOS", "{:.2f}"),
)


def _middle(values: Sequence[float], form: str) -> str:
    """Median, and the least and the greatest where they differ."""
    if not values:
        return "–"
    low, middle, high = (form.format(pick(values)) for pick in (min, median, max))
    return f"**{middle}**" if low == high else f"**{middle}** ({low}–{high})"


def _speak(rows: Sequence[Row]) -> str:
    lines = ["## Text to speech\n"]
    for name in dict.fromkeys(row["name"] for row in rows):
        own = [row for row in rows if row["name"] == name]
        lines += [f"A {name}, {own[0]['seconds']:.1f} s:\n", *_by_threads(own)]
    return "\n".join(lines)


def _convert(rows: Sequence[Row]) -> str:
    note = (
        "A recording of 10 s; ours finds its content features, the others are given theirs (no Whisper is counted):\n"
    )
    return "\n".join(["## Voice conversion\n", note, *_by_threads(rows)])


def _by_threads(rows: Sequence[Row]) -> list[str]:
    """A table of real-time factors with 1 and 2 threads and peak memory."""
    lines = ["| system | 1 thread | 2 threads | against xespeech (2) | peak memory |", "|---|---|---|---|---|"]
    ours = next((_factor(row) for row in rows if row["system"] == "xespeech" and row["threads"] == 2), None)
    for system in dict.fromkeys(row["system"] for row in rows if row["threads"] == 2):
        one, two = (
            next(row for row in rows if row["system"] == system and row["threads"] == threads) for threads in (1, 2)
        )
        times = "–" if ours is None else f"{_factor(two) / ours:.1f} ×"
        peak = max(one["peak_mb"], two["peak_mb"])
        lines.append(f"| {_name(system)} | {_spread(one)} | {_spread(two)} | {times} | {peak:.0f} MB |")
    return [*lines, ""]


def _first(rows: Sequence[Row]) -> str:
    lines = [
        "## First sound\n",
        "`voice.stream`, model warm, two threads: from the call to the first chunk.\n",
        "| characters of the text | milliseconds |",
        "|---|---|",
    ]
    return "\n".join([*lines, *(f"| {row['characters']:,} | {_times(row, 1000)} |" for row in rows), ""])


def _cold(rows: Sequence[Row]) -> str:
    lines = [
        "## Cold start\n",
        "A whole process, from the shell to the file. Peers draw random weights, read none and write no file.",
        "",
        "| command | seconds | peak memory |",
        "|---|---|---|",
    ]
    names = {"xespeech": "`xespeech speak`, a sentence", "xespeech convert": "`xespeech convert`, a recording of 12 s"}
    for row in rows:
        name = names.get(row["system"]) or f"{_name(row['system'])}, a sentence"
        lines.append(f"| {name} | {_times(row)} | {row['peak_mb']:.0f} MB |")
    return "\n".join([*lines, ""])


def _install(rows: Sequence[Row]) -> str:
    lines = [
        "## Installation\n",
        "Into a fresh virtual environment, once each, from a package index that is near.\n",
        "| | seconds | site-packages |",
        "|---|---|---|",
    ]
    return "\n".join(
        [*lines, *(f"| {row['system']} | {row['seconds']:.0f} | {row['mb']:.0f} MB |" for row in rows), ""]
    )


def _length(rows: Sequence[Row]) -> str:
    return _growth(rows, "## Length of the speech\n", "length", "seconds of speech, about")


def _batch(rows: Sequence[Row]) -> str:
    title = (
        "## Sentences at once\n\nOurs speaks them in as many threads of Python on one voice, the others as one batch.\n"
    )
    return _growth(rows, title, "batch", "sentences")


def _growth(rows: Sequence[Row], title: str, column: str, head: str) -> str:
    """A table of real-time factor and memory by a growing number."""
    numbers = list(dict.fromkeys(row[column] for row in rows))
    lines = [title, f"Real-time factor with two threads (peak memory), by {head}:\n"]
    lines += ["| system | " + " | ".join(f"{number:,}" for number in numbers) + " |", "|---" * (len(numbers) + 1) + "|"]
    for system in dict.fromkeys(row["system"] for row in rows):
        cells = []
        for number in numbers:
            own = next((row for row in rows if row["system"] == system and row[column] == number), None)
            cells.append(f"{_number(_factor(own))} ({own['peak_mb']:.0f} MB)" if own else "–")
        lines.append(f"| {_name(system)} | " + " | ".join(cells) + " |")
    return "\n".join([*lines, ""])


def _text(rows: Sequence[Row]) -> str:
    lines = [
        "## Length of the text\n",
        "`voice.narrate`, two threads.\n",
        "| characters | seconds of speech | seconds of work | real-time factor | peak memory |",
        "|---|---|---|---|---|",
    ]
    for row in rows:
        lines.append(
            f"| {row['characters']:,} | {row['sound']:,.1f} | {median(row['times']):.2f} | "
            f"{_number(_factor(row))} | {row['peak_mb']:.0f} MB |"
        )
    return "\n".join([*lines, ""])


_SECTIONS = {
    "alike": _alike,
    **{"speak": _speak, "convert": _convert, "first": _first, "cold": _cold, "install": _install},
    **{"length": _length, "batch": _batch, "text": _text},
}


def _draw(pieces: dict[str, Any], path: Path) -> None:
    """Bars of the paragraph's real-time factors, and how they grow with the length."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "xespeech"  # the same picture for the same figures
    from matplotlib import pyplot

    figure, (left, right) = pyplot.subplots(1, 2, figsize=(12, 4.2))
    rows = [row for row in pieces["speak"]["rows"] if row["name"] == "paragraph"]
    systems = list(dict.fromkeys(row["system"] for row in rows if row["threads"] == 2))
    for threads in (1, 2):
        own = [next(row for row in rows if row["system"] == name and row["threads"] == threads) for name in systems]
        heights = [index + 0.2 * (2 * threads - 3) for index in range(len(systems))]
        left.barh(heights, [_factor(row) for row in own], 0.38, label=f"{threads} thread{'s' * (threads > 1)}")
    left.set_yticks(range(len(systems)), [_name(name).split(" (")[0] for name in systems])
    left.invert_yaxis()
    left.set_xscale("log")
    left.set_xlabel("real-time factor, a paragraph (less is faster)")
    left.legend()
    for name in systems:
        own = [row for row in pieces.get("length", {"rows": []})["rows"] if row["system"] == name]
        right.plot([row["length"] for row in own], [_factor(row) for row in own], marker="o", label=_name(name))
    right.set(xscale="log", yscale="log", xlabel="seconds of speech", ylabel="real-time factor, two threads")
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})


def _name(system: str) -> str:
    return SYSTEMS[system][0] if system in SYSTEMS else system


def _factor(row: Row) -> float:
    return median(row["times"]) / row["sound"]


def _number(value: float) -> str:
    return f"{value:.4f}" if value < 0.1 else f"{value:.2f}"


def _spread(row: Row) -> str:
    low, high = min(row["times"]) / row["sound"], max(row["times"]) / row["sound"]
    return f"**{_number(_factor(row))}** ({_number(low)}–{_number(high)})"


def _times(row: Row, scale: float = 1.0) -> str:
    digits = 0 if scale > 1 else 2
    middle, low, high = (f"{scale * pick(row['times']):.{digits}f}" for pick in (median, min, max))
    return f"**{middle}** ({low}–{high})"
