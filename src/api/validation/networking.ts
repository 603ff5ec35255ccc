/** Ingresses, their classes, and network policies. */
import { BlockList, isIP } from "node:net";
import {
  checkDns1123Label,
  checkDns1123Subdomain,
  checkPathSegment,
  checkPortName,
  checkPortNumber,
  checkWildcardSubdomain,
} from "#codec/mod.ts";
import type { AnyObject } from "../strategy/strategy.ts";
import { immutable, subdomainName, validateObjectMeta } from "./object-meta.ts";
import { cidr, isCidr, validateLabelSelector } from "./primitives.ts";
import type { Problems } from "./problems.ts";
import type { KindRules } from "./rules.ts";

const namespacedMeta = { namespaced: true, name: subdomainName, ofKind: true };

function validateIngress({ spec = {} }: AnyObject, problems: Problems): void {
  if (!spec.rules?.length && !spec.defaultBackend) problems.invalid("spec", null, "either `defaultBackend` or `rules` must be specified");
  if (spec.defaultBackend) validateBackend(spec.defaultBackend, "spec.defaultBackend", problems);
  for (const [i, rule] of (spec.rules ?? []).entries()) {
    const at = `spec.rules[${i}]`;
    if (rule.host) {
      if (isIP(rule.host)) problems.invalid(`${at}.host`, rule.host, "must be a DNS name, not an IP address");
      problems.invalids(
        `${at}.host`,
        rule.host,
        rule.host.includes("*") ? checkWildcardSubdomain(rule.host) : checkDns1123Subdomain(rule.host),
      );
    }
    if (!rule.http) continue;
    if (!rule.http.paths?.length) problems.required(`${at}.http.paths`);
    for (const [p, path] of (rule.http.paths ?? []).entries()) validatePath(path, `${at}.http.paths[${p}]`, problems);
  }
  for (const [i, tls] of (spec.tls ?? []).entries()) {
    for (const [h, host] of (tls.hosts ?? []).entries())
      problems.invalids(
        `spec.tls[${i}].hosts[${h}]`,
        host,
        host.includes("*") ? checkWildcardSubdomain(host) : checkDns1123Subdomain(host),
      );
    if (tls.secretName) problems.invalids(`spec.tls[${i}].secretName`, tls.secretName, checkDns1123Subdomain(tls.secretName));
  }
  if (spec.ingressClassName !== undefined)
    problems.invalids("spec.ingressClassName", spec.ingressClassName, checkDns1123Subdomain(spec.ingressClassName));
}

function validatePath(path: AnyObject, at: string, problems: Problems): void {
  const { pathType, path: text = "", backend } = path;
  if (pathType === undefined) return problems.required(`${at}.pathType`, "pathType must be specified");
  const absolute = () => {
    if (!text.startsWith("/")) problems.invalid(`${at}.path`, text, "must be an absolute path");
  };
  if (pathType === "Exact" || pathType === "Prefix") {
    absolute();
    for (const part of ["//", "/./", "/../", "%2f", "%2F"])
      if (text.includes(part)) problems.invalid(`${at}.path`, text, `must not contain '${part}'`);
    for (const part of ["/..", "/."]) if (text.endsWith(part)) problems.invalid(`${at}.path`, text, `cannot end with '${part}'`);
  } else if (pathType === "ImplementationSpecific") {
    if (text) absolute();
  } else problems.notSupported(`${at}.pathType`, pathType, ["Exact", "ImplementationSpecific", "Prefix"]);
  validateBackend(backend ?? {}, `${at}.backend`, problems);
}

function validateBackend({ resource, service }: AnyObject, at: string, problems: Problems): void {
  if (resource && service) return problems.invalid(at, "", "cannot set both resource and service backends");
  if (resource) return validateReference(resource, `${at}.resource`, problems);
  if (!service) return problems.invalid(at, "", "resource or service backend is required");
  if (!service.name) problems.required(`${at}.service.name`);
  else problems.invalids(`${at}.service.name`, service.name, checkDns1123Label(service.name));
  const { name = "", number = 0 } = service.port ?? {};
  if (name && number) problems.invalid(at, "", "cannot set both port name & port number");
  else if (name) problems.invalids(`${at}.service.port.name`, name, checkPortName(name));
  else if (number) problems.invalids(`${at}.service.port.number`, number, checkPortNumber(number));
  else problems.required(at, "port name or number is required");
}

function validateReference(reference: AnyObject, at: string, problems: Problems): void {
  if (reference.apiGroup !== undefined) problems.invalids(`${at}.apiGroup`, reference.apiGroup, checkDns1123Subdomain(reference.apiGroup));
  for (const key of ["kind", "name"])
    if (!reference[key]) problems.required(`${at}.${key}`);
    else problems.invalids(`${at}.${key}`, reference[key], checkPathSegment(reference[key]));
}

export const ingressRules: KindRules = {
  name: subdomainName,
  create(ingress, problems) {
    validateIngress(ingress, problems);
    const annotation = ingress.metadata.annotations?.["kubernetes.io/ingress.class"];
    const name = ingress.spec?.ingressClassName;
    if (annotation !== undefined && name !== undefined && annotation !== name)
      problems.invalid("annotations.kubernetes.io/ingress.class", annotation, "must match `ingressClassName` when both are specified");
  },
  update(ingress, _old, problems) {
    validateObjectMeta(ingress.metadata, namespacedMeta, problems);
    validateIngress(ingress, problems);
  },
};

