"""A small agent with every kind of policy, trained by both libraries from one seed: the same numbers."""

from __future__ import annotations

import numpy as np
import pytest

import pellucid
import pellucid.nn.functional

torch = pytest.importorskip("torch")


def policy_loss(m, heads, features):
    """A squashed Normal (as SAC has), a Categorical (REINFORCE), a Beta, and a divergence (as a VAE has)."""
    d = m.distributions
    bell = d.Normal(heads["mean"](features), heads["log_scale"].exp())
    squashed = d.TransformedDistribution(d.Independent(bell, 1), [d.TanhTransform(cache_size=1)])
    action = squashed.rsample()
    loss = ((action - 0.3) ** 2).sum(1).mean() + 0.01 * squashed.log_prob(action).mean()
    choice = d.Categorical(logits=heads["choice"](features))
    chosen = choice.sample()
    reward = (chosen == 1).float()
    loss = loss - (choice.log_prob(chosen) * (reward - reward.mean())).mean() - 0.01 * choice.entropy().mean()
    both = m.nn.functional.softplus(heads["shares"](features)) + 1
    share = d.Beta(both[:, 0], both[:, 1])
    drawn = share.rsample()
    loss = loss + ((drawn - 0.7) ** 2).mean() - 0.01 * share.entropy().mean()
    loss = loss + 0.1 * d.kl_divergence(bell, d.Normal(0.0, 1.0)).sum(1).mean()
    return loss, [loss.item(), reward.mean().item(), drawn.mean().item()]


def train(m, steps=30):
    m.manual_seed(1)
    states = m.randn(64, 4)
    body = m.nn.Sequential(m.nn.Linear(4, 32), m.nn.Tanh())
    heads = {"mean": m.nn.Linear(32, 2), "choice": m.nn.Linear(32, 3), "shares": m.nn.Linear(32, 2),
             "log_scale": m.nn.Parameter(m.zeros(2))}
    learned = [*body.parameters(), heads["log_scale"]]
    learned += [p for name in ("mean", "choice", "shares") for p in heads[name].parameters()]
    optimizer = m.optim.Adam(learned, lr=1e-2)
    told = []
    for _ in range(steps):
        loss, numbers = policy_loss(m, heads, body(states))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        told.append(numbers)
    return np.array(told)


def test_both_learn_the_same():
    ours, theirs = train(pellucid), train(torch)
    np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-4)
    assert ours[-1, 1] > 0.9 > 0.6 > ours[0, 1], "the choice is learned"
