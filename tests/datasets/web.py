"""A web of given answers for what downloads."""

from __future__ import annotations

import urllib.request


def answer(monkeypatch, replies):
    """Serve the given contents by their address."""
    class Reply:
        def __init__(self, url):
            if url not in replies:
                raise OSError("no network")
            self.content = replies[url]

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

        def read(self, n):
            return self.content[:n]
    monkeypatch.setattr(urllib.request, "urlopen", lambda url, timeout: Reply(url))
