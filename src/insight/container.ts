/** What a container waits for, and what its exit codes mean. */
import type { ContainerStatus, Pod } from "#api/mod.ts";
import type { AroundPod } from "./around-pod.ts";
import { inNamespace, roughly, warnings, words } from "./common.ts";
import type { Finding } from "./finding.ts";

type Found = Omit<Finding, "about">;
/** The API never leaves these two out. */
export type Named = ContainerStatus & { name: string; restartCount: number };
type Ended = NonNullable<NonNullable<ContainerStatus["state"]>["terminated"]>;

/** Events of a node that cannot begin a pod. */
const failedStarts = [
  "FailedMount",
  "FailedAttachVolume",
  "FailedMapVolume",
  "FailedCreatePodSandBox",
  "NetworkNotReady",
  "FailedCreatePodContainer",
];

/** Undefined: nothing keeps this container from being ready. */
export function containerFinding(pod: Pod, status: Named, around: AroundPod): Found | undefined {
  const { state = {}, lastState } = status;
  const init = pod.spec?.initContainers?.find(({ name }) => name === status.name);
  if (state.waiting)
    return waiting(
      pod,
      { status, reason: state.waiting.reason ?? "", message: state.waiting.message, before: lastState?.terminated },
      around,
    );
  if (state.terminated) {
    if (init && state.terminated.exitCode === 0) return undefined;
    return {
      state: `has a container that ended: ${status.name}`,
      because: [meaning(status.name, state.terminated, around.nowMs)],
      todo: [logs(pod, status.name, false)],
    };
  }
  if (!state.running) return undefined;
  if (init && init.restartPolicy !== "Always")
    return {
      state: `is Pending: its init container ${status.name} still runs`,
      fine: true,
      because: [
        ...(state.running.startedAt
          ? [
              `${status.name} runs for ${roughly(around.nowMs - Date.parse(state.running.startedAt))}; the next starts when it has exited with 0`,
            ]
          : []),
      ],
      todo: [logs(pod, status.name, false)],
    };
  return unready(pod, status, around);
}

function unready(pod: Pod, status: Named, { events, nowMs }: AroundPod): Found | undefined {
  const spec = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])].find(({ name }) => name === status.name);
  const probe =
    status.started === false && spec?.startupProbe ? "startup" : !status.ready && spec?.readinessProbe ? "readiness" : undefined;
  if (!probe) return undefined;
  const said = events.filter(({ involvedObject }) => !involvedObject?.fieldPath || involvedObject.fieldPath.includes(`{${status.name}}`));
  return {
    state: `is Running and not ready: the ${probe} probe of ${status.name} does not pass`,
    because: [...warnings(said, ["Unhealthy"]).map((event) => words(event)), ...restartsOf(status, nowMs)],
    todo: [
      logs(pod, status.name, false),
      `ask what the probe asks: kubectl exec${inNamespace(pod)} ${pod.metadata.name} -c ${status.name} -- …`,
    ],
  };
}

interface Waiting {
  status: Named;
  reason: string;
  message: string | undefined;
  before: Ended | undefined;
}

