/** `edit`: opens live objects in an editor and patches what was changed. */
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { createMergePatch } from "#codec/merge-patch.ts";
import { createTwoWayMergePatch } from "#codec/strategic/diff.ts";
import type { Command } from "../../command.ts";
import type { Session } from "../../connect/session.ts";
import { CliError, messageFor } from "../../failure.ts";
import { buildTargets } from "../../input/builder.ts";
import { bool, text } from "../../input/flags.ts";
import { filenameFlags } from "../../input/manifest.ts";
import { parseManifests } from "../../input/manifest-text.ts";
import { fieldManagerFlag, saveConfigFlag, validateFlag } from "../../input/write-flags.ts";
import { type At, fetchTargets, patchObject } from "../../objects.ts";
import { strategicLookup } from "../../patch/three-way.ts";
import { objectName, outputFlag, templateFlags, withoutManagedFields } from "../../print/printers.ts";
import type { KObject } from "../../print/values.ts";
import { openEditor, stripComments } from "./editor.ts";

export const command: Command = {
  use: "edit (RESOURCE/NAME | -f FILENAME)",
  long: "Edit a resource from the default editor: KUBE_EDITOR, EDITOR, or vi. The editor gets YAML; -o json changes that. What is saved is sent as a patch; what the server refuses is shown and kept in a file.",
  flags: [
    fieldManagerFlag("kubectl-edit"),
    ...filenameFlags("to use to edit the resource"),
    outputFlag,
    bool("output-patch", "Output the patch if the resource is edited."),
    saveConfigFlag,
    text("subresource", "Edit this subresource of the object."),
    validateFlag,
    bool("windows-line-endings", "Accepted for compatibility."),
    ...templateFlags,
  ],
  async run(session) {
    await session.target();
    const found = await fetchTargets(session, await buildTargets(session, { allowTypeAlone: true }));
    if (found.length === 0) throw new CliError("edit cancelled, no objects found");
    let failed = false;
    for (const each of found) failed = !(await editOne(session, each)) || failed;
    if (failed) throw new CliError("", { raw: true });
  },
};

const header =
  "# Please edit the object below. Lines beginning with a '#' will be ignored,\n# and an empty file will abort the edit. If an error occurs while saving this file will be\n# reopened with the relevant failures.\n#\n";

async function editOne(session: Session, at: At & { object: KObject }): Promise<boolean> {
  const json = session.flags.text("output") === "json";
  const { writeYaml } = await import("#codec/yaml-writer.ts");
  const { goJson } = await import("#codec/go-json.ts");
  const original = session.flags.bool("show-managed-fields") ? at.object : withoutManagedFields(at.object);
  const body = json ? `${goJson(original, "    ")}\n` : writeYaml(original);
  const file = join(mkdtempSync(join(tmpdir(), "kubectl-edit-")), `object.${json ? "json" : "yaml"}`);
  let reasons = "";
  let content = body;
  for (;;) {
    writeFileSync(file, `${header}${reasons}${content}`, { mode: 0o600 });
    openEditor(session, file);
    const edited = stripComments(readFileSync(file, "utf8"));
    if (edited.trim() === "") {
      session.err("Edit cancelled, saved file was empty.\n");
      return true;
    }
    if (edited === content) {
      session.err(reasons === "" ? "Edit cancelled, no changes made.\n" : `Edit cancelled, no valid changes were saved.\n`);
      if (reasons === "") return true;
      session.err(`A copy of your changes has been stored to ${JSON.stringify(file)}\n`);
      return false;
    }
    content = edited;
    try {
      const [manifest] = await parseManifests(edited, file);
      if (!manifest) throw new CliError("the file holds no object");
      await sendChanges(session, at, { original, edited: manifest.object });
      return true;
    } catch (error) {
      const message = messageFor(error);
      session.err(
        `error: ${objectName(at.object)} could not be patched: ${message}\nYou can run \`kubectl replace -f ${file}\` to try this update again.\n`,
      );
      reasons = `${message
        .split("\n")
        .map((line) => `# ${line}`)
        .join("\n")}\n#\n`;
    }
  }
}

async function sendChanges(session: Session, at: At & { object: KObject }, how: { original: KObject; edited: KObject }): Promise<void> {
  const { original, edited } = how;
  if (edited.metadata.name !== original.metadata.name) throw new CliError("At least one of apiVersion, kind and name was changed");
  if (isDeepStrictEqual(original, edited)) {
    session.err("Edit cancelled, no changes made.\n");
    return;
  }
  const found = await strategicLookup(session, at);
  const patch = found ? createTwoWayMergePatch(found, original, edited) : createMergePatch(original, edited);
  if (session.flags.bool("output-patch")) session.line(`Patch: ${JSON.stringify(patch)}`);
  await patchObject(session, at, found ? "strategic" : "merge", patch, {
    fieldManager: session.flags.text("field-manager"),
    subresource: session.flags.text("subresource") || undefined,
  });
  session.line(`${objectName(original)} edited`);
}
