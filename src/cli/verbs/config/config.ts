/** `config`: reads and changes kubeconfig files, each entry in the file it came from. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { emptyKubeconfig, type Kubeconfig } from "#client/kubeconfig/config.ts";
import type { Command } from "../../command.ts";
import { kubeconfigFiles, readKubeconfigFile } from "../../connect/kubeconfig.ts";
import type { Session } from "../../connect/session.ts";
import { CliError, ShowHelp, throwAll, usageError } from "../../failure.ts";
import { bool, type Flag, text } from "../../input/flags.ts";
import { alignRows } from "../../print/tab-writer.ts";
import { changeCredentials, checkCredentialFlags, credentialFlags } from "./credentials.ts";
import {
  type ConfigFile,
  type Entry,
  fieldOf,
  type ListName,
  propertyValue,
  type Steps,
  setProperty,
  stepsOf,
  unsetProperty,
} from "./properties.ts";

/** What `config` starts from: a file that was named and is not there is empty. */
function starting(session: Session): Promise<Kubeconfig> | Kubeconfig {
  const named = session.flags.given("kubeconfig") ? session.flags.text("kubeconfig") : "";
  return named && !existsSync(resolve(session.io.cwd, named)) ? emptyKubeconfig() : session.config();
}

function files(session: Session): string[] {
  return kubeconfigFiles(session.io, session.flags.given("kubeconfig") ? session.flags.text("kubeconfig") : "");
}

/** The file that holds an entry; new entries go to the first file that exists, else the last one named. */
async function fileFor(session: Session, holds: (file: ConfigFile) => boolean): Promise<{ path: string; content: ConfigFile }> {
  const paths = files(session);
  for (const path of paths) {
    if (!existsSync(path)) continue;
    const content = (await readKubeconfigFile(path)) as ConfigFile;
    if (holds(content)) return { path, content };
  }
  const path = paths.find((each) => existsSync(each)) ?? (paths.at(-1) as string);
  return { path, content: existsSync(path) ? ((await readKubeconfigFile(path)) as ConfigFile) : {} };
}

async function save(path: string, content: ConfigFile): Promise<void> {
  const { writeYaml } = await import("#codec/yaml-writer.ts");
  mkdirSync(dirname(path), { recursive: true });
  const whole = { apiVersion: "v1", kind: "Config", ...sorted(content) };
  writeFileSync(`${path}.${process.pid}`, writeYaml(whole), { mode: 0o600 });
  renameSync(`${path}.${process.pid}`, path);
}

/** Upstream keeps entries in a map: it writes them in order of their names. A context always names its cluster and user. */
function sorted(content: ConfigFile): ConfigFile {
  const byName = (entries: Entry[] | null | undefined) => entries?.toSorted((a, b) => (a.name < b.name ? -1 : 1)) ?? null;
  const contexts = byName(content.contexts)?.map((entry) => ({
    ...entry,
    context: { cluster: "", user: "", ...(entry.context as object | undefined) },
  }));
  return { ...content, clusters: byName(content.clusters), users: byName(content.users), contexts: contexts ?? null };
}

function has(name: string, kind: ListName) {
  return (file: ConfigFile) => Boolean(file[kind]?.some((entry) => entry.name === name));
}

function exactly(session: Session, count: number, message?: string): void {
  if (session.args.length !== count) throw new ShowHelp(message ?? `Unexpected args: [${session.args.join(" ")}]`);
}

function command(use: string, long: string, run: Command["run"], flags: Flag[] = []): Command {
  return { use: `config ${use}`, long, flags, run };
}

export const currentContext = command("current-context [flags]", "Display the current-context.", async (session) => {
  const config = await starting(session);
  if (!config["current-context"]) throw new CliError("current-context is not set");
  session.line(config["current-context"]);
});

export const useContext = command("use-context CONTEXT_NAME", "Set the current-context in a kubeconfig file.", async (session) => {
  exactly(session, 1);
  const [name] = session.args;
  if (!(await starting(session)).contexts.has(name)) throw new CliError(`no context exists with the name: ${JSON.stringify(name)}`);
  const { path, content } = await fileFor(session, (file) => Boolean(file["current-context"]));
  content["current-context"] = name;
  await save(path, content);
  session.line(`Switched to context ${JSON.stringify(name)}.`);
});

export const getContexts = command(
  "get-contexts [(-o|--output=)name)]",
  "Display one or many contexts from the kubeconfig file.",
  async (session) => {
    const { flags } = session;
    if (!["", "name"].includes(flags.text("output")))
      throw new CliError(
        `--output ${flags.text("output")} is not available in kubectl config get-contexts; resetting to default output format`,
      );
    const config = await starting(session);
    const names = session.args.length > 0 ? session.args : [...config.contexts.keys()];
    const missing = names.filter((name) => !config.contexts.has(name));
    const found = names.filter((name) => config.contexts.has(name)).sort();
    if (flags.text("output") === "name") for (const name of found) session.line(name);
    else {
      const rows = found.map((name) => {
        const context = config.contexts.get(name) ?? {};
        return [name === config["current-context"] ? "*" : "", name, context.cluster ?? "", context.user ?? "", context.namespace ?? ""];
      });
      session.out(alignRows(flags.bool("no-headers") ? rows : [["CURRENT", "NAME", "CLUSTER", "AUTHINFO", "NAMESPACE"], ...rows]));
    }
    throwAll(missing.map((name) => new CliError(`context ${name} not found`)));
  },
  [bool("no-headers", "When using the default output format, don't print headers."), text("output|o", "Output format. One of: (name).")],
);

