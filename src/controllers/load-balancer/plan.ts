/** Which external address a Service gets, keeps or loses, and why it gets none: pure. */
import { type ConfigMap, type Service, services } from "#api/mod.ts";
import { canonical, type Family, familyOf, parseAddress } from "#base/mod.ts";
import { conditionOf, lanes, type Step, status, tell, withCondition, withoutCondition } from "#client/mod.ts";
import { annotationOf, Book, type Holder, holderOf } from "./book.ts";
import { addressesIn, hasAddress, type Pool, type Pools, textOfPool } from "./pools.ts";

export interface SeenServices {
  services: readonly Service[];
  pools: Pools;
  /** The ConfigMap, when what is wrong with it has not been told yet. */
  untold?: ConfigMap;
}

/** Says in the status of a Service why it has no address; it goes when there is one. */
export const refusedCondition = "spoke.dev/AddressRefused";

export const addressesOf = (service: Service) => (service.status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => ip ?? []);
/** Those with a class belong to somebody else, and so does what stands in their status. */
export const isOurs = ({ spec }: Service): boolean => spec?.type === "LoadBalancer" && !spec.loadBalancerClass;
const refusalOf = ({ status: now }: Service) => conditionOf(now?.conditions, refusedCondition);
/** It was ours, and is of another type now. */
export const isLeft = (service: Service): boolean =>
  service.spec?.type !== "LoadBalancer" && (addressesOf(service).length > 0 || refusalOf(service) !== undefined);

/** What a Service wants, or why that cannot be. */
interface Wish {
  service: Service;
  holder: Holder;
  families: readonly Family[];
  /** By family. */
  asked: ReadonlyMap<Family, string>;
  /** Those that it may have addresses of. */
  pools: readonly Pool[];
  /** Of these, those that give addresses to whoever names neither them nor an address. */
  open: readonly Pool[];
  refused?: string;
}

export function planAddresses({ services: all, pools, untold }: SeenServices, nowMs = 0): Step[] {
  // Without a pool external addresses are somebody else's business, as they are upstream's cloud's.
  if (pools.all.length === 0 && pools.problems.length === 0) return [];
  const book = new Book();
  const alive = all.filter((service) => !service.metadata.deletionTimestamp);
  const ours = alive.filter(isOurs);
  for (const service of all)
    if (!ours.includes(service)) for (const address of addressesOf(service)) book.add(address, holderOf(service), isLeft(service));
  // Who has an address already keeps it before others are asked; of two with the same one the older.
  const wishes = ours.toSorted(byAge).map((service) => wishOf(service, pools));
  const kept = new Map(wishes.map((wish) => [wish, keep(wish, book, pools)]));
  const each = wishes.map((wish): Step[] => grant(wish, kept.get(wish)!, book, nowMs));
  for (const service of alive.filter(isLeft)) each.push([write(service, [], undefined, nowMs)]);
  if (untold) each.push(pools.problems.map((problem) => tell(untold, "Warning", "InvalidPool", problem)));
  const needed = each.filter((steps) => steps.length > 0);
  return needed.length > 0 ? [lanes(needed)] : [];
}

function byAge(a: Service, b: Service): number {
  const order = (service: Service) => `${service.metadata.creationTimestamp ?? ""} ${service.metadata.namespace}/${service.metadata.name}`;
  return order(a) < order(b) ? -1 : 1;
}

function wishOf(service: Service, { all, problems }: Pools): Wish {
  const spec = service.spec!;
  const named = annotationOf(service, "address-pool");
  const mine = all.filter(({ namespaces }) => !namespaces || namespaces.includes(service.metadata.namespace ?? ""));
  const pools = named === undefined ? mine : mine.filter(({ name }) => name === named);
  const listed = annotationOf(service, "loadBalancerIPs");
  const texts = [
    ...(listed === undefined ? [] : listed.split(",").map((text) => text.trim())),
    ...(spec.loadBalancerIP ? [spec.loadBalancerIP] : []),
  ];
  const asked = new Map(texts.map((text) => [familyOf(text), canonical(text)]));
  const families = (spec.ipFamilies?.length ? spec.ipFamilies : familiesOf(all).slice(0, 1)) as Family[];
  // Who prefers two families and can have one is content; who asks for an address is not.
  const open = named === undefined ? pools.filter(({ autoAssign }) => autoAssign) : pools;
  // With a ConfigMap that is wrong nobody loses an address for having no pool.
  const held = problems.length > 0 ? addressesOf(service).map(familyOf) : [];
  const had = families.filter((family) => familiesOf(open).includes(family) || asked.has(family) || held.includes(family));
  const wanted = spec.ipFamilyPolicy === "RequireDualStack" ? families : had;
  const wish = { service, holder: holderOf(service), families: wanted, asked, pools, open };
  const refused = contradiction(wish, {
    texts,
    both: listed !== undefined && Boolean(spec.loadBalancerIP),
    named,
    all,
    families,
    keeps: held.length > 0,
  });
  return refused === undefined ? wish : { ...wish, refused };
}

interface Said {
  texts: readonly string[];
  /** By annotation and by field. */
  both: boolean;
  named: string | undefined;
  all: readonly Pool[];
  families: readonly Family[];
  /** It has addresses, and which pools there are is not certain. */
  keeps: boolean;
}

