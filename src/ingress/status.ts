/** Tells where an Ingress answers, and what is wrong with it: `status.loadBalancer` and events. */
import { type Ingress, ingresses } from "#api/mod.ts";
import { patch, type Reconciler, reconciler, type Source, type Step, tell } from "#client/mod.ts";
import type { Problem } from "./world.ts";

export interface Standing {
  /** Undefined: it is not answered here. */
  problems: readonly Problem[] | undefined;
  /** Where it answers; empty: nowhere now. */
  addresses: readonly string[];
}

interface Seen extends Standing {
  ingress: Ingress;
  /** What was told before. */
  told: ReadonlySet<string>;
}

/** The addresses of other controllers stay. */
export function planStatus({ ingress, problems, addresses, told }: Seen, own: readonly string[]): Step[] {
  const now = (ingress.status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => ip ?? []);
  const isOurs = problems !== undefined;
  const wanted = isOurs ? addresses : now.filter((ip) => !own.includes(ip));
  const differs = now.join() !== wanted.join();
  return [
    ...(differs
      ? [
          patch(
            ingresses,
            ingress,
            { status: { loadBalancer: { ingress: wanted.map((ip) => ({ ip })) } } },
            { subresource: "status", type: "merge" },
          ),
        ]
      : []),
    ...(problems ?? []).filter(({ message }) => !told.has(message)).map(({ reason, message }) => tell(ingress, "Warning", reason, message)),
  ];
}

export interface StatusOptions {
  /** Every address that this controller may have written. */
  own: readonly string[];
  standingOf(key: string): Standing;
  changed: Source;
}

/** What was told of each Ingress is remembered while it lasts, so that it is told once. */
export function ingressStatus({ own, standingOf, changed }: StatusOptions): Reconciler {
  const told = new Map<string, Set<string>>();
  return reconciler<Ingress, Seen>({
    name: "ingress",
    component: "spoke-ingress",
    workers: 2,
    of: ingresses,
    also: [changed],
    see(key, caches) {
      const ingress = caches.get(ingresses, key);
      if (!ingress) {
        told.delete(key);
        return undefined;
      }
      const standing = standingOf(key);
      const before = told.get(key) ?? new Set();
      const messages = new Set((standing.problems ?? []).map(({ message }) => message));
      if (messages.size > 0) told.set(key, messages);
      else told.delete(key);
      return { ingress, ...standing, told: before };
    },
    plan: (seen) => planStatus(seen, own),
  });
}
