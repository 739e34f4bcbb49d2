"""The bank recipe: the same code under Pellucid and under PyTorch takes the same steps."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

import pellucid  # noqa: E402
from pellucid.embed.losses import InfoNCE  # noqa: E402
from pellucid.recipes import bank  # noqa: E402
from pellucid.text import Tokenizer  # noqa: E402


def test_both_agree_at_every_step_and_tell_the_banks_apart() -> None:
    settings = bank.Settings()
    pellucid.manual_seed(settings.seed)
    tokenizer = Tokenizer.train([f"{text}\n" for text in bank.TEXTS] * 4, 24, "bpe")
    ours = bank.network(pellucid, len(tokenizer), settings.width)
    theirs = bank.network(torch, len(tokenizer), settings.width)
    theirs.load_state_dict({name: torch.tensor(value.numpy()) for name, value in ours.state_dict().items()})
    given = list(bank.batches(tokenizer, settings.epochs, settings.share))

    def their_loss(u, v):
        scores, partner = u @ v.T / settings.temperature, torch.arange(len(u))
        entropy = torch.nn.functional.cross_entropy
        return (entropy(scores, partner) + entropy(scores.T, partner)) / 2

    loss = InfoNCE(settings.temperature)
    both = zip(bank.train(pellucid, ours, iter(given), loss, settings.lr),
               bank.train(torch, theirs, iter(given), their_loss, settings.lr), strict=True)
    for step, (mine, other) in enumerate(both):
        assert mine == pytest.approx(other, abs=1e-4), step
        weights = ours.state_dict()
        far = {name: float((torch.from_numpy(weights[name].numpy()) - value).abs().max())
               for name, value in theirs.state_dict().items()}
        assert max(far.values()) < 1e-4, (step, far)
    assert mine[1] < -0.99 and other[1] < -0.99
    assert bank.looked_at(ours, tokenizer)["bank"] < 0.9
