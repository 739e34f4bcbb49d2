"""What is trained when words get vectors, as layers: skip-gram, CBOW and GloVe.

Here the engine finds every gradient, so these are the ones to read. Training on books goes through
`ops.words`, which does the same steps on the few rows that each of them changes; the tests compare both.
"""

from __future__ import annotations

import numpy as np

from .. import Tensor, from_numpy, nn, zeros_like
from ..nn import functional as F


class NegativeSampling(nn.Module):
    """Foretell a word from a bag of words: tell it from words that were drawn at random.

        h = mean over w in the bag of inputs[w]          s_t = h outputs[targets_t]
        loss = -log sigmoid(s_0) - sum over t >= 1 of log sigmoid(-s_t)
    targets_0 is the word that was there, the others were drawn; -1 is none. Skip-gram: the bag is one word,
    and what it foretells stands near it. CBOW: the bag is all words around, and they foretell the one amid.

    Shapes:  flat (sum of sizes,), starts (B,), targets (B, 1 + K) -> the sum of losses
    Source:  Mikolov et al. 2013, "Distributed Representations of Words and Phrases", arXiv:1310.4546, eq. 4.
    """

    def __init__(self, inputs: np.ndarray, outputs: np.ndarray) -> None:
        super().__init__()
        self.inputs = nn.EmbeddingBag.from_pretrained(from_numpy(inputs), freeze=False)      # mean of a bag
        self.outputs = nn.Embedding.from_pretrained(from_numpy(outputs), freeze=False)

    def forward(self, flat: Tensor, starts: Tensor, targets: Tensor) -> Tensor:
        h = self.inputs(flat, starts)                                        # (B, D)
        rows = self.outputs(targets.clamp(min=0))                            # (B, 1 + K, D)
        scores = (rows @ h.unsqueeze(2)).squeeze(2)                          # (B, 1 + K)
        truth = zeros_like(scores)
        truth[:, 0] = 1
        losses = F.binary_cross_entropy_with_logits(scores, truth, reduction="none")
        return (losses * (targets >= 0)).sum()


class GloVe(nn.Module):
    """Foretell how often two words stand together: the logarithm of that, by the product of their vectors.

        off = words[i] others[j] + biases[i] + other_biases[j] - log x_ij
        loss = sum of min(1, (x_ij / most)^power) off^2
    Shapes:  rows, columns, logs, weights (B,) -> the sum of losses
    Source:  Pennington, Socher & Manning 2014, "GloVe: Global Vectors for Word Representation", eq. 8 and 9.
    """

    def __init__(self, words: np.ndarray, others: np.ndarray, biases: np.ndarray, other_biases: np.ndarray
                 ) -> None:
        super().__init__()
        self.words, self.others, self.biases, self.other_biases = (
            nn.Parameter(from_numpy(array)) for array in (words, others, biases, other_biases))

    def forward(self, rows: Tensor, columns: Tensor, logs: Tensor, weights: Tensor) -> Tensor:
        products = (self.words[rows] * self.others[columns]).sum(1)          # (B,)
        off = products + self.biases[rows] + self.other_biases[columns] - logs
        return (weights * off * off).sum()
