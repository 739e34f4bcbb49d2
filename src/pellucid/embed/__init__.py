"""Embeddings: a vector for each text, near to those of texts that mean the same.

    from pellucid import embed

    encoder = embed.Encoder.from_pretrained("all-MiniLM-L6-v2")       # a folder
    vectors = encoder.encode(["A man plays a guitar.", "Somebody makes music."])
    embed.similarity(vectors, vectors)
    embed.rank(encoder.encode("music"), vectors)

`Encoder` turns texts into vectors by a transformer, `StaticEncoder` by a table, much faster; similarity,
rank, topk, cluster and deduplicate work on any vectors; `Index` keeps many of them in a file and finds the
nearest; `evaluate_sts` says how good they are. `train_encoder` trains an encoder on pairs of texts, with
`losses` and `augment`; `WordVectors` learns a vector for each word from texts. `write_map` makes a page of
many vectors that one can move about in and search.
"""

from . import augment, losses
from .encoder import Encoder
from .evaluate import evaluate_retrieval, evaluate_sts, pearson, read_sts, spearman
from .folder import UnfitWeights
from .index import Hits, Index, RecoveredIndex
from .map import Map, write_map
from .map_exports import write_atlas, write_projector
from .pairs import PairSet, read_pairs
from .projections import project, silhouette
from .starting import EncoderConfig
from .static import StaticEncoder
from .texts import TextEncoder
from .training import train_encoder
from .vectors import cluster, deduplicate, rank, similarity, topk
from .words import WordVectors
from .words_evaluate import evaluate_analogies, evaluate_word_pairs
from .words_text import Corpus
from .words_train import HowToTrain, train_words

__all__ = ["Corpus", "Encoder", "EncoderConfig", "Hits", "HowToTrain", "Index", "Map", "PairSet",
           "RecoveredIndex", "StaticEncoder", "TextEncoder", "UnfitWeights", "WordVectors", "augment",
           "cluster", "deduplicate", "evaluate_analogies", "evaluate_retrieval", "evaluate_sts",
           "evaluate_word_pairs", "losses", "pearson", "project", "rank", "read_pairs", "read_sts",
           "silhouette", "similarity", "spearman", "topk", "train_encoder", "train_words", "write_atlas",
           "write_map", "write_projector"]
