/** `scale`: sets the wanted number of replicas through the scale subresource. */

import type { Command } from "../../command.ts";
import type { Session } from "../../connect/session.ts";
import { CliError, StatusError, throwAll, usageError } from "../../failure.ts";
import { buildTargets } from "../../input/builder.ts";
import { bool, duration, int, text } from "../../input/flags.ts";
import { filenameFlags } from "../../input/manifest.ts";
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
  if (flags.int("replicas") < 0)
    throw usageError("The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0", session.command);
  const dryRun = session.dryRun();
  const targets = await buildTargets(session, { allIsEmptySelector: true, all: flags.bool("all"), labelSelector: flags.text("selector") });
  const found = await fetchTargets(session, targets);
  if (found.length === 0) throw new CliError("no objects passed to scale");
  if (flags.text("resource-version") && found.length > 1) throw new CliError("cannot use --resource-version with multiple resources");
  const print = await outcomePrinter(session);
  const errors: unknown[] = [];
  for (const each of found) {
    try {
      await scaleOne(session, each, dryRun);
      print(each.object, "scaled");
    } catch (error) {
      errors.push(error);
    }
  }
  throwAll(errors);
}

async function scaleOne(session: Session, each: At & { object: KObject }, dryRun: string): Promise<void> {
  const { flags } = session;
  const replicas = flags.int("replicas");
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
  if (dryRun === "client") return;
  const updated = await patchObject(session, each, "merge", { spec: { replicas } }, { subresource: "scale", dryRun: dryRun === "server" });
  const timeout = flags.duration("timeout");
  if (timeout === 0 || dryRun === "server") return;
  const { clock, signal } = session.io;
  const deadline = clock.monotonic() + timeout;
  for (;;) {
    const scale = await getObject(session, each, "scale");
    if ((scale.status?.replicas ?? 0) === (updated.spec?.replicas ?? replicas)) return;
    if (clock.monotonic() > deadline) throw new CliError("timed out waiting for the condition");
    await clock.sleep(200, signal);
    if (signal?.aborted) return;
  }
}
