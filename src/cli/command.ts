/** What a command is: its words for the user, its flags, and what it does. */

import type { Session } from "./connect/session.ts";
import type { Flag } from "./input/flags.ts";

export interface Command {
  /** Usage after `kubectl `, for example `get [(-o|--output=)…] TYPE`. */
  use: string;
  long: string;
  examples?: string;
  flags: Flag[];
  /** Flags that must be given. */
  required?: string[];
  /** Flags after the first argument belong to someone else. */
  interspersed?: boolean;
  /** The exit code after flags that cannot be read, if not 1. */
  flagErrorCode?: number;
  /** Resolves to the exit code, 0 when nothing is returned. */
  // biome-ignore lint/suspicious/noConfusingVoidType: most commands have nothing to say about their exit code
  run(session: Session): Promise<number | void>;
}

/** A place in the tree of commands. */
export interface Node {
  short: string;
  aliases?: string[];
  /** The heading under which `kubectl help` lists it. */
  group?: string;
  load?: () => Promise<object>;
  /** The export of the loaded file, default `command`. */
  export?: string;
  sub?: Record<string, Node>;
  hidden?: boolean;
  /** What help shows behind the name of a word that only groups others, instead of SUBCOMMAND. */
  usage?: string;
  /** Alone it shows its help there and fails; without this, help is what was asked for. */
  alone?: "stdout" | "stderr";
  /** False hides its other names in help. */
  showAliases?: boolean;
  /** It has commands below it and yet runs with words that are none of them. */
  anyArguments?: boolean;
}
