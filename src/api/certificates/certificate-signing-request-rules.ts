/** What the server knows of CertificateSigningRequest: defaults, what a write may set, what is refused, what tables show. */
import { checkDns1123Label, checkDns1123Subdomain } from "#codec/mod.ts";
import { metaAsNew, metaOfUpdate } from "../checks/meta-of-kind.ts";
import type { Problems } from "../checks/problems.ts";
import { type AnyObject, restore, rules, type WriteMoment } from "../rules.ts";
import { fields } from "../select.ts";
import { semanticEqual } from "../semantic-equal.ts";
import { humanDuration } from "../tables/age.ts";
import { ageOf, nameOf, none, orNone } from "../tables/cells.ts";
import { type CertificateSigningRequest, keyUsages } from "./certificate-signing-request.ts";

export const certificateSigningRequestRules = rules<CertificateSigningRequest>({
  names: () => [],
  ownMeta: true,
  counts: false,
  status: () => ({}),
  resets: {
    "": [["spec"], ["status"]],
    status: [["spec"], ["status", "conditions"]],
    approval: [["spec"], ["status", "certificate"]],
  },
  prepare: {
    create: rememberRequester,
    update: (request, old) => restore(request as AnyObject, old as AnyObject, "spec"),
    sub: { status: keepDecision, approval: decide },
  },
  check: {
    create: validateSigningRequest,
    update(request, old, problems) {
      metaAsNew(request, problems, { name: () => [] });
      metaOfUpdate(request, old, problems);
    },
    sub: { status: checkRequestStatus, approval: checkRequestStatus },
  },
  cells: (o, now) => {
    const types = new Set((o.status?.conditions ?? []).map((condition: AnyObject) => condition.type));
    let state = types.has("Denied") ? "Denied" : types.has("Approved") ? "Approved" : "Pending";
    if (types.has("Failed")) state += ",Failed";
    if (o.status?.certificate) state += ",Issued";
    const seconds = o.spec?.expirationSeconds;
    return [
      nameOf(o),
      ageOf(o, now),
      o.spec?.signerName ?? none,
      orNone(o.spec?.username),
      seconds ? humanDuration(seconds * 1000) : none,
      state,
    ];
  },
  selectable: fields("spec.signerName"),
});

function validateSigningRequest({ spec = {} }: AnyObject, problems: Problems): void {
  const pem = Buffer.from(spec.request ?? "", "base64").toString();
  if (!/^-----BEGIN CERTIFICATE REQUEST-----$/m.test(pem))
    problems.invalid("spec.request", spec.request || null, "PEM block type must be CERTIFICATE REQUEST");
  const usages: string[] = spec.usages ?? [];
  if (usages.length === 0) problems.required("spec.usages");
  for (const [i, usage] of usages.entries()) if (!keyUsages.includes(usage)) problems.notSupported(`spec.usages[${i}]`, usage, keyUsages);
  for (const [i, usage] of usages.entries()) if (usages.indexOf(usage) < i) problems.duplicate(`spec.usages[${i}]`, usage);
  validateSignerName(spec.signerName ?? "", problems);
  if (spec.expirationSeconds !== undefined && spec.expirationSeconds < 600)
    problems.invalid("spec.expirationSeconds", spec.expirationSeconds, "may not specify a duration less than 600 seconds (10 minutes)");
}

const decisions = ["Approved", "Denied", "Failed"];

