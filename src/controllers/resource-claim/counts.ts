/** Metrics of ResourceClaims, under upstream's names. */
import { type ResourceV1ResourceClaim, resourceclaims } from "#api/mod.ts";
import { type Caches, type Count, claimWords, type Outcome } from "#client/mod.ts";

type Claim = ResourceV1ResourceClaim;

/** Only requests for exact devices can have it. */
const hasAdminAccess = ({ spec }: Claim): string =>
  String((spec?.devices?.requests ?? []).some(({ exactly }) => exactly?.adminAccess === true));

/** What was created since the process began, by labels; claims are counted when they are asked for. */
export class ClaimCounts {
  readonly #created = new Map<string, number>();

  /** Of claims that were to be made from templates. */
  note({ wrote, failures }: Outcome): void {
    for (const object of wrote) if (object.kind === "ResourceClaim") this.#add("success", object as Claim);
    for (const { step } of failures) if (step.do === "create") this.#add("failure", step.object as Claim);
  }
  #add(status: string, claim: Claim): void {
    const key = JSON.stringify({ status, admin_access: hasAdminAccess(claim) });
    this.#created.set(key, (this.#created.get(key) ?? 0) + 1);
  }
  counts(caches: Caches): Count[] {
    const standing = new Map<string, number>();
    for (const claim of caches.list(resourceclaims)) {
      const labels = {
        allocated: String(claim.status?.allocation !== undefined),
        admin_access: hasAdminAccess(claim),
        source: sourceOf(claim),
      };
      const key = JSON.stringify(labels);
      standing.set(key, (standing.get(key) ?? 0) + 1);
    }
    const samples = (numbers: ReadonlyMap<string, number>) => [...numbers].map(([key, value]) => ({ labels: JSON.parse(key), value }));
    const counts: Count[] = [
      {
        name: "resourceclaim_controller_creates_total",
        help: "Number of ResourceClaims creation requests, categorized by creation status and admin access",
        type: "counter",
        samples: samples(this.#created),
      },
      {
        name: "resourceclaim_controller_resource_claims",
        help: "Number of ResourceClaims, categorized by allocation status, admin access, and source. Source can be 'resource_claim_template' (created from a template), 'extended_resource' (extended resources), or empty (manually created by a user).",
        type: "gauge",
        samples: samples(standing),
      },
    ];
    return counts.filter((each) => each.samples.length > 0);
  }
}

function sourceOf({ metadata: { annotations = {} } }: Claim): string {
  if (annotations["resource.kubernetes.io/extended-resource-claim"] === "true") return "extended_resource";
  return annotations[claimWords.podClaim] ? "resource_claim_template" : "";
}
