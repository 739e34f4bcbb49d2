"""GPT: it looks back only, its cache changes nothing, its maps are what it computes with, it learns."""

from __future__ import annotations

import numpy as np
import pytest

from pellucid import manual_seed, no_grad, optim, tensor
from pellucid.models.gpt import GPT, GPTConfig
from pellucid.nn import functional as F

SMALL = GPTConfig(n_tokens=11, context=8, n_layers=2, n_heads=2, width=12)


def lively(config: GPTConfig = SMALL) -> GPT:
    """A GPT whose weights are large enough for its scores to differ."""
    model = GPT(config)
    with no_grad():
        for parameter in model.parameters():
            if parameter.dim() > 1:
                parameter.mul_(20)
    return model


def test_later_tokens_change_nothing_before_them() -> None:
    model, rng = lively(), np.random.RandomState(0)
    text = rng.randint(0, 11, (1, 8))
    with no_grad():
        before = model(tensor(text)).numpy()
        for place in range(1, 8):
            other = text.copy()
            other[0, place] = (other[0, place] + 1) % 11
            after = model(tensor(other)).numpy()
            np.testing.assert_allclose(after[0, :place], before[0, :place], atol=1e-5)
            assert not np.allclose(after[0, place], before[0, place], atol=1e-3)


def likeliest(model: GPT, text: list[int]) -> int:
    """The likeliest next token, without any cache."""
    with no_grad():
        return int(model(tensor([text]))[0, -1].argmax().item())


def test_what_it_writes_with_kept_keys_is_what_it_writes_without() -> None:
    model, context = lively(), SMALL.context
    text, read_from = [3], 0
    for _ in range(20):                                  # past the context: the last half is read anew
        if len(text) - read_from == context + 1:
            read_from = len(text) - context // 2
        text.append(likeliest(model, text[read_from:]))
    assert model.generate([3], 20, top_k=1).tolist() == text
    long = [1, 2, 3, 4, 5, 6, 7, 8, 9]
    assert model.generate(long, 1, top_k=1)[-1] == likeliest(model, long[-context // 2:])


def test_samples_follow_the_scores_and_the_seed() -> None:
    model = lively()
    with no_grad():
        p = F.softmax(model(tensor([[4]]))[0, -1] / 2.0, -1).numpy()
    drawn = np.array([model.generate([4], 1, temperature=2.0)[1] for _ in range(300)])
    assert np.abs(np.bincount(drawn, minlength=11) / 300 - p).max() < 0.12
    of_three = {int(model.generate([4], 1, temperature=9.0, top_k=3)[1]) for _ in range(60)}
    assert of_three == set(np.argsort(-p)[:3].tolist())
    texts = []
    for _ in range(2):
        manual_seed(7)
        texts.append(model.generate([4], 30).tolist())
    assert texts[0] == texts[1] and model.training


def test_maps_are_the_weights_that_it_computes_with() -> None:
    model = lively()
    text = np.array([1, 5, 2, 9, 9])
    maps = model.attention_maps(text)
    assert maps.shape == (2, 2, 5, 5)
    np.testing.assert_allclose(maps.sum(-1), 1, atol=1e-5)
    assert (np.triu(maps, 1) == 0).all()
    with no_grad():
        x = model.blocks[0].norm1(model.tokens(tensor(text[None])) + model.places.weight[:5])
        layer = model.blocks[0].attention
        values = layer.heads(x)[2].numpy()[0]                                    # (H, T, D)
        joined = np.moveaxis(maps[0] @ values, 0, 1).reshape(1, 5, 12)
        np.testing.assert_allclose(layer.out(tensor(joined.astype(np.float32))).numpy(), layer(x).numpy(),
                                   rtol=1e-4, atol=1e-4)


def test_parameters_are_counted_once_and_only_matrices_decay() -> None:
    model = GPT(GPTConfig(n_tokens=65, context=64, n_layers=4, n_heads=4, width=128, bias=False))
    assert sum(p.numel() for p in model.parameters()) == (65 + 64) * 128 + 4 * (12 * 128 ** 2 + 256) + 128
    matrices, vectors = model.parameter_groups(0.1)
    assert matrices["weight_decay"] == 0.1 and vectors["weight_decay"] == 0.0
    groups = [id(p) for group in (matrices, vectors) for p in group["params"]]
    assert sorted(groups) == sorted(id(p) for p in model.parameters())
    assert all(p.dim() == 1 for p in vectors["params"]) and len(vectors["params"]) == 9


def test_it_learns_a_text_by_heart() -> None:
    text = np.array([1, 4, 2, 8, 5, 7, 1, 4])
    model = GPT(SMALL)
    optimizer = optim.AdamW(model.parameters(), lr=0.02)
    for _ in range(60):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(tensor(text[None, :-1]))[0], tensor(text[1:]))
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.05
    assert model.generate(text[:1], 7, top_k=1).tolist() == text.tolist()


def test_what_cannot_be_is_refused() -> None:
    model = GPT(SMALL)
    with pytest.raises(RuntimeError, match="a text of 9 tokens is longer than the context of 8"):
        model(tensor([[0] * 9]))
    with pytest.raises(ValueError, match="n_heads must divide width, got 5 and 12"):
        GPT(GPTConfig(n_heads=5, width=12))
    for prompt, temperature in (([], 1.0), ([1], 0.0)):
        with pytest.raises(ValueError, match="a prompt of at least 1 token and a temperature above 0"):
            model.generate(prompt, 1, temperature)


def test_weights_start_as_it_says() -> None:
    model = GPT(GPTConfig(n_tokens=200, context=200, n_layers=2, n_heads=4, width=192))
    for name, parameter in model.named_parameters():
        values, wanted = parameter.detach().numpy(), 0.04 / (2 if name.endswith("out.weight") else 1)
        if values.ndim > 1:
            assert abs(values.std() / wanted - 1) < 0.03 and abs(values.mean()) < 1e-3, name
        else:
            assert (values == name.endswith("weight")).all(), name
