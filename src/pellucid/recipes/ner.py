"""ner: taggers find names in posts of the web and in Wikipedia, with and without a model that knows English.

Reaches   entity F1 of the test part 20 points above that of the most frequent tag of each word: 26.05 % on
          WNUT-17 and 40.48 % on WikiGold, by the LSTM and by the transformer that know MiniLM
Protocol  WNUT-17 as its authors divide it (3,394 / 1,009 / 1,287 sentences); WikiGold, which nobody divides,
          in its order, so that an article lies in one part: the first 70 % to train on, 10 % for validation,
          20 % for testing; an LSTM from both sides and a transformer of 2 layers, each over words, letters
          and shapes from random weights, and each with what the frozen layers 2, 4 and 6 of all-MiniLM-L6-v2
          make of each word's first token beside them; a field of tags on top; Adam, half a cosine, 12 epochs,
          seed 0; of each tagger the weights of the epoch with the best validation F1 are tested once; a name
          counts if all its words and its kind are right (conlleval, seqeval)
Seconds   580 on 2 cores, of which it has one busy

Entity F1 of the test parts, in per cent. The most frequent tag says nothing of names that are not in the
training part, and by its authors' choice hardly any of WNUT-17's are.

                              WNUT-17   WikiGold
    most frequent tag             6.0       20.5
    LSTM                         14.3       45.3
    transformer                   6.4       29.2
    LSTM, MiniLM                 46.1       73.7
    transformer, MiniLM          41.1       63.4

From random weights and this little text the bar is reached on WikiGold by the LSTM alone. MiniLM has no
capitals: these come from shapes and letters.

Source: Lample et al. 2016, "Neural Architectures for Named Entity Recognition", arXiv:1603.01360; Ma & Hovy
        2016, arXiv:1603.01354; the data: Derczynski et al. 2017 (WNUT-17), Balasuriya et al. 2009 (WikiGold).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .. import datasets, manual_seed, optim
from ..datasets import Tagged
from ..models.tagger import LSTMTagger, Tagger, TaggerConfig, TransformerTagger
from ..train import Callback, EarlyStopping, History, entity_f1, fit
from ..train.entities import spans
from .job import Job
from .minilm import minilm
from .tagging import SHAPES, Codes, Sentences, features, predicted

EXPECTED = {"wnut17_lstm_minilm_f1": 0.2605, "wnut17_transformer_minilm_f1": 0.2605,
            "wikigold_lstm_minilm_f1": 0.4048, "wikigold_transformer_minilm_f1": 0.4048}
CORPORA = ("wnut17", "wikigold")
TAGGERS: dict[str, type[Tagger]] = {"lstm": LSTMTagger, "transformer": TransformerTagger}
KNOWS = "-minilm"                                                # behind the name of a tagger that it helps


@dataclass(frozen=True)
class Settings:
    seed: int = 0
    epochs: int = 12
    batch_size: int = 24
    lr: float = 3e-3            # of the LSTM
    transformer_lr: float = 1e-3
    hidden: int = 96            # of each LSTM; the transformer is twice as wide
    clip: float = 5.0           # of the gradient's norm
    least: int = 2              # times that a word occurs; rarer ones are unknown, and what those look like
                                # is learned from them


class NameF1(Callback):
    """Adds the validation part's entity F1 to the numbers of each epoch."""

    def __init__(self, sentences: Sentences, truth: Sequence[Tagged]) -> None:
        self.sentences, self.truth = sentences, [each.tags for each in truth]

    def on_validation_end(self, training: Any, row: dict[str, Any]) -> None:
        row["val_f1"] = entity_f1(predicted(training.model, self.sentences), self.truth).f1


def parts(corpus: str) -> list[list[Tagged]]:
    """A corpus to train on, for validation and for testing."""
    if corpus == "wnut17":
        return [datasets.wnut17(split) for split in ("train", "validation", "test")]
    sentences = datasets.wikigold()
    first, second = int(0.7 * len(sentences)), int(0.8 * len(sentences))
    return [sentences[:first], sentences[first:second], sentences[second:]]


def most_frequent(train: Sequence[Tagged], test: Sequence[Tagged]) -> list[list[str]]:
    """To each word of the test part the tag that it has most often in training; O to one that is not there.

    >>> train = [Tagged(["May", "may", "go"], ["B-P", "O", "O"]), Tagged(["May"], ["B-P"])]
    >>> most_frequent(train, [Tagged(["May", "stays"], ["B-P", "O"])])
    [['B-P', 'O']]
    """
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for sentence in train:
        for word, tag in zip(sentence.words, sentence.tags, strict=True):
            counts[word][tag] += 1
    tags = {word: found.most_common(1)[0][0] for word, found in counts.items()}
    return [[tags.get(word, "O") for word in each.words] for each in test]


def main(job: Job) -> dict[str, Any]:
    encoder = minilm()                                           # now, rather than after minutes
    metrics: dict[str, Any] = {}
    weights: dict[str, Any] = {}
    histories: dict[str, History] = {}
    for corpus in CORPORA:
        data = parts(corpus)
        truth = [each.tags for each in data[2]]
        simple = entity_f1(most_frequent(data[0], data[2]), truth).f1
        job.say(f"{corpus}: F1 {simple:.4f} by the most frequent tag of each word")
        given = [features(encoder, part) for part in data]
        answers: dict[str, list[list[str]]] = {}
        for kind, end in ((kind, end) for end in ("", KNOWS) for kind in TAGGERS):
            name = kind + end
            model, history, answers[name] = trained(job, corpus, kind, data, given if end else [None] * 3)
            histories[f"{corpus} {name}"] = history
            metrics[f"{corpus}_{name.replace('-', '_')}_f1"] = entity_f1(answers[name], truth).f1
            job.say(f"{corpus}: F1 {entity_f1(answers[name], truth).f1:.4f} by {name}")
            weights |= {f"{corpus}-{name}.{key}": value for key, value in model.state_dict().items()}
        chosen = max(answers, key=lambda name: max(histories[f"{corpus} {name}"]["val_f1"]))
        score = entity_f1(answers[chosen], truth).f1
        metrics |= {f"{corpus}_simple_f1": simple, f"{corpus}_f1": score, f"{corpus}_lead": score - simple}
        observe(job, corpus, chosen, answers, data)
    keep(job, weights, histories)
    return metrics


