/** `config view`: the merged files as one, without secrets, for one context or self-contained. */
import { readFileSync } from "node:fs";
import { fromOrigin, type Kubeconfig, reasonOf } from "#client/kubeconfig/config.ts";
import type { Command } from "../../command.ts";
import { CliError, usageError } from "../../failure.ts";
import { bool, text } from "../../input/flags.ts";
import { objectPrinter, templateFlags } from "../../print/printers.ts";
import type { KObject } from "../../print/values.ts";

const secrets = ["certificate-authority-data", "client-certificate-data", "client-key-data", "token", "password"];

export const view: Command = {
  use: "config view [flags]",
  long: "Display merged kubeconfig settings or a specified kubeconfig file. Secrets are left out unless --raw.",
  async run(session) {
    const { flags, args } = session;
    if (args.length > 0) throw usageError(`unexpected arguments: [${args.join(" ")}]`, session.command);
    const printer = await objectPrinter(session);
    if (!flags.bool("merge") && !flags.given("kubeconfig")) throw new CliError("if merge==false a precise file must be specified");
    const config = await session.config();
    const chosen = flags.bool("minify") ? flags.text("context") || config["current-context"] : undefined;
    if (chosen !== undefined && !config.contexts.has(chosen))
      throw new CliError(chosen === "" ? "current-context must exist in order to minify" : `cannot locate context ${chosen}`);
    const context = chosen === undefined ? undefined : config.contexts.get(chosen);
    if (context?.cluster && !config.clusters.has(context.cluster)) throw new CliError(`cannot locate cluster ${context.cluster}`);
    if (context?.user && !config.users.has(context.user)) throw new CliError(`cannot locate user ${context.user}`);
    if (flags.bool("flatten")) flatten(config);
    const entries = (from: Map<string, object>, field: string, only?: string) =>
      [...from.keys()]
        .sort()
        .filter((name) => chosen === undefined || name === only)
        .map((name) => ({ name, [field]: flags.bool("raw") ? from.get(name) : redact(from.get(name) as Record<string, unknown>) }));
    const orNull = <T>(values: T[]) => (values.length > 0 ? values : null);
    const shown = {
      apiVersion: "v1",
      kind: "Config",
      clusters: orNull(entries(config.clusters, "cluster", context?.cluster)),
      contexts: orNull(entries(config.contexts, "context", chosen)),
      "current-context": config["current-context"],
      users: orNull(entries(config.users, "user", context?.user)),
    };
    const plain = /^json$/i.test(flags.text("output"))
      ? {
          kind: shown.kind,
          apiVersion: shown.apiVersion,
          clusters: shown.clusters,
          users: shown.users,
          contexts: shown.contexts,
          "current-context": shown["current-context"],
        }
      : undefined;
    session.out(plain ? `${JSON.stringify(plain, undefined, 4)}\n` : (printer?.(shown as unknown as KObject) ?? ""));
  },
  flags: [
    bool("flatten", "Flatten the resulting kubeconfig file into self-contained output (useful for creating portable kubeconfig files)"),
    bool("merge", "Merge the full hierarchy of kubeconfig files", true),
    bool("minify", "Remove all information not used by current-context from the output"),
    bool("raw", "Display raw byte data and sensitive data"),
    text("output|o", "Output format.", "yaml"),
    ...templateFlags,
  ],
};

/** Files become data, so that the result stands alone. */
function flatten(config: Kubeconfig): void {
  const embed = (entry: Record<string, unknown>, key: string, origin: string | undefined) => {
    const path = fromOrigin(entry[key] as string | undefined, origin);
    if (!path || entry[`${key}-data`]) return;
    try {
      entry[`${key}-data`] = readFileSync(path).toString("base64");
    } catch (error) {
      throw new CliError(`open ${path}: ${reasonOf(error)}`);
    }
    delete entry[key];
  };
  for (const [name, cluster] of config.clusters)
    embed(cluster as Record<string, unknown>, "certificate-authority", config.origins.get(`clusters/${name}`));
  for (const [name, user] of config.users)
    for (const key of ["client-certificate", "client-key"])
      embed(user as Record<string, unknown>, key, config.origins.get(`users/${name}`));
}

const order = [
  "server",
  "tls-server-name",
  "insecure-skip-tls-verify",
  "certificate-authority",
  "certificate-authority-data",
  "proxy-url",
  "client-certificate",
  "client-certificate-data",
  "client-key",
  "client-key-data",
  "token",
  "tokenFile",
  "cluster",
  "user",
  "namespace",
];

/** Upstream's order of fields, which its JSON shows. */
function inOrder(entry: Record<string, unknown>): Record<string, unknown> {
  const rank = (key: string) => (order.includes(key) ? order.indexOf(key) : order.length);
  return Object.fromEntries(Object.entries(entry).sort(([a], [b]) => rank(a) - rank(b)));
}

function redact(entry: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(inOrder(entry)).map(([key, value]) => [
      key,
      secrets.includes(key) && value ? (key.endsWith("-data") ? "DATA+OMITTED" : "REDACTED") : value,
    ]),
  );
}
