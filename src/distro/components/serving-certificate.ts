/** What a component shows who connects: the certificate that it is given, the one in its folder, or one that it makes itself. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "#base/mod.ts";

export interface ServingFiles {
  cert: string;
  key: string;
}

interface Wanted {
  certFile: string | undefined;
  keyFile: string | undefined;
  /** Where it is kept where no file is named, and what it is called there. */
  folder: string;
  name: string;
  /** Names and addresses, where one is made. */
  names: readonly string[];
  clock: Clock;
}

/** The files; made, and kept, where there are none. */
export async function servingFiles({ certFile, keyFile, folder, name, names, clock }: Wanted): Promise<ServingFiles> {
  if ((certFile === undefined) !== (keyFile === undefined))
    throw new Error("--tls-cert-file and --tls-private-key-file must be said together");
  if (certFile !== undefined && keyFile !== undefined) return { cert: certFile, key: keyFile };
  const files = { cert: join(folder, `${name}.crt`), key: join(folder, `${name}.key`) };
  if (existsSync(files.cert) && existsSync(files.key)) return files;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  // Its library takes a while to load.
  const { issueAlone } = await import("../issuer.ts");
  const made = await issueAlone(`${names[0]}@${Math.floor(clock.now() / 1000)}`, { names: [...names], days: 365 }, clock);
  writeFileSync(files.key, made.key, { mode: 0o600 });
  writeFileSync(files.cert, made.cert, { mode: 0o644 });
  return files;
}

/** Throws a sentence that names the flag. */
export function readNamed(flag: string, file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new Error(`--${flag}: open ${file}`, { cause });
  }
}
