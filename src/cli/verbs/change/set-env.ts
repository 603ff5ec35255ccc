/** `set env`: variables of containers, given, read, imported from ConfigMaps and Secrets, or listed. */
import type { Command } from "../../command.ts";
import type { Session } from "../../connect/session.ts";
import { CliError, Exit, messageFor, throwAll } from "../../failure.ts";
import { buildTargets } from "../../input/builder.ts";
import { bool, list, text, texts } from "../../input/flags.ts";
import { hasFiles, readStdin, stdinTwice } from "../../input/manifest.ts";
import { fetchTargets } from "../../objects.ts";
import { resolver, sourceText, type ValueFrom } from "./env-sources.ts";
import {
  type Container,
  changeAll,
  type Found,
  foundBy,
  matching,
  podSpecOf,
  prepare,
  refuseContradictions,
  shared,
} from "./set-objects.ts";

interface Variable {
  name: string;
  value?: string;
  valueFrom?: ValueFrom;
}
interface Changes {
  put: Variable[];
  remove: string[];
}

export const env: Command = {
  use: "set env RESOURCE/NAME KEY_1=VAL_1 ... KEY_N=VAL_N",
  long: "Update environment variables on a pod template. A key followed by '-' removes the variable.",
  flags: [
    ...shared,
    text("containers|c", "The names of containers in the selected pod templates to change; may use wildcards.", "*"),
    texts("env|e", "Specify a key-value pair for an environment variable to set into each container."),
    text("from", "The name of a resource from which to inject environment variables"),
    list("keys", "Comma-separated list of keys to import from specified resource"),
    bool("list", "If true, display the environment and any changes in the standard format."),
    bool("overwrite", "If true, allow environment to be overwritten.", true),
    text("prefix", "Prefix to append to variable names"),
    bool("resolve", "If true, show secret or configmap references when listing variables"),
  ],
  async run(session) {
    const { flags } = session;
    if (flags.bool("all") && flags.text("selector")) throw new CliError("cannot set --all and --selector at the same time");
    const { names, words } = split(session.args);
    const prepared = await prepare(session);
    await session.clientTarget();
    refuseContradictions(session, prepared);
    if (names.length === 0 && !hasFiles(session))
      throw new CliError("one or more resources must be specified as <resource> <name> or <resource>/<name>");
    if (flags.bool("list") && flags.text("output")) throw new CliError("--list and --output may not be specified together");
    if (flags.list("keys").length > 0 && !flags.text("from"))
      throw new CliError("when specifying --keys, a configmap or secret must be provided with --from");
    const given = [...flags.list("env"), ...words];
    const changes = await changesOf(session, given);
    if (given.includes("-") && flags.list("filename").includes("-")) throw stdinTwice();
    if (flags.text("from")) changes.put = prefixed(session, [...changes.put, ...(await imported(session))]);
    const found = await foundBy(session, prepared.local ? [] : names);
    if (flags.bool("list")) return listed(session, found, changes);
    await changeAll(session, {
      ...prepared,
      found,
      operation: "env updated",
      failure: "failed to patch env update to pod template:",
      change: (each) => {
        for (const container of containersOf(session, each)) change(container, changes, flags.bool("overwrite"));
      },
    });
  },
};

/** Objects come first; whatever has a `=` or ends with `-` is a variable. */
function split(args: string[]): { names: string[]; words: string[] } {
  const isVariable = (word: string) => word.indexOf("=") > 0 || word.endsWith("-");
  const at = args.findIndex(isVariable);
  if (at < 0) return { names: args, words: [] };
  const words = args.slice(at);
  if (!words.every(isVariable)) throw new CliError(`all resources must be specified before environment changes: ${args.join(" ")}`);
  return { names: args.slice(0, at), words };
}

const badName =
  "a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or '.', and must not start with a digit (e.g. 'my.env-name',  or 'MY_ENV.NAME',  or 'MyEnvName1', regex used for validation is '[-._a-zA-Z][-._a-zA-Z0-9]*')";

async function changesOf(session: Session, words: string[]): Promise<Changes> {
  const changes: Changes = { put: [], remove: [] };
  const given = new Set<string>();
  for (const word of words) {
    const at = word.indexOf("=");
    if (word === "-") changes.put.push(...linesOf(await readStdin(session)));
    else if (at >= 0) {
      const name = word.slice(0, at);
      if (!/^[-._a-zA-Z][-._a-zA-Z0-9]*$/.test(name)) throw new CliError(`${JSON.stringify(name)} is not a valid key name: ${badName}`);
      given.add(name);
      changes.put.push({ name, value: word.slice(at + 1) });
    } else if (word.endsWith("-")) changes.remove.push(word.slice(0, -1));
    else throw new CliError(`unknown environment variable: ${word}`);
  }
  if (changes.remove.some((name) => given.has(name)))
    throw new CliError("can not both modify and remove the same environment variable in the same command");
  return changes;
}

