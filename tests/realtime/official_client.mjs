// The official socket.io client against a server. official_client.mjs WEB_FOLDER URL TOKEN
// Speaks in lines of JSON on stdout; obeys the lines "read N" and "cut" on stdin.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { join } from "node:path";

const [folder, url, token] = process.argv.slice(2);
const { io } = createRequire(join(folder, "package.json"))("socket.io-client");
const say = (what, more = {}) => console.log(JSON.stringify({ what, ...more }));

const socket = io(url, {
  auth: { token },
  transports: ["polling", "websocket"],
  reconnectionDelay: 100,
  reconnectionDelayMax: 500,
});
socket.io.on("open", () => {
  say("open", { transport: socket.io.engine.transport.name });
  socket.io.engine.once("upgrade", (transport) => say("upgrade", { transport: transport.name }));
});
socket.on("connect", () => say("connect"));
socket.on("disconnect", (reason, details) =>
  say("disconnect", { reason, code: details?.context?.code ?? null }),
);
socket.on("connect_error", (error) => say("connect_error", { data: error.data ?? null }));
socket.onAny((name, event) => say("event", { name, event }));

createInterface({ input: process.stdin }).on("line", (line) => {
  const [order, value] = line.split(" ");
  if (order === "read") {
    socket.emit("read", { conversation_id: value, seq: 1 }, (answer) => say("answer", { answer }));
  }
  if (order === "cut") socket.io.engine.close();
});
