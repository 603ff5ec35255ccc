/** What every `kubectl set` does: finds objects, changes them, and writes what differs. */
import { isDeepStrictEqual } from "node:util";
import { displayKind } from "../../connect/discovery.ts";
import type { Session } from "../../connect/session.ts";
import { CliError, throwAll } from "../../failure.ts";
import { buildTargets, localObjects } from "../../input/builder.ts";
import { bool, type Flag } from "../../input/flags.ts";
import { filenameFlags } from "../../input/manifest.ts";
import { recorded } from "../../input/record.ts";
import { dryRunFlag, fieldManagerFlag, selectorFlag, selectorOf } from "../../input/write-flags.ts";
import { type At, fetchTargets, patchObject } from "../../objects.ts";
import { outcomePrinter, printFlags } from "../../print/printers.ts";
import type { KObject } from "../../print/values.ts";

export type Found = At & { object: KObject };
export interface Container {
  name: string;
  image?: string;
  env?: { name: string; value?: string; valueFrom?: object }[];
  resources?: { limits?: Record<string, string>; requests?: Record<string, string> };
}

export const without = (...names: string[]) => shared.filter(({ name }) => !names.includes(name));
export const shared: Flag[] = [
  bool("all", "Select all objects of the given types in the namespace."),
  ...filenameFlags("identifying the resource to get from the server."),
  bool("local", "If true, change the files' content and print it instead of asking the server."),
  selectorFlag,
  dryRunFlag,
  fieldManagerFlag("kubectl-set"),
  ...printFlags,
];

/** The pod spec of an object that must have one. */
export function podSpecOf(found: { object: KObject }): KObject["spec"] {
  const spec = podSpec(found.object);
  if (!spec) throw new CliError(`the object is not a pod or does not have a pod template: ${goType(found.object)}`);
  return spec;
}

const goType = ({ apiVersion, kind }: KObject): string => `*${apiVersion.replace(/^.*\//, "")}.${kind}`;

const workloads = new Set(["Deployment", "DaemonSet", "ReplicaSet", "ReplicationController", "StatefulSet", "Job", "CronJob"]);

/** The pod spec inside a workload, or the pod's own. A file may leave it out: upstream's types then have an empty one. */
function podSpec(object: KObject): KObject["spec"] | undefined {
  const { kind } = object;
  if (kind !== "Pod" && !workloads.has(kind)) return object.spec?.template?.spec;
  let at: Record<string, KObject["spec"]> = object;
  const path = kind === "Pod" ? ["spec"] : ["spec", ...(kind === "CronJob" ? ["jobTemplate", "spec"] : []), "template", "spec"];
  for (const member of path) at = at[member] ??= {};
  return at;
}

export function matching(containers: Container[] | undefined, pattern: string): Container[] {
  const form = new RegExp(
    `^${pattern
      .replaceAll(/[.+^${}()|[\]\\]/g, "\\$&")
      .replaceAll("*", ".*")
      .replaceAll("?", ".")}$`,
  );
  return (containers ?? []).filter((container) => form.test(container.name));
}

export interface Prepared {
  dryRun: "none" | "client" | "server";
  local: boolean;
  print(object: KObject, operation: string): void;
}

/** What upstream looks at before it asks for anything: the dry run, the format, the kubeconfig. */
export async function prepare(session: Session): Promise<Prepared> {
  const dryRun = session.dryRun();
  const local = session.flags.bool("local");
  const print = await outcomePrinter(session, { dryRun: local ? "none" : dryRun, typed: true });
  if (!local) await session.target();
  return { dryRun, local, print };
}

/** Objects that the arguments name, in their order. */
export async function foundBy(session: Session, names: string[]): Promise<Found[]> {
  const { flags } = session;
  const local = flags.bool("local");
  if (local && names.length > 0)
    throw new CliError(
      "error: you must specify resources by --filename when --local is set.\nExample resource specifications include:\n   '-f rsrc.yaml'\n   '--filename=rsrc.json'",
    );
  if (local) return localObjects(session);
  const all = flags.bool("all");
  const targets = await buildTargets(session, { args: names, all, allIsEmptySelector: true, labelSelector: selectorOf(flags) });
  return fetchTargets(session, targets);
}

/** What cannot be, whatever the objects are. */
export function refuseContradictions(session: Session, { local, dryRun }: Prepared): void {
  const { flags } = session;
  if (local && dryRun === "server") throw new CliError("cannot specify --local and --dry-run=server - did you mean --dry-run=client?");
  if (flags.bool("all") && selectorOf(flags)) throw new CliError("cannot set --all and --selector at the same time");
}

