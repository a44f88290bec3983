"""The original configuration, small, trained on a few real recordings and their real Whisper-large-v2 features.

    python benchmarks/real_features.py tests/fixtures/vctk --minutes 4 --out runs/real-features

It learns the recordings by heart: the whole graph from features, text and mel to the waveform is at work. Printed is
how far the mels of copy synthesis (mel to waveform) and voice conversion (Whisper features to waveform) are from the
recording's, beside two yardsticks: the model before training, and a mel that does not change over time.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from xespeech.audio import Audio, read, write
from xespeech.config import OriginalConfig
from xespeech.data.manifest import SAMPLE_RATE, Utterance, write_manifests
from xespeech.data.pack import Pack
from xespeech.original.training.report import render
from xespeech.original.training.task import OriginalTask
from xespeech.training.config import JointConfig, TrainingConfig
from xespeech.training.content_features import FeatureFiles
from xespeech.training.loop import train

TEXTS = {
    "p225_001": "Please call Stella.",
    "p225_002": "Ask her to bring these things with her from the store.",
    "p225_003": "Six spoons of fresh snow peas, five thick slabs of blue cheese, and maybe a snack for her brother "
    "Bob.",
    "p225_004": "We also need a small plastic snake and a big toy frog for the kids.",
    "p225_005": "She can scoop these things into three red bags, and we will go meet her Wednesday at the train "
    "station.",
}
MODEL = OriginalConfig(
    latent_channels=32, hidden_channels=48, filter_channels=64, style_channels=48, text_layers=2, decoder_channels=128
)
LOSSES = JointConfig(adversarial_from=1_000_000)
TRAINING = TrainingConfig(
    learning_rate=2e-3, epsilon=1e-9, warmup_steps=20, decay_share=0.5, clip_norm=1e9, ema_decay=0.0, batch_frames=400,
    precision="32-true", checkpoint_minutes=60, report_minutes=60,
)  # fmt: skip


class Distances(NamedTuple):
    """Mean L1 of log-mels from the recordings': of copies, conversions, and of a mel that does not change over time."""

    copied: float
    converted: float
    constant: float


def prepare(source: Path, out: Path) -> Path:
    """A prepared folder of the recordings, untrimmed, so that their features fit them."""
    utterances = []
    for path in sorted((*source.glob("p225_*.wav"), *source.glob("p225_*.flac"))):
        audio = read(path).resample(SAMPLE_RATE)
        (out / "audio").mkdir(parents=True, exist_ok=True)
        write(out / "audio" / f"{path.stem}.wav", audio)
        size = len(audio.samples)
        utterances.append(Utterance(path.stem, "en", "p225", "neutral", TEXTS[path.stem], None, size, 8000.0))
    if not utterances:
        sys.exit(f"{source} holds no p225_*.wav or *.flac.")
    write_manifests(out, utterances, dev=())
    return out


def make_task(source: Path, out: Path, model: OriginalConfig = MODEL, losses: JointConfig = LOSSES) -> OriginalTask:
    """The training of the recordings of a folder that holds their features too."""
    torch.manual_seed(0)
    pack = Pack(prepare(source, out))
    return OriginalTask(model, losses, [pack], FeatureFiles(source), TRAINING)


def measure(task: OriginalTask) -> tuple[Distances, dict[str, np.ndarray]]:
    """Distances over all recordings, and the waveforms by name."""
    network = task.synthesizer.eval()
    found, waveforms = [], {}
    for pack, row in task.sampler.items:
        batch = task.collate([(pack, row)], row.n_frames, np.zeros((2, 1)))
        with torch.no_grad():
            mel = task.mel(batch.audio)
            style = network.style_encoder(mel[:, batch.references[0]])
            made = render(network, batch, mel, style)
            distances = [float((task.mel(made[name]) - mel).abs().mean()) for name in ("copied", "converted")]
        found.append([*distances, float((mel.median(dim=1, keepdim=True).values - mel).abs().mean())])
        waveforms |= {f"{row.id}_{name}": waveform[0].numpy() for name, waveform in made.items()}
    return Distances(*np.mean(found, axis=0).tolist()), waveforms


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path, help="folder with p225_*.wav or *.flac and their features *.npy")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=4.0)
    parser.add_argument("--steps", type=int, default=1500, help="at most")
    arguments = parser.parse_args()
    task = make_task(arguments.source, arguments.out / "prepared")
    before, _ = measure(task)
    started = time.monotonic()
    steps = train(task, TRAINING, arguments.out / "run", arguments.minutes, arguments.steps)
    minutes = (time.monotonic() - started) / 60
    after, waveforms = measure(task)
    for name, samples in waveforms.items():
        write(arguments.out / f"{name}.wav", Audio(samples.astype(np.float32), task.model.mel.sample_rate))
    print(f"{len(task.sampler.items)} recordings, {steps} steps, {minutes:.1f} minutes")
    print(f"{'mean L1 of log-mels':<24} {'copied':>8} {'converted':>10}")
    print(f"{'before training':<24} {before.copied:8.2f} {before.converted:10.2f}")
    print(f"{'after training':<24} {after.copied:8.2f} {after.converted:10.2f}")
    print(f"{'a mel without change':<24} {after.constant:8.2f} {after.constant:10.2f}")


if __name__ == "__main__":
    main()
