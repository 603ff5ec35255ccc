/** Declarations of NetworkPolicyPort, IPBlock, NetworkPolicyPeer, NetworkPolicyIngressRule, NetworkPolicyEgressRule, NetworkPolicySpec, Net. */

import { LabelSelector, ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { type Infer, int32, intOrString, kind, list, ref, string, struct } from "../schema.ts";

export const NetworkPolicyPort = struct("io.k8s.api.networking.v1.NetworkPolicyPort", {
  protocol: string(1, { pointer: true, enum: ["SCTP", "TCP", "UDP"] }),
  port: intOrString(2, { pointer: true }),
  endPort: int32(3, { pointer: true }),
});
export interface NetworkPolicyPort extends Infer<typeof NetworkPolicyPort> {}

export const IPBlock = struct("io.k8s.api.networking.v1.IPBlock", {
  cidr: string(1, { always: true, required: true }),
  except: list(string, 2, { listType: "atomic" }),
});
export interface IPBlock extends Infer<typeof IPBlock> {}

export const NetworkPolicyPeer = struct("io.k8s.api.networking.v1.NetworkPolicyPeer", {
  podSelector: ref(LabelSelector, 1, { pointer: true }),
  namespaceSelector: ref(LabelSelector, 2, { pointer: true }),
  ipBlock: ref(IPBlock, 3, { pointer: true }),
});
export interface NetworkPolicyPeer extends Infer<typeof NetworkPolicyPeer> {}

export const NetworkPolicyIngressRule = struct("io.k8s.api.networking.v1.NetworkPolicyIngressRule", {
  ports: list(NetworkPolicyPort, 1, { listType: "atomic" }),
  from: list(NetworkPolicyPeer, 2, { listType: "atomic" }),
});
export interface NetworkPolicyIngressRule extends Infer<typeof NetworkPolicyIngressRule> {}

export const NetworkPolicyEgressRule = struct("io.k8s.api.networking.v1.NetworkPolicyEgressRule", {
  ports: list(NetworkPolicyPort, 1, { listType: "atomic" }),
  to: list(NetworkPolicyPeer, 2, { listType: "atomic" }),
});
export interface NetworkPolicyEgressRule extends Infer<typeof NetworkPolicyEgressRule> {}

export const NetworkPolicySpec = struct("io.k8s.api.networking.v1.NetworkPolicySpec", {
  podSelector: ref(LabelSelector, 1, { always: true }),
  ingress: list(NetworkPolicyIngressRule, 2, { listType: "atomic" }),
  egress: list(NetworkPolicyEgressRule, 3, { listType: "atomic" }),
  policyTypes: list(string, 4, { enum: ["Egress", "Ingress"], listType: "atomic" }),
});
export interface NetworkPolicySpec extends Infer<typeof NetworkPolicySpec> {}

export const NetworkPolicy = kind("io.k8s.api.networking.v1.NetworkPolicy", {
  metadata: ref(ObjectMeta, 1),
  spec: ref(NetworkPolicySpec, 2),
});
export interface NetworkPolicy extends Infer<typeof NetworkPolicy> {}

export const NetworkPolicyList = kind("io.k8s.api.networking.v1.NetworkPolicyList", {
  metadata: ref(ListMeta, 1),
  items: list(NetworkPolicy, 2, { always: true, required: true }),
});
export interface NetworkPolicyList extends Infer<typeof NetworkPolicyList> {}

export const networkpolicies = resource<NetworkPolicy>(NetworkPolicy, {
  group: "networking.k8s.io",
  version: "v1",
  resource: "networkpolicies",
  singular: "networkpolicy",
  namespaced: true,
  verbs: ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
  shortNames: ["netpol"],
  storagePrefix: "/registry/networkpolicies/",
  columns: [
    { name: "Name", type: "string", format: "name" },
    { name: "Pod-Selector", type: "string" },
    { name: "Age", type: "string" },
  ],
});
