/** `exec` and `attach`: a command in a container, or the process that runs there already. */

import type { Command } from "../../command.ts";
import { detachBytes } from "../../connect/detach-keys.ts";
import { runStreams } from "../../connect/remote.ts";
import type { Session } from "../../connect/session.ts";
import { CliError } from "../../failure.ts";
import { bool, duration, list, text } from "../../input/flags.ts";
import { hasFiles } from "../../input/manifest.ts";
import { chooseContainer, podOf, podTarget } from "../../pods.ts";
import type { KObject } from "../../print/values.ts";

const podFlags = [
  text("container|c", "Container name. If omitted, the annotated or the first container is chosen."),
  duration("pod-running-timeout", "How long to wait until a pod runs.", "1m0s"),
  bool("quiet|q", "Only print output of the container."),
  bool("stdin|i", "Pass stdin to the container."),
  bool("tty|t", "Stdin is a TTY."),
];

export const detachFlag = text("detach-keys", "Override the key sequence for detaching a container", "ctrl-p,ctrl-q");

export const exec: Command = {
  use: "exec (POD | TYPE/NAME) [-c CONTAINER] [flags] -- COMMAND [args...]",
  long: "Execute a command in a container.",
  examples:
    "# One command in the first container\nkubectl exec mypod -- date\n\n# A shell\nkubectl exec mypod -c app -i -t -- sh\n\n# In the first pod of a deployment\nkubectl exec deploy/mydeployment -- date",
  flags: [list("filename|f", "to use to exec into the resource"), ...podFlags],
  run: runExec,
};

export const attach: Command = {
  use: "attach (POD | TYPE/NAME) -c CONTAINER",
  long: "Attach to a process that is already running inside an existing container.",
  flags: [...podFlags, detachFlag],
  run: runAttach,
};

async function runExec(session: Session): Promise<void> {
  const { flags, args, dash } = session;
  if (args.length === 0 && !hasFiles(session)) throw new CliError("pod, type/name or --filename must be specified");
  if (dash < 0 && args.length >= 2)
    throw new CliError(
      "exec [POD] [COMMAND] is not supported anymore. Use exec [POD] -- [COMMAND] instead\nSee 'kubectl exec -h' for help and examples",
    );
  const words = dash < 0 ? [] : args.slice(dash);
  const names = dash < 0 ? args : args.slice(0, dash);
  if (words.length === 0) throw new CliError("you must specify at least one command for the container");
  const target = await podTarget(session, names);
  const pod = await podOf(session, target, flags.duration("pod-running-timeout"));
  refuseEnded(pod, `cannot exec into a container in a completed pod; current phase is ${pod.status?.phase}`);
  const container = chooseContainer(session, pod, flags.text("container"), { quiet: flags.bool("quiet") });
  const { stdin, tty } = terminal(session);
  const query = new URLSearchParams();
  for (const word of words) query.append("command", word);
  query.append("container", container);
  if (stdin) query.append("stdin", "true");
  query.append("stdout", "true");
  if (tty) query.append("tty", "true");
  else query.append("stderr", "true");
  await runStreams(
    session,
    { path: `/api/v1/namespaces/${pod.metadata.namespace}/pods/${pod.metadata.name}/exec`, rawQuery: query.toString() },
    { stdin: stdin ? session.io.stdin : undefined, stdout: session.io.stdout, stderr: tty ? undefined : session.io.stderr, tty },
  );
}

async function runAttach(session: Session): Promise<void> {
  const { flags, args } = session;
  if (args.length === 0) throw new CliError("at least 1 argument is required for attach");
  if (args.length > 2)
    throw new CliError(`expected POD, TYPE/NAME, or TYPE NAME, (at most 2 arguments) saw ${args.length}: [${args.join(" ")}]`);
  const target = await podTarget(session, args);
  const pod = await podOf(session, target, flags.duration("pod-running-timeout"));
  refuseEnded(pod, `cannot attach a container in a completed pod; current phase is ${pod.status?.phase}`);
  const { stdin, tty } = terminal(session);
  await attachTo(session, pod, { stdin, tty, container: flags.text("container"), quiet: flags.bool("quiet") });
}

export async function attachTo(
  session: Session,
  pod: KObject,
  how: { stdin: boolean; tty: boolean; container: string; quiet?: boolean },
): Promise<void> {
  const container = chooseContainer(session, pod, how.container, how);
  const spec = [...(pod.spec.containers ?? []), ...(pod.spec.initContainers ?? []), ...(pod.spec.ephemeralContainers ?? [])].find(
    (each: { name: string }) => each.name === container,
  );
  let { tty } = how;
  if (tty && !spec?.tty) {
    tty = false;
    if (!how.quiet) session.err(`error: Unable to use a TTY - container ${container} did not allocate one\n`);
  } else if (!tty && spec?.tty) tty = true;
  if (!how.quiet)
    session.err(
      "All commands and output from this session will be recorded in container logs, including credentials and sensitive information passed through the command prompt.\nIf you don't see a command prompt, try pressing enter.\n",
    );
  const raw = how.stdin && tty && Boolean((session.io.stdin as { isTTY?: boolean }).isTTY);
  const detachKeys =
    raw && session.flags.has("detach-keys") ? detachBytes(session.flags.text("detach-keys") || detachFlag.value) : undefined;
  const query = new URLSearchParams({ container });
  if (how.stdin) query.append("stdin", "true");
  query.append("stdout", "true");
  if (tty) query.append("tty", "true");
  else query.append("stderr", "true");
  await runStreams(
    session,
    { path: `/api/v1/namespaces/${pod.metadata.namespace}/pods/${pod.metadata.name}/attach`, rawQuery: query.toString() },
    {
      stdin: how.stdin ? session.io.stdin : undefined,
      stdout: session.io.stdout,
      stderr: tty ? undefined : session.io.stderr,
      tty,
      detachKeys,
    },
  );
  if (raw && !how.quiet) session.line(reattachMessage(pod, container));
}

function reattachMessage({ metadata, spec }: KObject, container: string): string {
  const how = `kubectl attach ${metadata.name} -c ${container} -n ${metadata.namespace} -i -t`;
  const ephemeral = (spec.ephemeralContainers ?? []).some((each: { name: string }) => each.name === container);
  return ephemeral
    ? `Session ended, the ephemeral container will not be restarted but may be reattached using '${how}' if it is still running`
    : `Session ended, resume using '${how}' command`;
}

function refuseEnded(pod: KObject, message: string): void {
  if (pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed") throw new CliError(message);
}

/** -t needs a terminal on our side too. */
function terminal(session: Session): { stdin: boolean; tty: boolean } {
  const { flags, io } = session;
  const stdin = flags.bool("stdin");
  const tty = flags.bool("tty");
  if (tty && !(io.stdin as { isTTY?: boolean }).isTTY) {
    session.err("Unable to use a TTY - input is not a terminal or the right kind of file\n");
    return { stdin, tty: false };
  }
  return { stdin, tty };
}
