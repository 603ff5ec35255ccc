/** `completion`: the script that a shell loads to complete kubectl's words. */
import type { Command } from "../command.ts";
import { usageError } from "../failure.ts";

export const command: Command = {
  use: "completion SHELL",
  long: "Output shell completion code for the specified shell (bash, zsh, fish, or powershell). The shell must evaluate the code. Types, names, namespaces, contexts, containers, ports and flags are completed by asking kubectl, and the server, at each key.",
  examples:
    "# For this bash\nsource <(kubectl completion bash)\n\n# For every bash\nkubectl completion bash > /etc/bash_completion.d/kubectl\n\n# For this zsh\nsource <(kubectl completion zsh)\n\n# For this fish, and for every one\nkubectl completion fish | source\nkubectl completion fish > ~/.config/fish/completions/kubectl.fish\n\n# For this PowerShell\nkubectl completion powershell | Out-String | Invoke-Expression",
  flags: [],
  async run(session) {
    const { args, command: name } = session;
    if (args.length === 0) throw usageError("Shell not specified.", name);
    if (args.length > 1) throw usageError("Too many arguments. Expected only the shell type.", name);
    const { scripts } = await import("../completion/scripts.ts");
    const shell = args[0]!;
    if (!Object.hasOwn(scripts, shell)) throw usageError(`Unsupported shell type ${JSON.stringify(shell)}.`, name);
    session.out(scripts[shell]!);
  },
};
