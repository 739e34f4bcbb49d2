"""A tiny BERT with random weights, in a folder as sentence-transformers keeps it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from pellucid.io import save_arrays

TOKENS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"abcdefghij", *(f"##{c}" for c in "abcdefghij"),
          "the", "cat", "dog", "sat", "runs", "!", ",", "."]
CONFIG: dict[str, Any] = {
    "model_type": "bert", "vocab_size": len(TOKENS), "hidden_size": 8, "num_hidden_layers": 2,
    "num_attention_heads": 2, "intermediate_size": 12, "hidden_act": "gelu", "max_position_embeddings": 16,
    "type_vocab_size": 2, "layer_norm_eps": 1e-12, "pad_token_id": 0}
SENTENCES = ["The cat sat.", "the dog runs!", "", "abc, dja", "zebra",
             "a b c d e f g h i j a b c d e f g h i j"]


def weights(config: dict[str, Any] = CONFIG) -> dict[str, np.ndarray]:
    """Random weights under Hugging Face's names."""
    rng = np.random.default_rng(7)
    c, wide = config["hidden_size"], config["intermediate_size"]
    shapes: dict[str, tuple[int, ...]] = {
        "embeddings.word_embeddings.weight": (config["vocab_size"], c),
        "embeddings.position_embeddings.weight": (config["max_position_embeddings"], c),
        "embeddings.token_type_embeddings.weight": (config["type_vocab_size"], c),
        "embeddings.LayerNorm.weight": (c,), "embeddings.LayerNorm.bias": (c,)}
    for n in range(config["num_hidden_layers"]):
        at = f"encoder.layer.{n}."
        for name, out, width in (("attention.self.query", c, c), ("attention.self.key", c, c),
                                 ("attention.self.value", c, c), ("attention.output.dense", c, c),
                                 ("intermediate.dense", wide, c), ("output.dense", c, wide)):
            shapes |= {f"{at}{name}.weight": (out, width), f"{at}{name}.bias": (out,)}
        for name in ("attention.output.LayerNorm", "output.LayerNorm"):
            shapes |= {f"{at}{name}.weight": (c,), f"{at}{name}.bias": (c,)}
    shapes |= {"pooler.dense.weight": (c, c), "pooler.dense.bias": (c,)}
    return {name: (rng.standard_normal(shape) * 0.4 + ("LayerNorm.weight" in name)).astype(np.float32)
            for name, shape in shapes.items()}


def write(folder: Path, pooling: str = "mean", normalize: bool = True, **changes: Any) -> Path:
    """Write the folder; `changes` go into config.json, the weights stay."""
    (folder / "1_Pooling").mkdir(parents=True, exist_ok=True)
    save_arrays(weights(), folder / "model.safetensors", {"format": "pt"})
    names = {"cls": "cls_token", "mean": "mean_tokens", "max": "max_tokens",
             "mean_sqrt_len_tokens": "mean_sqrt_len_tokens"}
    modules = ["Transformer", "Pooling", *(["Normalize"] if normalize else [])]
    files: dict[str, Any] = {
        "config.json": {**CONFIG, **changes},
        "modules.json": [{"idx": n, "name": str(n), "path": ["", "1_Pooling", "2_Normalize"][n],
                          "type": f"sentence_transformers.models.{kind}"} for n, kind in enumerate(modules)],
        "1_Pooling/config.json": {"word_embedding_dimension": 8, **{
            f"pooling_mode_{theirs}": ours == pooling for ours, theirs in names.items()}},
        "sentence_bert_config.json": {"max_seq_length": 12, "do_lower_case": False},
        "tokenizer_config.json": {"do_lower_case": True, "tokenizer_class": "BertTokenizer"}}
    for name, content in files.items():
        (folder / name).write_text(json.dumps(content), encoding="utf-8")
    (folder / "vocab.txt").write_text("\n".join(TOKENS) + "\n", encoding="utf-8")
    return folder
