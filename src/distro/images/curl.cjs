#!/usr/local/bin/node
// A small stand-in for curl inside the sample image: `curl [-s] [-m SECONDS] [-o FILE] URL`. Runs inside the image, not in Spoke.
const http = require("node:http");
const fs = require("node:fs");

let seconds = 0;
let out = 1;
let url = "";
const words = process.argv.slice(2);
while (words.length > 0) {
  const word = words.shift();
  if (word === "-m" || word === "--max-time") seconds = Number(words.shift());
  else if (word === "-o") out = fs.openSync(words.shift(), "w");
  else if (!word.startsWith("-")) url = word;
}
const fail = (code, text) => {
  process.stderr.write(`curl: (${code}) ${text}\n`);
  process.exit(code);
};
if (!url) fail(2, "no URL specified");
const where = new URL(/^[a-z]+:\/\//.test(url) ? url : `http://${url}`);
if (where.protocol !== "http:") fail(1, "this stand-in speaks http only");
const request = http.get(where, (response) => {
  response.on("data", (chunk) => fs.writeSync(out, chunk));
  response.on("end", () => process.exit(0));
});
if (seconds > 0) setTimeout(() => fail(28, `Operation timed out after ${seconds * 1000} milliseconds`), seconds * 1000);
request.on("error", (error) => fail(error.code === "ENOTFOUND" ? 6 : 7, `${where.host}: ${error.message}`));
