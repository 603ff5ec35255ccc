/** Keeps the rules of aggregated ClusterRoles (admin, edit, view) equal to the union of the roles that they select. */
import { type ClusterRole, clusterroles, type PolicyRule } from "#api/mod.ts";
import { type Log, messageOf } from "#base/mod.ts";
import { labelSelectorFrom, matchesLabels } from "#codec/mod.ts";
import type { Storage } from "../contract.ts";

export function aggregateRoles(storage: Storage, log: Log): { settled(): Promise<void>; stop(): void } {
  let running: Promise<void> | undefined;
  let again = false;
  const pass = async () => {
    do {
      again = false;
      const all = storage.list(clusterroles) as ClusterRole[];
      for (const role of all) {
        const rules = aggregatedRules(role, all);
        if (!rules || JSON.stringify(rules) === JSON.stringify(role.rules ?? [])) continue;
        again = true;
        try {
          await storage.update(clusterroles, { name: role.metadata.name ?? "" }, (current) => ({ ...current, rules }) as ClusterRole);
        } catch (error) {
          log.warn("aggregating a ClusterRole failed", { role: role.metadata.name, error: messageOf(error) });
        }
      }
    } while (again);
    running = undefined;
  };
  const start = () => {
    if (running) again = true;
    else running = Promise.resolve().then(pass);
    return running ?? Promise.resolve();
  };
  const stop = storage.subscribe(clusterroles, () => void start());
  return { settled: start, stop };
}

/** Undefined for roles that are not aggregated. */
export function aggregatedRules(role: ClusterRole, all: readonly ClusterRole[]): PolicyRule[] | undefined {
  const selectors = role.aggregationRule?.clusterRoleSelectors;
  if (!role.aggregationRule) return undefined;
  const rules: PolicyRule[] = [];
  const seen = new Set<string>();
  for (const selector of selectors ?? []) {
    const wanted = labelSelectorFrom(selector);
    const matching = all
      .filter((other) => other.metadata.name !== role.metadata.name && matchesLabels(wanted, other.metadata.labels ?? {}))
      .sort((a, b) => ((a.metadata.name ?? "") < (b.metadata.name ?? "") ? -1 : 1));
    for (const other of matching)
      for (const rule of other.rules ?? []) {
        const text = JSON.stringify(rule);
        if (seen.has(text)) continue;
        seen.add(text);
        rules.push(rule);
      }
  }
  return rules;
}
