// The stand-in for gcr.io/google-samples/node-hello:1.0. Runs inside the image, not in Spoke.
const http = require("node:http");

const lameDuckMs = 2000; // traffic still comes until every node knows that this pod is leaving
let leaving = false;

const server = http.createServer((request, response) => {
  if (leaving) response.setHeader("Connection", "close");
  response.end("Hello Kubernetes!");
});
server.keepAliveTimeout = 30_000;
server.listen(8080);

process.on("SIGTERM", () => {
  leaving = true;
  server.keepAliveTimeout = 1;
  setTimeout(() => {
    server.close(() => process.exit(0)); // after the last answer
    server.closeIdleConnections();
  }, lameDuckMs);
});
process.on("SIGINT", () => process.exit(0));
