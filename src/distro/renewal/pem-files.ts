/** Certificates that are renewed while they are in use: read again when their files change, and told to whoever shows them. */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { statSync } from "node:fs";
import { join } from "node:path";
import { type Clock, every, type Log, messageOf } from "#base/mod.ts";
import { type Pem, readPem } from "../certificates.ts";
import type { Place } from "../place.ts";

const lookMs = 5000;

interface Followed {
  now: Pem;
  /** Of the certificate's file, which is written last. */
  mtimeMs: number;
  told: ((pem: Pem) => void)[];
}

export class PemFiles {
  readonly #place: Place;
  readonly #log: Log;
  readonly #followed = new Map<string, Followed>();
  readonly #looks: { cancel(): void };

  constructor({ place, clock, log }: { place: Place; clock: Clock; log: Log }) {
    this.#place = place;
    this.#log = log;
    this.#looks = every(clock, lookMs, () => this.#look());
  }
  /** What is read of it is always the newest; `renewed` is told of each new pair. */
  follow(file: string, renewed?: (pem: Pem) => void): Readonly<Pem> {
    const known = this.#followed.get(file);
    const followed = known ?? { mtimeMs: this.#changed(file), now: readPem(this.#place, file), told: [] };
    this.#followed.set(file, followed);
    if (renewed) followed.told.push(renewed);
    return {
      get cert() {
        return followed.now.cert;
      },
      get key() {
        return followed.now.key;
      },
    };
  }
  close(): void {
    this.#looks.cancel();
  }
  #changed(file: string): number {
    return statSync(join(this.#place.pki, `${file}.crt`)).mtimeMs;
  }
  #look(): void {
    for (const [file, followed] of this.#followed) {
      try {
        const mtimeMs = this.#changed(file);
        if (mtimeMs === followed.mtimeMs) continue;
        const pem = readPem(this.#place, file);
        // The key is written first: between the two they do not belong together.
        if (!areAPair(pem)) continue;
        followed.mtimeMs = mtimeMs;
        if (pem.cert === followed.now.cert) continue;
        followed.now = pem;
        for (const tell of followed.told) tell(pem);
        this.#log.info("a certificate was renewed", { file, until: new X509Certificate(pem.cert).validTo });
      } catch (error) {
        this.#log.warn("a renewed certificate cannot be used yet", { file, error: messageOf(error) });
      }
    }
  }
}

export const areAPair = ({ cert, key }: Pem): boolean => new X509Certificate(cert).checkPrivateKey(createPrivateKey(key));
