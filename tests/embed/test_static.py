"""Static encoders: means of rows of a table, in and out of folders, and what bad input gets."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import pellucid
from pellucid import embed
from pellucid.io import load_arrays, save_arrays
from pellucid.text import Tokenizer


@pytest.fixture
def tokenizer() -> Tokenizer:
    return Tokenizer.train("the bank the money the river", vocab_size=5, kind="words")


@pytest.fixture
def encoder(tokenizer: Tokenizer) -> embed.StaticEncoder:
    pellucid.manual_seed(0)
    return embed.StaticEncoder.random(tokenizer, 6)


def test_is_the_mean_of_the_rows(tokenizer: Tokenizer) -> None:
    table = np.arange(10.0).reshape(5, 2)
    made = embed.StaticEncoder(table, tokenizer, normalize=False)
    texts = ["the river", "", "bank bank money", "the", "nowhere the"]
    wanted = [table[[1, 4]].mean(0), [0, 0], table[[2, 2, 3]].mean(0), table[1], table[[0, 1]].mean(0)]
    for batch_size in (1, 2, 32):
        np.testing.assert_allclose(made.encode(texts, batch_size), wanted, atol=1e-6)
    np.testing.assert_allclose(made.encode("the river"), wanted[0])
    assert made.encode([]).shape == (0, 2) and made.dimension == 2


def test_norm_and_bound_belong_to_the_model(encoder: embed.StaticEncoder, tokenizer: Tokenizer) -> None:
    assert np.allclose(np.linalg.norm(encoder.encode(["the river", "bank"]), axis=1), 1)
    assert (encoder.encode("") == 0).all()                        # nothing has no direction
    cut = embed.StaticEncoder(encoder.weight, tokenizer, max_seq_length=2)
    np.testing.assert_allclose(cut.encode("the bank river river"), encoder.encode("the bank"))
    assert np.isfinite(encoder.encode("the river " * 100_000)).all()   # a million characters


@pytest.mark.parametrize("normalize", [True, False])
def test_saved_and_read_again(encoder: embed.StaticEncoder, tokenizer: Tokenizer, tmp_path: Path,
                              normalize: bool) -> None:
    made = embed.StaticEncoder(encoder.weight, tokenizer, normalize=normalize, max_seq_length=3)
    made.save_pretrained(tmp_path / "model")
    texts = ["the river bank money", "bank", ""]
    for read in (embed.StaticEncoder.from_pretrained, embed.Encoder.from_pretrained):
        again = read(tmp_path / "model")
        assert isinstance(again, embed.StaticEncoder) and repr(again) == repr(made)
        np.testing.assert_array_equal(again.encode(texts), made.encode(texts))


def test_folder_that_does_not_fit(encoder: embed.StaticEncoder, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="not a folder"):
        embed.StaticEncoder.from_pretrained(tmp_path / "nowhere")
    encoder.save_pretrained(tmp_path)
    weights = tmp_path / "0_StaticEmbedding" / "model.safetensors"
    table = load_arrays(weights)["embedding.weight"]
    save_arrays({"embedding.weight": table[:3]}, weights)
    with pytest.raises(embed.UnfitWeights, match="has 3 rows, the tokenizer beside it numbers to 4"):
        embed.StaticEncoder.from_pretrained(tmp_path)
    save_arrays({"other": table}, weights)
    with pytest.raises(embed.UnfitWeights, match=r"wants a table embedding.weight \(V, C\), holds other"):
        embed.StaticEncoder.from_pretrained(tmp_path)
    modules = json.loads((tmp_path / "modules.json").read_text())
    modules[1]["type"] = "sentence_transformers.models.Dense"
    (tmp_path / "modules.json").write_text(json.dumps(modules))
    with pytest.raises(ValueError, match="lists StaticEmbedding, Dense"):
        embed.StaticEncoder.from_pretrained(tmp_path)


def test_bad_arguments(tokenizer: Tokenizer) -> None:
    with pytest.raises(ValueError, match=r"weight wants shape \(V, C\), got \(5,\)"):
        embed.StaticEncoder(np.zeros(5), tokenizer)
    with pytest.raises(ValueError, match="numbers to 4, weight has 3 rows"):
        embed.StaticEncoder(np.zeros((3, 2)), tokenizer)
    with pytest.raises(ValueError, match="max_seq_length is 0"):
        embed.StaticEncoder(np.zeros((5, 2)), tokenizer, max_seq_length=0)
    with pytest.raises(ValueError, match="dimension must be an integer of at least 1, got 0"):
        embed.StaticEncoder.random(tokenizer, 0)
    with pytest.raises(ValueError, match="a NaN or an infinity for text 1"):
        embed.StaticEncoder(np.full((5, 2), np.nan), tokenizer, normalize=False).encode(["", "the"])
