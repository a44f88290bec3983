"""`xespeech import`: whole or not at all."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from safetensors.torch import load_file

from syllables import syllables
from xespeech.errors import ModelError
from xespeech.original.folder.files import load_discriminators, load_synthesizer

FIXTURES = Path(__file__).parents[1] / "fixtures" / "original"


def test_a_checkpoint_becomes_a_model_folder(command, original_checkpoint, tiny_original):
    config = original_checkpoint.with_name("config.json")
    done = command("import", str(original_checkpoint), "--config", str(config), "-o", "models/xe", "--licence", "MIT")
    assert done.code == 0, done.errors
    assert "epoch 3, 2 languages" in done.output
    about = json.loads(Path("models/xe/config.json").read_text())
    assert (about["architecture"], about["iteration"], about["learning_rate"]) == ("original", 3, 0.0002)
    assert not any("weight_g" in name for name in load_file("models/xe/model.safetensors"))
    loaded = load_synthesizer(Path("models/xe")).state_dict()
    assert all(torch.equal(tensor, loaded[name]) for name, tensor in tiny_original.state_dict().items())
    with pytest.raises(ModelError, match="--discriminator"):
        load_discriminators(Path("models/xe"))


def test_nothing_is_written_when_the_checkpoint_is_refused(command, original_checkpoint, tmp_path):
    config = str(original_checkpoint.with_name("config.json"))
    content = torch.load(original_checkpoint, weights_only=True)
    del content["model"]["dec.conv_post.weight"]
    torch.save(content, tmp_path / "G_1.pth")
    (tmp_path / "G_2.pth").write_bytes(original_checkpoint.read_bytes()[:100_000])
    torch.save({"model": {"a": torch.zeros(1)}}, tmp_path / "D_3.pth")
    good = str(original_checkpoint)
    for arguments, named in (
        (("G_1.pth", "--config", config), "dec.conv_post.weight"),
        (("G_2.pth", "--config", config), "damaged or cut short"),
        (("G_9.pth", "--config", config), "there is no checkpoint G_9.pth"),
        ((good, "--config", "none.json"), "none.json cannot be read"),
        ((good, "--config", config, "--discriminator", "D_3.pth"), "D_3.pth lacks discriminators.0"),
    ):
        done = command("import", *arguments, "-o", "models/xe")
        assert (done.code, done.errors.count("\n")) == (2, 1), done.errors
        assert named in done.errors
        assert not Path("models").exists()


def test_what_is_no_model_is_not_replaced(command, original_checkpoint, tmp_path):
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "config.json").write_text("{}")
    config = str(original_checkpoint.with_name("config.json"))
    done = command("import", str(original_checkpoint), "--config", config, "-o", "notes")
    assert done.code == 2
    assert "something other than a model" in done.errors
    assert (tmp_path / "notes" / "config.json").read_text() == "{}"


def test_the_shell_speaks_and_converts(command, original_model, tmp_path):
    soundfile.write("six.wav", syllables(6.0), 16_000)
    soundfile.write("source.wav", syllables(1.0, seed=1), 16_000)
    np.save("content.npy", np.random.default_rng(2).standard_normal((50, 1280), dtype=np.float32))
    model = str(original_model)
    quiet = ("--noise", "0", "--reference", "six.wav", "--model", model)
    for name in ("a.wav", "b.wav"):
        done = command("speak", "--symbols", "həlˈoʊ wˈɜːld.", "--duration-noise", "0", *quiet, "-o", name)
        assert done.code == 0, done.errors
    assert (tmp_path / "a.wav").read_bytes() == (tmp_path / "b.wav").read_bytes()
    done = command("convert", "source.wav", "--content", "content.npy", "-l", "zh", *quiet, "-o", "c.wav")
    assert done.code == 0, done.errors
    assert soundfile.info("c.wav").frames == 16_000
    done = command("speak", "hello", "--symbols", "həlˈoʊ wˈɜːld.", *quiet)
    assert done.code == 2
    assert "--symbols" in done.errors
