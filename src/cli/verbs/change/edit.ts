/** `edit`: opens live objects in an editor and patches what was changed; `create --edit` does so before it creates. */
import { isDeepStrictEqual } from "node:util";
import { goJson } from "#codec/go-json.ts";
import { createMergePatch } from "#codec/merge-patch.ts";
import { createTwoWayMergePatch } from "#codec/strategic/diff.ts";
import type { Command } from "../../command.ts";
import type { Session } from "../../connect/session.ts";
import { CliError, throwAll } from "../../failure.ts";
import { buildTargets, manifestTargets, type NamedTarget } from "../../input/builder.ts";
import { bool, text } from "../../input/flags.ts";
import { filenameFlags } from "../../input/manifest.ts";
import { fieldManagerFlag, fieldValidation, saveConfigFlag, validateFlag, withLastApplied } from "../../input/write-flags.ts";
import { type At, createObject, fetchTargets, patchObject } from "../../objects.ts";
import { strategicLookup } from "../../patch/three-way.ts";
import { outcomePrinter, outputFlag, templateFlags, withoutManagedFields } from "../../print/printers.ts";
import type { KObject } from "../../print/values.ts";
import { editObjects, plainHeader, type Results } from "./editor.ts";

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
    bool("windows-line-endings", "Defaults to the line ending native to your platform."),
    ...templateFlags,
  ],
  async run(session) {
    await session.target();
    const errors: unknown[] = [];
    const found = await fetchTargets(session, await buildTargets(session, { allowTypeAlone: true }), { errors });
    const validation = fieldValidation(session);
    throwAll(errors);
    if (found.length === 0) throw new CliError("edit cancelled, no objects found");
    await editObjects(session, {
      header: plainHeader,
      targets: found,
      objects: found.map(({ object }) => object),
      async visit(edited, results) {
        for (const target of edited) await sendChanges(session, { target, found, validation, results });
      },
    });
  },
};

type Found = At & { object: KObject };

async function print(session: Session, object: KObject, operation: string): Promise<void> {
  (await outcomePrinter(session, { dryRun: "none" }))(object, operation);
}

async function sendChanges(
  session: Session,
  how: { target: NamedTarget; found: Found[]; validation: string; results: Results },
): Promise<void> {
  const { target, found, validation, results } = how;
  const edited = session.flags.bool("save-config") ? withLastApplied(target.manifest as KObject) : (target.manifest as KObject);
  const live = found.find(({ object }) => (object.metadata.uid ?? "") === (edited.metadata.uid ?? ""));
  if (!live) throw new CliError(`no original object found for ${goJson(edited)}`);
  const original = withoutManagedFields(live.object);
  if (isDeepStrictEqual(original, edited)) return print(session, live.object, "skipped");
  const changed = (["apiVersion", "kind"] as const).some((member) => original[member] !== edited[member]);
  if (changed || original.metadata.name !== edited.metadata.name)
    throw new CliError("At least one of apiVersion, kind and name was changed");
  const lookup = await strategicLookup(session, live);
  const patch = lookup ? createTwoWayMergePatch(lookup, original, edited) : createMergePatch(original, edited);
  if (session.flags.bool("output-patch")) session.line(`Patch: ${goJson(patch)}`);
  let after: KObject;
  try {
    after = await patchObject(session, live, lookup ? "strategic" : "merge", patch, {
      fieldManager: session.flags.text("field-manager"),
      fieldValidation: validation,
      subresource: session.flags.text("subresource") || undefined,
    });
  } catch (error) {
    return session.err(results.add(error, live));
  }
  await print(session, after, "edited");
}

/** `create --edit`: one object after the other. */
export async function editAndCreate(session: Session): Promise<void> {
  const { flags } = session;
  await session.target();
  const errors: unknown[] = [];
  const targets = await manifestTargets(session, errors);
  const write = { fieldManager: "kubectl-create", fieldValidation: fieldValidation(session) };
  for (const target of targets) {
    const create = async (edited: NamedTarget) => {
      const manifest = edited.manifest as KObject;
      const object = flags.bool("save-config") ? withLastApplied(manifest) : manifest;
      await print(session, await createObject(session, edited.resource, object, { ...write, namespace: edited.namespace }), "created");
    };
    try {
      await editObjects(session, {
        header: plainHeader,
        targets: [target],
        objects: [target.manifest as KObject],
        async visit(edited) {
          for (const each of edited) await create(each);
        },
      });
    } catch (error) {
      errors.push(error);
    }
  }
  throwAll(errors);
}
