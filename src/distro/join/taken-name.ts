/** Another machine that lives by a newcomer's name would lose its pods to it: it is asked for before anything is taken. */
import { nodes } from "#api/mod.ts";
import { conditionOf, createClient, httpTransport, orUndefined } from "#client/mod.ts";
import { bearerOf, type JoinToken } from "./token.ts";

const answerMs = 20_000;

export interface Newcomer {
  server: string;
  /** PEM. */
  ca: string;
  /** Of the node that it will be. */
  name: string;
  token: JoinToken;
}

export async function refuseTakenName({ server, ca, name, token }: Newcomer): Promise<void> {
  const transport = httpTransport({ server, ca, token: bearerOf(token), userAgent: "spoke-join", timeoutMs: answerMs });
  try {
    const there = await orUndefined(createClient(transport).get(nodes, { name }));
    if (there && conditionOf(there.status?.conditions, "Ready")?.status === "True")
      throw new Error(
        `a node "${name}" is Ready in the cluster already: say another name with --node-name, or remove that one with kubectl delete node`,
      );
  } finally {
    await transport.close();
  }
}
