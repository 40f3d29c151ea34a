"""For which installation an app calls, and whether for itself."""

from __future__ import annotations

from zzd.errors import NotPermitted, deny
from zzd.principal import Principal


def installation_of(principal: Principal) -> int:
    """That of an app's token. Raises NotPermitted for one without."""
    if principal.installation_id is None:
        raise deny(NotPermitted("A token of an installation is needed"), "app.call", "app", "")
    return principal.installation_id


def check_acts_for_itself(principal: Principal) -> tuple[int, int]:
    """The app and the installation of a token that is no official's. Raises NotPermitted."""
    installation_id = installation_of(principal)
    if principal.app_id is None or principal.official_id is not None:
        problem = NotPermitted("This needs the app's own token, not one for an official")
        raise deny(problem, "app.call", "installation", installation_id)
    return principal.app_id, installation_id
