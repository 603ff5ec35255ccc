/** `logs`: what containers wrote, of one pod, of a workload's pod, or of all pods that a selector finds. */
import type { Command } from "../../command.ts";
import type { Session } from "../../connect/session.ts";
import { CliError, isNotFound, usageError } from "../../failure.ts";
import { bool, duration, int, parseDuration, text } from "../../input/flags.ts";
import { selectorFlag } from "../../input/write-flags.ts";
import { type At, getObject, listObjects } from "../../objects.ts";
import { allContainers, bestFirst, chooseContainer, containerList, podSelector, podTarget } from "../../pods.ts";
import type { KObject } from "../../print/values.ts";
import { followFlag, followLogs, followsWorkload, type Source, unlessGone } from "./follow-workload.ts";

export const command: Command = {
  use: "logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]",
  long: "Print the logs for a container in a pod or specified resource. If the pod has only one container, the container name is optional.",
  examples:
    "# Logs of a pod\nkubectl logs nginx\n\n# Follow the last 20 lines\nkubectl logs -f --tail=20 nginx\n\n# All containers of all pods with a label\nkubectl logs -l app=nginx --all-containers=true",
  flags: [
    bool("all-containers", "Get all containers' logs in the pod(s)."),
    bool("all-pods", "Get logs from all pod(s). Sets prefix to true."),
    text("container|c", "Print the logs of this container"),
    bool("follow|f", "Specify if the logs should be streamed."),
    bool("ignore-errors", "If watching / following pod logs, allow for any errors that occur to be non-fatal"),
    bool("insecure-skip-tls-verify-backend", "Skip verifying the identity of the kubelet that logs are requested from."),
    int("limit-bytes", "Maximum bytes of logs to return. Defaults to no limit."),
    int("max-log-requests", "Maximum number of concurrent logs to follow when using by a selector. Defaults to 5.", 5),
    duration("pod-running-timeout", "How long to wait until a pod runs.", "20s"),
    bool("prefix", "Prefix each log line with the log source (pod name and container name)"),
    bool("previous|p", "If true, print the logs for the previous instance of the container in a pod if it exists."),
    selectorFlag,
    text("since", "Only return logs newer than a relative duration like 5s, 2m, or 3h.", "0s", { unquoted: true }),
    text("since-time", "Only return logs after a specific date (RFC3339)."),
    int("tail", "Lines of recent log file to display. Defaults to -1 with no selector, 10 with one.", -1),
    bool("timestamps", "Include timestamps on each line in the log output"),
    followFlag,
  ],
  run,
};

const usage = "expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.\nPOD or TYPE/NAME is a required argument for the logs command";

async function run(session: Session): Promise<void> {
  const { flags, args } = session;
  await session.target();
  const selector = flags.text("selector");
  if (args.length === 0 && !selector) throw usageError(usage, session.command);
  if (args.length > 0 && selector) throw usageError("only a selector (-l) or a POD name is allowed", session.command);
  if (args.length > 2) throw usageError(usage, session.command);
  if (args.length === 2 && !flags.given("container")) flags.set("container", args[1]);
  else if (args.length === 2) throw usageError("only one of -c or an inline [CONTAINER] arg is allowed", session.command);
  const since = flags.text("since");
  if (flags.given("since") && flags.given("since-time"))
    throw new CliError("at most one of `sinceTime` or `sinceSeconds` may be specified");
  if (flags.bool("all-containers") && flags.text("container"))
    throw new CliError(`--all-containers=true should not be specified with container name ${flags.text("container")}`);
  if (flags.int("tail") < -1) throw new CliError("--tail must be greater than or equal to -1");
  if (flags.bool("follow") && flags.given("limit-bytes") && flags.int("limit-bytes") < 0)
    throw new CliError("--limit-bytes must be greater than 0");
  const sinceMs = parseDuration(since);
  if (sinceMs === undefined)
    throw new CliError(`invalid argument ${JSON.stringify(since)} for "--since" flag: time: invalid duration ${JSON.stringify(since)}`);

  const { pods, several, workload } = await findPods(session, selector);
  if (pods.length === 0) {
    session.err(`No resources found in ${await session.namespace()} namespace.\n`);
    return;
  }
  const sources = pods.flatMap((pod) => sourcesOf(session, pod));
  const follow = flags.bool("follow");
  if (follow && sources.length > 1 && sources.length > flags.int("max-log-requests")) {
    throw new CliError(
      `you are attempting to follow ${sources.length} log streams, but maximum allowed concurrency is ${flags.int("max-log-requests")}, use --max-log-requests to increase the limit`,
    );
  }
  const prefix = flags.bool("prefix") || flags.bool("all-pods");
  const query = {
    follow: follow ? "true" : undefined,
    previous: flags.bool("previous") ? "true" : undefined,
    timestamps: flags.bool("timestamps") ? "true" : undefined,
    sinceSeconds: sinceMs > 0 ? Math.ceil(sinceMs / 1000) : undefined,
    sinceTime: flags.text("since-time") || undefined,
    limitBytes: flags.int("limit-bytes") > 0 ? flags.int("limit-bytes") : undefined,
    tailLines: flags.given("tail") ? (flags.int("tail") === -1 ? undefined : flags.int("tail")) : several ? 10 : undefined,
    insecureSkipTLSVerifyBackend: flags.bool("insecure-skip-tls-verify-backend") ? "true" : undefined,
  };
  if (follow && workload && followsWorkload(session, workload.object)) {
    const later = { ...query, tailLines: undefined, sinceSeconds: undefined, sinceTime: undefined };
    const each = flags.bool("all-pods");
    return followLogs(session, {
      single: !each && sources.length === 1,
      current: () => currentSources(session, workload, each),
      copy: (source, { first, since }) =>
        copy(session, source, { query: first ? query : { ...later, sinceTime: since }, prefix, lines: sources.length > 1 }),
    });
  }
  const one = (source: Source) => copy(session, source, { query, prefix, lines: sources.length > 1 });
  if (follow && sources.length > 1) await Promise.all(sources.map(one));
  else for (const source of sources) await one(source);
}

