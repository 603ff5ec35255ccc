/** `spoke token create | list | delete`: what machines join by. */
import { systemClock } from "#base/mod.ts";
import { type Admin, withAdmin } from "../bring-up/admin-client.ts";
import { readCa } from "../certificates.ts";
import { bundleOf, newBundleKey, offerBundle } from "../join/bundle.ts";
import { caHashOf, readToken, writeToken } from "../join/token.ts";
import { createToken, deleteToken, listTokens, newToken, type TokenRow } from "../join/tokens.ts";
import { serverOf } from "../machines/seat.ts";
import { readOptions, type Usage } from "../options.ts";
import { readDuration } from "../users/wishes.ts";

const verbs = "create [TOKEN] | list | delete TOKEN";

const usage = {
  name: "token",
  words: verbs,
  mostWords: 2,
  about:
    "Tokens that machines join by: kubeadm's, with the hash of the cluster's authority behind them, so that a newcomer knows whom it talks to. On the machine of the control plane.",
  options: {
    ttl: { type: "string", value: "DURATION", text: "create: how long it is good for, such as 24h or 7d; 0: for ever (24h)" },
    description: { type: "string", value: "TEXT", text: "create: what it is for" },
    "control-plane": {
      type: "boolean",
      text: "create: for a further control plane: whoever has it gets all keys of the cluster (2h, at most 24h)",
    },
    "print-join-command": { type: "boolean", text: "create: print the whole command for the other machine" },
  },
} satisfies Usage;

const print = (line: string): void => void process.stdout.write(`${line}\n`);
const usualTtl = "24h";
/** As kubeadm's. */
const usualControlPlaneTtl = "2h";
const mostControlPlaneMs = 24 * 3_600_000;

export async function command(words: string[]): Promise<number> {
  const { values, positionals } = readOptions(words, usage);
  const [verb, word] = positionals;
  const { ttl, description, "print-join-command": joining, "control-plane": ofControlPlane } = values;
  if (verb !== "create" && [ttl, description, joining, ofControlPlane].some((option) => option !== undefined))
    throw new Error("--ttl, --description, --control-plane and --print-join-command are for token create");
  const run = (work: (admin: Admin) => Promise<number>) => withAdmin(values.name, "spoke-token", work);
  switch (verb) {
    case "create": {
      const given = word === undefined ? newToken() : readToken(word);
      const token = { id: given.id, secret: given.secret, ...(ofControlPlane ? { key: newBundleKey() } : {}) };
      const ms = ttl === "0" ? undefined : readDuration("ttl", ttl ?? (ofControlPlane ? usualControlPlaneTtl : usualTtl));
      if (ofControlPlane && (ms === undefined || ms > mostControlPlaneMs))
        throw new Error(`--ttl ${ttl}: a token that hands over the keys of the cluster is good for 24h at most`);
      if (ms !== undefined && ms <= 0) throw new Error(`--ttl ${ttl}: it would have run out already`);
      return run((admin) => create(admin, token, { ms, description, joining: joining ?? false }));
    }
    case "list":
      if (word !== undefined) throw new Error(`${JSON.stringify(word)} is a word too many: spoke token list`);
      return run(async ({ client }) => {
        for (const line of tableOf(await listTokens(client), systemClock.now())) print(line);
        return 0;
      });
    case "delete": {
      const id = /^[a-z0-9]{6}(?=\.|$)/.exec(word ?? "")?.[0];
      if (!id) throw new Error("which one? spoke token delete abcdef (the first part of the token is enough)");
      return run(async ({ client }) => {
        const gone = await deleteToken(client, id);
        print(gone ? `token ${id} is deleted` : `there is no token ${id}`);
        return gone ? 0 : 1;
      });
    }
    default:
      throw new Error(`usage: spoke token ${verbs} (see: spoke token --help)`);
  }
}

interface Creating {
  ms: number | undefined;
  description: string | undefined;
  joining: boolean;
}

async function create({ place, cluster, client }: Admin, given: ReturnType<typeof readToken>, { ms, description, joining }: Creating) {
  if (!cluster.machine)
    throw new Error(
      `cluster "${cluster.name}" is on this machine only, and no other reaches it: one of several machines begins with spoke server`,
    );
  const { etcd } = cluster;
  if (given.key && !etcd)
    throw new Error(
      `cluster "${cluster.name}" keeps its objects in the embedded store, which is this machine's alone: spoke migrate moves them to etcd, and a cluster of several control planes begins with spoke server --cluster-init (docs/machines.md)`,
    );
  const token = { ...given, caHash: caHashOf(readCa(place)) };
  const expiresMs = ms === undefined ? undefined : systemClock.now() + ms;
  const made = await createToken(client, {
    token,
    ...(expiresMs === undefined ? {} : { expiresMs }),
    ...(description ? { description } : {}),
  });
  if (token.key && etcd) await offerBundle(client, token, made, bundleOf(place, { ...cluster, etcd }));
  const command = token.key ? "server --join" : "agent --server";
  print(joining ? `spoke ${command} ${serverOf(cluster)} --token ${writeToken(token)}` : writeToken(token));
  return 0;
}

function tableOf(rows: readonly TokenRow[], nowMs: number): string[] {
  if (rows.length === 0) return ["No tokens: make one with spoke token create."];
  const head = ["TOKEN ID", "EXPIRES", "USAGES", "DESCRIPTION"];
  const cells = rows.map(({ id, expires, usages, description }) => [
    id,
    expires === undefined ? "<never>" : Date.parse(expires) > nowMs ? expires : `${expires} (run out)`,
    usages.join(",") || "<none>",
    description || "<none>",
  ]);
  const widths = head.map((_, at) => Math.max(...[head, ...cells].map((row) => row[at]!.length)));
  return [head, ...cells].map((row) =>
    row
      .map((cell, at) => cell.padEnd(widths[at]!))
      .join("   ")
      .trimEnd(),
  );
}
