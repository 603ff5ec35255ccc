/** What `apply` is asked for, read and checked in upstream's order: of several mistakes the same one is told of. */
import type { ResourceInfo } from "../../connect/discovery.ts";
import type { DryRun, Session } from "../../connect/session.ts";
import { CliError, usageError } from "../../failure.ts";
import { hasFiles } from "../../input/manifest.ts";
import { fieldValidation } from "../../input/write-flags.ts";
import { cascadePolicy, type DeleteHow } from "../delete.ts";
import type { ApplySet } from "./apply-set.ts";

export interface ApplyOptions {
  serverSide: boolean;
  dryRun: DryRun;
  validation: string;
  /** How objects go that --prune or --force deletes. */
  deletion: DeleteHow;
  /** What --applyset names. */
  set?: ApplySet;
  /** What --prune-allowlist names. */
  allowed: ResourceInfo[];
}

export async function applyOptions(session: Session): Promise<ApplyOptions> {
  const { flags } = session;
  if (session.args.length > 0) throw usageError(`Unexpected args: [${session.args.join(" ")}]`, session.command);
  const serverSide = flags.bool("server-side");
  const dryRun = session.dryRun();
  await session.clientTarget();
  const policy = cascadePolicy(flags.text("cascade"));
  if (!hasFiles(session)) throw new CliError("must specify one of -f and -k");
  const validation = fieldValidation(session);
  const grace = flags.int("grace-period");
  const options: ApplyOptions = {
    serverSide,
    dryRun,
    validation,
    deletion: { policy, gracePeriodSeconds: grace >= 0 ? grace : undefined, dryRun: dryRun === "server" },
    allowed: [],
  };
  const reference = flags.has("applyset") ? flags.text("applyset") : "";
  if (reference !== "") options.set = await (await import("./apply-set.ts")).openApplySet(session, reference);
  if (flags.bool("prune")) options.allowed = await (await import("./apply-prune.ts")).allowedKinds(session);
  await check(session, options);
  return options;
}

async function check(session: Session, { serverSide, dryRun, set, allowed }: ApplyOptions): Promise<void> {
  const { flags } = session;
  const force = flags.bool("force");
  const all = flags.bool("all");
  const selector = flags.text("selector");
  if (flags.bool("force-conflicts") && !serverSide) throw new CliError("--force-conflicts only works with --server-side");
  if (dryRun === "client" && serverSide)
    throw new CliError("--dry-run=client doesn't work with --server-side (did you mean --dry-run=server instead?)");
  if (force && serverSide) throw new CliError("--force cannot be used with --server-side");
  if (force && dryRun === "server") throw new CliError("--dry-run=server cannot be used with --force");
  if (all && selector) throw new CliError("cannot set --all and --selector at the same time");
  if (set) {
    if (!flags.bool("prune")) throw new CliError("--applyset requires --prune");
    await (await import("./apply-set.ts")).checkParent(session, set);
  }
  if (flags.bool("prune")) {
    if (force) throw new CliError("--force cannot be used with --prune");
    if (set) refuseBeside({ all, selector: selector !== "", "prune-allowlist": allowed.length > 0 });
    else if (!all && !selector)
      throw new CliError(
        "all resources selected for prune without explicitly passing --all. To prune all resources, pass the --all flag. If you did not mean to prune all resources, specify a label selector",
      );
    else if (serverSide) throw new CliError("--prune is in alpha and doesn't currently work on objects created by server-side apply");
  }
  if (flags.text("subresource") && !serverSide) throw new CliError("--subresource can only be specified for --server-side");
}

function refuseBeside(given: Record<string, boolean>): void {
  for (const [name, there] of Object.entries(given)) if (there) throw new CliError(`--${name} is incompatible with --applyset`);
}
