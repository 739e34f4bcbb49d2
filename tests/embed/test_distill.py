"""From an encoder to a table: what each token means alone, the refinement, 8 bits, and bad input."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import pellucid
from pellucid import embed, nn
from pellucid.embed import distill
from pellucid.io import load_arrays, save_arrays
from pellucid.models.bert import Bert, BertConfig
from pellucid.text import Tokenizer

SENTENCES = ["ada is in rome", "bo is 42 ?", "rome is in bo", "ada ada bo 42"] * 10


@pytest.fixture
def teacher() -> embed.Encoder:
    tokenizer = Tokenizer.train("ada is bo in rome 42 ? ! " * 3, vocab_size=36, kind="wordpiece")
    pellucid.manual_seed(0)
    bert = Bert(BertConfig(vocab_size=36, hidden_size=8, num_hidden_layers=2, num_attention_heads=2,
                           intermediate_size=8, max_position_embeddings=12), has_pooler=False)
    for parameter in bert.parameters():
        nn.init.normal_(parameter, 0, 0.3)
    return embed.Encoder(bert, tokenizer)


def test_sentences() -> None:
    text = "“Where is it?” she asked. Mr. Bennet\nmade no answer to that. No!\n\nA new paragraph has no end"
    assert distill.sentences_of([text, text], 3, 6) == [
        "“Where is it?” she asked.", "Bennet made no answer to that.", "A new paragraph has no end"]
    assert distill.some_of(["a", "b", "c"], 2) == distill.some_of(["a", "b", "c"], 2)
    assert sorted(distill.some_of(["a", "b", "c"], 9)) == ["a", "b", "c"]


def test_tokens_alone_are_what_the_teacher_says_of_them(teacher: embed.Encoder) -> None:
    rows, vocabulary = distill.token_vectors(teacher), teacher.tokenizer.vocab
    np.testing.assert_allclose(rows[vocabulary["rome"]], teacher.encode("rome"), atol=1e-6)
    unused = distill.useless(teacher, len(rows))
    assert [token for token, number in vocabulary.items() if unused[number]] == [
        "[PAD]", "[CLS]", "[SEP]", "[MASK]"]


def test_principal_directions_are_those_of_the_svd() -> None:
    rows = np.random.default_rng(0).standard_normal((50, 6)) * [5, 4, 3, 2, 1, 0.5]
    found = distill.principal_directions(rows, 3)
    wanted = np.linalg.svd(rows - rows.mean(0), full_matrices=False)[2][:3].T
    np.testing.assert_allclose(np.abs(found.T @ wanted), np.eye(3), atol=1e-8)


def test_the_table_before_it_is_refined(teacher: embed.Encoder) -> None:
    encoder, basis = distill.table_of(teacher, SENTENCES, 5, smoothing=0.1, verbose=0)
    assert basis.shape == (8, 5) and encoder.dimension == 5
    vocabulary, rows = teacher.tokenizer.vocab, distill.token_vectors(teacher)
    mean = rows[~distill.useless(teacher, len(rows))].mean(0)
    tokens = np.concatenate(encoder.tokens(SENTENCES))
    wanted = [(rows[number] - mean) @ basis * 0.1 / (0.1 + np.mean(tokens == number))
              for number in (vocabulary["rome"], vocabulary["is"], vocabulary["!"])]
    found = encoder.weight[[vocabulary["rome"], vocabulary["is"], vocabulary["!"]]]
    np.testing.assert_allclose(found / found[0, 0], wanted / wanted[0][0], rtol=1e-4)
    assert not encoder.weight[vocabulary["[CLS]"]].any()
    without = distill.distill(teacher, (), 5, verbose=0)          # weighed by their number
    assert without.encode("ada in rome").shape == (5,)


def test_refining_points_where_the_teacher_does(teacher: embed.Encoder, tmp_path: Path) -> None:
    encoder, basis = distill.table_of(teacher, SENTENCES, 5, smoothing=1.0, verbose=0)
    history = distill.refine(encoder, teacher, basis, SENTENCES, epochs=60, batch_size=8, lr=0.05,
                             run=tmp_path, verbose=0)
    assert history["loss"][0] > 0.3 and history["loss"][-1] < 0.02 and history["val_loss"][-1] < 0.02
    vectors = teacher.encode(SENTENCES[:4])
    wanted = (vectors - teacher.encode(SENTENCES).mean(0)) @ basis
    assert (embed.similarity(encoder.encode(SENTENCES[:4]), wanted).diagonal() > 0.97).all()
    again = distill.distill(teacher, SENTENCES, 5, smoothing=1.0, epochs=60, batch_size=8, lr=0.05,
                            verbose=0)
    np.testing.assert_array_equal(again.weight, encoder.weight)   # the same seed, the same table


def test_eight_bits(teacher: embed.Encoder, tmp_path: Path) -> None:
    encoder, _ = distill.table_of(teacher, SENTENCES, 5, verbose=0)
    for dtype in ("float32", "int8"):
        encoder.save_pretrained(tmp_path / dtype, dtype)
    again = embed.StaticEncoder.from_pretrained(tmp_path / "int8")
    scale = np.abs(encoder.weight).max(1, keepdims=True) / 127
    assert (np.abs(again.weight - encoder.weight) <= scale / 2 + 1e-7).all()
    file = tmp_path / "int8" / "0_StaticEmbedding" / "model.safetensors"
    arrays = load_arrays(file)
    assert arrays["embedding.weight"].dtype == np.int8 and arrays["embedding.scale"].shape == (36, 1)
    save_arrays({**arrays, "embedding.scale": np.ones((3, 1), np.float32)}, file)
    with pytest.raises(embed.UnfitWeights, match=r"embedding.scale has shape \(3, 1\), wants \(36, 1\)"):
        embed.StaticEncoder.from_pretrained(tmp_path / "int8")
    with pytest.raises(ValueError, match="dtype is 'int4', wants 'float32' or 'int8'"):
        encoder.save_pretrained(tmp_path / "x", "int4")


def test_bad_input(teacher: embed.Encoder) -> None:
    for dimension in (0, 9, 2.5):
        with pytest.raises(ValueError, match=rf"dimension is {dimension}, wants 1 to 8, the teacher's"):
            distill.distill(teacher, SENTENCES, dimension, verbose=0)    # type: ignore[arg-type]
    with pytest.raises(ValueError, match="no token in the texts"):
        distill.distill(teacher, [""], 5, verbose=0)
