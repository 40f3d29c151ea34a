// node `socket.io` as its guide has it. socket_io.js PORT ROOMS
"use strict";
const http = require("http");
const { Server } = require("socket.io");
const { filled, roomAsked } = require("./message.js");

const [port, roomCount] = process.argv.slice(2).map(Number);
let joined = 0;

const server = http.createServer((request, response) => {
  if (request.method === "POST") {
    const room = roomAsked(request);
    io.to(room < 0 ? "all" : `room ${room}`).emit("message.created", filled());
  }
  response.end("ok");
});
const io = new Server(server, { serveClient: false });
io.on("connection", (socket) => socket.join(["all", `room ${joined++ % roomCount}`]));
server.listen(port, "127.0.0.1");
