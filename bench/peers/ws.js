// node `ws` in its stock use: a frame is made for each client. ws.js PORT ROOMS
"use strict";
const http = require("http");
const { WebSocketServer } = require("ws");
const { filled, packetOf, roomAsked } = require("./message.js");

const [port, roomCount] = process.argv.slice(2).map(Number);
const everybody = new Set();
const rooms = Array.from({ length: roomCount }, () => new Set());
let joined = 0;

const server = http.createServer((request, response) => {
  if (request.method === "POST") {
    const room = roomAsked(request);
    const text = `4${packetOf(filled())}`;
    for (const client of room < 0 ? everybody : rooms[room]) client.send(text);
  }
  response.end("ok");
});
new WebSocketServer({ server, perMessageDeflate: false }).on("connection", (client) => {
  everybody.add(client);
  rooms[joined++ % roomCount].add(client);
});
server.listen(port, "127.0.0.1");
