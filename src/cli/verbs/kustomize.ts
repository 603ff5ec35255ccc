/** `kustomize`: a folder's resources, built. */
import { statSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { writeYaml } from "#codec/yaml-writer.ts";
import type { Command } from "../command.ts";
import { CliError } from "../failure.ts";
import { bool, type Flag, list, text } from "../input/flags.ts";
import { splitVersion } from "../kustomize/ids.ts";
import type { KObject } from "../print/values.ts";

const restrictors = ["LoadRestrictionsRootOnly", "LoadRestrictionsNone"];

/** What upstream hands to functions and helm, which this kubectl runs none of. */
const refused: Flag[] = [
  bool("as-current-user", "use the uid and gid of the command executor to run the function in the container"),
  bool("enable-alpha-plugins", "enable kustomize plugins"),
  bool("enable-helm", "Enable use of the Helm chart inflator generator."),
  list("env|e", "a list of environment variables to be used by functions"),
  list("helm-api-versions", "Kubernetes api versions used by Helm for Capabilities.APIVersions"),
  text("helm-command", "helm command (path to executable)", "helm"),
  bool("helm-debug", "Enable debug output from the Helm chart inflator generator."),
  text("helm-kube-version", "Kubernetes version used by Helm for Capabilities.KubeVersion"),
  list("mount", "a list of storage options read from the filesystem"),
  bool("network", "enable network access for functions that declare it"),
  text("network-name", "the docker network to run the container in", "bridge"),
];

export const command: Command = {
  use: "kustomize DIR [flags]",
  long: "Build a set of KRM resources using a 'kustomization.yaml' file. The DIR argument must be a path to a directory containing 'kustomization.yaml'; without it the current one is built. Remote bases, helm charts, functions and programs are refused.",
  examples:
    "# Build the current folder\nkubectl kustomize\n\n# Build a folder of shared configuration\nkubectl kustomize config/production",
  flags: [
    ...refused,
    text(
      "load-restrictor",
      "if set to 'LoadRestrictionsNone', local kustomizations may load files from outside their root. This does, however, break the relocatability of the kustomization.",
      "LoadRestrictionsRootOnly",
    ),
    text("output|o", "If specified, write output to this path."),
  ],
  async run(session) {
    const { flags, args, io } = session;
    if (args.length > 1) throw new CliError(`specify one path to kustomization.yaml`);
    const restrictor = flags.text("load-restrictor");
    if (!restrictors.includes(restrictor))
      throw new CliError(`illegal flag value --load-restrictor ${restrictor}; legal values: [${restrictors.join(" ")}]`);
    const { build } = await import("../kustomize/build.ts");
    const objects = build(resolve(io.cwd, args[0] ?? "."), {
      named: args[0],
      restricted: restrictor !== "LoadRestrictionsNone",
      warn: (line) => session.err(`${line}\n`),
    });
    for (const flag of refused)
      if (flags.given(flag.name) && flags.text(flag.name) !== flag.value)
        throw new CliError(`--${flag.name} is for functions, programs and helm charts, which this kubectl does not run`);
    const output = flags.text("output");
    if (output === "") return session.out(whole(objects));
    const path = resolve(io.cwd, output);
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
      for (const object of objects) writeFileSync(join(path, fileName(object)), writeYaml(object));
    } else writeFileSync(path, whole(objects));
  },
};

const whole = (objects: KObject[]) => objects.map((object) => writeYaml(object)).join("---\n");

function fileName({ apiVersion, kind, metadata }: KObject): string {
  const { group, version } = splitVersion(apiVersion);
  return `${[group, version, kind].filter((part) => part !== "").join("_")}_${metadata.name}.yaml`.toLowerCase();
}
