/** `wait`: until a condition, a field value, a creation or a deletion. */

import type { Command } from "../command.ts";
import type { Session } from "../connect/session.ts";
import { CliError, isNotFound, throwAll } from "../failure.ts";
import { buildTargets, type Target } from "../input/builder.ts";
import { bool, duration, text, texts } from "../input/flags.ts";
import { filenameFlags, recursing } from "../input/manifest.ts";
import { selectorFlag } from "../input/write-flags.ts";
import { type At, fetchTargets, getObject } from "../objects.ts";
import { outcomePrinter, printFlags } from "../print/printers.ts";
import type { KObject } from "../print/values.ts";

export const command: Command = {
  use: "wait ([-f FILENAME] | resource.group/resource.name | resource.group [(-l label | --all)]) [--for=create|--for=delete|--for condition=available|--for=jsonpath='{}'[=value]]",
  long: "Wait for a specific condition on one or many resources.\n\n Each named object is looked at until it meets the condition or the time is over.",
  examples:
    "kubectl wait --for=condition=Ready pod/busybox1\nkubectl wait --for=jsonpath='{.status.phase}'=Running pod/busybox1\nkubectl wait --for=delete pod/busybox1 --timeout=60s",
  flags: [
    bool("all", "Select all objects of the given types in the namespace"),
    bool("all-namespaces|A", "If present, look in all namespaces."),
    text("field-selector", "Selector (field query) to filter on."),
    ...filenameFlags("identifying the resource.")
      .filter(({ name }) => name !== "kustomize")
      .map(recursing),
    texts(
      "for",
      "What to wait for: create, delete, condition=name[=value], jsonpath='{expression}'[=value]. Conditions match without regard to case.",
    ),
    bool("local", "If true, run on the files alone.", false),
    selectorFlag,
    duration("timeout", "How long to wait. Zero means check once and don't wait, negative means wait for a week.", "30s"),
    ...printFlags,
  ],
  run,
};

type Check = (object: KObject) => boolean;

const pollMs = 150;
const weekMs = 7 * 24 * 3600 * 1000;

async function run(session: Session): Promise<void> {
  const { flags, io } = session;
  const conditions = flags.list("for");
  const print = await outcomePrinter(session, { dryRun: "none" });
  await session.clientTarget();
  if (conditions.length === 0) throw new CliError("unrecognized condition: []");
  const plans = await Promise.all(conditions.map(parseCondition));
  const given = flags.duration("timeout");
  const deadline = io.clock.monotonic() + (given < 0 ? weekMs : given);
  const targets = await buildTargets(session, {
    all: flags.bool("all"),
    allNamespaces: flags.bool("all-namespaces"),
    labelSelector: flags.text("selector"),
    fieldSelector: flags.text("field-selector"),
  });
  const has = (name: Plan) => plans.includes(name);
  const found = await expand(session, targets, { creating: has("create"), deleting: has("delete"), deadline });
  if (found.length === 0 && !has("delete")) throw new CliError("no matching resources found");
  const errors: unknown[] = [];
  const once = given === 0;
  for (const each of found) {
    try {
      // One after the other, each told of when it is met.
      for (const plan of plans) print(await waitFor(session, each, { plan, deadline, once }), "condition met");
    } catch (error) {
      errors.push(error);
    }
  }
  throwAll(errors);
}

type Plan = Check | "delete" | "create";
type Found = At & { object: KObject };

/** The objects that there are; waiting for creation also waits for the first of them, waiting for deletion minds none that is gone. */
async function expand(
  session: Session,
  targets: Target[],
  how: { creating: boolean; deleting: boolean; deadline: number },
): Promise<Found[]> {
  const { clock, signal } = session.io;
  for (;;) {
    const errors: unknown[] = [];
    const found = await fetchTargets(session, targets, { errors });
    const missing = errors.every(isNotFound);
    if (errors.length === 0 && found.length > 0) return found;
    if (!missing || !how.creating) {
      if (!missing || !how.deleting) throwAll(errors);
      return found;
    }
    if (clock.monotonic() >= how.deadline) throw new CliError("timed out waiting for the condition");
    await clock.sleep(pollMs, signal);
    if (signal?.aborted) throw new CliError("interrupted");
  }
}

async function parseCondition(spec: string): Promise<Plan> {
  const lower = spec.toLowerCase();
  if (lower === "delete") return "delete";
  if (lower === "create") return "create";
  if (lower.startsWith("condition=")) {
    const [name, value = "true"] = spec.slice("condition=".length).split("=");
    return (object) => {
      const found = object.status?.conditions?.find((condition: { type: string }) => condition.type.toLowerCase() === name.toLowerCase());
      if (!found || (found.observedGeneration ?? object.metadata.generation ?? 0) < (object.metadata.generation ?? 0)) return false;
      return found.status.toLowerCase() === value.toLowerCase();
    };
  }
  if (lower.startsWith("jsonpath=")) return jsonPathCheck(spec.slice("jsonpath=".length));
  throw new CliError(`unrecognized condition: ${JSON.stringify(spec)}`);
}

/** Parts between single `=`; of several in a row each pair belongs to an expression. */
function splitPath(spec: string): string[] {
  return spec
    .replaceAll("==", "\0")
    .split("=")
    .map((part) => part.replaceAll("\0", "=="));
}

async function jsonPathCheck(spec: string): Promise<Check> {
  const [path = "", value, ...more] = splitPath(spec);
  if (more.length > 0)
    throw new CliError(
      "jsonpath wait format must be --for=jsonpath='{.status.readyReplicas}'=3 or --for=jsonpath='{.status.readyReplicas}'",
    );
  const { jsonPath, relaxedJsonPath } = await import("#codec/json-path.ts");
  const wanted = value?.replace(/^['"]+|['"]+$/g, "");
  let compiled: ReturnType<typeof jsonPath>;
  try {
    const relaxed = relaxedJsonPath(path);
    if (wanted === "")
      throw new CliError("jsonpath wait has to have a value after equal sign, like --for=jsonpath='{.status.readyReplicas}'=3");
    if (path === "") throw new CliError("jsonpath expression cannot be empty");
    compiled = jsonPath(relaxed);
  } catch (error) {
    throw new CliError((error as Error).message);
  }
  return (object) => {
    const results = compiled.find(object)[0] ?? [];
    if (results.length === 0) return false;
    if (results.length > 1) throw new CliError("given jsonpath expression matches more than one value");
    if (typeof results[0] === "object" && results[0] !== null)
      throw new CliError("jsonpath leads to a nested object or list which is not supported");
    return wanted === undefined || String(results[0]).trim() === wanted.trim();
  };
}

/** Resolves to the object that met the condition, or to what it was before it went. */
async function waitFor(session: Session, at: Found, how: { plan: Plan; deadline: number; once: boolean }): Promise<KObject> {
  const { clock, signal } = session.io;
  const { plan } = how;
  if (plan === "create") return at.object;
  const name = `${at.resource.name}/${at.name}`;
  for (;;) {
    const object = await getObject(session, at).catch((error: unknown) => {
      if (plan !== "delete" || !isNotFound(error)) throw error;
      return undefined;
    });
    if (plan === "delete" ? object?.metadata.uid !== at.object.metadata.uid : plan(object!)) return plan === "delete" ? at.object : object!;
    if (how.once) throw new CliError(`condition not met for ${name}`);
    if (clock.monotonic() >= how.deadline) throw new CliError(`timed out waiting for the condition on ${name}`);
    await clock.sleep(pollMs, signal);
    if (signal?.aborted) throw new CliError("interrupted");
  }
}
