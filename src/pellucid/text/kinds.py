"""What goes around each kind of model when it is trained: the pipeline, the special tokens, the trainer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from . import decoders, normalizers, post_processors, pre_tokenizers
from .bpe import BPE
from .byte_level import CHARACTERS
from .chars import Characters
from .model import Model
from .wordpiece import WordPiece
from .words import UNKNOWN, WordLevel

END_OF_WORD = "</w>"
BERT_TOKENS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")


@dataclass(frozen=True)
class Kind:
    """A way to train: `learn` takes the counts and the trainer's options."""

    learn: Callable[..., Model]
    normalizer: Any = None
    pre_tokenizer: Any = None
    decoder: Any = None
    special_tokens: Sequence[str] = ()
    post_processor: Callable[[Model], Any] = lambda model: None


def byte_level(*arguments: Any, **options: Any) -> BPE:
    """BPE on bytes, all 256 of them known from the start."""
    return BPE.train(*arguments, initial_alphabet=CHARACTERS, **options)


def sennrich(*arguments: Any, **options: Any) -> BPE:
    """BPE on characters, with a mark at the end of words."""
    return BPE.train(*arguments, end_of_word_suffix=END_OF_WORD, unk_token=UNKNOWN, **options)


def without_progress(learn: Callable[..., Model]) -> Callable[..., Model]:
    """A trainer that is quick enough to need no progress."""
    return lambda *arguments, progress=None, **options: learn(*arguments, **options)


def bert_template(model: Model) -> Any:
    """[CLS] and [SEP] where BERT has them, if the vocabulary does."""
    if not {"[CLS]", "[SEP]"} <= model.vocab.keys():
        return None
    return post_processors.TemplateProcessing.of("[CLS] $A [SEP]", "[CLS] $A [SEP] $B:1 [SEP]:1", model.vocab)


EVERYWHERE = pre_tokenizers.Split({"Regex": r"[\s\S]"}, "Isolated")
KINDS = {
    "chars": Kind(without_progress(Characters.train), None, EVERYWHERE, decoders.Fuse()),
    "words": Kind(without_progress(WordLevel.train), None, pre_tokenizers.Whitespace()),
    "bpe": Kind(sennrich, None, pre_tokenizers.WhitespaceSplit(), decoders.BPEDecoder(END_OF_WORD)),
    "byte-bpe": Kind(byte_level, None, pre_tokenizers.ByteLevel(False, True, True), decoders.ByteLevel(),
                     ("<|endoftext|>",), lambda model: post_processors.ByteLevel(False, False, True)),
    "wordpiece": Kind(WordPiece.train, normalizers.BertNormalizer(), pre_tokenizers.BertPreTokenizer(),
                      decoders.WordPiece(), BERT_TOKENS, bert_template),
}


def kind_named(name: str) -> Kind:
    """A kind by name.

    Raises:  ValueError listing the kinds.
    """
    if name not in KINDS:
        raise ValueError(f"tokenizer: kind {name!r} is not known; known are {', '.join(KINDS)}")
    return KINDS[name]
