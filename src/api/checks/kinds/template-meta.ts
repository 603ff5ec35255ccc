/** Metadata of templates of claims: what is made of them gets its labels and annotations, and nothing else. */
import { ObjectMeta } from "../../meta/object-meta.ts";
import type { AnyObject } from "../../rules.ts";
import { validateAnnotations, validateLabels } from "../object-meta.ts";
import type { Problems } from "../problems.ts";

/** Only these two are handed on. */
export function validateTemplateMeta(metadata: AnyObject, at: string, problems: Problems): void {
  validateAnnotations(metadata.annotations, `${at}.annotations`, problems);
  validateLabels(metadata.labels, `${at}.labels`, problems);
  for (const { name } of ObjectMeta.fields.values())
    if (name !== "labels" && name !== "annotations" && isSet(metadata[name]))
      problems.forbidden(`${at}.${name === "uid" ? "uID" : name}`, "cannot be set");
}

/** What the internal type tells from its zero value. */
const isSet = (value: unknown) => value !== undefined && value !== null && value !== "" && value !== 0;
