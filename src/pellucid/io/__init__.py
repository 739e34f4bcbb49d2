"""Files in and out: checkpoints in safetensors form, and writes that never leave half a file."""

from pellucid.io.atomic import open_atomic, write_bytes, write_text
from pellucid.io.checkpoint import load, save
from pellucid.io.corrupt import CorruptFile
from pellucid.io.safetensors import UnsupportedDtype, load_arrays, map_arrays, read_metadata, save_arrays

__all__ = ["CorruptFile", "UnsupportedDtype", "load", "load_arrays", "map_arrays", "open_atomic",
           "read_metadata", "save", "save_arrays", "write_bytes", "write_text"]
