/** `matchConditions`: whether a webhook that a request concerns is asked about it at all. */
import { conditionsHold } from "../../admission/policy/evaluate.ts";
import { requestBindings } from "../../admission/policy/variables.ts";
import type { Attributes, Authorizer } from "../../contract.ts";
import { forbidden } from "../../request/errors.ts";
import type { Invocation } from "./hooks.ts";
import type { Shown } from "./shown.ts";

/** Throws what the client is told when that cannot be said and the webhook is not to be passed over. */
export async function isAsked(
  { hook, served }: Invocation,
  attributes: Attributes,
  { kind, object, oldObject }: Shown,
  authorizers: readonly Authorizer[],
): Promise<boolean> {
  if (hook.conditions.length === 0) return true;
  const { group, version, resource } = served;
  const known = { resource: { group, version, resource }, kind, form: undefined };
  const bindings = { ...requestBindings(attributes, known, authorizers), object: object ?? null, oldObject: oldObject ?? null };
  const holds = await conditionsHold(hook.conditions, bindings, { failsOpen: hook.failsOpen });
  if (typeof holds !== "string") return holds;
  throw forbidden(attributes, attributes.name, holds);
}
