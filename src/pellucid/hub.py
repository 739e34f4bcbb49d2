"""`torch.hub`: nothing is downloaded and run."""

from __future__ import annotations

from .absent import absences

globals().update(absences("hub", "nothing is fetched from the net; pellucid.load reads files", """
    download_url_to_file get_dir help list load load_state_dict_from_url set_dir
"""))
