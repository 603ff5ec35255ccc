/**
 * What a namespace may use: a write is let through when it fits, and charged before it is stored.
 *
 *     write ──▶ waits with the others of its namespace ──▶ decided together ──▶ one update of each quota ──▶ stored, or given back
 *
 * The quota's status is the common word of all servers, changed by compare-and-swap. What this server has charged and not seen
 * stored yet (`#underWay`) is known to nobody else: when somebody else has written the status, it is compared with what there
 * is and what is under way, and the greater counts, so that a controller that counts at a bad moment opens no gap.
 */
import { type Catalog, type KubeObject, type ResourceQuota, resourcequotas } from "#api/mod.ts";
import { type Clock, type Log, messageOf } from "#base/mod.ts";
import {
  type Amounts,
  addAmounts,
  amounts,
  countUsage,
  isNotFound,
  type Measure,
  masked,
  measureOf,
  sameAmounts,
  written,
} from "#client/mod.ts";
import { compareQuantity, subtractQuantity } from "#codec/mod.ts";
import { type AdmissionPlugin, type Attributes, type Storage, statusByServer } from "../../contract.ts";
import { failure, internal, modified } from "../../request/errors.ts";
import { refused } from "../refused.ts";
import { type Asked, decideQuota, type Standing, standingOf } from "./decision.ts";
import type { LimitedResource } from "./limited.ts";

interface Parts {
  storage: Storage;
  catalog: Catalog;
  clock: Clock;
  log: Log;
  /** What nobody consumes without a quota. */
  limited: readonly LimitedResource[];
}

interface Waiter {
  attributes: Attributes;
  asked: Asked;
  /** By uid of the quota. */
  charged: Map<string, Amounts>;
  over: boolean;
  end(error?: Error): void;
}

const patienceMs = 10_000;
const rounds = 4;
const mostRemembered = 10_000;

export function resourceQuota(parts: Parts): AdmissionPlugin {
  const keeper = new QuotaKeeper(parts);
  return {
    name: "ResourceQuota",
    matches: [
      {
        apiGroups: ["*"],
        resources: ["*", "pods/resize", "persistentvolumeclaims/status"],
        operations: ["CREATE", "UPDATE"],
        scope: "Namespaced",
      },
    ],
    validate(attributes) {
      const { group, resource, operation, subresource, object, oldObject } = attributes;
      const measure = measureOf(group ? `${resource}.${group}` : resource);
      if (!measure || !object) return undefined;
      if (operation === "UPDATE" && !(oldObject && measure.changes?.(object, oldObject, subresource))) return undefined;
      return keeper.charge(attributes, measure);
    },
  };
}

class QuotaKeeper {
  readonly #parts: Parts;
  readonly #waiting = new Map<string, Waiter[]>();
  readonly #busy = new Set<string>();
  /** What is charged and not stored yet, by uid of the quota. */
  readonly #underWay = new Map<string, Set<Amounts>>();
  /** What was charged for writes that failed, by namespace and uid of the quota. */
  readonly #toGiveBack = new Map<string, Map<string, Amounts>>();
  /** By uid: in this version of the quota, so much is used at most. */
  readonly #verified = new Map<string, { version: string; used: Amounts }>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  charge(attributes: Attributes, measure: Measure): Promise<void> | undefined {
    const { namespace, operation, subresource, object, oldObject } = attributes;
    if (this.#parts.limited.length === 0 && this.#quotas(namespace).length === 0) return undefined;
    return new Promise((resolve, reject) => {
      const timer = this.#parts.clock.after(patienceMs, () => waiter.end(internal("resource quota evaluation timed out")));
      const waiter: Waiter = {
        attributes,
        asked: { measure, operation: operation as Asked["operation"], subresource, object: object!, old: oldObject },
        charged: new Map(),
        over: false,
        end: (error) => {
          if (waiter.over) return;
          waiter.over = true;
          timer.cancel();
          if (error) reject(error);
          else resolve();
        },
      };
      const waiting = this.#waiting.get(namespace);
      if (waiting) waiting.push(waiter);
      else this.#waiting.set(namespace, [waiter]);
      void this.#work(namespace);
    });
  }

