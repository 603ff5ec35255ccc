/** Conditions: at most one of each type, and a transition time that changes with the status only. */
import { timestamp } from "./time.ts";

interface ConditionLike {
  type?: string;
  status?: string;
  lastTransitionTime?: string;
}

export function conditionOf<C extends ConditionLike>(conditions: readonly C[] | undefined, type: string): C | undefined {
  return conditions?.find((condition) => condition.type === type);
}

/** The list with this condition in its old place, or at the end. What the old one said beyond `next` is forgotten. */
export function withCondition<C extends ConditionLike>(conditions: readonly C[] | undefined, next: C, nowMs: number): C[] {
  const list = conditions ?? [];
  const at = list.findIndex((condition) => condition.type === next.type);
  const known = list[at];
  const since = known?.status === next.status ? known?.lastTransitionTime : undefined;
  const made = { ...next, lastTransitionTime: since ?? timestamp(nowMs) };
  return known ? list.with(at, made) : [...list, made];
}

export function withoutCondition<C extends ConditionLike>(conditions: readonly C[] | undefined, type: string): C[] {
  return (conditions ?? []).filter((condition) => condition.type !== type);
}
