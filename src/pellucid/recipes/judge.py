"""The judge of made digits: a LeNet that learned to read real ones, the same for every recipe."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .. import datasets, get_rng_state, manual_seed, nn, no_grad, optim, set_rng_state, tensor
from ..models.lenet import LeNet, LeNetConfig
from ..nn import functional as F
from ..train import Run, accuracy, classifier_score, fit, frechet_distance, predict
from .job import Job

SIDE = 28
BATCH = 500


@dataclass
class Judge:
    """A trained LeNet, what it found in real digits, and how often it reads those of the test part right.

    Pictures are digits of 28 x 28, from 0 (paper) to 1 (ink), in any of the shapes (N, 784), (N, 28, 28) and
    (N, 1, 28, 28).
    """

    model: LeNet
    mean: float                                                  # of the real pixels
    deviation: float
    real: np.ndarray                                             # (10,000, 84) features of the test part
    accuracy: float                                              # on the test part

    def probabilities(self, pictures: np.ndarray) -> np.ndarray:
        """Which digit each picture is: (N, 10)."""
        return F.softmax(predict(self.model, self.seen(pictures), BATCH), 1).numpy()

    def features(self, pictures: np.ndarray) -> np.ndarray:
        """What the last layer but one makes of each picture: (N, 84)."""
        x = self.seen(pictures)
        with no_grad():
            return np.concatenate([self.model.features(tensor(x[i:i + BATCH])).numpy()
                                   for i in range(0, len(x), BATCH)])

    def marks(self, pictures: np.ndarray) -> dict[str, float]:
        """How good made digits are: `score`, from 1 to 10, and `frechet`, the distance from the test part's.

        See `classifier_score` and `frechet_distance`; compare distances of equally many pictures only.
        """
        return {"score": classifier_score(self.probabilities(pictures)),
                "frechet": frechet_distance(self.features(pictures), self.real)}

    def agreement(self, pictures: np.ndarray, labels: np.ndarray) -> float:
        """The share of pictures that are read as what they were meant to be."""
        return accuracy(self.probabilities(pictures), labels)

    def seen(self, pictures: np.ndarray) -> np.ndarray:
        """Pictures as the LeNet wants them.

        Raises:  ValueError for pictures of another size, and for values outside [0, 1].
        """
        x = np.asarray(pictures, np.float32)
        if not len(x) or x[0].size != SIDE * SIDE:
            raise ValueError(f"judge: pictures must be N of {SIDE} x {SIDE}, got the shape {x.shape}")
        if not (x.min() >= 0 and x.max() <= 1):
            raise ValueError(f"judge: pictures must lie in [0, 1], got {x.min():.4g} to {x.max():.4g}")
        return (x.reshape(-1, 1, SIDE, SIDE) - self.mean) / self.deviation


def judge_of(job: Job, epochs: int = 3) -> Judge:
    """The judge, trained on MNIST's training part in the job's folder `judge`, or as it was left there.

    It always starts from seed 0, whatever the recipe's, so that all runs are judged by the same network; the
    recipe's own random streams go on as if it had not been.
    """
    state = get_rng_state()
    try:
        return _trained(*job.part("judge"), epochs, job.verbose)
    finally:
        set_rng_state(state)


def _trained(run: Run, resume: bool, epochs: int, verbose: int) -> Judge:
    train, test = datasets.mnist("train"), datasets.mnist("test")
    mean, deviation = float(train.x.mean()), float(train.x.std())
    manual_seed(0)
    model = LeNet(LeNetConfig())
    judge = Judge(model, mean, deviation, np.empty((0, 0)), 0.0)
    optimizer = optim.AdamW(model.parameters(), lr=4e-3, weight_decay=0.01)
    batch = 128
    cycle = optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, epochs=epochs,
                                          steps_per_epoch=-(-len(train) // batch))
    fit(model, (judge.seen(train.x), train.y), loss=nn.CrossEntropyLoss(), optimizer=optimizer,
        scheduler=cycle, step_scheduler="batch", epochs=epochs, batch_size=batch, run=run, resume=resume,
        verbose=verbose)
    model.eval()
    judge.real, judge.accuracy = judge.features(test.x), judge.agreement(test.x, test.y)
    return judge
