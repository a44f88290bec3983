"""The speaker adversary learns who speaks, and what feeds it learns to hide it."""

from __future__ import annotations

import torch

from xespeech.training.adversary import SpeakerAdversary, adversarial_loss


def test_the_encoder_hides_what_the_adversary_finds() -> None:
    torch.manual_seed(0)
    adversary = SpeakerAdversary(4, 2)
    speakers = torch.tensor([0, 1] * 8)
    content = torch.randn(16, 20, 4)
    voice = torch.where(speakers[:, None, None] == 0, 1.0, -1.0) * torch.tensor([1.0, 0.0, 0.0, 0.0])
    leak = torch.nn.Parameter(torch.ones(()))
    mask = torch.ones(16, 20, 1)

    optimizer = torch.optim.Adam(adversary.parameters(), 1e-2)
    for _ in range(60):
        loss = adversarial_loss(adversary, (content + leak * voice).detach(), mask, speakers)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss < 0.3  # the voice is plain to hear

    adversarial_loss(adversary, content + leak * voice, mask, speakers).backward()
    assert leak.grad is not None
    assert leak.grad > 0  # a step against the gradient makes the voice fainter


def test_padding_does_not_count() -> None:
    torch.manual_seed(0)
    adversary = SpeakerAdversary(4, 3)
    features, speakers = torch.randn(2, 10, 4), torch.tensor([0, 2])
    mask = torch.ones(2, 10, 1)
    mask[:, 6:] = 0
    whole = adversarial_loss(adversary, features, mask, speakers)
    features[:, 6:] = 99.0
    assert torch.allclose(whole, adversarial_loss(adversary, features, mask, speakers))
