/** kubectl's ApplySets against our API server: what was applied is remembered by a parent, and goes when it is no longer applied. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type Listener, listen } from "#apiserver/mod.ts";
import type { Cluster } from "#cluster/mod.ts";
import { testAuthority } from "../../src/serve/test-certificates.ts";
import { runHere } from "../kubectl/compare.ts";
import { startCluster } from "./cluster.ts";

const folder = mkdtempSync(join(tmpdir(), "spoke-applyset-"));
const files = join(import.meta.dirname, "../kubectl/sessions/applyset");
let cluster: Cluster;
let listener: Listener;

before(async () => {
  const authority = await testAuthority();
  cluster = await startCluster({ nodes: 0, secrets: { clientCa: authority.ca } });
  listener = await listen(cluster.server, { host: "127.0.0.1", port: 0, ...authority.server, clientCa: authority.ca });
  const admin = await authority.client("admin", "system:masters");
  const base64 = (text: string) => Buffer.from(text).toString("base64");
  const server = { server: `https://127.0.0.1:${listener.port}`, "certificate-authority-data": base64(authority.ca) };
  const user = { "client-certificate-data": base64(admin.cert), "client-key-data": base64(admin.key) };
  const config = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "c", cluster: server }],
    users: [{ name: "u", user }],
    contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
    "current-context": "x",
  };
  writeFileSync(join(folder, "config"), JSON.stringify(config));
});
after(async () => {
  await listener?.close();
  await cluster?.close();
  rmSync(folder, { recursive: true, force: true });
});

async function kubectl(line: string, env: Record<string, string> = { KUBECTL_APPLYSET: "true" }): Promise<string> {
  const setting = { env: { HOME: folder, KUBECONFIG: join(folder, "config"), ...env }, cwd: files };
  const { code, stdout, stderr } = await runHere(line.split(" "), setting);
  return `${stdout}${stderr}${code === 0 ? "" : `exit ${code}\n`}`;
}

test("what an ApplySet no longer applies is pruned, and its parent says what is left", async () => {
  const apply = "--prune --applyset=set -n default";
  assert.equal(await kubectl(`apply -f two.yaml ${apply}`), "configmap/one created\nserviceaccount/two created\n");
  const kinds = "get secret set -o jsonpath={.metadata.annotations.applyset\\.kubernetes\\.io/contains-group-kinds}";
  assert.equal(await kubectl(kinds), "ConfigMap,ServiceAccount");
  const id = "applyset-GzV5QNw0hpfp90Rc5ckxJmVoyyU-gDZeLYpJFDTwDHA-v1";
  assert.match(await kubectl("get cm one --show-labels"), new RegExp(`applyset.kubernetes.io/part-of=${id}`));
  assert.equal(await kubectl(`apply -f one.yaml ${apply}`), "configmap/one configured\nserviceaccount/two pruned\n");
  assert.equal(await kubectl(kinds), "ConfigMap");
});

test("an ApplySet of another tool, or whose parent may be none, is refused", async () => {
  await kubectl("create cm helms");
  await kubectl("annotate cm helms applyset.kubernetes.io/tooling=helm/v3");
  const refused = await kubectl("apply -f one.yaml --prune --applyset=configmaps/helms -n default");
  assert.match(refused, /^error: .*"configmaps\.\/helms" already exists and is managed by tooling "helm" instead of "kubectl"\nexit 1\n$/);
  assert.equal(
    await kubectl("apply -f one.yaml --prune --applyset=deployments.apps/x -n default"),
    'error: resource "apps/v1, Resource=deployments" is not permitted as an ApplySet parent\nexit 1\n',
  );
  assert.match(await kubectl("apply -f one.yaml --applyset=set", {}), /^error: unknown flag: --applyset\n/);
});
