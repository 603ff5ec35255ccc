/** What every `create KIND NAME` shares: one name, an object from flags, a dry run or a post, and what is printed. */
import type { Command } from "../command.ts";
import type { Session } from "../connect/session.ts";
import { CliError, StatusError, usageError } from "../failure.ts";
import { createObject } from "../objects.ts";
import { outcomePrinter, printFlags } from "../print/printers.ts";
import type { KObject } from "../print/values.ts";
import type { Flag } from "./flags.ts";
import { dryRunFlag, fieldManagerFlag, fieldValidation, saveConfigFlag, validateFlag, withGeneratedLastApplied } from "./write-flags.ts";

export interface Generator {
  use: string;
  long: string;
  examples?: string;
  flags: Flag[];
  required?: string[];
  /** What stands before the server's refusal; undefined leaves the refusal as it is. */
  failure?: string;
  /** The kind lives in no namespace. */
  clusterWide?: boolean;
  /** --save-config leaves no mark on what a dry run here prints. */
  plainDryRun?: boolean;
  build(session: Session, name: string): KObject | Promise<KObject>;
}

export function generator(spec: Generator): Command {
  return {
    use: spec.use,
    long: spec.long,
    examples: spec.examples,
    required: spec.required,
    flags: [...spec.flags, ...printFlags, dryRunFlag, fieldManagerFlag("kubectl-create"), validateFlag, saveConfigFlag],
    run: (session) => run(session, spec),
  };
}

/** The one name among the arguments before `--`. */
export function oneName(session: Session): string {
  const names = session.dash >= 0 ? session.args.slice(0, session.dash) : session.args;
  if (names.length !== 1) throw usageError(`exactly one NAME is required, got ${names.length}`, session.command);
  return names[0];
}

/** The words behind `--`. */
export function commandWords(session: Session): string[] {
  return session.dash >= 0 ? session.args.slice(session.dash) : session.args.slice(1);
}

async function run(session: Session, spec: Generator): Promise<void> {
  const name = oneName(session);
  const { namespace, namespaceGiven } = await session.clientTarget();
  const dryRun = session.dryRun();
  const print = await outcomePrinter(session, { typed: true });
  const validation = fieldValidation(session);
  const object = await spec.build(session, name);
  if (!spec.clusterWide && (namespaceGiven || (dryRun === "client" && namespace !== "default"))) object.metadata.namespace = namespace;
  const keeps = session.flags.bool("save-config") && !(spec.plainDryRun && dryRun === "client");
  const kept = keeps ? await withGeneratedLastApplied(object) : object;
  if (dryRun === "client") return print(kept, "created");
  const resource = await session.resourceOfKind(object);
  if (!resource) throw new CliError(`no matches for kind ${JSON.stringify(object.kind)} in version ${JSON.stringify(object.apiVersion)}`);
  try {
    print(
      await createObject(session, resource, kept, {
        namespace,
        dryRun: dryRun === "server",
        fieldManager: session.flags.text("field-manager"),
        fieldValidation: validation,
      }),
      "created",
    );
  } catch (error) {
    if (spec.failure && error instanceof StatusError) throw new CliError(`${spec.failure} ${error.message}`);
    throw error;
  }
}
