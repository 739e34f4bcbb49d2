"""Tokenizers in files: tokenizer.json in and out, vocab.txt, vocab.json and merges.txt, tiktoken's ranks."""

from __future__ import annotations

import base64
import binascii
import json
import os
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import decoders, normalizers, post_processors, pre_tokenizers
from .added import AddedToken
from .bpe import BPE
from .byte_level import CHARACTERS
from .component import from_json
from .encoding import Padding, Truncation
from .kinds import BERT_TOKENS, bert_template
from .model import model_from_json, numbered
from .patterns import CL100K, GPT2, O200K
from .wordpiece import WordPiece

if TYPE_CHECKING:
    from .tokenizer import Tokenizer

FAMILIES = ("normalizer", "pre_tokenizer", "post_processor", "decoder")
PATTERNS = {"gpt2": GPT2, "cl100k": CL100K, "o200k": O200K}
STRATEGIES = {"longest_first": "LongestFirst", "only_first": "OnlyFirst", "only_second": "OnlySecond"}


def read(path: Path, kind: type[Tokenizer]) -> Tokenizer:
    """A tokenizer from a file or a folder."""
    if path.is_dir():
        return read_folder(path, kind)
    if path.suffix == ".tiktoken":
        return read_ranks(path, kind)
    if path.suffix == ".txt":
        return read_vocab(path, kind)
    text = utf8(path)
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"{path}: line {error.lineno} is not JSON: {error.msg}") from None
    if not isinstance(found, dict) or "model" not in found:
        raise ValueError(f"{path}: a tokenizer.json wants an object with a model; known besides are "
                         "vocab.txt, *.tiktoken and folders")
    return from_dictionary(found, kind)


def utf8(path: Path) -> str:
    """A file's text.

    Raises:  ValueError naming the first byte that is not UTF-8.
    """
    data = path.read_bytes()
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: byte 0x{data[error.start]:02x} at position {error.start} is not UTF-8 "
                         f"({error.reason})") from None


def read_folder(path: Path, kind: type[Tokenizer]) -> Tokenizer:
    """The tokenizer in a model's folder."""
    for name in ("tokenizer.json", "vocab.txt"):
        if (path / name).is_file():
            return read(path / name, kind)
    if (path / "vocab.json").is_file() and (path / "merges.txt").is_file():
        merges = [line for line in utf8(path / "merges.txt").split("\n")
                  if line and not line.startswith("#version")]
        model = BPE.from_json({"vocab": json.loads(utf8(path / "vocab.json")), "merges": merges})
        return around_bytes(model, pre_tokenizers.ByteLevel(False, True, True), kind)
    raise ValueError(f"{path}: there is no tokenizer.json, no vocab.txt, and no vocab.json with merges.txt")


def read_english(kind: type[Tokenizer]) -> Tokenizer:
    """The tokenizer that comes with the library.

    english.txt holds the merges that `Tokenizer.train` learned from 28 books in the public domain, 28 MB.
    """
    lines = utf8(Path(__file__).with_name("english.txt")).splitlines()
    merges = [(left, right) for left, _, right in (line.partition(" ") for line in lines)]
    model = BPE(numbered([*sorted(CHARACTERS), *(left + right for left, right in merges)]), merges)
    return around_bytes(model, pre_tokenizers.ByteLevel(False, True, True), kind)


def around_bytes(model: BPE, pre_tokenizer: Any, kind: type[Tokenizer]) -> Tokenizer:
    """A byte-level tokenizer around its model."""
    return kind(model, pre_tokenizer=pre_tokenizer, decoder=decoders.ByteLevel(),
                post_processor=post_processors.ByteLevel(False, False, True))


def read_vocab(path: Path, kind: type[Tokenizer]) -> Tokenizer:
    """BERT's tokenizer from its vocab.txt, a token per line; lower case if the vocabulary has no other."""
    tokens = [line.rstrip() for line in utf8(path).removesuffix("\n").split("\n")]
    model = WordPiece(numbered(tokens))
    plain = [token for token in tokens if not (token.startswith("[") and token.endswith("]"))]
    made = kind(model, normalizer=normalizers.BertNormalizer(lowercase=all(t == t.lower() for t in plain)),
                pre_tokenizer=pre_tokenizers.BertPreTokenizer(), decoder=decoders.WordPiece(),
                post_processor=bert_template(model))
    made.add_special_tokens([token for token in BERT_TOKENS if token in model.vocab])
    return made


