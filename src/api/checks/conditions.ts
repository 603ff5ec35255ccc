/** Conditions of a status, where upstream checks them by the rules that its types of metadata share. */
import type { AnyObject } from "../rules.ts";
import { qualifiedName } from "./primitives.ts";
import type { Problems } from "./problems.ts";

const statuses = ["False", "True", "Unknown"];
const reason = "[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?";
const reasonPattern = new RegExp(`^${reason}$`);
const reasonText = `a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric characters or '_,:', and must end with an alphanumeric character or '_' (e.g. 'my_name',  or 'MY_NAME',  or 'MyName',  or 'ReasonA,ReasonB',  or 'ReasonA:ReasonB', regex used for validation is '${reason}')`;
const longest = { reason: 1024, message: 32 * 1024 };

export function validateConditions(conditions: readonly AnyObject[] | undefined, path: string, problems: Problems): void {
  const types = new Set<string>();
  for (const [i, condition] of (conditions ?? []).entries()) {
    const at = `${path}[${i}]`;
    const { type = "", status = "", reason = "", message = "" } = condition;
    if (types.has(type)) problems.duplicate(`${at}.type`, type);
    types.add(type);
    qualifiedName(type, `${at}.type`, problems);
    if (!statuses.includes(status)) problems.notSupported(`${at}.status`, status, statuses);
    if (condition.observedGeneration < 0)
      problems.invalid(`${at}.observedGeneration`, condition.observedGeneration, "must be greater than or equal to zero");
    if (!condition.lastTransitionTime) problems.required(`${at}.lastTransitionTime`);
    if (!reason) problems.required(`${at}.reason`);
    else {
      if (!reasonPattern.test(reason)) problems.invalid(`${at}.reason`, reason, reasonText);
      if (Buffer.byteLength(reason) > longest.reason) problems.tooLong(`${at}.reason`, longest.reason);
    }
    if (Buffer.byteLength(message) > longest.message) problems.tooLong(`${at}.message`, longest.message);
  }
}
