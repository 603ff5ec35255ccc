/**
 * Makes this machine's browsers and programs believe the certificates of Ingresses: the ingress's CA goes into the system's store and
 * into the databases of Chromium's and Firefox's users, and out of them again.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** A place that certificates are believed from. */
export type Store =
  /** A folder whose certificates a program of the distribution gathers. */
  | { kind: "system"; file: string; gather: string[] }
  /** A database of Mozilla's library, which Chromium uses too. */
  | { kind: "database"; folder: string; of: string };

export interface Machine {
  exists(path: string): boolean;
  /** Names in a folder; none when it is not there. */
  list(folder: string): string[];
  /** Of those who use browsers here. */
  homes: readonly string[];
  isRoot: boolean;
}

/** Distributions have one of these. */
const systems: { folder: string; gather: string[] }[] = [
  { folder: "/usr/local/share/ca-certificates", gather: ["update-ca-certificates"] },
  { folder: "/etc/pki/ca-trust/source/anchors", gather: ["update-ca-trust"] },
];
const firefoxFolders = [".mozilla/firefox", "snap/firefox/common/.mozilla/firefox", ".var/app/org.mozilla.firefox/.mozilla/firefox"];
const chromiumFolders = [".pki/nssdb", "snap/chromium/current/.pki/nssdb"];

/** What the certificate is called everywhere. */
export const trustName = (cluster: string): string => `spoke-${cluster}-ingress`;

export function storesOf({ exists, list, homes, isRoot }: Machine, cluster: string): Store[] {
  const system = isRoot ? systems.find(({ folder }) => exists(folder)) : undefined;
  const isDatabase = (folder: string) => exists(join(folder, "cert9.db"));
  return [
    ...(system ? [{ kind: "system" as const, file: join(system.folder, `${trustName(cluster)}.crt`), gather: system.gather }] : []),
    ...homes.flatMap((home): Store[] => [
      ...chromiumFolders
        .map((name) => join(home, name))
        .filter(isDatabase)
        .map((folder) => ({ kind: "database", folder, of: "Chromium" }) as const),
      ...firefoxFolders
        .flatMap((name) => list(join(home, name)).map((profile) => join(home, name, profile)))
        .filter(isDatabase)
        .map((folder) => ({ kind: "database", folder, of: "Firefox" }) as const),
    ]),
  ];
}

/** Runs a program; rejects when it fails. */
export type Run = (argv: string[]) => Promise<unknown>;

/** Returns what was done, a line a store; what could not be done is said and stops nothing. */
export function trust(
  stores: readonly Store[],
  { cluster, certificate }: { cluster: string; certificate: string },
  run: Run,
): Promise<string[]> {
  return each(stores, async (store) => {
    if (store.kind === "system") {
      if (existsSync(store.file) && readFileSync(store.file, "utf8") === readFileSync(certificate, "utf8"))
        return `${store.file} was there already`;
      mkdirSync(dirname(store.file), { recursive: true });
      writeFileSync(store.file, readFileSync(certificate), { mode: 0o644 });
      await run(store.gather);
      return `the system's programs believe it: ${store.file}`;
    }
    // One of an earlier cluster of the name would stay beside it.
    await run(["certutil", "-D", "-d", `sql:${store.folder}`, "-n", trustName(cluster)]).catch(() => {});
    await run(["certutil", "-A", "-d", `sql:${store.folder}`, "-t", "C,,", "-n", trustName(cluster), "-i", certificate]);
    return `${store.of} believes it: ${store.folder}`;
  });
}

export function distrust(stores: readonly Store[], cluster: string, run: Run): Promise<string[]> {
  return each(stores, async (store) => {
    if (store.kind === "system") {
      if (!existsSync(store.file)) return undefined;
      rmSync(store.file);
      await run([...store.gather, ...(store.gather[0] === "update-ca-certificates" ? ["--fresh"] : [])]);
      return `taken out of the system's store: ${store.file}`;
    }
    const gone = await run(["certutil", "-D", "-d", `sql:${store.folder}`, "-n", trustName(cluster)]).then(
      () => true,
      () => false, // it was not there
    );
    return gone ? `taken out of ${store.of}'s: ${store.folder}` : undefined;
  });
}

async function each(stores: readonly Store[], work: (store: Store) => Promise<string | undefined>): Promise<string[]> {
  const said: string[] = [];
  for (const store of stores) {
    try {
      const line = await work(store);
      if (line) said.push(line);
    } catch (error) {
      const where = store.kind === "system" ? store.file : store.folder;
      said.push(`${where}: ${(error as NodeJS.ErrnoException).message}`);
    }
  }
  return said;
}

/** Names in a folder, as `Machine` wants them. */
export const namesIn = (folder: string): string[] => (existsSync(folder) ? readdirSync(folder) : []);
