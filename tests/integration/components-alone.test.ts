/** Each component as a process of its own, in every pairing with upstream's: API server, controllers and scheduler do one work together. */
import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { findEtcd, type RunningEtcd, startEtcd } from "../../src/store/etcd-under-test.ts";
import { eventually } from "./cluster.ts";
import { lacksPeer, type Peer, startOwnApiServer, startPart, startPeerApiServer } from "./peer.ts";

const found = findEtcd();
const noEtcd = "missing" in found && found.missing;
type Whose = "ours" | "upstream's";

const pairings: { server: Whose; parts: Whose; more?: string[] }[] = [
  { server: "ours", parts: "ours", more: ["--use-service-account-credentials=true"] },
  { server: "upstream's", parts: "ours", more: ["--use-service-account-credentials=true"] },
  { server: "ours", parts: "upstream's" },
];
const waitMs = 60_000;
const inDefault = "/api/v1/namespaces/default";

for (const { server, parts, more = [] } of pairings) {
  const lacks = [
    ...(server === "ours" ? [] : ["kube-apiserver"]),
    ...(parts === "ours" ? [] : ["kube-controller-manager", "kube-scheduler"]),
  ];
  describe(`${parts} controllers and scheduler over ${server} API server`, { skip: noEtcd || lacksPeer(...lacks) }, () => {
    let etcd: RunningEtcd;
    let api: Peer;
    const running: Awaited<ReturnType<typeof startPart>>[] = [];
    before(async () => {
      etcd = await startEtcd((found as { path: string }).path);
      api = await (server === "ours" ? startOwnApiServer : startPeerApiServer)(etcd.endpoint);
      const folder = dirname(api.kubeconfig);
      const ranges = ["--allocate-node-cidrs=true", "--cluster-cidr=10.244.0.0/16", "--node-cidr-mask-size=26"];
      const files = [`--service-account-private-key-file=${join(folder, "sa.key")}`, `--root-ca-file=${join(folder, "apiserver.crt")}`];
      running.push(await startPart(parts, "controllers", api, [...ranges, ...files, ...more]), await startPart(parts, "scheduler", api));
      await made("/api/v1/nodes", { metadata: { name: "n" } });
      const room = { cpu: "4", memory: "8Gi", pods: "110" };
      const now = new Date().toISOString().replace(/\.\d+/, "");
      const ready = { type: "Ready", status: "True", lastHeartbeatTime: now, lastTransitionTime: now };
      await api.ask("PATCH", "/api/v1/nodes/n/status", { status: { capacity: room, allocatable: room, conditions: [ready] } });
    });
    after(async () => {
      for (const each of running) await each.stop();
      await api?.stop();
      await etcd?.stop();
    });
    async function made(path: string, object: object) {
      const { status, message, object: answer } = await api.ask("POST", path, object);
      assert.equal(status, 201, message);
      return answer;
    }
    const seen = async (path: string) => {
      const { status, message, object } = await api.ask("GET", path);
      assert.equal(status, 200, message);
      return object;
    };

    test("a Deployment's pods are made, bound to a node, and become endpoints when they are ready", { timeout: 150_000 }, async () => {
      const labels = { app: "web" };
      const template = { metadata: { labels }, spec: { containers: [{ name: "c", image: "i" }] } };
      await made("/apis/apps/v1/namespaces/default/deployments", {
        metadata: { name: "web" },
        spec: { replicas: 2, selector: { matchLabels: labels }, template },
      });
      await made(`${inDefault}/services`, { metadata: { name: "web" }, spec: { selector: labels, ports: [{ port: 80 }] } });
      const pods = await eventually(async () => {
        const { items } = await seen(`${inDefault}/pods?labelSelector=app%3Dweb`);
        assert.deepEqual(
          items.map(({ spec }: { spec: { nodeName?: string } }) => spec.nodeName),
          ["n", "n"],
        );
        return items as { metadata: { name: string } }[];
      }, waitMs);
      for (const [at, { metadata }] of pods.entries()) {
        const podIP = `10.1.0.${at + 1}`;
        const status = { phase: "Running", podIP, podIPs: [{ ip: podIP }], conditions: [{ type: "Ready", status: "True" }] };
        await api.ask("PATCH", `${inDefault}/pods/${metadata.name}/status`, { status });
      }
      await eventually(async () => {
        const { items } = await seen(
          "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices?labelSelector=kubernetes.io/service-name%3Dweb",
        );
        const addresses = items.flatMap((slice: { endpoints?: { addresses: string[] }[] }) =>
          (slice.endpoints ?? []).flatMap((endpoint) => endpoint.addresses),
        );
        assert.deepEqual(addresses.toSorted(), ["10.1.0.1", "10.1.0.2"]);
        const { subsets = [] } = await seen(`${inDefault}/endpoints/web`);
        assert.equal(subsets[0]?.addresses?.length, 2);
        const { status } = await seen("/apis/apps/v1/namespaces/default/deployments/web");
        assert.equal(status.availableReplicas, 2);
      }, waitMs);
    });

    test("what is owned goes with its owner, and a namespace with all that is in it", { timeout: 150_000 }, async () => {
      const owner = await made(`${inDefault}/configmaps`, { metadata: { name: "owner" } });
      const ownerReferences = [{ apiVersion: "v1", kind: "ConfigMap", name: "owner", uid: owner.metadata.uid }];
      await made(`${inDefault}/configmaps`, { metadata: { name: "owned", ownerReferences } });
      await made("/api/v1/namespaces", { metadata: { name: "going" } });
      await made("/api/v1/namespaces/going/secrets", { metadata: { name: "s" } });
      // Its account and the authority's certificate are published there.
      await eventually(async () => {
        await seen("/api/v1/namespaces/going/serviceaccounts/default");
      }, waitMs);
      await api.ask("DELETE", `${inDefault}/configmaps/owner`, { propagationPolicy: "Background" });
      await api.ask("DELETE", "/api/v1/namespaces/going");
      await eventually(async () => {
        const gone = await Promise.all([`${inDefault}/configmaps/owned`, "/api/v1/namespaces/going"].map((path) => api.ask("GET", path)));
        assert.deepEqual(
          gone.map(({ status }) => status),
          [404, 404],
        );
      }, waitMs);
    });

    test("a node gets its range, and an account its authority and its long-lived token", { timeout: 150_000 }, async () => {
      const annotations = { "kubernetes.io/service-account.name": "default" };
      await made(`${inDefault}/secrets`, { metadata: { name: "t", annotations }, type: "kubernetes.io/service-account-token" });
      const { token } = await eventually(async () => {
        const { spec } = await seen("/api/v1/nodes/n");
        assert.deepEqual([spec.podCIDR, spec.podCIDRs], ["10.244.0.0/26", ["10.244.0.0/26"]]);
        const { data: published } = await seen(`${inDefault}/configmaps/kube-root-ca.crt`);
        assert.match(published["ca.crt"], /BEGIN CERTIFICATE/);
        const { data } = await seen(`${inDefault}/secrets/t`);
        assert.ok(data?.token);
        return data;
      }, waitMs);
      const spec = { token: Buffer.from(token, "base64").toString() };
      // A server that reads Secrets from its copy knows the token when the copy shows it.
      await eventually(async () => {
        const { status } = await made("/apis/authentication.k8s.io/v1/tokenreviews", { spec });
        assert.equal(status.user?.username, "system:serviceaccount:default:default", status.error);
      }, waitMs);
    });

    test("a role has the rules of the roles that it is put together from", { timeout: 150_000 }, async () => {
      const roles = "/apis/rbac.authorization.k8s.io/v1/clusterroles";
      const rules = [{ verbs: ["get"], apiGroups: ["example.org"], resources: ["things"] }];
      await made(roles, { metadata: { name: "part", labels: { "example.org/to-whole": "true" } }, rules });
      const aggregationRule = { clusterRoleSelectors: [{ matchLabels: { "example.org/to-whole": "true" } }] };
      await made(roles, { metadata: { name: "whole" }, rules: [], aggregationRule });
      await eventually(async () => assert.deepEqual((await seen(`${roles}/whole`)).rules, rules), waitMs);
    });

    test("one of each holds its lease, and tells of itself whom the API server allows", { timeout: 150_000 }, async () => {
      for (const [at, name] of ["kube-controller-manager", "kube-scheduler"].entries()) {
        const part = running[at]!;
        const { spec } = await eventually(() => seen(`/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/${name}`), waitMs);
        assert.equal(spec.leaseDurationSeconds, 15);
        assert.match(spec.holderIdentity, /^.+_[0-9a-f-]{36}$/);
        // Upstream's controller manager has no other.
        const health = name === "kube-scheduler" || parts === "ours" ? ["/healthz", "/livez", "/readyz"] : ["/healthz"];
        for (const path of health) assert.equal(await part.get(path, false), "200 ok", path);
        assert.match(await part.get("/metrics", false), /^403/);
        assert.match(await part.get("/metrics", true), /^200 # HELP/);
        const config = JSON.parse((await part.get("/configz", true)).slice(4));
        const election =
          name === "kube-scheduler"
            ? config.componentconfig.leaderElection
            : config["kubecontrollermanager.config.k8s.io"].Generic.LeaderElection;
        assert.deepEqual(election, {
          leaderElect: true,
          leaseDuration: "15s",
          renewDeadline: "10s",
          retryPeriod: "2s",
          resourceLock: "leases",
          resourceName: name,
          resourceNamespace: "kube-system",
        });
      }
    });
  });
}
