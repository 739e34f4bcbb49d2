"""How a word becomes tokens, step by step: as text, and as a picture of the tree that the merges make."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING

from .aligned import Aligned
from .bpe import BPE, Step, merged
from .model import Model
from .unigram import Unigram
from .wordpiece import WordPiece

if TYPE_CHECKING:
    from .tokenizer import Tokenizer

MANY = 200                                                       # symbols of a word; more are told in short
LEVEL, BOX, LETTER, GAP, PAGE = 46, 24, 9, 10, 1000.0            # pixels


@dataclass
class Node:
    """A token, and the two that it was joined from in which step."""

    token: str
    parts: list[Node] = field(default_factory=list)
    step: int = 0

    def height(self) -> int:
        """The number of joins above the leaves."""
        return 1 + max(part.height() for part in self.parts) if self.parts else 0

    def width(self) -> float:
        """The room that the tree needs, in pixels."""
        own = LETTER * len(shown(self.token)) + 14.0
        return max(own, sum(part.width() for part in self.parts) + GAP * max(len(self.parts) - 1, 0))


@dataclass
class WordSteps:
    """One word: what happened to it, and the tokens that came of it."""

    word: str
    steps: list[str]
    trees: list[Node]
    ids: list[int]

    def __str__(self) -> str:
        tokens = "  ".join(f"{shown(tree.token)} ({number})"
                           for tree, number in zip(self.trees, self.ids, strict=True))
        return "\n".join([shown(self.word), *(f"  {step}" for step in self.steps), f"  = {tokens}"])


@dataclass
class Explanation:
    """How each word of a text becomes tokens. `print` it, or draw it: `svg()` needs nothing but a browser."""

    words: list[WordSteps]

    def __str__(self) -> str:
        return "\n".join(map(str, self.words))

    def svg(self) -> str:
        """The trees of all words in rows: leaves at the bottom, numbered joins, tokens on top."""
        trees = [pair for word in self.words for pair in zip(word.trees, word.ids, strict=True)]
        drawn: list[str] = []
        wide, high = 2.0 * GAP, 0.0
        for row in rows(trees):
            tall = max(tree.height() for tree, _ in row)
            at = 2.0 * GAP
            drawn.append(f'<g transform="translate(0 {high:.0f})">')
            for tree, number in row:
                drawn += draw(tree, at, tall, number)
                at += tree.width() + 2 * GAP
            drawn.append("</g>")
            wide, high = max(wide, at), high + tall * LEVEL + 3 * BOX
        return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide:.0f}" height="{high:.0f}" '
                f'viewBox="0 0 {wide:.0f} {high:.0f}" font-family="monospace" font-size="14">\n'
                f'<rect width="100%" height="100%" fill="#fff"/>\n' + "\n".join(drawn) + "\n</svg>\n")

    def _repr_svg_(self) -> str:
        return self.svg()


def rows(trees: list[tuple[Node, int]]) -> list[list[tuple[Node, int]]]:
    """Trees with their numbers, as many in a row as there is room for."""
    found: list[list[tuple[Node, int]]] = []
    room = 0.0
    for tree, number in trees:
        width = tree.width() + 2 * GAP
        if not found or width > room:
            found.append([])
            room = PAGE
        found[-1].append((tree, number))
        room -= width
    return found


def shown(token: str) -> str:
    """A token that can be read and written in XML: control characters and spaces by their names.

    >>> shown("a b\\n")
    'a␣b\\\\n'
    """
    return "".join("␣" if sign == " " else repr(sign)[1:-1]
                   if unicodedata.category(sign)[0] in "CZ" else sign for sign in token)


def explain(tokenizer: Tokenizer, text: str) -> Explanation:
    """Every word of a text, as the tokenizer's model sees it."""
    pieces = tokenizer._units.split(Aligned.of(text)) if text else []
    return Explanation([of_word(tokenizer.model, piece.text) for piece in pieces])


