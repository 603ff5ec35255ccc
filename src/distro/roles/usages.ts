/** What the three commands take that make a cluster of this machine, or make it part of one; the file of `config-file.ts` takes the same. */
import { etcdFlags } from "../etcd/given.ts";
import type { Usage } from "../options.ts";

export const upUsage = {
  name: "up",
  about: "Starts the cluster, or changes it to what is asked for. Run it at any time: it starts nothing twice.",
  options: {
    nodes: {
      type: "string",
      inFile: "integer",
      value: "N",
      text: "real nodes, each a network namespace with its own containerd (1 at first)",
    },
    "simulated-nodes": { type: "string", inFile: "integer", value: "N", text: "nodes that are objects only, beside them" },
    uplink: { type: "boolean", text: "let pods reach the world, as they do at first where this machine can (--no-uplink: do not)" },
    port: {
      type: "string",
      inFile: "integer",
      value: "PORT",
      text: "of the API server on 127.0.0.1 (6443 for the first cluster of a machine)",
    },
    "proxy-mode": { type: "string", value: "MODE", text: "how nodes keep the rules of Services: nftables (at first) or iptables" },
    "shutdown-delay": {
      type: "string",
      inFile: "integer",
      value: "SECONDS",
      text: "how long the API server serves on, not ready, before it ends (0)",
    },
    "goaway-per-mille": {
      type: "string",
      inFile: "integer",
      value: "N",
      text: "of a thousand HTTP/2 requests, how many ask to connect anew (0, at most 20)",
    },
    families: {
      type: "string",
      inFile: "list",
      value: "LIST",
      text: "of addresses: ipv4 (at first), ipv6, ipv4,ipv6 or ipv6,ipv4; chosen once",
    },
    "apiserver-flag": {
      type: "string",
      several: true,
      inFile: "words",
      value: "NAME=VALUE",
      text: "of the API server, by upstream's names, such as audit-policy-file=policy.yaml; say each, or an empty one for none any more",
    },
    "scheduler-config": {
      type: "string",
      inFile: "path",
      value: "FILE",
      text: "a KubeSchedulerConfiguration: profiles, rules and their settings, extenders; an empty one for the usual again",
    },
    "kubelet-config": {
      type: "string",
      inFile: "path",
      value: "FILE",
      text: "a KubeletConfiguration for all nodes (an empty word: none any more)",
    },
    "image-credential-provider-config": {
      type: "string",
      inFile: "path",
      value: "PATH",
      text: "a CredentialProviderConfig, or a folder of them: programs that nodes ask for credentials of images (an empty word: none any more)",
    },
    "image-credential-provider-bin-dir": {
      type: "string",
      inFile: "path",
      value: "FOLDER",
      text: "where those programs are",
    },
    registry: {
      type: "boolean",
      text: "a registry of the cluster's own: push to localhost:5000, pull on every node (--no-registry: not any more)",
    },
    "registry-port": { type: "string", inFile: "integer", value: "PORT", text: "of the registry (5000)" },
    "registry-mirror": {
      type: "string",
      several: true,
      inFile: "words",
      value: "HOST[=URL]",
      text: "the registry keeps copies of what nodes pull from there, such as docker.io; say each, or an empty one for none any more",
    },
    "registry-credentials": {
      type: "string",
      inFile: "path",
      value: "FILE",
      text: "for registries of which copies are kept: docker's config.json (an empty word: none any more)",
    },
    boot: { type: "boolean", text: "start with this machine, by a unit of systemd (--no-boot: not any more)" },
  },
} as const satisfies Usage;

export const serverUsage = {
  name: "server",
  about:
    "Makes this machine the first of a cluster over several: the control plane, and a node. With --join: a further control plane of the cluster that is there. Ends when the node is Ready; what it started goes on. Run it again at any time.",
  options: {
    join: {
      type: "string",
      value: "URL",
      text: "https://HOST:6443: become a further control plane of the cluster there, whose objects are in etcd",
    },
    token: {
      type: "string",
      value: "TOKEN",
      text: "for --join, as spoke token create --control-plane prints it ($SPOKE_TOKEN: not seen by others of this machine)",
    },
    address: { type: "string", value: "ADDRESS", text: "what other machines reach this one by (the one that leads to the world)" },
    port: { type: "string", inFile: "integer", value: "PORT", text: "of the API server (6443)" },
    "node-name": { type: "string", value: "NODE", text: "of this machine's node (its hostname)" },
    "node-label": { type: "string", inFile: "labels", value: "A=B,C=D", text: "labels that the node registers with" },
    pods: {
      type: "boolean",
      text: "run pods on this machine too, as it does at first (--no-pods: the control plane's taint keeps them off)",
    },
    backend: {
      type: "string",
      value: "BACKEND",
      text: "vxlan: also between machines of one segment (by routes there, by VXLAN elsewhere)",
    },
    uplink: { type: "boolean", text: "let pods of this machine reach the world, where the machine does (--no-uplink: do not)" },
    "proxy-mode": { type: "string", value: "MODE", text: "how nodes keep the rules of Services: nftables (at first) or iptables" },
    "cluster-init": {
      type: "boolean",
      text: "keep all objects in an etcd that each control plane runs a member of: three survive the loss of one (the embedded store)",
    },
    ...etcdFlags,
    boot: { type: "boolean", text: "start with this machine, by a unit of systemd (--no-boot: not any more)" },
  },
} as const satisfies Usage;

export const agentUsage = {
  name: "agent",
  about:
    "Makes this machine a node of the cluster at --server, whose authority must be the one that the token names. Ends when the node is Ready; what it started goes on. Without --server and --token it brings back a node that was one already.",
  options: {
    server: { type: "string", value: "URL", text: "https://HOST:6443, the API server of the cluster" },
    token: {
      type: "string",
      value: "TOKEN",
      text: "as spoke token create prints it on the server ($SPOKE_TOKEN: not seen by others of this machine)",
    },
    "ca-hash": {
      type: "string",
      value: "sha256:HEX",
      text: "of the cluster's authority, where the token does not name it (kubeadm's tokens)",
    },
    "node-name": { type: "string", value: "NODE", text: "of this machine's node (its hostname)" },
    "node-label": { type: "string", inFile: "labels", value: "A=B,C=D", text: "labels that the node registers with" },
    address: { type: "string", value: "ADDRESS", text: "what other machines reach this one by (the one that leads to the server)" },
    uplink: { type: "boolean", text: "let pods of this machine reach the world, where the machine does (--no-uplink: do not)" },
    boot: { type: "boolean", text: "start with this machine, by a unit of systemd (--no-boot: not any more)" },
  },
} as const satisfies Usage;

export const roles = { up: upUsage, server: serverUsage, agent: agentUsage } as const;

export type Role = keyof typeof roles;
