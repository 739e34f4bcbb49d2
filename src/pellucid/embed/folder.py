"""The folder of a sentence encoder as sentence-transformers keeps it, read without executing anything.

    config.json                    the transformer: BertConfig
    model.safetensors              its weights, or pytorch_model.bin
    tokenizer.json                 or vocab.txt
    sentence_bert_config.json      the longest text
    modules.json                   what follows the transformer
    1_Pooling/config.json          how tokens become one vector
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from .. import from_numpy
from ..io import load, load_arrays, map_arrays, save_arrays, write_text
from ..models.bert import Bert, BertConfig
from ..nn.utils import skip_init
from ..text import Tokenizer
from .pooling import POOLINGS

WEIGHTS = ("model.safetensors", "pytorch_model.bin")
# Of older checkpoints, and of heads for the training that a sentence encoder does without.
OLD_NAMES = {"LayerNorm.gamma": "LayerNorm.weight", "LayerNorm.beta": "LayerNorm.bias"}
BESIDE = ("cls.", "embeddings.position_ids")
SHOWN = 20                                                        # complaints about weights that are told


class UnfitWeights(ValueError):
    """A checkpoint's names or shapes are not those that its config.json describes."""


def read_json(path: Path, wanted: type = dict, absent: Any = None) -> Any:
    """What a JSON file holds; `absent`, if that is given, where there is no file.

    Raises:  FileNotFoundError; ValueError naming the file and the line of what is not JSON.
    """
    if absent is not None and not path.is_file():
        return absent
    try:
        found = json.loads(path.read_bytes().decode("utf-8"))
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: the byte at position {error.start} is not UTF-8") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"{path}: line {error.lineno} is not JSON: {error.msg}") from None
    if not isinstance(found, wanted):
        raise ValueError(f"{path}: wants a JSON {wanted.__name__}, got a {type(found).__name__}")
    return found


def modules_of(folder: Path) -> list[tuple[str, str]]:
    """The kind and the place of each module that a modules.json lists; nothing where there is none."""
    return [(str(entry.get("type", "")).rpartition(".")[2], str(entry.get("path", "")))
            for entry in read_json(folder / "modules.json", list, [])]


