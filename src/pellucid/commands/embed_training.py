"""What the command line can do to train encoders: `pellucid embed train`."""

from __future__ import annotations

import dataclasses
import json
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..cli import INTERRUPTED, json_line, told
from .options import AsJson, Quiet

if TYPE_CHECKING:
    from ..embed import PairSet, TextEncoder
    from ..embed.augment import Augmenter
    from ..text import Tokenizer

INSIDE, MOST_HELD = "training", 2000                              # a folder in the model's; pairs held out
AUGMENTERS = ("none", "dropout", "swap", "crop", "same")


@dataclasses.dataclass(frozen=True)
class Wishes:
    """What was asked for; it is kept with the run, and a resumed run must have the same."""

    pairs: str
    tokenizer: str | None
    sts: str | None
    layers: int
    dimension: int
    epochs: int
    batch_size: int
    temperature: float
    augment: str
    matryoshka: tuple[int, ...]
    vocab_size: int
    seed: int

    def __post_init__(self) -> None:
        for name in ("dimension", "epochs", "vocab_size"):
            if getattr(self, name) < 1:
                raise ValueError(f"--{name.replace('_', '-')} must be at least 1, got {getattr(self, name)}")
        if self.batch_size < 2 or self.layers < 0:
            raise ValueError(f"--batch-size must be at least 2 and --layers at least 0, got "
                             f"{self.batch_size} and {self.layers}")
        if not self.temperature > 0:
            raise ValueError(f"--temperature must be above 0, got {self.temperature}")
        if self.augment not in AUGMENTERS:
            raise ValueError(f"--augment is {self.augment!r}, wants one of {', '.join(AUGMENTERS)}")
        if self.matryoshka and self.matryoshka[-1] > self.dimension:
            raise ValueError(f"--matryoshka goes to {self.matryoshka[-1]}, --dimension is {self.dimension}")


def register(group: typer.Typer) -> None:
    """Add the command to `pellucid embed`."""
    group.command()(train)


def train(
    pairs: Annotated[Path, typer.Argument(
        help="Lines of two texts between tabs that belong together; a third part is a score or a text that "
             "does not belong to the first. UTF-8, plain or .gz.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The folder to write.")] = Path("model"),
    tokenizer: Annotated[Path | None, typer.Option(
        help="A tokenizer.json or a model's folder; by default WordPieces learned from the pairs.")] = None,
    layers: Annotated[int, typer.Option(help="Of a transformer; 0 for a table, which is much faster.")] = 0,
    dimension: Annotated[int, typer.Option(help="Components of a vector.")] = 256,
    epochs: Annotated[int, typer.Option(help="Passes over the pairs, the best of which is kept.")] = 8,
    batch_size: Annotated[int, typer.Option(help="Pairs among which each text must find its own.")] = 128,
    temperature: Annotated[float, typer.Option(help="Small numbers ask for clear differences.")] = 0.1,
    augment: Annotated[str, typer.Option(
        help="Train on other forms of the texts: dropout, swap, crop, same.")] = "none",
    matryoshka: Annotated[str, typer.Option(help="Train shorter vectors too: 64,128.")] = "",
    sts: Annotated[Path | None, typer.Option(
        help="Judge by pairs with scores, text,text,score; by default by pairs that are held out.")] = None,
    vocab_size: Annotated[int, typer.Option(help="Tokens to learn, without --tokenizer.")] = 8000,
    seed: Annotated[int, typer.Option(help="Of every random stream.")] = 0,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the training in --out.")] = False,
    as_json: AsJson = False, quiet: Quiet = False,
) -> None:
    """Train an encoder on pairs of texts."""
    given = Wishes(str(pairs.resolve()), None if tokenizer is None else str(tokenizer.resolve()),
                   None if sts is None else str(sts.resolve()), layers, dimension, epochs, batch_size,
                   temperature, augment, numbers(matryoshka), vocab_size, seed)
    try:
        encoder, found = trained(given, out, resume, quiet)
    except KeyboardInterrupt as error:
        again = shlex.join(word for word in sys.argv[1:] if word != "--resume")
        raise typer.Exit(told(error, f"interrupted; {out / INSIDE} holds what was reached. Go on with: "
                                     f"pellucid {again} --resume", INTERRUPTED)) from None
    if as_json:
        print(json_line({"model": out, "dimension": encoder.dimension, "tokens": len(encoder.tokenizer),
                         **found}))
    elif not quiet:
        judged = ", ".join(f"{name.removeprefix('val_')} {value:.4f}" for name, value in found.items()
                           if name.startswith("val_"))
        print(f"{out}: {encoder!r}\nbest pass {found['epoch']} of {epochs}: {judged}")


def numbers(text: str) -> tuple[int, ...]:
    """Rising whole numbers between commas."""
    try:
        found = tuple(int(part) for part in text.split(",") if part.strip())
    except ValueError:
        raise ValueError(f"--matryoshka wants whole numbers between commas, got {text!r}") from None
    if any(b <= a for a, b in zip((0, *found), found, strict=False)):
        raise ValueError(f"--matryoshka wants rising numbers above 0, got {text!r}")
    return found


