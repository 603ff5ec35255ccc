/** What the server knows of Service: defaults, what a write may set, what is refused, what tables show. */

import { isIP } from "node:net";
import { checkPortNumber } from "#codec/mod.ts";
import { enumOf } from "../checks/declared.ts";
import { protocols, validateEndpointIp } from "../checks/endpoint-ip.ts";
import { loadBalancerStatus } from "../checks/kinds/statuses.ts";
import { labelName, validateLabels } from "../checks/object-meta.ts";
import { cidr, dnsLabel, dnsSubdomain, ipAddress, oneOf, portNumberOrName, qualifiedName } from "../checks/primitives.ts";
import type { Problems } from "../checks/problems.ts";
import { type AnyObject, rules } from "../rules.ts";
import { fields } from "../select.ts";
import { semanticEqual } from "../semantic-equal.ts";
import { ageOf, joined, mapSelectorText, nameOf, orNone } from "../tables/cells.ts";
import type { Service } from "./service.ts";
import { ServiceSpec } from "./service.ts";
import { checkAddressChange, checkClusterIps, isHeadless, warningsOfAddresses } from "./service-addresses.ts";

const servicePorts = ({ spec }: AnyObject) =>
  joined(
    (spec?.ports ?? []).map(({ port, nodePort, protocol = "TCP" }: AnyObject) =>
      nodePort ? `${port}:${nodePort}/${protocol}` : `${port}/${protocol}`,
    ),
  );

export const serviceRules = rules<Service>({
  warn: warningsOfService,
  names: labelName,
  createOnUpdate: true,
  counts: false,
  status: () => ({ loadBalancer: {} }),
  defaults: (object: Service) => {
    defaultService(object);
    defaultServiceStatus(object);
  },
  prepare: {
    update: dropTypeDependentFields,
  },
  check: {
    create: validateService,
    update(service, old, problems) {
      checkAddressChange(service.spec ?? {}, old.spec ?? {}, problems);
      const [to, from] = [service.spec ?? {}, old.spec ?? {}];
      if (from.type === "LoadBalancer" && to.type === "LoadBalancer" && to.loadBalancerClass !== from.loadBalancerClass)
        problems.invalid("spec.loadBalancerClass", to.loadBalancerClass ?? null, "may not change once set");
      // Upstream looks at it here, and again where it looks at new ones.
      checkClass(to, problems);
      if (needsHealthPort(from) && needsHealthPort(to) && (to.healthCheckNodePort ?? 0) !== (from.healthCheckNodePort ?? 0))
        problems.forbidden("spec.healthCheckNodePort", "field is immutable");
      validateService(service, problems);
    },
    sub: {
      status(service, old, problems) {
        if (service.spec?.type !== "LoadBalancer" && service.status?.loadBalancer?.ingress?.length)
          problems.forbidden("status.loadBalancer.ingress", "may only be used when `spec.type` is 'LoadBalancer'");
        else loadBalancerStatus(service, old, problems, { modes: true });
      },
    },
  },
  cells: (o, now) => [
    nameOf(o),
    o.spec?.type ?? "ClusterIP",
    orNone(o.spec?.clusterIP),
    externalIp(o),
    servicePorts(o),
    ageOf(o, now),
    mapSelectorText(o.spec?.selector),
  ],
  selectable: fields("spec.clusterIP", "spec.type"),
  deletion: { answers: "object" },
});

const needsHealthPort = (spec: AnyObject) => spec.type === "LoadBalancer" && spec.externalTrafficPolicy === "Local";

function checkClass({ type, loadBalancerClass }: AnyObject, problems: Problems): void {
  if (loadBalancerClass === undefined) return;
  if (type !== "LoadBalancer") problems.forbidden("spec.loadBalancerClass", "may only be used when `type` is 'LoadBalancer'");
  else qualifiedName(loadBalancerClass, "spec.loadBalancerClass", problems);
}