/** Lines `NAME=value` of a file; what stands behind a `#` is a remark. */
function linesOf(content: string): Variable[] {
  return content.split("\n").flatMap((line) => {
    const [, name, value] = /^([^=]*)=(.*)$/.exec(line.replace(/#.*/, "").replace(/\r$/, "")) ?? [];
    return name === undefined ? [] : [{ name, value }];
  });
}

async function imported(session: Session): Promise<Variable[]> {
  const wanted = session.flags.list("keys");
  const targets = await buildTargets(session, { args: [session.flags.text("from")], all: session.flags.bool("all") });
  const variables: Variable[] = [];
  for (const { object, name } of await fetchTargets(session, targets)) {
    const field = { ConfigMap: "configMapKeyRef", Secret: "secretKeyRef" }[object.kind as string];
    if (!field) throw new CliError(`unsupported resource specified in --from`);
    for (const key of Object.keys(object.data ?? {}).sort()) {
      if (wanted.length > 0 && !wanted.includes(key)) continue;
      const variable = key.replaceAll(/[^a-zA-Z0-9_]/g, "_").toUpperCase();
      if (variable !== key) session.warn(`key ${key} transferred to ${variable}`);
      variables.push({ name: variable, valueFrom: { [field]: { name, key } } });
    }
  }
  return variables;
}

function prefixed(session: Session, variables: Variable[]): Variable[] {
  const prefix = session.flags.text("prefix");
  return variables.map((variable) => ({ ...variable, name: `${prefix}${variable.name}` }));
}

function containersOf(session: Session, found: Found): Container[] {
  const pattern = session.flags.text("containers");
  const spec = podSpecOf(found);
  const containers = [...matching(spec.containers, pattern), ...matching(spec.initContainers, pattern)];
  if (containers.length === 0)
    session.warn(`${found.object.kind}/${found.name} does not have any containers matching ${JSON.stringify(pattern)}`);
  return containers;
}

function change(container: Container, { put, remove }: Changes, overwrite: boolean): void {
  const before = container.env ?? [];
  if (!overwrite)
    for (const variable of put) {
      const current = before.find(({ name }) => name === variable.name);
      if (current && (current.value ?? "") !== (variable.value ?? ""))
        throw new CliError(`'${current.name}' already has a value (${current.value ?? ""}), and --overwrite is false`);
    }
  const covered = new Set(remove);
  const after: Variable[] = [];
  for (const variable of [...before, ...put]) {
    if (covered.has(variable.name)) continue;
    const newer = put.find(({ name }) => name === variable.name);
    if (newer) covered.add(variable.name);
    after.push(newer ?? (variable as Variable));
  }
  if (after.length > 0) container.env = after;
  else delete container.env;
}

async function listed(session: Session, found: Found[], changes: Changes): Promise<void> {
  const { flags } = session;
  const failures: unknown[] = [];
  for (const each of found) {
    const value = resolver(session, each);
    try {
      for (const container of containersOf(session, each)) {
        change(container, changes, flags.bool("overwrite"));
        session.line(`# ${each.object.kind} ${each.name}, container ${container.name}`);
        const reasons = new Map<string, string[]>();
        for (const variable of (container.env ?? []) as Variable[]) {
          if (!variable.valueFrom) session.line(`${variable.name}=${variable.value ?? ""}`);
          else if (!flags.bool("resolve")) session.line(`# ${variable.name} from ${sourceText(variable.valueFrom)}`);
          else
            try {
              session.line(`${variable.name}=${await value(variable.valueFrom, container)}`);
            } catch (error) {
              session.line(`# ${variable.name} from ${sourceText(variable.valueFrom)}`);
              const reason = error instanceof Error && error.name === "StatusError" ? error.message : messageFor(error);
              reasons.set(reason, [...(reasons.get(reason) ?? []), variable.name]);
            }
        }
        const lines = [...reasons].map(([reason, names]) => `error retrieving reference for ${names.sort().join(", ")}: ${reason}`);
        for (const line of lines.sort()) session.err(`${line}\n`);
      }
    } catch (error) {
      if (error instanceof Exit) throw error;
      failures.push(error);
    }
  }
  // Upstream lists what it can, and says no more of what has no pod template.
  if (failures.length === found.length && failures.some((error) => !(error instanceof CliError))) throwAll(failures);
}
