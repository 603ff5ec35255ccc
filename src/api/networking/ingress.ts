/** Declarations of ServiceBackendPort, IngressServiceBackend, IngressBackend, IngressTLS, HTTPIngressPath, HTTPIngressRuleValue, IngressRul. */

import { TypedLocalObjectReference } from "../core/references.ts";
import { ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { embed, type Infer, int32, kind, list, ref, string, struct } from "../schema.ts";

export const ServiceBackendPort = struct("io.k8s.api.networking.v1.ServiceBackendPort", {
  name: string(1),
  number: int32(2),
});
export interface ServiceBackendPort extends Infer<typeof ServiceBackendPort> {}

export const IngressServiceBackend = struct("io.k8s.api.networking.v1.IngressServiceBackend", {
  name: string(1, { always: true, required: true }),
  port: ref(ServiceBackendPort, 2),
});
export interface IngressServiceBackend extends Infer<typeof IngressServiceBackend> {}

export const IngressBackend = struct("io.k8s.api.networking.v1.IngressBackend", {
  service: ref(IngressServiceBackend, 4, { pointer: true }),
  resource: ref(TypedLocalObjectReference, 3, { pointer: true }),
});
export interface IngressBackend extends Infer<typeof IngressBackend> {}

export const IngressTLS = struct("io.k8s.api.networking.v1.IngressTLS", {
  hosts: list(string, 1, { listType: "atomic" }),
  secretName: string(2),
});
export interface IngressTLS extends Infer<typeof IngressTLS> {}

export const HTTPIngressPath = struct("io.k8s.api.networking.v1.HTTPIngressPath", {
  path: string(1),
  pathType: string(3, { pointer: true, always: true, required: true, enum: ["Exact", "ImplementationSpecific", "Prefix"] }),
  backend: ref(IngressBackend, 2, { always: true, required: true }),
});
export interface HTTPIngressPath extends Infer<typeof HTTPIngressPath> {}

export const HTTPIngressRuleValue = struct("io.k8s.api.networking.v1.HTTPIngressRuleValue", {
  paths: list(HTTPIngressPath, 1, { always: true, required: true, listType: "atomic" }),
});
export interface HTTPIngressRuleValue extends Infer<typeof HTTPIngressRuleValue> {}

export const IngressRuleValue = struct("io.k8s.api.networking.v1.IngressRuleValue", {
  http: ref(HTTPIngressRuleValue, 1, { pointer: true }),
});
export interface IngressRuleValue extends Infer<typeof IngressRuleValue> {}

export const IngressRule = struct("io.k8s.api.networking.v1.IngressRule", {
  host: string(1),
  "...IngressRuleValue": embed(IngressRuleValue, 2),
});
export interface IngressRule extends Infer<typeof IngressRule> {}

export const IngressSpec = struct("io.k8s.api.networking.v1.IngressSpec", {
  ingressClassName: string(4, { pointer: true }),
  defaultBackend: ref(IngressBackend, 1, { pointer: true }),
  tls: list(IngressTLS, 2, { listType: "atomic" }),
  rules: list(IngressRule, 3, { listType: "atomic" }),
});
export interface IngressSpec extends Infer<typeof IngressSpec> {}

export const IngressPortStatus = struct("io.k8s.api.networking.v1.IngressPortStatus", {
  port: int32(1, { always: true, required: true }),
  protocol: string(2, { always: true, required: true, enum: ["SCTP", "TCP", "UDP"] }),
  error: string(3, { pointer: true }),
});
export interface IngressPortStatus extends Infer<typeof IngressPortStatus> {}

export const IngressLoadBalancerIngress = struct("io.k8s.api.networking.v1.IngressLoadBalancerIngress", {
  ip: string(1),
  hostname: string(2),
  ports: list(IngressPortStatus, 4, { listType: "atomic" }),
});
export interface IngressLoadBalancerIngress extends Infer<typeof IngressLoadBalancerIngress> {}

export const IngressLoadBalancerStatus = struct("io.k8s.api.networking.v1.IngressLoadBalancerStatus", {
  ingress: list(IngressLoadBalancerIngress, 1, { listType: "atomic" }),
});
export interface IngressLoadBalancerStatus extends Infer<typeof IngressLoadBalancerStatus> {}

export const IngressStatus = struct("io.k8s.api.networking.v1.IngressStatus", {
  loadBalancer: ref(IngressLoadBalancerStatus, 1),
});
export interface IngressStatus extends Infer<typeof IngressStatus> {}

export const Ingress = kind("io.k8s.api.networking.v1.Ingress", {
  metadata: ref(ObjectMeta, 1),
  spec: ref(IngressSpec, 2),
  status: ref(IngressStatus, 3),
});
export interface Ingress extends Infer<typeof Ingress> {}

export const IngressList = kind("io.k8s.api.networking.v1.IngressList", {
  metadata: ref(ListMeta, 1),
  items: list(Ingress, 2, { always: true, required: true }),
});
export interface IngressList extends Infer<typeof IngressList> {}

export const ingresses = resource<Ingress>(Ingress, {
  group: "networking.k8s.io",
  version: "v1",
  resource: "ingresses",
  singular: "ingress",
  namespaced: true,
  verbs: ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
  shortNames: ["ing"],
  subresources: [{ name: "status", kind: "Ingress", verbs: ["get", "patch", "update"] }],
  storagePrefix: "/registry/ingress/",
  columns: [
    { name: "Name", type: "string", format: "name" },
    { name: "Class", type: "string" },
    { name: "Hosts", type: "string" },
    { name: "Address", type: "string" },
    { name: "Ports", type: "string" },
    { name: "Age", type: "string" },
  ],
});
