/** The key that signs tokens of service accounts, and those that signed before: read again when they change, so that a rotation needs no restart. */
import { createPublicKey } from "node:crypto";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { type Clock, every, type Log, messageOf } from "#base/mod.ts";
import type { Place } from "../place.ts";

const lookMs = 5000;

/** In the pki folder. What signs is one file, so that it changes in one step; its public half follows from it. */
export const accountKeyFiles = {
  signing: "service-account.key",
  public: "service-account.pub",
  before: "service-account-before.pub",
} as const;

export interface AccountKeys {
  private: string;
  public: string;
  alsoTrusted: string[];
}

export function readAccountKeys(place: Place): AccountKeys {
  const signing = readFileSync(join(place.pki, accountKeyFiles.signing), "utf8");
  const before = join(place.pki, accountKeyFiles.before);
  const own = publicOf(signing);
  const others = existsSync(before)
    ? (readFileSync(before, "utf8").match(/-----BEGIN [^-]+-----[\s\S]*?-----END [^-]+-----\n?/g) ?? [])
    : [];
  return { private: signing, public: own, alsoTrusted: others.filter((pem) => pem.trim() !== own.trim()) };
}

export const publicOf = (signing: string): string => String(createPublicKey(signing).export({ type: "spki", format: "pem" }));

/** What is read of it is always the newest. */
export function followAccountKeys({ place, clock, log }: { place: Place; clock: Clock; log: Log }): {
  keys: Readonly<AccountKeys>;
  close(): void;
} {
  let now = readAccountKeys(place);
  let seen = changesOf(place);
  const look = every(clock, lookMs, () => {
    try {
      const changed = changesOf(place);
      if (changed === seen) return;
      now = readAccountKeys(place);
      seen = changed;
      log.info("the keys of service account tokens were read again", { before: now.alsoTrusted.length });
    } catch (error) {
      log.warn("the keys of service account tokens cannot be read", { error: messageOf(error) });
    }
  });
  const keys = {
    get private() {
      return now.private;
    },
    get public() {
      return now.public;
    },
    get alsoTrusted() {
      return now.alsoTrusted;
    },
  };
  return { keys, close: () => look.cancel() };
}

const changesOf = (place: Place): string =>
  [accountKeyFiles.signing, accountKeyFiles.before]
    .map((name) => join(place.pki, name))
    .map((file) => (existsSync(file) ? `${statSync(file).mtimeMs}-${statSync(file).ino}` : ""))
    .join();
