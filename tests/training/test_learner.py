"""A step waits for nothing that is on the device, and a gradient that is not a number changes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from xespeech.data.pack import Pack
from xespeech.training.config import SynthesisConfig, TrainingConfig
from xespeech.training.learner import Learner, read_values
from xespeech.training.stages import STAGES, StageSetup, make_stage

SETTINGS = TrainingConfig(batch_frames=120, precision="32-true", warmup_steps=0, max_steps=3, accelerator="cpu")


class _NothingIsRead(TorchDispatchMode):
    """Fails where a value is copied to the host, or where a shape depends on one."""

    def __torch_dispatch__(self, function, types, arguments=(), options=None):
        name = function.overloadpacket.__name__
        assert name not in {"_local_scalar_dense", "nonzero", "is_nonzero", "masked_select", "unique"}, name
        return function(*arguments, **options or {})


@pytest.fixture(scope="module")
def encoder(tiny_networks, tmp_path_factory) -> Path:
    from xespeech.content.store import save_encoder

    folder = tmp_path_factory.mktemp("encoder")
    save_encoder(tiny_networks[1], folder, 0)
    return folder


@pytest.fixture
def learner(request, tiny_networks, prepared, encoder) -> Learner:
    config = SynthesisConfig(
        stage=request.param, window_frames=40, adversarial_from=0, segment_frames=20, discriminator_channels=2
    )
    setup = StageSetup(tiny_networks[0].config, config, [Pack(prepared)], encoder, SETTINGS)
    return Learner(make_stage(setup), SETTINGS)


@pytest.mark.parametrize("learner", STAGES, indirect=True)
def test_a_step_reads_nothing_from_the_device(learner: Learner) -> None:
    batch = learner.batch(0)
    with _NothingIsRead():
        values = learner.learn(batch, 0, 10)
    (numbers,) = read_values([values])
    assert list(numbers) == list(values)
    assert all(torch.isfinite(torch.tensor(list(numbers.values()))))


@pytest.mark.parametrize("learner", ["prosody"], indirect=True)
def test_a_gradient_that_is_no_number_changes_nothing(learner: Learner, monkeypatch) -> None:
    batch = learner.batch(0)
    right = learner.task.updates
    before = {name: value.clone() for name, value in learner.task.networks.state_dict().items()}

    def wrong(batch, step):
        for update in right(batch, step):
            yield update._replace(losses={name: loss * float("nan") for name, loss in update.losses.items()})

    monkeypatch.setattr(learner.task, "updates", wrong)
    learner.learn(batch, 0, 10)
    assert all(torch.equal(value, before[name]) for name, value in learner.task.networks.state_dict().items())
    monkeypatch.undo()
    learner.learn(batch, 1, 10)
    assert not all(torch.equal(value, before[name]) for name, value in learner.task.networks.state_dict().items())


@pytest.mark.parametrize("learner", ["prosody"], indirect=True)
def test_gradients_are_clipped_to_the_norm_of_the_recipe(learner: Learner) -> None:
    values = learner.learn(learner.batch(0), 0, 10)
    norm, limit = float(values["gradient_norm/synthesizer"]), SETTINGS.clip_norm
    state = learner.optimizers["synthesizer"].state.values()
    moments = torch.stack([parameter["exp_avg"].norm() for parameter in state]).norm()
    assert norm > limit
    assert float(moments) / (1 - SETTINGS.betas[0]) == pytest.approx(limit, rel=1e-3)