interface Change extends Prepared {
  found: Found[];
  operation: string;
  /** Changes the object; returns what it complains of, or throws what keeps the object as it is. */
  change(found: Found): string[] | undefined;
  /** What stands before the server's refusal. */
  failure?: string;
  /** An object that stays as it is is told of, too. */
  always?: boolean;
  /** The version that must be changed; empty: any. */
  resourceVersion?: string;
  /** Errors name their object, as upstream's do but for `set selector`. */
  named?: boolean;
}

/** Objects changed by `change` and written with a patch; one that stays as it is is not told of. */
export async function changeAll(session: Session, how: Change): Promise<void> {
  const { flags } = session;
  const { dryRun, local, print } = how;
  const errors: unknown[] = [];
  for (const each of how.found) {
    try {
      podSpec(each.object);
      const copy = structuredClone(each.object);
      errors.push(...changed(how, { ...each, object: copy }).map((complaint) => new CliError(`error: ${complaint}`)));
      const after = recorded(session, copy);
      if (!how.always && !how.resourceVersion && isDeepStrictEqual(after, each.object)) continue;
      if (local || dryRun === "client") print(after, how.operation);
      else
        print(
          await patchObject(session, each, "strategic", smallPatch(each.object, after, how.resourceVersion), {
            dryRun: dryRun === "server",
            fieldManager: flags.text("field-manager"),
          }).catch((error: unknown) => Promise.reject(how.failure ? new CliError(`${how.failure} ${messageOf(error)}`) : error)),
          how.operation,
        );
    } catch (error) {
      errors.push(error);
    }
  }
  throwAll(errors);
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

function changed({ change, local, named = true }: Change, found: Found): string[] {
  try {
    return change(found) ?? [];
  } catch (error) {
    if (!named || !(error instanceof CliError)) throw error;
    // Upstream takes the name from a printer when it asks no server, of kinds in a group with its newline.
    const printed = `${displayKind(found.resource)}/${found.name}${found.resource.group === "" ? "" : "\n"}`;
    const name = local ? printed : `${found.resource.name}/${found.name}`;
    throw new CliError(`error: ${name} ${error.message}\n`);
  }
}

/** What differs, as a strategic merge patch; containers and their env are matched by name. */
function smallPatch(before: KObject, after: KObject, resourceVersion?: string): Record<string, unknown> {
  const patch = difference(before, after) as Record<string, unknown>;
  return resourceVersion ? { ...patch, metadata: { ...(patch.metadata as object | undefined), resourceVersion } } : patch;
}

function difference(before: unknown, after: unknown): unknown {
  if (isMap(before) && isMap(after)) {
    const patch: Record<string, unknown> = {};
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
      if (isDeepStrictEqual(before[key], after[key])) continue;
      patch[key] = key in after ? (key in before ? difference(before[key], after[key]) : after[key]) : null;
    }
    return patch;
  }
  if (isNamedList(before) && isNamedList(after)) {
    const changes: unknown[] = [];
    for (const item of after) {
      const other = before.find((candidate) => candidate.name === item.name);
      if (!other) changes.push(item);
      else if (!isDeepStrictEqual(other, item)) changes.push({ ...(difference(other, item) as object), name: item.name });
    }
    for (const item of before)
      if (!after.some((candidate) => candidate.name === item.name)) changes.push({ name: item.name, $patch: "delete" });
    return changes;
  }
  return after;
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
function isNamedList(value: unknown): value is { name: string }[] {
  return Array.isArray(value) && value.length > 0 && value.every((item) => isMap(item) && typeof item.name === "string");
}

/** What names objects, and behind it what is to change of them: `what=…`, or `what-`. */
export function resourcesAndPairs(args: string[], what: string): { names: string[]; pairs: string[] } {
  const isPair = (word: string) => (word.includes("=") && word[0] !== "=") || (word.endsWith("-") && word !== "-");
  const at = args.findIndex(isPair);
  if (at < 0) return { names: args, pairs: [] };
  const pairs = args.slice(at);
  const wrong = pairs.find((word) => !isPair(word));
  if (wrong !== undefined) throw new CliError(`all resources must be specified before ${what} changes: ${wrong}`);
  return { names: args.slice(0, at), pairs };
}
