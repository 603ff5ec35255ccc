/** `apply view-last-applied` and `set-last-applied`: the annotation that apply compares with. */

import { parseExact } from "#codec/exact-integers.ts";
import type { Command } from "../../command.ts";
import { CliError } from "../../failure.ts";
import { buildTargets, manifestTargets, missingResources } from "../../input/builder.ts";
import { bool, list, text } from "../../input/flags.ts";
import { filenameFlags, hasFiles } from "../../input/manifest.ts";
import { dryRunFlag, lastApplied, lastAppliedText, selectorFlag } from "../../input/write-flags.ts";
import { fetchTargets, getObject, patchObject } from "../../objects.ts";
import { outcomePrinter, printFlags } from "../../print/printers.ts";
import type { KObject } from "../../print/values.ts";

export const viewLast: Command = {
  use: "apply view-last-applied (TYPE [NAME | -l label] | TYPE/NAME | -f FILENAME)",
  long: "View the latest last-applied-configuration annotations by type/name or file.",
  flags: [
    bool("all", "Select all objects of the given types in the namespace."),
    ...filenameFlags("that contains the last-applied-configuration annotations"),
    text("output|o", "Output format. Must be one of (yaml, json)", "yaml"),
    selectorFlag,
  ],
  async run(session) {
    const { flags } = session;
    const format = flags.text("output");
    if (format !== "yaml" && format !== "json")
      throw new CliError(`Unexpected -o output mode: ${format}, the flag 'output' must be one of yaml|json`);
    const found = await fetchTargets(
      session,
      await buildTargets(session, { all: flags.bool("all"), labelSelector: flags.text("selector") }),
    );
    const { writeYaml } = await import("#codec/yaml-writer.ts");
    const { goJson } = await import("#codec/go-json.ts");
    for (const { object } of found) {
      const kept = object.metadata.annotations?.[lastApplied];
      // Upstream says nothing of it.
      if (kept === undefined) continue;
      const value = parseExact(kept) as unknown;
      session.out(format === "yaml" ? writeYaml(value) : `${goJson(value, "  ")}\n`);
    }
  },
};

export const setLast: Command = {
  use: "apply set-last-applied -f FILENAME",
  long: "Set the latest last-applied-configuration annotations by the contents of a file, as if 'apply -f' had run, without changing anything else.",
  flags: [
    bool("create-annotation", "Will create 'last-applied-configuration' annotations if current objects doesn't have one"),
    dryRunFlag,
    list("filename|f", "that contains the last-applied-configuration annotations"),
    ...printFlags,
  ],
  async run(session) {
    const dryRun = session.dryRun();
    const print = await outcomePrinter(session);
    await session.target();
    if (!hasFiles(session)) throw missingResources();
    for (const target of await manifestTargets(session)) {
      const live = await getObject(session, target);
      if (live.metadata.annotations?.[lastApplied] === undefined && !session.flags.bool("create-annotation")) {
        throw new CliError(
          `no last-applied-configuration annotation found on resource: ${target.name}, to create the annotation, run the command with --create-annotation`,
        );
      }
      const patch = { metadata: { annotations: { [lastApplied]: lastAppliedText(target.manifest as KObject) } } };
      const after = dryRun === "client" ? live : await patchObject(session, target, "merge", patch, { dryRun: dryRun === "server" });
      print(after, "configured");
    }
  },
};
