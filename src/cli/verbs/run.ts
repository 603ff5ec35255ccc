/** `run`: one pod from an image, attached to if asked. */
import type { Command } from "../command.ts";
import type { Session } from "../connect/session.ts";
import { CliError, Exit, usageError } from "../failure.ts";
import { bool, duration, int, list, text, texts } from "../input/flags.ts";
import { isImageReference } from "../input/image-reference.ts";
import { recorded, recordFlag } from "../input/record.ts";
import { dryRunFlag, fieldManagerFlag, saveConfigFlag, withGeneratedLastApplied } from "../input/write-flags.ts";
import { createObject, getObject } from "../objects.ts";
import { overrideFlags, withOverrides } from "../patch/overrides.ts";
import { outcomePrinter, printFlags } from "../print/printers.ts";
import type { KObject } from "../print/values.ts";
import { detachFlag } from "./streams/exec.ts";

export const command: Command = {
  use: 'run NAME --image=image [--env="key=value"] [--port=port] [--dry-run=server|client] [--overrides=inline-json] [--command] -- [COMMAND] [args...]',
  long: "Create and run a particular image in a pod.",
  examples:
    "# A pod\nkubectl run nginx --image=nginx\n\n# A shell that goes away afterwards\nkubectl run -i -t busybox --image=busybox --restart=Never --rm -- sh",
  flags: [
    texts("annotations", "Annotations to apply to the pod, key=value; may be repeated."),
    bool("attach", "If true, wait for the pod to start running, and then attach to it."),
    text("cascade", 'Must be "background", "orphan", or "foreground".', "background", { bare: "background" }),
    bool("command", "If true, the words behind -- are the command instead of its arguments."),
    detachFlag,
    dryRunFlag,
    texts("env", "Environment variables to set in the container."),
    bool("expose", "If true, create a ClusterIP service associated with the pod. Requires --port."),
    fieldManagerFlag("kubectl-run"),
    list("filename|f", "to use to replace the resource."),
    bool("force", "If true, immediately remove the pod and bypass graceful deletion."),
    int("grace-period", "Seconds that a deleted pod gets to end gracefully.", -1),
    text("image", "The image for the container to run."),
    text("image-pull-policy", "The image pull policy for the container."),
    text("kustomize|k", "Process a kustomization directory. This flag can't be used together with -f or -R."),
    text("labels|l", "Comma separated labels to apply to the pod."),
    bool("leave-stdin-open", "If the pod is started in interactive mode or with stdin, leave stdin open after the first attach completes."),
    ...overrideFlags,
    duration("pod-running-timeout", "How long to wait until the pod runs.", "1m0s"),
    text("port", "The port that this container exposes."),
    bool("privileged", "If true, run the container in privileged mode."),
    bool("quiet|q", "If true, suppress prompt messages."),
    bool("recursive|R", "Process the directory used in -f, --filename recursively."),
    text("restart", "The restart policy for this Pod. Legal values [Always, OnFailure, Never].", "Always"),
    bool("rm", "If true, delete the pod after it exits. Only valid when attaching to the container."),
    recordFlag,
    saveConfigFlag,
    bool("stdin|i", "Keep stdin open on the container in the pod, even if nothing is attached."),
    duration("timeout", "How long to wait before giving up on a delete."),
    bool("tty|t", "Allocate a TTY for the container in the pod."),
    bool("wait", "If true, wait for resources to be gone before returning."),
    ...printFlags,
  ],
  required: ["image"],
  run,
};

// biome-ignore lint/suspicious/noConfusingVoidType: nothing said means success
async function run(session: Session): Promise<number | void> {
  const { flags } = session;
  const names = session.dash >= 0 ? session.args.slice(0, session.dash) : session.args.slice(0, 1);
  const words = session.dash >= 0 ? session.args.slice(session.dash) : session.args.slice(1);
  if (names.length === 0) throw usageError("NAME is required for run", session.command);
  const interactive = flags.bool("stdin");
  const tty = flags.bool("tty");
  const attach = flags.given("attach") ? flags.bool("attach") : interactive || tty;
  // Upstream has these flags of delete, and does nothing with them.
  for (const name of ["filename", "kustomize", "recursive"])
    if (flags.given(name)) throw usageError(`--${name} names nothing that run could use`, session.command);
  const image = flags.text("image");
  if (image === "") throw new CliError("--image is required");
  if (!isImageReference(image)) throw new CliError(`Invalid image name ${JSON.stringify(image)}: invalid reference format`);
  if (tty && !interactive) throw usageError("-i/--stdin is required for containers with -t/--tty=true", session.command);
  if (flags.bool("rm") && !attach) throw usageError("--rm should only be used for attached containers", session.command);
  if (flags.bool("expose") && !flags.text("port")) throw usageError("--port must be set when exposing a service", session.command);
  const restart = flags.text("restart");
  if (!["Always", "OnFailure", "Never"].includes(restart)) throw new CliError(`invalid restart policy: ${restart}`);
  const dryRun = session.dryRun();
  if (attach && dryRun !== "none")
    throw usageError(
      "--dry-run=[server|client] can't be used with attached containers options (--attach, --stdin, or --tty)",
      session.command,
    );

  const [name] = names;
  const { namespace, namespaceGiven } = await session.clientTarget();
  let pod = podOf(session, name, { words, interactive, tty });
  if (namespaceGiven) pod.metadata.namespace = namespace;
  pod = recorded(session, await withOverrides(session, pod, "pods"));
  if (flags.bool("save-config") && dryRun !== "client") pod = await withGeneratedLastApplied(pod);
  const print = await outcomePrinter(session, { typed: true });
  if (dryRun === "client") return print(pod, "created");
  const resource = await session.resource("pods");
  const created = await createObject(session, resource, pod, {
    namespace,
    dryRun: dryRun === "server",
    fieldManager: flags.text("field-manager"),
  });
  if (flags.bool("expose")) await exposePod(session, name, { namespace, dryRun: dryRun === "server", print });
  if (!attach) return print(created, "created");
  return attachAndFinish(session, created, { namespace, interactive, tty });
}

