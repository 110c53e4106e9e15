// Loaded before the emulator (`node -r`). The emulator listens on all interfaces and runs until it
// is killed; here it listens on 127.0.0.1 only, and stops when the process that started it closes
// its standard input or is gone, or after a quarter of an hour.
"use strict";

const net = require("node:net");

const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function (...args) {
  const callback = args.find((arg) => typeof arg === "function");
  const options = typeof args[0] === "object" ? { ...args[0] } : { port: args[0] };
  return listen.call(this, { ...options, host: "127.0.0.1" }, callback);
};

const stop = () => process.exit(0);
process.stdin.on("end", stop).on("error", stop).resume();
setTimeout(stop, 15 * 60 * 1000).unref();
