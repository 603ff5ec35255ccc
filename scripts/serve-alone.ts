/**
 * Our API server alone, without controllers, scheduler and nodes, as the peer is: for comparisons of objects that stay as they
 * were written.
 *
 *     node scripts/serve-alone.ts KUBECONFIG [--nodes N] [--controllers] [--port N] [--service-range CIDR] [--apiserver-flag NAME=VALUE]…
 *
 * With --nodes there are controllers, a scheduler and simulated nodes after all, and the namespace "cli" with
 * tests/kubectl/setup.yaml: where the scripts that compare kubectls run. --controllers adds controllers alone. Writes the kubeconfig and serves until it is ended.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { parseArgs } from "node:util";
import { listen } from "#apiserver/mod.ts";
import { systemClock } from "#base/mod.ts";
import { kubectl } from "#cli/mod.ts";
import { Cluster, simulated } from "#cluster/mod.ts";
import { createMemoryStore } from "#store/mod.ts";
import { testAuthority } from "../src/serve/test-certificates.ts";

const { values: flags, positionals } = parseArgs({
  options: {
    nodes: { type: "string", default: "0" },
    controllers: { type: "boolean", default: false },
    port: { type: "string", default: "0" },
    "service-range": { type: "string", default: "10.96.0.0/16" },
    "apiserver-flag": { type: "string", multiple: true, default: [] },
  },
  allowPositionals: true,
});
const [file] = positionals;
if (!file) {
  console.error(
    "usage: node scripts/serve-alone.ts KUBECONFIG [--nodes N] [--controllers] [--port N] [--service-range CIDR] [--apiserver-flag NAME=VALUE]…",
  );
  process.exit(2);
}
const authority = await testAuthority();
const nodes = Number(flags.nodes);
const cluster = new Cluster({
  store: await createMemoryStore({ clock: systemClock }),
  secrets: { clientCa: authority.ca },
  nodes: [simulated(nodes)],
  // Otherwise as a cluster in one process has it.
  network: {
    domain: "cluster.local",
    serviceRanges: [flags["service-range"]],
    loadBalancerRanges: ["10.88.0.0/24"],
    advertise: { ip: "10.89.0.1", port: 6443 },
  },
  apiserverFlags: flags["apiserver-flag"],
});
await (nodes > 0 ? cluster.start() : cluster.open());
if (flags.controllers) cluster.startPart("controllers");
const listener = await listen(cluster.server, { host: "127.0.0.1", port: Number(flags.port), ...authority.server, clientCa: authority.ca });
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
if (nodes > 0) {
  const { stdout, stderr } = process;
  const setting = { stdin: Readable.from([]), stdout, stderr, env: { ...process.env, KUBECONFIG: file }, cwd: process.cwd() };
  const setup = join(import.meta.dirname, "../tests/kubectl/setup.yaml");
  for (const line of ["create ns cli", `apply -f ${setup}`]) if ((await kubectl(line.split(" "), setting)) !== 0) process.exit(1);
}
console.log(`serving; KUBECONFIG=${file}`);