def trained(job: Job, corpus: str, kind: str, data: Sequence[Sequence[Tagged]],
            given: Sequence[Any]) -> tuple[Tagger, History, list[list[str]]]:
    """A tagger with the weights of its best epoch, what happened, and the tags it gives to the test part."""
    s = job.settings
    manual_seed(s.seed)
    codes = Codes(data[0], s.least)
    train, validation, test = (Sentences(part, codes, s.batch_size, part is data[0], more)
                               for part, more in zip(data, given, strict=True))
    model = TAGGERS[kind](TaggerConfig(
        len(codes.words) + 2, len(codes.letters) + 2, len(SHAPES), len(codes.tags), hidden=s.hidden,
        given=0 if given[0] is None else given[0][0].shape[1]))
    optimizer = optim.Adam(model.parameters(), lr=s.lr if kind == "lstm" else s.transformer_lr)
    part, resume = job.part(f"{corpus}-{kind}" + ("" if given[0] is None else KNOWS))
    history = fit(
        model, train, validation=validation, loss=model.field, optimizer=optimizer, epochs=s.epochs,
        scheduler=optim.lr_scheduler.CosineAnnealingLR(optimizer, s.epochs * len(train)),
        step_scheduler="batch", clip_grad_norm=s.clip, run=part, resume=resume, verbose=job.verbose,
        callbacks=[NameF1(validation, data[1]), EarlyStopping("val_f1", s.epochs, mode="max")])
    return model, history, predicted(model, test)


def keep(job: Job, weights: dict[str, Any], histories: dict[str, History]) -> None:
    """The weights of all taggers, and how they learned, side by side."""
    job.keep(weights)
    job.run.describe(parameters=sum(value.numel() for value in weights.values()))
    job.run.write_rows("metrics.jsonl", [
        {"epoch": i + 1, **{f"{key} {name}": history[key][i] for name, history in histories.items()
                            for key in ("loss", "val_loss", "val_f1")}}
        for i in range(job.settings.epochs)])
    for corpus in CORPORA:
        job.lines(f"Validation F1 on {corpus}",
                  {name.partition(" ")[2]: history["val_f1"] for name, history in histories.items()
                   if name.startswith(corpus)},
                  "Entity F1 of the validation part, epoch by epoch. What a model of English knows of words "
                  "helps more than a better reader of the sentence.",
                  start=1, x_label="epoch", log=False)


def observe(job: Job, corpus: str, chosen: str, answers: dict[str, list[list[str]]],
            data: Sequence[Sequence[Tagged]]) -> None:
    """How well each kind of name is found, what the tagger takes for what, and sentences with their names."""
    from .. import plot

    words, truth = [each.words for each in data[2]], [each.tags for each in data[2]]
    kinds = sorted({tag[2:] for tags in truth for tag in tags} - {""})
    rows = [[kind, entity_f1(truth, truth, kind).names,
             *(f"{100 * entity_f1(found, truth, kind).f1:.1f}" for found in answers.values())]
            for kind in kinds]
    whole = [entity_f1(found, truth) for found in answers.values()]
    rows += [["all", whole[0].names, *(f"{100 * score.f1:.1f}" for score in whole)]]
    heads = [name.replace("transformer", "transf.").replace(KNOWS, " + M") for name in answers]
    job.figure(f"F1 by kind on {corpus}", lambda: plot.table(["kind", "names", *heads], rows),
               "Entity F1 of the test part, in per cent, for each kind of name and each tagger; + M: with "
               "what MiniLM knows.")
    names = ["-", *kinds]
    pairs = [(names.index(a[2:] or "-"), names.index(b[2:] or "-")) for true, found in
             zip(truth, answers[chosen], strict=True) for a, b in zip(true, found, strict=True)
             if (a, b) != ("O", "O")]
    job.figure(f"What is taken for what on {corpus}", lambda: plot.confusion_matrix(
        [a for a, _ in pairs], [b for _, b in pairs], names),
        f"Words of the test part, by the kind of the name they belong to, as {chosen} tags them; words "
        "outside names that it leaves outside are not counted.")
    few = [i for i in range(len(words)) if set(truth[i]) != {"O"} and len(words[i]) < 30][:12]
    job.texts(f"Names found in {corpus}", {f"{n}": f"{marked(words[i], truth[i])}\n"
                                           f"{marked(words[i], answers[chosen][i])}"
                                           for n, i in enumerate(few, 1)},
              f"The first sentences of the test part that hold names: as people marked them, and as {chosen} "
              "did.")


def marked(words: Sequence[str], tags: Sequence[str]) -> str:
    """A sentence with its names in brackets.

    >>> marked(["Ada", "Lovelace", "of", "London"], ["B-PER", "I-PER", "O", "B-LOC"])
    '[Ada Lovelace PER] of [London LOC]'
    """
    text = list(words)
    for kind, start, stop in spans(tags):
        text[start] = f"[{text[start]}"
        text[stop - 1] += f" {kind}]"
    return " ".join(text)
