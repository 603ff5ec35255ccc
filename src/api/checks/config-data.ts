/** What ConfigMaps and Secrets share. */
import type { AnyObject } from "../rules.ts";
import { semanticEqual } from "../semantic-equal.ts";
import { subdomainName } from "./object-meta.ts";
import type { Problems } from "./problems.ts";

export const maxData = 1024 * 1024;

export const frozen = "field is immutable when `immutable` is set";

export const base64Size = (text: string) => Buffer.byteLength(text, "base64");

export const namespacedMeta = { namespaced: true, name: subdomainName, ofKind: true };

export function validateImmutable(next: AnyObject, old: AnyObject, parts: readonly string[], problems: Problems): void {
  if (!old.immutable) return;
  if (!next.immutable) problems.forbidden("immutable", frozen);
  for (const part of parts) if (!semanticEqual(next[part], old[part])) problems.forbidden(part, frozen);
}
