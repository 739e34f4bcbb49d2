"""Data sets as NumPy arrays, how to split them, and what to do to them before training.

    from pellucid import datasets

    train, test = datasets.digits().split(test_size=0.2, seed=0)         # every class has its share in both
    scale = datasets.Standardize(train.x)                                # measured on the training part alone
    x, y = scale(train.x), train.y
"""

from pellucid.datasets.anomalies import mammography, nab
from pellucid.datasets.books import books
from pellucid.datasets.bundled import breast_cancer, digits, iris, photograph, wine
from pellucid.datasets.cifar import cifar10
from pellucid.datasets.drawn import patterns, shapes
from pellucid.datasets.entities import Tagged, wikigold, wnut17
from pellucid.datasets.files import MissingData
from pellucid.datasets.idx import read_idx
from pellucid.datasets.labelled import LabelledTexts, sst2, trec
from pellucid.datasets.mnist import mnist
from pellucid.datasets.pairs import TextPairs, qqp, sick, snli, stsb
from pellucid.datasets.passages import RandomPassages, passages
from pellucid.datasets.prepare import Standardize, one_hot
from pellucid.datasets.samples import Samples
from pellucid.datasets.series import Series, windows
from pellucid.datasets.shakespeare import tinyshakespeare
from pellucid.datasets.splits import stratified_folds, stratified_split, train_test_split
from pellucid.datasets.synthetic import blobs, circles, line, moons, sheet, spirals, truth_table, xor
from pellucid.datasets.timeseries import airline_passengers, etth1
from pellucid.datasets.translation import multi30k
from pellucid.datasets.words import word_pairs, word_questions

__all__ = ["LabelledTexts", "MissingData", "RandomPassages", "Samples", "Series", "Standardize",
           "Tagged", "TextPairs", "airline_passengers", "blobs", "books", "breast_cancer",
           "cifar10", "circles", "digits", "etth1", "iris", "line", "mammography", "mnist", "moons",
           "multi30k", "nab", "one_hot", "passages", "patterns", "photograph", "qqp", "read_idx",
           "shapes", "sheet", "sick", "snli", "spirals", "sst2", "stratified_folds",
           "stratified_split", "stsb", "tinyshakespeare", "train_test_split", "trec", "truth_table",
           "wikigold", "windows", "wine", "wnut17", "word_pairs", "word_questions", "xor"]