def read_ranks(path: str | os.PathLike[str], kind: type[Tokenizer], pattern: str = "cl100k",
               special_tokens: Mapping[str, int] | None = None) -> Tokenizer:
    """A tokenizer from ranks as tiktoken keeps them; see `Tokenizer.from_ranks`."""
    ranks: dict[bytes, int] = {}
    for place, line in enumerate(Path(path).read_bytes().splitlines(), 1):
        try:
            token, number = line.split()
            ranks[base64.b64decode(token, validate=True)] = int(number)
        except (ValueError, binascii.Error):
            raise ValueError(f"{path}: line {place} wants a token in base64 and its number, got "
                             f"{line[:60].decode('latin-1')!r}") from None
    source = PATTERNS.get(pattern, pattern)
    split = pre_tokenizers.Sequence([pre_tokenizers.Split({"Regex": source}, "Isolated"),
                                     pre_tokenizers.ByteLevel(False, True, False)])
    made = around_bytes(from_ranks(ranks), split, kind)
    for name, place in (special_tokens or {}).items():
        made.added.add(place, AddedToken(name, normalized=False, special=True), None)
    return made


def from_ranks(ranks: Mapping[bytes, int]) -> BPE:
    """The BPE whose merges make the tokens in the order of their ranks.

    tiktoken joins any two neighbours that make a token together, lowest rank first, so each way to cut a
    token into two others is a merge of its rank.
    """
    written = {token: "".join(CHARACTERS[byte] for byte in token) for token in ranks}
    merges = [(written[token[:cut]], written[token[cut:]]) for token in sorted(ranks, key=ranks.__getitem__)
              for cut in range(1, len(token)) if token[:cut] in ranks and token[cut:] in ranks]
    return BPE({written[token]: number for token, number in ranks.items()}, merges, ignore_merges=True)


def from_dictionary(found: dict[str, Any], kind: type[Tokenizer]) -> Tokenizer:
    """The tokenizer of a tokenizer.json's contents."""
    if found.get("version", "1.0") != "1.0":
        raise ValueError(f"tokenizer.json: version {found['version']!r} is not known; known is 1.0")
    made = kind(model_from_json(found["model"]),
                **{family: from_json(family, found.get(family)) for family in FAMILIES})
    for entry in found.get("added_tokens") or []:
        token = AddedToken(**{name: entry[name] for name in AddedToken.__dataclass_fields__ if name in entry})
        known = made.model.vocab.get(token.content, entry["id"])
        if known != entry["id"]:
            warnings.warn(f"tokenizer.json: added token {token.content!r} has the number {entry['id']}, the "
                          f"model gives it {known}", stacklevel=2)
        made.added.add(known, token, made.normalizer)
    if found.get("truncation"):
        about = found["truncation"]
        names = {theirs: ours for ours, theirs in STRATEGIES.items()}
        made.truncation = Truncation(about["max_length"], about.get("stride", 0),
                                     names.get(about["strategy"], about["strategy"]),
                                     about.get("direction", "Right").lower())
    if found.get("padding"):
        about = found["padding"]
        length = about["strategy"].get("Fixed") if isinstance(about["strategy"], dict) else None
        made.padding = Padding(about["direction"].lower(), about["pad_id"], about["pad_type_id"],
                               about["pad_token"], length, about.get("pad_to_multiple_of"))
    return made


def dictionary(tokenizer: Tokenizer) -> dict[str, Any]:
    """The contents of a tokenizer.json."""
    padding, truncation = tokenizer.padding, tokenizer.truncation
    parts = {family: getattr(tokenizer, family) for family in FAMILIES}
    return {
        "version": "1.0",
        "truncation": truncation and {
            "direction": truncation.direction.capitalize(), "max_length": truncation.max_length,
            "strategy": STRATEGIES[truncation.strategy], "stride": truncation.stride},
        "padding": padding and {
            "strategy": "BatchLongest" if padding.length is None else {"Fixed": padding.length},
            "direction": padding.direction.capitalize(), "pad_to_multiple_of": padding.pad_to_multiple_of,
            "pad_id": padding.pad_id, "pad_type_id": padding.pad_type_id, "pad_token": padding.pad_token},
        "added_tokens": [token.to_json(number) for number, token in sorted(tokenizer.added.tokens.items())],
        **{family: part and part.to_json() for family, part in parts.items()},
        "model": tokenizer.model.to_json()}


def write(tokenizer: Tokenizer, path: Path) -> None:
    """Write a tokenizer.json; the file is whole or as it was."""
    beside = path.with_name(path.name + ".part")
    text = json.dumps(dictionary(tokenizer), ensure_ascii=False, indent=2)
    beside.write_text(text + "\n", encoding="utf-8")
    beside.replace(path)