def trained(wishes: Wishes, out: Path, resume: bool, quiet: bool) -> tuple[TextEncoder, dict[str, Any]]:
    """The encoder, written to its folder, and the row of its best pass."""
    from ..embed import Encoder, EncoderConfig, StaticEncoder, read_pairs, train_encoder
    from ..generator import manual_seed

    pairs = read_pairs(wishes.pairs)
    begin(out / INSIDE, wishes, resume)
    manual_seed(wishes.seed)
    tokenizer = tokenizer_for(pairs, wishes, out / INSIDE / "tokenizer.json", resume, quiet)
    how: dict[str, Any] = {"epochs": wishes.epochs, "batch_size": wishes.batch_size,
                           "verbose": int(not quiet)}
    train, held = split(pairs, wishes)
    how.update(judge(wishes, held), augment=augmenter(wishes.augment))

    def fitted(encoder: Any, place: Path, **options: Any) -> dict[str, Any]:
        goes_on = resume and (place / "last.safetensors").is_file()
        history = train_encoder(encoder, train, run=place, resume=goes_on, **how, **options,
                                **losses(wishes, encoder.dimension))
        return history.best(f"val_{how['monitor']}", "max")

    extra = 2 if wishes.layers else 0                             # see Encoder.from_static
    table = StaticEncoder.random(tokenizer, wishes.dimension - extra)
    table.weigh(text for column in train.columns for text in column)
    best = fitted(table, out / INSIDE / "table", weight_decay=0.0)
    encoder: TextEncoder = table
    if wishes.layers:
        heads = max(n for n in (1, 2, 4, 8) if wishes.dimension % n == 0)
        encoder = Encoder.from_static(table, EncoderConfig(
            width=wishes.dimension, layers=wishes.layers, heads=heads, inner=2 * wishes.dimension))
        best = fitted(encoder, out / INSIDE / "layers")
    encoder.save_pretrained(out)
    return encoder, best


def begin(folder: Path, wishes: Wishes, resume: bool) -> None:
    """Keep what was asked for, or compare it with what was.

    Raises:  ValueError for a folder that holds a training already, none, or one of another kind.
    """
    from ..io import write_text

    file, now = folder / "wishes.json", json.loads(json.dumps(dataclasses.asdict(wishes)))
    if resume:
        if not file.is_file():
            raise ValueError(f"--resume: {folder.parent} holds no training to go on with")
        before = json.loads(file.read_text(encoding="utf-8"))
        changes = [f"{name}={before.get(name)} then, {value} now" for name, value in now.items()
                   if before.get(name) != value]
        if changes:
            raise ValueError(f"--resume: the training in {folder.parent} was another: {'; '.join(changes)}")
        return
    if (folder.parent / "modules.json").is_file() or any(folder.glob("*/last.safetensors")):
        raise ValueError(f"{folder.parent}: holds a model or a training already; --resume goes on with a "
                         "training, another --out begins anew")
    folder.mkdir(parents=True, exist_ok=True)
    write_text(file, json.dumps(now, indent=2) + "\n")


def tokenizer_for(pairs: PairSet, wishes: Wishes, kept: Path, resume: bool, quiet: bool) -> Tokenizer:
    """The tokenizer that was given, or that an earlier part learned, or one learned from the pairs."""
    import warnings

    from ..text import Tokenizer

    if wishes.tokenizer is not None:
        return Tokenizer.from_file(Path(wishes.tokenizer))
    if resume and kept.is_file():
        return Tokenizer.from_file(kept)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always", UserWarning)
        made = Tokenizer.train((text for column in pairs.columns for text in column), wishes.vocab_size,
                               "wordpiece", verbose=int(not quiet))
    for warning in said:
        typer.echo(f"pellucid: {warning.message}", err=True)
    made.save(kept)
    return made


def losses(wishes: Wishes, dimension: int) -> dict[str, Any]:
    """The losses for pairs without and with scores."""
    from ..embed.losses import Cosine, InfoNCE, Matryoshka

    found: dict[str, Any] = {"loss": InfoNCE(wishes.temperature), "scored": Cosine()}
    if not wishes.matryoshka:
        return found
    dims = (*(dim for dim in wishes.matryoshka if dim < dimension), dimension)
    return {name: Matryoshka(loss, dims) for name, loss in found.items()}


def split(pairs: PairSet, wishes: Wishes) -> tuple[PairSet, PairSet]:
    """The pairs to train on, and a twentieth of them to judge by.

    Raises:  ValueError for fewer than 4 pairs.
    """
    if len(pairs) < 4:
        raise ValueError(f"{wishes.pairs}: wants at least 4 pairs, holds {len(pairs)}")
    return pairs.held_out(min(MOST_HELD, max(2, len(pairs) // 20)))


def judge(wishes: Wishes, held: PairSet) -> dict[str, Any]:
    """What is measured after each pass: agreement with people, or whether texts find their partners."""
    from ..embed import evaluate_retrieval, evaluate_sts, read_sts

    if wishes.sts is not None or held.scores is not None:
        columns: Any = read_sts(wishes.sts) if wishes.sts else (*held.columns, held.scores)
        return {"validation": held, "monitor": "spearman", "evaluate": lambda encoder: {
            name: value for name, value in evaluate_sts(encoder, *columns, batch_size=128).items()
            if name != "pairs"}}
    first, second = held.columns[:2]
    return {"validation": held, "monitor": "mrr", "evaluate": lambda encoder: {
        name: value for name, value in evaluate_retrieval(encoder, first, second, batch_size=128).items()
        if name != "pairs"}}


def augmenter(name: str) -> Augmenter | None:
    """The augmenter of a name."""
    from ..embed import augment

    return {"none": None, "dropout": augment.WordDropout(), "swap": augment.WordSwap(),
            "crop": augment.SpanCrop(), "same": augment.DropoutOnly()}[name]
