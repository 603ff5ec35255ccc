/** Declarations of ServicePort, ClientIPConfig, SessionAffinityConfig, ServiceSpec, PortStatus, LoadBalancerIngress, LoadBalancerStatus, Se. */

import { Condition, ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { bool, type Infer, int32, intOrString, kind, list, map, ref, string, struct } from "../schema.ts";

export const ServicePort = struct("io.k8s.api.core.v1.ServicePort", {
  name: string(1),
  protocol: string(2, { default: "TCP", enum: ["SCTP", "TCP", "UDP"] }),
  appProtocol: string(6, { pointer: true }),
  port: int32(3, { always: true, required: true }),
  targetPort: intOrString(4),
  nodePort: int32(5),
});
export interface ServicePort extends Infer<typeof ServicePort> {}

export const ClientIPConfig = struct("io.k8s.api.core.v1.ClientIPConfig", {
  timeoutSeconds: int32(1, { pointer: true }),
});
export interface ClientIPConfig extends Infer<typeof ClientIPConfig> {}

export const SessionAffinityConfig = struct("io.k8s.api.core.v1.SessionAffinityConfig", {
  clientIP: ref(ClientIPConfig, 1, { pointer: true }),
});
export interface SessionAffinityConfig extends Infer<typeof SessionAffinityConfig> {}

export const ServiceSpec = struct("io.k8s.api.core.v1.ServiceSpec", {
  ports: list(ServicePort, 1, { patchStrategy: "merge", patchMergeKey: "port", listType: "map", listMapKeys: ["port", "protocol"] }),
  selector: map(string, 2, { mapType: "atomic" }),
  clusterIP: string(3),
  clusterIPs: list(string, 18, { listType: "atomic" }),
  type: string(4, { enum: ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"] }),
  externalIPs: list(string, 5, { listType: "atomic" }),
  sessionAffinity: string(7, { enum: ["ClientIP", "None"] }),
  loadBalancerIP: string(8),
  loadBalancerSourceRanges: list(string, 9, { listType: "atomic" }),
  externalName: string(10),
  externalTrafficPolicy: string(11, { enum: ["Cluster", "Local"] }),
  healthCheckNodePort: int32(12),
  publishNotReadyAddresses: bool(13),
  sessionAffinityConfig: ref(SessionAffinityConfig, 14, { pointer: true }),
  ipFamilies: list(string, 19, { enum: ["", "IPv4", "IPv6"], listType: "atomic" }),
  ipFamilyPolicy: string(17, { pointer: true, enum: ["PreferDualStack", "RequireDualStack", "SingleStack"] }),
  allocateLoadBalancerNodePorts: bool(20, { pointer: true }),
  loadBalancerClass: string(21, { pointer: true }),
  internalTrafficPolicy: string(22, { pointer: true, enum: ["Cluster", "Local"] }),
  trafficDistribution: string(23, { pointer: true }),
});
export interface ServiceSpec extends Infer<typeof ServiceSpec> {}

export const PortStatus = struct("io.k8s.api.core.v1.PortStatus", {
  port: int32(1, { always: true, required: true }),
  protocol: string(2, { always: true, required: true, enum: ["SCTP", "TCP", "UDP"] }),
  error: string(3, { pointer: true }),
});
export interface PortStatus extends Infer<typeof PortStatus> {}

export const LoadBalancerIngress = struct("io.k8s.api.core.v1.LoadBalancerIngress", {
  ip: string(1),
  hostname: string(2),
  ipMode: string(3, { pointer: true }),
  ports: list(PortStatus, 4, { listType: "atomic" }),
});
export interface LoadBalancerIngress extends Infer<typeof LoadBalancerIngress> {}

export const LoadBalancerStatus = struct("io.k8s.api.core.v1.LoadBalancerStatus", {
  ingress: list(LoadBalancerIngress, 1, { listType: "atomic" }),
});
export interface LoadBalancerStatus extends Infer<typeof LoadBalancerStatus> {}

export const ServiceStatus = struct("io.k8s.api.core.v1.ServiceStatus", {
  loadBalancer: ref(LoadBalancerStatus, 1),
  conditions: list(Condition, 2, { patchStrategy: "merge", patchMergeKey: "type", listType: "map", listMapKeys: ["type"] }),
});
export interface ServiceStatus extends Infer<typeof ServiceStatus> {}

export const Service = kind("io.k8s.api.core.v1.Service", {
  metadata: ref(ObjectMeta, 1),
  spec: ref(ServiceSpec, 2),
  status: ref(ServiceStatus, 3),
});
export interface Service extends Infer<typeof Service> {}

export const ServiceList = kind("io.k8s.api.core.v1.ServiceList", {
  metadata: ref(ListMeta, 1),
  items: list(Service, 2, { always: true, required: true }),
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
