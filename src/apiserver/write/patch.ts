/** PATCH in its four forms: each makes the new object from the newest old one, and runs again when it lost a race. */
import {
  ApplyError,
  applyServerSide,
  conversionRefusal,
  type KubeObject,
  managerName,
  type PatchType,
  patchLookup,
  type Served,
  type ServerSideApply,
} from "#api/mod.ts";
import { applyJsonPatch, applyMergePatch, PatchError, strategicMerge } from "#codec/mod.ts";
import { bodyMedia, patchType } from "../http/negotiate.ts";
import type { ObjectRecord, Stored } from "../read/record.ts";
import { type Decoded, decodeAs, type FieldValidation, readApplied, readBody, setDefaults } from "../request/body.ts";
import type { Answer, ResourceCall } from "../request/call.ts";
import { ApiError, badRequest, failure, invalid, tooLarge } from "../request/errors.ts";
import { writeOptions } from "../request/options.ts";
import { checkName, checkNamespace } from "./addressed.ts";
import { tracked } from "./managed-fields.ts";
import { refusalOf, restoreError } from "./patch-refusal.ts";
import { stamp, update, type WriteContext } from "./write.ts";

export async function patch(context: WriteContext, call: ResourceCall, subresource = ""): Promise<Answer> {
  const { definition, info, request } = call;
  const kind = patchType(request.headers["content-type"] as string | undefined, definition.patches);
  const options = writeOptions(call.query, "PatchOptions", kind === "apply");
  const { value: body, duplicates } = await bodyOf(call, kind);
  call.audit?.sentPatch(JSON.stringify(body));
  const apply = patcher(definition, kind, body);
  const change = {
    call,
    definition,
    subresource,
    namespace: info.namespace,
    name: info.name,
    dryRun: options.dryRun,
    options: { kind: "PatchOptions", apiVersion: "meta.k8s.io/v1", ...options },
  };
  let warned = false;
  const decodeResult = (value: unknown, old?: Stored): Stored => {
    const { object, warnings } = completed(definition, kind, options.fieldValidation, { patch: body, made: value, old });
    if (!warned) call.warnings.push(...warnings);
    warned = true;
    checkNamespace(definition, object, info.namespace);
    checkName(object, info.name);
    return object;
  };
  const manager = managerName(options.fieldManager, (request.headers["user-agent"] as string | undefined) ?? "");
  if (kind === "apply") {
    const applied = body as Stored;
    checkApplied(applied, info.name);
    const run = (old: Stored | undefined) => {
      const merged = appliedOver(definition, old, {
        applied,
        manager: options.fieldManager,
        force: options.force === true,
        subresource: subresource || undefined,
        time: stamp(context.clock),
      });
      saidTwice(duplicates, options.fieldValidation, call.warnings);
      return merged;
    };
    return update(context, {
      ...change,
      retries: true,
      make: (old) => decodeResult(run(old.object), old.object),
      makeNew: subresource
        ? undefined
        : async () => {
            await context.mayAlso(call, "create");
            const object = decodeResult(run(undefined));
            object.metadata.name = info.name;
            return object;
          },
    });
  }
  return update(context, {
    ...change,
    retries: true,
    make: (old: ObjectRecord) => {
      const object = decodeResult(apply(old.object), old.object);
      return tracked(definition, object, old.object, { manager, subresource, time: stamp(context.clock) });
    },
  });
}

/** `duplicates`: what an applied configuration says twice. */
async function bodyOf({ request }: ResourceCall, kind: PatchType): Promise<{ value: unknown; duplicates: string[] }> {
  if (request.object) return { value: request.object, duplicates: [] };
  if (kind === "apply") return readApplied(await request.body());
  return { value: await readPatch(await request.body()), duplicates: [] };
}

type Applying = Pick<ServerSideApply, "applied" | "manager" | "force" | "subresource" | "time">;

export function appliedOver({ schema, apiVersion, kind, writes }: Served, live: Stored | undefined, applying: Applying): KubeObject {
  try {
    const resetFields = writes.resetFields[applying.subresource ?? ""];
    return applyServerSide({ schema, apiVersion, kind, live, resetFields, ...applying });
  } catch (error) {
    throw error instanceof ApplyError ? new ApiError(error.status) : error;
  }
}

