/** `matchConditions`: refused until this server can evaluate them, since a webhook asked too often or too seldom would be worse. */
import type { Attributes } from "../../contract.ts";
import { forbidden } from "../../request/errors.ts";
import type { Hook } from "./hooks.ts";
import type { Shown } from "./shown.ts";

export function conditionsHold(hook: Hook, { group, resource, name, warn }: Attributes, _shown: Shown): boolean {
  const why = `webhook ${JSON.stringify(hook.name)} has matchConditions, which this server cannot evaluate yet`;
  if (!hook.failsOpen) throw forbidden({ group, resource }, name, why);
  warn(`${why}: it was not asked`);
  return false;
}