function podOf(session: Session, name: string, how: { words: string[]; interactive: boolean; tty: boolean }): KObject {
  const { flags } = session;
  const labels = flags.text("labels")
    ? Object.fromEntries(
        flags
          .text("labels")
          .split(",")
          .map((pair) => {
            const at = pair.indexOf("=");
            if (at < 0) throw new CliError(`unexpected label spec: ${pair}`);
            return [pair.slice(0, at), pair.slice(at + 1)];
          }),
      )
    : { run: name };
  const env = flags.list("env").map((pair) => {
    const at = pair.indexOf("=");
    if (at <= 0) throw new CliError(`invalid env: ${pair}`);
    return { name: pair.slice(0, at), value: pair.slice(at + 1) };
  });
  const annotations = Object.fromEntries(
    flags.list("annotations").map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)]),
  );
  const container = {
    name,
    image: flags.text("image"),
    ...(flags.text("image-pull-policy") ? { imagePullPolicy: flags.text("image-pull-policy") } : {}),
    ...(env.length > 0 ? { env } : {}),
    ...(flags.text("port") ? { ports: [{ containerPort: Number(flags.text("port")) }] } : {}),
    ...(how.words.length > 0 ? { [flags.bool("command") ? "command" : "args"]: how.words } : {}),
    ...(how.interactive ? { stdin: true, ...(flags.bool("leave-stdin-open") ? {} : { stdinOnce: true }) } : {}),
    ...(how.tty ? { tty: true } : {}),
    ...(flags.bool("privileged") ? { securityContext: { privileged: true } } : {}),
    resources: {},
  };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, labels, ...(Object.keys(annotations).length > 0 ? { annotations } : {}) },
    spec: { containers: [container], dnsPolicy: "ClusterFirst", restartPolicy: flags.text("restart") },
    status: {},
  };
}

async function exposePod(
  session: Session,
  name: string,
  at: { namespace: string; dryRun: boolean; print(object: KObject, operation: string): void },
): Promise<void> {
  const port = Number(session.flags.text("port"));
  const service: KObject = {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name },
    spec: { ports: [{ protocol: "TCP", port, targetPort: port }], selector: { run: name } },
  };
  at.print(await createObject(session, await session.resource("services"), service, at), "created");
}

async function attachAndFinish(
  session: Session,
  pod: KObject,
  how: { namespace: string; interactive: boolean; tty: boolean },
): Promise<number> {
  const { flags } = session;
  const { waitForPod } = await import("../pods.ts");
  const { attachTo } = await import("./streams/exec.ts");
  const { deleteObject, waitUntilGone } = await import("./delete.ts");
  const resource = await session.resource("pods");
  const at = { resource, namespace: how.namespace, name: pod.metadata.name };
  let code = 0;
  try {
    const started = await waitForPod(session, at, flags.duration("pod-running-timeout"), (current) =>
      ["Running", "Succeeded", "Failed"].includes(current.status?.phase),
    );
    if (started.status?.phase === "Running")
      await attachTo(session, started, { stdin: how.interactive, tty: how.tty, container: pod.metadata.name, quiet: flags.bool("quiet") });
    else await showLogs(session, at);
    if (flags.text("restart") === "Never" || flags.bool("rm")) {
      const ended = await waitForPod(session, at, 30_000, (current) => ["Succeeded", "Failed"].includes(current.status?.phase)).catch(() =>
        getObject(session, at),
      );
      code = ended.status?.containerStatuses?.[0]?.state?.terminated?.exitCode ?? 0;
    }
  } finally {
    if (flags.bool("rm")) {
      const uid = await deleteObject(session, at);
      session.line(`pod ${JSON.stringify(at.name)} deleted from ${at.namespace} namespace`);
      await waitUntilGone(session, [{ ...at, uid }], 60_000);
    }
  }
  if (code !== 0) throw new Exit(code);
  return 0;
}

async function showLogs(session: Session, at: { namespace: string; name: string }): Promise<void> {
  const stream = await (await session.rest()).stream({ path: `/api/v1/namespaces/${at.namespace}/pods/${at.name}/log` });
  for await (const chunk of stream) session.io.stdout.write(chunk);
}
