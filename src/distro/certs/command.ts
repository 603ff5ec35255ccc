/** `spoke certs list | rotate service-account`: certificates and keys of the cluster as this machine has them, and another key for tokens. */
import { endpoints } from "#api/mod.ts";
import { systemClock } from "#base/mod.ts";
import { type Client, orUndefined } from "#client/mod.ts";
import { withAdmin } from "../bring-up/admin-client.ts";
import { readCluster } from "../cluster.ts";
import { withLock } from "../lock.ts";
import { hasControlPlane } from "../machines/seat.ts";
import { readOptions, type Usage } from "../options.ts";
import { placeOf } from "../place.ts";
import { listUsers } from "../users/rights.ts";
import { beginRotation, finishRotation } from "./account-key.ts";
import { type CertificateRow, rowsOf } from "./list.ts";

const usage = {
  name: "certs",
  words: "list | rotate service-account",
  mostWords: 2,
  about:
    "list: the certificates and keys that this machine has of the cluster, and when they end (those of people: spoke user list). rotate service-account: tokens are signed by a new key from then on, and those of before are believed until the same with --finish; nothing is started again for that.",
  options: {
    finish: { type: "boolean", text: "rotate: the second step: tokens by the key of before are worth nothing any more" },
    now: { type: "boolean", text: "rotate --finish: before a day has passed, in which all pods fetch new tokens" },
  },
} satisfies Usage;

const print = (line: string): void => void process.stdout.write(`${line}\n`);

export async function command(words: string[]): Promise<number> {
  const { values, positionals } = readOptions(words, usage);
  const [verb, what] = positionals;
  const place = placeOf(values.name);
  const cluster = readCluster(place);
  if (!cluster) throw new Error(`there is no cluster "${values.name}" in ${place.state}`);
  if (verb === "list") {
    if (what !== undefined || values.finish || values.now) throw new Error("spoke certs list takes nothing more");
    return list(rowsOf(place), systemClock.now());
  }
  if (verb !== "rotate" || what !== "service-account")
    throw new Error("usage: spoke certs list | rotate service-account (see: spoke certs --help)");
  if (values.now && !values.finish) throw new Error("--now is for --finish");
  if (!hasControlPlane(cluster)) throw new Error(`this machine is a node only: the key is on the server, ${cluster.machine?.server}`);
  await withAdmin(values.name, "spoke-certs", ({ client }) =>
    withLock(place, systemClock, async () => {
      if (values.finish) return finish({ place, client, clock: systemClock, now: values.now ?? false });
      await refuseSeveral(client);
      await beginRotation(place);
      print(
        "tokens are signed by a new key in five seconds; those of before are believed until: spoke certs rotate service-account --finish",
      );
    }),
  );
  return 0;
}

async function finish(finishing: Parameters<typeof finishRotation>[0]): Promise<void> {
  await finishRotation(finishing);
  print("tokens by the key of before are worth nothing any more");
  const people = (await listUsers(finishing.client)).filter(({ by }) => by === "token").map(({ user }) => user);
  if (people.length > 0) print(`people whose token may be one of them get a new one by spoke user add NAME --token: ${people.join(", ")}`);
}

/** Each has the key as a file: whoever has not heard of the new one yet refuses its tokens. */
async function refuseSeveral(client: Client): Promise<void> {
  const there = await orUndefined(client.get(endpoints, { namespace: "default", name: "kubernetes" }));
  const addresses = there?.subsets?.flatMap((subset) => subset.addresses ?? []).map(({ ip }) => ip) ?? [];
  if (addresses.length > 1)
    throw new Error(
      `several control planes have the key (${addresses.join(", ")}), and it cannot be handed from one to the other yet: nothing was changed`,
    );
}

const day = 86_400_000;

/** 1: one has ended. */
export function list(rows: readonly CertificateRow[], now: number): number {
  const left = (ends: string): string => {
    const days = Math.floor((Date.parse(ends) - now) / day);
    return days < 0 ? "ended" : `${days}d`;
  };
  const cells = rows.map(({ name, kind, who, by, ends, renewed, use }) => [
    name,
    kind,
    who,
    by,
    ends ?? "",
    ends ? left(ends) : "",
    renewed,
    use,
  ]);
  const all = [["NAME", "KIND", "WHO", "BY", "ENDS", "LEFT", "RENEWED", "USED BY"], ...cells];
  const widths = all[0]!.map((_, at) => Math.max(...all.map((row) => row[at]!.length)));
  for (const row of all)
    print(
      row
        .map((cell, at) => cell.padEnd(widths[at]!))
        .join("   ")
        .trimEnd(),
    );
  return cells.some((row) => row[5] === "ended") ? 1 : 0;
}
