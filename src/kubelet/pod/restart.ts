/** Whether a container that has ended is started again: its own rules by exit code, then its own policy, then the pod's. Pure. */
import type { Container, Pod } from "#api/mod.ts";
import type { SeenContainer } from "../runtime/seen.ts";
import { type AnyContainer, newestOf } from "./containers.ts";

type Rule = NonNullable<Container["restartPolicyRules"]>[number];

/** The first rule whose exit codes match. */
export function ruleFor(container: AnyContainer, exitCode: number): Rule | undefined {
  if (container.restartPolicy === undefined) return undefined;
  return container.restartPolicyRules?.find(({ exitCodes }) => {
    const listed = exitCodes?.values?.includes(exitCode) === true;
    return exitCodes?.operator === "In" ? listed : exitCodes?.operator === "NotIn" ? !listed : false;
  });
}

export function shouldRestart(pod: Pod, container: AnyContainer, exitCode: number): boolean {
  const action = ruleFor(container, exitCode)?.action;
  if (action === "Restart" || action === "RestartAllContainers") return true;
  const policy = container.restartPolicy ?? pod.spec?.restartPolicy ?? "Always";
  return policy === "Always" || (policy === "OnFailure" && exitCode !== 0);
}

/** The container whose end starts the whole pod again in place. */
export function restartsAll(pod: Pod, containers: readonly SeenContainer[]): SeenContainer | undefined {
  for (const container of [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])]) {
    const last = newestOf(containers, container.name);
    if (last?.state === "exited" && ruleFor(container, last.exitCode)?.action === "RestartAllContainers") return last;
  }
  return undefined;
}

export function mayRestartAll(pod: Pod): boolean {
  return [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])].some((container) =>
    container.restartPolicyRules?.some((rule) => rule.action === "RestartAllContainers"),
  );
}
