/** `create -f`: posts the objects of files or stdin. */

import type { Command } from "../../command.ts";
import type { Session } from "../../connect/session.ts";
import { CliError, throwAll } from "../../failure.ts";
import { manifestTargets } from "../../input/builder.ts";
import { bool, text } from "../../input/flags.ts";
import { filenameFlags, hasFiles } from "../../input/manifest.ts";
import {
  dryRunFlag,
  fieldManagerFlag,
  fieldValidation,
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
  if (!hasFiles(session)) {
    throw new CliError("must specify one of -f and -k");
  }
  if (flags.text("raw")) return raw(session);
  const dryRun = session.dryRun();
  const validation = fieldValidation(session);
  const print = await outcomePrinter(session);
  const errors: unknown[] = [];
  await session.clientTarget();
  const targets = await manifestTargets(session);
  if (targets.length === 0) throw new CliError("no objects passed to create");
  for (const target of targets) {
    const manifest = target.manifest as KObject;
    const object = flags.bool("save-config") ? withLastApplied(manifest) : manifest;
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
  throwAll(errors);
}

async function raw(session: Session): Promise<void> {
  const [file] = session.flags.list("filename");
  const { readStdin } = await import("../../input/manifest.ts");
  const { readFileSync } = await import("node:fs");
  const body = file === "-" ? await readStdin(session) : readFileSync(file, "utf8");
  const response = await (await session.rest()).request({ method: "POST", path: session.flags.text("raw"), body });
  session.out(response.text);
}
