"""`pellucid embed train`: from a file of pairs to a model's folder."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pellucid.embed import Encoder, StaticEncoder
from pellucid.text import Tokenizer

FRENCH = {"man": "homme", "dog": "chien", "eats": "mange", "runs": "court", "river": "fleuve",
          "money": "argent", "sees": "voit"}


def rows(count: int) -> list[tuple[str, str]]:
    rng = np.random.default_rng(0)
    found = dict.fromkeys(tuple(rng.permutation(list(FRENCH))[:3].tolist()) for _ in range(count))
    return [(" ".join(row), " ".join(FRENCH[word] for word in row)) for row in found]


@pytest.fixture
def cli(command_line: Any) -> Any:
    """Run `pellucid embed` in a folder with pairs; gives status, stdout and stderr."""
    Path("pairs.tsv").write_text("".join(f"{a}\t{b}\n" for a, b in rows(200)), encoding="utf-8")
    return partial(command_line, "embed")


def test_a_table_and_what_it_is_used_for(cli: Any) -> None:
    short = ("--epochs", "3", "--dimension", "16", "--batch-size", "16")
    status, out, err = cli("train", "pairs.tsv", "-o", "m", "--vocab-size", "60", *short)
    assert status == 0 and out.startswith("m: StaticEncoder(16 components") and "mrr" in out
    assert "epoch 3/3" in err
    assert isinstance(Encoder.from_pretrained("m"), StaticEncoder)
    Path("texts.txt").write_text("man dog eats\nriver money runs\n", encoding="utf-8")
    assert cli("encode", "m", "texts.txt", "-q")[0] == 0 and np.load("vectors.npy").shape == (2, 16)
    assert cli("index", "texts.txt", "--model", "m", "-o", "idx", "-q")[0] == 0
    status, _, err = cli("search", "idx", "")
    assert status == 1 and "the question '' has no word that the model knows" in err
    status, _, err = cli("train", "pairs.tsv", "-o", "m", *short)
    assert status == 1 and "holds a model or a training already" in err
    again = ("--vocab-size", "60", *short, "--resume")
    status, _, err = cli("train", "pairs.tsv", "-o", "m", *again, "--seed", "1")
    assert status == 1 and "was another: seed=0 then, 1 now" in err
    before = Encoder.from_pretrained("m").encode("man")
    assert cli("train", "pairs.tsv", "-o", "m", *again, "-q")[0] == 0
    np.testing.assert_array_equal(Encoder.from_pretrained("m").encode("man"), before)


def test_layers_a_tokenizer_scores_and_parts(cli: Any) -> None:
    Tokenizer.train([*FRENCH, *FRENCH.values()], 40, "wordpiece").save("tok.json")
    Path("scored.tsv").write_text("".join(f"{a}\t{b}\t{n % 6}\n" for n, (a, b) in enumerate(rows(60))))
    Path("sts.csv").write_text("man,homme,5\ndog,mange,1\nriver,fleuve,4\n")
    status, out, err = cli("train", "scored.tsv", "-o", "m", "--tokenizer", "tok.json", "--layers", "1",
                           "--epochs", "2", "--dimension", "16", "--batch-size", "16", "--sts", "sts.csv",
                           "--matryoshka", "4,8", "--augment", "dropout", "--json", "-q")
    found = json.loads(out)
    assert status == 0 and err == "" and found["dimension"] == 16 and "val_spearman" in found
    assert not isinstance(Encoder.from_pretrained("m"), StaticEncoder)


def test_interrupted(cli: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from pellucid.train import fitting

    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(fitting.Training, "_one_epoch", interrupt)
    monkeypatch.setattr("sys.argv", ["pellucid", "embed", "train", "pairs.tsv"])
    status, _, err = cli("train", "pairs.tsv", "--vocab-size", "60", "-q")
    assert status == 130 and "Go on with: pellucid embed train pairs.tsv --resume" in err


@pytest.mark.parametrize(("options", "message"), [
    (("--augment", "magic"), "wants one of none, dropout, swap, crop, same"),
    (("--batch-size", "1"), "--batch-size must be at least 2"),
    (("--epochs", "0"), "--epochs must be at least 1, got 0"),
    (("--matryoshka", "8,4"), "wants rising numbers above 0"),
    (("--matryoshka", "8,x"), "wants whole numbers between commas"),
    (("--matryoshka", "8,512"), "--matryoshka goes to 512, --dimension is 256"),
    (("--temperature", "0"), "--temperature must be above 0, got 0.0"),
    (("--resume",), "holds no training to go on with")])
def test_bad_options(cli: Any, options: tuple[str, ...], message: str) -> None:
    status, _, err = cli("train", "pairs.tsv", "-q", "--vocab-size", "60", *options)
    assert status == 1 and message in err


def test_bad_files(cli: Any) -> None:
    Path("few.tsv").write_text("a\tb\nc\td\n")
    assert "wants at least 4 pairs, holds 2" in cli("train", "few.tsv", "-q", "--vocab-size", "60")[2]
    Path("bad.tsv").write_bytes(b"a\t\xff\n")
    assert "byte 0xff at position 2 is not UTF-8" in cli("train", "bad.tsv", "-o", "n")[2]
    assert "No such file" in cli("train", "nothing.tsv", "-o", "n")[2]
    assert "No such file" in cli("train", "pairs.tsv", "-q", "--tokenizer", "nothing.json")[2]
    status, _, err = cli("train", "pairs.tsv", "-q", "--vocab-size", "900", "--epochs", "1")
    assert status == 0 and "900 tokens were asked for, the texts give" in err
