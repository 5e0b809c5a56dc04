"""Property tests here may be slow on a busy machine; how long one example takes says nothing about the codec."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("cdma", deadline=None)
settings.load_profile("cdma")
