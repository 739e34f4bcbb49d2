"""Embeddings: a vector for each text, near to those of texts that mean the same.

    from pellucid import embed

    encoder = embed.Encoder.from_pretrained("all-MiniLM-L6-v2")       # a folder
    vectors = encoder.encode(["A man plays a guitar.", "Somebody makes music."])
    embed.similarity(vectors, vectors)
    embed.rank(encoder.encode("music"), vectors)

`Encoder` turns texts into vectors by a transformer, `StaticEncoder` by a table, much faster; similarity,
rank, topk, cluster and deduplicate work on any vectors; `Index` keeps many of them in a file and finds the
nearest; `evaluate_sts` says how good they are.
"""

from .encoder import Encoder
from .evaluate import evaluate_sts, pearson, read_sts, spearman
from .folder import UnfitWeights
from .index import Hits, Index, RecoveredIndex
from .static import StaticEncoder
from .texts import TextEncoder
from .vectors import cluster, deduplicate, rank, similarity, topk

__all__ = ["Encoder", "Hits", "Index", "RecoveredIndex", "StaticEncoder", "TextEncoder", "UnfitWeights",
           "cluster", "deduplicate", "evaluate_sts", "pearson", "rank", "read_sts", "similarity", "spearman",
           "topk"]