/** Types that were given twice before may be so again. */
function checkRequestStatus({ status = {} }: AnyObject, old: AnyObject, problems: Problems): void {
  const typesOf = (of: AnyObject): string[] => (of.status?.conditions ?? []).map(({ type = "" }: AnyObject) => type);
  const before = typesOf(old);
  const isLoose = new Set(before).size < before.length;
  const seen = new Set<string>();
  for (const [i, { type = "", status: is = "" }] of ((status.conditions ?? []) as AnyObject[]).entries()) {
    const at = `status.conditions[${i}]`;
    const allowed = decisions.includes(type) ? ["True"] : ["False", "True", "Unknown"];
    if (!type && !before.includes("")) problems.required(`${at}.type`);
    if (!is) problems.required(`${at}.status`);
    else if (!allowed.includes(is)) problems.notSupported(`${at}.status`, is, allowed);
    const other = type === "Approved" ? "Denied" : type === "Denied" ? "Approved" : undefined;
    if (other && seen.has(other)) problems.invalid("status.conditions", type, "Approved and Denied conditions are mutually exclusive");
    if (seen.has(type) && !isLoose) problems.duplicate(`${at}.type`, type);
    seen.add(type);
  }
  if (status.certificate && status.certificate !== old.status?.certificate && !hasCertificate(status.certificate))
    problems.invalid("status.certificate", "<certificate data>", "must contain at least one CERTIFICATE PEM block");
}

const hasCertificate = (base64: string) => Buffer.from(base64, "base64").toString("latin1").includes("-----BEGIN CERTIFICATE-----");

const [maxDomain, maxLabel] = [253, 63];

/** `example.com/signer`: of each half the first bad label is told. */
function validateSignerName(name: string, problems: Problems): void {
  const at = "spec.signerName";
  if (!name) return problems.required(at);
  const [domain = "", path, more] = name.split("/");
  if (path === undefined || more !== undefined)
    return problems.invalid(at, name, "must be a fully qualified domain and path of the form 'example.com/signer-name'");
  const labels = (half: string, check: (label: string) => string[]) => {
    const bad = half.split(".").find((label) => check(label).length > 0);
    if (bad !== undefined) for (const text of check(bad)) problems.invalid(at, half, `validating label ${JSON.stringify(bad)}: ${text}`);
  };
  if (domain.length > maxDomain) problems.tooLong(at, maxDomain);
  labels(domain, checkDns1123Label);
  if (!domain.includes(".")) problems.invalid(at, domain, "should be a domain with at least two segments separated by dots");
  labels(path, checkDns1123Subdomain);
  const most = maxDomain + 1 + (maxDomain + 1 + maxLabel);
  if (name.length > most) problems.tooLong(at, most);
}

function rememberRequester(request: AnyObject, { user }: WriteMoment): void {
  const { username: _, uid: __, groups: ___, extra: ____, ...spec } = request.spec ?? {};
  request.spec = spec;
  if (!user) return;
  spec.username = user.name;
  if (user.uid) spec.uid = user.uid;
  if (user.groups?.length) spec.groups = [...user.groups];
  if (user.extra && Object.keys(user.extra).length > 0) spec.extra = structuredClone(user.extra);
}

/** Who writes the status neither approves nor denies. */
function keepDecision(request: AnyObject, old: AnyObject, moment: WriteMoment): void {
  const decided = ["Approved", "Denied"];
  const kept = (old.status?.conditions ?? []).filter((condition: AnyObject) => decided.includes(condition.type));
  const sent: AnyObject[] = request.status?.conditions ?? [];
  const has = sent.some((condition) => decided.includes(condition.type));
  if (kept.length > 0 && !has) request.status = { ...request.status, conditions: [...kept, ...sent] };
  stampConditions(request, old, moment);
}

function decide(request: AnyObject, old: AnyObject, moment: WriteMoment): void {
  stampConditions(request, old, moment);
  const conditions = request.status?.conditions;
  restore(request, old, "spec");
  request.status = { ...old.status, conditions };
}

function stampConditions(request: AnyObject, old: AnyObject, { now }: WriteMoment): void {
  const before: AnyObject[] = old.status?.conditions ?? [];
  for (const condition of request.status?.conditions ?? []) {
    condition.lastUpdateTime ||= now;
    if (condition.lastTransitionTime) continue;
    const same = before.find((other) => other.type === condition.type && semanticEqual(other.status, condition.status));
    condition.lastTransitionTime = same?.lastTransitionTime ?? now;
  }
}
