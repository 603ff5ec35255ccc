/** What the server knows of Lease: defaults, what a write may set, what is refused, what tables show. */
import { subdomainName } from "../checks/object-meta.ts";
import { nonNegative } from "../checks/primitives.ts";
import type { Problems } from "../checks/problems.ts";
import { type AnyObject, rules } from "../rules.ts";
import { ageOf, nameOf } from "../tables/cells.ts";
import type { Lease } from "./lease.ts";

export const leaseRules = rules<Lease>({
  names: subdomainName,
  createOnUpdate: true,
  conditional: true,
  anyFinalizer: true,
  counts: false,
  check: {
    create: validateLease,
    update: (lease, _old, problems) => validateLease(lease, problems),
  },
  cells: (o, now) => [nameOf(o), o.spec?.holderIdentity ?? "", ageOf(o, now)],
});

function validateLeaseDuration(seconds: number, problems: Problems): void {
  if (seconds <= 0) problems.invalid("spec.leaseDurationSeconds", seconds, "must be greater than 0");
}

function validateLease({ spec = {} }: AnyObject, problems: Problems): void {
  if (spec.leaseDurationSeconds !== undefined) validateLeaseDuration(spec.leaseDurationSeconds, problems);
  nonNegative(spec.leaseTransitions, "spec.leaseTransitions", problems);
}
