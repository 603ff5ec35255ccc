/** `cp`: files in and out of containers, by a tar that runs there. */
import { existsSync } from "node:fs";
import { basename, dirname, posix, resolve } from "node:path";
import { PassThrough } from "node:stream";
import type { Command } from "../../command.ts";
import { runStreams } from "../../connect/remote.ts";
import type { Session } from "../../connect/session.ts";
import { CliError } from "../../failure.ts";
import { bool, int, text } from "../../input/flags.ts";
import { getObject } from "../../objects.ts";
import { chooseContainer } from "../../pods.ts";
import { CopiedFiles, withoutShortcuts } from "./cp-files.ts";

export const command: Command = {
  use: "cp <file-spec-src> <file-spec-dest>",
  long: "Copy files and directories to and from containers. The container must have the 'tar' program.",
  examples: "kubectl cp /tmp/foo <some-pod>:/tmp/bar -c <specific-container>\nkubectl cp <some-namespace>/<some-pod>:/tmp/foo /tmp/bar",
  flags: [
    text("container|c", "Container name. If omitted, the annotated or the first container is chosen."),
    bool("no-preserve", "The copied file/directory's ownership and permissions will not be preserved in the container"),
    int(
      "retries",
      "Set number of retries to complete a copy operation from a container. Specify 0 to disable or any negative value for infinite retrying. The default is 0 (no retry).",
    ),
  ],
  async run(session) {
    const { args } = session;
    if (args.length < 2) throw new CliError("source and destination are required");
    if (args.length > 2) throw new CliError("source and destination are required");
    const [from, to] = args.map(parseSpec);
    if (from.pod && to.pod) throw new CliError("one of src or dest must be a local file specification");
    if (!from.pod && !to.pod) throw new CliError("one of src or dest must be a remote file specification");
    if (!from.path || !to.path) throw new CliError("filepath can not be empty");
    await session.target();
    if (from.pod) await download(session, from, to.path);
    else await upload(session, resolve(session.io.cwd, from.path), to);
  },
};

interface Spec {
  namespace?: string;
  pod?: string;
  path: string;
}

/** `ns/pod:path`, `pod:path` or a local path. */
export function parseSpec(spec: string): Spec {
  const at = spec.indexOf(":");
  if (at === 0) throw new CliError("filespec must match the canonical format: [[namespace/]pod:]file/path");
  if (at < 0 || /^[./]/.test(spec)) return { path: spec };
  const parts = spec.slice(0, at).split("/");
  if (parts.length > 2) throw new CliError("filespec must match the canonical format: [[namespace/]pod:]file/path");
  return parts.length === 2
    ? { namespace: parts[0], pod: parts[1], path: spec.slice(at + 1) }
    : { pod: parts[0], path: spec.slice(at + 1) };
}

async function remote(
  session: Session,
  at: Spec,
): Promise<(words: string[], streams: { stdin?: PassThrough; stdout?: PassThrough }) => Promise<void>> {
  const resource = await session.resource("pods");
  const namespace = at.namespace ?? (await session.namespace());
  const pod = await getObject(session, { resource, namespace, name: at.pod as string });
  const container = chooseContainer(session, pod, session.flags.text("container"));
  return (words, streams) => {
    const query = new URLSearchParams({ container, stdout: "true", stderr: "true", ...(streams.stdin ? { stdin: "true" } : {}) });
    for (const word of words) query.append("command", word);
    return runStreams(
      session,
      { path: `/api/v1/namespaces/${namespace}/pods/${at.pod}/exec`, rawQuery: query.toString() },
      { ...streams, stderr: session.io.stderr, tty: false },
    );
  };
}

async function upload(session: Session, local: string, to: Spec): Promise<void> {
  if (!existsSync(local)) throw new CliError(`${session.args[0]} doesn't exist in local filesystem`);
  const run = await remote(session, to);
  const { create } = await import("tar");
  const isFolder = await run(["test", "-d", to.path], {}).then(
    () => true,
    () => false,
  );
  const target = to.path.endsWith("/") || isFolder ? posix.join(to.path, basename(local)) : to.path;
  const rename = (name: string) => posix.basename(target) + name.slice(basename(local).length);
  const archive = create(
    { cwd: dirname(local), portable: session.flags.bool("no-preserve"), onWriteEntry: (entry) => void (entry.path = rename(entry.path)) },
    [basename(local)],
  );
  const stdin = new PassThrough();
  archive.on("data", (chunk: Buffer) => stdin.write(chunk));
  archive.on("end", () => stdin.end());
  await run(
    [
      "tar",
      ...(session.flags.bool("no-preserve") ? ["--no-same-permissions", "--no-same-owner"] : []),
      "-xmf",
      "-",
      "-C",
      posix.dirname(target) || "/",
    ],
    { stdin },
  );
}

/** What the pod sends is not trusted: only files and folders below the target are made, with the caller's own mode. */
async function download(session: Session, from: Spec, to: string): Promise<void> {
  const run = await remote(session, from);
  const files = new CopiedFiles({
    to,
    cwd: session.io.cwd,
    prefix: withoutShortcuts(posix.normalize(from.path.replace(/^[/\\]+/, ""))),
    advice: `kubectl exec -n ${JSON.stringify(from.namespace ?? "")} ${JSON.stringify(from.pod)} -- tar cf - ${JSON.stringify(from.path)} | tar xf -`,
    warn: (text) => session.err(`warning: ${text}\n`),
  });
  const tries = session.flags.int("retries");
  const path = from.path.length > 1 && from.path.endsWith("/") ? from.path.slice(0, -1) : from.path;
  for (let tried = 0; ; ) {
    const words =
      tries === 0
        ? ["tar", "cf", "-", path]
        : ["sh", "-c", `tar cf - '${path.replaceAll("'", "'\\''")}' | tail -c+${tried === 0 ? 0 : files.received + 1}`];
    const stdout = new PassThrough();
    const fed = files.read(stdout);
    try {
      await run(words, { stdout });
      stdout.end();
      await fed;
      return files.end();
    } catch (error) {
      stdout.end();
      await fed;
      if (tries >= 0 && tried >= tries) throw error;
      tried++;
      session.out(`Resuming copy at ${files.received} bytes, retry ${tried}/${tries}\n`);
    }
  }
}