function validateIngressClass({ spec = {} }: AnyObject, problems: Problems): void {
  const { controller = "", parameters } = spec;
  if (controller.length > 250) problems.tooLong("spec.controller", 250);
  if (!controller) problems.required("spec.controller");
  else if (!/^[^/]+\/.+$/.test(controller))
    problems.invalid("spec.controller", controller, 'must be a domain-prefixed path (such as "acme.io/foo")');
  else problems.invalids("spec.controller", controller.split("/")[0], checkDns1123Subdomain(controller.split("/")[0]!));
  if (!parameters) return;
  validateReference(parameters, "spec.parameters", problems);
  const at = "spec.parameters";
  if (parameters.scope === undefined) problems.required(`${at}.scope`);
  else if (!["Cluster", "Namespace"].includes(parameters.scope))
    problems.notSupported(`${at}.scope`, parameters.scope, ["Cluster", "Namespace"]);
  if (parameters.scope === "Namespace" && !parameters.namespace)
    problems.required(`${at}.namespace`, "`parameters.scope` is set to 'Namespace'");
  if (parameters.scope === "Cluster" && parameters.namespace !== undefined)
    problems.forbidden(`${at}.namespace`, "`parameters.scope` is set to 'Cluster'");
}

export const ingressClassRules: KindRules = {
  name: subdomainName,
  create: validateIngressClass,
  update(next, old, problems) {
    immutable(next.spec?.controller, old.spec?.controller, "spec.controller", problems, "");
    validateObjectMeta(next.metadata, { namespaced: false, name: subdomainName, ofKind: true }, problems);
    validateIngressClass(next, problems);
  },
};

function validateNetworkPolicy({ spec = {} }: AnyObject, problems: Problems): void {
  validateLabelSelector(spec.podSelector, "spec.podSelector", problems);
  for (const [direction, peers] of [
    ["ingress", "from"],
    ["egress", "to"],
  ] as const)
    for (const [i, rule] of (spec[direction] ?? []).entries()) {
      for (const [p, port] of (rule.ports ?? []).entries()) validatePolicyPort(port, `spec.${direction}[${i}].ports[${p}]`, problems);
      for (const [p, peer] of (rule[peers] ?? []).entries()) validatePeer(peer, `spec.${direction}[${i}].${peers}[${p}]`, problems);
    }
  const types: string[] = spec.policyTypes ?? [];
  if (types.length > 2) problems.invalid("spec.policyTypes", types, "may not specify more than two policyTypes");
  for (const [i, type] of types.entries())
    if (!["Ingress", "Egress"].includes(type)) problems.notSupported(`spec.policyTypes[${i}]`, type, ["Ingress", "Egress"]);
}

function validatePolicyPort({ protocol, port, endPort }: AnyObject, at: string, problems: Problems): void {
  if (protocol !== undefined && !["TCP", "UDP", "SCTP"].includes(protocol))
    problems.notSupported(`${at}.protocol`, protocol, ["TCP", "UDP", "SCTP"]);
  if (typeof port === "number") {
    problems.invalids(`${at}.port`, port, checkPortNumber(port));
    if (endPort === undefined) return;
    if (endPort < port) problems.invalid(`${at}.endPort`, port, "must be greater than or equal to `port`");
    problems.invalids(`${at}.endPort`, endPort, checkPortNumber(endPort));
  } else if (typeof port === "string") {
    if (endPort !== undefined) problems.invalid(`${at}.endPort`, endPort, "may not be specified when `port` is non-numeric");
    problems.invalids(`${at}.port`, port, checkPortName(port));
  } else if (endPort !== undefined) problems.invalid(`${at}.endPort`, endPort, "may not be specified when `port` is not specified");
}

function validatePeer(peer: AnyObject, at: string, problems: Problems): void {
  validateLabelSelector(peer.podSelector, `${at}.podSelector`, problems);
  validateLabelSelector(peer.namespaceSelector, `${at}.namespaceSelector`, problems);
  const count = ["podSelector", "namespaceSelector", "ipBlock"].filter((key) => peer[key]).length;
  if (peer.ipBlock) {
    const block: string = peer.ipBlock.cidr ?? "";
    if (!block) problems.required(`${at}.ipBlock.cidr`);
    cidr(block, `${at}.ipBlock.cidr`, problems);
    if (isCidr(block))
      for (const [i, except] of (peer.ipBlock.except ?? []).entries()) {
        const where = `${at}.ipBlock.except[${i}]`;
        cidr(except, where, problems);
        if (isCidr(except) && !isStrictSubset(except, block)) problems.invalid(where, except, "must be a strict subset of `cidr`");
      }
  }
  if (count === 0) problems.required(at, "must specify a peer");
  else if (count > 1 && peer.ipBlock) problems.forbidden(at, "may not specify both ipBlock and another peer");
}

function isStrictSubset(inner: string, outer: string): boolean {
  const [address = "", bits = ""] = outer.split("/");
  const [innerAddress = "", innerBits = ""] = inner.split("/");
  const family = (ip: string) => (isIP(ip) === 6 ? "ipv6" : "ipv4");
  if (family(address) !== family(innerAddress)) return false;
  const block = new BlockList();
  block.addSubnet(address, Number(bits), family(address));
  return block.check(innerAddress, family(innerAddress)) && Number(bits) < Number(innerBits);
}

export const networkPolicyRules: KindRules = {
  name: subdomainName,
  create: validateNetworkPolicy,
  update: (policy, _old, problems) => validateNetworkPolicy(policy, problems),
};
