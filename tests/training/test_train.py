"""Training for real, at the smallest size: the content encoder, then a voice, killed and resumed."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

CONTENT = """
task: content
content: {hidden_channels: 32, content_channels: 16, n_layers: 2}
training: {batch_frames: 400, max_steps: 12, precision: 32-true, warmup_steps: 2, checkpoint_minutes: 60, log_every: 1}
"""
VOICE = """
task: synthesis
model: {content_channels: 16, latent_channels: 8, hidden_channels: 16, style_channels: 8, language_channels: 4,
  text_layers: 1, posterior_layers: 1, couplings: 2, coupling_layers: 1, predictor_layers: 1, style_layers: 1,
  decoder_channels: 16, decoder_frame_layers: 1, decoder_render_layers: 1}
synthesis: {window_frames: 40, autoencoder_steps: 2, adversarial_from: 6, segment_frames: 20, discriminator_channels: 2}
training: {batch_frames: 160, max_steps: 10, precision: 32-true, warmup_steps: 2, checkpoint_minutes: 0.0001,
  report_minutes: 60, log_every: 1}
"""


def command(recipe: Path, data: Path, out: Path, *more: str) -> list[str]:
    program = [sys.executable, "-m", "xespeech.cli.main", "train"]
    return [*program, str(recipe), "--data", str(data), "--out", str(out), "--threads", "1", *more]


def losses(run: Path) -> dict[int, dict[str, float]]:
    """Losses by step from the TensorBoard files; a step that was done again counts as it was the last time."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    result: dict[int, dict[str, float]] = {}
    for file in sorted(run.glob("events.*"), key=lambda path: path.stat().st_mtime):
        events = EventAccumulator(str(file))
        events.Reload()
        for tag in events.Tags()["scalars"]:
            for event in events.Scalars(tag):
                result.setdefault(event.step, {})[tag] = event.value
    return result


@pytest.fixture(scope="session")
def content_run(prepared, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("content")
    (folder / "recipe.yaml").write_text(CONTENT)
    subprocess.run(command(folder / "recipe.yaml", prepared, folder / "run"), check=True, timeout=300)
    return folder / "run"


def test_content_encoder_learns_and_can_be_listened_to(content_run, prepared):
    from xespeech.audio import read
    from xespeech.content.recognizer import PhoneRecognizer
    from xespeech.text import PHONES

    history = losses(content_run)
    assert history[12]["loss/phones"] < history[1]["loss/phones"]
    recognizer = PhoneRecognizer(content_run / "encoder")
    audio = read(next((prepared / "audio").glob("*.wav")))
    assert set(recognizer.transcribe(audio)) <= set(PHONES)


def test_killed_run_resumes_with_the_losses_of_one_that_was_not(content_run, prepared, tmp_path):
    recipe = tmp_path / "voice.yaml"
    recipe.write_text(VOICE)
    encoder = ["--content-encoder", str(content_run)]
    subprocess.run(command(recipe, prepared, tmp_path / "whole", *encoder), check=True, timeout=300)
    expected = losses(tmp_path / "whole")
    assert sorted(expected) == list(range(1, 11))
    assert {"loss/mel", "loss/kl_spec"} <= set(expected[1])
    assert {"loss/kl_text_content", "loss/kl_content_spec", "loss/kl_text_spec", "loss/durations"} <= set(expected[3])
    assert {"loss/adversarial", "loss/discriminator"} <= set(expected[7])
    assert expected[10]["loss/mel"] < expected[1]["loss/mel"]

    # killed without warning after its first checkpoint, then started again with the same command
    process = subprocess.Popen(command(recipe, prepared, tmp_path / "killed", *encoder), preexec_fn=os.setsid)
    checkpoint = tmp_path / "killed" / "checkpoint.pt"
    deadline = time.monotonic() + 200
    while not checkpoint.exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    stopped_at = torch.load(checkpoint, weights_only=True)["step"]
    assert 0 < stopped_at < 10
    subprocess.run(command(recipe, prepared, tmp_path / "killed", *encoder), check=True, timeout=300)
    resumed = losses(tmp_path / "killed")
    for step in range(stopped_at + 1, 11):
        for name, value in expected[step].items():
            assert resumed[step][name] == pytest.approx(value, rel=1e-4, abs=1e-5), (step, name)


def test_a_damaged_start_is_one_clear_sentence(prepared, tmp_path):
    (tmp_path / "recipe.yaml").write_text(CONTENT)
    (tmp_path / "earlier").mkdir()
    (tmp_path / "earlier" / "checkpoint.pt").write_bytes(b"PK\x03\x04 cut short")
    wanted = command(tmp_path / "recipe.yaml", prepared, tmp_path / "run", "--from", str(tmp_path / "earlier"))
    done = subprocess.run(wanted, capture_output=True, text=True, timeout=100)
    assert done.returncode == 2
    assert "checkpoint.pt is damaged" in done.stderr
    assert done.stderr.count("\n") == 1


def test_interrupted_run_writes_its_checkpoint_and_ends_well(prepared, tmp_path):
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(CONTENT.replace("max_steps: 12", "max_steps: 100000"))
    process = subprocess.Popen(command(recipe, prepared, tmp_path / "run"), stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("step "):
            break
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=100)
    assert process.returncode == 0
    assert torch.load(tmp_path / "run" / "checkpoint.pt", weights_only=True)["step"] >= 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("task: sing\n", "task must be content or synthesis"),
        ("task: content\ntraining: {learning_rat: 1}\n", r"learning_rat.*did you mean learning_rate"),
        ("task: content\ntraining: {batch_frames: -3}\n", "batch_frames must be a positive number"),
        ("task: content\ntrainning: {}\n", "did you mean training"),
        ("- just\n- a list\n", "not a mapping"),
        ("a: [", "not readable YAML"),
    ],
)
def test_a_broken_recipe_is_one_clear_sentence(tmp_path, prepared, text, message):
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(text)
    done = subprocess.run(command(recipe, prepared, tmp_path / "run"), capture_output=True, text=True, timeout=100)
    assert done.returncode == 2
    assert re.search(message, done.stderr), done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "run").exists()


def test_recipes_of_the_repository_are_valid():
    from xespeech.training.recipe import read_recipe

    recipes = sorted((Path(__file__).parents[2] / "recipes").glob("*.yaml"))
    assert len(recipes) >= 2
    for path in recipes:
        assert read_recipe(path).task in ("content", "synthesis")
