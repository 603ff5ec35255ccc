/** Limits of a namespace: containers without requests and limits get the defaults, and nobody goes beyond the bounds. */
import { type LimitRange, type LimitRangeItem, limitranges, type Pod } from "#api/mod.ts";
import { addQuantity, compareQuantity, parseQuantity, type Quantity } from "#codec/mod.ts";
import type { AdmissionPlugin, Storage } from "../contract.ts";
import { forbidden } from "../request/errors.ts";
import { on } from "./match.ts";

export function limitRanger(storage: Storage): AdmissionPlugin {
  const itemsOf = (namespace: string) =>
    (storage.list(limitranges, namespace) as LimitRange[]).flatMap((range) => range.spec?.limits ?? []);
  return {
    name: "LimitRanger",
    matches: [on("", "pods", "CREATE")],
    admit({ object, namespace }) {
      const pod = object as Pod;
      const set: string[] = [];
      for (const item of itemsOf(namespace)) {
        if (item.type !== "Container") continue;
        for (const container of [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])]) {
          const { default: limits, defaultRequest: requests } = item;
          if (!limits && !requests) continue;
          container.resources ??= {};
          const kind = pod.spec?.initContainers?.includes(container as never) ? "init container" : "container";
          const note = (what: string, amounts: Record<string, string>, own: Record<string, string> = {}) => {
            const names = Object.keys(amounts)
              .filter((name) => own[name] === undefined)
              .sort();
            if (names.length) set.push(`${names.join(", ")} ${what} for ${kind} ${container.name}`);
          };
          if (requests) note("request", requests, container.resources.requests);
          if (limits) note("limit", limits, container.resources.limits);
          if (limits) container.resources.limits = { ...limits, ...container.resources.limits };
          if (requests) container.resources.requests = { ...requests, ...container.resources.requests };
        }
      }
      if (set.length)
        pod.metadata.annotations = {
          ...pod.metadata.annotations,
          "kubernetes.io/limit-ranger": `LimitRanger plugin set: ${set.join("; ")}`,
        };
    },
    validate({ object, namespace }) {
      const pod = object as Pod;
      const problems = itemsOf(namespace).flatMap((item) => problemsOf(item, pod));
      if (problems.length === 0) return;
      const text = problems.length === 1 ? problems[0]! : `[${problems.join(", ")}]`;
      throw forbidden({ group: "", resource: "pods" }, pod.metadata.name ?? "", text);
    },
  };
}

function problemsOf(item: LimitRangeItem, pod: Pod): string[] {
  const containers = [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])];
  if (item.type === "Container")
    return containers.flatMap((container) => check(item, "Container", container.resources?.requests, container.resources?.limits));
  if (item.type !== "Pod") return [];
  const sum = (of: "requests" | "limits") => {
    const total: Record<string, Quantity> = {};
    for (const container of pod.spec?.containers ?? [])
      for (const [name, value] of Object.entries(container.resources?.[of] ?? {}))
        total[name] = total[name] ? addQuantity(total[name], parseQuantity(value)) : parseQuantity(value);
    return total;
  };
  return check(item, "Pod", sum("requests"), sum("limits"));
}

type Amounts = Record<string, string | Quantity> | undefined;

function check(item: LimitRangeItem, kind: string, requests: Amounts, limits: Amounts): string[] {
  const out: string[] = [];
  const quantity = (value: string | Quantity | undefined) =>
    value === undefined ? undefined : typeof value === "string" ? parseQuantity(value) : value;
  const shown = (value: string | Quantity) => (typeof value === "string" ? value : String(Number(value.nanos) / 1e9));
  for (const [name, bound] of Object.entries(item.min ?? {})) {
    const request = quantity(requests?.[name]);
    if (!request) out.push(`minimum ${name} usage per ${kind} is ${bound}.  No request is specified`);
    else if (compareQuantity(request, parseQuantity(bound)) < 0)
      out.push(`minimum ${name} usage per ${kind} is ${bound}, but request is ${shown(requests![name]!)}`);
  }
  for (const [name, bound] of Object.entries(item.max ?? {})) {
    const limit = quantity(limits?.[name]);
    if (!limit) out.push(`maximum ${name} usage per ${kind} is ${bound}.  No limit is specified`);
    else if (compareQuantity(limit, parseQuantity(bound)) > 0)
      out.push(`maximum ${name} usage per ${kind} is ${bound}, but limit is ${shown(limits![name]!)}`);
  }
  for (const [name, bound] of Object.entries(item.maxLimitRequestRatio ?? {})) {
    const request = quantity(requests?.[name]);
    const limit = quantity(limits?.[name]);
    if (!request || !limit || request.nanos === 0n)
      out.push(`${name} max limit to request ratio per ${kind} is ${bound}, but no request is specified or request is 0`);
    else if (Number(limit.nanos) / Number(request.nanos) > Number(parseQuantity(bound).nanos) / 1e9)
      out.push(
        `${name} max limit to request ratio per ${kind} is ${bound}, but provided ratio is ${(Number(limit.nanos) / Number(request.nanos)).toFixed(6)}`,
      );
  }
  return out;
}
