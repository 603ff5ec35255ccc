/** `create -f`: posts the objects of files or stdin. */

import type { Command } from "../../command.ts";
import type { Session } from "../../connect/session.ts";
import { CliError, throwAll, usageError } from "../../failure.ts";
import { manifestTargets, selected } from "../../input/builder.ts";
import { bool, text } from "../../input/flags.ts";
import { filenameFlags, hasFiles } from "../../input/manifest.ts";
import { checkRaw, sendRaw } from "../../input/raw.ts";
import { recorded, recordFlag } from "../../input/record.ts";
import {
  dryRunFlag,
  fieldManagerFlag,
  fieldValidation,
  lastApplied,
  saveConfigFlag,
  selectorFlag,
  validateFlag,
  withLastApplied,
  withSource,
} from "../../input/write-flags.ts";
import { createObject } from "../../objects.ts";
import { outcomePrinter, printFlags } from "../../print/printers.ts";
import type { KObject } from "../../print/values.ts";

export const command: Command = {
  use: "create -f FILENAME",
  long: "Create objects from files or stdin.\n\n JSON and YAML formats are accepted.",
  examples: "# Create a pod from a file\nkubectl create -f ./pod.json\n\n# Create what stdin says\ncat pod.json | kubectl create -f -",
  flags: [
    ...printFlags,
    ...filenameFlags("to use to create the resource"),
    dryRunFlag,
    fieldManagerFlag("kubectl-create"),
    validateFlag,
    recordFlag,
    saveConfigFlag,
    selectorFlag,
    bool("edit", "Edit the resource before creating it."),
    bool("windows-line-endings", "Only relevant if --edit=true."),
    text("raw", "Path to post the file to on the server as it is."),
  ],
  run,
};

async function run(session: Session): Promise<void> {
  const { flags } = session;
  if (session.args.length > 0) throw usageError(`Unexpected args: [${session.args.join(" ")}]`, session.command);
  const dryRun = session.dryRun();
  const validation = fieldValidation(session);
  const print = await outcomePrinter(session);
  if (!hasFiles(session)) throw new CliError("must specify one of -f and -k");
  if (flags.text("raw")) {
    checkRaw(session, { file: "one", beside: ["edit", "selector"] });
    return sendRaw(session, "POST");
  }
  if (flags.bool("edit")) return (await import("../change/edit.ts")).editAndCreate(session);
  await session.clientTarget();
  const errors: unknown[] = [];
  // Told of after what went wrong with the others.
  const wrong: unknown[] = [];
  const targets = await selected(session, await manifestTargets(session, wrong));
  for (const target of targets) {
    const manifest = target.manifest as KObject;
    const keeps = flags.bool("save-config") || manifest.metadata.annotations?.[lastApplied] !== undefined;
    const object = recorded(session, keeps ? withLastApplied(manifest) : manifest);
    try {
      if (dryRun === "client") {
        print(object, "created");
        continue;
      }
      const written = await createObject(session, target.resource, object, {
        namespace: target.namespace,
        dryRun: dryRun === "server",
        fieldManager: flags.text("field-manager"),
        fieldValidation: validation,
      });
      print(written, "created");
    } catch (error) {
      errors.push(withSource(error, "creating", target.source ?? ""));
    }
  }
  throwAll([...errors, ...wrong]);
  if (targets.length === 0) throw new CliError("no objects passed to create");
}
