/** `top`: usage of nodes and pods, where something serves the metrics API. */
import { addQuantity, formatGoDuration, milliValue, parseQuantity, type Quantity, quantityValue } from "#codec/mod.ts";
import { checkPathSegment } from "#codec/names.ts";
import type { Command } from "../../command.ts";
import type { Session } from "../../connect/session.ts";
import { CliError, usageError } from "../../failure.ts";
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

type Usage = Record<string, string | undefined>;
interface Row {
  name: string;
  usage: Usage;
}

export const node: Command = {
  use: "top node [NAME | -l label]",
  long: "Display resource (CPU/memory) usage of nodes.",
  flags: [...shared, bool("show-capacity", "Print node resources based on Capacity instead of Allocatable (default)")],
  async run(session) {
    const { flags, args } = session;
    if (args.length > 1) throw usageError("node [NAME | -l label]", session.command);
    await session.clientTarget();
    const items = await metrics(session, "nodes", "");
    if (items.length === 0) throw new CliError("metrics not available yet");
    const resource = await session.resource("nodes");
    const known = args[0]
      ? [await getObject(session, { resource, namespace: "", name: args[0] })]
      : await listed(session, "/api/v1/nodes", { labelSelector: flags.text("selector") });
    const field = flags.bool("show-capacity") ? "capacity" : "allocatable";
    const wholes = new Map<string, Usage>(known.map((each) => [each.metadata.name, each.status?.[field] ?? {}]));
    const hasSwap = new Set(known.flatMap((each) => (each.status?.nodeInfo?.swap?.capacity === undefined ? [] : [each.metadata.name])));
    const names = measured(session);
    const rows = sortedBy(
      session,
      items.map(({ metadata, usage }) => ({ name: metadata.name as string, usage: usage as Usage })),
    );
    const cells = rows.map(({ name, usage }) => {
      const whole = wholes.get(name);
      return [name, ...names.flatMap((each) => (each === "swap" && !hasSwap.has(name) ? unknown : shareOf(each, usage, whole)))];
    });
    const missing = known.filter(({ metadata }) => !items.some((item) => item.metadata.name === metadata.name));
    for (const { metadata } of missing) cells.push([metadata.name, ...names.flatMap(() => unknown)]);
    print(session, cells, ["NAME", ...names.flatMap((name) => [heads[name]!, heads[name]!.replace(/\(.*/, "(%)")])]);
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
    if (session.args.length > 1) throw usageError("pod [NAME | -l label]", session.command);
    const everywhere = flags.bool("all-namespaces");
    const namespace = everywhere ? "" : await session.namespace();
    const items = await metrics(session, "pods", namespace);
    if (items.length === 0) {
      await whyEmpty(session, namespace);
      return session.err(everywhere ? "No resources found\n" : `No resources found in ${namespace} namespace.\n`);
    }
    const byContainer = flags.bool("containers");
    const names = measured(session);
    const pods = sortedBy(
      session,
      items.map((item) => ({ name: nameOf(item, everywhere), usage: sumOf(containersOf(item)), item })),
    );
    const cells = pods.flatMap(({ item, usage }) => {
      const head = [...(everywhere ? [item.metadata.namespace ?? ""] : []), item.metadata.name as string];
      if (!byContainer) return [[...head, ...names.map((name) => amountOf(name, usage))]];
      return sortedBy(session, containersOf(item)).map((each) => [...head, each.name, ...names.map((name) => amountOf(name, each.usage))]);
    });
    const head = [
      ...(everywhere ? ["NAMESPACE"] : []),
      ...(byContainer ? ["POD", "NAME"] : ["NAME"]),
      ...names.map((name) => heads[name]!),
    ];
    if (flags.bool("sum")) {
      const total = sumOf(pods);
      const before = head.length - names.length;
      cells.push(
        [...Array.from({ length: head.length - 2 }, () => ""), "________", "________"],
        [...Array.from({ length: before }, () => ""), ...names.map((name) => amountOf(name, total))],
      );
    }
    print(session, cells, head);
  },
};

const heads: Readonly<Record<string, string>> = { cpu: "CPU(cores)", memory: "MEMORY(bytes)", swap: "SWAP(bytes)" };
const unknown = ["<unknown>", "<unknown>"];
const measured = ({ flags }: Session) => ["cpu", "memory", ...(flags.bool("show-swap") ? ["swap"] : [])];
const nameOf = ({ metadata }: KObject, everywhere: boolean): string =>
  everywhere ? `${metadata.namespace}/${metadata.name}` : metadata.name;
const containersOf = (item: KObject): Row[] => item.containers as Row[];
const quantityOf = (usage: Usage, name: string): Quantity => parseQuantity(usage[name] ?? "0");

function sumOf(rows: readonly Row[]): Usage {
  const sum = (name: string) => rows.reduce((total, { usage }) => addQuantity(total, quantityOf(usage, name)), parseQuantity("0"));
  return Object.fromEntries(Object.keys(heads).map((name) => [name, `${sum(name).nanos}n`]));
}

function amountOf(name: string, usage: Usage): string {
  const quantity = quantityOf(usage, name);
  return name === "cpu" ? `${milliValue(quantity)}m` : `${Math.trunc(quantityValue(quantity) / 1_048_576)}Mi`;
}

function shareOf(name: string, usage: Usage, whole: Usage | undefined): string[] {
  const most = whole?.[name];
  if (most === undefined) return [amountOf(name, usage)];
  const all = milliValue(parseQuantity(most));
  return [amountOf(name, usage), `${all === 0 ? 0 : Math.trunc((milliValue(quantityOf(usage, name)) / all) * 100)}%`];
}

async function metrics(session: Session, resource: "nodes" | "pods", namespace: string): Promise<KObject[]> {
  const { flags, args } = session;
  const sort = flags.text("sort-by");
  if (sort !== "" && sort !== "cpu" && sort !== "memory") throw new CliError("--sort-by accepts only cpu or memory");
  const fields = resource === "pods" ? flags.text("field-selector") : "";
  if (args[0] && (flags.text("selector") || fields))
    throw new CliError(`only one of NAME or ${resource === "pods" ? "selector" : "--selector"} can be provided`);
  const { found } = await session.mapper();
  if (
    !found.groups.some((group) => group.name === "metrics.k8s.io") &&
    !(await session.freshMapper()).found.groups.some((group) => group.name === "metrics.k8s.io")
  ) {
    throw new CliError("Metrics API not available");
  }
  const path = `/apis/metrics.k8s.io/v1beta1${namespace ? `/namespaces/${namespace}` : ""}/${resource}`;
  const wrong = args[0] ? checkPathSegment(args[0]) : [];
  if (wrong.length > 0) throw new CliError(`invalid resource name ${JSON.stringify(args[0])}: [${wrong.join(" ")}]`);
  if (args[0]) return [await (await session.rest()).json<KObject>({ path: `${path}/${args[0]}` })];
  return listed(session, path, { labelSelector: flags.text("selector"), fieldSelector: fields });
}

async function listed(session: Session, path: string, selectors: { labelSelector: string; fieldSelector?: string }): Promise<KObject[]> {
  const query = Object.fromEntries(Object.entries(selectors).filter(([, value]) => value));
  return (await (await session.rest()).json<{ items?: KObject[] }>({ path, query })).items ?? [];
}

/** Pods that have just begun have none yet; older ones should have. */
const usualMs = 120_000;

async function whyEmpty(session: Session, namespace: string): Promise<void> {
  const { flags } = session;
  const path = `/api/v1${namespace ? `/namespaces/${namespace}` : ""}/pods`;
  const pods = await listed(session, path, { labelSelector: flags.text("selector"), fieldSelector: flags.text("field-selector") });
  if (pods.length === 0) return;
  for (const { metadata } of pods) {
    const age = session.io.clock.now() - Date.parse(metadata.creationTimestamp ?? "");
    if (age > usualMs)
      throw new CliError(`Metrics not available for pod ${metadata.namespace}/${metadata.name}, age: ${formatGoDuration(age)}`);
  }
  throw new CliError("metrics not available yet");
}

function sortedBy<T extends Row>({ flags }: Session, rows: readonly T[]): T[] {
  const by = flags.text("sort-by");
  const size = ({ usage }: T) => (by === "cpu" ? milliValue(quantityOf(usage, by)) : quantityValue(quantityOf(usage, by)));
  return [...rows].sort((a, b) => (by === "" ? (a.name < b.name ? -1 : 1) : size(b) - size(a)));
}

function print(session: Session, rows: readonly string[][], head: string[]): void {
  // Every cell of upstream's ends with a tab, the last too.
  const all = session.flags.bool("no-headers") ? rows : [head, ...rows];
  session.out(alignRows(all.map((cells) => [...cells, ""])));
}
