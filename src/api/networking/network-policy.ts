/** Declarations of NetworkPolicyPort, IPBlock, NetworkPolicyPeer, NetworkPolicyIngressRule, NetworkPolicyEgressRule, NetworkPolicySpec, Net. */

import { LabelSelector, ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { type Infer, int32, intOrString, kind, list, ref, string, struct } from "../schema.ts";

export const NetworkPolicyPort = struct("io.k8s.api.networking.v1.NetworkPolicyPort", "Ports.", {
  protocol: string(1, { goType: "v1.Protocol", pointer: true, enum: ["SCTP", "TCP", "UDP"], doc: "TCP (the default), UDP or SCTP." }),
  port: intOrString(2, { pointer: true, doc: "A number or a container port's name; all when left out." }),
  endPort: int32(3, { pointer: true, doc: "The end of a range that begins with port." }),
});
export interface NetworkPolicyPort extends Infer<typeof NetworkPolicyPort> {}

export const IPBlock = struct("io.k8s.api.networking.v1.IPBlock", "A range of addresses.", {
  cidr: string(1, { always: true, required: true, doc: "The range, such as 192.168.0.0/16." }),
  except: list(string, 2, { listType: "atomic", doc: "Ranges inside it that are left out." }),
});
export interface IPBlock extends Infer<typeof IPBlock> {}

export const NetworkPolicyPeer = struct("io.k8s.api.networking.v1.NetworkPolicyPeer", "Pods, or addresses outside.", {
  podSelector: ref(LabelSelector, 1, { pointer: true, doc: "Pods, of the policy's namespace or of those that namespaceSelector chooses." }),
  namespaceSelector: ref(LabelSelector, 2, { pointer: true, doc: "Namespaces; all of their pods when podSelector is left out." }),
  ipBlock: ref(IPBlock, 3, { pointer: true, doc: "A range of addresses; alone." }),
});
export interface NetworkPolicyPeer extends Infer<typeof NetworkPolicyPeer> {}

export const NetworkPolicyIngressRule = struct(
  "io.k8s.api.networking.v1.NetworkPolicyIngressRule",
  "Traffic that may come in: from one of the peers at one of the ports.",
  {
    ports: list(NetworkPolicyPort, 1, { listType: "atomic", doc: "The ports; all when empty." }),
    from: list(NetworkPolicyPeer, 2, { listType: "atomic", doc: "The peers; all when empty." }),
  },
);
export interface NetworkPolicyIngressRule extends Infer<typeof NetworkPolicyIngressRule> {}

export const NetworkPolicyEgressRule = struct(
  "io.k8s.api.networking.v1.NetworkPolicyEgressRule",
  "Traffic that may leave: to one of the peers at one of the ports.",
  {
    ports: list(NetworkPolicyPort, 1, { listType: "atomic", doc: "The ports; all when empty." }),
    to: list(NetworkPolicyPeer, 2, { listType: "atomic", doc: "The peers; all when empty." }),
  },
);
export interface NetworkPolicyEgressRule extends Infer<typeof NetworkPolicyEgressRule> {}

export const NetworkPolicySpec = struct("io.k8s.api.networking.v1.NetworkPolicySpec", "Which pods, and what they may.", {
  podSelector: ref(LabelSelector, 1, { always: true, doc: "The pods; an empty selector means all of the namespace." }),
  ingress: list(NetworkPolicyIngressRule, 2, {
    listType: "atomic",
    doc: "What may come in; nothing does when it is empty and Ingress is among the types.",
  }),
  egress: list(NetworkPolicyEgressRule, 3, {
    listType: "atomic",
    doc: "What may leave; nothing does when it is empty and Egress is among the types.",
  }),
  policyTypes: list(string, 4, {
    goType: "v1.PolicyType",
    enum: ["Egress", "Ingress"],
    listType: "atomic",
    doc: "Ingress, Egress or both; Ingress, and Egress where egress has rules, when left out.",
  }),
});
export interface NetworkPolicySpec extends Infer<typeof NetworkPolicySpec> {}

export const NetworkPolicy = kind(
  "io.k8s.api.networking.v1.NetworkPolicy",
  "Says who may talk to pods, and to whom they may. Pods that no policy selects may do all.",
  {
    metadata: ref(ObjectMeta, 1, { doc: "Name, namespace, labels and everything else that every object has." }),
    spec: ref(NetworkPolicySpec, 2, { doc: "What is wanted." }),
  },
);
export interface NetworkPolicy extends Infer<typeof NetworkPolicy> {}

export const NetworkPolicyList = kind("io.k8s.api.networking.v1.NetworkPolicyList", "A list of NetworkPolicy objects.", {
  metadata: ref(ListMeta, 1, { doc: "The version of the list, and where its next page begins." }),
  items: list(NetworkPolicy, 2, { always: true, required: true, doc: "The objects." }),
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
