/** What the server knows of Ingress: defaults, what a write may set, what is refused, what tables show. */

import { isIP } from "node:net";
import { checkDns1123Label, checkDns1123Subdomain, checkPortName, checkPortNumber, checkWildcardSubdomain } from "#codec/mod.ts";
import { loadBalancerStatus } from "../checks/kinds/statuses.ts";
import { validateReference } from "../checks/local-reference.ts";
import { subdomainName, validateObjectMeta } from "../checks/object-meta.ts";
import type { Problems } from "../checks/problems.ts";
import { type AnyObject, rules } from "../rules.ts";
import { ageOf, atMost, nameOf, orNone } from "../tables/cells.ts";
import type { Ingress } from "./ingress.ts";

const namespacedMeta = { namespaced: true, name: subdomainName, ofKind: true };

export const ingressRules = rules<Ingress>({
  warn: ({ metadata, spec }, old) =>
    !old && spec?.ingressClassName === undefined && "kubernetes.io/ingress.class" in (metadata.annotations ?? {})
      ? [`annotation "kubernetes.io/ingress.class" is deprecated, please use 'spec.ingressClassName' instead`]
      : [],
  names: subdomainName,
  status: () => ({ loadBalancer: {} }),
  check: {
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
    sub: { status: loadBalancerStatus },
  },
  cells: ingressCells,
});

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
  if (pathType === undefined || pathType === null) return problems.required(`${at}.pathType`, "pathType must be specified");
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

function ingressCells(o: AnyObject, now: number): unknown[] {
  const hosts = (o.spec?.rules ?? []).map((rule: AnyObject) => rule.host).filter(Boolean);
  const given = (o.status?.loadBalancer?.ingress ?? []).map((one: AnyObject) => one.ip || one.hostname).filter(Boolean);
  return [
    nameOf(o),
    orNone(o.spec?.ingressClassName),
    hosts.length ? atMost(hosts, 3) : "*",
    given.join(","),
    o.spec?.tls?.length ? "80, 443" : "80",
    ageOf(o, now),
  ];
}
