/** `patch`: changes fields by a strategic merge, JSON merge or JSON patch. */

import type { Command } from "../../command.ts";
import type { ResourceInfo } from "../../connect/discovery.ts";
import type { Session } from "../../connect/session.ts";
import { CliError, StatusError, throwAll } from "../../failure.ts";
import { buildTargets, localObjects } from "../../input/builder.ts";
import { bool, text } from "../../input/flags.ts";
import { filenameFlags } from "../../input/manifest.ts";
import { changeCause, recordedCause, recordFlag } from "../../input/record.ts";
import { dryRunFlag, fieldManagerFlag } from "../../input/write-flags.ts";
import { fetchTargets, patchObject, patchTypes } from "../../objects.ts";
import { outcomePrinter, printFlags, readTemplate } from "../../print/printers.ts";

export const command: Command = {
  use: "patch (-f FILENAME | TYPE NAME) [-p PATCH|--patch-file FILE]",
  long: "Change fields of an object with a strategic merge patch, a JSON merge patch, or a JSON patch, written in JSON or YAML.\n\n Custom resources take no strategic merge patches.",
  examples:
    '# Make a node unschedulable\nkubectl patch node k8s-node-1 -p \'{"spec":{"unschedulable":true}}\'\n\n# Change an image with a JSON patch\nkubectl patch pod valid-pod --type=\'json\' -p=\'[{"op": "replace", "path": "/spec/containers/0/image", "value":"new image"}]\'',
  flags: [
    dryRunFlag,
    fieldManagerFlag("kubectl-patch"),
    ...filenameFlags("identifying the resource to update"),
    bool("local", "If true, patch the file's content and print it instead of asking the server."),
    text("patch|p", "The patch to be applied to the resource JSON file."),
    text("patch-file", "A file containing a patch to be applied to the resource."),
    recordFlag,
    text("subresource", "Patch this subresource of the object."),
    text("type", "The type of patch being provided; one of [json merge strategic]", "strategic"),
    ...printFlags,
  ],
  run,
};

async function run(session: Session): Promise<void> {
  const { flags } = session;
  const dryRun = session.dryRun();
  const local = flags.bool("local");
  if (!local) await session.target();
  if (flags.text("patch") && flags.text("patch-file")) throw new CliError("cannot specify --patch and --patch-file together");
  if (!flags.text("patch") && !flags.text("patch-file"))
    throw new CliError("must specify --patch or --patch-file containing the contents of the patch");
  if (local && session.args.length > 0) throw new CliError("cannot specify --local and server resources");
  if (local && dryRun === "server") throw new CliError("cannot specify --local and --dry-run=server - did you mean --dry-run=client?");
  const type = flags.text("type").toLowerCase() || "strategic";
  if (type !== "json" && type !== "merge" && type !== "strategic")
    throw new CliError(`--type must be one of [json merge strategic], not ${JSON.stringify(flags.text("type"))}`);
  const source =
    flags.text("patch") ||
    (await readTemplate(session, flags.text("patch-file")).catch((error: unknown) => {
      const { message } = error as Error;
      throw new CliError(`unable to read patch file: ${message.replace(/^error reading template [^,]*, /, "")}`);
    }));
  const patch = await parsePatch(source);
  const found = local ? await localObjects(session) : await fetchTargets(session, await buildTargets(session), { files: true });
  // Upstream's says nothing of a dry run here.
  const print = await outcomePrinter(session, { dryRun: "none" });
  const errors: unknown[] = [];
  for (const each of found) {
    try {
      const before = each.object as { metadata: { resourceVersion?: string } };
      let after = each.object as never;
      if (local || dryRun === "client") after = (await patchLocally(session, each as never, type, patch)) as never;
      else {
        const write = {
          dryRun: dryRun === "server",
          fieldManager: flags.text("field-manager"),
          subresource: flags.text("subresource") || undefined,
        };
        after = (await patchObject(session, each as never, type, patch, write)) as never;
        const cause = recordedCause(session);
        if (changeCause in cause) {
          // As upstream: what cannot be recorded is no failure.
          const noted = patchObject(session, each as never, "merge", { metadata: { annotations: cause } }, write);
          after = (await noted.catch(() => after)) as never;
        }
      }
      const { isDeepStrictEqual } = await import("node:util");
      print(after, isDeepStrictEqual(before, after) ? "patched (no change)" : "patched");
    } catch (error) {
      const isRefused = error instanceof StatusError && error.reason === "UnsupportedMediaType";
      errors.push(isRefused ? unsupported(error, type, each) : error);
    }
  }
  if (found.length === 0) throw new CliError("no objects passed to patch");
  throwAll(errors);
}

function unsupported(error: StatusError, type: keyof typeof patchTypes, { resource }: { resource: ResourceInfo }): CliError {
  const { group, version, kind } = resource;
  return new CliError(`${patchTypes[type]} is not supported by ${group}/${version}, Kind=${kind}: ${error.message}`);
}

async function parsePatch(source: string): Promise<unknown> {
  const { readYaml } = await import("#codec/yaml.ts");
  try {
    return readYaml(source).value ?? {};
  } catch (error) {
    throw new CliError(`unable to parse ${JSON.stringify(source)}: ${(error as Error).message}`);
  }
}

async function patchLocally(
  session: Session,
  each: { resource: never; object: Record<string, unknown> },
  type: string,
  patch: unknown,
): Promise<unknown> {
  if (type === "json") {
    const { applyJsonPatch } = await import("#codec/json-patch.ts");
    return applyJsonPatch(each.object, patch);
  }
  const { applyMergePatch } = await import("#codec/merge-patch.ts");
  if (type === "merge") return applyMergePatch(each.object, patch);
  const { strategicLookup } = await import("../../patch/three-way.ts");
  const lookup = await strategicLookup(session, each);
  if (!lookup) throw new CliError("cannot apply strategic merge patch for this kind locally, try --type merge");
  const { strategicMerge } = await import("#codec/strategic/merge.ts");
  return strategicMerge(lookup, each.object, patch as Record<string, unknown>);
}
