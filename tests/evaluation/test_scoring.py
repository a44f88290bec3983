"""All measures together: on a folder, in several processes, and as the command runs them."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import xespeech
from xespeech.audio import Audio
from xespeech.cli import main
from xespeech.errors import DataError, UnknownNameError, UserError
from xespeech.evaluation import Choice, Judges, Subject, compare, figures, score_folder

SENTENCE = "Only, it is so wonderful, so almost impossible to believe."


def test_a_folder_is_scored_with_the_texts_it_holds(speech: Audio, tiny_voice: Path, tmp_path: Path) -> None:
    speech.save(tmp_path / "a.wav")
    speech.save(tmp_path / "b.flac")
    (tmp_path / "a.txt").write_text(SENTENCE + "\n", encoding="utf-8")
    results = score_folder(tmp_path, judges=Judges(recognizer=tiny_voice))
    (first, scores), (second, without) = results
    assert (first.id, first.text, first.language) == ("a.wav", SENTENCE, "en")
    assert scores.words is not None
    assert scores.words.rate <= 0.5
    assert scores.phones is not None
    assert scores.phones.length > 20
    assert (second.text, without.words, without.phones) == ("", None, None)
    assert without.overall == pytest.approx(scores.overall, abs=0.05)
    assert figures(results)["count"] == 2


def test_metadata_and_given_texts_take_precedence(speech: Audio, tmp_path: Path) -> None:
    (tmp_path / "audio").mkdir()
    Audio(speech.samples[:24_000], speech.sample_rate).save(tmp_path / "audio" / "a.wav")
    (tmp_path / "metadata.csv").write_text("file|language|speaker|style|text\naudio/a.wav|zh|mei|sad|你好\n", "utf-8")
    ((sample, _),) = score_folder(tmp_path)
    assert (sample.language, sample.voice, sample.style, sample.tones) == ("zh", "mei", "sad", ("2", "3"))
    ((sample, _),) = score_folder(tmp_path, texts={"audio/a.wav": "おはよう"})
    assert (sample.language, sample.text) == ("ja", "おはよう")


def test_folders_that_cannot_be_scored_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="nowhere: no such folder"):
        score_folder(tmp_path / "nowhere")
    with pytest.raises(DataError, match="holds no recordings"):
        score_folder(tmp_path)


@pytest.mark.parametrize("name", ["metadata.csv", "a.txt"])
def test_texts_in_another_encoding_are_named(speech: Audio, tmp_path: Path, name: str) -> None:
    Audio(speech.samples[:24_000], speech.sample_rate).save(tmp_path / "a.wav")
    (tmp_path / name).write_text("file|text\na.wav|Müller\n", encoding="latin-1")
    with pytest.raises(DataError, match=rf"{name} is not UTF-8 text: save it as UTF-8"):
        score_folder(tmp_path)


def test_a_model_is_compared_with_natural_recordings(
    prepared: Path, model: Any, tiny_voice: Path, tmp_path: Path
) -> None:
    tables, failures = compare(
        Choice([prepared], cross_lingual=True),
        tmp_path / "report",
        Subject(model, "a stand-in"),
        Judges(recognizer=tiny_voice),
    )
    rows = {(table.title, *labels): row for table in tables for labels, row in table.rows}
    own, natural = rows["Language: en", "own language"], rows["Language: en", "natural"]
    assert natural["similarity"] > own["similarity"]  # the stand-in speaks with noise
    assert natural["overall"] > own["overall"]
    assert own["distortion"] > 1
    assert own["duration_ratio"] == pytest.approx(1, abs=0.01)
    assert rows["Language: en", "conversion"]["source_similarity"] > rows["Language: en", "conversion"]["similarity"]
    assert "tone_error_rate" in rows["Language: zh", "natural"]
    assert len(failures) == 2
    assert "a stand-in" in (tmp_path / "report" / "report.md").read_text(encoding="utf-8")


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    """Run `xespeech evaluate ARGUMENTS...`; exit code, and what it printed."""

    def run(*arguments: object) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["xespeech", "evaluate", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main.run()
        output, errors = capsys.readouterr()
        return int(ended.value.code or 0), output + errors

    return run


def test_the_command_judges_a_model_in_two_processes(
    command: Callable[..., tuple[int, str]], prepared: Path, tiny_voice: Path, tmp_path: Path
) -> None:
    report = tmp_path / "report"
    code, output = command(
        "speech", tiny_voice, *("--data", prepared, "--out", report, "--limit", 1, "--jobs", 2, "--voice", "kathleen")
    )
    assert code == 0, output
    assert "WER" in output
    found = json.loads((report / "results.json").read_text(encoding="utf-8"))
    assert [sample["condition"] for sample in found["samples"]] == ["natural", "copy-vocoder", "copy-latent", "tts"]
    natural, rendered, copied, spoken = found["tables"]["Voices"]
    assert copied["copy_similarity"] < 0.9
    assert copied["copy_similarity"] < rendered["copy_similarity"]  # which has the mel of the recording
    assert natural["similarity"] > 0.9 > spoken["similarity"]  # the model is random
    assert spoken["real_time_factor"] < 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("speech",), "Name a folder made by `xespeech prepare` with --data"),
        (("natural", "--data", "nowhere"), "nowhere is not a prepared data folder"),
        (("natural", "--data", "{data}", "--voice", "kathlen"), "did you mean kathleen"),
        (("natural", "--data", "{data}", "--recognizer", "nowhere"), "nowhere holds no content encoder"),
        (("natural", "--data", "{data}", "--whisper", "bse"), "there is no Whisper bse: name a folder"),
        (("natural", "--data", "{data}", "--whisper", "{data}"), "holds no Whisper for faster-whisper"),
        (("natural", "--data", "{data}", "--out", "{data}/report.json"), "is a file"),
        (("speech", "nowhere", "--data", "{data}"), "there is no model folder nowhere"),
        (("folder", "nowhere"), "nowhere: no such folder"),
        # as the measures were asked for before they were commands
        (("models/mine", "--data", "a"), "xespeech evaluate speech models/mine --data a"),
        (("models/mine", "--emotions", "--data", "a"), "xespeech evaluate emotions models/mine --data a"),
        (("--data", "a", "--zero-shot"), "xespeech evaluate zero-shot --data a"),
        (("--natural-only", "--data", "a"), "xespeech evaluate natural --data a"),
        (("run", "--encoder-only"), "xespeech evaluate encoder run"),
        (("--lengths",), "xespeech evaluate lengths"),
    ],
)
def test_mistakes_end_in_one_sentence(
    command: Callable[..., tuple[int, str]],
    prepared: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    sentence: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (prepared / "report.json").touch()
    code, output = command(*(argument.format(data=prepared) for argument in arguments))
    assert code == 2
    assert sentence in output
    assert output.count("\n") == 1


def test_missing_libraries_are_found_out_before_any_work(
    prepared: Path, model: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    find = xespeech.evaluation._extra.find_spec
    monkeypatch.setattr(
        xespeech.evaluation._extra, "find_spec", lambda name: None if name == "speechmos" else find(name)
    )
    with pytest.raises(UserError, match=r'speechmos.*pip install "xespeech\[evaluate\]"'):
        compare(Choice([prepared]), tmp_path / "report", Subject(model, "a stand-in"))
    assert not model.calls


def test_a_voice_that_the_model_lacks_is_refused_before_any_work(prepared: Path, model: Any, tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="did you mean kathleen"):
        compare(Choice([prepared], voices=["kathlen"]), tmp_path / "report", Subject(model, "a stand-in"))
    assert not model.calls
    assert not (tmp_path / "report").exists()


def test_any_folder_is_judged_by_file(command: Callable[..., tuple[int, str]], speech: Audio, tmp_path: Path) -> None:
    (tmp_path / "demo").mkdir()
    Audio(speech.samples[: 2 * speech.sample_rate], speech.sample_rate).save(tmp_path / "demo" / "1-english.mp3")
    code, output = command("folder", tmp_path / "demo", "--out", tmp_path / "report")
    assert code == 0, output
    (row,) = json.loads((tmp_path / "report" / "results.json").read_text(encoding="utf-8"))["tables"]["Recordings"]
    assert row["file"] == "1-english.mp3"
    assert row["overall"] > 2
    assert "1-english.mp3" in (tmp_path / "report" / "report.md").read_text(encoding="utf-8")


def test_live_conversion_is_measured(
    command: Callable[..., tuple[int, str]], speech: Audio, tiny_voice: Path, tmp_path: Path
) -> None:
    source = speech.save(tmp_path / "source.wav")
    arguments = ("--voice", "mei", "--model", tiny_voice, "--minutes", 0.1, "--out", tmp_path / "report")
    code, output = command("live", source, *arguments)
    assert code == 0, output
    (row,) = json.loads((tmp_path / "report" / "results.json").read_text(encoding="utf-8"))["tables"]["Live conversion"]
    assert (row["voice"], row["missing"]) == ("mei", 0)
    assert 0 < row["latency"] < 1000
    assert "latency ms" in (tmp_path / "report" / "report.md").read_text(encoding="utf-8")
