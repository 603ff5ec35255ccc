/** `version`: ours and the server's. */
import type { Command } from "../../command.ts";
import { gitVersion } from "../../connect/versions.ts";
import { CliError } from "../../failure.ts";
import { bool, text } from "../../input/flags.ts";

const clientVersion = {
  buildDate: "1970-01-01T00:00:00Z",
  compiler: "node",
  gitCommit: "",
  gitTreeState: "",
  gitVersion,
  goVersion: `node${process.versions.node}`,
  major: "1",
  minor: "36",
  platform: `linux/${process.arch === "x64" ? "amd64" : process.arch}`,
};
const kustomizeVersion = "v5.8.1";

export const command: Command = {
  use: "version [flags]",
  long: "Print the client and server version information for the current context.",
  flags: [bool("client", "If true, shows client version only (no server required)."), text("output|o", "One of 'yaml' or 'json'.")],
  async run(session) {
    const { flags } = session;
    if (!flags.bool("client")) await session.clientTarget();
    const output = flags.text("output");
    // Upstream looks at its arguments on the way to the server only.
    if (session.args.length > 0 && !flags.bool("client")) throw new CliError(`extra arguments: [${session.args.join(" ")}]`);
    if (!["", "yaml", "json"].includes(output)) throw new CliError("--output must be 'yaml' or 'json'");
    let serverVersion: { gitVersion: string; minor: string } | undefined;
    let failure: unknown;
    if (!flags.bool("client")) {
      try {
        serverVersion = await (await session.rest()).json({ path: "/version" });
      } catch (error) {
        failure = error;
      }
    }
    const all = { clientVersion, kustomizeVersion, ...(serverVersion ? { serverVersion } : {}) };
    if (output === "yaml") session.out((await import("#codec/yaml-writer.ts")).writeYaml(all));
    else if (output === "json") session.out(`${JSON.stringify(all, undefined, 2)}\n`);
    else {
      session.line(`Client Version: ${clientVersion.gitVersion}\nKustomize Version: ${kustomizeVersion}`);
      if (serverVersion) session.line(`Server Version: ${serverVersion.gitVersion}`);
    }
    if (failure) throw failure;
    const minor = Number.parseInt(serverVersion?.minor ?? "", 10);
    if (Number.isFinite(minor) && Math.abs(36 - minor) > 1)
      session.err(
        `WARNING: version difference between client (1.36) and server (1.${minor}) exceeds the supported minor version skew of +/-1\n`,
      );
  },
};
