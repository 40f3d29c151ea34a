"""Requests of the server to addresses that somebody else named: where they may go, how they are
signed, when they are tried again. Whoever sends some (cards, webhooks) does it through here.

``client_here()`` is the one way out. What operators name in the settings, such as gateways to
telephones, is theirs to answer for and does not come through here.
"""

from __future__ import annotations

from flask import Flask, current_app

from zzd.outgoing.addresses import AddressRefused, networks
from zzd.outgoing.client import Answer, Client, OutgoingError, Unreachable
from zzd.settings import Settings

__all__ = ["AddressRefused", "Answer", "Client", "OutgoingError", "Unreachable", "client_here"]

CLIENT = "zzd.outgoing"


def register(app: Flask, settings: Settings) -> None:
    app.extensions[CLIENT] = Client(networks(settings.outgoing_networks))


def client_here() -> Client:
    found: Client = current_app.extensions[CLIENT]
    return found
