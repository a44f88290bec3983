"""Training for real, at the smallest size: the content encoder, then a voice, killed and resumed."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest
import torch
from small_runs import CONTENT, VOICE, command, losses

from xespeech.cli.train import train
from xespeech.errors import UserError


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
    ahead = ["--set", "training.workers=2"]  # processes that make its batches: the losses are the same
    subprocess.run(command(recipe, prepared, tmp_path / "whole", *encoder, *ahead), check=True, timeout=300)
    expected = losses(tmp_path / "whole")
    assert sorted(expected) == list(range(1, 11))
    assert {"loss/mel", "loss/spectra"} <= set(expected[1])
    assert {"loss/kl_text_content", "loss/kl_content_spec", "loss/kl_text_spec", "loss/durations"} <= set(expected[3])
    assert {"loss/adversarial", "loss/discriminator", "loss/voice", "loss/judge"} <= set(expected[7])
    assert expected[10]["loss/mel"] < expected[1]["loss/mel"]

    # killed without warning after its first checkpoint, then started again with the same command
    process = subprocess.Popen(command(recipe, prepared, tmp_path / "killed", *encoder, *ahead), preexec_fn=os.setsid)
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
    (tmp_path / "earlier" / "recipe.json").write_text('{"task": "content", "content": {}}')
    (tmp_path / "earlier" / "checkpoint.pt").write_bytes(b"PK\x03\x04 cut short")
    wanted = command(tmp_path / "recipe.yaml", prepared, tmp_path / "run", "--from", str(tmp_path / "earlier"))
    done = subprocess.run(wanted, capture_output=True, text=True, timeout=400)
    assert done.returncode == 2
    assert "checkpoint.pt is damaged" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_interrupted_run_writes_its_checkpoint_and_ends_well(number, prepared, tmp_path):
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(CONTENT.replace("max_steps: 12", "max_steps: 100000"))
    wanted = command(recipe, prepared, tmp_path / "run", "--set", "training.workers=2")
    process = subprocess.Popen(wanted, stderr=subprocess.PIPE, text=True, preexec_fn=os.setsid)
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("training, steps 1/"):
            break
    os.killpg(process.pid, number)  # those that make its batches get it too
    process.communicate(timeout=400)
    assert process.returncode == 0
    assert torch.load(tmp_path / "run" / "checkpoint.pt", weights_only=True)["step"] >= 1


def test_a_full_disk_is_one_clear_sentence_and_keeps_the_checkpoint(content_run, prepared, tmp_path):
    """A limit on the size of files stands in for the disk."""
    shutil.copytree(content_run, tmp_path / "run")
    before = (tmp_path / "run" / "checkpoint.pt").read_bytes()
    small = (len(before) // 2, resource.RLIM_INFINITY)
    (tmp_path / "run" / ".999999999-000000.part.other").write_text("of another machine")
    done = subprocess.run(
        command(content_run.parent / "recipe.yaml", prepared, tmp_path / "run", "--max-steps", "13"),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, small), capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    assert "cannot be written" in done.stderr
    assert (tmp_path / "run" / "checkpoint.pt").read_bytes() == before
    assert [path.name for path in (tmp_path / "run").glob(".*.part*")] == [".999999999-000000.part.other"]


def test_a_run_folder_that_is_deleted_comes_back(prepared, tmp_path):
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(CONTENT)
    process = subprocess.Popen(command(recipe, prepared, tmp_path / "run"), stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("training, steps 1/"):
            (tmp_path / "run").rename(tmp_path / "away")  # all at once: no thread writes meanwhile
            break
    told = process.communicate(timeout=300)[1]
    assert process.returncode == 0, told
    assert {"checkpoint.pt", "recipe.json", "encoder"} <= {path.name for path in (tmp_path / "run").iterdir()}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("task: sing\n", "task must be content, live_content, synthesis or original"),
        ("task: content\ntraining: {learning_rat: 1}\n", r"learning_rat.*did you mean learning_rate"),
        ("task: content\ntraining: {batch_frames: -3}\n", "batch_frames must be at least 1, not -3"),
        ("task: content\ntrainning: {}\n", "did you mean training"),
        ("- just\n- a list\n", "not a mapping"),
        ("a: [", "not readable YAML"),
    ],
)
def test_a_broken_recipe_is_one_clear_sentence(tmp_path, prepared, text, message):
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(text)
    with pytest.raises(UserError, match=message):
        train(recipe, [prepared], tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        ("training=3", "not of the form section.name=value"),
        ("task.x=1", "task of .* holds one value, not a mapping"),
        ("training.batch_frames=[", "not readable YAML"),
        ("training.freeze=decoder", "freeze must be a list of names"),
    ],
)
def test_a_value_that_cannot_be_set_is_one_clear_sentence(tmp_path, prepared, assignment, message):
    (tmp_path / "recipe.yaml").write_text(CONTENT)
    with pytest.raises(UserError, match=message):
        train(tmp_path / "recipe.yaml", [prepared], tmp_path / "run", set_=[assignment])


def test_a_time_that_is_none_is_refused(tmp_path, prepared):
    (tmp_path / "recipe.yaml").write_text(CONTENT)
    with pytest.raises(UserError, match="--max-minutes nan"):
        train(tmp_path / "recipe.yaml", [prepared], tmp_path / "run", max_minutes=float("nan"))


def test_recipe_json_is_that_of_the_checkpoint(content_run, prepared, tmp_path):
    """Training on with other sizes is refused, and the run stays what it was."""
    shutil.copytree(content_run, tmp_path / "run")
    (tmp_path / "other.yaml").write_text(CONTENT.replace("hidden_channels: 32", "hidden_channels: 16"))
    with pytest.raises(UserError, match="does not fit this recipe"):
        train(tmp_path / "other.yaml", [prepared], tmp_path / "run")
    assert (tmp_path / "run" / "recipe.json").read_bytes() == (content_run / "recipe.json").read_bytes()


def test_recipes_of_the_repository_are_valid():
    from xespeech.training.recipe import TASKS, read_recipe

    recipes = sorted((Path(__file__).parents[2] / "recipes").glob("*.yaml"))
    assert len(recipes) >= 2
    for path in recipes:
        recipe = read_recipe(path)
        assert recipe.task in TASKS
        assert recipe.training.max_steps > 0