export const getClusters = command("get-clusters [flags]", "Display clusters defined in the kubeconfig.", async (session) => {
  session.line(["NAME", ...[...(await starting(session)).clusters.keys()].sort()].join("\n"));
});
export const getUsers = command("get-users [flags]", "Display users defined in the kubeconfig.", async (session) => {
  session.line(["NAME", ...[...(await starting(session)).users.keys()].sort()].join("\n"));
});

function remover(kind: ListName, word: string): Command["run"] {
  return async (session) => {
    await starting(session);
    if (session.args.length !== 1) {
      if (kind === "users") throw usageError("user to delete is required", session.command);
      throw new ShowHelp();
    }
    const name = session.args[0]!;
    const { path, content } = await fileFor(session, has(name, kind));
    if (!has(name, kind)(content)) throw new CliError(`cannot delete ${word} ${name}, not in ${path}`);
    if (kind === "contexts" && content["current-context"] === name)
      session.err('warning: this removed your active context, use "kubectl config use-context" to select a different one\n');
    content[kind] = (content[kind] ?? []).filter((entry) => entry.name !== name);
    await save(path, content);
    session.line(`deleted ${word} ${name} from ${path}`);
  };
}
export const deleteCluster = command(
  "delete-cluster NAME",
  "Delete the specified cluster from the kubeconfig.",
  remover("clusters", "cluster"),
);
export const deleteContext = command(
  "delete-context NAME",
  "Delete the specified context from the kubeconfig.",
  remover("contexts", "context"),
);
export const deleteUser = command("delete-user NAME", "Delete the specified user from the kubeconfig.", remover("users", "user"));

export const renameContext = command(
  "rename-context CONTEXT_NAME NEW_NAME",
  "Renames a context from the kubeconfig file.",
  async (session) => {
    exactly(session, 2);
    const [from, to] = session.args;
    const { path, content } = await fileFor(session, has(from, "contexts"));
    if (!has(from, "contexts")(content)) throw new CliError(`cannot rename the context ${JSON.stringify(from)}, it's not in ${path}`);
    if (has(to, "contexts")(content))
      throw new CliError(`cannot rename the context ${JSON.stringify(from)}, the context ${JSON.stringify(to)} already exists in ${path}`);
    for (const entry of content.contexts ?? []) if (entry.name === from) entry.name = to;
    if (content["current-context"] === from) content["current-context"] = to;
    await save(path, content);
    session.line(`Context ${JSON.stringify(from)} renamed to ${JSON.stringify(to)}.`);
  },
);

async function setEntry(session: Session, kind: ListName, change: (value: Record<string, unknown>) => void): Promise<void> {
  const current = kind === "contexts" && session.flags.bool("current");
  const [given = ""] = session.args;
  if (session.args.length > 1 || (kind !== "contexts" && session.args.length === 0))
    throw new ShowHelp(`${kind === "users" ? "u" : "U"}nexpected args: [${session.args.join(" ")}]`);
  if (kind === "contexts" && !current && given === "") throw new CliError("you must specify a non-empty context name or --current");
  if (current && given !== "") throw new CliError("you cannot specify both a context name and --current");
  const name = current ? (await starting(session))["current-context"] : given;
  if (!name) throw new CliError(current ? "no current context is set" : `you must specify a non-empty ${fieldOf[kind]} name`);
  const { path, content } = await fileFor(session, has(name, kind));
  const entries = (content[kind] ?? []) as Entry[];
  let entry = entries.find((each) => each.name === name);
  const existed = entry !== undefined;
  entry ??= { name, [fieldOf[kind]]: {} };
  const value = { ...((entry[fieldOf[kind]] ?? {}) as Record<string, unknown>) };
  change(value);
  entry[fieldOf[kind]] = value;
  content[kind] = existed ? entries : [...entries, entry];
  await save(path, content);
  const word = { clusters: "Cluster", users: "User", contexts: "Context" }[kind];
  session.line(`${word} ${JSON.stringify(name)} ${kind === "contexts" ? (existed ? "modified" : "created") : "set"}.`);
}

function put(value: Record<string, unknown>, key: string, to: unknown): void {
  if (to === "" || to === undefined || to === false) delete value[key];
  else value[key] = to;
}

