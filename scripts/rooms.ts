/** The rooms of the house and what each may import: data for tidy.ts, which checks it, and for the drawing in docs/architecture.md. */

export interface Room {
  name: string;
  livesHere: string;
  /** Rooms that it uses by choice; what those may import is allowed too. */
  uses: string[];
  /** Files besides mod.ts that other rooms may import, each with its reason. */
  sideDoors?: Record<string, string>;
  /** This room may import any file of these rooms, for the reason given. */
  walksInto?: { rooms: string[]; because: string };
}

export const rooms: Room[] = [
  { name: "base", livesHere: "clock, random, ids, errors, lifetimes, bounded queues, log, metrics", uses: [] },
  {
    name: "codec",
    livesHere: "JSON, YAML, protobuf wire, CEL, JSONPath, Go templates, patches, selectors, quantities",
    uses: ["base"],
    sideDoors: {
      "plain-yaml.ts": "every start of kubectl reads a kubeconfig, and needs no other dialect for it",
      "yaml.ts": "for the kubeconfig that is not plain",
      "cel/mod.ts": "an engine with a door of its own, which only the API server needs",
    },
  },
  { name: "net", livesHere: "http server and client, upgrades (WebSocket, SPDY), gRPC, PKI", uses: ["codec"] },
  { name: "linux", livesHere: "network namespaces, links, routes, mounts, cgroups, nftables (rulesets, transactions)", uses: ["base"] },
  {
    name: "api",
    livesHere: "the schema language, meta/v1, a folder per API group, a file per kind",
    uses: ["codec"],
    sideDoors: {
      "resource.ts": "every client needs paths, and not all kinds",
      "config-file.ts": "every start of a process reads its options, and needs no kinds for it",
      "discovery/endpoint-slice.ts": "who follows the API servers reads no other kind",
      "core/event.ts": "events are told by processes that need no other kind",
    },
  },
  { name: "store", livesHere: "revisioned keys and bytes with watch: sqlite, memory; sealing", uses: ["net"] },
  {
    name: "client",
    livesHere: "REST client, informer, work queue, controller runner",
    uses: ["api", "net"],
    sideDoors: {
      "contract.ts": "the seam alone, for those that implement it",
      "client.ts": "for processes that stay small",
      "http-transport.ts": "for processes that stay small",
      "informer.ts": "for processes that stay small",
      "servers.ts": "for processes that stay small",
    },
  },
  {
    name: "apiserver",
    livesHere: "pipeline, authn, authz, admission, registry, watch cache, discovery, OpenAPI",
    uses: ["client", "store"],
  },
  {
    name: "serve",
    livesHere: "what every component's port has: TLS, delegated authentication and authorization, health, metrics",
    uses: ["client"],
    sideDoors: { "metrics.ts": "pure text, for processes that open no TLS port" },
  },
  { name: "controllers", livesHere: "one folder a controller", uses: ["client"] },
  { name: "scheduler", livesHere: "queue, cycle, plugins", uses: ["client"] },
  { name: "kubelet", livesHere: "pod planner, CRI runtime, volumes, probes, node status, streaming server", uses: ["serve", "linux"] },
  { name: "proxy", livesHere: "service table → ruleset → nftables", uses: ["client", "linux"] },
  { name: "policy", livesHere: "NetworkPolicies → ruleset → nftables", uses: ["client", "linux"] },
  {
    name: "dns",
    livesHere: "cluster names from Services and endpoints, and what a Corefile says",
    uses: ["serve", "linux"],
    walksInto: {
      rooms: ["codec", "api", "client"],
      because: "the DNS process of each node stays small: it loads the five kinds that it reads, and not all",
    },
  },
  { name: "balancer", livesHere: "external addresses and the host's localhost", uses: ["client", "linux"] },
  { name: "ingress", livesHere: "routes of Ingresses, and the server that answers them", uses: ["serve"] },
  { name: "registry", livesHere: "images that are pushed here, and copies of those of other registries", uses: ["base"] },
  { name: "insight", livesHere: "why things are as they are: from objects to findings", uses: ["client"] },
  {
    name: "cli",
    livesHere: "kubectl verbs, printers, input",
    uses: ["client", "insight"],
    walksInto: {
      rooms: ["base", "codec", "api", "client"],
      because: "kubectl must start fast: each command loads only the files that it needs",
    },
  },
  { name: "local-path", livesHere: "volumes of a node's own disk, made for claims", uses: ["client"] },
  {
    name: "cluster",
    livesHere: "new Cluster(): API server, controllers, scheduler and simulated nodes in one process",
    uses: ["apiserver", "controllers", "scheduler", "local-path"],
  },
  {
    name: "distro",
    livesHere: "spoke up, certificates, doctor, image loading, supervision",
    uses: ["cluster", "kubelet", "proxy", "policy", "dns", "balancer", "ingress", "registry", "cli"],
  },
];

/** Every room that `name` may import: what it uses, and what those may import. */
export function allowed(name: string): Set<string> {
  const result = new Set<string>();
  const visit = (room: string) => {
    for (const next of rooms.find((r) => r.name === room)?.uses ?? []) {
      if (result.has(next)) continue;
      result.add(next);
      visit(next);
    }
  };
  visit(name);
  return result;
}

/** The house as Mermaid: an arrow means "imports". Arrows that follow from others are left out. */
export function drawing(): string {
  const lines = ["flowchart BT"];
  for (const room of rooms) lines.push(`  ${room.name}["<b>${room.name}</b><br/>${room.livesHere.replaceAll('"', "'")}"]`);
  for (const room of rooms) {
    const direct = room.uses.filter((use) => !room.uses.some((other) => other !== use && allowed(other).has(use)));
    for (const use of direct) lines.push(`  ${room.name} --> ${use}`);
  }
  return lines.join("\n");
}
