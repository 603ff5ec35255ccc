/** Another key for service account tokens, in two steps: tokens of the one before are believed until the second. */
import { createPublicKey } from "node:crypto";
import { existsSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { type Secret, secrets } from "#api/mod.ts";
import { tokenKeyId } from "#apiserver/mod.ts";
import type { Clock } from "#base/mod.ts";
import type { Client } from "#client/mod.ts";
import { newTokenKey } from "../certificates.ts";
import { write } from "../join/credentials.ts";
import type { Place } from "../place.ts";
import { accountKeyFiles as files, publicOf, readAccountKeys } from "../renewal/account-keys.ts";

/** As a kubelet fetches tokens anew, which pods read again. */
const leastMs = 24 * 3_600_000;
const beforeOf = (place: Place): string => join(place.pki, files.before);

/** Nothing where the first step was not made. */
export const begunAt = (place: Place): number | undefined => (existsSync(beforeOf(place)) ? statSync(beforeOf(place)).mtimeMs : undefined);

/** The first step. Wherever it is interrupted, what signs is believed; run again before the second it is refused. */
export async function beginRotation(place: Place): Promise<void> {
  const { private: signing, alsoTrusted } = readAccountKeys(place);
  if (alsoTrusted.length > 0)
    throw new Error("a key of service account tokens is being replaced already: spoke certs rotate service-account --finish ends that");
  write(place, files.before, publicOf(signing));
  const next = await newTokenKey();
  write(place, files.signing, next);
  write(place, files.public, publicOf(next));
}

export interface Finishing {
  place: Place;
  client: Client;
  clock: Clock;
  /** Though pods may still have tokens of before. */
  now: boolean;
}

/** The second step: tokens of before are worth nothing any more. */
export async function finishRotation({ place, client, clock, now }: Finishing): Promise<void> {
  const begun = begunAt(place);
  if (begun === undefined)
    throw new Error("no key of service account tokens is being replaced: spoke certs rotate service-account begins that");
  const left = begun + leastMs - clock.now();
  if (left > 0 && !now)
    throw new Error(
      `pods have fetched new tokens in ${Math.ceil(left / 3_600_000)} hours at the latest: run it again then, or with --now, and those with tokens of before are refused until they do`,
    );
  const own = tokenKeyId(createPublicKey(readAccountKeys(place).public));
  const old = (await client.list(secrets, { fieldSelector: "type=kubernetes.io/service-account-token" })).items.filter(
    (secret) => keyOf(secret) !== undefined && keyOf(secret) !== own,
  );
  if (old.length > 0)
    throw new Error(
      `Secrets hold tokens by the key of before: ${old.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`).join(", ")}. They are signed anew when data.token is taken out (kubectl patch secret NAME --type json -p '[{"op":"remove","path":"/data/token"}]'); whoever copied one needs the new one`,
    );
  rmSync(beforeOf(place));
}

/** By which key the Secret's token is signed, as the token says it. */
function keyOf({ data }: Secret): string | undefined {
  const token = Buffer.from(data?.token ?? "", "base64").toString();
  try {
    return (JSON.parse(Buffer.from(token.split(".")[0] ?? "", "base64url").toString()) as { kid?: string }).kid ?? "";
  } catch {
    return undefined; // it is not filled yet
  }
}
