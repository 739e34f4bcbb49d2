"""The public scripts that are run beside PyTorch: where they are from, with what arguments, on what data.

Each repository is looked for as a folder of its own name. The scripts run as they are; what is small about a
run is said by its arguments, and by the number of losses after which it is stopped.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Script:
    """One row: a script with its arguments."""

    name: str
    repository: str                     # on GitHub
    path: str                           # within it
    arguments: str = ""
    data: str = ""                      # a function of data.py, which puts there what the script looks for
    steps: int = 50                     # how many losses are compared
    stop: int | None = None             # end after so many losses
    end: str = ""                       # the end result in what is printed: the last match of this pattern
    better: str = ""                    # "higher" or "lower": what is good for the end result
    before: str = ""                    # Python for PyTorch's side alone, before the script
    environment: str = ""               # NAME=value, for both sides
    commit: str = ""                    # another commit than the others of the repository
    note: str = ""

    @property
    def folder(self) -> str:
        """Where the repository is looked for."""
        return self.repository.partition("/")[2]


EXAMPLES = "pytorch/examples"
ACCURACY = r"Accuracy: (\d+)/10000"
PERPLEXITY = r"test ppl +([\d.]+)"
WORDS = "--data data --epochs 1 --emsize 100 --nhid 100 --batch_size 20 --dropout 0.2 --lr {}"
# The data sets' archives carry checksums, which a part of the pictures cannot have.
UNCHECKED = "import torchvision.datasets.cifar as c\nc.check_integrity = lambda *_: True"


def language(model: str, rate: str) -> Script:
    """The language model with one kind of network."""
    return Script(f"word_language_model, {model}", EXAMPLES, "word_language_model/main.py",
                  f"--model {model} {WORDS.format(rate)}", data="words", end=PERPLEXITY, better="lower",
                  note="a quarter of WikiText-2's validation part to learn from, parts of its test part to "
                       "judge by")


SCRIPTS = [
    Script("regression", EXAMPLES, "regression/main.py", end=r"Loss: ([\d.]+)", better="lower",
           note="the script sets no seed: seed 0"),
    Script("mnist", EXAMPLES, "mnist/main.py", "--epochs 1", data="mnist", end=ACCURACY, better="higher"),
    Script("mnist_rnn", EXAMPLES, "mnist_rnn/main.py", "--epochs 1", data="mnist", end=ACCURACY,
           better="higher"),
    Script("mnist_forward_forward", EXAMPLES, "mnist_forward_forward/main.py",
           "--train_size 2000 --test_size 1000 --epochs 100", data="mnist_here",
           end=r"test error: ([\d.]+)", better="lower"),
    Script("vae", EXAMPLES, "vae/main.py", "--epochs 1", data="mnist", end=r"Test set loss: ([\d.]+)",
           better="lower"),
    Script("dcgan", EXAMPLES, "dcgan/main.py",
           "--dataset mnist --dataroot ../data --imageSize 64 --ngf 16 --ndf 16 --workers 0 --manualSeed 1",
           data="mnist", stop=300, end=r"Loss_D: ([\d.]+) Loss_G: ([\d.]+)",
           note="stopped after 100 pairs of steps"),
    Script("siamese_network", EXAMPLES, "siamese_network/main.py", "--batch-size 16 --log-interval 1",
           data="mnist", stop=50, end=r"Loss: ([\d.]+)",
           note="stopped after 50 steps; random is not seeded: seed 0"),
    Script("time_sequence_prediction", EXAMPLES, "time_sequence_prediction/train.py", "--steps 3",
           data="waves", stop=50, end=r"test loss: ([\d.e-]+)", better="lower",
           environment="TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD=1",
           note="LBFGS, float64, stopped after 50 losses; TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD=1, without which "
                "PyTorch itself refuses the script's data"),
    language("LSTM", "2"), language("GRU", "2"), language("Transformer", "0.5"),
    Script("vision_transformer", EXAMPLES, "vision_transformer/main.py",
           "--epochs 1 --img-size 32 --patch-size 8 --latent-size 64 --num-heads 4 --num-encoders 3 "
           "--batch-size 50 --lr 0.001", data="cifar10", before=UNCHECKED, end=r"Valid Loss : ([\d.]+)",
           better="lower", commit="cd29c12ac8535c73a1cce2e9490c05ad3ecb994d",
           note="the last commit that has it; 5,000 of CIFAR-10's pictures; no seed: seed 0"),
    Script("gcn", EXAMPLES, "gcn/main.py", "--epochs 200", data="cora", end=r"accuracy ([\d.]+)",
           better="higher", note="Cora from a local copy in place of the download"),
    Script("gat", EXAMPLES, "gat/main.py", "--epochs 50 --num-heads 2 --hidden-dim 16", data="cora",
           end=r"accuracy ([\d.]+)", better="higher", note="Cora from a local copy in place of the download"),
    Script("reinforce", EXAMPLES, "reinforcement_learning/reinforce.py",
           end=r"Solved! Running reward is now ([\d.]+)", better="higher", note="CartPole-v1 of Gymnasium"),
    Script("actor_critic", EXAMPLES, "reinforcement_learning/actor_critic.py",
           end=r"Solved! Running reward is now ([\d.]+)", better="higher", note="CartPole-v1 of Gymnasium"),
    Script("super_resolution", EXAMPLES, "super_resolution/main.py",
           "--upscale_factor 4 --batchSize 2 --testBatchSize 2 --nEpochs 5 --lr 0.001 --threads 0",
           data="pictures", end=r"Avg. PSNR: ([\d.]+)", better="higher",
           note="squares of scikit-learn's two photographs in place of BSDS300"),
]
