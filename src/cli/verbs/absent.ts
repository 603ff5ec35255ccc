/** Commands of upstream that this kubectl does not have; each says what to do instead. */
import type { Command } from "../command.ts";
import { CliError } from "../failure.ts";
import { filenameFlags } from "../input/manifest.ts";

function absent(use: string, long: string, instead: string): Command {
  return {
    use,
    long,
    flags: filenameFlags("to use"),
    async run(session) {
      throw new CliError(`'${session.command}' is not built into this kubectl: ${instead}`);
    },
  };
}

export const completion = absent("completion SHELL", "Output shell completion code.", "shell completion does not exist yet");
