"""The doctor: looks at a training before it begins and while it runs, and tells what is wrong, where and why.

    before.py      doctor(model, data, loss, optimizer)
    watching.py    Doctor, a callback of fit, or `with Doctor() as watch:` around any loop
    folder.py      a run folder afterwards
    remedies.py    doctor.fix(finding)
    kinds.py       every kind of fault: why it matters and what to do
"""

from .before import doctor
from .finding import Diagnosis, Finding
from .folder import of_run
from .remedies import Cure, fix
from .watching import Doctor

__all__ = ["Cure", "Diagnosis", "Doctor", "Finding", "doctor", "fix", "of_run"]
