"""word2vec: the words of 28 old books foretell each other; a map of animals, food and vehicles.

Reaches   Spearman correlation with people's judgement on WordSim-353 >= 0.45; on the map of animals, food and
          vehicles silhouette >= 0.2
Protocol  28 books in the public domain, 5.0 million words, lower case, plurals counted with their singulars,
          words met 5 times at least; skip-gram with negative sampling, 5 epochs, learning rate falling to 0,
          seed 0; a word's vector is the sum of its two, which MEN's pairs prefer to the first alone (0.66 to
          0.64); WordSim-353 over the 245 pairs both words of which occur in the books (with the unknown ones
          counted as average: `wordsim353_with_unknown`); the map is t-SNE of the listed words alone
Seconds   120 on 2 cores

Source: Mikolov, Sutskever, Chen, Corrado & Dean 2013, "Distributed Representations of Words and Phrases and
        their Compositionality", arXiv:1310.4546; Finkelstein et al. 2001 (WordSim-353).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import datasets
from ..embed import (
    Corpus,
    HowToTrain,
    WordVectors,
    evaluate_analogies,
    evaluate_word_pairs,
    project,
    silhouette,
    train_words,
    write_map,
)
from ..embed.map_groups import named_clusters
from .job import Job

EXPECTED = {"wordsim353": 0.45, "map_silhouette": 0.2}
KINDS = {
    "animal": "horse dog cat lion tiger wolf bear sheep cow pig fox hare bird eagle cock goose duck hen "
              "pigeon whale shark snake elephant monkey goat lamb rabbit mouse rat mule donkey ox bull "
              "camel deer bee spider frog calf pony".split(),
    "food": "bread butter cheese meat beef mutton ham bacon soup cake milk tea coffee wine beer brandy sugar "
            "salt egg potato pie pudding fruit apple pear cabbage onion rice broth sausage biscuit toast "
            "cream jam honey chicken oyster grape cucumber vegetable".split(),
    "vehicle": "ship boat carriage coach cart wagon train chaise sledge van cab yacht sloop canoe barge "
               "steamer phaeton omnibus tram chariot frigate schooner ferry brig tug vessel waggon gig "
               "brougham locomotive".split(),
}
SEEKING = ("king", "whale", "london", "bread", "carriage", "happy", "doctor", "letter")
RELATIONS = (("man", "king", "woman"), ("father", "mother", "son"), ("good", "better", "bad"),
             ("france", "paris", "england"), ("he", "himself", "she"), ("walk", "walked", "look"))


@dataclass(frozen=True)
class Settings:
    seed: int = 0
    epochs: int = 5
    dimension: int = 100
    window: int = 5             # words on either side; each word's window is drawn from 1 to this
    negatives: int = 5          # words drawn at random for each that was there
    lr: float = 0.1             # falls to 0
    batch: int = 16             # pairs whose slopes are added up before a step
    min_count: int = 5          # of a word
    words: int = 3000           # of the large map
    characters: int = 30_000_000  # of the books; all of them


def main(job: Job) -> dict[str, Any]:
    s = job.settings
    job.say("reading the books")
    corpus = Corpus.of(clipped(datasets.books(), s.characters), min_count=s.min_count, merge_plurals=True)
    job.say(f"{len(corpus.ids):,} words, {len(corpus.words):,} of them different")
    how = HowToTrain("skip-gram", s.dimension, s.window, s.negatives, s.epochs, s.lr, batch=s.batch,
                     seed=s.seed)
    trained = train_words(corpus, how, show_progress_bar=bool(job.verbose))
    words = WordVectors(corpus.words, trained.inputs + trained.outputs, corpus.counts)
    job.keep({"inputs": trained.inputs, "outputs": trained.outputs})
    words.save(job.run.path("words.npz"))
    job.run.describe(model=repr(words), parameters=trained.inputs.size + trained.outputs.size)
    job.run.write_rows("metrics.jsonl", [{"epoch": i + 1, "loss": loss}
                                         for i, loss in enumerate(trained.losses)])

    metrics: dict[str, Any] = {"words": len(corpus.ids), "vocabulary": len(words)}
    for name in ("wordsim353", "simlex999", "men"):
        found = evaluate_word_pairs(words, datasets.word_pairs(name))
        metrics.update({name: found["spearman"], f"{name}_known": found["known"],
                        f"{name}_with_unknown": found["spearman_all"]})
        first = WordVectors(corpus.words, trained.inputs)
        metrics[f"{name}_of_first"] = evaluate_word_pairs(first, datasets.word_pairs(name))["spearman"]
    questions = evaluate_analogies(words, datasets.word_questions())
    metrics.update(analogies=questions["accuracy"], analogies_asked=questions["asked"])
    tell(job, words, questions)
    metrics.update(draw(job, words))
    return metrics


def clipped(books: list[str], characters: int) -> list[str]:
    """The same share of every book, so that there are so many characters in all."""
    share = min(1.0, characters / max(sum(map(len, books)), 1))
    return [book[:int(len(book) * share)] for book in books]


def tell(job: Job, words: WordVectors, questions: dict[str, Any]) -> None:
    """What lies near what, and how relations are answered."""
    near = {word: ", ".join(name for name, _ in words.most_similar(word, k=8)) for word in SEEKING
            if word in words}
    job.texts("Nearest words", near, "The words whose vectors lie nearest, the nearest first.")
    answers = {f"{b} - {a} + {c}": ", ".join(f"{word} {score:.2f}"
                                             for word, score in words.analogy(a, b, c, 4))
               for a, b, c in RELATIONS if {a, b, c} <= set(words.words)}
    job.texts("Sums of words", answers, "The words nearest to a sum and difference of vectors, those of the "
                                        "question left out, with their cosines.")
    sections = "\n".join(f"{name:28}{one['right']:5} of {one['asked']:5}"
                         for name, one in questions["sections"].items())
    job.texts("Questions", {"a is to b as c is to ?": sections},
              "Google's analogy questions, by section: how many of those with four known words were answered "
              "right. Old novels know few currencies and no American cities; plurals were merged away.")


def draw(job: Job, words: WordVectors) -> dict[str, Any]:
    """The map of three kinds of things with what it says, and a large map of the commonest words."""
    from ..plot import neighbourhood

    listed = [(word, kind) for kind, members in KINDS.items() for word in members if word in words]
    names, kinds = [word for word, _ in listed], np.array([kind for _, kind in listed])
    rows = np.stack([words.directions[words.place(word)] for word in names])
    points = project(rows, "tsne", perplexity=15, seed=job.settings.seed)
    cosines = rows @ rows.T
    np.fill_diagonal(cosines, -2)
    job.figure("Map of animals, food and vehicles", lambda: picture(points, names, kinds),
               f"t-SNE of the vectors of {len(names)} words, which know nothing of the colours. What occurs "
               "in like company lies together: a novel's horse goes before a carriage, its whale near ships.")
    some = min(len(words), job.settings.words)
    shown = list(words.words[:some])
    middle = next((word for word in SEEKING if word in words), shown[0])
    job.figure(f"What lies around {middle}",
               lambda: neighbourhood(words.directions, list(words.words), middle),
               "The twelve words nearest by cosine, laid out by their two main directions.")
    write_map(job.run.path("map.html"), words.vectors[:some], shown,
              groups=named_clusters(words.vectors[:some], shown, min(11, some)), method="tsne",
              title=f"The {some:,} commonest words of 28 novels")
    return {"map_silhouette": silhouette(points, kinds),
            "silhouette": silhouette(rows, kinds, metric="cosine"),
            "nearest_of_same_kind": float((kinds[cosines.argmax(1)] == kinds).mean()), "mapped": len(names)}


def picture(points: np.ndarray, names: list[str], kinds: np.ndarray) -> Any:
    """Words at their places, coloured by kind."""
    from ..plot import style

    figure = style.canvas(9, 7)
    axes = style.plots(figure)[0]
    colours = dict(zip(KINDS, style.CLASSES, strict=False))
    for kind, colour in colours.items():
        here = points[kinds == kind]
        axes.scatter(here[:, 0], here[:, 1], s=12, color=colour, label=kind)
    for (x, y), name, kind in zip(points, names, kinds, strict=True):
        axes.annotate(name, (x, y), xytext=(3, 2), textcoords="offset points", fontsize=8,
                      color=colours[kind])
    style.legend(axes)
    style.bare(axes)
    return figure
