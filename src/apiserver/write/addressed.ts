/** An object that is written must be the one that the URL names. */
import type { Resource } from "#api/mod.ts";
import type { Stored } from "../read/record.ts";
import { badRequest } from "../request/errors.ts";

export function checkName({ metadata: { name } }: Stored, onUrl: string): void {
  if (!name) throw badRequest(`the name of the object (${onUrl} based on URL) was undeterminable: name must be provided`);
  if (name !== onUrl) throw badRequest(`the name of the object (${name}) does not match the name on the URL (${onUrl})`);
}

/** An object that names no namespace gets the one of the URL. */
export function checkNamespace({ namespaced }: Resource, { metadata }: Stored, onUrl: string): void {
  if (!namespaced) return;
  if (metadata.namespace && metadata.namespace !== onUrl)
    throw badRequest("the namespace of the provided object does not match the namespace sent on the request");
  metadata.namespace = onUrl;
}
