/** Which rules a resource has. */
import type { Resource } from "../resource.ts";
import type { AnyObject } from "../strategy/strategy.ts";
import { type NameRule, pathSegmentName, subdomainName } from "./object-meta.ts";
import type { Problems } from "./problems.ts";

export interface KindRules {
  name: NameRule;
  /** The kind checks no metadata of its own: only the common rules hold. */
  ownMeta?: boolean;
  create?(object: AnyObject, problems: Problems): void;
  update?(object: AnyObject, old: AnyObject, problems: Problems): void;
  status?(object: AnyObject, old: AnyObject, problems: Problems): void;
  subresources?: Readonly<Record<string, (object: AnyObject, old: AnyObject, problems: Problems) => void>>;
}

const rbacGroup = "rbac.authorization.k8s.io";
/** `system:controller:x` is a name of a role. */
const byResource: Record<string, KindRules> = Object.fromEntries(
  ["roles", "rolebindings", "clusterroles", "clusterrolebindings"].map((resource) => [
    `${rbacGroup}/${resource}`,
    { name: pathSegmentName },
  ]),
);

const fallback: KindRules = { name: subdomainName };

export function rulesOf({ group, resource }: Resource): KindRules {
  return byResource[`${group}/${resource}`] ?? fallback;
}

export { pathSegmentName };
