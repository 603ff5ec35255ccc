/** What a machine is to be, by its configuration file and by the command line, which wins. */
import { dirname } from "node:path";
import { type Option, readOptions, type Usage, type Values } from "../options.ts";
import { type ConfigFile, readConfigFile, wordsOf } from "./config-file.ts";
import type { Role } from "./usages.ts";
import { hasUsualFile, usualConfigFile } from "./yaml-file.ts";

const config = {
  config: { type: "string", value: "FILE", text: `options by name, in YAML (${usualConfigFile} for the cluster that it names; "": none)` },
} satisfies Record<string, Option>;

export interface Asked<T extends Record<string, Option>> {
  values: Values<T> & { name: string };
  /** Where the names of files that an option says begin. */
  folderOf(option: string & keyof T): string;
}

export function readRole<T extends Record<string, Option>>(
  role: Usage<T> & { name: Role },
  words: string[],
  env: NodeJS.ProcessEnv = process.env,
): Asked<T> {
  const usage = { ...role, options: { ...role.options, ...config } } as Usage<T & typeof config>;
  const first = readOptions(words, usage);
  const file = fileFor(first as First, env);
  const given = file ? wordsOf(file, role.name, first.said) : [];
  const { values } = file ? readOptions([...given, ...words], usage) : first;
  return {
    values: values as unknown as Asked<T>["values"],
    folderOf: (option) => (file && !first.said.has(option) ? dirname(file.file) : process.cwd()),
  };
}

interface First {
  values: { name: string; config?: string };
  said: ReadonlySet<string>;
}

/** `$SPOKE_CONFIG` is as `--config`. The usual file is about one cluster: it has nothing to say of another one that is asked for. */
function fileFor({ values, said }: First, env: NodeJS.ProcessEnv): ConfigFile | undefined {
  const asked = values.config ?? env.SPOKE_CONFIG;
  if (asked !== undefined) return asked === "" ? undefined : readConfigFile(asked);
  if (!hasUsualFile()) return undefined;
  const file = readConfigFile(usualConfigFile);
  const isNamed = said.has("name") || env.SPOKE_CLUSTER;
  return isNamed && values.name !== file.name ? undefined : file;
}
