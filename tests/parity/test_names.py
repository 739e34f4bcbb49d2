"""PyTorch's public names: the page in docs tells which of them are here, and tells the truth."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from compatibility.names import GROUPS, groups, public, version  # noqa: E402

from compatibility import page  # noqa: E402


def test_the_names_part_of_the_page_is_the_generators():
    text = page.names_of(page.PAGE.read_text(encoding="utf-8"))
    if f"PyTorch {version()} " not in text:
        pytest.skip(f"the page was made from another PyTorch than {version()}")
    made = page.names_of(page.page([], groups(), version()))
    assert text == made, "the names changed: python -m compatibility page"


def test_what_counts_as_public():
    found = public(torch)
    assert {"add", "Tensor", "float32", "manual_seed", "save"} <= set(found)
    assert not {"_C", "nn", "sys", "typing"} & set(found)
    functions = public(torch.nn.functional)
    assert {"relu", "linear", "conv2d", "scaled_dot_product_attention"} <= set(functions)
    assert not {"Optional", "handle_torch_function", "has_torch_function", "math"} & set(functions)


def test_every_group_is_found():
    by_name = {group.name: group for group in groups()}
    assert list(by_name) == GROUPS
    assert {"Linear", "LSTM", "Transformer"} <= set(by_name["torch.nn"].here)
    assert "backward" in by_name["torch.Tensor"].here
    assert "fbgemm_pack_gemm_matrix_fp16" in by_name["torch"].obscure
