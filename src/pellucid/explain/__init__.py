"""See through a network: what it consists of, whether its gradients are right, what ails its training."""

from . import check, derive, trace
from .attribution import grad_cam, integrated_gradients, occlusion, saliency
from .check import check_backward, compare, gradcheck
from .doctor import Diagnosis, Doctor, Finding, doctor
from .gates import gates
from .landscape import Landscape, directions_of, landscape
from .summary import Row, Summary, summary
from .trace import Trace

__all__ = ["Diagnosis", "Doctor", "Finding", "Landscape", "Row", "Summary", "Trace", "check",
           "check_backward", "compare", "derive", "directions_of", "doctor", "gates", "grad_cam", "gradcheck",
           "integrated_gradients", "landscape", "occlusion", "saliency", "summary", "trace"]
