/** What the server knows of CertificateSigningRequest: defaults, what a write may set, what is refused, what tables show. */
import { checkDns1123Subdomain } from "#codec/mod.ts";
import { subdomainName } from "../checks/object-meta.ts";
import type { Problems } from "../checks/problems.ts";
import { type AnyObject, restore, rules, type WriteMoment } from "../rules.ts";
import { fields } from "../select.ts";
import { semanticEqual } from "../semantic-equal.ts";
import { humanDuration } from "../tables/age.ts";
import { ageOf, nameOf, none, orNone } from "../tables/cells.ts";
import type { CertificateSigningRequest } from "./certificate-signing-request.ts";

export const certificateSigningRequestRules = rules<CertificateSigningRequest>({
  names: subdomainName,
  counts: false,
  status: () => ({}),
  resets: {
    "": [["spec"], ["status"]],
    status: [["spec"], ["status", "conditions"]],
    approval: [["spec"], ["status", "certificate"]],
  },
  defaults: ({ spec }: CertificateSigningRequest) => {
    if (spec) spec.usages ??= ["digital signature", "key encipherment"];
  },
  prepare: {
    create: rememberRequester,
    update: (request, old) => restore(request as AnyObject, old as AnyObject, "spec"),
    sub: { status: keepDecision, approval: decide },
  },
  check: {
    create: validateSigningRequest,
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
    problems.invalid("spec.request", spec.request ?? null, "PEM block type must be CERTIFICATE REQUEST");
  const usages: string[] = spec.usages ?? [];
  if (usages.length === 0) problems.required("spec.usages");
  for (const [i, usage] of usages.entries()) if (usages.indexOf(usage) < i) problems.duplicate(`spec.usages[${i}]`, usage);
  const name: string = spec.signerName ?? "";
  if (!name) problems.required("spec.signerName");
  else if (!/^[^/]+\/.+$/.test(name))
    problems.invalid("spec.signerName", name, "must be a fully qualified domain and path of the form 'example.com/signer-name'");
  else problems.invalids("spec.signerName", name, checkDns1123Subdomain(name.split("/")[0]!));
  if (spec.expirationSeconds !== undefined && spec.expirationSeconds < 600)
    problems.invalid("spec.expirationSeconds", spec.expirationSeconds, "may not specify a duration less than 600 seconds (10 minutes)");
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
