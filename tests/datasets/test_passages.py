"""Passages of a text, and the text that they are usually taken from."""

import numpy as np
import pytest

import pellucid
from pellucid.datasets import tinyshakespeare
from pellucid.datasets.passages import RandomPassages, passages


def test_random_passages_lie_anywhere_and_are_followed_by_what_follows():
    tokens = np.arange(20) * 3
    loader = RandomPassages(tokens, 5, 400, 2)
    first, second = [(x.numpy(), y.numpy()) for x, y in loader]
    assert first[0].shape == (400, 5) and first[0].dtype == np.int64 and len(loader) == 2
    assert set(first[0][:, 0].tolist()) == set(tokens[:15].tolist())          # every place, the last included
    for x, y in (first, second):
        np.testing.assert_array_equal(x, x[:, :1] + 3 * np.arange(5))
        np.testing.assert_array_equal(y, x + 3)
    assert not np.array_equal(first[0], second[0])


def test_the_same_seed_gives_the_same_passages():
    loader = RandomPassages(np.arange(1000), 8, 4, 3)
    runs = []
    for _ in range(2):
        pellucid.manual_seed(5)
        runs.append(np.stack([x.numpy() for x, _ in loader]))
    np.testing.assert_array_equal(*runs)
    assert not np.array_equal(runs[1], np.stack([x.numpy() for x, _ in loader]))


def test_passages_cover_the_text_once():
    tokens = np.arange(23)
    x, y = passages(tokens, 5)
    np.testing.assert_array_equal(x.ravel(), tokens[:20])
    np.testing.assert_array_equal(y.ravel(), tokens[1:21])
    assert len(passages(tokens[:21], 5)[0]) == 4 and len(passages(tokens[:20], 5)[0]) == 3


def test_texts_that_are_too_short_are_refused():
    with pytest.raises(ValueError, match="passages of 5 tokens and one more want a longer text than 5"):
        passages(np.arange(5), 5)
    with pytest.raises(ValueError, match="passages of 5 tokens and one more want a longer text than 5"):
        RandomPassages(np.arange(5), 5, 1, 1)


def test_the_real_tinyshakespeare(data_dir):
    if not (data_dir / "text" / "tinyshakespeare.txt.gz").is_file():
        pytest.skip(f"no Shakespeare: {data_dir} has no text/tinyshakespeare.txt.gz")
    text = tinyshakespeare(data_dir)
    assert len(text) == 1_115_394 and len(set(text)) == 65 and text.startswith("First Citizen:\nBefore we")
