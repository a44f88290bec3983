"""A run with data becomes a model that speaks in the voices of the data."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
import torch

import xespeech
from xespeech.audio import Audio
from xespeech.content.store import load_encoder, save_encoder
from xespeech.data.manifest import Utterance, write_manifests
from xespeech.data.pack import Pack
from xespeech.errors import DataError, ModelError, UnknownNameError
from xespeech.model_folder.weights import load_networks
from xespeech.text import phonemize
from xespeech.training.attribution import Credit
from xespeech.training.export import ExportOptions, export_run, pitch_ranges
from xespeech.training.recipe import read_recipe, write_run
from xespeech.training.start import sizes_of, sources_of

ROOT = Path(__file__).parents[2]

RECORDINGS = [  # language, speaker, style, text
    *[("ja", "mei", "neutral", "おはよう。")] * 3,
    *[("ja", "mei", "happy", "こんにちは。")] * 2,
    ("en", "an4-fash", "neutral", "Good morning."),
    ("en", "an4-mdxs", "expressive", ""),
    ("ja", "mei@1.15", "neutral", "おはよう。"),  # a copy at another speed: nobody, and not counted
]


@pytest.fixture(scope="module")
def run(tiny_networks: tuple[Any, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run folder with its checkpoint, on a prepared folder of eight buzzes; the last of mei's is held out."""
    folder = tmp_path_factory.mktemp("run")
    data = folder / "prepared"
    (data / "audio").mkdir(parents=True)
    generator = np.random.default_rng(0)
    utterances = []
    for index, (language, speaker, style, text) in enumerate(RECORDINGS):
        phase = np.cumsum(np.full(36_000, (120 + 40 * index) / 24_000))
        buzz = 0.1 * (phase % 1 - 0.5) + 0.005 * generator.standard_normal(36_000)
        Audio(buzz.astype(np.float32), 24_000).save(data / "audio" / f"{index}.wav")
        phonemes = phonemize(text, language) if text else None
        utterances.append(Utterance(str(index), language, speaker, style, text, phonemes, 36_000, 12_000.0))
    write_manifests(data, utterances, dev={"4"})

    synthesizer, encoder, _ = tiny_networks
    save_encoder(encoder, folder / "content" / "encoder", step=1)
    averaged = {f"synthesizer.{name}": tensor for name, tensor in synthesizer.state_dict().items()}
    averaged["discriminators.weight"] = torch.zeros(3)
    torch.save({"step": 42, "networks": {}, "averaged": averaged, "optimizers": {}}, folder / "checkpoint.pt")
    recipe = {
        "task": "synthesis",
        "model": asdict(synthesizer.config),
        "data": [str(data)],
        "content_encoder": str(folder / "content"),
    }
    (folder / "recipe.json").write_text(json.dumps(recipe))
    return folder


def test_exported_model_speaks_and_converts(run: Path, tmp_path: Path) -> None:
    options = ExportOptions(
        licence="CC BY-SA 4.0",
        credits={"an4-*": Credit("BSD", "CMU AN4", "Carnegie Mellon University"), "mei": Credit("CC BY 3.0")},
        default_voice="an4-fash",
    )
    export_run(run, tmp_path / "model", options)
    voice = xespeech.load(tmp_path / "model")
    known = {info.name: info for info in voice.voices}
    assert next(iter(known)) == "mei"  # the most recorded first
    assert known["mei"].languages == ("ja",)
    assert known["mei"].emotions == ("neutral", "happy")
    assert (known["mei"].licence, known["an4-fash"].licence) == ("CC BY 3.0", "BSD")
    assert known["an4-mdxs"].emotions == ("expressive",)
    assert voice.description.step == 42
    assert voice.description.licence == "CC BY-SA 4.0"
    assert voice.description.default_voice == "an4-fash"
    attribution = (tmp_path / "model" / "ATTRIBUTION.md").read_text(encoding="utf-8")
    assert "this licence: CC BY-SA 4.0" in attribution
    assert "| CMU AN4 | an4-fash, an4-mdxs |" in attribution
    assert "| BSD | Carnegie Mellon University |" in attribution
    assert "| recordings | mei |" in attribution
    spoken = voice.speak("Hello.", emotion="happy")
    assert np.abs(spoken.samples).max() > 1e-3
    assert voice.convert(spoken, voice="mei").duration == pytest.approx(spoken.duration)


