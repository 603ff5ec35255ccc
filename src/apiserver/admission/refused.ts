/** A plugin's refusal in upstream's words. */
import type { Attributes } from "../contract.ts";
import { type ApiError, forbidden } from "../request/errors.ts";

/** An object whose name is yet to be generated goes by the beginning of it. */
export function refused({ group, resource, name, object }: Attributes, why: string): ApiError {
  return forbidden({ group, resource }, name || object?.metadata?.name || object?.metadata?.generateName || "Unknown", why);
}