interface Patched {
  patch: unknown;
  made: unknown;
  old?: Stored;
}

/** Decoded, with defaults. */
function completed(definition: Served, kind: PatchType, validation: FieldValidation, patched: Patched): Decoded {
  const decoded = decodePatched(definition, kind, validation, patched);
  setDefaults(definition, decoded.object);
  return decoded;
}

/** What the patch made is no object of the kind any more. */
function decodePatched(definition: Served, kind: PatchType, validation: FieldValidation, patched: Patched): Decoded {
  try {
    // These two are converted into the kind, and not read from text.
    const wraps = kind === "strategic" || kind === "apply";
    return decodeAs(definition, patched.made, validation, [], { base: patched.old, wraps });
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 400) throw error;
    const why = error.message.slice(error.message.indexOf(": ") + 2);
    if (kind === "apply" && !definition.schema.structural)
      throw new ApiError(conversionRefusal(patched.patch as KubeObject, definition, restoreError(why, definition.schema)).status);
    const refusal = refusalOf(definition, kind, patched);
    const body = `Invalid value: ${JSON.stringify(refusal.shown())}: ${refusal.why(why)}`;
    throw invalid({ group: "", resource: "" }, "", [{ type: "FieldValueInvalid", field: "patch", message: `patch: ${body}`, body }]);
  }
}

function checkApplied(applied: Stored, name: string): void {
  if (typeof applied !== "object" || applied === null) throw badRequest("error decoding YAML: the patch is not an object");
  if (applied.metadata?.name && typeof applied.metadata.name === "string" && applied.metadata.name !== name)
    throw badRequest(`the name of the object (${applied.metadata.name}) does not match the name on the URL (${name})`);
}

async function readPatch(bytes: Buffer): Promise<unknown> {
  try {
    return await readBody(bytes, bodyMedia(undefined));
  } catch (error) {
    throw badRequest(`error decoding patch: ${(error as Error).message.replace("the object provided is unrecognized: ", "")}`);
  }
}

/** What a configuration says twice is refused or told of, once it could be applied. */
function saidTwice(duplicates: string[], validation: FieldValidation, warnings: string[]): void {
  if (duplicates.length === 0 || validation === "Ignore") return;
  if (validation === "Strict")
    throw badRequest(`error strict decoding YAML: error converting YAML to JSON: yaml: unmarshal errors:\n  ${duplicates.join("\n  ")}`);
  warnings.push(...duplicates.splice(0));
}

function patcher(definition: Served, kind: PatchType, body: unknown): (old: Stored) => unknown {
  const run = (old: Stored): unknown => {
    switch (kind) {
      case "json":
        return applyJsonPatch(old, body);
      case "merge":
        return applyMergePatch(old, objectBody(body));
      default:
        return strategicMerge(patchLookup(definition.schema), old, strategicBody(body));
    }
  };
  return (old) => {
    try {
      return run(old);
    } catch (error) {
      if (!(error instanceof PatchError)) throw error;
      switch (error.fault) {
        case "badRequest":
          throw badRequest(
            kind === "json" && !Array.isArray(body)
              ? `error decoding patch: ${error.message.replace("jsonpatch.Patch", "[]handlers.jsonPatchOp")}`
              : error.message,
          );
        case "tooLarge":
          throw tooLarge(error.message);
        case "unprocessable":
          // Upstream keeps the reason to itself here.
          throw failure(422, "Invalid", "the server rejected our request due to an error in our request", {});
        default:
          throw failure(500, "", error.message);
      }
    }
  };
}

/** `null` is the patch that changes nothing. */
function strategicBody(body: unknown): Record<string, unknown> {
  return body === null || body === undefined ? {} : (objectBody(body) as Record<string, unknown>);
}

function objectBody(body: unknown): object {
  if (typeof body !== "object" || body === null || Array.isArray(body))
    throw badRequest(
      `error decoding patch: json: cannot unmarshal ${Array.isArray(body) ? "array" : typeof body} into Go value of type map[string]interface {}`,
    );
  return body;
}