def test_sources_of_what_a_run_began_from_are_credited(run: Path, tmp_path: Path) -> None:
    """A run from a model, and the content encoder of one, owe them their recordings."""
    credits = {"mei": Credit("CC BY 3.0", "HTS voice Mei", "MMDAgent")}
    first = export_run(run, tmp_path / "first", ExportOptions(credits=credits))
    assert first.voices
    recipe = read_recipe(ROOT / "recipes/fine-tune.yaml", {}, partial(sizes_of, tmp_path / "first"))
    write_run(recipe, tmp_path / "later", [run / "prepared"], str(tmp_path / "first"), tmp_path / "first")
    copy = tmp_path / "run"
    shutil.copytree(run, copy)
    about = json.loads((copy / "recipe.json").read_text())
    about["earlier"] = json.loads((tmp_path / "later" / "recipe.json").read_text())["earlier"] | {
        "data": ["gone/corpus"]
    }
    (copy / "recipe.json").write_text(json.dumps(about))
    export_run(copy, tmp_path / "model", ExportOptions())
    attribution = (tmp_path / "model" / "ATTRIBUTION.md").read_text(encoding="utf-8")
    own, earlier = attribution.split("began from others that had learnt from these")
    assert "| recordings | an4-fash, an4-mdxs, mei |" in own
    assert earlier.count("| HTS voice Mei | mei |") == 1
    assert "| corpus, no longer there |" in earlier


def test_copies_of_a_corpus_are_counted_once(run: Path, tmp_path: Path) -> None:
    about = json.loads((run / "recipe.json").read_text())
    shutil.copytree(run / "prepared", tmp_path / "copy")
    again = tmp_path / "run"
    shutil.copytree(run, again)
    (again / "recipe.json").write_text(json.dumps({**about, "earlier": {"data": [str(tmp_path / "copy")]}}))
    written = []
    for folder in (run, again):
        export_run(folder, tmp_path / "model", ExportOptions())
        written.append((tmp_path / "model" / "ATTRIBUTION.md").read_text(encoding="utf-8"))
        shutil.rmtree(tmp_path / "model")
    assert written[0] == written[1]


def test_an_attribution_in_another_encoding_is_one_sentence(run: Path, tmp_path: Path) -> None:
    """Names of makers are neither lost nor garbled; UTF-16 tells by its mark what it is."""
    export_run(run, tmp_path / "model", ExportOptions(credits={"*": Credit("CC BY 3.0", "corpus", "José Müller")}))
    file = tmp_path / "model" / "ATTRIBUTION.md"
    text = file.read_text(encoding="utf-8")
    file.write_text(text, encoding="utf-16")
    assert any("José Müller" in row for row in sources_of(tmp_path / "model").attribution)
    file.write_text(text, encoding="latin-1")
    with pytest.raises(DataError, match=r"ATTRIBUTION\.md is not UTF-8 text: save it as UTF-8"):
        sources_of(tmp_path / "model")


def test_a_style_is_what_its_recordings_sound_like(run: Path, tmp_path: Path) -> None:
    """The style of the only recording of a voice is the style of that recording as a reference."""
    export_run(run, tmp_path / "model", ExportOptions(precision="fp32"))
    voice = xespeech.load(tmp_path / "model")
    from xespeech.audio import read
    from xespeech.audio.mel import log_mel

    mel = log_mel(read(run / "prepared" / "audio" / "5.wav").samples, voice.description.model.mel)
    style = voice.engine.style(mel)
    np.testing.assert_allclose(voice.styles.lookup("an4-fash"), style, atol=1e-3)
    speakers = np.mean([voice.styles.lookup(name) for name in voice.styles.voices], axis=0)  # all are voices
    assert voice.styles.of_reference(style) @ speakers < style @ speakers


def test_phones_of_each_language_are_counted(run: Path, tmp_path: Path) -> None:
    description = export_run(run, tmp_path / "model", ExportOptions())
    from xespeech.text import PHONES

    english, japanese = description.phone_frequencies["en"], description.phone_frequencies["ja"]
    assert english[PHONES.index("ɡ")] > japanese[PHONES.index("ɡ")]
    assert japanese[PHONES.index("o")] > english[PHONES.index("o")]
    assert "zh" not in description.phone_frequencies


