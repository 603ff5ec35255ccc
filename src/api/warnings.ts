/** Everything that a write of an object is warned of: by its own kind, and as pods that it makes. */
import { nameWarning, podWarnings } from "./checks/pod-warnings.ts";
import type { AnyObject, Rules } from "./rules.ts";

const namesPods = new Set(["Deployment", "ReplicaSet", "Job", "CronJob"]);
const places: Readonly<Record<string, string>> = { CronJob: "spec.jobTemplate.spec.template.", PodTemplate: "template." };

/** An update that leaves the spec as it was is warned of nothing that was there before. */
export function warningsOf(rules: Rules, next: AnyObject, old: AnyObject | undefined): string[] {
  const own = rules.warn?.(next, old) ?? [];
  const template = rules.template?.(next);
  if (!template || (old && old.metadata.generation === next.metadata.generation)) return own;
  const named = !old && namesPods.has(next.kind) ? nameWarning(next.metadata.name ?? "", "Pod names and hostnames") : [];
  return [...named, ...own, ...podWarnings(template.spec, template.metadata, places[next.kind] ?? "spec.template.")];
}
