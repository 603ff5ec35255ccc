/** `spoke user add | list | remove`: people of the cluster, each with a namespace, a role in it, and a context of his own. */
import { resolve } from "node:path";
import { type Clock, systemClock } from "#base/mod.ts";
import type { Client } from "#client/mod.ts";
import { type Admin, withAdmin } from "../bring-up/admin-client.ts";
import { readCa } from "../certificates.ts";
import { addUserContext, removeUserContext, shownBy, type UserContext, userContextName, userKubeconfig } from "../kubeconfig/file.ts";
import { knownKubeconfigs, rememberKubeconfig } from "../kubeconfig/record.ts";
import { serverForOthers } from "../machines/seat.ts";
import { readOptions, type Usage } from "../options.ts";
import { endOfToken, ensureAccount, isBelieved, isTokenGood, newToken, removeAccount } from "../users/account.ts";
import { endOf, newCertificate, stillGood } from "../users/certificate.ts";
import { ensureQuota, type Quota, readQuota } from "../users/quota.ts";
import { checkRole, ensureBinding, ensureNamespace, listUsers, removeNamespaces, removeRights, type UserRow } from "../users/rights.ts";
import { readUser, readWishes, type UserWishes, usualRole } from "../users/wishes.ts";

const verbs = "add NAME | list | remove NAME";

const usage = {
  name: "user",
  words: verbs,
  mostWords: 2,
  about:
    "People of the cluster: a client certificate signed by the cluster (or, with --token, a token of a service account of their own, which remove takes back), a namespace (made where it is missing), a role in it, and a context in the kubeconfig. Adding somebody again changes what is different, and nothing else.",
  options: {
    namespace: { type: "string", value: "NAMESPACE", text: "where the role counts, and the context's default (the user's name)" },
    role: { type: "string", value: "ROLE", text: `view, edit, admin, cluster-admin, or another role by its name (${usualRole})` },
    groups: { type: "string", value: "A,B", text: "groups that the certificate names" },
    expires: { type: "string", value: "DURATION", text: "how long the certificate or the token is good for, such as 30d or 12h (365d)" },
    token: { type: "boolean", text: "show a token instead of a certificate" },
    quota: {
      type: "string",
      value: "SIZE|FILE",
      text: "how much the namespace may take: small, medium, large, none, or a file with ResourceQuotas and LimitRanges (as it was)",
    },
    kubeconfig: {
      type: "string",
      value: "FILE",
      text: "where the context goes, for example to be handed over (the one that kubectl uses)",
    },
    "delete-namespace": { type: "boolean", text: "remove: delete the namespace too that was made for the user" },
  },
} satisfies Usage;

interface Context extends Admin {
  clock: Clock;
  print(line: string): void;
}

const print = (line: string): void => void process.stdout.write(`${line}\n`);

export async function command(words: string[]): Promise<number> {
  const { values, positionals } = readOptions(words, usage);
  const [verb, user] = positionals;
  const { namespace, role, groups, expires, kubeconfig, token, quota } = values;
  const only = (given: object, of: string) => {
    for (const [name, value] of Object.entries(given)) if (value !== undefined) throw new Error(`--${name} is for user ${of}`);
  };
  const run = async (work: (context: Context) => Promise<void>) => {
    await withAdmin(values.name, "spoke-user", (admin) => work({ ...admin, clock: systemClock, print }));
    return 0;
  };
  switch (verb) {
    case "add": {
      only({ "delete-namespace": values["delete-namespace"] }, "remove");
      const wishes = readWishes({ user, namespace, role, groups, expires, token });
      const limits = quota === undefined ? undefined : readQuota(quota);
      return run((context) => add(context, wishes, kubeconfig, limits));
    }
    case "list":
      only({ namespace, role, groups, expires, kubeconfig, token, quota }, "add");
      only({ "delete-namespace": values["delete-namespace"] }, "remove");
      if (user !== undefined) throw new Error(`${JSON.stringify(user)} is a word too many: spoke user list`);
      return run(async ({ client, print }) => {
        for (const line of tableOf(await listUsers(client))) print(line);
      });
    case "remove": {
      only({ namespace, role, groups, expires, token, quota }, "add");
      const gone = readUser(user);
      return run((context) => remove(context, gone, { kubeconfig, withNamespace: values["delete-namespace"] ?? false }));
    }
    default:
      throw new Error(`usage: spoke user ${verbs} (see: spoke user --help)`);
  }
}

