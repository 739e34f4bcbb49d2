"""Write golden.json: what Hugging Face's library makes of some texts, for machines that lack it.

    python -m tests.text.make_golden
"""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import tokenizers
from tests.text.pipelines import all_pipelines

TEXTS = ["The quick brown fox's 12 lowest, naïve cafés!", "  two  spaces\t\n\nand lines\r\n ",
         "Größe e\u0301 ﬁnal ½ Å", "你好，世界 東京タワー 한국어", "مرحبا بالعالم שלום नमस्ते",
         "👋🏽 👨‍👩‍👧‍👦 🇩🇪 ❤️", "a\x00b\u200d\ufffd\x7f\u0301 \u0301",
         "[MASK] <|endoftext|> <unk> ▁ ##x", "", "İΣΑΣ DŽ ẞ \U0001f600\u0e33"]


def main() -> None:
    warnings.simplefilter("ignore", UserWarning)
    expected = {}
    for name, found in all_pipelines().items():
        tokenizer = tokenizers.Tokenizer.from_str(json.dumps(found))
        tokenizer.encode_special_tokens = True
        encodings = map(tokenizer.encode, TEXTS)
        expected[name] = [[each.ids, each.offsets, tokenizer.decode(each.ids)] for each in encodings]
    path = Path(__file__).with_name("golden.json")
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(rows, ensure_ascii=True, separators=(',', ':'))}"
                       for name, rows in expected.items())
    head = f'"version": "{tokenizers.__version__}", "texts": {json.dumps(TEXTS)},'
    path.write_text(f'{{{head}\n"expected": {{\n{lines}}}}}\n', encoding="utf-8")


if __name__ == "__main__":
    main()
