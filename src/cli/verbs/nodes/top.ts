/** `top`: usage of nodes and pods, where something serves the metrics API. */
import type { Command } from "../../command.ts";
import type { Session } from "../../connect/session.ts";
import { type Amount, add, amount, percent, zero } from "../../describe/quantities.ts";
import { CliError } from "../../failure.ts";
import { bool, text } from "../../input/flags.ts";
import { selectorFlag } from "../../input/write-flags.ts";
import { getObject } from "../../objects.ts";
import { alignRows } from "../../print/tab-writer.ts";
import type { KObject } from "../../print/values.ts";

const shared = [
  bool("no-headers", "If present, print output without headers"),
  selectorFlag,
  text("sort-by", "Sort by 'cpu' or 'memory'."),
  bool("show-swap", "Print swap columns where they are known."),
  bool("use-protocol-buffers", "Accepted for compatibility.", true),
];

export const node: Command = {
  use: "top node [NAME | -l label]",
  long: "Display resource (CPU/memory) usage of nodes.",
  flags: [...shared, bool("show-capacity", "Print node resources based on Capacity instead of Allocatable (default)")],
  async run(session) {
    const items = await metrics(session, "nodes", "");
    const { flags } = session;
    const nodes = await session.resource("nodes");
    const rows: { cpu: Amount; memory: Amount; cells: string[] }[] = [];
    for (const item of items) {
      const object = await getObject(session, { resource: nodes, namespace: "", name: item.metadata.name });
      const whole = object.status?.[flags.bool("show-capacity") ? "capacity" : "allocatable"] ?? {};
      const [cpu, memory] = [amount(item.usage.cpu), amount(item.usage.memory)];
      rows.push({
        cpu,
        memory,
        cells: [
          item.metadata.name,
          cores(cpu),
          `${percent(cpu, amount(whole.cpu))}%`,
          mebibytes(memory),
          `${percent(memory, amount(whole.memory))}%`,
        ],
      });
    }
    print(session, rows, ["NAME", "CPU(cores)", "CPU(%)", "MEMORY(bytes)", "MEMORY(%)"]);
  },
};

export const pod: Command = {
  use: "top pod [NAME | -l label]",
  long: "Display resource (CPU/memory) usage of pods.",
  flags: [
    ...shared,
    bool("all-namespaces|A", "If present, show the pods of all namespaces."),
    bool("containers", "If present, print usage of containers within a pod."),
    text("field-selector", "Selector (field query) to filter on."),
    bool("sum", "Print the sum of the resource usage"),
  ],
  async run(session) {
    const { flags } = session;
    const everywhere = flags.bool("all-namespaces");
    const items = await metrics(session, "pods", everywhere ? "" : await session.namespace());
    if (items.length === 0) {
      session.err(everywhere ? "No resources found\n" : `No resources found in ${await session.namespace()} namespace.\n`);
      return;
    }
    const byContainer = flags.bool("containers");
    const rows = items.flatMap((item) => {
      const containers = item.containers as { name: string; usage: Record<string, string> }[];
      const head = [...(everywhere ? [item.metadata.namespace ?? ""] : []), item.metadata.name];
      const sum = (name: string, list = containers) => list.reduce((total, container) => add(total, amount(container.usage[name])), zero);
      if (byContainer)
        return containers.map((container) => ({
          cpu: sum("cpu", [container]),
          memory: sum("memory", [container]),
          cells: [...head, container.name, cores(sum("cpu", [container])), mebibytes(sum("memory", [container]))],
        }));
      return [{ cpu: sum("cpu"), memory: sum("memory"), cells: [...head, cores(sum("cpu")), mebibytes(sum("memory"))] }];
    });
    print(session, rows, [
      ...(everywhere ? ["NAMESPACE"] : []),
      ...(byContainer ? ["POD", "NAME"] : ["NAME"]),
      "CPU(cores)",
      "MEMORY(bytes)",
    ]);
  },
};

async function metrics(session: Session, resource: "nodes" | "pods", namespace: string): Promise<KObject[]> {
  const { flags, args } = session;
  const sort = flags.text("sort-by");
  if (sort !== "" && sort !== "cpu" && sort !== "memory") throw new CliError("--sort-by accepts only cpu or memory");
  const { found } = await session.mapper();
  if (
    !found.groups.some((group) => group.name === "metrics.k8s.io") &&
    !(await session.freshMapper()).found.groups.some((group) => group.name === "metrics.k8s.io")
  ) {
    throw new CliError("Metrics API not available");
  }
  const rest = await session.rest();
  const path = `/apis/metrics.k8s.io/v1beta1${namespace ? `/namespaces/${namespace}` : ""}/${resource}`;
  if (args[0]) return [await rest.json<KObject>({ path: `${path}/${args[0]}` })];
  return (await rest.json<{ items?: KObject[] }>({ path, query: { labelSelector: flags.text("selector") } })).items ?? [];
}

function print(session: Session, rows: { cpu: Amount; memory: Amount; cells: string[] }[], head: string[]): void {
  const sort = session.flags.text("sort-by") as "" | "cpu" | "memory";
  const sorted = [...rows].sort((a, b) =>
    sort === "" ? (a.cells.join("/") < b.cells.join("/") ? -1 : 1) : Number(b[sort].milli - a[sort].milli),
  );
  const cells = sorted.map((row) => row.cells);
  session.out(alignRows(session.flags.bool("no-headers") ? cells : [head, ...cells]));
}

function cores(value: Amount): string {
  return `${value.milli}m`;
}
function mebibytes(value: Amount): string {
  return `${value.milli / 1000n / 1048576n}Mi`;
}
