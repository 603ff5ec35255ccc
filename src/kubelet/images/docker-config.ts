/** Files and Secrets in which docker keeps credentials. */
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import type { Secret } from "#api/mod.ts";
import { Keyring, type Login } from "./keyring.ts";

type Logins = Record<string, Login>;

/** Throws when the text is no JSON, or a field `auth` is none. */
function loginsOf(text: string, isPlain: boolean): Logins {
  const parsed = JSON.parse(text) as Record<string, unknown> | null;
  const entries = (isPlain ? parsed : parsed?.auths) as Record<string, Partial<Login & { auth: string }>> | undefined | null;
  return Object.fromEntries(
    Object.entries(entries ?? {}).map(([place, { username = "", password = "", auth }]) => [
      place,
      auth ? decodedAuth(auth) : { username, password },
    ]),
  );
}

function decodedAuth(auth: string): Login {
  const text = Buffer.from(auth, "base64").toString();
  const colon = text.indexOf(":");
  if (colon < 0) throw new Error("unable to parse auth field, must be formatted as base64(username:password)");
  return { username: text.slice(0, colon), password: text.slice(colon + 1) };
}

/** Of the pod's own Secrets; those of another type count for nothing. Throws at one that cannot be read. */
export function secretsKeyring(secrets: readonly Secret[]): Keyring {
  const keyring = new Keyring();
  for (const { type, data, metadata } of secrets) {
    const [key, isPlain] = type === "kubernetes.io/dockercfg" ? [".dockercfg", true] : [".dockerconfigjson", false];
    const encoded = type === "kubernetes.io/dockerconfigjson" || isPlain ? data?.[key] : undefined;
    if (!encoded) continue;
    const { uid = "", namespace = "", name = "" } = metadata;
    keyring.add(loginsOf(Buffer.from(encoded, "base64").toString(), isPlain), { secret: { uid, namespace, name } });
  }
  return keyring;
}

/** Of the node: `config.json` in the kubelet's folder, where the kubelet runs, or docker's own; the first that can be read. */
export async function nodeKeyring(folder: string): Promise<Keyring> {
  const keyring = new Keyring();
  const files: [path: string, isPlain: boolean][] = [
    ...[folder, process.cwd(), join(homedir(), ".docker"), "/.docker"].map((at): [string, boolean] => [join(at, "config.json"), false]),
    ...[folder, process.cwd(), homedir(), "/"].map((at): [string, boolean] => [join(at, ".dockercfg"), true]),
  ];
  for (const [path, isPlain] of files)
    try {
      keyring.add(loginsOf(await readFile(path, "utf8"), isPlain), undefined);
      return keyring;
    } catch {
      // There is none, or it is none: the next is looked for.
    }
  return keyring;
}
