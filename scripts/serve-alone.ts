/**
 * Our API server alone, without controllers, scheduler and nodes, as the peer is: for comparisons of objects that stay as they
 * were written.
 *
 *     node scripts/serve-alone.ts KUBECONFIG
 *
 * Writes the kubeconfig and serves until it is ended.
 */
import { writeFileSync } from "node:fs";
import { listen } from "#apiserver/mod.ts";
import { systemClock } from "#base/mod.ts";
import { Cluster } from "#cluster/mod.ts";
import { createMemoryStore } from "#store/mod.ts";
import { testAuthority } from "../src/serve/test-certificates.ts";

const [file] = process.argv.slice(2);
if (!file) {
  console.error("usage: node scripts/serve-alone.ts KUBECONFIG");
  process.exit(2);
}
const authority = await testAuthority();
const cluster = new Cluster({ store: await createMemoryStore({ clock: systemClock }), secrets: { clientCa: authority.ca } });
await cluster.open();
const listener = await listen(cluster.server, { host: "127.0.0.1", port: 0, ...authority.server, clientCa: authority.ca });
const admin = await authority.client("admin", "system:masters");
const base64 = (text: string) => Buffer.from(text).toString("base64");
const config = {
  apiVersion: "v1",
  kind: "Config",
  clusters: [
    { name: "alone", cluster: { server: `https://127.0.0.1:${listener.port}`, "certificate-authority-data": base64(authority.ca) } },
  ],
  users: [{ name: "admin", user: { "client-certificate-data": base64(admin.cert), "client-key-data": base64(admin.key) } }],
  contexts: [{ name: "alone", context: { cluster: "alone", user: "admin" } }],
  "current-context": "alone",
};
writeFileSync(file, JSON.stringify(config));
console.log(`serving; KUBECONFIG=${file}`);
