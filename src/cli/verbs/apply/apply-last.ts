/** `apply view-last-applied` and `set-last-applied`: the annotation that apply compares with. */

import { parseExact } from "#codec/exact-integers.ts";
import { goJson } from "#codec/go-json.ts";
import type { Command } from "../../command.ts";
import { CliError, usageError } from "../../failure.ts";
import { buildTargets, manifestTargets, missingResources, type NamedTarget } from "../../input/builder.ts";
import { bool, list, text } from "../../input/flags.ts";
import { filenameFlags, hasFiles } from "../../input/manifest.ts";
import { dryRunFlag, lastApplied, selectorFlag } from "../../input/write-flags.ts";
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
    await session.target();
    const format = flags.text("output");
    const all = flags.bool("all");
    const targets = await buildTargets(session, {
      all,
      labelSelector: flags.text("selector"),
      allowTypeAlone: session.flags.given("namespace"),
    });
    const kept: unknown[] = [];
    for (const { object } of await fetchTargets(session, targets)) {
      const text = object.metadata.annotations?.[lastApplied];
      // Upstream says nothing of those without.
      if (text !== undefined) kept.push(parseExact(text));
    }
    if (kept.length > 0 && format !== "yaml" && format !== "json")
      throw usageError(`Unexpected -o output mode: ${format}, the flag 'output' must be one of yaml|json`, session.command);
    const { writeYaml } = await import("#codec/yaml-writer.ts");
    for (const value of kept) session.out(format === "yaml" ? writeYaml(value) : `${goJson(value, "  ")}\n`);
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
    await session.target();
    const print = await outcomePrinter(session);
    if (!hasFiles(session)) throw missingResources();
    const wanted: { target: NamedTarget; live: KObject; text: string }[] = [];
    for (const target of await manifestTargets(session)) {
      const live = await getObject(session, target);
      const kept = live.metadata.annotations?.[lastApplied];
      if (kept === undefined && !session.flags.bool("create-annotation"))
        throw new CliError(
          `no last-applied-configuration annotation found on resource: ${target.name}, to create the annotation, run the command with --create-annotation`,
        );
      const text = `${goJson(target.manifest)}\n`;
      if (kept?.trimEnd() === text.trimEnd()) session.line(`set-last-applied ${target.name}: no changes required.`);
      else wanted.push({ target, live, text });
    }
    for (const { target, live, text } of wanted) {
      const patch = { metadata: { annotations: { [lastApplied]: text } } };
      const after = dryRun === "client" ? live : await patchObject(session, target, "merge", patch, { dryRun: dryRun === "server" });
      print(after, "configured");
    }
  },
};