function validateService(service: AnyObject, problems: Problems): void {
  const spec = service.spec ?? {};
  const ports: AnyObject[] = spec.ports ?? [];
  const { type = "" } = spec;
  if (ports.length === 0 && !isHeadless(spec) && type !== "ExternalName") problems.required("spec.ports");
  if ((type === "LoadBalancer" || type === "NodePort") && isHeadless(spec))
    problems.invalid("spec.clusterIPs[0]", spec.clusterIPs[0], `may not be set to 'None' for ${type} services`);
  if (type === "ExternalName") {
    for (const key of ["clusterIPs", "ipFamilies", "ipFamilyPolicy"])
      if (spec[key]?.length > 0) problems.forbidden(`spec.${key}`, "may not be set for ExternalName services");
    const name = (spec.externalName ?? "").replace(/\.$/, "");
    if (name) dnsSubdomain(name, "spec.externalName", problems);
    else problems.required("spec.externalName");
  }
  const names = new Set<string>();
  for (const [i, port] of ports.entries()) validatePort(port, `spec.ports[${i}]`, ports.length > 1, names, problems);
  validateLabels(spec.selector, "spec.selector", problems);
  oneOf(spec.sessionAffinity, enumOf(ServiceSpec, "sessionAffinity"), "spec.sessionAffinity", problems);
  if (spec.sessionAffinity === "ClientIP") validateAffinityConfig(spec.sessionAffinityConfig, problems);
  else if (spec.sessionAffinity === "None" && spec.sessionAffinityConfig)
    problems.forbidden("spec.sessionAffinityConfig", "must not be set when session affinity is None");
  checkClusterIps(spec, problems);
  for (const [i, ip] of (spec.externalIPs ?? []).entries()) {
    const at = `spec.externalIPs[${i}]`;
    if (isIP(ip) === 0) ipAddress(ip, at, problems);
    else validateEndpointIp(ip, at, problems);
  }
  oneOf(type, enumOf(ServiceSpec, "type"), "spec.type", problems);
  if (type === "ClusterIP")
    for (const [i, port] of ports.entries())
      if (port.nodePort) problems.forbidden(`spec.ports[${i}].nodePort`, "may not be used when `type` is 'ClusterIP'");
  const nodePorts = new Set<string>();
  for (const [i, port] of ports.entries()) {
    if (!port.nodePort) continue;
    const key = `${port.protocol}/${port.nodePort}`;
    if (nodePorts.has(key)) problems.duplicate(`spec.ports[${i}].nodePort`, port.nodePort);
    nodePorts.add(key);
  }
  const keys = new Set<string>();
  for (const [i, port] of ports.entries()) {
    const key = `${port.protocol}/${port.port}`;
    if (keys.has(key))
      problems.duplicate(`spec.ports[${i}]`, {
        Name: "",
        Protocol: port.protocol,
        AppProtocol: null,
        Port: port.port,
        TargetPort: 0,
        NodePort: 0,
      });
    keys.add(key);
  }
  if (spec.loadBalancerSourceRanges?.length > 0) {
    if (type !== "LoadBalancer") problems.forbidden("spec.LoadBalancerSourceRanges", "may only be used when `type` is 'LoadBalancer'");
    for (const [i, range] of spec.loadBalancerSourceRanges.entries()) cidr(range.trim(), `spec.LoadBalancerSourceRanges[${i}]`, problems);
  }
  if (spec.allocateLoadBalancerNodePorts !== undefined && type !== "LoadBalancer")
    problems.forbidden("spec.allocateLoadBalancerNodePorts", "may only be used when `type` is 'LoadBalancer'");
  if (type === "LoadBalancer" && spec.allocateLoadBalancerNodePorts === undefined) problems.required("allocateLoadBalancerNodePorts");
  checkClass(spec, problems);
  validateTraffic(spec, problems);
}

function validatePort(port: AnyObject, at: string, named: boolean, names: Set<string>, problems: Problems): void {
  if (named && !port.name) problems.required(`${at}.name`);
  else if (port.name) {
    dnsLabel(port.name, `${at}.name`, problems);
    if (names.has(port.name)) problems.duplicate(`${at}.name`, port.name);
    else names.add(port.name);
  }
  problems.invalids(`${at}.port`, port.port ?? 0, checkPortNumber(port.port ?? 0));
  oneOf(port.protocol, protocols, `${at}.protocol`, problems);
  portNumberOrName(port.targetPort, `${at}.targetPort`, problems);
  if (port.appProtocol !== undefined) qualifiedName(port.appProtocol, `${at}.appProtocol`, problems);
}

function validateAffinityConfig(config: AnyObject | undefined, problems: Problems): void {
  const at = "spec.sessionAffinityConfig";
  if (!config) return problems.required(at, "when session affinity type is ClientIP");
  if (!config.clientIP) return problems.required(`${at}.clientIP`, "when session affinity type is ClientIP");
  const seconds = config.clientIP.timeoutSeconds;
  if (seconds === undefined) return problems.required(`${at}.clientIP.timeoutSeconds`, "when session affinity type is ClientIP");
  if (seconds <= 0 || seconds > 86400)
    problems.invalid(`${at}.clientIP.timeoutSeconds`, seconds, "must be greater than 0 and less than 86400");
}

