"""A generative adversarial network on points of the plane: a step of each of the two players."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from ..row import Row, Work, dense, training

BATCH, HIDDEN = 64, 64


def build(torch: ModuleType) -> Work:
    """The judge learns from real and drawn points, then the painter from the judge; fresh noise each time."""
    nn = torch.nn
    painter, judge = (nn.Sequential(nn.Linear(2, HIDDEN), nn.LeakyReLU(0.2), nn.Linear(HIDDEN, HIDDEN),
                                    nn.LeakyReLU(0.2), nn.Linear(HIDDEN, out)) for out in (2, 1))
    real, ones, zeros = torch.randn(BATCH, 2), torch.ones(BATCH, 1), torch.zeros(BATCH, 1)
    of_painter, of_judge = (torch.optim.Adam(net.parameters(), lr=1e-3, betas=(0.5, 0.999))
                            for net in (painter, judge))
    loss_of = nn.BCEWithLogitsLoss()

    def step() -> Any:
        drawn = painter(torch.randn(BATCH, 2))
        of_judge.zero_grad()
        verdict = loss_of(judge(real), ones) + loss_of(judge(drawn.detach()), zeros)
        verdict.backward()
        of_judge.step()
        of_painter.zero_grad()
        fooled = loss_of(judge(drawn), ones)
        fooled.backward()
        of_painter.step()
        return verdict, fooled

    weights = {f"{name}.{key}": value for name, net in (("painter", painter), ("judge", judge))
               for key, value in net.state_dict().items()}
    return Work(step, {**weights, "real": real})


# The judge sees two batches to learn and one to teach; through that one the gradient reaches the painter, and
# on the way `backward` fills the judge's gradients, too.
FLOPS = (2 * training(BATCH, 2, HIDDEN, HIDDEN, 1) + 3 * dense(BATCH, 2, HIDDEN, HIDDEN, 1)
         + training(BATCH, 2, HIDDEN, HIDDEN, 2))
ROWS = {"gan": Row("GAN on points of the plane, hidden 64, batch 64, both updates, Adam", build, FLOPS)}
