"""The operations that the bench's rows count are those that PyTorch's own counter finds."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from bench.workloads import every_row  # noqa: E402

COUNTED = sorted(name for name, row in every_row().items() if row.flops is not None)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", COUNTED)
def test_counted_operations(name: str) -> None:
    from torch.nn.attention import SDPBackend, sdpa_kernel
    from torch.utils.flop_counter import FlopCounterMode

    row = every_row()[name]
    work = row.build(torch)
    # The fused layers do not show the products that they are made of.
    with torch.backends.mkldnn.flags(enabled=False), sdpa_kernel(SDPBackend.MATH), \
            FlopCounterMode(display=False) as counter:
        work.step()
    assert counter.get_total_flops() == row.flops
