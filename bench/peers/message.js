// The message that every server of the benchmark sends: 475 bytes as a Socket.IO packet.
"use strict";

const SIZE = 475;

function payload() {
  return {
    id: "0123456789abcdef0123456789abcdef",
    type: "message.created",
    occurred_at: new Date().toISOString(),
    data: { t: process.hrtime.bigint().toString().padStart(20, "0"), text: "" },
  };
}

function packetOf(value) {
  return `2${JSON.stringify(["message.created", value])}`;
}

function filled() {
  const value = payload();
  value.data.text = "x".repeat(SIZE - Buffer.byteLength(packetOf(value)));
  return value;
}

function roomAsked(request) {
  return Number(new URL(request.url, "http://localhost").searchParams.get("room"));
}

module.exports = { filled, packetOf, roomAsked };
