/** What a place on the command line offers to a shell. */
import type { Session } from "../connect/session.ts";

export const does = { default: 0, error: 1, noSpace: 2, noFiles: 4, byExtension: 8, foldersOnly: 16 } as const;

export interface Completions {
  choices: string[];
  /** A sum of `does`. */
  directive: number;
}

/** What a place on the command line offers. */
export type Completer = (asked: { session: Session; args: string[]; word: string }) => Completions | Promise<Completions>;
