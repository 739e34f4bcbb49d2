"""`torch.distributed`: Pellucid computes in one process on one machine."""

from __future__ import annotations

from .absent import absences

__all__ = ["is_available", "is_initialized", "is_torchelastic_launched"]


def is_available() -> bool:
    """False: there are no process groups."""
    return False


def is_initialized() -> bool:
    """False."""
    return False


def is_torchelastic_launched() -> bool:
    """False."""
    return False


globals().update(absences("distributed", "everything is computed in one process", """
    all_gather all_gather_into_tensor all_gather_object all_reduce all_to_all Backend barrier
    broadcast broadcast_object_list destroy_process_group gather get_backend get_rank get_world_size
    init_device_mesh init_process_group irecv isend new_group ProcessGroup recv reduce
    reduce_scatter ReduceOp scatter send
"""))
