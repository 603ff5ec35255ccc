/** The Service that gives a Gateway its address, and the slices that lead it to the ports that are open on this host. Pure. */
import { createHash } from "node:crypto";
import type { EndpointSlice, Service } from "#api/mod.ts";
import { familyOf } from "#base/mod.ts";
import { controllerName, type Gateway } from "./kinds.ts";

const gatewayLabel = "gateway.networking.k8s.io/gateway-name";
const classLabel = "gateway.networking.k8s.io/gateway-class-name";
/** Services that this controller made, whatever else becomes of their Gateway. */
export const ownLabel = { name: "app.kubernetes.io/managed-by", value: "spoke-gateway" };
const mostName = 63;

/** As the Gateway API would have it: the Gateway's name and its class's. */
export function serviceName({ metadata, spec }: Gateway): string {
  const name = `${metadata.name}-${spec.gatewayClassName}`.replaceAll(".", "-");
  if (name.length <= mostName && /^[a-z]/.test(name) && !metadata.name?.includes(".")) return name;
  const id = createHash("sha256")
    .update(name)
    .update(metadata.name ?? "")
    .digest("hex")
    .slice(0, 8);
  return `g-${name.slice(0, mostName - id.length - 3)}-${id}`;
}

function metaOf(gateway: Gateway, name: string) {
  const { labels = {}, annotations } = gateway.spec.infrastructure ?? {};
  return {
    name,
    namespace: gateway.metadata.namespace,
    labels: {
      ...labels,
      [gatewayLabel]: labelValue(gateway.metadata.name ?? ""),
      [classLabel]: labelValue(gateway.spec.gatewayClassName),
      [ownLabel.name]: ownLabel.value,
    },
    ...(annotations ? { annotations } : {}),
    ownerReferences: [
      {
        apiVersion: gateway.apiVersion,
        kind: gateway.kind,
        name: gateway.metadata.name!,
        uid: gateway.metadata.uid!,
        controller: true,
        blockOwnerDeletion: true,
      },
    ],
  };
}

const labelValue = (name: string) => (name.length <= mostName ? name : name.slice(0, mostName).replace(/[^a-z0-9]+$/, ""));

/** Without ports there can be no Service. */
export function serviceOf(gateway: Gateway, ports: readonly number[]): Service | undefined {
  if (ports.length === 0) return undefined;
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: metaOf(gateway, serviceName(gateway)),
    spec: {
      type: "LoadBalancer",
      allocateLoadBalancerNodePorts: false,
      ipFamilyPolicy: "PreferDualStack",
      ports: ports.map((port) => ({ name: portName(port), port, protocol: "TCP" })),
    },
  };
}

const portName = (port: number): string => `port-${port}`;

/** Where a port of a Gateway is answered. */
export interface Opened {
  port: number;
  host: string;
  hostPort: number;
}

/** One of each address of this host. */
export function slicesOf(gateway: Gateway, opened: readonly Opened[]): EndpointSlice[] {
  const name = serviceName(gateway);
  return [...new Set(opened.map(({ host }) => host))].map((host) => {
    const addressType = familyOf(host) === "IPv6" ? "IPv6" : "IPv4";
    const meta = metaOf(gateway, `${name}-${addressType.toLowerCase()}`);
    const labels = {
      ...meta.labels,
      "kubernetes.io/service-name": name,
      "endpointslice.kubernetes.io/managed-by": controllerName.replace("/", "-"),
    };
    return {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: { ...meta, labels },
      addressType,
      endpoints: [{ addresses: [host], conditions: { ready: true } }],
      ports: opened
        .filter((each) => each.host === host)
        .map(({ port, hostPort }) => ({ name: portName(port), port: hostPort, protocol: "TCP" }))
        .sort((a, b) => a.port - b.port),
    };
  });
}
