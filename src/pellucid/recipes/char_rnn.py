"""char-rnn: three recurrent layers learn to write like Shakespeare: plain, LSTM and GRU.

Reaches   validation loss of LSTM and of GRU at least 0.02 below the plain layer's; after training the
          gradient of the plain layer, 50 letters back, is below a hundredth of the LSTM's and of the GRU's
Protocol  Tiny Shakespeare, the first 90 % to train on, the rest for validation; each layer has 128 units and
          reads the same passages: 2,000 steps of 32, 64 letters each, from places drawn at random (seed 0);
          Adam, cosine schedule, gradients clipped; after every 200 steps the loss on all of the validation
          part, passage by passage, of which the last is reported; gradients by back-propagation from the loss
          at one letter through 100 letters, on 64 passages of the validation part
Seconds   150 on 2 cores

At an equal number of units the LSTM has four times, the GRU three times the recurrent weights of the plain
layer. The layers that the report looks into are the LSTM's.

Source: Karpathy 2015, "The Unreasonable Effectiveness of Recurrent Neural Networks"; Bengio, Simard &
        Frasconi 1994, "Learning long-term dependencies with gradient descent is difficult".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import datasets, manual_seed, no_grad, optim, tensor
from ..models.char_rnn import CharRNN, CharRNNConfig
from ..train import Watch, fit
from .gpt import per_letter
from .job import Job

EXPECTED = {"lstm_lead": 0.02, "gru_lead": 0.02, "vanishing_against_lstm_at_most": 0.01,
            "vanishing_against_gru_at_most": 0.01}
KINDS = ("rnn", "lstm", "gru")
FAINT = 1e-20                   # shares of a gradient below which lines end: only rounding is left
NAMES = {"rnn": "RNN", "lstm": "LSTM", "gru": "GRU"}


@dataclass(frozen=True)
class Settings:
    seed: int = 0
    epochs: int = 10            # looks at the validation part
    steps: int = 200            # between two looks
    hidden: int = 128
    embedding: int = 64
    length: int = 64            # letters that the gradient goes back in training
    batch_size: int = 32
    lr: float = 4e-3
    clip: float = 1.0           # of the gradient's norm: plain layers throw one far out now and then
    back: int = 100             # letters that the gradient is followed back in the report
    letters: int = 400          # in each sample of the report


def main(job: Job) -> dict[str, Any]:
    s = job.settings
    text = datasets.tinyshakespeare()
    alphabet = np.array(sorted(set(text)))
    codes = np.searchsorted(alphabet, np.array(list(text)))
    n_train = int(0.9 * len(codes))
    validation = datasets.passages(codes[n_train:], s.length)
    far_x, far_y = (tensor(part[:64]) for part in datasets.passages(codes[n_train:], s.back))

    models, histories, before, after = {}, {}, {}, {}
    metrics: dict[str, Any] = {}
    for kind in KINDS:
        manual_seed(s.seed)
        model = CharRNN(CharRNNConfig(kind, len(alphabet), s.embedding, s.hidden))
        train = datasets.RandomPassages(codes[:n_train], s.length, s.batch_size, s.steps)
        optimizer = optim.Adam(model.parameters(), lr=s.lr)
        before[kind] = model.gradient_through_time(far_x, far_y[:, -1])
        part, resume = job.part(kind)
        manual_seed(s.seed)                              # the same passages for each
        job.say(f"{NAMES[kind]}, {sum(p.numel() for p in model.parameters()):,} parameters")
        histories[kind] = fit(
            model, train, validation=validation, loss=per_letter, optimizer=optimizer, epochs=s.epochs,
            scheduler=optim.lr_scheduler.CosineAnnealingLR(optimizer, s.epochs * s.steps),
            step_scheduler="batch", clip_grad_norm=s.clip, run=part, resume=resume, verbose=job.verbose,
            callbacks=[Watch(job.run)] if kind == "lstm" else [])
        after[kind] = model.gradient_through_time(far_x, far_y[:, -1])
        models[kind], metrics[f"{kind}_val_loss"] = model, histories[kind]["val_loss"][-1]
        metrics[f"{kind}_remains"] = remaining(after[kind])
    for kind in ("lstm", "gru"):
        metrics[f"{kind}_lead"] = metrics["rnn_val_loss"] - metrics[f"{kind}_val_loss"]
        metrics[f"vanishing_against_{kind}"] = metrics["rnn_remains"] / metrics[f"{kind}_remains"]
    keep(job, models, histories)
    job.lines("Validation loss", {NAMES[kind]: history["val_loss"] for kind, history in histories.items()},
              f"The mean cross entropy of a letter that none of them has seen, by {s.steps} steps.", start=1,
              x_label="epoch", log=False)
    observe(job, models, alphabet, before, after, codes[n_train:n_train + 48])
    return metrics


def remaining(norms: np.ndarray, back: int = 50) -> float:
    """The share of the gradient at the last state that is left `back` letters before it (or at the first)."""
    return float(norms[max(0, len(norms) - 1 - back)] / norms[-1])


def shares(norms: np.ndarray) -> np.ndarray:
    """What is left of the gradient 0, 1, 2, ... letters back, until nothing but rounding is left.

    >>> shares(np.array([0.0, 1e-30, 1.0, 2.0, 4.0])).tolist()
    [1.0, 0.5, 0.25]
    """
    found = norms[::-1] / norms[-1]
    return found[:int(np.argmax(np.append(found < FAINT, True)))]


def keep(job: Job, models: dict[str, CharRNN], histories: dict[str, Any]) -> None:
    """The weights of all three, and their losses side by side."""
    job.keep({f"{kind}.{name}": value for kind, model in models.items()
              for name, value in model.state_dict().items()})
    job.run.describe(model="\n".join(map(repr, models.values())),
                     parameters=sum(p.numel() for model in models.values() for p in model.parameters()))
    job.run.write_rows("metrics.jsonl", [
        {"epoch": i + 1, "lr": histories["lstm"]["lr"][i],
         **{f"loss_{kind}": history["loss"][i] for kind, history in histories.items()},
         **{f"val_loss_{kind}": history["val_loss"][i] for kind, history in histories.items()}}
        for i in range(job.settings.epochs)])


def draw_gates(job: Job, model: CharRNN, passage: np.ndarray, alphabet: np.ndarray) -> None:
    """The gates of the LSTM while it reads a passage."""
    from .. import plot
    from ..explain import gates

    with no_grad():
        letters = model.letters(tensor(passage))
    found = gates(model.layer, letters)
    shown = [{"\n": "\u21b5", " ": "\u2423"}.get(letter, letter) for letter in alphabet[passage]]
    chosen = {name: found[name] for name in ("input", "forget", "output", "cell")}
    job.figure("Gates of the LSTM over time", lambda: plot.gates(chosen, shown),
               "A passage that it has not learned, letter by letter to the right, and a row for each of some "
               "units. Where the forget gate is deep a unit keeps what it knows; where it is pale it clears.")


def observe(job: Job, models: dict[str, CharRNN], alphabet: np.ndarray, before: dict[str, np.ndarray],
            after: dict[str, np.ndarray], passage: np.ndarray) -> None:
    """The gradient through time before and after training, and what each writes at several temperatures."""
    for when, norms in (("before training", before), ("after training", after)):
        job.lines(f"Gradient through time {when}",
                  {NAMES[kind]: shares(each).tolist() for kind, each in norms.items()}, WORDS[when],
                  x_label="letters back", log=True)
    draw_gates(job, models["lstm"], passage, alphabet)
    prompt, n_letters = np.searchsorted(alphabet, ["\n"]), job.settings.letters
    for kind, model in models.items():
        job.texts(f"What the {NAMES[kind]} writes",
                  {f"temperature {t:g}": "".join(alphabet[model.generate(prompt, n_letters, t)[1:]])
                   for t in (0.3, 0.6, 1.0, 1.3)},
                  "Each letter is drawn from softmax(scores / temperature). When it is low the likeliest "
                  "letter nearly always wins; when it is high the spelling falls apart.")


WORDS = {
    "before training":
        "How much the loss at one letter feels the state a number of letters before it: the norm of the "
        "gradient, as a share of that at the letter itself, on a logarithmic axis. A straight line down is "
        "vanishing: the same factor at each step. With weights as they start all three forget that fast: the "
        "plain layer because its matrix shrinks what it multiplies, the gates because they stand half open.",
    "after training":
        "The same after training. The plain layer still multiplies by one matrix and the slope of tanh at "
        "each step, and what happened long ago leaves no trace in its gradient. LSTM and GRU have learned to "
        "hold gates open: in those units the state is handed on by addition, and its gradient comes through."}
