/** What a quota's status should say. Pure. */
import { type ResourceQuota, resourcequotas } from "#api/mod.ts";
import { type Amounts, amounts, masked, type Step, sameAmounts, status, written } from "#client/mod.ts";

export interface SeenQuota {
  quota: ResourceQuota;
  /** Of the bounds that something is known about. */
  counted: Amounts;
}

export function planQuota({ quota, counted }: SeenQuota): Step[] {
  const hard = quota.spec?.hard ?? {};
  const before = amounts(quota.status?.used);
  const used = masked(new Map([...before, ...counted]), new Map(Object.entries(hard)));
  const isSame =
    quota.status?.hard && sameAmounts(amounts(hard), amounts(quota.status.hard)) && quota.status.used && sameAmounts(used, before);
  return isSame ? [] : [status(resourcequotas, { ...quota, status: { hard, used: written(used) } })];
}