/** The containers of a pod that are asked for. `quiet`: the choice of one was told before. */
function sourcesOf(session: Session, pod: KObject, quiet = false): Source[] {
  const { flags } = session;
  if (flags.bool("all-containers")) return allContainers(pod).map(({ name }) => ({ pod, container: name }));
  const wanted = flags.text("container");
  if (wanted && !allContainers(pod).some(({ name }) => name === wanted))
    throw new CliError(`container ${wanted} is not valid for pod ${pod.metadata.name} out of: ${containerList(pod)}`);
  return [{ pod, container: wanted || chooseContainer(session, pod, "", { quiet }) }];
}

interface Workload {
  at: At;
  object: KObject;
}

/** Of a workload's pods as they are now, one or all; undefined when the workload is gone. */
async function currentSources(session: Session, { at, object }: Workload, each: boolean): Promise<Source[] | undefined> {
  const live = await getObject(session, at).catch(unlessGone);
  if (!live) return undefined;
  const resource = await session.resource("pods");
  const labelSelector = podSelector(object);
  const { items } = await listObjects(session, { resource, namespace: at.namespace, labelSelector });
  const going = (pod: KObject) => (pod.metadata.deletionTimestamp ? 1 : 0);
  const sorted = items.sort((a, b) => going(a) - going(b) || bestFirst(a, b));
  return (each ? sorted : sorted.slice(0, 1)).flatMap((pod) => sourcesOf(session, pod, true));
}

async function findPods(session: Session, selector: string): Promise<{ pods: KObject[]; several: boolean; workload?: Workload }> {
  const { flags, args } = session;
  const resource = await session.resource("pods");
  const namespace = await session.namespace();
  if (selector) return { pods: (await listObjects(session, { resource, namespace, labelSelector: selector })).items, several: true };
  const target = await podTarget(session, args.slice(0, 1));
  const object = await getObject(session, target).catch((error: unknown) => {
    if (!isNotFound(error)) throw error;
    throw new CliError(`error from server (NotFound): ${(error as Error).message} in namespace ${JSON.stringify(target.namespace)}`);
  });
  if (object.kind === "Pod") return { pods: [object], several: false };
  const labelSelector = podSelector(object);
  if (!labelSelector)
    throw new CliError(
      `cannot get the logs from *${object.apiVersion.replace(/^.*\//, "")}.${object.kind}: selector for *${object.apiVersion.replace(/^.*\//, "")}.${object.kind} not implemented`,
    );
  const { clock, signal } = session.io;
  const deadline = clock.monotonic() + flags.duration("pod-running-timeout");
  for (;;) {
    const { items } = await listObjects(session, { resource, namespace: target.namespace, labelSelector });
    const sorted = items.sort(bestFirst);
    if (sorted.length > 0) {
      const workload = { at: target, object };
      if (flags.bool("all-pods")) return { pods: sorted, several: true, workload };
      if (sorted.length > 1) session.err(`Found ${sorted.length} pods, using pod/${sorted[0].metadata.name}\n`);
      return { pods: [sorted[0]], several: false, workload };
    }
    if (clock.monotonic() >= deadline || signal?.aborted) throw new CliError("timed out waiting for the condition");
    await clock.sleep(250, signal);
  }
}

async function copy(
  session: Session,
  { pod, container }: Source,
  how: { query: Record<string, string | number | undefined>; prefix: boolean; lines: boolean },
): Promise<void> {
  const { signal, stdout } = session.io;
  const head = how.prefix ? `[pod/${pod.metadata.name}/${container}] ` : "";
  try {
    const stream = await (await session.rest()).stream({
      path: `/api/v1/namespaces/${pod.metadata.namespace}/pods/${pod.metadata.name}/log`,
      query: { ...how.query, container },
      accept: "*/*",
      signal,
    });
    let rest: Buffer = Buffer.alloc(0);
    for await (const chunk of stream) {
      if (!head && !how.lines) {
        if (!stdout.write(chunk)) await new Promise((resolve) => stdout.once("drain", resolve));
        continue;
      }
      rest = Buffer.concat([rest, chunk as Buffer]);
      const end = rest.lastIndexOf(10);
      if (end < 0) continue;
      stdout.write(
        rest
          .subarray(0, end + 1)
          .toString("utf8")
          .replaceAll(/^(?=.|\n)/gm, head)
          .replace(new RegExp(`${escapeRegExp(head)}$`), ""),
      );
      rest = rest.subarray(end + 1);
    }
    if (rest.length > 0) stdout.write(head + rest.toString("utf8"));
  } catch (error) {
    if (signal?.aborted) return;
    if (!session.flags.bool("ignore-errors")) throw error;
    session.err(`error: ${(error as Error).message}\n`);
  }
}

function escapeRegExp(text_: string): string {
  return text_.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
