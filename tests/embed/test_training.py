"""Training of encoders: it learns, keeps the best, goes on where it was interrupted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pellucid
from pellucid.embed import (
    Encoder,
    EncoderConfig,
    PairSet,
    StaticEncoder,
    evaluate_retrieval,
    losses,
    train_encoder,
)
from pellucid.embed.augment import DropoutOnly
from pellucid.embed.starting import sinusoids
from pellucid.text import Tokenizer
from pellucid.train import Callback

FRENCH = {"man": "homme", "dog": "chien", "eats": "mange", "runs": "court", "river": "fleuve",
          "money": "argent", "sees": "voit", "bread": "pain"}


def pairs(count: int = 120, seed: int = 0) -> PairSet:
    """Texts of three words, and the same in French: no word in common."""
    rng = np.random.default_rng(seed)
    rows = list(dict.fromkeys(tuple(rng.permutation(list(FRENCH))[:3].tolist()) for _ in range(count)))
    return PairSet((tuple(" ".join(row) for row in rows),
                    tuple(" ".join(FRENCH[word] for word in row) for row in rows)))


def tokenizer() -> Tokenizer:
    return Tokenizer.train([*FRENCH, *FRENCH.values()] * 2, 60, "wordpiece")


def static(seed: int = 0) -> StaticEncoder:
    pellucid.manual_seed(seed)
    return StaticEncoder.random(tokenizer(), 16)


def transformer(seed: int = 0, **changes: Any) -> Encoder:
    pellucid.manual_seed(seed)
    options = {"width": 16, "layers": 1, "heads": 2, "inner": 16, "max_seq_length": 16, **changes}
    return Encoder.random(tokenizer(), EncoderConfig(**options))


HELD = pairs(30, 1)


def judged(encoder: Any) -> dict[str, float]:
    return evaluate_retrieval(encoder, *HELD.columns)


@pytest.mark.filterwarnings("ignore:train. 60 tokens")
class TestTraining:
    @pytest.mark.parametrize(("make", "lr", "epochs"), [(static, 0.1, 6), (transformer, 0.01, 10)])
    def test_learns_and_gives_the_best_back(self, make: Any, lr: float, epochs: int, tmp_path: Path) -> None:
        encoder = make()
        before = judged(encoder)["mrr"]
        history = train_encoder(encoder, pairs(), validation=HELD, evaluate=judged, monitor="mrr",
                                epochs=epochs, batch_size=16, lr=lr, run=tmp_path, verbose=0)
        best = history.best("val_mrr", "max")
        assert best["val_mrr"] > max(0.6, before + 0.2)
        assert judged(encoder)["mrr"] == pytest.approx(best["val_mrr"], abs=1e-6)
        assert {"loss", "val_loss", "val_accuracy", "val_mrr"} <= history.rows[0].keys()
        assert (tmp_path / "best.safetensors").exists() and (tmp_path / "metrics.jsonl").exists()
        encoder.save_pretrained(tmp_path / "model")
        again = Encoder.from_pretrained(tmp_path / "model")
        np.testing.assert_allclose(again.encode(HELD.columns[0]), encoder.encode(HELD.columns[0]), atol=1e-6)

    @pytest.mark.parametrize("make", [static, transformer])
    def test_goes_on_where_it_was_interrupted(self, make: Any, tmp_path: Path) -> None:
        class Interrupt(Callback):
            def on_epoch_begin(self, training: Any) -> None:
                if training.epoch == 2 and self.armed:
                    raise KeyboardInterrupt

        def run(armed: bool, place: Path, resume: bool = False) -> tuple[np.ndarray, list[float]]:
            encoder, stop = make(), Interrupt()
            stop.armed = armed                                    # type: ignore[attr-defined]
            history = train_encoder(encoder, pairs(), evaluate=judged, monitor="mrr", epochs=4, batch_size=16,
                                    run=place, resume=resume, callbacks=[stop], verbose=0)
            return encoder.encode(HELD.columns[0]), history["loss"]

        whole, losses_of_whole = run(False, tmp_path / "whole")
        with pytest.raises(KeyboardInterrupt):
            run(True, tmp_path / "parts")
        resumed, losses_of_parts = run(False, tmp_path / "parts", resume=True)
        np.testing.assert_array_equal(resumed, whole)
        assert losses_of_parts == losses_of_whole

    def test_scores_triplets_and_texts_alone(self) -> None:
        some = pairs(40)
        wrong = some.columns[1][1:] + some.columns[1][:1]
        mixed = PairSet((some.columns[0] * 2, some.columns[1] + wrong),
                        np.repeat(np.array([1, 0], np.float32), len(some)))
        for sets, options in (([mixed], {}), ([PairSet((*some.columns, wrong))], {}), ([some, mixed], {}),
                              ([PairSet((*some.columns, wrong))], {"loss": losses.Triplet()}),
                              ([some], {"loss": losses.Matryoshka(losses.InfoNCE(), (4, 16))})):
            history = train_encoder(static(), sets, epochs=3, batch_size=16, verbose=0, **options)
            assert history["loss"][-1] < history["loss"][0]
        texts = PairSet((some.columns[0],))
        alone = train_encoder(transformer(dropout=0.2), texts, augment=DropoutOnly(), epochs=3, batch_size=16,
                              lr=2e-3, verbose=0)
        assert alone["loss"][-1] < alone["loss"][0]

    def test_starts_as_a_static_encoder(self) -> None:
        table = static()
        table.weigh(["man dog man dog eats"], 0.1)
        assert np.linalg.norm(table.weight, axis=1).std() > 0.5   # rows of unlike lengths
        made = Encoder.from_static(table, EncoderConfig(width=18, layers=2, heads=2, inner=8,
                                                        max_seq_length=32))
        texts = [*HELD.columns[0], "man", "man man dog river"]
        np.testing.assert_allclose(made.encode(texts)[:, :16], table.encode(texts), atol=0.02)
        history = train_encoder(made, pairs(), evaluate=judged, monitor="mrr", epochs=4, batch_size=16,
                                lr=0.01, verbose=0)
        assert history["loss"][-1] < 0.8 * history["loss"][0]
        with pytest.raises(ValueError, match="has 16 components, width=16 wants 14"):
            Encoder.from_static(table, EncoderConfig(width=16))
        with pytest.raises(ValueError, match="takes the mean, pooling is 'cls'"):
            Encoder.from_static(table, EncoderConfig(width=18, heads=2, pooling="cls"))

    def test_random_encoders(self) -> None:
        waves, learned = transformer(), transformer(positions="learned")
        places = waves.model.embeddings.position_embeddings.weight
        assert not places.requires_grad and learned.model.embeddings.position_embeddings.weight.requires_grad
        np.testing.assert_allclose(places.numpy(), sinusoids(16, 16) / 4, atol=1e-7)
        first = transformer(pooling="cls", normalize=False)
        lengths = np.linalg.norm(first.encode(["man", "dog"]), axis=1)
        assert first.pooling == "cls" and not np.allclose(lengths, 1)
        words = Tokenizer.train("man dog", 3, "words")            # which has no token for padding
        assert Encoder.random(words, EncoderConfig(width=4, heads=1)).model.config.pad_token_id == 3


def test_waves_have_mean_square_one_and_differ() -> None:
    table = sinusoids(50, 32)
    np.testing.assert_allclose((table ** 2).mean(1), 1, atol=1e-6)
    assert np.unique(table.round(5), axis=0).shape == (50, 32) and sinusoids(3, 5).shape == (3, 5)


@pytest.mark.parametrize(("changes", "message"), [
    ({"width": 0}, "width must be an integer of at least 1, got 0"),
    ({"heads": 3}, "heads=3 must divide width=256"),
    ({"positions": "rotary"}, "positions is 'rotary', wants one of sinusoidal, learned"),
    ({"pooling": "last"}, "pooling is 'last', wants one of mean"),
    ({"dropout": 1.0}, "dropout must be from 0 to below 1, got 1.0")])
def test_bad_configurations(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        EncoderConfig(**changes)


def test_retrieval_by_hand() -> None:
    class Given:
        def encode(self, texts: list[str], batch_size: int) -> np.ndarray:
            return np.array([[1, 0], [0, 1], [1, 1], [1, 0.1], [1, 0], [0, 1]], np.float32)

    found = evaluate_retrieval(Given(), ["a", "b", "c"], ["d", "e", "f"])
    ranks = [2, 3, 2]                                             # e before d; f and d before e; d before f
    assert found["accuracy"] == 0 and found["mrr"] == pytest.approx(np.mean([1 / rank for rank in ranks]))
    with pytest.raises(ValueError, match="as many first as second texts, at least one; got 1 and 0"):
        evaluate_retrieval(Given(), ["a"], [])
