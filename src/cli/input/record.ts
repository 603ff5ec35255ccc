/** `--record`: the command line is kept in an annotation of what it writes, for `rollout history`. */
import type { Session } from "../connect/session.ts";
import type { KObject } from "../print/values.ts";
import { bool, type Flag } from "./flags.ts";

export const changeCause = "kubernetes.io/change-cause";

export const recordFlag: Flag = {
  ...bool("record", "Record current kubectl command in the resource annotation."),
  hidden: true,
  deprecated: "--record will be removed in the future",
};

/** The annotation, or nothing where it was not asked for: arguments first, then flags by their long names as they were typed. */
export function recordedCause({ flags, command, args }: Pick<Session, "flags" | "command" | "args">): Record<string, string> {
  if (!flags.has("record") || !flags.bool("record")) return {};
  const typed = flags.typed.map(([name, value]) => `--${name}=${value}`);
  return { [changeCause]: [command, ...args, ...typed].join(" ") };
}

export function recorded<T extends KObject>(session: Pick<Session, "flags" | "command" | "args">, object: T): T {
  const cause = recordedCause(session);
  if (!(changeCause in cause)) return object;
  return { ...object, metadata: { ...object.metadata, annotations: { ...object.metadata.annotations, ...cause } } };
}
