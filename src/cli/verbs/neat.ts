/** `neat`: objects as somebody would write them. Not among upstream's commands. */
import type { Command } from "../command.ts";
import type { Session } from "../connect/session.ts";
import { CliError } from "../failure.ts";
import { buildTargets } from "../input/builder.ts";
import { bool, text } from "../input/flags.ts";
import { filenameFlags, hasFiles, readManifests } from "../input/manifest.ts";
import { selectorFlag } from "../input/write-flags.ts";
import { fetchTargets } from "../objects.ts";
import { objectPrinter, templateFlags } from "../print/printers.ts";
import type { KObject } from "../print/values.ts";

export const command: Command = {
  use: "neat (-f FILENAME | TYPE [NAME | -l label] | TYPE/NAME)",
  long: "Print objects as somebody would write them.\n\n Left out are status, what servers and controllers write into metadata, what is assigned (nodes, cluster IPs, tokens), and members that have their default. Applied anew, the result makes the same object. Files, or stdin, are read as they are, without a server.",
  examples:
    "# A manifest of a deployment\nkubectl neat deployment web > web.yaml\n\n# Several kinds, by label\nkubectl neat deployments,services -l app=web\n\n# What another command printed\nkubectl get pod web-1 -o yaml | kubectl neat -f -",
  flags: [
    bool("all-namespaces|A", "If present, print the objects of all namespaces."),
    ...filenameFlags("with the objects to print"),
    selectorFlag,
    text("output|o", "Output format. One of: (json, yaml, kyaml).", "yaml"),
    ...templateFlags.filter(({ name }) => name === "allow-missing-template-keys" || name === "show-managed-fields"),
  ],
  run,
};

async function run(session: Session): Promise<void> {
  const { flags } = session;
  const format = flags.text("output");
  if (!["json", "yaml", "kyaml"].includes(format))
    throw new CliError(`--output must be json, yaml or kyaml, not ${JSON.stringify(format)}`);
  const { neat } = await import("../input/neat.ts");
  const objects = (await given(session)).map((object) => neat(object));
  if (objects.length === 0) return session.err("No resources found\n");
  const print = (await objectPrinter(session))!;
  if (format === "json" && objects.length > 1)
    return session.out(print({ apiVersion: "v1", kind: "List", items: objects } as unknown as KObject));
  for (const object of objects) session.out(print(object));
}

async function given(session: Session): Promise<KObject[]> {
  const { flags } = session;
  if (hasFiles(session) && session.args.length === 0) return (await readManifests(session)).map(({ object }) => object);
  const targets = await buildTargets(session, {
    allowTypeAlone: true,
    allNamespaces: flags.bool("all-namespaces"),
    labelSelector: flags.text("selector"),
  });
  return (await fetchTargets(session, targets)).map(({ object }) => object);
}
