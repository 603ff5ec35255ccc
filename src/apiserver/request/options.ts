/** Query parameters and delete bodies, read and refused as upstream does. */

import type { FieldValidation } from "./body.ts";
import { badRequest, type FieldProblem, invalid } from "./errors.ts";
import { isTrue } from "./request-info.ts";

const meta = "meta.k8s.io";

export interface WriteOptions {
  dryRun: boolean;
  fieldManager: string;
  fieldValidation: FieldValidation;
  force: boolean | undefined;
}

export function writeOptions(
  query: URLSearchParams,
  kind: "CreateOptions" | "UpdateOptions" | "PatchOptions",
  applying = false,
): WriteOptions {
  if (query.size === 0 && !applying) return { dryRun: false, fieldManager: "", fieldValidation: "Warn", force: undefined };
  const problems: FieldProblem[] = [];
  const dryRun = dryRunOf(query.getAll("dryRun"), problems);
  const fieldManager = query.get("fieldManager") ?? "";
  const force = query.has("force") ? isTrue(query.get("force")) : undefined;
  if (applying && fieldManager === "")
    problems.push(problem("FieldValueRequired", "fieldManager", "Required value: is required for apply patch"));
  if (!applying && kind === "PatchOptions" && force !== undefined)
    problems.push(problem("FieldValueForbidden", "force", "Forbidden: may not be specified for non-apply patch"));
  if (fieldManager.length > 128) problems.push(problem("FieldValueTooLong", "fieldManager", "Too long: may not be more than 128 bytes"));
  else if (/[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.test(fieldManager))
    problems.push(
      problem(
        "FieldValueInvalid",
        "fieldManager",
        `Invalid value: ${JSON.stringify(fieldManager)}: should only contain printable characters`,
      ),
    );
  const fieldValidation = query.get("fieldValidation") || "Warn";
  if (fieldValidation !== "Strict" && fieldValidation !== "Warn" && fieldValidation !== "Ignore")
    problems.push(
      problem(
        "FieldValueNotSupported",
        "fieldValidation",
        `Unsupported value: ${JSON.stringify(fieldValidation)}: supported values: "", "Ignore", "Strict", "Warn"`,
      ),
    );
  if (problems.length) throw invalid({ group: meta, resource: kind }, "", problems);
  return { dryRun, fieldManager, fieldValidation: fieldValidation as FieldValidation, force };
}

function dryRunOf(values: string[], problems: FieldProblem[]): boolean {
  const given = values.filter((value) => value !== "");
  if (given.some((value) => value !== "All"))
    problems.push(problem("FieldValueNotSupported", "dryRun", `Unsupported value: ${goList(given)}: supported values: "All"`));
  return given.length > 0;
}

const goList = (values: string[]) => JSON.stringify(values);

const problem = (type: string, field: string, body: string): FieldProblem => ({ type, field, message: `${field}: ${body}`, body });

export interface DeleteOptions {
  dryRun: boolean;
  gracePeriodSeconds?: number;
  propagationPolicy?: "Orphan" | "Background" | "Foreground";
  orphanDependents?: boolean;
  preconditions?: { uid?: string; resourceVersion?: string };
}

/** From the body when there is one, else from the query. */
export function deleteOptions(body: unknown, query: URLSearchParams): DeleteOptions {
  const given = (body ?? fromQuery(query)) as Record<string, unknown>;
  if (typeof given !== "object" || Array.isArray(given)) throw badRequest("decoded object cannot be converted to DeleteOptions");
  if (given.kind !== undefined && given.kind !== "DeleteOptions")
    throw badRequest(
      `no kind ${JSON.stringify(given.kind)} is registered for version ${JSON.stringify(given.apiVersion ?? "v1")} in scheme "pkg/runtime/scheme.go:110"`,
    );
  const problems: FieldProblem[] = [];
  const dryRun = dryRunOf((given.dryRun as string[] | undefined) ?? [], problems);
  const policy = given.propagationPolicy as string | undefined;
  const orphan = given.orphanDependents as boolean | undefined;
  if (policy !== undefined && orphan !== undefined)
    problems.push(
      problem(
        "FieldValueInvalid",
        "propagationPolicy",
        `Invalid value: ${JSON.stringify(policy)}: orphanDependents and deletionPropagation cannot be both set`,
      ),
    );
  if (policy !== undefined && policy !== "Orphan" && policy !== "Background" && policy !== "Foreground")
    problems.push(
      problem(
        "FieldValueNotSupported",
        "propagationPolicy",
        `Unsupported value: ${JSON.stringify(policy)}: supported values: "Foreground", "Background", "Orphan", "nil"`,
      ),
    );
  if (problems.length) throw invalid({ group: meta, resource: "DeleteOptions" }, "", problems);
  const options: DeleteOptions = { dryRun };
  if (typeof given.gracePeriodSeconds === "number") options.gracePeriodSeconds = given.gracePeriodSeconds;
  if (policy) options.propagationPolicy = policy as DeleteOptions["propagationPolicy"];
  if (orphan !== undefined) options.orphanDependents = orphan;
  if (given.preconditions) options.preconditions = given.preconditions as DeleteOptions["preconditions"];
  return options;
}

function fromQuery(query: URLSearchParams): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  if (query.has("gracePeriodSeconds")) {
    const seconds = Number(query.get("gracePeriodSeconds"));
    if (!Number.isInteger(seconds))
      throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(query.get("gracePeriodSeconds"))}: invalid syntax`);
    out.gracePeriodSeconds = seconds;
  }
  if (query.has("propagationPolicy")) out.propagationPolicy = query.get("propagationPolicy");
  if (query.has("orphanDependents")) out.orphanDependents = isTrue(query.get("orphanDependents"));
  if (query.has("dryRun")) out.dryRun = query.getAll("dryRun");
  return out;
}
