"""What a client keeps of one conversation, and how each pushed event changes it."""

from __future__ import annotations

from typing import Any

from tests.client import ApiClient
from tests.listener import Listener

QUOTED = 200
# Where an event says no more than that something changed, this is fetched again.
CONVERSATION = ("name", "members", "my_role", "may_post", "may_manage")


class Replica:
    """Follows one conversation by events; ``fetch`` is what it would see afresh."""

    def __init__(self, api: ApiClient, socket: Listener, conversation_id: str, me: str) -> None:
        self.api, self.socket, self.me = api, socket, me
        self.path = f"/conversations/{conversation_id}"
        self.heard: set[str] = set()
        self.newest: dict[tuple[str, int], str] = {}
        self.known = self.fetch()

    def fetch(self) -> dict[str, Any] | None:
        if self.api.request("GET", self.path).status_code == 404:
            return None
        conversation = self.api.get(self.path)
        members = self._members(conversation)
        messages = self.api.get(f"{self.path}/messages", limit=200)["items"]
        if conversation["last_message"]:
            conversation["last_message"]["client_id"] = None
        return {
            "conversation": conversation,
            "messages": {m["seq"]: {**m, "client_id": None} for m in messages},
            "read": {m["id"]: m["read_seq"] for m in members},
            "pins": [p["message"]["seq"] for p in self.api.get(f"{self.path}/pins")["items"]],
            "notice": self.api.get(f"{self.path}/notice")["notice"],
            "requests": self._requests(conversation),
            "actions": self.api.get(f"{self.path}/card-actions")["items"],
            "bots": self._bots(),
            "notifications": {
                name: value
                for name, value in self.api.get("/me/notifications").items()
                if name != "quiet_now"
            },
        }

    def _members(self, conversation: dict[str, Any]) -> list[Any]:
        members: list[Any] = self.api.get(f"{self.path}/members", limit=200)["items"]
        return members

    def _requests(self, conversation: dict[str, Any]) -> list[Any]:
        if not conversation["may_manage"]:
            return []
        requests: list[Any] = self.api.get(f"{self.path}/join-requests")["items"]
        return requests

    def _bots(self) -> list[Any]:
        bots: list[Any] = self.api.get(f"{self.path}/bots")["items"]
        return bots

    def follow(self) -> dict[str, Any] | None:
        start = len(self.socket.events)
        self.socket.hear()
        for event in self.socket.events[start:]:
            self.heard.add(event["type"])
            getattr(self, event["type"].replace(".", "_"))(**event["data"])
        if self.known is not None:
            self._derive()
        return self.known

    @property
    def state(self) -> dict[str, Any]:
        assert self.known is not None
        return self.known

    def _derive(self) -> None:
        """What follows from the rest: how much is unread, what calls me, the last word."""
        conversation, messages = self.state["conversation"], self.state["messages"]
        read = self.state["read"][self.me]
        conversation["read_seq"] = read
        first = min(messages, default=1)
        conversation["unread"] = max(0, conversation["last_seq"] - max(read, first - 1))
        calling = [seq for seq, m in messages.items() if m["mentions_me"] and seq > read]
        conversation["mentioned"] = (
            {"count": len(calling), "seq": min(calling)} if calling else None
        )
        last = messages.get(conversation["last_seq"])
        conversation["last_message"] = last and {
            name: value
            for name, value in last.items()
            if name not in ("reactions", "pinned", "favourite", "confirm", "comments")
        }

    def message_created(self, conversation: dict[str, Any], **message: Any) -> None:
        seq, sender = message["seq"], message["sender"]["id"]
        mentions = message["mentions"]
        if message["mentions_me"] is None:
            named = mentions["all"] or self.me in [person["id"] for person in mentions["people"]]
            message["mentions_me"] = named and sender != self.me
            if mentions["audience"] and not message["mentions_me"]:
                message = {**self.api.get(f"{self.path}/messages/{seq}"), "client_id": None}
        self.state["messages"][seq] = message
        self.state["conversation"]["last_seq"] = conversation["last_seq"]
        self.state["conversation"]["updated_at"] = message["created_at"]
        if message["kind"] != "notice":
            if sender is None:
                for bot in self.state["bots"]:
                    if bot["id"] == message["sender"]["bot_id"]:
                        bot["last_said_at"] = message["created_at"]
            else:
                self.state["read"][sender] = seq
            return
        for official_id, read in self.state["read"].items():
            if read == seq - 1:
                self.state["read"][official_id] = seq

    def message_updated(self, conversation_id: str, seq: int, **changed: Any) -> None:
        self.state["messages"][seq].update(changed)
        self._quote(seq, changed["text"][:QUOTED])

    def message_recalled(self, conversation_id: str, seq: int, **by: Any) -> None:
        gone = {"text": None, "content": None, "reply_to": None, "mentions": None}
        nothing = {"mentions_me": False, "reactions": [], "pinned": False, "confirm": None}
        nothing["comments"] = 0
        self.state["messages"][seq].update(**gone, **nothing, **by)
        self.state["pins"] = [each for each in self.state["pins"] if each != seq]
        self._quote(seq, None)

    def comment_created(self, conversation_id: str, seq: int, comments: int, **_: Any) -> None:
        self.state["messages"][seq]["comments"] = comments

    comment_removed = comment_created

    def messages_removed(self, conversation_id: str, seqs: list[int], removed_at: str) -> None:
        gone = {"text": None, "content": None, "reply_to": None, "mentions": None}
        nothing = {"mentions_me": False, "reactions": [], "pinned": False, "confirm": None}
        nothing["comments"] = 0
        for seq in seqs:
            if seq in self.state["messages"]:
                self.state["messages"][seq].update(**gone, **nothing, removed_at=removed_at)
            self._quote(seq, None)
        self.state["pins"] = [each for each in self.state["pins"] if each not in seqs]

    def _quote(self, seq: int, text: str | None) -> None:
        for message in self.state["messages"].values():
            if message["reply_to"] and message["reply_to"]["seq"] == seq:
                message["reply_to"]["text"] = text

    def receipt_updated(self, conversation_id: str, official_id: str, read_seq: int) -> None:
        self.state["read"][official_id] = read_seq

    def conversation_updated(self, conversation_id: str) -> None:
        fetched = self.api.get(self.path)
        for name in CONVERSATION:
            self.state["conversation"][name] = fetched[name]
        members = self.api.get(f"{self.path}/members", limit=200)["items"]
        self.state["read"] = {m["id"]: m["read_seq"] for m in members}

    def card_action_updated(self, **action: Any) -> None:
        others = [each for each in self.state["actions"] if each["id"] != action["id"]]
        self.state["actions"] = sorted([action, *others], key=lambda a: -int(a["id"]))

    def conversation_removed(self, conversation_id: str) -> None:
        self.known = None

    def reactions_updated(self, conversation_id: str, seq: int, **told: Any) -> None:
        message = self.state["messages"][seq]
        mine = {each["key"] for each in message["reactions"] if each["mine"]}
        if told["official_id"] == self.me:
            mine = mine | {told["key"]} if told["added"] else mine - {told["key"]}
        if told["changed_at"] > self.newest.get(("reactions", seq), ""):
            self.newest["reactions", seq] = told["changed_at"]
            message["reactions"] = told["reactions"]
        message["reactions"] = [
            {**each, "mine": each["key"] in mine} for each in message["reactions"]
        ]

    def pins_updated(self, conversation_id: str, seqs: list[int], changed_at: str) -> None:
        messages = self.state["messages"]
        self.state["pins"] = [seq for seq in seqs if seq in messages]
        for seq, message in messages.items():
            message["pinned"] = seq in seqs

    def favourite_updated(self, conversation_id: str, seq: int, favourite: bool) -> None:
        self.state["messages"][seq]["favourite"] = favourite

    def my_updated(self, conversation_id: str, my: dict[str, Any]) -> None:
        self.state["conversation"]["my"] = my

    def draft_updated(self, conversation_id: str, draft: Any, origin: str | None) -> None:
        self.state["conversation"]["my"]["draft"] = draft

    def notice_updated(self, conversation_id: str, notice: Any) -> None:
        self.state["notice"] = notice

    def notifications_updated(self, **settings: Any) -> None:
        self.state["notifications"] = settings

    def bots_updated(self, conversation_id: str) -> None:
        self.state["bots"] = self._bots()

    def join_request_updated(self, conversation_id: str, request_id: str, state: str) -> None:
        if self.known is not None:
            self.state["requests"] = self._requests(self.state["conversation"])


class Channel(Replica):
    """What a client keeps of announcements: of others it does not know how far they read."""

    def _members(self, conversation: dict[str, Any]) -> list[Any]:
        return [{"id": self.me, "read_seq": conversation["read_seq"]}]

    def message_created(self, conversation: dict[str, Any], **message: Any) -> None:
        super().message_created(conversation, **message)
        self.state["read"] = {self.me: self.state["read"][self.me]}

    def _requests(self, conversation: dict[str, Any]) -> list[Any]:
        return []

    def _bots(self) -> list[Any]:
        return []

    def confirmation_updated(self, conversation_id: str, seq: int, confirm: Any) -> None:
        self.state["messages"][seq]["confirm"] = confirm

    def confirmation_progress(self, conversation_id: str, seq: int, **counts: int) -> None:
        """The panel of the author, not of the messages."""