/** What no book is needed for to see that it cannot be. */
function contradiction({ service, asked, pools, open, families }: Wish, said: Said): string | undefined {
  const namespace = service.metadata.namespace;
  if (said.both) return "the annotation loadBalancerIPs and spec.loadBalancerIP are both set";
  if (said.named !== undefined && pools.length === 0 && !said.keeps)
    return said.all.some(({ name }) => name === said.named)
      ? `pool ${said.named} is not for namespace ${namespace}`
      : `there is no pool ${said.named}; there ${poolsText(said.all)}`;
  for (const text of said.texts) {
    const address = parseAddress(text);
    if (!address) return `${JSON.stringify(text)} is no IP address`;
    if (!said.families.includes(address.family))
      return `${text} is of ${address.family}, and the Service has ${said.families.join(" and ")}`;
    if (!said.keeps && !pools.some((pool) => hasAddress(pool, address)))
      return `${text} is not in ${said.named ? "that pool" : "any pool"}: there ${poolsText(pools)}`;
  }
  if (asked.size < said.texts.length) return "more than one address of a family is asked for";
  if (said.keeps) return undefined;
  const without =
    families.find((family) => !familiesOf(open).includes(family) && !asked.has(family)) ??
    (families.length === 0 ? said.families[0] : undefined);
  return without && `no pool gives addresses of ${without}: there ${poolsText(open)}`;
}

const poolsText = (pools: readonly Pool[]): string =>
  pools.length === 0 ? "is none" : `${pools.length === 1 ? "is" : "are"} ${pools.map(textOfPool).join(", ")}`;

const familiesOf = (pools: readonly Pool[]): Family[] => [...new Set(pools.flatMap(({ spans }) => spans.map(({ family }) => family)))];

/** The addresses that stay; the others leave, and are nobody else's before they have. */
function keep({ service, holder, families, asked, pools, refused }: Wish, book: Book, { problems }: Pools): string[] {
  const kept: string[] = [];
  for (const address of addressesOf(service)) {
    const parsed = parseAddress(address);
    const family = familyOf(address);
    const pooled = problems.length > 0 || (parsed && pools.some((pool) => hasAddress(pool, parsed)));
    const wished = !refused && families.includes(family) && (asked.get(family) ?? canonical(address)) === canonical(address);
    const stays = wished && pooled && !kept.some((other) => familyOf(other) === family) && !book.against(address, holder);
    book.add(address, holder, !stays);
    if (stays) kept.push(address);
  }
  return kept;
}

function grant({ service, holder, families, asked, open, refused }: Wish, kept: readonly string[], book: Book, nowMs: number): Step[] {
  const given: string[] = [];
  let problem = refused;
  for (const family of refused ? [] : families) {
    const has = kept.find((address) => familyOf(address) === family);
    const found = has === undefined ? pick(family, { holder, asked, open, book }) : { address: has };
    // Another look follows when the one that leaves has left.
    if ("wait" in found) return [];
    if ("why" in found) {
      problem = found.why;
      break;
    }
    given.push(found.address);
    book.add(found.address, holder);
  }
  const next = problem === undefined ? given : [];
  const known = refusalOf(service)?.message;
  if (addressesOf(service).join() === next.join() && known === problem) return [];
  const warning =
    problem === undefined ? [] : [tell(service, "Warning", "SyncLoadBalancerFailed", `Error syncing load balancer: ${problem}`)];
  return [write(service, next, problem, nowMs), ...warning];
}

type Picked = { address: string } | { why: string } | { wait: true };

/** The asked-for address; or one that is shared already, or the first that is free of the first pool that has one. */
function pick(family: Family, { holder, asked, open, book }: Pick<Wish, "holder" | "asked" | "open"> & { book: Book }): Picked {
  const wanted = asked.get(family);
  if (wanted !== undefined) {
    const against = book.against(wanted, holder);
    if (against?.wait) return { wait: true };
    return against ? { why: against.why } : { address: wanted };
  }
  const shared = book
    .sharedWith(holder)
    .find((address) => familyOf(address) === family && open.some((pool) => hasAddress(pool, parseAddress(address)!)));
  if (shared) return { address: shared };
  let waits = false;
  for (const pool of open)
    for (const address of addressesIn(pool, family)) {
      const against = book.against(address, holder);
      if (!against) return { address };
      waits ||= against.wait;
    }
  return waits ? { wait: true } : { why: `no address of ${family} is left: there ${poolsText(open)}` };
}

function write(service: Service, addresses: readonly string[], problem: string | undefined, nowMs: number): Step {
  const { conditions: had, ...rest } = service.status ?? {};
  const conditions =
    problem === undefined
      ? withoutCondition(had, refusedCondition)
      : withCondition(had, { type: refusedCondition, status: "True", reason: "AddressRefused", message: problem }, nowMs);
  const loadBalancer = addresses.length > 0 ? { ingress: addresses.map((ip) => ({ ip, ipMode: "VIP" })) } : {};
  const next = { ...service, status: { ...rest, loadBalancer, ...(conditions.length > 0 ? { conditions } : {}) } } as Service;
  const told = { about: service, done: ["EnsuredLoadBalancer", "Ensured load balancer"] } as const;
  return status(services, next, addresses.length > 0 ? { told } : {});
}
