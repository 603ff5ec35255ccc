/** `scale`: sets the wanted number of replicas through the scale subresource. */

import type { Command } from "../../command.ts";
import type { DryRun, Session } from "../../connect/session.ts";
import { CliError, StatusError, throwAll } from "../../failure.ts";
import { buildTargets } from "../../input/builder.ts";
import { bool, duration, int, text } from "../../input/flags.ts";
import { filenameFlags } from "../../input/manifest.ts";
import { changeCause, recordedCause, recordFlag } from "../../input/record.ts";
import { dryRunFlag, selectorFlag } from "../../input/write-flags.ts";
import { type At, fetchTargets, getObject, patchObject } from "../../objects.ts";
import { outcomePrinter, printFlags } from "../../print/printers.ts";
import type { KObject } from "../../print/values.ts";

export const command: Command = {
  use: "scale [--resource-version=version] [--current-replicas=count] --replicas=COUNT (-f FILENAME | TYPE NAME)",
  long: "Set a new size for a deployment, replica set, replication controller, or stateful set.\n\n --current-replicas and --resource-version are checked before the size changes.",
  examples:
    "# Scale a replica set to 3\nkubectl scale --replicas=3 rs/foo\n\n# Only if it has 2 now\nkubectl scale --current-replicas=2 --replicas=3 deployment/mysql",
  flags: [
    bool("all", "Select all objects of the given types in the namespace."),
    int("current-replicas", "Only scale when the object has this size now. -1 means any.", -1),
    dryRunFlag,
    ...filenameFlags("identifying the resource to set a new size"),
    int("replicas", "The new desired number of replicas. Required."),
    recordFlag,
    text("resource-version", "Only scale when the object has this version."),
    selectorFlag,
    duration("timeout", "How long to wait for the new size; zero means not to wait."),
    ...printFlags,
  ],
  required: ["replicas"],
  run,
};

async function run(session: Session): Promise<void> {
  const { flags } = session;
  const dryRun = session.dryRun();
  const print = await outcomePrinter(session);
  await session.target();
  if (flags.int("replicas") < 0) throw new CliError("The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0");
  if (flags.int("current-replicas") < -1) throw new CliError("The --current-replicas must specify an integer of -1 or greater");
  const wrong: unknown[] = [];
  const targets = await buildTargets(session, {
    allIsEmptySelector: true,
    all: flags.bool("all"),
    labelSelector: flags.text("selector"),
    errors: wrong,
  });
  const found = await fetchTargets(session, targets, { errors: wrong, files: true });
  if (flags.text("resource-version") && found.length > 1) throw new CliError("cannot use --resource-version with multiple resources");
  if (found.length === 0 && wrong.length === 0) throw new CliError("no objects passed to scale");
  // The first that cannot be scaled ends it; what could not be had is told of at last.
  for (const each of found) {
    const size = await scaleOne(session, each, dryRun);
    if (dryRun === "none") await noteCause(session, each);
    print(withReplicas(each, size), "scaled");
  }
  throwAll(wrong);
}

/** The object as it was with its new size, where it is known to have it in `spec.replicas`. */
function withReplicas({ object, resource }: At & { object: KObject }, replicas: number): KObject {
  return ["", "apps"].includes(resource.group) ? { ...object, spec: { ...object.spec, replicas } } : object;
}

/** As upstream: what cannot be recorded is no failure. */
async function noteCause(session: Session, each: At & { object: KObject }): Promise<void> {
  const annotations = recordedCause(session);
  if (changeCause in annotations) await patchObject(session, each, "merge", { metadata: { annotations } }).catch(() => undefined);
}

/** Resolves to the size that it has then. */
async function scaleOne(session: Session, each: At & { object: KObject }, dryRun: DryRun): Promise<number> {
  const { flags } = session;
  const replicas = flags.int("replicas");
  if (dryRun === "client") return replicas;
  if (!each.resource.subresources.some((sub) => sub.name === "scale")) {
    throw new StatusError({ reason: "NotFound", code: 404, message: "the server could not find the requested resource" });
  }
  const version = flags.text("resource-version");
  const current = flags.int("current-replicas");
  if (current >= 0 || version) {
    const scale = await getObject(session, each, "scale");
    if (current >= 0 && (scale.spec?.replicas ?? 0) !== current)
      throw new CliError(`Expected replicas to be ${current}, was ${scale.spec?.replicas ?? 0}`, { raw: false });
    if (version && scale.metadata.resourceVersion !== version)
      throw new CliError(`Expected resource version to be ${version}, was ${scale.metadata.resourceVersion}`);
  }
  const updated = await patchObject(session, each, "merge", { spec: { replicas } }, { subresource: "scale", dryRun: dryRun === "server" });
  const timeout = flags.duration("timeout");
  const size: number = updated.spec?.replicas ?? replicas;
  if (timeout === 0 || dryRun === "server") return size;
  const { clock, signal } = session.io;
  const deadline = clock.monotonic() + timeout;
  for (;;) {
    const scale = await getObject(session, each, "scale");
    if ((scale.status?.replicas ?? 0) === size) return size;
    if (clock.monotonic() > deadline) throw new CliError("timed out waiting for the condition");
    await clock.sleep(200, signal);
    if (signal?.aborted) return size;
  }
}