def test_pitch_ranges_are_those_of_recordings_against_plain_ones_of_the_same_speaker() -> None:
    spreads = {
        ("mei", "neutral"): 0.2,
        ("mei", "sad"): 0.1,
        ("kumo", "neutral"): 0.1,
        ("kumo", "sad"): 0.1 / 8,
        ("kumo", "happy"): 0.15,
        ("actor", "angry"): 0.3,  # never recorded plainly
        ("stranger", "sad"): 0.9,  # no voice
        ("stranger", "neutral"): 0.1,
    }
    rows = [SimpleNamespace(speaker=s, style=e, subset="train", spread=spread) for (s, e), spread in spreads.items()]
    rows += [SimpleNamespace(speaker="mei", style="sad", subset="dev", spread=0.9)]
    wave = np.sqrt(2) * np.sin(2 * np.pi * np.arange(200) / 100)

    class Recordings:
        def __init__(self) -> None:
            self.rows = rows

        def pitch(self, row: SimpleNamespace) -> np.ndarray:
            return np.pad(200 * np.exp(row.spread * wave), 50)

    found = pitch_ranges([cast(Pack, Recordings())], {"mei", "kumo", "actor"})
    assert found == {"happy": pytest.approx(1.5, abs=0.01), "sad": pytest.approx(0.25, abs=0.01)}


def test_a_model_is_for_others_to_read_and_train(run: Path, tmp_path: Path, tiny_networks: tuple[Any, Any]) -> None:
    export_run(run, tmp_path / "model", ExportOptions())
    for name in ("styles.safetensors", "model.safetensors"):
        assert (tmp_path / "model" / name).stat().st_mode & 0o044
    for own, stored in zip(tiny_networks[:2], load_networks(tmp_path / "model")[:2], strict=True):
        assert own.config == stored.config
        state = stored.state_dict()
        for name, tensor in own.state_dict().items():
            torch.testing.assert_close(state[name], tensor, atol=1e-3, rtol=1e-3)
    encoder = load_encoder(tmp_path / "model")  # one that a new voice can be trained on
    torch.testing.assert_close(encoder.phone_head.weight, tiny_networks[1].phone_head.weight, atol=1e-3, rtol=1e-3)


def test_only_the_speakers_that_are_named_become_voices(run: Path, tmp_path: Path) -> None:
    description = export_run(run, tmp_path / "model", ExportOptions(voices=("mei", "*-mdxs")))
    assert [info.name for info in description.voices] == ["mei", "an4-mdxs"]
    assert "an4-fash" in (tmp_path / "model" / "ATTRIBUTION.md").read_text(encoding="utf-8")  # learnt from all the same
    for options in (ExportOptions(voices=("an4-*x",)), ExportOptions(voices=("mei",), default_voice="an4-fash")):
        with pytest.raises(UnknownNameError, match="an4-"):
            export_run(run, tmp_path / "other", options)
    assert not (tmp_path / "other").exists()


def test_unknown_precision() -> None:
    with pytest.raises(UnknownNameError, match="did you mean fp16"):
        ExportOptions(precision="fp61")


def test_unknown_default_voice(run: Path, tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="did you mean mei"):
        export_run(run, tmp_path / "model", ExportOptions(default_voice="mai"))
    assert not (tmp_path / "model").exists()


def test_runs_that_cannot_be_exported(run: Path, tmp_path: Path) -> None:
    target = tmp_path / "model"
    with pytest.raises(ModelError, match="not a training run"):
        export_run(tmp_path / "missing", target, ExportOptions())
    with pytest.raises(ModelError, match=r"no recipe\.json"):
        export_run(tmp_path, target, ExportOptions())
    recipe = json.loads((run / "recipe.json").read_text())
    (tmp_path / "recipe.json").write_text(json.dumps(recipe | {"content_encoder": None}))
    with pytest.raises(ModelError, match="names no content_encoder"):
        export_run(tmp_path, target, ExportOptions())
    (tmp_path / "recipe.json").write_text(json.dumps(recipe))
    with pytest.raises(ModelError, match=r"no checkpoint\.pt"):
        export_run(tmp_path, target, ExportOptions())
    (tmp_path / "checkpoint.pt").write_bytes(b"half a checkpoint")
    with pytest.raises(ModelError, match="is damaged"):
        export_run(tmp_path, target, ExportOptions())
    shutil.copy(run / "checkpoint.pt", tmp_path)
    deeper = recipe["model"] | {"text_layers": recipe["model"]["text_layers"] + 1}
    (tmp_path / "recipe.json").write_text(json.dumps(recipe | {"model": deeper}))
    with pytest.raises(ModelError, match=r"do not fit its recipe\.json"):
        export_run(tmp_path, target, ExportOptions())
    assert not target.exists()
