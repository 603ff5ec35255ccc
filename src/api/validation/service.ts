/** Services and the endpoints behind them. */
import { isIP } from "node:net";
import { checkDns1123Label, checkPortNumber } from "#codec/mod.ts";
import { isExternal } from "../strategy/service.ts";
import type { AnyObject } from "../strategy/strategy.ts";
import { immutable, labelName, subdomainName, validateLabels } from "./object-meta.ts";
import { cidr, dnsLabel, dnsSubdomain, ipAddress, oneOf, portNumberOrName, qualifiedName } from "./primitives.ts";
import type { Problems } from "./problems.ts";
import type { KindRules } from "./rules.ts";

const protocols = ["SCTP", "TCP", "UDP"];
const isHeadless = ({ clusterIPs }: AnyObject) => clusterIPs?.length === 1 && clusterIPs[0] === "None";

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
  oneOf(spec.sessionAffinity, ["ClientIP", "None"], "spec.sessionAffinity", problems);
  if (spec.sessionAffinity === "ClientIP") validateAffinityConfig(spec.sessionAffinityConfig, problems);
  else if (spec.sessionAffinity === "None" && spec.sessionAffinityConfig)
    problems.forbidden("spec.sessionAffinityConfig", "must not be set when session affinity is None");
  validateClusterIps(spec, problems);
  for (const [i, ip] of (spec.externalIPs ?? []).entries()) {
    const at = `spec.externalIPs[${i}]`;
    if (isIP(ip) === 0) ipAddress(ip, at, problems);
    else validateEndpointIp(ip, at, problems);
  }
  oneOf(type, ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"], "spec.type", problems);
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
  if (spec.loadBalancerClass !== undefined) {
    if (type !== "LoadBalancer") problems.forbidden("spec.loadBalancerClass", "may only be used when `type` is 'LoadBalancer'");
    else qualifiedName(spec.loadBalancerClass, "spec.loadBalancerClass", problems);
  }
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

function validateClusterIps(spec: AnyObject, problems: Problems): void {
  if (spec.type === "ExternalName") return;
  const addresses: string[] = spec.clusterIPs ?? [];
  if (spec.clusterIP) {
    if (addresses.length === 0) problems.required("spec.clusterIPs");
    else if (addresses[0] !== spec.clusterIP) problems.invalid("spec.clusterIPs", addresses, "first value must match `clusterIP`");
  } else if (addresses.length > 0) problems.invalid("spec.clusterIPs", addresses, "must be empty when `clusterIP` is not specified");
  const families: string[] = spec.ipFamilies ?? [];
  for (const [i, family] of families.entries()) {
    if (family !== "IPv4" && family !== "IPv6") problems.notSupported(`spec.ipFamilies[${i}]`, family, ["IPv4", "IPv6"]);
    if (families.indexOf(family) < i) problems.duplicate(`spec.ipFamilies[${i}]`, family);
  }
  const policies = ["PreferDualStack", "RequireDualStack", "SingleStack"];
  if (spec.ipFamilyPolicy !== undefined && !policies.includes(spec.ipFamilyPolicy))
    problems.notSupported("spec.ipFamilyPolicy", spec.ipFamilyPolicy, policies);
  let bad = false;
  for (const [i, address] of addresses.entries()) {
    if (i === 0 && address === "None") {
      if (addresses.length > 1) {
        bad = true;
        problems.invalid("spec.clusterIPs", addresses, "'None' must be the first and only value");
      }
      continue;
    }
    if (isIP(address) === 0) bad = true;
    ipAddress(address, `spec.clusterIPs[${i}]`, problems);
  }
  if (addresses.length > 2) problems.invalid("spec.clusterIPs", addresses, "may only hold up to 2 values");
  if (bad) return;
  if (addresses.length > 1 && new Set(addresses.map((address) => isIP(address))).size < 2)
    problems.invalid("spec.clusterIPs", addresses, "may specify no more than one IP for each IP family");
  if (!isHeadless(spec))
    for (const [i, address] of addresses.slice(0, families.length).entries()) {
      const family = isIP(address) === 6 ? "IPv6" : "IPv4";
      if (family !== families[i])
        problems.invalid(`spec.clusterIPs[${i}]`, address, `expected an ${families[i]} value as indicated by \`ipFamilies[${i}]\``);
    }
}

function validateTraffic(spec: AnyObject, problems: Problems): void {
  const { externalTrafficPolicy = "", healthCheckNodePort = 0, internalTrafficPolicy, trafficDistribution } = spec;
  if (!isExternal(spec)) {
    if (externalTrafficPolicy)
      problems.invalid("spec.externalTrafficPolicy", externalTrafficPolicy, "may only be set for externally-accessible services");
  } else oneOf(externalTrafficPolicy, ["Cluster", "Local"], "spec.externalTrafficPolicy", problems);
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

export const serviceRules: KindRules = {
  name: labelName,
  create: validateService,
  update(service, old, problems) {
    validateAddressChange(service.spec ?? {}, old.spec ?? {}, problems);
    const [to, from] = [service.spec ?? {}, old.spec ?? {}];
    if (from.type === "LoadBalancer" && to.type === "LoadBalancer" && to.loadBalancerClass !== from.loadBalancerClass)
      problems.invalid("spec.loadBalancerClass", to.loadBalancerClass ?? null, "may not change once set");
    validateService(service, problems);
  },
};

function validateAddressChange(to: AnyObject, from: AnyObject, problems: Problems): void {
  if (to.type === "ExternalName" || from.type === "ExternalName") return;
  if (isHeadless(to) && isHeadless(from)) return;
  const after: string[] = to.clusterIPs ?? [];
  const before: string[] = from.clusterIPs ?? [];
  const changed = (i: number) => problems.invalid(`spec.clusterIPs[${i}]`, after, "may not change once set");
  if (before.length === after.length) {
    for (const [i, address] of before.entries()) if (address !== after[i]) changed(i);
  } else if (before.length > after.length) {
    if (after.length === 0) problems.invalid("spec.clusterIPs[0]", after, "primary clusterIP can not be unset");
    if (after.length > 0 && after[0] !== before[0]) changed(0);
    if (after.length === 1 && to.ipFamilyPolicy !== "SingleStack")
      problems.invalid("spec.ipFamilyPolicy", to.ipFamilyPolicy, "must be set to 'SingleStack' when releasing the secondary clusterIP");
  } else if (before.length > 0 && after[0] !== before[0]) changed(0);
  const families: string[] = to.ipFamilies ?? [];
  const oldFamilies: string[] = from.ipFamilies ?? [];
  if (oldFamilies.length > 0 && families.length > 0 && families[0] !== oldFamilies[0])
    problems.invalid("spec.ipFamilies[0]", families, "may not change once set");
}

/** Addresses that no endpoint may have. */
export function validateEndpointIp(address: string, at: string, problems: Problems): void {
  if (isIP(address) === 0) return problems.invalid(at, address, "must be a valid IP address");
  const first = Number(address.split(".")[0]);
  const lower = address.toLowerCase();
  if (address === "0.0.0.0" || lower === "::") problems.invalid(at, address, "may not be unspecified (0.0.0.0 or ::)");
  if (first === 127 || lower === "::1") problems.invalid(at, address, "may not be in the loopback range (127.0.0.0/8, ::1/128)");
  if (address.startsWith("169.254.") || lower.startsWith("fe80:"))
    problems.invalid(at, address, "may not be in the link-local range (169.254.0.0/16, fe80::/10)");
  if (address.startsWith("224.0.0.") || lower.startsWith("ff02:"))
    problems.invalid(at, address, "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)");
}

function validateSubsets({ subsets = [] }: AnyObject, problems: Problems): void {
  for (const [s, subset] of subsets.entries()) {
    const at = `subsets[${s}]`;
    if (!subset.addresses?.length && !subset.notReadyAddresses?.length)
      problems.required(at, "must specify `addresses` or `notReadyAddresses`");
    for (const list of ["addresses", "notReadyAddresses"])
      for (const [i, address] of (subset[list] ?? []).entries()) {
        ipAddress(address.ip ?? "", `${at}.${list}[${i}].ip`, problems);
        validateEndpointIp(address.ip ?? "", `${at}.${list}[${i}].ip`, problems);
        if (address.hostname) dnsLabel(address.hostname, `${at}.${list}[${i}].hostname`, problems);
        if (address.nodeName !== undefined) dnsSubdomain(address.nodeName, `${at}.${list}[${i}].nodeName`, problems);
      }
    const ports: AnyObject[] = subset.ports ?? [];
    for (const [i, port] of ports.entries()) {
      const where = `${at}.ports[${i}]`;
      if (ports.length > 1 && !port.name) problems.required(`${where}.name`);
      else if (port.name) dnsLabel(port.name, `${where}.name`, problems);
      problems.invalids(`${where}.port`, port.port ?? 0, checkPortNumber(port.port ?? 0));
      oneOf(port.protocol, protocols, `${where}.protocol`, problems);
    }
  }
}

export const endpointsRules: KindRules = {
  name: subdomainName,
  create: validateSubsets,
  update: (endpoints, _old, problems) => validateSubsets(endpoints, problems),
};

function validateSlice(slice: AnyObject, problems: Problems): void {
  const types = ["FQDN", "IPv4", "IPv6"];
  const addressType: string = slice.addressType ?? "";
  const endpoints: AnyObject[] = slice.endpoints ?? [];
  const ports: AnyObject[] = slice.ports ?? [];
  if (!addressType) problems.required("addressType");
  else if (!types.includes(addressType)) problems.notSupported("addressType", addressType, types);
  if (endpoints.length > 1000) problems.tooMany("endpoints", endpoints.length, 1000);
  for (const [i, endpoint] of endpoints.entries()) {
    const at = `endpoints[${i}]`;
    const addresses: string[] = endpoint.addresses ?? [];
    if (addresses.length === 0) problems.required(`${at}.addresses`, "must contain at least 1 address");
    else if (addresses.length > 100) problems.tooMany(`${at}.addresses`, addresses.length, 100);
    for (const [a, address] of addresses.entries()) {
      const where = `${at}.addresses[${a}]`;
      if (addressType === "FQDN") dnsSubdomain(address, where, problems);
      else if (types.includes(addressType)) {
        const family = isIP(address);
        if (family === 0) ipAddress(address, where, problems);
        else {
          if (family !== (addressType === "IPv4" ? 4 : 6))
            problems.invalid(`${at}.addresses`, address, `must be an ${addressType} address`);
          validateEndpointIp(address, where, problems);
        }
      }
    }
    if (endpoint.hostname !== undefined) problems.invalids(`${at}.hostname`, endpoint.hostname, checkDns1123Label(endpoint.hostname));
    if (endpoint.nodeName !== undefined) dnsSubdomain(endpoint.nodeName, `${at}.nodeName`, problems);
  }
  if (ports.length > 20000) problems.tooMany("ports", ports.length, 20000);
  const names = new Set<string>();
  for (const [i, port] of ports.entries()) {
    const at = `ports[${i}]`;
    const name = port.name ?? "";
    if (name) dnsLabel(name, `${at}.name`, problems);
    if (names.has(name)) problems.duplicate(`${at}.name`, name);
    names.add(name);
    oneOf(port.protocol, protocols, `${at}.protocol`, problems);
    if (port.port !== undefined && port.port !== null) problems.invalids(`${at}.port`, port.port, checkPortNumber(port.port));
    if (port.appProtocol !== undefined) qualifiedName(port.appProtocol, `${at}.appProtocol`, problems);
  }
}

export const endpointSliceRules: KindRules = {
  name: subdomainName,
  create: validateSlice,
  update(slice, old, problems) {
    validateSlice(slice, problems);
    immutable(slice.addressType, old.addressType, "addressType", problems);
  },
};
