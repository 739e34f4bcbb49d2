"""Tokenizers for the tests, as the files of GPT-2, RoBERTa, BERT, Llama and T5 have them, but small.

Each is the contents of a tokenizer.json, so that both libraries read the same.
"""

from __future__ import annotations

import copy
from typing import Any

from pellucid.text import Tokenizer
from pellucid.text.files import dictionary
from pellucid.text.patterns import CL100K

CORPUS = """The quick brown fox jumps over the lazy dog. The dog's owner wasn't amused; they'd seen it
12 times before, in 1984 and in 2024! "Why, oh why?" she'll ask -- we're unable to tell.
low lower lowest newer newest
Größe, Straße, naïve café, Ångström, über, façade, coöperate; ﬁnal ﬂow; ½ m² of x³.
Съешь же ещё этих мягких французских булок, да выпей чаю. Привет, мир!
مرحبا بالعالم، كيف حالك؟ שלום עולם नमस्ते दुनिया สวัสดีชาวโลก
你好，世界！東京タワーへ行きました。한국어를 배우고 있어요.
👋🏽 hello 👨‍👩‍👧‍👦 family 🇩🇪 flag ❤️ love 😀😀😀
def add(x, y):\n\treturn x + y  # sum\n    if (a >= b): print(f"{a}")\n
""" * 3


def trained(vocab_size: int, kind: str, **options: Any) -> dict[str, Any]:
    """The contents of a tokenizer.json of a kind."""
    return dictionary(Tokenizer.train(CORPUS, vocab_size, kind, **options))


def changed(base: dict[str, Any], **parts: Any) -> dict[str, Any]:
    """A tokenizer.json with other parts."""
    return {**copy.deepcopy(base), **parts}


def all_pipelines() -> dict[str, dict[str, Any]]:
    """Every pipeline by name."""
    return {**of_gpt(trained(700, "byte-bpe")), **of_bert(trained(600, "wordpiece")), "llama 2": llama_2(),
            **of_t5(), "bpe": trained(500, "bpe"), "words": trained(300, "words"),
            "chars": trained(300, "chars")}


def of_gpt(base: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Pipelines on bytes."""
    byte = {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True}
    roberta = {"type": "RobertaProcessing", "sep": ["</s>", 2], "cls": ["<s>", 0], "trim_offsets": True,
               "add_prefix_space": True}
    split = {"type": "Sequence", "pretokenizers": [
        {"type": "Split", "pattern": {"Regex": CL100K}, "behavior": "Isolated", "invert": False},
        {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}]}
    return {"gpt2": base, "gpt2 prefix": changed(base, pre_tokenizer=byte, post_processor=byte),
            "roberta": changed(base, pre_tokenizer=byte, post_processor=roberta),
            "llama 3": changed(base, pre_tokenizer=split), "nfc": changed(base, normalizer={"type": "NFC"})}


def of_bert(base: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Pipelines around WordPiece, with all kinds of normalizers and pre-tokenizers."""
    def several(field: str, *parts: dict[str, Any]) -> dict[str, Any]:
        return {"type": "Sequence", field: list(parts)}

    def bert(**options: Any) -> dict[str, Any]:
        return {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True,
                "strip_accents": None, "lowercase": False, **options}

    numbers = base["model"]["vocab"]
    around = {"type": "BertProcessing", "sep": ["[SEP]", numbers["[SEP]"]],
              "cls": ["[CLS]", numbers["[CLS]"]]}
    return {
        "bert": base,
        "bert cased": changed(base, normalizer=bert(), post_processor=around),
        "bert raw": changed(base, normalizer=bert(clean_text=False, handle_chinese_chars=False,
                                                  strip_accents=True)),
        "nfkc lower": changed(
            base, normalizer=several("normalizers", {"type": "NFKC"}, {"type": "Lowercase"}),
            pre_tokenizer={"type": "Whitespace"}),
        "nfd strip": changed(
            base,
            normalizer=several("normalizers", {"type": "NFD"}, {"type": "StripAccents"}, {"type": "Nmt"}),
            pre_tokenizer=several("pretokenizers", {"type": "WhitespaceSplit"},
                                  {"type": "Digits", "individual_digits": True})),
        "nfkd": changed(base, normalizer={"type": "NFKD"}, pre_tokenizer=several(
            "pretokenizers", {"type": "Punctuation", "behavior": "MergedWithPrevious"},
            {"type": "Digits", "individual_digits": False})),
        "strip": changed(base, normalizer=several(
            "normalizers", {"type": "Strip", "strip_left": True, "strip_right": True}, {"type": "NFC"}),
            pre_tokenizer={"type": "Split", "pattern": {"Regex": r"\p{Lu}\p{L}*|\d+"},
                           "behavior": "MergedWithNext", "invert": False}),
    }


def llama_2() -> dict[str, Any]:
    """BPE without a pre-tokenizer, which spells unknown characters with their bytes."""
    found = changed(trained(500, "bpe"), normalizer={"type": "Sequence", "normalizers": [
        {"type": "Prepend", "prepend": "▁"},
        {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]},
        pre_tokenizer=None, decoder={"type": "Sequence", "decoders": [
            {"type": "Replace", "pattern": {"String": "▁"}, "content": " "}, {"type": "ByteFallback"},
            {"type": "Fuse"}, {"type": "Strip", "content": " ", "start": 1, "stop": 0}]})
    tokens = dict.fromkeys(["<unk>", *(f"<0x{byte:02X}>" for byte in range(256)), *"▁abcdehilortwé",
                            "he", "▁t", "▁the", "lo", "low"])
    found["model"] = {**found["model"], "end_of_word_suffix": None, "byte_fallback": True, "fuse_unk": True,
                      "vocab": {token: number for number, token in enumerate(tokens)},
                      "merges": [["h", "e"], ["▁", "t"], ["▁t", "he"], ["l", "o"], ["lo", "w"]]}
    return found


def of_t5() -> dict[str, dict[str, Any]]:
    """Pipelines around a Unigram model with scores that were made up."""
    pieces = sorted({word[:size] for word in "▁".join(["", *CORPUS.split()]).replace("▁", " ▁").split()
                     for size in range(1, 6)})
    scored = [["<unk>", 0.0], *([piece, -1.0 - len(piece) % 3 - place % 7 * 0.37]
                                for place, piece in enumerate(pieces) if len(piece) == 1 or place % 3)]
    base = changed(trained(300, "words"),
                   model={"type": "Unigram", "unk_id": 0, "vocab": scored, "byte_fallback": False})
    always = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True}
    first = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first", "split": False}
    split = {"type": "Sequence", "pretokenizers": [{"type": "WhitespaceSplit"}, always]}
    return {"t5": changed(base, pre_tokenizer=split, decoder=always),
            "metaspace": changed(base, pre_tokenizer=first, decoder=None)}
