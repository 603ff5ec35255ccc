/** Names and amounts of compute resources. */
import { checkLabelKey, compareQuantity, formatQuantity } from "#codec/mod.ts";
import type { AnyObject } from "../rules.ts";
import { dnsLabel, isNegative, isWhole, quantityOf } from "./primitives.ts";
import type { Problems } from "./problems.ts";

const containerResources = new Set(["cpu", "memory", "ephemeral-storage"]);
const standardResources = new Set([
  "cpu",
  "memory",
  "ephemeral-storage",
  "requests.cpu",
  "requests.memory",
  "requests.ephemeral-storage",
  "limits.cpu",
  "limits.memory",
  "limits.ephemeral-storage",
  "pods",
  "resourcequotas",
  "services",
  "replicationcontrollers",
  "secrets",
  "configmaps",
  "persistentvolumeclaims",
  "storage",
  "requests.storage",
  "services.nodeports",
  "services.loadbalancers",
]);
const integerResources = new Set([
  "pods",
  "resourcequotas",
  "services",
  "replicationcontrollers",
  "secrets",
  "configmaps",
  "persistentvolumeclaims",
  "services.nodeports",
  "services.loadbalancers",
]);
const hugePages = "hugepages-";

const isNative = (name: string) => !name.includes("/") || name.includes("kubernetes.io/");
/** Standard, native or counted: for quotas and limits. */
export const isStandardResource = (name: string) => standardResources.has(name) || isQuotaHugePages(name);
const isQuotaHugePages = (name: string) => name.startsWith(hugePages) || name.startsWith(`requests.${hugePages}`);
export const isExtended = (name: string) =>
  !isNative(name) && !name.startsWith("requests.") && checkLabelKey(`requests.${name}`).length === 0;

/** Of what may be limited above what is requested. */
export const isOvercommitAllowed = (name: string) => isNative(name) && !name.startsWith(hugePages);

export function validateResourceName(name: string, field: string, problems: Problems): boolean {
  const texts = checkLabelKey(name);
  problems.invalids(field, name, texts);
  if (texts.length > 0) return false;
  if (!name.includes("/") && !isStandardResource(name)) {
    problems.invalid(field, name, "must be a standard resource type or fully qualified");
    return false;
  }
  return true;
}

export function validateContainerResourceName(name: string, field: string, problems: Problems): void {
  validateResourceName(name, field, problems);
  if (!name.includes("/")) {
    if (!containerResources.has(name) && !name.startsWith(hugePages))
      problems.invalid(field, name, "must be a standard resource for containers");
  } else if (!isNative(name) && !isExtended(name)) problems.invalid(field, name, "doesn't follow extended resource name standard");
}

export function validateResourceAmount(name: string, amount: string, field: string, problems: Problems): void {
  const shown = formatQuantity(quantityOf(amount));
  if (isNegative(amount)) problems.invalid(field, shown, "must be greater than or equal to 0");
  if ((integerResources.has(name) || isExtended(name)) && !isWhole(amount)) problems.invalid(field, shown, "must be an integer");
}

export function validateResourceRequirements(
  resources: AnyObject | undefined,
  field: string,
  problems: Problems,
  claimNames: ReadonlySet<string>,
): void {
  if (!resources) return;
  const { limits = {}, requests = {} } = resources;
  const names = [...Object.keys(limits), ...Object.keys(requests)];
  for (const [name, amount] of Object.entries<string>(limits)) {
    const at = `${field}.limits[${name}]`;
    validateContainerResourceName(name, at, problems);
    validateResourceAmount(name, amount, at, problems);
    validateHugePages(name, amount, at, problems);
  }
  for (const [name, amount] of Object.entries<string>(requests)) {
    const at = `${field}.requests[${name}]`;
    validateContainerResourceName(name, at, problems);
    validateResourceAmount(name, amount, at, problems);
    const overcommit = isOvercommitAllowed(name);
    const limit = limits[name];
    if (limit !== undefined) {
      const order = compareQuantity(quantityOf(amount), quantityOf(limit));
      if (order !== 0 && !overcommit) problems.invalid(`${field}.requests`, amount, `must be equal to ${name} limit of ${limit}`);
      else if (order > 0) problems.invalid(`${field}.requests`, amount, `must be less than or equal to ${name} limit of ${limit}`);
    } else if (!overcommit) problems.required(`${field}.limits`, "Limit must be set for non overcommitable resources");
    validateHugePages(name, amount, at, problems);
  }
  if (names.some((name) => name.startsWith(hugePages)) && !names.includes("cpu") && !names.includes("memory"))
    problems.forbidden(field, "HugePages require cpu or memory");
  validateClaimNames(resources.claims ?? [], `${field}.claims`, claimNames, problems);
}

/** Claims of the pod that a container uses, each as a whole or by its requests. */
function validateClaimNames(claims: AnyObject[], field: string, known: ReadonlySet<string>, problems: Problems): void {
  const seen = new Set<string>();
  for (const [i, { name = "", request = "" }] of claims.entries()) {
    const at = `${field}[${i}]`;
    if (!name) {
      problems.required(at);
      continue;
    }
    if (seen.has(name)) problems.duplicate(at, name);
    else {
      if (request) dnsLabel(request, `${at}.request`, problems);
      const key = request ? `${name}/${request}` : name;
      if (seen.has(key)) problems.duplicate(at, key);
      else if (!request) for (const other of seen) if (other.startsWith(`${name}/`)) problems.duplicate(at, name);
      seen.add(key);
    }
    const listed = known.size === 0 ? " which is empty" : `: ${[...known].sort().join(", ")}`;
    if (!known.has(name)) problems.notFound(at, name, `must be one of the names in pod.spec.resourceClaims${listed}`);
  }
}

function validateHugePages(name: string, amount: string, field: string, problems: Problems): void {
  if (!name.startsWith(hugePages)) return;
  const page = quantityOf(name.slice(hugePages.length)).nanos;
  const value = quantityOf(amount).nanos;
  if (page === 0n || value % page !== 0n) problems.invalid(field, amount, `${amount} is not positive integer multiple of ${name}`);
}