  #quotas(namespace: string): ResourceQuota[] {
    return this.#parts.storage.list(resourcequotas, namespace) as ResourceQuota[];
  }

  /** One at a time in each namespace: all who wait are decided together, and cost one write. */
  async #work(namespace: string): Promise<void> {
    if (this.#busy.has(namespace)) return;
    this.#busy.add(namespace);
    try {
      for (;;) {
        const batch = this.#waiting.get(namespace) ?? [];
        this.#waiting.delete(namespace);
        const back = this.#toGiveBack.get(namespace);
        this.#toGiveBack.delete(namespace);
        if (batch.length === 0 && !back) return;
        if (back) await this.#giveBack(namespace, back);
        await this.#admit(namespace, batch).catch((error) => {
          for (const waiter of batch) this.#refuse(waiter, error);
        });
      }
    } finally {
      this.#busy.delete(namespace);
    }
  }

  async #admit(namespace: string, batch: readonly Waiter[]): Promise<void> {
    let open = batch;
    let quotas = this.#quotas(namespace);
    let lastError: unknown;
    for (let round = 0; round < rounds && open.length > 0; round++) {
      const standings = quotas.map((quota) => this.#standing(quota));
      const failed = new Set<string>();
      const costs = this.#decide(open, standings);
      for (const standing of standings) {
        const charged = [...costs].filter(([, each]) => each.has(standing));
        if (charged.length === 0) continue;
        const problem = await this.#write(standing);
        if (problem) {
          lastError = problem;
          failed.add(standing.quota.metadata.name!);
        } else for (const [waiter, each] of charged) this.#charged(waiter, standing, each.get(standing)!);
      }
      open = [...costs]
        .filter(([waiter, each]) => {
          if ([...each.keys()].some(({ quota }) => failed.has(quota.metadata.name!))) return true;
          this.#let(waiter);
          return false;
        })
        .map(([waiter]) => waiter);
      // The others have been charged already: only what has changed is looked at again.
      quotas = this.#quotas(namespace).filter(({ metadata }) => failed.has(metadata.name!));
    }
    for (const waiter of open) this.#refuse(waiter, lastError as Error);
  }

  /** Who is let through, and at what cost; the standings grow by it. */
  #decide(open: readonly Waiter[], standings: readonly Standing[]): Map<Waiter, ReadonlyMap<Standing, Amounts>> {
    const costs = new Map<Waiter, ReadonlyMap<Standing, Amounts>>();
    for (const waiter of open) {
      if (waiter.over) {
        this.#settle(waiter, false);
        continue;
      }
      const decision = decideQuota(standings, waiter.asked, this.#parts.clock.now(), this.#parts.limited);
      if ("refused" in decision)
        this.#refuse(waiter, decision.isFault ? failure(500, "", decision.refused) : refused(waiter.attributes, decision.refused));
      else if (waiter.attributes.dryRun || decision.costs.size === 0) this.#let(waiter);
      else {
        costs.set(waiter, decision.costs);
        for (const [standing, cost] of decision.costs) standing.used = addAmounts(new Map(standing.used), cost);
      }
    }
    return costs;
  }

  #standing(quota: ResourceQuota): Standing {
    const standing = standingOf(quota);
    const { uid = "", resourceVersion = "" } = quota.metadata;
    const verified = this.#verified.get(uid);
    if (verified?.version === resourceVersion) standing.used = verified.used;
    else {
      const there = this.#there(quota, [...standing.used.keys()]);
      for (const [name, quantity] of there) if (compareQuantity(quantity, standing.used.get(name)!) > 0) standing.used.set(name, quantity);
      this.#remember(uid, resourceVersion, standing.used);
    }
    return standing;
  }

  /** What is stored, and what soon will be. */
  #there(quota: ResourceQuota, names: readonly string[]): Amounts {
    const { storage, catalog, clock } = this.#parts;
    const objectsOf = (id: string): KubeObject[] | undefined => {
      const kind = catalog.all().find((each) => each.id === id);
      return kind && storage.list(kind, quota.metadata.namespace);
    };
    const there = countUsage(quota, names, objectsOf, clock.now());
    for (const charge of this.#underWay.get(quota.metadata.uid ?? "") ?? []) addAmounts(there, masked(charge, there));
    return there;
  }

  #remember(uid: string, version: string, used: Amounts): void {
    this.#verified.delete(uid);
    this.#verified.set(uid, { version, used });
    if (this.#verified.size > mostRemembered) this.#verified.delete(this.#verified.keys().next().value!);
  }

  /** Stores what is used; an error when the quota is not what was looked at any more. */
  async #write({ quota, used }: Standing): Promise<unknown> {
    const { namespace, name = "", uid = "", resourceVersion } = quota.metadata;
    let changed = false;
    try {
      const change = (now: KubeObject) => {
        changed = now.metadata.resourceVersion !== resourceVersion || now.metadata.uid !== uid;
        return changed ? undefined : ({ ...now, status: { ...(now as ResourceQuota).status, used: written(used) } } as KubeObject);
      };
      const stored = await this.#parts.storage.update(resourcequotas, { namespace, name }, change, statusByServer);
      if (!changed) this.#remember(uid, stored.metadata.resourceVersion ?? "", used);
      return changed ? modified(resourcequotas, name) : undefined;
    } catch (error) {
      return error;
    }
  }

  #charged(waiter: Waiter, { quota }: Standing, cost: Amounts): void {
    const uid = quota.metadata.uid ?? "";
    waiter.charged.set(uid, cost);
    const underWay = this.#underWay.get(uid) ?? new Set();
    this.#underWay.set(uid, underWay.add(cost));
  }

  #let(waiter: Waiter): void {
    // Too late: nobody waits for the answer any more.
    if (waiter.over) return this.#settle(waiter, false);
    if (waiter.charged.size > 0) (waiter.attributes.claims ??= []).push((stored) => this.#settle(waiter, stored));
    waiter.end();
  }

  #refuse(waiter: Waiter, error: Error): void {
    this.#settle(waiter, false);
    waiter.end(error);
  }

  #settle({ attributes: { namespace }, charged }: Waiter, stored: boolean): void {
    for (const [uid, cost] of charged) {
      const underWay = this.#underWay.get(uid);
      underWay?.delete(cost);
      if (underWay?.size === 0) this.#underWay.delete(uid);
      if (stored) continue;
      const back = this.#toGiveBack.get(namespace) ?? new Map<string, Amounts>();
      this.#toGiveBack.set(namespace, back.set(uid, addAmounts(new Map(back.get(uid)), cost)));
    }
    charged.clear();
    if (this.#toGiveBack.has(namespace)) void this.#work(namespace);
  }

  async #giveBack(namespace: string, back: ReadonlyMap<string, Amounts>): Promise<void> {
    for (const [uid, cost] of back)
      for (let round = 0; round < rounds; round++) {
        const quota = this.#quotas(namespace).find(({ metadata }) => metadata.uid === uid);
        if (!quota) break;
        const standing = standingOf(quota);
        const verified = this.#verified.get(uid);
        // Somebody else has counted meanwhile, with or without it: only counting tells.
        if (verified?.version !== quota.metadata.resourceVersion)
          standing.used = merged(standing.used, this.#there(quota, [...standing.used.keys()]));
        else standing.used = merged(verified!.used, less(verified!.used, cost));
        const problem = sameAmounts(standing.used, amounts(quota.status?.used)) ? undefined : await this.#write(standing);
        if (!problem || isNotFound(problem)) break;
        if (round === rounds - 1)
          this.#parts.log.warn("quota: what a failed write was charged is not given back before the next count", {
            namespace,
            quota: quota.metadata.name,
            error: messageOf(problem),
          });
      }
  }
}

const merged = (all: Amounts, some: Amounts): Amounts => new Map([...all, ...some]);

function less(used: Amounts, by: Amounts): Amounts {
  return new Map(
    [...by].flatMap(([name, quantity]) => {
      const have = used.get(name);
      return have ? [[name, subtractQuantity(have, quantity)] as const] : [];
    }),
  );
}
