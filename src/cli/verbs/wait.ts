/** `wait`: until a condition, a field value, a creation or a deletion. */

import type { Command } from "../command.ts";
import type { Session } from "../connect/session.ts";
import { CliError, isNotFound, throwAll } from "../failure.ts";
import { buildTargets, isNamed, type Target } from "../input/builder.ts";
import { bool, duration, text, texts } from "../input/flags.ts";
import { filenameFlags, recursing } from "../input/manifest.ts";
import { selectorFlag } from "../input/write-flags.ts";
import { type At, getObject, listObjects } from "../objects.ts";
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
  const errors: unknown[] = [];
  const deleting = plans.some((plan) => plan === "delete");
  const creating = plans.some((plan) => plan === "create");
  const found = await expand(session, targets, { creating, deadline });
  if (found.length === 0 && !deleting) throw new CliError("no matching resources found");
  await Promise.all(
    found.map(async (at) => {
      try {
        const object = await waitFor(session, at, { plans, deadline, creating });
        if (object === undefined) return;
        print(object, deleting ? "deleted" : creating && plans.length === 1 ? "created" : "condition met");
      } catch (error) {
        errors.push(error);
      }
    }),
  );
  throwAll(errors);
}

/** Collections become their objects; waiting for creation also waits for the first of them. */
async function expand(session: Session, targets: Target[], how: { creating: boolean; deadline: number }): Promise<At[]> {
  const { clock, signal } = session.io;
  for (;;) {
    const found: At[] = [];
    for (const target of targets) {
      if (isNamed(target)) found.push(target);
      else
        for (const item of (await listObjects(session, target)).items)
          found.push({ resource: target.resource, namespace: item.metadata.namespace ?? "", name: item.metadata.name });
    }
    if (found.length > 0 || !how.creating || clock.monotonic() >= how.deadline || signal?.aborted) return found;
    await clock.sleep(pollMs, signal);
  }
}

async function parseCondition(spec: string): Promise<Check | "delete" | "create"> {
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

async function jsonPathCheck(spec: string): Promise<Check> {
  const match = /^'?(\{.*\}|[^=]*)'?(?:=(.*))?$/s.exec(spec);
  const [, path = "", value] = match ?? [];
  if (path === "" || value === "")
    throw new CliError(
      value === ""
        ? "jsonpath wait has to have a value after equal sign, like --for=jsonpath='{.status.readyReplicas}'=3"
        : `jsonpath wait format must be --for=jsonpath='{.status.readyReplicas}'=3 or --for=jsonpath='{.status.readyReplicas}'`,
    );
  const { jsonPath, relaxedJsonPath } = await import("#codec/json-path.ts");
  const wanted = value?.replace(/^(['"])(.*)\1$/s, "$2");
  let compiled: ReturnType<typeof jsonPath>;
  try {
    compiled = jsonPath(relaxedJsonPath(path));
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

async function waitFor(
  session: Session,
  at: At,
  how: { plans: (Check | "delete" | "create")[]; deadline: number; creating: boolean },
): Promise<KObject | undefined> {
  const { clock, signal } = session.io;
  const deleting = how.plans.includes("delete");
  const checks = how.plans.filter((plan) => typeof plan === "function");
  let last = {
    apiVersion: at.resource.group ? `${at.resource.group}/${at.resource.version}` : at.resource.version,
    kind: at.resource.kind,
    metadata: { name: at.name },
  } as KObject;
  let uid: string | undefined;
  for (;;) {
    try {
      const object = await getObject(session, at);
      if (deleting && uid !== undefined && object.metadata.uid !== uid) return last;
      uid ??= object.metadata.uid;
      last = object;
      if (!deleting && checks.every((check) => check(object))) return object;
    } catch (error) {
      if (!isNotFound(error)) throw error;
      if (deleting) return uid === undefined ? undefined : last;
      if (!how.creating) throw error;
    }
    if (clock.monotonic() >= how.deadline && how.creating) throw new CliError("timed out waiting for the condition");
    if (clock.monotonic() >= how.deadline)
      throw new CliError(
        `timed out waiting for the condition on ${at.resource.name}${at.resource.group ? `.${at.resource.group}` : ""}/${at.name}`.replace(
          /on (\w+)\.[^/]+\//,
          "on $1/",
        ),
      );
    await clock.sleep(pollMs, signal);
    if (signal?.aborted) throw new CliError("interrupted");
  }
}
