/** `delete`: removes named, selected or described objects and waits until they are gone. */

import type { Command } from "../command.ts";
import { displayKind, pathOf, type ResourceInfo } from "../connect/discovery.ts";
import type { Session } from "../connect/session.ts";
import { CliError, isNotFound, StatusError, throwAll } from "../failure.ts";
import { buildTargets, isNamed } from "../input/builder.ts";
import { bool, duration, int, text } from "../input/flags.ts";
import { filenameFlags } from "../input/manifest.ts";
import { checkRaw, sendRaw } from "../input/raw.ts";
import { dryRunFlag, selectorFlag, withSource } from "../input/write-flags.ts";
import { type At, getObject, listObjects } from "../objects.ts";

export const command: Command = {
  use: "delete ([-f FILENAME] | [-k DIRECTORY] | TYPE [(NAME | -l label | --all)])",
  long: "Delete objects by file, stdin, name, or label selector.\n\n The server gives a pod time to end; --grace-period changes how long, --now makes it one second. --force with --grace-period=0 removes an object without waiting for its end.",
  examples:
    "# Delete what a file describes\nkubectl delete -f ./pod.json\n\n# Delete pods and services by name\nkubectl delete pod,service baz foo\n\n# Delete by label\nkubectl delete pods,services -l name=myLabel\n\n# Delete all pods\nkubectl delete pods --all",
  flags: [
    bool("all", "Delete all objects of the given types in the namespace."),
    bool("all-namespaces|A", "If present, delete in all namespaces."),
    text("cascade", 'Must be "background", "orphan", or "foreground": what happens to dependents.', "background", { bare: "background" }),
    dryRunFlag,
    text("field-selector", "Selector (field query) to filter on, supports '=', '==', and '!='."),
    ...filenameFlags("containing the resource to delete."),
    bool("force", "If true, immediately remove objects from the API and bypass graceful deletion."),
    int(
      "grace-period",
      "Seconds that an object gets to end gracefully. Ignored if negative. Set to 1 for immediate shutdown; 0 only with --force.",
      -1,
    ),
    bool("ignore-not-found", 'Treat "resource not found" as a successful delete. Defaults to "true" when --all is specified.'),
    bool("interactive|i", "If true, ask before deleting."),
    bool("now", "If true, objects get one second to end (same as --grace-period=1)."),
    text("output|o", 'Output mode. Use "-o name" for shorter output (resource/name).'),
    text("raw", "Path to delete on the server as it is."),
    selectorFlag,
    duration("timeout", "How long to wait before giving up on a delete; zero means as long as it takes."),
    bool("wait", "If true, wait until the objects are gone.", true),
  ],
  run,
};

async function run(session: Session): Promise<void> {
  const { flags } = session;
  const policy = cascadePolicy(flags.text("cascade"));
  const { namespaceGiven } = await session.target();
  const force = flags.bool("force");
  let grace = flags.int("grace-period");
  if (flags.bool("now")) {
    if (grace !== -1) throw new CliError("--now and --grace-period cannot be specified together");
    grace = 1;
  }
  if (grace === 0 && !force) grace = 1;
  if (force && grace < 0) grace = 0;
  const dryRun = session.dryRun();
  if (flags.text("raw")) {
    check(session, grace);
    checkRaw(session, { file: "any", beside: ["interactive"] });
    return sendRaw(session, "DELETE");
  }
  const all = flags.bool("all");
  const [labelSelector, fieldSelector] = [flags.text("selector"), flags.text("field-selector")];
  const selecting = all || labelSelector !== "" || fieldSelector !== "";
  const ignore = flags.given("ignore-not-found") ? flags.bool("ignore-not-found") : selecting;
  const wrong: unknown[] = [];
  const targets = await buildTargets(session, {
    all,
    labelSelector,
    fieldSelector,
    allNamespaces: flags.bool("all-namespaces"),
    errors: wrong,
  });
  check(session, grace);
  const output = flags.text("output");
  const errors: unknown[] = [];
  const collect = (error: unknown) => {
    if (!(ignore && isNotFound(error))) errors.push(error);
  };
  const doomed: (At & { source?: string })[] = [];
  for (const target of targets) {
    if (isNamed(target)) doomed.push(target);
    else {
      const { items } = await listObjects(session, target).catch((error: unknown) => {
        collect(error);
        return { items: [] };
      });
      for (const item of items)
        doomed.push({ resource: target.resource, namespace: item.metadata.namespace ?? "", name: item.metadata.name });
    }
  }
  if (flags.bool("interactive") && !(await confirmed(session, doomed))) return;
  let warned = !namespaceGiven || flags.bool("all-namespaces");
  const gone: (At & { uid?: string })[] = [];
  for (const each of doomed) {
    if (!warned && !each.resource.namespaced) {
      warned = true;
      session.warn("deleting cluster-scoped resources, not scoped to the provided namespace");
    }
    try {
      if (dryRun === "client" && targets.some((target) => isNamed(target) && target.manifest === undefined)) await getObject(session, each);
      const uid =
        dryRun === "client"
          ? undefined
          : await deleteObject(session, each, { gracePeriodSeconds: grace >= 0 ? grace : undefined, policy, dryRun: dryRun === "server" });
      session.line(deletedText(each, { output, forced: grace === 0, dryRun }));
      gone.push({ ...each, uid });
    } catch (error) {
      collect(each.source ? withSource(error, "deleting", each.source) : error);
    }
  }
  throwAll([...errors, ...wrong]);
  if (doomed.length === 0) return session.line("No resources found");
  if (flags.bool("wait") && dryRun === "none") await waitUntilGone(session, gone, flags.duration("timeout"));
}

