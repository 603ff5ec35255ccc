/** `kuberc view` and `kuberc set`: the file of the user's preferences. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { parseYaml } from "#codec/yaml.ts";
import { writeYaml } from "#codec/yaml-writer.ts";
import type { Command } from "../command.ts";
import type { Session } from "../connect/session.ts";
import { CliError, ErrorList } from "../failure.ts";
import { existsSync, readFileSync } from "../input/files.ts";
import { bool, type Flag, text, texts } from "../input/flags.ts";
import { type KubercFile, kubercFile } from "../kuberc/preferences.ts";
import { objectPrinter, outputFormats, templateFlags } from "../print/printers.ts";
import type { KObject } from "../print/values.ts";

const kubercFlag: Flag = text("kuberc", "Path to the kuberc file to use for preferences. KUBERC=off switches preferences off.");

type Option = { name: string; default: string };
type Named = { command: string; options?: Option[] | null };
type AliasEntry = { name: string; command: string; prependArgs?: string[]; appendArgs?: string[]; options?: Option[] };

/** As the file has it. */
interface File {
  apiVersion: string;
  kind: string;
  defaults?: Named[] | null;
  aliases?: AliasEntry[] | null;
  credentialPluginPolicy?: string;
  credentialPluginAllowlist?: { command: string }[];
}

function place(session: Session): KubercFile {
  const found = kubercFile(session.io, session.flags.given("kuberc") ? session.flags.text("kuberc") : "");
  if (!found) throw new CliError("KUBERC is disabled via KUBERC=off environment variable");
  return found;
}

function read(file: string): File | undefined {
  try {
    return (parseYaml(readFileSync(file, "utf8")).documents[0]?.value ?? undefined) as File | undefined;
  } catch (error) {
    throw new CliError(`error parsing kuberc file: ${(error as Error).message}`);
  }
}

const empty = (): File => ({ apiVersion: "kubectl.config.k8s.io/v1beta1", kind: "Preference" });

/** With every list, in the order of upstream's type, which JSON shows. */
function whole(content: File): File {
  const { kind, apiVersion, defaults, aliases, credentialPluginPolicy, credentialPluginAllowlist } = content;
  const options = (all: Option[]) => all.map(({ name, default: value }) => ({ name, default: value }));
  return {
    kind,
    apiVersion,
    defaults: defaults?.map(({ command, options: all }) => ({ command, options: all ? options(all) : null })) ?? null,
    aliases:
      aliases?.map(({ name, command, prependArgs, appendArgs, options: all }) => ({
        name,
        command,
        ...(prependArgs?.length ? { prependArgs } : {}),
        ...(appendArgs?.length ? { appendArgs } : {}),
        ...(all?.length ? { options: options(all) } : {}),
      })) ?? null,
    ...(credentialPluginPolicy ? { credentialPluginPolicy } : {}),
    ...(credentialPluginAllowlist?.length ? { credentialPluginAllowlist } : {}),
  };
}

function save(session: Session, file: string, content: File): void {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o755 });
    writeFileSync(file, writeYaml(whole(content)), { mode: 0o644 });
  } catch (error) {
    throw new CliError(`failed to write kuberc file: ${(error as Error).message}`);
  }
  session.line(`Updated ${file}`);
}

export const view: Command = {
  use: "kuberc view",
  long: "Display the contents of the kuberc file in the specified output format. Where there is none, one with recommended defaults is offered.",
  examples:
    "# The preferences as YAML\nkubectl kuberc view\n\n# Those of another file, as JSON\nkubectl kuberc view --kuberc /path/to/kuberc -o json",
  flags: [kubercFlag, text("output|o", `Output format. One of: (${outputFormats}).`, "yaml"), ...templateFlags],
  async run(session) {
    const { file, explicit } = place(session);
    let content = existsSync(file) ? read(file) : undefined;
    if (!existsSync(file)) {
      if (explicit) throw new CliError(`kuberc file not found at ${file}`);
      session.line(`kuberc file not found at ${file}`);
      session.out("Would you like to generate a default kuberc file with recommended options? (y/N): ");
      const answer = await firstWord(session);
      if (answer === undefined) return;
      if (answer.toLowerCase() === "y") return save(session, file, recommended());
      content = { apiVersion: "", kind: "" };
    }
    const shown = { ...whole(content ?? empty()) };
    shown.defaults ??= [];
    shown.aliases ??= [];
    const print = await objectPrinter(session);
    // JSON shows the order of the fields' declaration, as upstream's does.
    const json = session.flags.text("output").toLowerCase() === "json";
    session.out(json ? `${JSON.stringify(shown, undefined, 4)}\n` : print!(shown as unknown as KObject));
  },
};

