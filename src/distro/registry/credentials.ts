/** Who the registry is to others of which it keeps copies: docker's file, read at each use. */
import { readFileSync, statSync } from "node:fs";
import { messageOf } from "#base/mod.ts";

interface Credentials {
  username: string;
  password: string;
}

interface DockerConfig {
  auths?: Record<string, { auth?: string; username?: string; password?: string }>;
  credsStore?: string;
  credHelpers?: object;
}

/** Throws what is wrong with the file, before anything is made of it. */
export function checkCredentials(file: string): void {
  try {
    const { auths, credsStore, credHelpers } = JSON.parse(readFileSync(file, "utf8")) as DockerConfig;
    if (typeof auths !== "object" || auths === null) throw new Error("it has no auths, as docker login writes them");
    if (credsStore || credHelpers)
      throw new Error("it names programs that keep the passwords (credsStore, credHelpers), which are not asked");
  } catch (cause) {
    throw new Error(`--registry-credentials ${file}: ${messageOf(cause)}`, { cause });
  }
  if ((statSync(file).mode & 0o077) !== 0)
    throw new Error(`--registry-credentials ${file}: others of this machine may read it: chmod 600 ${file}`);
}

/** docker knows its own registry by another name. */
const namesOf = (host: string): string[] =>
  host === "docker.io" ? ["https://index.docker.io/v1/", "index.docker.io", host] : [host, `https://${host}`, `http://${host}`];

/** Undefined: it has none for this one, or cannot be read now. */
export function credentialsIn(file: string, host: string): Credentials | undefined {
  let auths: DockerConfig["auths"];
  try {
    ({ auths } = JSON.parse(readFileSync(file, "utf8")) as DockerConfig);
  } catch {
    return undefined; // it is being written
  }
  const entry = namesOf(host).flatMap((name) => auths?.[name] ?? [])[0];
  if (!entry) return undefined;
  if (entry.username !== undefined && entry.password !== undefined) return { username: entry.username, password: entry.password };
  const [username, password] = Buffer.from(entry.auth ?? "", "base64")
    .toString()
    .split(/:(.*)/s);
  return username && password ? { username, password } : undefined;
}
