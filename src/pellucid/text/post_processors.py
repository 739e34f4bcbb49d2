"""What is put around the tokens of a text: [CLS] before, [SEP] after, and the like.

Each class has the name and the fields that tokenizer.json gives it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from .component import Component
from .encoding import Bundle, Part

# A special token, or which text to put there and its type.
Step = tuple["Bundle | None", int, int]


class PostProcessor(Component, family="post_processor"):
    """Adds special tokens to one text or two."""

    def added(self, is_pair: bool) -> int:
        """The number of tokens that will be added."""
        return 0

    def process(self, texts: list[Bundle], add_special_tokens: bool) -> list[Bundle]:
        """The texts with what goes around them."""
        raise NotImplementedError


def special(token: list[Any], type_id: int = 0) -> Bundle:
    """A special token that is given as [text, number]."""
    return Bundle([Part.special([token[1]], [token[0]], type_id)], [])


@dataclass(frozen=True)
class BertProcessing(PostProcessor):
    """`[CLS] A [SEP] B [SEP]`, the last two with type 1."""

    sep: list[Any]
    cls: list[Any]

    def added(self, is_pair: bool) -> int:
        return 3 if is_pair else 2

    def process(self, texts: list[Bundle], add_special_tokens: bool) -> list[Bundle]:
        if not add_special_tokens:
            return texts
        found = [special(self.cls), texts[0], special(self.sep)]
        return found + [part for text in texts[1:] for part in (text, special(self.sep, 1))]


@dataclass(frozen=True)
class RobertaProcessing(PostProcessor):
    """`<s> A </s> </s> B </s>`, all with type 0, and offsets without spaces."""

    sep: list[Any]
    cls: list[Any]
    trim_offsets: bool = True
    add_prefix_space: bool = True

    def added(self, is_pair: bool) -> int:
        return 4 if is_pair else 2

    def process(self, texts: list[Bundle], add_special_tokens: bool) -> list[Bundle]:
        if self.trim_offsets:
            texts = [text.changed(lambda part: part.trimmed(self.add_prefix_space)) for text in texts]
        texts = [text.typed(0) for text in texts]
        if not add_special_tokens:
            return texts
        found = [special(self.cls), texts[0], special(self.sep)]
        return found + [part for text in texts[1:] for part in (special(self.sep), text, special(self.sep))]


@dataclass(frozen=True)
class ByteLevel(PostProcessor):
    """Offsets without the spaces at the ends of tokens."""

    add_prefix_space: bool = True
    trim_offsets: bool = True
    use_regex: bool = True

    def process(self, texts: list[Bundle], add_special_tokens: bool) -> list[Bundle]:
        if not self.trim_offsets:
            return texts
        return [text.changed(lambda part: part.trimmed(self.add_prefix_space)) for text in texts]


@dataclass(frozen=True)
class TemplateProcessing(PostProcessor):
    """Texts and special tokens in the order of a template, one for a single text and one for a pair.

    >>> template = TemplateProcessing.of("[CLS] $A [SEP]", "[CLS] $A [SEP] $B:1 [SEP]:1",
    ...                                  {"[CLS]": 101, "[SEP]": 102})
    >>> template.added(is_pair=True)
    3
    """

    single: list[dict[str, Any]]
    pair: list[dict[str, Any]]
    special_tokens: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, single: str, pair: str, numbers: dict[str, int]) -> TemplateProcessing:
        """A template written as `[CLS] $A:0 [SEP]`; what begins with a dollar sign is a text."""
        alone, both = ([piece_of(word) for word in template.split()] for template in (single, pair))
        used = {piece["SpecialToken"]["id"] for piece in alone + both if "SpecialToken" in piece}
        missing = sorted(used - numbers.keys())
        if missing:
            raise ValueError(f"TemplateProcessing: {', '.join(missing)} has no number")
        return cls(alone, both, {token: {"id": token, "ids": [numbers[token]], "tokens": [token]}
                                 for token in sorted(used)})

    @cached_property
    def steps(self) -> tuple[list[Step], list[Step]]:
        """Both templates, the special tokens ready for use."""
        alone, both = ([self._step(*next(iter(piece.items()))) for piece in template]
                       for template in (self.single, self.pair))
        return alone, both

    def _step(self, kind: str, about: dict[str, Any]) -> Step:
        if kind == "Sequence":
            return None, int(about["id"] != "A"), about["type_id"]
        token = self.special_tokens[about["id"]]
        return Bundle([Part.special(token["ids"], token["tokens"], about["type_id"])], []), 0, 0

    def added(self, is_pair: bool) -> int:
        return sum(len(bundle) for bundle, _, _ in self.steps[is_pair] if bundle is not None)

    def process(self, texts: list[Bundle], add_special_tokens: bool) -> list[Bundle]:
        found = []
        for bundle, which, type_id in self.steps[len(texts) > 1]:
            if bundle is None:
                found.append(texts[which].typed(type_id))
            elif add_special_tokens:
                found.append(bundle)
        return found


def piece_of(word: str) -> dict[str, Any]:
    """A piece of a template: `$A`, `$B:1`, `[SEP]:1`.

    >>> piece_of("$B:1")
    {'Sequence': {'id': 'B', 'type_id': 1}}
    """
    name, _, number = word.partition(":")
    if not name.startswith("$"):
        return {"SpecialToken": {"id": name, "type_id": int(number or 0)}}
    text = name[1:].upper()
    if text.isdigit():
        return {"Sequence": {"id": "A", "type_id": int(text)}}
    return {"Sequence": {"id": text or "A", "type_id": int(number or 0)}}


@dataclass(frozen=True)
class Sequence(PostProcessor):
    """Several, one after another."""

    processors: list[Any] = field(default_factory=list)
    nested = "processors"

    def added(self, is_pair: bool) -> int:
        return sum(part.added(is_pair) for part in self.processors)

    def process(self, texts: list[Bundle], add_special_tokens: bool) -> list[Bundle]:
        for part in self.processors:
            texts = part.process(texts, add_special_tokens)
        return texts
