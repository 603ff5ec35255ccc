/** `apply edit-last-applied`: the annotation that apply compares with, changed in an editor. */
import { isDeepStrictEqual } from "node:util";
import { parseExact } from "#codec/exact-integers.ts";
import { goJson } from "#codec/go-json.ts";
import type { Command } from "../../command.ts";
import { CliError, throwAll } from "../../failure.ts";
import { buildTargets, type NamedTarget } from "../../input/builder.ts";
import { bool } from "../../input/flags.ts";
import { filenameFlags } from "../../input/manifest.ts";
import { fieldManagerFlag, fieldValidation, lastApplied, validateFlag } from "../../input/write-flags.ts";
import { fetchTargets, patchObject } from "../../objects.ts";
import { outcomePrinter, printFlags } from "../../print/printers.ts";
import type { KObject } from "../../print/values.ts";
import { editObjects } from "../change/editor.ts";

export const editLast: Command = {
  use: "apply edit-last-applied (RESOURCE/NAME | -f FILENAME)",
  long: "Edit the latest last-applied-configuration annotations of resources from the default editor: KUBE_EDITOR, EDITOR, or vi.\n\n The editor gets YAML; -o json changes that. Of several objects each annotation is written on its own. What cannot be saved stays in a file whose name is shown.",
  examples:
    "# Edit the annotation of a deployment\nkubectl apply edit-last-applied deployment/nginx\n\n# Edit the annotations of a file's objects, as JSON\nkubectl apply edit-last-applied -f deploy.yaml -o json",
  flags: [
    fieldManagerFlag("kubectl-client-side-apply"),
    ...filenameFlags("to use to edit the resource"),
    ...printFlags,
    validateFlag,
    bool("windows-line-endings", "Defaults to the line ending native to your platform."),
  ],
  async run(session) {
    const { namespace } = await session.target();
    const errors: unknown[] = [];
    const found = await fetchTargets(session, await buildTargets(session, { allowTypeAlone: true }), { errors });
    const validation = fieldValidation(session);
    throwAll(errors);
    const annotated = found.flatMap(({ object, ...at }) => {
      const kept = object.metadata.annotations?.[lastApplied];
      return kept ? [{ ...at, object: parseExact(kept) as KObject }] : [];
    });
    if (annotated.length === 0)
      throw new CliError(
        "no last-applied-configuration annotation found on resources, to create the annotation, use command `kubectl apply set-last-applied --create-annotation`",
      );
    const write = { fieldManager: session.flags.text("field-manager"), fieldValidation: validation };
    const save = async (target: NamedTarget) => {
      const object = target.manifest as KObject;
      const print = await outcomePrinter(session, { dryRun: "none" });
      // None of them has a uid: upstream compares each with the first.
      if (isDeepStrictEqual(annotated[0]!.object, object)) return print(object, "skipped");
      const patch = { metadata: { annotations: { ...object.metadata.annotations, [lastApplied]: `${goJson(object)}\n` } } };
      await patchObject(session, { ...target, namespace: target.resource.namespaced ? namespace : "" }, "merge", patch, write);
      print(object, "edited");
    };
    await editObjects(session, {
      header,
      targets: annotated,
      objects: annotated.map(({ object }) => object),
      async visit(edited) {
        for (const target of edited) await save(target);
      },
    });
  },
};

const header =
  "# Please edit the 'last-applied-configuration' annotations below.\n# Lines beginning with a '#' will be ignored, and an empty file will abort the edit.\n#\n";
