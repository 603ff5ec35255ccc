/** `replace`: puts the file's object in place of the live one. */

import type { Command } from "../../command.ts";
import { CliError, isNotFound, throwAll } from "../../failure.ts";
import { manifestTargets } from "../../input/builder.ts";
import { bool, duration, int, text } from "../../input/flags.ts";
import { filenameFlags, hasFiles } from "../../input/manifest.ts";
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
import { createObject, getObject, updateObject } from "../../objects.ts";
import { outcomePrinter, printFlags } from "../../print/printers.ts";
import type { KObject } from "../../print/values.ts";
import { deleteAndWait } from "../delete.ts";

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
  async run(session) {
    const { flags } = session;
    const dryRun = session.dryRun();
    const validation = fieldValidation(session);
    const print = await outcomePrinter(session);
    await session.clientTarget();
    if (!hasFiles(session)) throw new CliError("must specify one of -f and -k");
    if (flags.int("grace-period") >= 0 && !flags.bool("force")) throw new CliError("--grace-period must have --force specified");
    if (flags.duration("timeout") !== 0 && !flags.bool("force")) throw new CliError("--timeout must have --force specified");
    const errors: unknown[] = [];
    for (const target of await manifestTargets(session)) {
      const manifest = target.manifest as KObject;
      const write = {
        dryRun: dryRun === "server",
        fieldManager: flags.text("field-manager"),
        fieldValidation: validation,
        subresource: flags.text("subresource") || undefined,
      };
      try {
        const keeps = flags.bool("save-config") || manifest.metadata.annotations?.[lastApplied] !== undefined;
        const object = keeps ? withLastApplied(manifest) : manifest;
        if (dryRun === "client") print(object, "replaced");
        else if (flags.bool("force")) {
          await deleteAndWait(session, target, { gracePeriodSeconds: Math.max(0, flags.int("grace-period")) });
          session.line(
            `${target.resource.kind.toLowerCase()}${target.resource.group ? `.${target.resource.group}` : ""} ${JSON.stringify(target.name)} deleted${target.resource.namespaced ? ` from ${target.namespace} namespace` : ""}`,
          );
          print(await createObject(session, target.resource, object, { ...write, namespace: target.namespace }), "replaced");
        } else {
          const fresh = { ...object, metadata: { ...object.metadata } };
          // What is not there may be created by it: the server says.
          fresh.metadata.resourceVersion ??= (await getObject(session, target).catch(unlessFound))?.metadata.resourceVersion;
          print(await updateObject(session, target, fresh, write), "replaced");
        }
      } catch (error) {
        errors.push(withSource(error, "replacing", target.source ?? ""));
      }
    }
    throwAll(errors);
  },
};

function unlessFound(error: unknown): undefined {
  if (!isNotFound(error)) throw error;
}
