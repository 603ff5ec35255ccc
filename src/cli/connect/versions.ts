/** Which version this kubectl is of, and whether a server is of the same. */
import { CliError, messageFor } from "../failure.ts";
import type { Rest } from "./rest.ts";

export const gitVersion = "v1.36.4";

/** For --match-server-version. What stands behind a plus tells builds of one version apart. */
export async function requireSameVersion(rest: Rest): Promise<void> {
  const server = await rest.json<{ gitVersion: string }>({ path: "/version" }).catch((error: unknown) => {
    throw new CliError(`couldn't read version from server: ${messageFor(error)}`);
  });
  if (server.gitVersion.split("+")[0] !== gitVersion)
    throw new CliError(`server version (${server.gitVersion}) differs from client version (${gitVersion})`);
}
