"""What the developer of a ZZD mini-app installs."""

from zzd_sdk.client import Client
from zzd_sdk.errors import Unreachable, ZzdError
from zzd_sdk.launch import Identity, Launches
from zzd_sdk.own import OwnTokens
from zzd_sdk.webhooks import BadSignature, Event, Webhooks

__all__ = [
    "BadSignature",
    "Client",
    "Event",
    "Identity",
    "Launches",
    "OwnTokens",
    "Unreachable",
    "Webhooks",
    "ZzdError",
]