async function firstWord(session: Session): Promise<string | undefined> {
  let typed = "";
  for await (const chunk of session.io.stdin) {
    typed += String(chunk);
    if (typed.includes("\n")) break;
  }
  return typed.trim() === "" ? undefined : typed.trim().split(/\s+/)[0];
}

function recommended(): File {
  const option = (command: string, name: string) => ({ command, options: [{ name, default: "true" }] });
  return { ...empty(), defaults: [option("apply", "server-side"), option("delete", "interactive")] };
}

export const set: Command = {
  use: "kuberc set --section (defaults|aliases) --command COMMAND",
  long: "Set values in the kuberc configuration file.\n\n The section defaults has default values of a command's flags, aliases has names for commands with flags and arguments, credentialplugin says which credential programs may run. What is there already is replaced only with --overwrite.",
  examples:
    '# Wide output by default\nkubectl kuberc set --section defaults --command get --option output=wide\n\n# getn lists nodes\nkubectl kuberc set --section aliases --name getn --command get --prependarg nodes --option output=wide\n\n# runx ends with arguments of its own\nkubectl kuberc set --section aliases --name runx --command run --option image=nginx --appendarg "--" --appendarg custom-arg1\n\n# Only one credential program may run\nkubectl kuberc set --section credentialplugin --policy Allowlist --allowlist-entry command=cloud-credential-helper',
  required: ["section"],
  flags: [
    texts("allowlist-entry", "Allowlist entry the form field=value (can be specified multiple times)"),
    texts("appendarg", "Argument to append to the command (can be specified multiple times, for aliases only)"),
    text("command", "Command to configure (e.g., 'get', 'create', 'set env')"),
    kubercFlag,
    text("name", "Alias name (required for --section=aliases)"),
    texts("option", "Flag option in the form flag=value (can be specified multiple times)"),
    bool("overwrite", "Allow overwriting existing entries"),
    text("policy", "Plugin policy to use for exec credential plugins, must be one of 'AllowAll', 'DenyAll' or 'Allowlist'"),
    texts("prependarg", "Argument to prepend to the command (can be specified multiple times, for aliases only)"),
    text("section", "Section to modify: 'defaults', 'aliases', or 'credentialplugin'"),
  ],
  async run(session) {
    const { file } = place(session);
    const { flags } = session;
    checkFlags(session);
    const content = (existsSync(file) ? read(file) : undefined) ?? empty();
    const options = flags.list("option").map((pair): Option => {
      const at = pair.indexOf("=");
      if (at < 0) throw new CliError(`invalid option format ${JSON.stringify(pair)}, expected flag=value`);
      return { name: pair.slice(0, at).replace(/^-+/, ""), default: pair.slice(at + 1) };
    });
    const section = flags.text("section");
    if (section === "defaults") setDefaults(session, content, options);
    else if (section === "aliases") setAlias(session, content, options);
    else setPolicy(session, content);
    save(session, file, content);
  },
};