def of_word(model: Model, word: str) -> WordSteps:
    """What a model does with a word."""
    if isinstance(model, BPE) and len(word) <= MANY and not (model.ignore_merges and word in model.vocab):
        return of_bpe(model, word)
    found = model.tokenize(word)
    if isinstance(model, WordPiece):
        steps = list(of_wordpiece(model, word))
    elif isinstance(model, Unigram):
        steps = list(of_unigram(model, word))
    else:
        steps = [f"{shown(word)!r:.60} is {'' if word in model.vocab else 'not '}in the vocabulary"]
    return WordSteps(word, steps, [Node(token) for _, token, _, _ in found], [number for number, *_ in found])


def of_bpe(model: BPE, word: str) -> WordSteps:
    """The merges of a word, in the order in which they are done."""
    ids, sizes = model.symbols(word)
    row = [Node(model.tokens[number]) for number in ids]
    steps: list[Step] = []
    merged(ids, sizes, model.ranks, model.wholes, steps)
    told = [" ".join(shown(node.token) for node in row)]
    for count, (at, rank) in enumerate(steps, 1):
        left, right = row[at:at + 2]
        row[at:at + 2] = [Node(model.tokens[model.wholes[rank]], [left, right], count)]
        told.append(f"{count:>2}. {shown(left.token)} + {shown(right.token)}   merge {rank}   "
                    + " ".join(shown(node.token) for node in row))
    return WordSteps(word, told, row, ids)


def of_wordpiece(model: WordPiece, word: str) -> Iterator[str]:
    """The longest pieces of a word, from left to right."""
    found = model.tokenize(word)
    if len(word) > model.limit:
        yield f"{len(word)} characters, more than {model.limit}: unknown"
        return
    if [token for _, token, _, _ in found] == [model.unk_token] and word not in model.vocab:
        yield "it cannot be spelled with the vocabulary: unknown"
        return
    for _, token, start, end in found:
        tried = min(len(word) - start, model.longest) - (end - start)
        yield f"{shown(token)}   the longest token that {shown(word[start:])!r} begins with" + (
            f", after {tried} longer ones" if tried else "")


def of_unigram(model: Unigram, word: str) -> Iterator[str]:
    """The parts of the best split and their scores."""
    total = 0.0
    for _, start, end in model.split(word):
        score = model.scores.get(word[start:end], (model.unknown, 0))[0]
        total += score
        yield f"{shown(word[start:end])}   {score:.3f}, sum {total:.3f}"


def draw(tree: Node, left: float, tall: int, number: int) -> list[str]:
    """The elements of a tree that begins at `left`; its number stands above."""
    room = tree.width()
    middle = left + room / 2
    top = BOX + (tall - tree.height()) * LEVEL
    found = [f'<text x="{middle:.1f}" y="{top - 6}" text-anchor="middle" fill="#777" font-size="11">'
             f'{number}</text>']
    stack = [(tree, left, room, True)]
    while stack:
        node, start, width, is_top = stack.pop()
        x, y = start + width / 2, BOX + (tall - node.height()) * LEVEL
        inner = sum(part.width() for part in node.parts) + GAP * max(len(node.parts) - 1, 0)
        at = start + (width - inner) / 2
        for part in node.parts:
            below = BOX + (tall - part.height()) * LEVEL
            found.insert(0, f'<path d="M{x:.1f} {y + BOX} L{at + part.width() / 2:.1f} {below}" '
                            'stroke="#aaa" fill="none"/>')
            stack.append((part, at, part.width(), False))
            at += part.width() + GAP
        found += boxed(node, x, y, is_top)
    return found


def boxed(node: Node, x: float, y: float, is_top: bool) -> Iterator[str]:
    """A token in a box, with the number of its step."""
    wide = LETTER * len(shown(node.token)) + 12
    fill = "#dbeafe" if is_top else "#f3f4f6"
    yield (f'<rect x="{x - wide / 2:.1f}" y="{y}" width="{wide}" height="{BOX}" rx="5" fill="{fill}" '
           'stroke="#94a3b8"/>')
    yield f'<text x="{x:.1f}" y="{y + 17}" text-anchor="middle">{escape(shown(node.token))}</text>'
    if node.step:
        yield (f'<text x="{x + wide / 2 + 3:.1f}" y="{y + 10}" fill="#b45309" font-size="10">'
               f'{node.step}</text>')
