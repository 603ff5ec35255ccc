/** `--overrides` of `run` and `expose`: a patch of one of three kinds over an object that a command made. */
import { applyJsonPatch } from "#codec/json-patch.ts";
import { applyMergePatch } from "#codec/merge-patch.ts";
import { strategicMerge } from "#codec/strategic/merge.ts";
import { readYaml } from "#codec/yaml.ts";
import type { Session } from "../connect/session.ts";
import { CliError } from "../failure.ts";
import { type Flag, text } from "../input/flags.ts";
import type { KObject } from "../print/values.ts";
import { type Json, strategicLookup } from "./three-way.ts";

export const overrideFlags: Flag[] = [
  text(
    "overrides",
    "An inline JSON override for the generated object. If this is non-empty, it is used to override the generated object. Requires that the object supply a valid apiVersion field.",
  ),
  text("override-type", "The method used to override the generated object: json, merge, or strategic.", "merge"),
];

export async function withOverrides(session: Session, object: KObject, type: string): Promise<KObject> {
  const { flags } = session;
  const method = flags.text("override-type");
  if (!flags.text("overrides")) return object;
  if (!["json", "merge", "strategic"].includes(method)) throw new CliError(`invalid override type: ${method}`);
  const patch = readYaml(flags.text("overrides")).value;
  if (method === "json") return applyJsonPatch(object, patch) as KObject;
  if (method === "merge") return applyMergePatch(object, patch) as KObject;
  const lookup = await strategicLookup(session, { resource: await session.resource(type) });
  return strategicMerge(lookup, object as Json, patch as Json) as unknown as KObject;
}
