"""Small stand-ins for the texts and series that recipes read, so that their short runs are short."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from pellucid import datasets, from_numpy, nn
from pellucid.datasets import Tagged
from pellucid.embed import Encoder
from pellucid.models.bert import Bert, BertConfig
from pellucid.recipes import anomaly, distill, forecast, ner, sentiment
from pellucid.text import Tokenizer


def babble() -> str:
    """1,500 letters, six different ones."""
    return "".join(np.random.RandomState(0).choice(list("abc \n."), 1500))


def little_books() -> list[str]:
    """Two books of a few words each, in which some things eat and some carry."""
    random = np.random.RandomState(2)
    things = {"eats": "horse dog cat", "and": "bread cheese milk", "sails": "ship boat coach"}
    lines = [f"the {random.choice(things[verb].split())} {verb} the {random.choice(things[verb].split())}"
             for verb in random.choice(list(things), 120)]
    return ["\n\n".join(lines[:60]), "\n\n".join(lines[60:])]


def few_word_pairs(name: str) -> list[tuple[str, str, float]]:
    """Pairs that people might find alike, the same under each name."""
    return [("dog", "cat", 8.0), ("ship", "boat", 9.0), ("bread", "coach", 1.0), ("tiger", "moon", 0.5)]


def few_questions() -> dict[str, list[tuple[str, ...]]]:
    """One question that can be asked, one that cannot."""
    return {"things": [("dog", "cat", "ship", "boat"), ("rome", "italy", "oslo", "norway")]}


def few_text_pairs(split: str) -> datasets.TextPairs:
    """Pairs of texts of four words, the more alike the more words they share, with scores from 0 to 5."""
    words = "the man dog eats sees runs river bank money guitar".split()
    random = np.random.RandomState(len(split))
    first = [random.choice(words, 4).tolist() for _ in range(40)]
    shared = random.randint(0, 5, 40)
    second = [row[:n] + random.choice(words, 4 - n).tolist() for row, n in zip(first, shared, strict=True)]
    first = [[*row, split, str(n)] for n, row in enumerate(first)]       # no text is in two parts
    return datasets.TextPairs(tuple(map(" ".join, first)), tuple(map(" ".join, second)),
                              shared.astype(np.float32))


def few_labelled_pairs(labels: tuple[str, ...]) -> Callable[[str], datasets.TextPairs]:
    """The same, as many of each label."""
    def load(split: str) -> datasets.TextPairs:
        found = few_text_pairs(split + labels[0])
        return datasets.TextPairs(found.first, found.second, np.arange(len(found)) % len(labels), labels)
    return load


def small_tasks() -> tuple[forecast.Task, forecast.Task]:
    """A growing series of months and a wave of hours, both with a season and some noise."""
    random = np.random.RandomState(1)
    months, hours = np.arange(60), np.arange(120)
    sales = np.exp(3 + 0.02 * months + 0.2 * np.sin(months * np.pi / 6) + 0.01 * random.randn(60))
    heat = 5 * np.sin(hours * np.pi / 4) + 0.1 * random.randn(120)
    of_month = datasets.Series(np.datetime64("2001-01") + months, sales[:, None].astype(np.float32),
                               ("sold",), 12, "sales")
    of_hour = datasets.Series(np.datetime64("2001-01-01T00") + hours, heat[:, None].astype(np.float32),
                              ("OT",), 8, "heat")
    return (forecast.Task("airline", of_month, "sold", 12, 6, (30, 10, 10), True),
            forecast.Task("etth1", of_hour, "OT", 16, 4, (60, 30, 30)))


GERMAN = {"ein": "a", "hund": "dog", "Mann": "man", "läuft": "runs", "sieht": "sees", "klein": "small"}


def small_translations(split: str) -> tuple[list[str], list[str]]:
    """Sentences of six words, translated word by word."""
    random, n = np.random.RandomState(len(split)), {"train": 60, "validation": 12, "test": 10}[split]
    rows = [random.choice(list(GERMAN), random.randint(4, 8)).tolist() for _ in range(n)]
    return [" ".join(row) for row in rows], [" ".join(GERMAN[word] for word in row) for row in rows]


def small_names(split: str = "train") -> list[Tagged]:
    """Sentences in which every word with a capital is a name, of one word or two."""
    random, found = np.random.RandomState(len(split)), []
    for _ in range({"train": 60, "validation": 16, "test": 16}[split]):
        words = random.choice("ada is Ada Bo in Rome 42 ?!".split(), random.randint(2, 8)).tolist()
        kinds = ["-L" if word == "Rome" else "-P" if word in ("Ada", "Bo") else "" for word in words]
        tags = ["O" if not kind else "I-P" if kind == before == "-P" else f"B{kind}"
                for kind, before in zip(kinds, ["", *kinds], strict=False)]
        found.append(Tagged(words, tags))
    return found


def small_model_of_english() -> Encoder:
    """Six layers of width 8 that know nothing."""
    tokenizer = Tokenizer.train("ada is bo in rome 42 ? ! " * 3, vocab_size=36, kind="wordpiece")
    bert = Bert(BertConfig(vocab_size=36, hidden_size=8, num_hidden_layers=6, num_attention_heads=2,
                           intermediate_size=8, max_position_embeddings=12), has_pooler=False)
    for parameter in bert.parameters():
        nn.init.constant_(parameter, 0.1)                        # the same in every run
    return Encoder(bert, tokenizer)


def small_teacher() -> Encoder:
    """A model of the little books that tells its tokens apart."""
    bert = Bert(BertConfig(vocab_size=60, hidden_size=8, num_hidden_layers=1, num_attention_heads=2,
                           intermediate_size=8, max_position_embeddings=12), has_pooler=False)
    random = np.random.RandomState(0)
    for parameter in bert.parameters():
        parameter.data = from_numpy(0.3 * random.standard_normal(parameter.shape).astype(np.float32))
    return Encoder(bert, Tokenizer.train(little_books(), vocab_size=50, kind="wordpiece"))


def small_reviews(split: str = "train") -> datasets.LabelledTexts:
    """Sentences of which one word says what they are."""
    random, n = np.random.RandomState(len(split)), {"train": 60, "validation": 20, "test": 20}[split]
    y = random.randint(0, 2, n)
    texts = [" ".join([*random.choice("film plot cast end".split(), 3),
                       random.choice([["bad", "poor", "dull"], ["good", "fine", "great"]][kind])])
             for kind in y]
    return datasets.LabelledTexts(tuple(texts), y, ("negative", "positive"))


def small_taxis() -> tuple[datasets.Series, np.ndarray]:
    """A wave that stands still for a while in its second half, where it is marked."""
    steps, is_odd = np.arange(200), np.zeros(200, bool)
    is_odd[150:165] = True
    values = np.where(is_odd, 0, np.sin(steps)) + 0.01 * np.random.RandomState(3).randn(200)
    times = np.datetime64("2020-01-01T00") + steps
    return datasets.Series(times, values[:, None].astype(np.float32), ("value",), 8, "taxis"), is_odd


def small_mammography() -> datasets.Samples:
    """Two numbers that are alike, except in the few."""
    random = np.random.RandomState(4)
    x, y = np.repeat(random.randn(80, 1), 6, 1), (np.arange(80) % 8 == 0).astype(np.int64)
    x[y == 1, 0] += 5
    return datasets.Samples(x.astype(np.float32), y, ("other", "odd"), name="small")


def stand_in_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put small texts, series and models where recipes read large ones."""
    monkeypatch.setattr(datasets, "tinyshakespeare", babble)
    monkeypatch.setattr(forecast, "tasks", small_tasks)
    monkeypatch.setattr(anomaly, "taxis", small_taxis)
    monkeypatch.setattr(datasets, "mammography", small_mammography)
    monkeypatch.setattr(datasets, "multi30k", small_translations)
    monkeypatch.setattr(datasets, "wnut17", small_names)
    monkeypatch.setattr(datasets, "wikigold", lambda: small_names() + small_names("test"))
    monkeypatch.setattr(ner, "minilm", small_model_of_english)
    monkeypatch.setattr(sentiment, "minilm", small_model_of_english)
    monkeypatch.setattr(distill, "minilm", small_teacher)
    monkeypatch.setattr(datasets, "sst2", small_reviews)
    monkeypatch.setattr(datasets, "trec", small_reviews)
    monkeypatch.setattr(datasets, "books", little_books)
    monkeypatch.setattr(datasets, "stsb", few_text_pairs)
    monkeypatch.setattr(datasets, "sick", few_text_pairs)
    monkeypatch.setattr(datasets, "snli", few_labelled_pairs(("entailment", "neutral")))
    monkeypatch.setattr(datasets, "qqp", few_labelled_pairs(("different", "duplicate")))
    monkeypatch.setattr(datasets, "word_pairs", few_word_pairs)
    monkeypatch.setattr(datasets, "word_questions", few_questions)


@pytest.fixture(autouse=True)
def small_sequences(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """What recipes of sequences read, except in the slow tests, which want the real thing."""
    if "slow" not in request.keywords:
        stand_in_for_all(monkeypatch)
