/** Whether an object may name one of another namespace: only by a ReferenceGrant there. Pure. */
import type { ReferenceGrant } from "./kinds.ts";

export interface Reference {
  from: { group: string; kind: string; namespace: string };
  to: { group: string; kind: string; namespace: string; name: string };
}

export function isGranted(grants: readonly ReferenceGrant[], { from, to }: Reference): boolean {
  if (from.namespace === to.namespace) return true;
  return grants.some(
    ({ metadata, spec }) =>
      metadata.namespace === to.namespace &&
      spec.from.some((each) => each.group === from.group && each.kind === from.kind && each.namespace === from.namespace) &&
      spec.to.some((each) => each.group === to.group && each.kind === to.kind && (!each.name || each.name === to.name)),
  );
}
