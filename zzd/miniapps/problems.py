"""What more than one service refuses."""

from __future__ import annotations

from zzd.errors import Conflict


class VersionChanged(Conflict):
    code, title = "version_changed", "The app was changed since you looked at it; read it again"
