/** `diff`: what applying the files would change, as a unified diff. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Command } from "../../command.ts";
import type { Session } from "../../connect/session.ts";
import { CliError, Exit, isNotFound, renderFailure, usageError } from "../../failure.ts";
import { manifestTargets, type NamedTarget, selected } from "../../input/builder.ts";
import { bool, int, list } from "../../input/flags.ts";
import { filenameFlags, hasFiles } from "../../input/manifest.ts";
import { fieldManagerFlag, selectorFlag } from "../../input/write-flags.ts";
import { createObject, getObject, patchObject } from "../../objects.ts";
import { threeWayPatch } from "../../patch/three-way.ts";
import { withoutManagedFields } from "../../print/printers.ts";
import type { KObject } from "../../print/values.ts";

export const command: Command = {
  use: "diff -f FILENAME",
  long: "Diff configurations specified by file name or stdin between the current online configuration, and the configuration as it would be if applied.\n\n KUBECTL_EXTERNAL_DIFF names another diff program. Exit status: 0 no differences, 1 differences, >1 an error.",
  flags: [
    ...filenameFlags("contains the configuration to diff"),
    fieldManagerFlag("kubectl-client-side-apply"),
    bool("force-conflicts", "If true, server-side apply takes over fields that others manage."),
    bool("prune", "Include resources that would be deleted by pruning."),
    list("prune-allowlist", "Overwrite the default allowlist with <group/version/kind> for --prune"),
    selectorFlag,
    int(
      "concurrency",
      "Number of objects to process in parallel when diffing against the live version. Larger number = faster, but more memory, I/O and CPU over that shorter period of time.",
      1,
    ),
    bool("show-secrets", "If true, include values of secrets in the diff."),
    bool("server-side", "If true, apply runs in the server instead of the client."),
    bool("show-managed-fields", "If true, include managed fields in the diff."),
  ],
  flagErrorCode: 2,
  run: (session) => diff(session).catch((error: unknown) => Promise.reject(asFailure(error))),
};

/** 1 says that there are differences: whatever fails must end with more. */
function asFailure(error: unknown): unknown {
  if (error instanceof Exit || (error instanceof CliError && error.exitCode > 1)) return error;
  const { text } = renderFailure(error);
  return new CliError(text, { raw: true, exitCode: 2 });
}

async function diff(session: Session): Promise<void> {
  const { flags } = session;
  if (session.args.length > 0) throw usageError(`Unexpected args: [${session.args.join(" ")}]`, session.command);
  if (!hasFiles(session)) throw new CliError("must specify one of -f and -k", { exitCode: 2 });
  if (flags.bool("force-conflicts") && !flags.bool("server-side")) throw new CliError("--force-conflicts only works with --server-side");
  await session.clientTarget();
  const pruned = flags.bool("prune") ? await import("../apply/apply-prune.ts") : undefined;
  const allowed = (await pruned?.allowedKinds(session)) ?? [];
  const kept = new Set<string>();
  const { writeYaml } = await import("#codec/yaml-writer.ts");
  const live = mkdtempSync(join(tmpdir(), "LIVE-"));
  const merged = mkdtempSync(join(tmpdir(), "MERGED-"));
  try {
    const each = async (target: NamedTarget) => {
      const manifest = target.manifest as KObject;
      let before: KObject | undefined;
      try {
        before = await getObject(session, target);
        kept.add(before.metadata.uid ?? "");
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
      const write = { dryRun: true, fieldManager: flags.text("field-manager") };
      let after: KObject;
      if (flags.bool("server-side"))
        after = await patchObject(session, target, "apply", manifest, {
          ...write,
          fieldManager: flags.given("field-manager") ? write.fieldManager : "kubectl",
          force: flags.bool("force-conflicts"),
        });
      else if (!before) after = await createObject(session, target.resource, manifest, { ...write, namespace: target.namespace });
      else {
        const { patch, type } = await threeWayPatch(session, target, { modified: withAnnotations(manifest), live: before });
        after = Object.keys(patch).length === 0 ? before : await patchObject(session, target, type, patch, write);
      }
      const strip = flags.bool("show-managed-fields") ? (object: KObject) => object : withoutManagedFields;
      const { group, version, kind } = target.resource;
      const name = `${group ? `${group}.` : ""}${version}.${kind}.${target.namespace}.${target.name}`;
      const mask =
        target.resource.kind === "Secret" && !flags.bool("show-secrets") ? maskSecrets : (pair: [KObject | undefined, KObject]) => pair;
      const [old, fresh] = mask([before && strip(before), strip(after)]);
      if (old) writeFileSync(join(live, name), writeYaml(old));
      writeFileSync(join(merged, name), writeYaml(fresh));
      warnIfDeleting(session, before);
    };
    const targets = await selected(session, await manifestTargets(session));
    const waiting = targets.values();
    const work = async () => {
      for (const target of waiting) await each(target);
    };
    await Promise.all(Array.from({ length: Math.max(1, flags.int("concurrency")) }, work));
    if (pruned) {
      const namespaces = new Set(targets.flatMap(({ resource, namespace }) => (resource.namespaced ? [namespace] : [])));
      for (const { object, resource } of await pruned.unwanted(session, { allowed, kept, namespaces })) {
        const { group, version, kind } = resource;
        const name = `${group ? `${group}.` : ""}${version}.${kind}.${object.metadata.namespace ?? ""}.${object.metadata.name}`;
        writeFileSync(join(live, name), writeYaml(object));
      }
    }
    compareFolders(session, live, merged);
  } finally {
    rmSync(live, { recursive: true, force: true });
    rmSync(merged, { recursive: true, force: true });
  }
}

function compareFolders(session: Session, live: string, merged: string): void {
  const { env } = session.io;
  const [program, ...args] = env.KUBECTL_EXTERNAL_DIFF ? env.KUBECTL_EXTERNAL_DIFF.split(" ") : ["diff", "-u", "-N"];
  const result = spawnSync(program, [...args, live, merged], { encoding: "utf8", maxBuffer: 256 * 1024 * 1024 });
  if (result.error) throw new CliError(`failed to run ${JSON.stringify(program)}: ${result.error.message}`, { exitCode: 2 });
  session.out(result.stdout);
  session.err(result.stderr);
  if (result.status === 1) throw new Exit(1);
  if (result.status !== 0) throw new CliError(`exit status ${result.status}`, { exitCode: result.status ?? 2 });
}

function warnIfDeleting(session: Session, object: KObject | undefined): void {
  if (object?.metadata.deletionTimestamp)
    session.err(`Warning: Detected changes to resource ${object.metadata.name} which is currently being deleted.\n`);
}

/** As `apply` writes a configuration down: always with annotations, so that none of the live ones is taken for removed. */
function withAnnotations(manifest: KObject): KObject {
  return { ...manifest, metadata: { ...manifest.metadata, annotations: manifest.metadata.annotations ?? {} } };
}

/** Values of secrets never show; whether they differ does. */
function maskSecrets([before, after]: [KObject | undefined, KObject]): [KObject | undefined, KObject] {
  const hide = (object: KObject, other: KObject | undefined, word: string) => ({
    ...object,
    ...(object.data
      ? {
          data: Object.fromEntries(
            Object.entries(object.data as Record<string, string>).map(([key, value]) => [
              key,
              other?.data?.[key] !== undefined && other.data[key] !== value ? `*** (${word})` : "***",
            ]),
          ),
        }
      : {}),
  });
  return [before && (hide(before, after, "before") as KObject), hide(after, before, "after") as KObject];
}
