"""Vision Transformer: patches, places, and what is attended to."""

from __future__ import annotations

import numpy as np
import pytest

from pellucid import manual_seed, nn, no_grad, rand, tensor
from pellucid.models.vit import Attention, VisionTransformer, ViTConfig
from pellucid.optim import Adam

SMALL = ViTConfig(size=8, patch=4, width=12, n_heads=3, n_blocks=2)


def test_a_token_is_a_linear_map_of_its_patch_and_a_place() -> None:
    model, x = VisionTransformer(SMALL), rand(2, 1, 8, 8)
    with no_grad():
        tokens = model.tokens(x).numpy()
    assert tokens.shape == (2, 5, 12)
    patch = x.numpy()[1, 0, 4:, :4].ravel()                        # the third of the four
    weights, bias = (p.detach().numpy() for p in (model.embed.weight, model.embed.bias))
    np.testing.assert_allclose(tokens[1, 3], weights.reshape(12, 16) @ patch + bias
                               + model.positions.detach().numpy()[0, 3], rtol=1e-4, atol=1e-6)
    np.testing.assert_array_equal(tokens[0, 0], tokens[1, 0])      # the class token has seen nothing yet


def test_attention_is_what_its_weights_say() -> None:
    layer, x = Attention(SMALL), rand(2, 5, 12)
    with no_grad():
        weights, (_, _, v) = layer.weights(x), layer.parts(x)
        assert weights.shape == (2, 3, 5, 5)
        np.testing.assert_allclose(weights.sum(-1).numpy(), 1, rtol=1e-5)
        expected = layer.out((weights @ v).transpose(1, 2).flatten(2))
        np.testing.assert_allclose(layer(x).numpy(), expected.numpy(), rtol=1e-4, atol=1e-6)


def test_attention_of_all_blocks() -> None:
    model = VisionTransformer(SMALL)
    found = model.attention(rand(3, 1, 8, 8))
    assert found.shape == (2, 3, 3, 5, 5) and not found.requires_grad


def test_without_places_the_order_of_patches_is_unknown() -> None:
    model, x = VisionTransformer(SMALL).eval(), rand(1, 1, 8, 8)
    turned = tensor(np.roll(x.numpy(), 4, axis=2))                 # the upper patches below the lower ones
    with no_grad():
        assert not np.allclose(model(x).numpy(), model(turned).numpy(), atol=1e-6)
        model.positions.zero_()
        np.testing.assert_allclose(model(x).numpy(), model(turned).numpy(), atol=1e-5)


def test_learns_a_few_pictures_by_heart() -> None:
    manual_seed(0)
    model, x, y = VisionTransformer(SMALL), rand(6, 1, 8, 8), tensor([0, 1, 2, 3, 4, 5])
    optimizer = Adam(model.parameters(), lr=1e-2)
    for _ in range(60):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.1


def test_a_stem_gives_as_many_tokens_as_patches() -> None:
    model = VisionTransformer(ViTConfig(size=12, width=8, n_heads=2, n_blocks=1, stem=4))
    assert model.tokens(rand(2, 1, 12, 12)).shape == (2, 10, 8) and model(rand(2, 1, 12, 12)).shape == (2, 10)
    with pytest.raises(ValueError, match="tokens of 4 x 4 pixels, got stem=4 with patch=7"):
        ViTConfig(patch=7, stem=4)


@pytest.mark.parametrize("options", [{"patch": 3}, {"n_heads": 5}])
def test_sizes_that_do_not_divide_are_refused(options: dict) -> None:
    with pytest.raises(ValueError, match="patch must divide size and n_heads width, got patch="):
        ViTConfig(**options)
