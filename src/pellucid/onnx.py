"""`torch.onnx`: no ONNX files are written yet."""

from __future__ import annotations

from .absent import absences

globals().update(absences("onnx", "no ONNX files are written", """
    dynamo_export export is_in_onnx_export ONNXProgram OperatorExportTypes TrainingMode verify
"""))
