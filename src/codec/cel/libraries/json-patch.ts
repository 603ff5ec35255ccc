/** What mutating policies have besides: a key as a step of a JSON pointer. */
import { declare, overload } from "../declare.ts";
import { stringType } from "../types.ts";

const escapeKey = (key: string) => key.replaceAll("~", "~0").replaceAll("/", "~1");

export const jsonPatchFunctions = [
  declare("jsonpatch.escapeKey", overload("string_jsonpatch_escapeKey_string", [stringType], stringType, escapeKey)),
];
