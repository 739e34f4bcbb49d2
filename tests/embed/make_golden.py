"""Write golden.json: what sentence-transformers gives for the tiny BERT, on PyTorch.

    python tests/embed/make_golden.py            needs sentence-transformers
"""

from __future__ import annotations

import json
import tempfile
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

from sentence_transformers import SentenceTransformer

HERE = Path(__file__).resolve().parent
spec = spec_from_file_location("tiny", HERE / "tiny.py")
tiny = module_from_spec(spec)
spec.loader.exec_module(tiny)

found = {}
for pooling in ("mean", "cls", "max", "mean_sqrt_len_tokens"):
    with tempfile.TemporaryDirectory() as folder:
        model = SentenceTransformer(str(tiny.write(Path(folder), pooling, pooling == "mean")), device="cpu")
        found[pooling] = [[round(float(x), 7) for x in row] for row in model.encode(tiny.SENTENCES)]
(HERE / "golden.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
