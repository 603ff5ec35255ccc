/** `cluster-info dump`: nodes, and of some namespaces the workloads, events and logs, for a diagnosis elsewhere. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { Command } from "../../command.ts";
import { pathOf } from "../../connect/discovery.ts";
import type { Session } from "../../connect/session.ts";
import { CliError, messageFor } from "../../failure.ts";
import { bool, duration, list, text } from "../../input/flags.ts";
import { listObjects } from "../../objects.ts";
import { objectPrinter, outputFormats, templateFlags } from "../../print/printers.ts";
import type { KObject } from "../../print/values.ts";

/** What is listed of each namespace, and its file. */
const parts = [
  ["events", "events"],
  ["replicationcontrollers", "replication-controllers"],
  ["services", "services"],
  ["daemonsets.apps", "daemonsets"],
  ["deployments.apps", "deployments"],
  ["replicasets.apps", "replicasets"],
  ["pods", "pods"],
] as const;

export const dump: Command = {
  use: "cluster-info dump [flags]",
  long: "Dump cluster information out suitable for debugging and diagnosing cluster problems.\n\n Everything goes to stdout, or with --output-directory into files there. Without --namespaces or --all-namespaces, only the current namespace and kube-system are dumped, with the logs of all their pods.",
  examples:
    "# Everything of this namespace and kube-system, to stdout\nkubectl cluster-info dump\n\n# All namespaces, as files in a folder\nkubectl cluster-info dump --all-namespaces --output-directory=/path/to/cluster-state",
  flags: [
    bool("all-namespaces|A", "If true, dump all namespaces.  If true, --namespaces is ignored."),
    list("namespaces", "A comma separated list of namespaces to dump."),
    text("output|o", `Output format. One of: (${outputFormats}).`, "json"),
    text(
      "output-directory",
      "Where to output the files.  If empty or '-' uses stdout, otherwise creates a directory hierarchy in that directory",
    ),
    duration("pod-running-timeout", "How long to wait until at least one pod runs.", "20s"),
    ...templateFlags,
  ],
  async run(session) {
    const { flags } = session;
    const print = (await objectPrinter(session))!;
    if (flags.duration("pod-running-timeout") <= 0) throw new CliError("--pod-running-timeout must be higher than zero");
    const format = flags.text("output");
    if (format === "name") throw new CliError("list types are not supported by name printing: *v1.NodeList");
    const extension = format === "json" || format === "yaml" ? `.${format}` : ".txt";
    const folder = flags.text("output-directory");
    const write = (name: string, content: string) => {
      if (folder === "" || folder === "-") return session.out(content);
      const file = join(resolve(session.io.cwd, folder), name);
      try {
        mkdirSync(dirname(file), { recursive: true, mode: 0o755 });
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        throw code === "EEXIST" || code === "ENOTDIR" ? new CliError(`mkdir ${dirname(file)}: not a directory`) : error;
      }
      writeFileSync(file, content);
    };
    const all = async (type: string, namespace: string) =>
      shownList(await listObjects(session, { resource: await session.resource(type), namespace }));
    write(`nodes${extension}`, print(await all("nodes", "")));
    for (const namespace of await namespacesOf(session)) {
      let pods: KObject[] = [];
      for (const [type, file] of parts) {
        const found = await all(type, namespace);
        write(join(namespace, `${file}${extension}`), print(found));
        if (type === "pods") pods = found.items as KObject[];
      }
      for (const pod of pods) write(join(namespace, pod.metadata.name, "logs.txt"), await logsOf(session, pod));
    }
    if (folder !== "" && folder !== "-") session.line(`Cluster info dumped to ${folder}`);
  },
};

/** Items of a list do not repeat what the list says of them. */
function shownList(whole: KObject & { items: KObject[] }): KObject {
  return { ...whole, items: whole.items.map(({ kind: _kind, apiVersion: _version, ...item }) => item) };
}

async function namespacesOf(session: Session): Promise<string[]> {
  if (session.flags.bool("all-namespaces")) {
    const { items } = await listObjects(session, { resource: await session.resource("namespaces"), namespace: "" });
    return items.map(({ metadata }) => metadata.name);
  }
  const named = session.flags.list("namespaces");
  return named.length > 0 ? named : ["kube-system", await session.namespace()];
}

async function logsOf(session: Session, pod: KObject): Promise<string> {
  const rest = await session.rest();
  const resource = await session.resource("pods");
  const { name, namespace } = pod.metadata;
  let whole = "";
  for (const container of [...(pod.spec.initContainers ?? []), ...pod.spec.containers] as { name: string }[]) {
    const mark = `logs for container ${container.name} of pod ${namespace}/${name} ====\n`;
    whole += `==== START ${mark}`;
    try {
      const path = pathOf(resource, { namespace, name, subresource: "log" });
      whole += (await rest.request({ path, query: { container: container.name }, accept: "*/*" })).text;
    } catch (error) {
      whole += `Request log error: ${messageFor(error).replace(/^Error from server( \(\w+\))?: /, "")}\n`;
    }
    whole += `==== END ${mark}`;
  }
  return whole;
}
