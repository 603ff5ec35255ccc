/** What a whole pod asks for: containers and sidecars together, or the most that its init phase needs, or what the pod itself says. */
import type { Container, ContainerStatus, Pod } from "#api/mod.ts";
import { addQuantity, compareQuantity, parseQuantity, type Quantity } from "#codec/mod.ts";

export type Amounts = Map<string, Quantity>;

const ofPods = new Set(["cpu", "memory"]);
type Which = "requests" | "limits";

/** `inForce`: with the pod's overhead, and not less than what the node has given it. */
export function podTotals(pod: Pod, of: Which, { inForce = false } = {}): Amounts {
  const { spec } = pod;
  const own = (container: Container) => (inForce ? inForceOf(pod, container, of) : amounts(container.resources?.[of]));
  const total: Amounts = new Map();
  for (const container of spec?.containers ?? []) addAmounts(total, own(container));
  const sidecars: Amounts = new Map();
  const starting: Amounts = new Map();
  for (const container of spec?.initContainers ?? []) {
    const asked = own(container);
    if (container.restartPolicy === "Always") {
      addAmounts(total, asked);
      addAmounts(sidecars, asked);
      atLeast(starting, sidecars);
    } else atLeast(starting, addAmounts(asked, sidecars));
  }
  atLeast(total, starting);
  for (const [name, quantity] of podLevel(pod, of, inForce)) total.set(name, quantity);
  if (inForce) addOverhead(total, amounts(spec?.overhead), of);
  return total;
}

export const amounts = (list: Readonly<Record<string, string>> | undefined): Amounts =>
  new Map(Object.entries(list ?? {}).map(([name, text]) => [name, parseQuantity(text)]));

/** Into the first, which is also the answer. */
export function addAmounts(to: Amounts, more: ReadonlyMap<string, Quantity>): Amounts {
  for (const [name, quantity] of more) {
    const have = to.get(name);
    to.set(name, have ? addQuantity(have, quantity) : quantity);
  }
  return to;
}

/** While a resize is under way, the greater of what is asked and what is given counts; one that can never be, does not. */
function inForceOf({ spec, status }: Pod, { name, restartPolicy, resources }: Container, of: Which): Amounts {
  const asked = amounts(resources?.[of]);
  const isInit = spec?.initContainers?.some((each) => each.name === name);
  if (isInit && restartPolicy !== "Always") return asked;
  const all: ContainerStatus[] = [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])];
  const seen = all.find((each) => each.name === name);
  if (!seen?.resources) return asked;
  return given({ status }, asked, amounts(seen.resources[of]), of === "requests" ? amounts(seen.allocatedResources) : new Map());
}

function podLevel(pod: Pod, of: Which, inForce: boolean): Amounts {
  const asked = new Map([...amounts(pod.spec?.resources?.[of])].filter(([name]) => ofPods.has(name) || name.startsWith("hugepages-")));
  const seen = pod.status?.resources;
  if (!inForce || !seen) return asked;
  const all = given(pod, asked, amounts(seen[of]), of === "requests" ? amounts(pod.status?.allocatedResources) : new Map());
  return new Map([...all].filter(([name]) => asked.has(name)));
}

function given({ status }: Pick<Pod, "status">, asked: Amounts, actual: Amounts, allocated: Amounts): Amounts {
  const impossible = status?.conditions?.find(({ type }) => type === "PodResizePending")?.reason === "Infeasible";
  const result = impossible ? new Map() : asked;
  atLeast(result, actual);
  atLeast(result, allocated);
  return result;
}

function addOverhead(to: Amounts, overhead: Amounts, of: Which): void {
  for (const [name, quantity] of overhead) {
    const have = to.get(name);
    if (of === "limits" && (!have || have.nanos === 0n)) continue;
    to.set(name, have ? addQuantity(have, quantity) : quantity);
  }
}

function atLeast(to: Amounts, floor: Amounts): void {
  for (const [name, quantity] of floor) {
    const have = to.get(name);
    if (!have || compareQuantity(have, quantity) < 0) to.set(name, quantity);
  }
}
