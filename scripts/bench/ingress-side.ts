/** Our ingress' data plane for the bench: the doors, the proxy, the access log and the metrics, before one endpoint. */

import { readFileSync } from "node:fs";
import { createSecureContext } from "node:tls";
import { silentLog, systemClock } from "../../src/base/mod.ts";
import { AccessLog } from "../../src/ingress/log-file.ts";
import { Metrics } from "../../src/ingress/metrics.ts";
import { Answerer } from "../../src/ingress/proxy/answerer.ts";
import { Backends } from "../../src/ingress/proxy/backends.ts";
import { Door } from "../../src/ingress/proxy/door.ts";
import { anIngress, oneClass } from "../../src/ingress/routes/builders.ts";
import { tableOf } from "../../src/ingress/routes/table.ts";

const [folder = "", host = "", plain = "0", secure = "0", backend = "0"] = process.argv.slice(2);
const certificate = { cert: readFileSync(`${folder}/cert.pem`, "utf8"), key: readFileSync(`${folder}/key.pem`, "utf8") };
const context = createSecureContext(certificate);
const backends = new Backends(systemClock);
const accessLog = new AccessLog(`${folder}/ours-access.log`, systemClock, silentLog);
const metrics = new Metrics();
const answerer = new Answerer({
  clock: systemClock,
  backends,
  visited(visit) {
    accessLog.write(visit);
    metrics.visited(visit);
  },
});
answerer.table = tableOf([anIngress({ rules: { [host]: ["Prefix /"] } })], oneClass);
backends.set(
  new Map([["default/Prefix /:80 HTTP", { protocol: "HTTP" as const, endpoints: [{ ip: "127.0.0.1", port: Number(backend) }] }]]),
);
const door = new Door({
  clock: systemClock,
  enter: (exchange) => answerer.answer(exchange),
  certificate,
  contextFor: () => context,
  look: (now) => backends.look(now),
});
await door.listen({ host: "127.0.0.1", port: Number(plain), secure: false });
await door.listen({ host: "127.0.0.1", port: Number(secure), secure: true });