function validateTraffic(spec: AnyObject, problems: Problems): void {
  const { externalTrafficPolicy = "", healthCheckNodePort = 0, internalTrafficPolicy, trafficDistribution } = spec;
  if (!isExternal(spec)) {
    if (externalTrafficPolicy)
      problems.invalid("spec.externalTrafficPolicy", externalTrafficPolicy, "may only be set for externally-accessible services");
  } else oneOf(externalTrafficPolicy, enumOf(ServiceSpec, "externalTrafficPolicy"), "spec.externalTrafficPolicy", problems);
  const needsCheck = spec.type === "LoadBalancer" && externalTrafficPolicy === "Local";
  if (!needsCheck) {
    if (healthCheckNodePort !== 0)
      problems.invalid(
        "spec.healthCheckNodePort",
        healthCheckNodePort,
        "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'",
      );
  } else if (healthCheckNodePort === 0) problems.required("spec.healthCheckNodePort");
  else problems.invalids("spec.healthCheckNodePort", healthCheckNodePort, checkPortNumber(healthCheckNodePort));
  if (internalTrafficPolicy === undefined) {
    if (["NodePort", "LoadBalancer", "ClusterIP"].includes(spec.type)) problems.required("spec.internalTrafficPolicy");
  } else if (!["Cluster", "Local"].includes(internalTrafficPolicy))
    problems.notSupported("spec.internalTrafficPolicy", internalTrafficPolicy, ["Cluster", "Local"]);
  const distributions = ["PreferClose", "PreferSameZone", "PreferSameNode"];
  if (trafficDistribution !== undefined && !distributions.includes(trafficDistribution))
    problems.notSupported("spec.trafficDistribution", trafficDistribution, distributions);
}

function defaultService({ spec }: Service): void {
  if (!spec) return;
  spec.sessionAffinity ||= "None";
  if (spec.sessionAffinity === "None") delete spec.sessionAffinityConfig;
  if (spec.sessionAffinity === "ClientIP") {
    spec.sessionAffinityConfig ??= {};
    spec.sessionAffinityConfig.clientIP ??= {};
    spec.sessionAffinityConfig.clientIP.timeoutSeconds ??= 10_800;
  }
  spec.type ||= "ClusterIP";
  for (const port of spec.ports ?? []) {
    if (!port.targetPort && port.port) port.targetPort = port.port;
  }
  const outside = spec.type === "NodePort" || spec.type === "LoadBalancer";
  const usesClusterIp = outside || spec.type === "ClusterIP";
  if (outside || (usesClusterIp && (spec.externalIPs?.length ?? 0) > 0)) spec.externalTrafficPolicy ||= "Cluster";
  if (usesClusterIp) spec.internalTrafficPolicy ??= "Cluster";
  if (spec.type === "LoadBalancer") spec.allocateLoadBalancerNodePorts ??= true;
}

/** What a Service's status gets on the way out: a load balancer address is a virtual one unless told. */
function defaultServiceStatus({ status }: Service): void {
  for (const ingress of status?.loadBalancer?.ingress ?? []) if (ingress.ip) ingress.ipMode ??= "VIP";
}

function dropTypeDependentFields(service: AnyObject, old: AnyObject): void {
  const to = (service.spec ??= {});
  const from = old.spec ?? {};
  const needsAddress = (spec: AnyObject) => spec.type !== "ExternalName";
  const needsNodePort = (spec: AnyObject) => spec.type === "NodePort" || spec.type === "LoadBalancer";
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

function externalIp({ spec, status }: AnyObject): string {
  const listed: string[] = spec?.externalIPs ?? [];
  switch (spec?.type ?? "ClusterIP") {
    case "LoadBalancer": {
      const given = (status?.loadBalancer?.ingress ?? []).map((one: AnyObject) => one.ip || one.hostname).filter(Boolean);
      const all = [...new Set([...given, ...listed])];
      return all.length ? all.join(",") : "<pending>";
    }
    case "ExternalName":
      return spec.externalName ?? "";
    default:
      return joined(listed);
  }
}

function warningsOfService({ metadata, spec = {} }: Service): string[] {
  const { type, clusterIP, externalIPs = [], loadBalancerIP, sessionAffinity, externalName, trafficDistribution } = spec;
  const warnings: string[] = [];
  if ("service.kubernetes.io/topology-aware-hints" in (metadata.annotations ?? {}))
    warnings.push(
      "annotation service.kubernetes.io/topology-aware-hints is deprecated, please use service.kubernetes.io/topology-mode instead",
    );
  warnings.push(...warningsOfAddresses(spec));
  if (clusterIP === "None") {
    if (loadBalancerIP) warnings.push("spec.loadBalancerIP is ignored for headless services");
    if (externalIPs.length > 0) warnings.push("spec.externalIPs is ignored for headless services");
    if (sessionAffinity && sessionAffinity !== "None") warnings.push("spec.SessionAffinity is ignored for headless services");
  }
  if (externalIPs.length > 0 && clusterIP !== "None" && type !== "ExternalName")
    warnings.push("spec.externalIPs is deprecated and may no longer be implemented in some clusters");
  if (type === "ExternalName" && externalIPs.length > 0) warnings.push('spec.externalIPs is ignored when spec.type is "ExternalName"');
  if (type !== "ExternalName" && externalName) warnings.push('spec.externalName is ignored when spec.type is not "ExternalName"');
  if (trafficDistribution === "PreferClose") warnings.push('spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"');
  return warnings;
}