function checkFlags({ flags }: Session): void {
  const section = flags.text("section");
  const policy = flags.text("policy");
  const entries = flags.list("allowlist-entry");
  const refuse = (message: string) => new CliError(message);
  if (!["defaults", "aliases", "credentialplugin"].includes(section))
    throw refuse(`--section must be "defaults", "aliases", or "credentialplugin", got: ${section}`);
  if (section === "aliases" && !flags.text("name")) throw refuse("--name is required when --section=aliases");
  if (section === "defaults" && flags.text("name")) throw refuse("--name should not be specified when --section=defaults");
  if (section === "defaults" && flags.list("prependarg").length + flags.list("appendarg").length > 0)
    throw refuse("--prependarg and --appendarg are only valid for --section=aliases");
  if (section !== "credentialplugin") {
    if (!flags.text("command")) throw refuse("--command is required when --section=aliases or --section=defaults");
    return;
  }
  if (policy === "") throw refuse("--policy is required when --section=credentialplugin");
  if (policy === "Allowlist") {
    if (entries.length === 0) throw refuse("--allowlist-entry is required when --section=credentialplugin and --policy=Allowlist");
  } else if (policy !== "AllowAll" && policy !== "DenyAll")
    throw refuse(` --policy must be  "AllowAll", "DenyAll", or "Allowlist", got: ${policy}`);
  else if (entries.length > 0) throw refuse("--allowlist-entry may only be used when --section=credentialplugin and --policy=Allowlist");
}

function setDefaults({ flags }: Session, content: File, options: Option[]): void {
  const command = flags.text("command");
  const found = content.defaults?.find((each) => each.command === command);
  if (found && !flags.bool("overwrite"))
    throw new CliError(`defaults for command ${JSON.stringify(command)} already exist, use --overwrite to replace`);
  if (found) found.options = options.length > 0 ? options : found.options;
  else content.defaults = [...(content.defaults ?? []), { command, options: options.length > 0 ? options : null }];
}

function setAlias({ flags }: Session, content: File, options: Option[]): void {
  const name = flags.text("name");
  const at = content.aliases?.findIndex((each) => each.name === name) ?? -1;
  const before = content.aliases?.[at];
  if (before && !flags.bool("overwrite")) throw new CliError(`alias ${JSON.stringify(name)} already exists, use --overwrite to replace`);
  const kept = <T>(given: T[], had: T[] | undefined) => (given.length > 0 ? given : (had ?? []));
  const prependArgs = kept(flags.list("prependarg"), before?.prependArgs);
  const appendArgs = kept(flags.list("appendarg"), before?.appendArgs);
  const chosen = kept(options, before?.options);
  const alias: AliasEntry = {
    name,
    command: flags.text("command"),
    ...(prependArgs.length > 0 ? { prependArgs } : {}),
    ...(appendArgs.length > 0 ? { appendArgs } : {}),
    ...(chosen.length > 0 ? { options: chosen } : {}),
  };
  if (before) content.aliases![at] = alias;
  else content.aliases = [...(content.aliases ?? []), alias];
}

function setPolicy({ flags }: Session, content: File): void {
  const policy = flags.text("policy");
  if (policy === "Allowlist") content.credentialPluginAllowlist = allowlist(flags.list("allowlist-entry"));
  content.credentialPluginPolicy = policy;
}

function allowlist(given: string[]): { command: string }[] {
  const faults: string[] = [];
  const entries = given
    .flatMap((pairs) => pairs.split(","))
    .flatMap((pair) => {
      const [field, value] = pair.split(/=(.*)/s);
      const refuse = (why: string) => {
        faults.push(why);
        return [];
      };
      if (value === undefined) return refuse(`improperly formatted allowlist entry: ${JSON.stringify(pair)}`);
      if (field === "name") return refuse('allowlist entry field "name" is deprecated, use "command" instead');
      if (field !== "command") return refuse(`unrecognized allowlist entry field: ${JSON.stringify(field)}`);
      return value.trim() === "" ? refuse(`empty value in allowlist entry for field ${JSON.stringify(field)}`) : [{ command: value }];
    });
  if (faults.length === 1) throw new CliError(faults[0]!);
  if (faults.length > 1) throw new ErrorList([...new Set(faults)].map((fault) => new CliError(fault)));
  return entries;
}