export const setContext = command(
  "set-context [NAME | --current] [--cluster=cluster_nickname] [--user=user_nickname] [--namespace=namespace]",
  "Set a context entry in kubeconfig. Fields that are not given keep their values.",
  (session) =>
    setEntry(session, "contexts", (value) => {
      for (const key of ["cluster", "user", "namespace"]) if (session.flags.given(key)) put(value, key, session.flags.text(key));
    }),
  [
    text("cluster", "cluster for the context entry in kubeconfig"),
    bool("current", "Modify the current context"),
    text("namespace|n", "namespace for the context entry in kubeconfig"),
    text("user", "user for the context entry in kubeconfig"),
  ],
);

/** A file's place, or its content with --embed-certs. */
function material(session: Session, value: Record<string, unknown>, key: string): void {
  const { flags, io } = session;
  if (!flags.given(key)) return;
  const path = resolve(io.cwd, flags.text(key));
  if (flags.bool("embed-certs")) {
    put(value, `${key}-data`, readFileSync(path).toString("base64"));
    delete value[key];
  } else {
    put(value, key, path);
    delete value[`${key}-data`];
  }
}

export const setCluster = command(
  "set-cluster NAME [--server=server] [--certificate-authority=path/to/certificate/authority] [--insecure-skip-tls-verify=true] [--tls-server-name=example.com]",
  "Set a cluster entry in kubeconfig. Fields that are not given keep their values.",
  (session) =>
    setEntry(session, "clusters", (value) => {
      const { flags } = session;
      if (flags.given("server")) put(value, "server", flags.text("server").replace(/\/+$/, ""));
      if (flags.given("tls-server-name")) put(value, "tls-server-name", flags.text("tls-server-name"));
      if (flags.given("proxy-url")) put(value, "proxy-url", flags.text("proxy-url"));
      if (flags.given("insecure-skip-tls-verify")) {
        put(value, "insecure-skip-tls-verify", flags.bool("insecure-skip-tls-verify"));
        if (flags.bool("insecure-skip-tls-verify"))
          for (const key of ["certificate-authority", "certificate-authority-data"]) delete value[key];
      }
      material(session, value, "certificate-authority");
    }),
  [
    text("certificate-authority", "Path to certificate-authority file for the cluster entry in kubeconfig"),
    bool("embed-certs", "Copy the certificate into the file instead of naming its path"),
    bool("insecure-skip-tls-verify", "insecure-skip-tls-verify for the cluster entry in kubeconfig"),
    text("server", "server for the cluster entry in kubeconfig"),
    text("tls-server-name", "tls-server-name for the cluster entry in kubeconfig"),
    text("proxy-url", "Proxy URL for the cluster entry in kubeconfig"),
  ],
);

export const setCredentials = command(
  "set-credentials NAME [--client-certificate=path/to/certfile] [--client-key=path/to/keyfile] [--token=bearer_token] [--username=basic_user] [--password=basic_password] [--auth-provider=provider_name] [--auth-provider-arg=key=value] [--exec-command=exec_command] [--exec-api-version=exec_api_version] [--exec-arg=arg] [--exec-env=key=value]",
  "Set a user entry in kubeconfig. Fields that are not given keep their values.",
  (session) => {
    checkCredentialFlags(session.flags);
    return setEntry(session, "users", (value) => {
      material(session, value, "client-certificate");
      material(session, value, "client-key");
      changeCredentials(value, session.flags);
    });
  },
  credentialFlags,
);

/** The file that holds what a property names: an entry's own, else the first. */
const fileOf = (session: Session, { list, name }: Steps) =>
  fileFor(session, (file) => (list ? has(name ?? "", list)(file) : Boolean(file["current-context"])));

export const set = command(
  "set PROPERTY_NAME PROPERTY_VALUE",
  "Set an individual value in a kubeconfig file. PROPERTY_NAME is a path such as clusters.NAME.server.",
  async (session) => {
    exactly(session, 2);
    const [property = "", value = ""] = session.args;
    if (value === "") throw new CliError("you cannot use set to unset a property");
    if (property === "") throw new CliError("you must specify a property");
    await starting(session);
    const steps = stepsOf(property);
    const { path, content } = await fileOf(session, steps);
    setProperty(content, steps, propertyValue(value, steps, { raw: session.flags.bool("set-raw-bytes") }));
    await save(path, content);
    session.line(`Property ${JSON.stringify(property)} set.`);
  },
  [bool("set-raw-bytes", "When writing a []byte PROPERTY_VALUE, write the given string directly without base64 decoding.")],
);

export const unset = command("unset PROPERTY_NAME", "Unset an individual value in a kubeconfig file.", async (session) => {
  exactly(session, 1);
  const [property = ""] = session.args;
  if (property === "") throw new CliError("you must specify a property");
  await starting(session);
  const steps = stepsOf(property);
  const { path, content } = await fileOf(session, steps);
  unsetProperty(content, steps);
  await save(path, content);
  session.line(`Property ${JSON.stringify(property)} unset.`);
});
