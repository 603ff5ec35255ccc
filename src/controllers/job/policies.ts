/** What a failure means (pod failure policy), and when a Job counts as done before all its indexes are (success policy). */
import type { ContainerStatus, Job, Pod, PodFailurePolicyRule } from "#api/mod.ts";
import { countOf, type Indexes, overlap, parseIndexes } from "./indexes.ts";

export interface Meaning {
  /** Counts against the limits. */
  counts: boolean;
  action?: string;
  /** The whole Job fails, for this reason. */
  failsJob?: string;
}

/** The first rule that matches decides; a failure that no rule knows counts. */
export function meaningOf(job: Job, pod: Pod): Meaning {
  for (const [index, rule] of (job.spec?.podFailurePolicy?.rules ?? []).entries()) {
    const because = matchOf(rule, pod);
    if (because === undefined) continue;
    const { action } = rule;
    if (action === "Ignore") return { counts: false, action };
    if (action === "FailJob") return { counts: true, action, failsJob: `${because} matching FailJob rule at index ${index}` };
    if (action === "FailIndex" || action === "Count") return { counts: true, action };
  }
  return { counts: true };
}

function matchOf({ onExitCodes, onPodConditions }: PodFailurePolicyRule, { metadata, status }: Pod): string | undefined {
  const name = `${metadata.namespace}/${metadata.name}`;
  if (onExitCodes) {
    const matches = ({ name: container, state }: ContainerStatus) => {
      const code = state?.terminated?.exitCode;
      if (!code || (onExitCodes.containerName !== undefined && onExitCodes.containerName !== container)) return false;
      return (onExitCodes.values ?? []).includes(code) === (onExitCodes.operator === "In");
    };
    const found = [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])].find(matches);
    return found && `Container ${found.name} for pod ${name} failed with exit code ${found.state?.terminated?.exitCode}`;
  }
  const known = (status?.conditions ?? []).find((condition) =>
    (onPodConditions ?? []).some((each) => each.type === condition.type && (each.status ?? "True") === condition.status),
  );
  return known && `Pod ${name} has condition ${known.type}`;
}

/** The message of the first rule that holds. */
export function successOf(job: Job, succeeded: Indexes): string | undefined {
  if (succeeded.length === 0) return undefined;
  const completions = job.spec?.completions ?? 0;
  for (const [index, { succeededIndexes, succeededCount }] of (job.spec?.successPolicy?.rules ?? []).entries()) {
    const wanted = succeededIndexes === undefined ? undefined : parseIndexes(succeededIndexes, completions);
    if (wanted?.length === 0) continue;
    const have = wanted ? overlap(wanted, succeeded) : countOf(succeeded);
    if ((wanted && have === countOf(wanted)) || (succeededCount !== undefined && have >= succeededCount))
      return `Matched rules at index ${index}`;
  }
  return undefined;
}
