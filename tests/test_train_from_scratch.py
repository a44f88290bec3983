"""The guide from corpora to the published model: each command is run, on miniature corpora and a miniature model."""

from __future__ import annotations

import re
import runpy
import shlex
import sys
from pathlib import Path

import pytest

from xespeech.audio import Audio, read, write

ROOT = Path(__file__).parents[1]
GUIDE = ROOT / "docs" / "train-from-scratch.md"
CLIP = ROOT / "src/xespeech/voices/demo/kathleen.opus"

# What would take days is two steps of a small model.
SIZES = {
    "content_channels": 24, "latent_channels": 16, "hidden_channels": 16, "filter_channels": 16, "style_channels": 16,
    "text_layers": 1, "decoder_channels": 32,
}  # fmt: skip
SMALLER = {
    "--max-minutes 600": "--max-steps 2 --threads 1 --set training.batch_frames=80 --set training.precision=32-true "
    + " ".join(f"--set model.{name}={size}" for name, size in SIZES.items()),
    "openai/whisper-large-v2": "whisper",
    "--minutes 4": "--steps 1",
    "benchmarks/": f"{ROOT}/benchmarks/",
    "tests/fixtures/": f"{ROOT}/tests/fixtures/",
    "recipes/": f"{ROOT}/recipes/",
}


def commands() -> list[list[str]]:
    """Every command of the guide, made smaller."""
    blocks = re.findall(r"^```sh\n(.*?)^```$", GUIDE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    text = "".join(blocks).replace("\\\n", " ")
    for wanted, small in SMALLER.items():
        text = text.replace(wanted, small)
    return [shlex.split(line) for line in text.splitlines() if line and not line.startswith("pip ")]


@pytest.fixture
def corpora(tmp_path: Path) -> Path:
    """Miniature corpora as they are downloaded: pieces of one recording under their names and texts."""
    clip = read(CLIP)
    pieces = 0

    def sound(name: str, rate: int) -> None:
        nonlocal pieces
        first = pieces * clip.sample_rate // 4 % (len(clip.samples) - 2 * clip.sample_rate)
        pieces += 1
        path = tmp_path / "corpora" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write(path, Audio(clip.samples[first : first + 2 * clip.sample_rate], clip.sample_rate).resample(rate))

    def text(name: str, content: str) -> None:
        path = tmp_path / "corpora" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")

    for number, words in (("001", "Please call."), ("002", "Go home."), ("003", "Come in.")):
        sound(f"VCTK-Corpus-0.92/wav48_silence_trimmed/p225/p225_{number}_mic2.flac", 48_000)
        text(f"VCTK-Corpus-0.92/txt/p225/p225_{number}.txt", words)
    spoken = ("你 ni3 好 hao3", "花 hua1 开 kai1", "早 zao3 上 shang4")
    for number in (1, 2, 3):
        sound(f"data_aishell3/train/wav/SSB0005/SSB0005000{number}.wav", 44_100)
    lines = "".join(f"SSB0005000{number}.wav\t{words}\n" for number, words in enumerate(spoken, 1))
    text("data_aishell3/train/content.txt", lines)
    text("data_aishell3/test/content.txt", "")
    for number in (1, 2, 3):
        sound(f"jvs_ver1/jvs001/parallel100/wav24kHz16bit/VOICEACTRESS100_00{number}.wav", 24_000)
    lines = "".join(
        f"VOICEACTRESS100_00{n}:{words}\n" for n, words in enumerate(("お茶です。", "雨です。", "駅です。"), 1)
    )
    text("jvs_ver1/jvs001/parallel100/transcripts_utf8.txt", lines)
    for speaker, words in (("0001", "打远一看。"), ("0011", "Go now.")):
        for number, emotion in ((1, "Neutral"), (351, "Angry"), (352, "Angry")):
            sound(f"ESD/{speaker}/{emotion}/{speaker}_{number:06}.wav", 16_000)
        lines = "".join(
            f"{speaker}_{n:06}\t{words}\t{e}\n" for n, e in ((1, "Neutral"), (351, "Angry"), (352, "Angry"))
        )
        text(f"ESD/{speaker}/{speaker}.txt", lines)
    sound("reference.wav", 24_000)
    return tmp_path


def test_every_command_of_the_guide_runs(corpora, tiny_whisper, monkeypatch):
    from xespeech.cli.main import app
    from xespeech.model.discriminator import Discriminators
    from xespeech.original.training import export as original_export
    from xespeech.original.training import task as original_task

    (corpora / "whisper").symlink_to(tiny_whisper)
    monkeypatch.chdir(corpora)
    for module in (original_task, original_export):  # the published ones have 47 million weights
        monkeypatch.setattr(module, "OriginalDiscriminators", lambda: Discriminators(1))
    done = commands()
    assert len(done) >= 12
    for program, *arguments in done:
        if program == "python":
            monkeypatch.setattr(sys, "argv", arguments)
            runpy.run_path(arguments[0], run_name="__main__")
        else:
            assert program == "xespeech"
            app(arguments, standalone_mode=False)
    for made in ("runs/joint", "runs/adapted-en", "runs/adapted-zh", "runs/emotional-en"):
        assert (corpora / made / "checkpoint.pt").is_file()
    assert read(corpora / "adapted.wav").duration > 0.1
