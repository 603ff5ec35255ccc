/** Declarations of ServiceBackendPort, IngressServiceBackend, IngressBackend, IngressTLS, HTTPIngressPath, HTTPIngressRuleValue, IngressRul. */

import { TypedLocalObjectReference } from "../core/references.ts";
import { ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { embed, type Infer, int32, kind, list, ref, string, struct } from "../schema.ts";

export const ServiceBackendPort = struct("io.k8s.api.networking.v1.ServiceBackendPort", "A port of a Service: by name or number.", {
  name: string(1, { doc: "Its name." }),
  number: int32(2, { doc: "Its number." }),
});
export interface ServiceBackendPort extends Infer<typeof ServiceBackendPort> {}

export const IngressServiceBackend = struct("io.k8s.api.networking.v1.IngressServiceBackend", "A Service and its port.", {
  name: string(1, { always: true, required: true, doc: "The Service, of the same namespace." }),
  port: ref(ServiceBackendPort, 2, { doc: "The port." }),
});
export interface IngressServiceBackend extends Infer<typeof IngressServiceBackend> {}

export const IngressBackend = struct("io.k8s.api.networking.v1.IngressBackend", "Where requests go: service or resource.", {
  service: ref(IngressServiceBackend, 4, { pointer: true, doc: "A Service." }),
  resource: ref(TypedLocalObjectReference, 3, { pointer: true, doc: "Another object of the namespace." }),
});
export interface IngressBackend extends Infer<typeof IngressBackend> {}

export const IngressTLS = struct("io.k8s.api.networking.v1.IngressTLS", "A certificate and the hosts that it is for.", {
  hosts: list(string, 1, { listType: "atomic", doc: "The hosts; those of the certificate when left out." }),
  secretName: string(2, { doc: "The Secret with tls.crt and tls.key." }),
});
export interface IngressTLS extends Infer<typeof IngressTLS> {}

export const HTTPIngressPath = struct("io.k8s.api.networking.v1.HTTPIngressPath", "A path and where its requests go.", {
  path: string(1, { doc: "The path; begins with /." }),
  pathType: string(3, {
    goType: "v1.PathType",
    pointer: true,
    always: true,
    required: true,
    enum: ["Exact", "ImplementationSpecific", "Prefix"],
    doc: "Exact, Prefix (by whole parts between slashes) or ImplementationSpecific.",
  }),
  backend: ref(IngressBackend, 2, { always: true, required: true, doc: "Where they go." }),
});
export interface HTTPIngressPath extends Infer<typeof HTTPIngressPath> {}

export const HTTPIngressRuleValue = struct("io.k8s.api.networking.v1.HTTPIngressRuleValue", "Paths of a host.", {
  paths: list(HTTPIngressPath, 1, { always: true, required: true, listType: "atomic", doc: "The paths; the longest that matches wins." }),
});
export interface HTTPIngressRuleValue extends Infer<typeof HTTPIngressRuleValue> {}

export const IngressRuleValue = struct("io.k8s.api.networking.v1.IngressRuleValue", "What the rules are.", {
  http: ref(HTTPIngressRuleValue, 1, { pointer: true, doc: "Paths of HTTP." }),
});
export interface IngressRuleValue extends Infer<typeof IngressRuleValue> {}

export const IngressRule = struct("io.k8s.api.networking.v1.IngressRule", "Rules for one host.", {
  host: string(1, { doc: "The host name, or a wildcard such as *.example.com for one label; all hosts when left out." }),
  "...IngressRuleValue": embed(IngressRuleValue, 2),
});
export interface IngressRule extends Infer<typeof IngressRule> {}

export const IngressSpec = struct("io.k8s.api.networking.v1.IngressSpec", "Hosts, paths and certificates.", {
  ingressClassName: string(4, { pointer: true, doc: "The class of the controller that serves it; the default class when left out." }),
  defaultBackend: ref(IngressBackend, 1, { pointer: true, doc: "Where requests go that no rule matches." }),
  tls: list(IngressTLS, 2, { listType: "atomic", doc: "Certificates by host." }),
  rules: list(IngressRule, 3, { listType: "atomic", doc: "Paths by host." }),
});
export interface IngressSpec extends Infer<typeof IngressSpec> {}

export const IngressPortStatus = struct("io.k8s.api.networking.v1.IngressPortStatus", "How a port stands.", {
  port: int32(1, { always: true, required: true, doc: "The port." }),
  protocol: string(2, { goType: "v1.Protocol", always: true, required: true, enum: ["SCTP", "TCP", "UDP"], doc: "TCP, UDP or SCTP." }),
  error: string(3, { pointer: true, doc: "Why it does not work, if it does not." }),
});
export interface IngressPortStatus extends Infer<typeof IngressPortStatus> {}

export const IngressLoadBalancerIngress = struct(
  "io.k8s.api.networking.v1.IngressLoadBalancerIngress",
  "An address at which an Ingress answers.",
  {
    ip: string(1, { doc: "Its IP address." }),
    hostname: string(2, { doc: "Its DNS name." }),
    ports: list(IngressPortStatus, 4, { listType: "atomic", doc: "How each port stands." }),
  },
);
export interface IngressLoadBalancerIngress extends Infer<typeof IngressLoadBalancerIngress> {}

export const IngressLoadBalancerStatus = struct("io.k8s.api.networking.v1.IngressLoadBalancerStatus", "Where an Ingress answers.", {
  ingress: list(IngressLoadBalancerIngress, 1, { listType: "atomic", doc: "Its addresses." }),
});
export interface IngressLoadBalancerStatus extends Infer<typeof IngressLoadBalancerStatus> {}

export const IngressStatus = struct("io.k8s.api.networking.v1.IngressStatus", "How an Ingress stands.", {
  loadBalancer: ref(IngressLoadBalancerStatus, 1, { doc: "Where it answers." }),
});
export interface IngressStatus extends Infer<typeof IngressStatus> {}

export const Ingress = kind(
  "io.k8s.api.networking.v1.Ingress",
  "Leads HTTP requests from outside to Services, by host and path, and ends TLS.",
  {
    metadata: ref(ObjectMeta, 1, { doc: "Name, namespace, labels and everything else that every object has." }),
    spec: ref(IngressSpec, 2, { doc: "What is wanted." }),
    status: ref(IngressStatus, 3, { doc: "What was last seen; written by the system." }),
  },
);
export interface Ingress extends Infer<typeof Ingress> {}

export const IngressList = kind("io.k8s.api.networking.v1.IngressList", "A list of Ingress objects.", {
  metadata: ref(ListMeta, 1, { doc: "The version of the list, and where its next page begins." }),
  items: list(Ingress, 2, { always: true, required: true, doc: "The objects." }),
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
