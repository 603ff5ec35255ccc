/** Remembers which kubeconfig files `up` wrote to, and what it displaced there, so that `destroy` can give it back. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { readCa } from "../certificates.ts";
import type { Place } from "../place.ts";
import { addContext, type Credentials, type Displaced, removeContext, userKubeconfig } from "./file.ts";

type Records = Record<string, Displaced>;

const fileOf = (place: Place): string => join(place.state, "kubeconfigs.json");

export function enterKubeconfig(place: Place, kubeconfig: string, credentials: Credentials): void {
  const file = resolve(kubeconfig);
  const displaced = addContext(file, place.cluster, credentials);
  if (!displaced) return;
  // Somebody went back to another context since the last `up`: that one is given back. Entries were displaced once.
  const before = read(place)[file] ?? {};
  write(place, { ...read(place), [file]: { ...before, ...defined(displaced) } });
}

/** A file into which a person's context was written: `destroy` looks there too. */
export function rememberKubeconfig(place: Place, kubeconfig: string): void {
  const file = resolve(kubeconfig);
  const known = read(place);
  if (!known[file]) write(place, { ...known, [file]: {} });
}

export const knownKubeconfigs = (place: Place): string[] => Object.keys(read(place));

/**
 * Also looks at the file that kubectl would use now: clusters from before there was a record are in it. `others`: state
 * folders of clusters that may have displaced this one, and must not give its entries back.
 */
export function restoreKubeconfigs(place: Place, others: readonly string[]): void {
  const ca = existsSync(join(place.pki, "ca.crt")) ? readCa(place) : undefined;
  const records: Records = { [resolve(userKubeconfig())]: {}, ...read(place) };
  for (const [file, displaced] of Object.entries(records)) removeContext(file, place.cluster, ca, displaced);
  if (ca === undefined) return;
  for (const state of others) {
    const theirs = read({ ...place, state });
    const kept = Object.entries(theirs).map(([file, displaced]) => [file, isOf(displaced, ca) ? pick(displaced) : displaced]);
    if (kept.length > 0) write({ ...place, state }, Object.fromEntries(kept));
  }
}

const isOf = ({ cluster }: Displaced, ca: string): boolean =>
  (cluster?.cluster as Record<string, unknown> | undefined)?.["certificate-authority-data"] === Buffer.from(ca).toString("base64");

const pick = ({ currentContext }: Displaced): Displaced => ({ currentContext });

function defined(displaced: Displaced): Displaced {
  return Object.fromEntries(Object.entries(displaced).filter(([, value]) => value !== undefined));
}

function read(place: Place): Records {
  try {
    return JSON.parse(readFileSync(fileOf(place), "utf8")) as Records;
  } catch {
    return {};
  }
}

function write(place: Place, records: Records): void {
  writeFileSync(fileOf(place), JSON.stringify(records), { mode: 0o600 });
}
