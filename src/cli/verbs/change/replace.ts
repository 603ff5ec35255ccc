/** `replace`: puts the file's object in place of the live one. */

import type { Command } from "../../command.ts";
import type { Session } from "../../connect/session.ts";
import { CliError, isNotFound, throwAll } from "../../failure.ts";
import { manifestTargets, type NamedTarget } from "../../input/builder.ts";
import { bool, duration, int, text } from "../../input/flags.ts";
import { filenameFlags, hasFiles } from "../../input/manifest.ts";
import { checkRaw, sendRaw } from "../../input/raw.ts";
import {
  dryRunFlag,
  fieldManagerFlag,
  fieldValidation,
  lastApplied,
  saveConfigFlag,
  validateFlag,
  withLastApplied,
  withSource,
} from "../../input/write-flags.ts";
import { createObject, getObject, updateObject, type Written } from "../../objects.ts";
import { outcomePrinter, printFlags } from "../../print/printers.ts";
import type { KObject } from "../../print/values.ts";
import { cascadePolicy, deletedText, deleteObject, waitUntilGone } from "../delete.ts";

export const command: Command = {
  use: "replace -f FILENAME",
  long: "Replace a resource by file name or stdin. The complete object must be given.",
  flags: [
    ...filenameFlags("The files that contain the configurations to replace."),
    ...printFlags,
    dryRunFlag,
    fieldManagerFlag("kubectl-replace"),
    validateFlag,
    saveConfigFlag,
    bool("force", "If true, delete the object and create it again."),
    text("cascade", 'Must be "background", "orphan", or "foreground".', "background", { bare: "background" }),
    int("grace-period", "Seconds that a deleted object gets to end gracefully.", -1),
    text("raw", "Path to put the file to on the server as it is."),
    text("subresource", "Replace this subresource of the object."),
    duration("timeout", "How long to wait for a deletion."),
    bool("wait", "If true, wait for deleted objects to be gone."),
  ],
  run,
};

async function run(session: Session): Promise<void> {
  const { flags } = session;
  const validation = fieldValidation(session);
  const dryRun = session.dryRun();
  await session.clientTarget();
  const print = await outcomePrinter(session);
  const policy = cascadePolicy(flags.text("cascade"));
  if (!hasFiles(session)) throw new CliError("must specify one of -f and -k");
  const force = flags.bool("force");
  if (flags.int("grace-period") >= 0 && !force) throw new CliError("--grace-period must have --force specified");
  if (flags.duration("timeout") !== 0 && !force) throw new CliError("--timeout must have --force specified");
  if (force && dryRun !== "none") throw new CliError("--dry-run can not be used when --force is set");
  if (flags.text("raw")) {
    checkRaw(session, { file: "one" });
    return sendRaw(session, "PUT");
  }
  const errors: unknown[] = [];
  const wrong: unknown[] = [];
  const targets = await manifestTargets(session, wrong);
  if (force) {
    throwAll(wrong);
    await deleteFirst(session, targets, policy);
  }
  for (const target of targets) {
    const manifest = target.manifest as KObject;
    const keeps = flags.bool("save-config") || manifest.metadata.annotations?.[lastApplied] !== undefined;
    const object = keeps ? withLastApplied(manifest) : manifest;
    const write = {
      dryRun: dryRun === "server",
      fieldManager: flags.text("field-manager"),
      fieldValidation: validation,
      subresource: flags.text("subresource") || undefined,
    };
    try {
      if (dryRun === "client") print(object, "replaced");
      else if (force) print(await createObject(session, target.resource, object, { ...write, namespace: target.namespace }), "replaced");
      else print(await replaceOne(session, target, object, write), "replaced");
    } catch (error) {
      errors.push(force ? error : withSource(error, "replacing", target.source ?? ""));
    }
  }
  throwAll([...errors, ...wrong]);
  if (targets.length === 0 && force) throw new CliError("no objects passed to replace");
}

async function replaceOne(session: Session, target: NamedTarget, object: KObject, write: Written): Promise<KObject> {
  const fresh = { ...object, metadata: { ...object.metadata } };
  // What is not there may be created by it: the server says.
  fresh.metadata.resourceVersion ??= (await getObject(session, target).catch(unlessFound))?.metadata.resourceVersion;
  return updateObject(session, target, fresh, write);
}

const defaultWaitMs = 5 * 60_000;

/** --force: everything goes before anything is made. What is not there may be missing. */
async function deleteFirst(session: Session, targets: NamedTarget[], policy: string): Promise<void> {
  const { flags } = session;
  const grace = flags.int("grace-period");
  // As upstream does to keep what was meant as 0 from losing data.
  const gracePeriodSeconds = grace < 0 ? undefined : Math.max(1, grace);
  const errors: unknown[] = [];
  const gone: (NamedTarget & { uid?: string })[] = [];
  for (const target of targets) {
    try {
      gone.push({ ...target, uid: await deleteObject(session, target, { gracePeriodSeconds, policy }) });
      session.line(deletedText(target, { output: flags.text("output"), forced: false, dryRun: "none" }));
    } catch (error) {
      if (!isNotFound(error)) errors.push(withSource(error, "deleting", target.source ?? ""));
    }
  }
  throwAll(errors);
  await waitUntilGone(session, gone, flags.duration("timeout") || defaultWaitMs);
}

function unlessFound(error: unknown): undefined {
  if (!isNotFound(error)) throw error;
}
