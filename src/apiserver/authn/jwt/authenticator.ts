/** All issuers of a configuration as one authenticator of tokens, and how another configuration takes its place. */

import { readConfig, readText } from "#api/mod.ts";
import { type Clock, type Log, messageOf } from "#base/mod.ts";
import type { User } from "../../contract.ts";
import { followFile } from "../../settings/follow-file.ts";
import { checked, type Mapper } from "./check.ts";
import { type AuthenticationSettings, authenticationConfiguration, type JwtSettings } from "./declaration.ts";
import { DistributedClaim } from "./distributed.ts";
import { fetcher } from "./fetch.ts";
import { userOf } from "./user.ts";
import { issuerOf, Verifier } from "./verifier.ts";

export const signingAlgorithms = ["ES256", "ES384", "ES512", "PS256", "PS384", "PS512", "RS256", "RS384", "RS512"] as const;

export interface JwtOptions {
  /** Of tokens that are accepted. */
  algorithms: readonly string[];
  /** Issuers of service account tokens: no configuration may claim them. */
  taken: readonly string[];
  clock: Clock;
  log: Log;
}

interface Issuer {
  url: string;
  userOf(token: string): Promise<User>;
  readonly problem: string | undefined;
  close(): void;
}

/** How long those who came with the configuration before may still be answered by it. */
const graceMs = 60_000;
const settleMs = 60_000;
const lookMs = 1000;

export class JwtAuthenticator {
  readonly #options: JwtOptions;
  #issuers: readonly Issuer[] = [];
  readonly #old = new Set<readonly Issuer[]>();
  #closed = false;

  constructor(options: JwtOptions) {
    this.#options = options;
  }

  /** Takes the configuration up at once; its issuers are looked for until they are found. Throws when it is not valid. */
  start(settings: AuthenticationSettings): void {
    const mappers = checked(settings, this.#options.taken);
    this.#issuers = this.#opened(settings, mappers);
  }

  /** Takes another one up once all its issuers are found. Rejects, and everything is as before, when they are not within a minute. */
  async replace(settings: AuthenticationSettings, was: { anonymous: unknown }): Promise<void> {
    const { clock } = this.#options;
    const next = this.#opened(settings, checked(settings, this.#options.taken, was));
    const end = clock.monotonic() + settleMs;
    for (;;) {
      const problems = next.flatMap(({ problem }) => problem ?? []);
      if (problems.length === 0) break;
      if (this.#closed || clock.monotonic() >= end) {
        closeAll(next);
        throw new Error(problems.join(", "));
      }
      await clock.sleep(lookMs);
    }
    const before = this.#issuers;
    this.#issuers = next;
    this.#old.add(before);
    clock.after(
      graceMs,
      () => {
        this.#old.delete(before);
        closeAll(before);
      },
      { background: true },
    );
  }

  /** Undefined for tokens of other issuers. */
  readonly user = async (token: string): Promise<User | undefined> => {
    if (this.#issuers.length === 0) return undefined;
    const issuer = issuerOf(token);
    return issuer === undefined ? undefined : this.#issuers.find(({ url }) => url === issuer)?.userOf(token);
  };

  get taken(): readonly string[] {
    return this.#options.taken;
  }

  close(): void {
    this.#closed = true;
    for (const issuers of [this.#issuers, ...this.#old]) closeAll(issuers);
  }

  #opened({ jwt }: AuthenticationSettings, mappers: readonly Mapper[]): Issuer[] {
    return jwt.map((one, i) => openIssuer(one, mappers[i]!, this.#options));
  }
}

const closeAll = (issuers: readonly Issuer[]) => {
  for (const issuer of issuers) issuer.close();
};

function openIssuer(settings: JwtSettings, mapper: Mapper, { algorithms, clock, log }: JwtOptions): Issuer {
  const { url = "", discoveryURL, audiences = [], certificateAuthority = "" } = settings.issuer ?? {};
  const from = fetcher(certificateAuthority, clock);
  const common = { audiences, algorithms, fetcher: from, clock, log };
  const verifier = new Verifier({ ...common, issuer: url, ...(discoveryURL ? { discoveryUrl: discoveryURL } : {}) });
  const groups = settings.claimMappings?.groups?.claim;
  const distributed = groups ? new DistributedClaim(groups, common) : undefined;
  void verifier.start();
  return {
    url,
    async userOf(token) {
      let claims = await verifier.verify(token).catch((error) => {
        const why = messageOf(error);
        throw new Error(why.startsWith("oidc: authenticator") ? why : `oidc: verify token: ${why}`, { cause: error });
      });
      if (distributed)
        claims = await distributed.expanded(claims).catch((error) => {
          throw new Error(`oidc: could not expand distributed claims: ${messageOf(error)}`, { cause: error });
        });
      return userOf(claims, settings, mapper);
    },
    get problem() {
      return verifier.problem && `oidc: authenticator for issuer ${JSON.stringify(url)} is not healthy: ${verifier.problem}`;
    },
    close() {
      verifier.close();
      distributed?.close();
      from.close();
    },
  };
}

export const readSettings = (text: string): AuthenticationSettings => {
  const { jwt = [], anonymous } = readConfig(text, authenticationConfiguration);
  return { jwt, ...(anonymous ? { anonymous } : {}) };
};

/** Takes up what the file says whenever it changes; what is not valid leaves things as they are. Returns the way to stop. */
export function followSettings(
  { file, text, settings }: { file: string; text: string; settings: AuthenticationSettings },
  authenticator: JwtAuthenticator,
  { clock, log }: Pick<JwtOptions, "clock" | "log">,
): () => void {
  const was = { anonymous: settings.anonymous };
  let known = text;
  return followFile(file, clock, async () => {
    let next = "";
    let read: AuthenticationSettings;
    try {
      next = readText(file);
    } catch (error) {
      log.error("failed to read authentication config file", { file, error: messageOf(error) });
      return;
    }
    if (next === known) return;
    try {
      read = readSettings(next);
      checked(read, authenticator.taken, was);
    } catch (error) {
      // It will not become valid by waiting.
      known = next;
      log.error("failed to load authentication config", { file, error: messageOf(error) });
      return;
    }
    try {
      await authenticator.replace(read, was);
      known = next;
      log.info("reloaded authentication config", { file });
    } catch (error) {
      log.error("failed to update authentication config", { file, error: messageOf(error) });
    }
  });
}