function waiting(
  pod: Pod,
  { status: { name, image, restartCount }, reason, message, before }: Waiting,
  around: AroundPod,
): Found | undefined {
  const said = message ? [message.trim()] : [];
  if (reason === "CrashLoopBackOff")
    return {
      state: `is in CrashLoopBackOff: ${name} ends again and again`,
      because: [
        ...(before ? [meaning(name, before, around.nowMs)] : said),
        `${restartCount} restarts so far; the wait before the next grows to five minutes`,
      ],
      todo: [logs(pod, name, true), ...adviceOf(before)],
    };
  if (["ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "ImageInspectError"].includes(reason)) {
    const failures = warnings(
      around.events.filter((event) => !event.message?.startsWith("Error: ")),
      ["Failed"],
    ).map((event) => event.message ?? "");
    return {
      state: `is Pending: the image of ${name} cannot be had`,
      because: [
        `image ${image}: ${words({ reason, message })}`,
        // Of a kubelet whose back-off does not tell what failed.
        ...(reason === "ImagePullBackOff" && !/: /.test(message ?? "") ? failures : []),
      ],
      todo: imageAdvice(reason, [message, ...failures].join(" ")),
    };
  }
  if (reason === "CreateContainerConfigError" || reason === "CreateContainerError" || reason === "RunContainerError")
    return {
      state: `is Pending: ${name} cannot be started`,
      because: [words({ reason, message }), ...around.missing.map((each) => `${each} does not exist`)],
      todo: around.missing.map((each) => `create ${each}: the pod then starts by itself`),
    };
  const failures = warnings(around.events, failedStarts);
  if (reason === "ContainerCreating" || reason === "PodInitializing" || reason === "") {
    // A container that waits for its turn: an init container before it tells the cause.
    if (pod.spec?.containers?.some((each) => each.name === name) && reason === "PodInitializing" && failures.length === 0) return undefined;
    return {
      state: `is Pending: node ${pod.spec?.nodeName} prepares ${name}`,
      fine: failures.length === 0 && around.missing.length === 0,
      because: [...failures.map((event) => words(event)), ...around.missing.map((each) => `${each} does not exist`)],
      todo: around.missing.map((each) => `create ${each}: the pod then starts by itself`),
    };
  }
  return { state: `is Pending: ${name} waits`, because: [words({ reason, message })], todo: [] };
}

function imageAdvice(reason: string, text: string): string[] {
  if (reason === "ErrImageNeverPull") return ["its imagePullPolicy is Never: load the image into the cluster, or let it be pulled"];
  if (reason === "InvalidImageName") return ["mend the image's name in the pod's template"];
  if (/unauthorized|denied|forbidden|401|403/i.test(text))
    return [
      "give the registry's credentials: a secret of type docker-registry, named by imagePullSecrets of the pod or its service account",
    ];
  if (/not found|manifest unknown|404/i.test(text)) return ["look at name and tag: the registry has no such image"];
  if (/no such host|dial tcp|timeout|refused|unreachable|EOF|reset by peer/i.test(text))
    return ["the node does not reach the registry: load the image into the cluster, or look at the node's network"];
  return ["look at name, tag and registry"];
}

/** What an end says about its cause. */
export function meaning(name: string, { exitCode = 0, signal, reason, message, finishedAt }: Ended, nowMs: number): string {
  const when = finishedAt && Date.parse(finishedAt) > 0 ? ` ${roughly(nowMs - Date.parse(finishedAt))} ago` : "";
  const told = message ? `; it said: ${message.trim().split("\n").slice(-3).join(" / ")}` : "";
  return `${name} ended${when} with exit code ${exitCode}: ${causeOf(exitCode, { signal, reason })}${told}`;
}

const signals: Record<number, string> = {
  1: "SIGHUP",
  2: "SIGINT",
  3: "SIGQUIT",
  4: "SIGILL",
  6: "SIGABRT",
  7: "SIGBUS",
  8: "SIGFPE",
  9: "SIGKILL",
  11: "SIGSEGV",
  13: "SIGPIPE",
  15: "SIGTERM",
};

function causeOf(code: number, { signal, reason }: { signal?: number; reason?: string }): string {
  if (reason === "OOMKilled") return "the kernel killed it because it used more memory than its limit";
  if (reason === "ContainerCannotRun" || reason === "StartError") return "it could not be started at all";
  if (reason === "DeadlineExceeded") return "it took longer than it was allowed";
  if (code === 0) return "it ended well, and its restart policy starts it again";
  if (code === 126) return "its command was found and may not be executed";
  if (code === 127) return "its command was not found in the image";
  const by = signal || (code > 128 && code < 160 ? code - 128 : 0);
  if (by === 9) return "it was killed (SIGKILL): by a failed liveness probe, for lack of memory on the node, or by hand";
  if (by === 15) return "it was asked to stop (SIGTERM), as by a failed liveness probe";
  if (by) return `it was ended by signal ${by}${signals[by] ? ` (${signals[by]})` : ""}`;
  return "its program says so; its log tells more";
}

function adviceOf(before: Ended | undefined): string[] {
  if (before?.reason === "OOMKilled") return ["raise resources.limits.memory, or find what uses it"];
  if (before?.exitCode === 127 || before?.exitCode === 126)
    return ["look at command and args of the container: they replace the image's own"];
  if (before?.exitCode === 0) return ["a program that ends is a Job's; a Deployment's must go on"];
  return [];
}

export function restartsOf({ name, restartCount, lastState }: Named, nowMs: number): string[] {
  if (restartCount === 0 || !lastState?.terminated) return [];
  return [`${name} was restarted ${restartCount === 1 ? "once" : `${restartCount} times`}: ${meaning(name, lastState.terminated, nowMs)}`];
}

const logs = (pod: Pod, container: string, previous: boolean) =>
  `kubectl logs${inNamespace(pod)} ${pod.metadata.name} -c ${container}${previous ? " --previous" : ""}`;
