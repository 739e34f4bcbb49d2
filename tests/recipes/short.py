"""Settings with which every recipe takes a moment."""

from __future__ import annotations

from typing import Any

# Two epochs where the state of the first is gone on from.
SHORT: dict[str, dict[str, Any]] = {
    "perceptron": {"steps": 20},
    "xor": {"networks": 2, "epochs": 150},
    "gradient-descent": {"steps": 40, "epochs": 1},
    "optimizers": {"steps": 30, "lbfgs_steps": 5, "epochs": 1},
    "circles": {"samples": 200, "epochs": 3, "hidden": 8},
    "iris": {"epochs": 3, "networks": 1},
    "digits": {"epochs": 2, "hidden": 32, "batch_size": 128},
    "mnist": {"epochs": 2, "hidden": 16, "batch_size": 50},
    "kernels": {"epochs": 3},
    "shapes": {"samples": 200, "epochs": 2},
    "lenet": {"epochs": 2, "plain_epochs": 1, "validation": 40},
    "mnist-cnn": {"epochs": 1, "filters": 4, "hidden": 8, "validation": 40},
    "resnet": {"epochs": 2, "blocks": 1, "validation": 20},
    "vit": {"epochs": 1, "patch": 4, "stem": 4, "width": 8, "blocks": 1, "validation": 40},
    "char-rnn": {"epochs": 2, "steps": 3, "hidden": 8, "embedding": 4, "length": 8, "batch_size": 4,
                 "back": 12, "letters": 10},
    "gpt": {"epochs": 2, "steps": 3, "layers": 1, "heads": 2, "width": 8, "context": 16, "batch_size": 4,
            "letters": 10, "warmup": 2},
    "addition": {"epochs": 2, "digits": 2, "train_sums": 96, "validation_sums": 16, "test_sums": 40,
                 "hidden": 8, "embedding": 4, "batch_size": 32},
    "forecast": {"epochs": 2, "airline_epochs": 2, "hidden": 4, "batch_size": 16, "airline_batch_size": 8},
    "bank": {"epochs": 2, "width": 8},
    "sentence-static": {"epochs": 2, "vocabulary": 70, "dimension": 16, "batch_size": 16},
    "sentence-transformer": {"epochs": 2, "table_epochs": 1, "vocabulary": 70, "width": 16, "layers": 1,
                             "heads": 2, "inner": 16, "batch_size": 16},
    "word2vec": {"epochs": 2, "dimension": 6, "min_count": 1, "words": 20},
    "distill": {"epochs": 2, "dimension": 4, "sentences": 60, "batch_size": 16, "timed": 4},
    "sentiment": {"epochs": 2, "vocabulary": 10, "width": 8, "hidden": 4, "layers": 1, "heads": 2,
                  "batch_size": 16},
    "ner": {"epochs": 2, "hidden": 8, "batch_size": 16},
    "translate": {"epochs": 2, "german": 262, "english": 262, "layers": 1, "heads": 2, "width": 8,
                  "inside": 16, "batch_tokens": 200, "warmup": 2, "beam": 2},
    "cartpole-ppo": {"epochs": 2, "steps": 128, "copies": 4, "rollout": 16, "passes": 2, "batch_size": 32,
                     "hidden": 8, "episodes": 2, "test_episodes": 2},
    "gan-circle": {"epochs": 2, "steps": 12, "batch_size": 16, "units": 8, "samples": 200},
}
