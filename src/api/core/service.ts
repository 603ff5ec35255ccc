/** Declarations of ServicePort, ClientIPConfig, SessionAffinityConfig, ServiceSpec, PortStatus, LoadBalancerIngress, LoadBalancerStatus, Se. */

import { Condition, ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { bool, type Infer, int32, intOrString, kind, list, map, ref, string, struct } from "../schema.ts";

export const ServicePort = struct("io.k8s.api.core.v1.ServicePort", "A port of a Service.", {
  name: string(1, { doc: "Its name; needed when there are several." }),
  protocol: string(2, { goType: "v1.Protocol", default: "TCP", enum: ["SCTP", "TCP", "UDP"], doc: "TCP (the default), UDP or SCTP." }),
  appProtocol: string(6, {
    pointer: true,
    doc: "The protocol above it: an IANA name, kubernetes.io/h2c, /ws or /wss, or one with a domain of one's own.",
  }),
  port: int32(3, { always: true, required: true, doc: "The port at which the Service answers." }),
  targetPort: intOrString(4, { doc: "The port of the pods, by number or by a container port's name; port when left out." }),
  nodePort: int32(5, { doc: "The port of every node, for NodePort and LoadBalancer; chosen from 30000-32767 when left out." }),
});
export interface ServicePort extends Infer<typeof ServicePort> {}

export const ClientIPConfig = struct("io.k8s.api.core.v1.ClientIPConfig", "How long a client stays with one endpoint.", {
  timeoutSeconds: int32(1, {
    pointer: true,
    doc: "Seconds after the last connection for which a client address keeps its endpoint, 1 to 86400; 10800 (three hours) by default.",
  }),
});
export interface ClientIPConfig extends Infer<typeof ClientIPConfig> {}

export const SessionAffinityConfig = struct("io.k8s.api.core.v1.SessionAffinityConfig", "Settings of session affinity.", {
  clientIP: ref(ClientIPConfig, 1, { pointer: true, doc: "Of affinity by the client's address." }),
});
export interface SessionAffinityConfig extends Infer<typeof SessionAffinityConfig> {}

export const ServiceSpec = struct("io.k8s.api.core.v1.ServiceSpec", "Which pods, and how they are reached.", {
  ports: list(ServicePort, 1, {
    patchStrategy: "merge",
    patchMergeKey: "port",
    listType: "map",
    listMapKeys: ["port", "protocol"],
    doc: "The ports at which it answers.",
  }),
  selector: map(string, 2, { mapType: "atomic", doc: "Labels of the pods; without any, somebody else writes its endpoints." }),
  clusterIP: string(3, {
    doc: "Its address inside the cluster; chosen when left out, None makes the Service headless: DNS answers with the pods themselves.",
  }),
  clusterIPs: list(string, 18, { listType: "atomic", doc: "One address for each family; the first equals clusterIP." }),
  type: string(4, {
    goType: "v1.ServiceType",
    enum: ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"],
    doc: "ClusterIP (inside the cluster), NodePort (a port of every node too), LoadBalancer (an address outside too) or ExternalName (an alias in DNS).",
  }),
  externalIPs: list(string, 5, {
    listType: "atomic",
    doc: "Addresses whose traffic the nodes take as well, if it gets there. They can take over traffic of others: refused unless allowed.",
  }),
  sessionAffinity: string(7, {
    goType: "v1.ServiceAffinity",
    enum: ["ClientIP", "None"],
    doc: "ClientIP keeps a client with one pod; None (the default) does not.",
  }),
  loadBalancerIP: string(8, { doc: "A wish for the load balancer's address; deprecated." }),
  loadBalancerSourceRanges: list(string, 9, { listType: "atomic", doc: "The only ranges that may use the load balancer." }),
  externalName: string(10, { doc: "For type ExternalName, the DNS name that is meant." }),
  externalTrafficPolicy: string(11, {
    goType: "v1.ServiceExternalTrafficPolicy",
    enum: ["Cluster", "Local"],
    doc: "Cluster (the default) spreads outside traffic over all nodes; Local keeps it on the node where it came in and keeps the client's address.",
  }),
  healthCheckNodePort: int32(12, { doc: "For policy Local, the port at which a node tells whether it has pods." }),
  publishNotReadyAddresses: bool(13, { doc: "DNS and endpoints name pods even before they are ready." }),
  sessionAffinityConfig: ref(SessionAffinityConfig, 14, { pointer: true, doc: "How long affinity lasts." }),
  ipFamilies: list(string, 19, {
    goType: "v1.IPFamily",
    enum: ["", "IPv4", "IPv6"],
    listType: "atomic",
    doc: "IPv4, IPv6 or both, in this order.",
  }),
  ipFamilyPolicy: string(17, {
    goType: "v1.IPFamilyPolicy",
    pointer: true,
    enum: ["PreferDualStack", "RequireDualStack", "SingleStack"],
    doc: "SingleStack (the default), PreferDualStack or RequireDualStack.",
  }),
  allocateLoadBalancerNodePorts: bool(20, {
    pointer: true,
    doc: "Whether a load balancer's Service gets node ports as well; true by default.",
  }),
  loadBalancerClass: string(21, { pointer: true, doc: "Which load balancer shall serve it; the default one when left out." }),
  internalTrafficPolicy: string(22, {
    goType: "v1.ServiceInternalTrafficPolicy",
    pointer: true,
    enum: ["Cluster", "Local"],
    doc: "Cluster (the default), or Local: only to pods of the same node.",
  }),
  trafficDistribution: string(23, { pointer: true, doc: "PreferSameZone or PreferSameNode: nearby pods first, while there are any." }),
});
export interface ServiceSpec extends Infer<typeof ServiceSpec> {}

export const PortStatus = struct("io.k8s.api.core.v1.PortStatus", "How a port of a load balancer stands.", {
  port: int32(1, { always: true, required: true, doc: "The port." }),
  protocol: string(2, { goType: "v1.Protocol", always: true, required: true, enum: ["SCTP", "TCP", "UDP"], doc: "TCP, UDP or SCTP." }),
  error: string(3, { pointer: true, doc: "Why it does not work, if it does not." }),
});
export interface PortStatus extends Infer<typeof PortStatus> {}

export const LoadBalancerIngress = struct("io.k8s.api.core.v1.LoadBalancerIngress", "An address at which a load balancer answers.", {
  ip: string(1, { doc: "Its IP address." }),
  hostname: string(2, { doc: "Its DNS name, for balancers that have one." }),
  ipMode: string(3, {
    goType: "v1.LoadBalancerIPMode",
    pointer: true,
    doc: "VIP: packets arrive with the balancer's address as destination; Proxy: with the node's or the pod's.",
  }),
  ports: list(PortStatus, 4, { listType: "atomic", doc: "How each port stands." }),
});
export interface LoadBalancerIngress extends Infer<typeof LoadBalancerIngress> {}

export const LoadBalancerStatus = struct("io.k8s.api.core.v1.LoadBalancerStatus", "Where a load balancer answers.", {
  ingress: list(LoadBalancerIngress, 1, { listType: "atomic", doc: "Its addresses; traffic to any of them is for the Service." }),
});
export interface LoadBalancerStatus extends Infer<typeof LoadBalancerStatus> {}

export const ServiceStatus = struct("io.k8s.api.core.v1.ServiceStatus", "How a Service stands.", {
  loadBalancer: ref(LoadBalancerStatus, 1, { doc: "Where its load balancer answers." }),
  conditions: list(Condition, 2, {
    patchStrategy: "merge",
    patchMergeKey: "type",
    listType: "map",
    listMapKeys: ["type"],
    doc: "Statements about it.",
  }),
});
export interface ServiceStatus extends Infer<typeof ServiceStatus> {}

export const Service = kind("io.k8s.api.core.v1.Service", "A lasting name and address for a set of pods.", {
  metadata: ref(ObjectMeta, 1, { doc: "Name, namespace, labels and everything else that every object has." }),
  spec: ref(ServiceSpec, 2, { doc: "What is wanted." }),
  status: ref(ServiceStatus, 3, { doc: "What was last seen; written by the system." }),
});
export interface Service extends Infer<typeof Service> {}

export const ServiceList = kind("io.k8s.api.core.v1.ServiceList", "A list of Service objects.", {
  metadata: ref(ListMeta, 1, { doc: "The version of the list, and where its next page begins." }),
  items: list(Service, 2, { always: true, required: true, doc: "The objects." }),
});
export interface ServiceList extends Infer<typeof ServiceList> {}

export const services = resource<Service>(Service, {
  group: "",
  version: "v1",
  resource: "services",
  singular: "service",
  namespaced: true,
  verbs: ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
  shortNames: ["svc"],
  categories: ["all"],
  subresources: [
    { name: "proxy", kind: "ServiceProxyOptions", verbs: ["create", "delete", "get", "patch", "update"] },
    { name: "status", kind: "Service", verbs: ["get", "patch", "update"] },
  ],
  storagePrefix: "/registry/services/specs/",
  columns: [
    { name: "Name", type: "string", format: "name" },
    { name: "Type", type: "string" },
    { name: "Cluster-IP", type: "string" },
    { name: "External-IP", type: "string" },
    { name: "Port(s)", type: "string" },
    { name: "Age", type: "string" },
    { name: "Selector", type: "string", priority: 1 },
  ],
});
