"""The word before printed names: `pellucid.float32`, `pellucid.Size([2])`.

It is "torch" while a script runs for which `torch` means Pellucid, so that it prints what it prints there.
"""

library = "pellucid"
