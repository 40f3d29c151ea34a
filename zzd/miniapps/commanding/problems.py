"""Refusals in the words of commands."""

from __future__ import annotations

from zzd.errors import Conflict


class CommandNotHere(Conflict):
    """Somebody in the conversation lies outside what the app may know of, or only some may write."""

    code, title = "command_not_here", "The app is not for everybody in this conversation"


class CommandsWaiting(Conflict):
    code, title = "commands_waiting", "The app has not answered what you asked before; wait for it"


class CommandSettled(Conflict):
    """Answered in another way, or too late."""

    code, title = "command_settled", "The command was answered already, or nobody waits any more"