/** What flags say that cannot be; upstream looks at them after the objects were named. */
function check(session: Session, grace: number): void {
  const { flags } = session;
  const output = flags.text("output");
  if (output !== "" && output !== "name") throw new CliError(`unexpected -o output mode: ${output}. We only support '-o name'`);
  for (const other of ["selector", "field-selector"])
    if (flags.bool("all") && flags.text(other)) throw new CliError(`cannot set --all and --${other} at the same time`);
  if (!flags.bool("force")) return;
  if (grace > 0) throw new CliError("--force and --grace-period greater than 0 cannot be specified together");
  session.warn(
    "Immediate deletion does not wait for confirmation that the running resource has been terminated. The resource may continue to run on the cluster indefinitely.",
  );
}

/** What is said of an object that was deleted. */
export function deletedText({ resource, namespace, name }: At, how: { output: string; forced: boolean; dryRun: string }): string {
  if (how.output === "name") return `${displayKind(resource)}/${name}`;
  const suffix = how.dryRun === "client" ? " (dry run)" : how.dryRun === "server" ? " (server dry run)" : "";
  return `${displayKind(resource)} ${JSON.stringify(name)} ${how.forced ? "force deleted" : "deleted"}${resource.namespaced ? ` from ${namespace} namespace` : ""}${suffix}`;
}

/** --cascade as the API calls it. */
export function cascadePolicy(value: string): string {
  const policies: Record<string, string> = { background: "Background", foreground: "Foreground", orphan: "Orphan" };
  if (policies[value]) return policies[value];
  throw new CliError(`invalid cascade value (${value}). Must be "background", "foreground", or "orphan"`);
}

async function confirmed(session: Session, doomed: At[]): Promise<boolean> {
  session.line("You are about to delete the following resource(s):");
  for (const each of doomed) session.line(`${displayKind(each.resource)}/${each.name}`);
  session.out("Do you want to continue? (y/N): ");
  for await (const chunk of session.io.stdin) {
    if (/^\s*(y|yes)\s*$/i.test(String(chunk))) return true;
    break;
  }
  session.line("deletion is cancelled");
  return false;
}

export interface DeleteHow {
  gracePeriodSeconds?: number;
  /** Default Background. */
  policy?: string;
  dryRun?: boolean;
}

/** Deletes one object; resolves to the uid that was deleted. */
export async function deleteObject(session: Session, at: At, options: DeleteHow = {}): Promise<string | undefined> {
  const rest = await session.rest();
  const answer = await rest.json<{ kind?: string; details?: { uid?: string }; metadata?: { uid?: string } }>({
    method: "DELETE",
    path: pathOf(at.resource, at),
    // Of a request with a body a server reads no options from the query: a dry run that stood there would delete.
    body: {
      kind: "DeleteOptions",
      apiVersion: "v1",
      dryRun: options.dryRun ? ["All"] : undefined,
      gracePeriodSeconds: options.gracePeriodSeconds,
      propagationPolicy: options.policy ?? "Background",
    },
  });
  return answer.kind === "Status" ? answer.details?.uid : answer.metadata?.uid;
}

const pollMs = 100;
const weekMs = 7 * 24 * 3600 * 1000;

/** Waits until no object with these names and uids exists; a forbidden look ends the waiting. */
export async function waitUntilGone(session: Session, doomed: (At & { uid?: string })[], timeoutMs: number): Promise<void> {
  const { clock, signal } = session.io;
  const deadline = clock.monotonic() + (timeoutMs || weekMs);
  for (const each of doomed) {
    for (let pause = pollMs; ; pause = Math.min(pause * 1.5, 1000)) {
      if (signal?.aborted) return;
      try {
        const object = await getObject(session, each);
        if (each.uid && object.metadata.uid !== each.uid) break;
      } catch (error) {
        if (isNotFound(error)) break;
        if (error instanceof StatusError && (error.reason === "Forbidden" || error.reason === "MethodNotAllowed")) return;
        throw error;
      }
      if (clock.monotonic() >= deadline)
        throw new CliError(`timed out waiting for the condition on ${resourceText(each.resource)}/${each.name}`);
      await clock.sleep(pause, signal);
    }
  }
}

export function resourceText(resource: ResourceInfo): string {
  return resource.name;
}

/** For replace --force and apply --force. */
export async function deleteAndWait(session: Session, at: At, how: DeleteHow = {}): Promise<void> {
  try {
    const uid = await deleteObject(session, at, how);
    await waitUntilGone(session, [{ ...at, uid }], 0);
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
