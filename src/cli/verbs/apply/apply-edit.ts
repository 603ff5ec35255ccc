/** `apply edit-last-applied`: the annotation that apply compares with, changed in an editor. */
import { isDeepStrictEqual } from "node:util";
import { parseExact } from "#codec/exact-integers.ts";
import type { Command } from "../../command.ts";
import type { Session } from "../../connect/session.ts";
import { CliError, messageFor, throwAll } from "../../failure.ts";
import { buildTargets } from "../../input/builder.ts";
import { bool } from "../../input/flags.ts";
import { filenameFlags } from "../../input/manifest.ts";
import { type Manifest, parseManifests } from "../../input/manifest-text.ts";
import { fieldManagerFlag, lastApplied, validateFlag } from "../../input/write-flags.ts";
import { type At, fetchTargets, patchObject } from "../../objects.ts";
import { outcomePrinter, printFlags } from "../../print/printers.ts";
import type { KObject } from "../../print/values.ts";
import { editText } from "../change/editor.ts";

type Annotated = At & { object: KObject; kept: KObject };

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
    const { flags } = session;
    const found = (await fetchTargets(session, await buildTargets(session, { allowTypeAlone: true }))).flatMap((each): Annotated[] => {
      const kept = each.object.metadata.annotations?.[lastApplied];
      return kept ? [{ ...each, kept: parseExact(kept) as KObject }] : [];
    });
    if (found.length === 0)
      throw new CliError(
        "no last-applied-configuration annotation found on resources, to create the annotation, use command `kubectl apply set-last-applied --create-annotation`",
      );
    const format = flags.text("output");
    if (!["", "yaml", "json"].includes(format)) throw new CliError(`The edit mode doesn't support output format ${JSON.stringify(format)}`);
    return editAll(session, found);
  },
};

const header =
  "# Please edit the 'last-applied-configuration' annotations below.\n# Lines beginning with a '#' will be ignored, and an empty file will abort the edit.\n#\n";

async function editAll(session: Session, found: Annotated[]): Promise<void> {
  const json = session.flags.text("output") === "json";
  const shown =
    found.length === 1 ? found[0]!.kept : { apiVersion: "v1", kind: "List", items: found.map(({ kept }) => kept), metadata: {} };
  const { writeYaml } = await import("#codec/yaml-writer.ts");
  const { goJson } = await import("#codec/go-json.ts");
  const body = json ? `${goJson(shown, "    ")}\n` : writeYaml(shown);
  const { edited, file, forget } = await editText<Manifest[]>(session, {
    header,
    body,
    extension: json ? "json" : "yaml",
    windows: session.flags.bool("windows-line-endings"),
    parse: (content, name) => parseManifests(content, name),
  });
  if (!edited) return;
  try {
    const print = await outcomePrinter(session, { dryRun: "none" });
    const errors: unknown[] = [];
    for (const { object } of edited) await save(session, found, { object, print }).catch((error: unknown) => errors.push(error));
    throwAll(errors);
    forget();
  } catch (error) {
    throw new CliError(`${messageFor(error)}\nA copy of your changes has been stored to ${JSON.stringify(file)}`);
  }
}

async function save(
  session: Session,
  found: Annotated[],
  how: { object: KObject; print: (object: KObject, operation: string) => void },
): Promise<void> {
  const { object } = how;
  const same = (each: Annotated) =>
    each.kept.kind === object.kind && each.kept.apiVersion === object.apiVersion && each.kept.metadata.name === object.metadata.name;
  const target = found.find(same);
  if (!target) throw new CliError(`${object.kind.toLowerCase()}/${object.metadata.name ?? ""} was not among the edited objects`);
  const { goJson } = await import("#codec/go-json.ts");
  const after = `${goJson(object)}\n`;
  if (isDeepStrictEqual(target.kept, object)) return session.err("Edit cancelled, no changes made.\n");
  const patch = { metadata: { annotations: { [lastApplied]: after } } };
  how.print(await patchObject(session, target, "merge", patch, { fieldManager: session.flags.text("field-manager") }), "edited");
}