async function add(
  { place, cluster, client, clock, print }: Context,
  wishes: UserWishes,
  kubeconfig?: string,
  quota?: Quota,
): Promise<void> {
  const { user, namespace } = wishes;
  const file = resolve(kubeconfig ?? userKubeconfig());
  const ca = readCa(place);
  await checkRole(client, wishes);
  const said = await ensureNamespace(client, wishes);
  if (quota) said.push(...(await ensureQuota(client, wishes, quota)));
  const before = shownBy(file, cluster.name, user);
  const { shows, ends } =
    wishes.by === "token" ? await byToken(client, wishes, before, clock) : await byCertificate(client, wishes, before, ca, clock);
  said.push(...(await ensureBinding(client, wishes, ends)));
  // What was given out before is worth nothing any more, where it can be taken back.
  if (wishes.by === "certificate" && (await removeAccount(client, wishes))) said.push(`tokens of ${user} are worth nothing any more`);
  addUserContext(file, cluster.name, { user, namespace, server: serverForOthers(cluster), ca, shows });
  rememberKubeconfig(place, file);
  if (shows) said.push(`a ${wishes.by}, good until ${ends}`);
  for (const line of said) print(line);
  const name = userContextName(user, cluster.name);
  print(`context "${name}" is in ${file}: kubectl --context ${name} get pods`);
}

interface Shown {
  /** Absent: what is there is kept. */
  shows?: UserContext["shows"];
  ends: string;
}

async function byCertificate(client: Client, wishes: UserWishes, { cert }: { cert?: string }, ca: string, clock: Clock): Promise<Shown> {
  if (cert !== undefined && stillGood(cert, ca, wishes, clock.now())) return { ends: endOf(cert) };
  const shows = await newCertificate(client, wishes, clock);
  return { shows, ends: endOf(shows.cert) };
}

async function byToken(client: Client, wishes: UserWishes, { token }: { token?: string }, clock: Clock): Promise<Shown> {
  const uid = await ensureAccount(client, wishes);
  if (token !== undefined && isTokenGood(token, uid, wishes.seconds, clock.now()) && (await isBelieved(client, token)))
    return { ends: endOfToken(token) };
  const shows = { token: await newToken(client, wishes) };
  return { shows, ends: endOfToken(shows.token) };
}

async function remove(
  { place, cluster, client, clock, print }: Context,
  user: string,
  { kubeconfig, withNamespace }: { kubeconfig?: string; withNamespace: boolean },
): Promise<void> {
  const rows = await removeRights(client, user);
  for (const { account } of rows)
    if (account !== undefined && (await removeAccount(client, { user, namespace: account })))
      print(`tokens of ${user} are worth nothing any more`);
  const ca = readCa(place);
  const files = new Set([...knownKubeconfigs(place), resolve(kubeconfig ?? userKubeconfig())]);
  const removed = [...files].filter((file) => removeUserContext(file, cluster.name, user, ca));
  if (rows.length === 0 && removed.length === 0) print(`there was no user ${user}`);
  for (const { role, namespace } of rows)
    print(`${user} no longer has the role ${role} ${namespace ? `in ${namespace}` : "in the whole cluster"}`);
  for (const file of removed) print(`context "${userContextName(user, cluster.name)}" is out of ${file}`);
  if (withNamespace) for (const line of await removeNamespaces(client, user)) print(line);
  const ends = rows
    .filter(({ by }) => by === "certificate")
    .map((row) => row.expires)
    .toSorted()
    .at(-1);
  if (ends && Date.parse(ends) > clock.now())
    print(
      `copies of the certificate say who they are until ${ends}; they may do what other bindings give ${["system:authenticated", ...groupsOf(rows)].join(", ")}`,
    );
}

const groupsOf = (rows: readonly UserRow[]): string[] => [...new Set(rows.flatMap(({ groups }) => groups))];

function tableOf(rows: readonly UserRow[]): string[] {
  if (rows.length === 0) return ["No users but the administrator."];
  const head = ["NAME", "NAMESPACE", "ROLE", "GROUPS", "BY", "EXPIRES"];
  const cells = rows.map(({ user, namespace, role, groups, by, expires }) => [
    user,
    namespace ?? "(all)",
    role,
    groups.join(",") || "<none>",
    by,
    expires || "<unknown>",
  ]);
  const widths = head.map((_, at) => Math.max(...[head, ...cells].map((row) => row[at]!.length)));
  return [head, ...cells].map((row) =>
    row
      .map((cell, at) => cell.padEnd(widths[at]!))
      .join("   ")
      .trimEnd(),
  );
}