def read_modules(folder: Path) -> tuple[str, bool, Path]:
    """The kind of pooling, whether a norm follows, and the folder of the transformer.

    Raises:  ValueError for modules and poolings that are not known, naming them.
    """
    entries = modules_of(folder)
    places = dict(entries)
    names = [name for name, _ in entries]
    if names and names not in (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"]):
        raise ValueError(f"{folder / 'modules.json'}: lists {', '.join(names)}; read are Transformer, "
                         "Pooling and, after them, Normalize")
    pooling = pooling_of(folder / places["Pooling"] / "config.json") if "Pooling" in places else "mean"
    return pooling, "Normalize" in places, folder / places.get("Transformer", "")


def pooling_of(path: Path) -> str:
    """The one kind of pooling that a config.json asks for, in its newer or its older form."""
    about = read_json(path)
    modes = about.get("pooling_mode")
    chosen = ([modes] if isinstance(modes, str) else list(modes)) if modes else [
        name.removeprefix("pooling_mode_").replace("cls_token", "cls").replace("mean_tokens", "mean")
        .replace("max_tokens", "max") for name, value in about.items()
        if name.startswith("pooling_mode_") and value]
    if len(chosen) != 1 or chosen[0] not in POOLINGS:
        raise ValueError(f"{path}: asks for pooling by {' and '.join(map(str, chosen)) or 'nothing'}; read "
                         f"is one of {', '.join(POOLINGS)}")
    return chosen[0]


def read_model(folder: Path) -> Bert:
    """The transformer with its weights.

    Raises:  UnfitWeights listing all names and shapes that disagree with config.json; FileNotFoundError.
    """
    config = BertConfig.from_dict(read_json(folder / "config.json"))
    file = next((folder / name for name in WEIGHTS if (folder / name).is_file()), None)
    if file is None:
        raise FileNotFoundError(f"{folder}: there is no {' and no '.join(WEIGHTS)}")
    arrays = renamed(read_arrays(file))
    model = skip_init(Bert, config, has_pooler=any(name.startswith("pooler.") for name in arrays))
    complaints = disagreements({name: tuple(value.shape) for name, value in model.state_dict().items()},
                               {name: array.shape for name, array in arrays.items()})
    if complaints:
        more = f"\n  and {len(complaints) - SHOWN} more" if len(complaints) > SHOWN else ""
        raise UnfitWeights(f"{file}: does not fit config.json beside it:\n  "
                           + "\n  ".join(complaints[:SHOWN]) + more)
    model.load_state_dict({name: from_numpy(np.ascontiguousarray(array, np.float32))
                           for name, array in arrays.items()}, assign=True)
    return model.eval()


def read_arrays(file: Path) -> dict[str, np.ndarray]:
    """Named arrays from a checkpoint in either form."""
    if file.suffix == ".safetensors":
        return map_arrays(file) if os.name == "posix" else load_arrays(file)   # Windows locks what is mapped
    found = load(file, weights_only=True)
    if not isinstance(found, Mapping):
        raise ValueError(f"{file}: wants named tensors, got a {type(found).__name__}")
    return {str(name): value.detach().numpy() for name, value in found.items() if hasattr(value, "detach")}


def renamed(arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The encoder's own weights under the names that Bert has for them."""
    inside = any(name.startswith("bert.") for name in arrays)     # BertForMaskedLM and the like
    result = {}
    for name, array in arrays.items():
        own = name.removeprefix("bert.") if inside else name
        if inside and own == name or own.startswith(BESIDE):
            continue
        for old, new in OLD_NAMES.items():
            own = own.replace(old, new)
        result[own] = array
    return result


def disagreements(wanted: Mapping[str, tuple[int, ...]], found: Mapping[str, tuple[int, ...]]) -> list[str]:
    """Each name that is missing, too many or of another shape, in a sentence.

    >>> disagreements({"a": (2,), "b": (3,)}, {"a": (4,), "c": (1,)})
    ['a: (4,) in the file, (2,) by config.json', 'b: missing', 'c: (1,), which config.json has no place for']
    """
    shapes = [f"{name}: {found[name]} in the file, {shape} by config.json"
              for name, shape in wanted.items() if name in found and found[name] != shape]
    return (shapes + [f"{name}: missing" for name in wanted if name not in found]
            + [f"{name}: {shape}, which config.json has no place for"
               for name, shape in found.items() if name not in wanted])


def read_tokenizer(folder: Path, config: BertConfig) -> tuple[Tokenizer, int, bool]:
    """The tokenizer, the longest text in tokens, and whether texts become lower case before it."""
    tokenizer = Tokenizer.from_file(folder)
    tokenizer.no_padding()
    tokenizer.no_truncation()
    if not (folder / "tokenizer.json").is_file() and hasattr(tokenizer.normalizer, "lowercase"):
        told = read_json(folder / "tokenizer_config.json", dict, {}).get("do_lower_case")
        if told is not None:
            tokenizer = cased(tokenizer, bool(told))
    highest = max(tokenizer.vocab.values())
    if highest >= config.vocab_size:
        raise ValueError(f"{folder}: the tokenizer has numbers to {highest}, config.json has "
                         f"vocab_size={config.vocab_size}")
    about = read_json(folder / "sentence_bert_config.json", dict, {})
    told = read_json(folder / "tokenizer_config.json", dict, {}).get("model_max_length")
    most = about.get("max_seq_length") or told or config.max_position_embeddings
    return tokenizer, min(int(most), config.max_position_embeddings), bool(about.get("do_lower_case"))


def cased(tokenizer: Tokenizer, lowercase: bool) -> Tokenizer:
    """BERT's tokenizer with the case that it is told, where its vocabulary was all there was to go by."""
    made = Tokenizer(tokenizer.model, normalizer=replace(tokenizer.normalizer, lowercase=lowercase),
                     pre_tokenizer=tokenizer.pre_tokenizer, post_processor=tokenizer.post_processor,
                     decoder=tokenizer.decoder)
    made.add_special_tokens(list(tokenizer.added.special))
    return made


def write_folder(folder: Path, model: Bert, tokenizer: Tokenizer, pooling: str, normalize: bool, longest: int,
                 lower: bool) -> None:
    """Write an encoder as sentence-transformers reads it."""
    (folder / "1_Pooling").mkdir(parents=True, exist_ok=True)
    config = {"architectures": ["BertModel"], "model_type": "bert", "position_embedding_type": "absolute",
              **asdict(model.config)}
    width = model.config.hidden_size
    kinds = ["Transformer", "Pooling", *(["Normalize"] if normalize else [])]
    paths = ["", "1_Pooling", "2_Normalize"]
    modules = [{"idx": place, "name": str(place), "path": paths[place],
                "type": f"sentence_transformers.models.{kind}"} for place, kind in enumerate(kinds)]
    modes = {"cls_token": "cls", "mean_tokens": "mean", "max_tokens": "max",
             "mean_sqrt_len_tokens": "mean_sqrt_len_tokens"}
    pooled = {"word_embedding_dimension": width,
              **{f"pooling_mode_{name}": mode == pooling for name, mode in modes.items()}}
    special = {name: token for name, token in (("unk_token", "[UNK]"), ("sep_token", "[SEP]"),
                                               ("pad_token", "[PAD]"), ("cls_token", "[CLS]"),
                                               ("mask_token", "[MASK]")) if token in tokenizer.vocab}
    told = {"tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": longest,
            "model_input_names": ["input_ids", "token_type_ids", "attention_mask"], **special}
    for name, content in (("config.json", config), ("1_Pooling/config.json", pooled),
                          ("sentence_bert_config.json", {"max_seq_length": longest, "do_lower_case": lower}),
                          ("tokenizer_config.json", told), ("special_tokens_map.json", special)):
        write_text(folder / name, json.dumps(content, indent=2) + "\n")
    tokenizer.save(folder / "tokenizer.json")
    save_arrays({name: value.detach().numpy() for name, value in model.state_dict().items()},
                folder / "model.safetensors", {"format": "pt"})
    write_text(folder / "modules.json", json.dumps(modules, indent=2) + "\n")   # last: now it is a whole one
    if normalize:
        (folder / "2_Normalize").mkdir(exist_ok=True)
