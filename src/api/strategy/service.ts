/** Services: a change of type drops what only the old type needed, unless the client changed that too. */
import { semanticEqual } from "../semantic-equal.ts";
import { type AnyObject, restore, type Strategy } from "./strategy.ts";

export const serviceStrategy: Strategy = {
  allowCreateOnUpdate: true,
  allowUnconditionalUpdate: true,
  prepareForCreate(service) {
    service.status = { loadBalancer: {} };
  },
  prepareForUpdate(service, old) {
    restore(service, old, "status");
    dropTypeDependentFields(service, old);
  },
  prepareForSubresource: {
    status(service, old) {
      restore(service, old, "spec");
    },
  },
  resetFields: { "": [["status"]], status: [["spec"]] },
};

function dropTypeDependentFields(service: AnyObject, old: AnyObject): void {
  const to = (service.spec ??= {});
  const from = old.spec ?? {};
  const needsAddress = (spec: AnyObject) => spec.type !== "ExternalName";
  const needsNodePort = (spec: AnyObject) => spec.type === "NodePort" || spec.type === "LoadBalancer";
  const needsHealthPort = (spec: AnyObject) => spec.type === "LoadBalancer" && spec.externalTrafficPolicy === "Local";
  const same = (...keys: string[]) => keys.every((key) => semanticEqual(to[key], from[key]));
  if (needsAddress(from) && !needsAddress(to)) {
    if (same("clusterIP", "clusterIPs")) {
      delete to.clusterIP;
      delete to.clusterIPs;
    }
    if (same("ipFamilies")) delete to.ipFamilies;
    if (same("ipFamilyPolicy")) delete to.ipFamilyPolicy;
  }
  if (needsNodePort(from) && !needsNodePort(to)) {
    const had = new Set((from.ports ?? []).map((port: AnyObject) => port.nodePort));
    if ((to.ports ?? []).every((port: AnyObject) => !port.nodePort || had.has(port.nodePort)))
      for (const port of to.ports ?? []) delete port.nodePort;
  }
  if (needsHealthPort(from) && !needsHealthPort(to) && same("healthCheckNodePort")) delete to.healthCheckNodePort;
  if (from.type === "LoadBalancer" && to.type !== "LoadBalancer") {
    if (same("allocateLoadBalancerNodePorts")) delete to.allocateLoadBalancerNodePorts;
    if (same("loadBalancerClass")) delete to.loadBalancerClass;
  }
  if (isExternal(from) && !isExternal(to) && same("externalTrafficPolicy")) delete to.externalTrafficPolicy;
  if (to.type !== "LoadBalancer") service.status = { ...service.status, loadBalancer: {} };
}

/** Reached from outside the cluster. */
export function isExternal(spec: AnyObject): boolean {
  return spec.type === "LoadBalancer" || spec.type === "NodePort" || (spec.type === "ClusterIP" && (spec.externalIPs?.length ?? 0) > 0);
}
