/** Who is asked who somebody is, in upstream's order: what the server knows by itself, then what flags and files bring. */

import { readText } from "#api/mod.ts";
import type { Clock, Log, Random } from "#base/mod.ts";
import type { Authenticator } from "../contract.ts";
import type { Authentication } from "../request/identify.ts";
import type { Flags } from "../settings/flags.ts";
import { reviewClient } from "../settings/review-client.ts";
import { bearerAuthenticator, forOwnAudiences, type TokenAuthenticator } from "./bearer.ts";
import { frontProxyAuthenticator, type RequestHeaders, signedBy } from "./front-proxy.ts";
import { followSettings, JwtAuthenticator, readSettings, signingAlgorithms } from "./jwt/authenticator.ts";
import type { AuthenticationSettings } from "./jwt/declaration.ts";
import { remembering } from "./token-cache.ts";
import { tokenFile } from "./token-file.ts";
import { type ReviewVersion, reviewVersions, tokenWebhook } from "./token-webhook.ts";
import { x509Authenticator } from "./x509.ts";

export interface AuthenticationParts {
  flags: Flags;
  /** Tokens that the server itself gave out. */
  own: readonly TokenAuthenticator[];
  /** Whom tokens for the API server are for. */
  audiences: readonly string[];
  /** Of service account tokens. */
  issuers: readonly string[];
  frontProxyCa?: string;
  /** Where neither flag nor file says it. */
  anonymous?: boolean | readonly string[];
  clock: Clock;
  random: Random;
  log: Log;
}

export interface OpenedAuthentication extends Authentication {
  /** All kinds of tokens, for reviews. */
  bearers: readonly TokenAuthenticator[];
  close(): void;
}

/** Upstream's overall cache of tokens that were good. */
const rememberedMs = 10_000;

/** Rejects when a flag or file cannot be used: nobody shall be let in by what was not meant. */
export async function openAuthentication(parts: AuthenticationParts): Promise<OpenedAuthentication> {
  const { flags, own, audiences, issuers, clock, random, log } = parts;
  const closers: (() => void)[] = [];
  const bearers = [...own];
  const file = flags["token-auth-file"];
  if (file) bearers.unshift(forOwnAudiences(tokenFile(readText(file), file, log), audiences));

  const config = flags["authentication-config"];
  const text = config && readText(config);
  const settings = text ? fromFile(config, text, flags) : fromFlags(flags);
  const algorithms = config ? signingAlgorithms : (flags["oidc-signing-algs"] ?? []);
  const foreign = algorithms.find((one) => !signingAlgorithms.includes(one as never));
  if (foreign !== undefined) throw new Error(`oidc: unsupported signing alg: ${JSON.stringify(foreign)}`);
  const jwt = new JwtAuthenticator({ algorithms, taken: issuers, clock, log });
  closers.push(() => jwt.close());
  inContext("invalid authentication configuration", () => jwt.start(settings));
  if (config && text) closers.push(followSettings({ file: config, text, settings }, jwt, { clock, log }));
  const cached = { goodMs: rememberedMs, unknownMs: 0, clock, random };
  if (config || settings.jwt.length > 0) bearers.push(remembering(forOwnAudiences(jwt.user, audiences), cached));

  const webhook = await openWebhook(parts);
  if (webhook) {
    bearers.push(webhook.authenticator);
    closers.push(webhook.close);
  }
  return {
    authenticators: [...certificateAuthenticators(parts.frontProxyCa, requestHeadersOf(flags)), bearerAuthenticator(bearers, audiences)],
    anonymous: anonymousOf(settings, parts),
    bearers,
    close: () => {
      for (const close of closers) close();
    },
  };
}

function fromFile(file: string, text: string, flags: Flags): AuthenticationSettings {
  if ([...flags.given].some((name) => name.startsWith("oidc-")))
    throw new Error("authentication-config file and oidc-* flags are mutually exclusive");
  const settings = inContext(`failed to load authentication configuration from file ${JSON.stringify(file)}`, () => readSettings(text));
  if (settings.anonymous && flags.given.has("anonymous-auth"))
    throw new Error(
      "anonymous: Forbidden: --anonymous-auth flag cannot be set when anonymous field is configured in authentication configuration file",
    );
  return settings;
}

/** What the older flags say, as a configuration. */
function fromFlags(flags: Flags): AuthenticationSettings {
  const { "oidc-issuer-url": url, "oidc-client-id": client, "oidc-username-claim": claim = "sub" } = flags;
  if (!url || !client) {
    if ([...flags.given].some((name) => name.startsWith("oidc-")))
      throw new Error("oidc-issuer-url and oidc-client-id must be specified together when any oidc-* flags are set");
    return { jwt: [] };
  }
  const given = flags["oidc-username-prefix"] ?? "";
  const prefix = given === "-" ? "" : given === "" && claim !== "email" ? `${url}#` : given;
  const groups = flags["oidc-groups-claim"];
  const ca = flags["oidc-ca-file"];
  const required = Object.entries(flags["oidc-required-claim"] ?? {});
  return {
    jwt: [
      {
        issuer: { url, audiences: [client], ...(ca ? { certificateAuthority: readText(ca) } : {}) },
        claimMappings: {
          username: { claim, prefix },
          ...(groups ? { groups: { claim: groups, prefix: flags["oidc-groups-prefix"] ?? "" } } : {}),
        },
        claimValidationRules: required.map(([name, requiredValue]) => ({ claim: name, requiredValue })),
      },
    ],
  };
}

function anonymousOf({ anonymous }: AuthenticationSettings, { flags, anonymous: otherwise }: AuthenticationParts) {
  if (anonymous) {
    const paths = (anonymous.conditions ?? []).map(({ path = "" }) => path);
    return anonymous.enabled === true && paths.length > 0 ? paths : anonymous.enabled === true;
  }
  return flags.given.has("anonymous-auth") ? flags["anonymous-auth"] : otherwise;
}

async function openWebhook({ flags, audiences, clock, random }: AuthenticationParts) {
  const file = flags["authentication-token-webhook-config-file"];
  if (!file) return undefined;
  const version = flags["authentication-token-webhook-version"] as ReviewVersion;
  if (!reviewVersions.includes(version))
    throw new Error(
      `unsupported authentication webhook version ${JSON.stringify(version)}, supported versions are ${reviewVersions.map((one) => JSON.stringify(one)).join(", ")}`,
    );
  const client = await reviewClient({ file, clock, random });
  const ttl = flags["authentication-token-webhook-cache-ttl"];
  const asked = remembering(tokenWebhook(client, version, audiences), { goodMs: ttl, unknownMs: ttl, clock, random });
  return {
    authenticator: ttl >= rememberedMs ? asked : remembering(asked, { goodMs: rememberedMs, unknownMs: 0, clock, random }),
    close: () => client.close(),
  };
}

export const requestHeadersOf = (flags: Flags): RequestHeaders => ({
  allowedNames: flags["requestheader-allowed-names"],
  names: flags["requestheader-username-headers"],
  uids: flags["requestheader-uid-headers"],
  groups: flags["requestheader-group-headers"],
  extraPrefixes: flags["requestheader-extra-headers-prefix"],
});

/** A certificate of the proxies' CA names a proxy, never a user. */
function certificateAuthenticators(frontProxyCa: string | undefined, headers: RequestHeaders): Authenticator[] {
  if (!frontProxyCa) return [x509Authenticator];
  const isOfProxy = signedBy(frontProxyCa);
  return [
    frontProxyAuthenticator(isOfProxy, headers),
    { authenticate: (credentials) => (isOfProxy(credentials.certificate) ? undefined : x509Authenticator.authenticate(credentials)) },
  ];
}

function inContext<T>(what: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw new Error(`${what}: ${(error as Error).message}`, { cause: error });
  }
}
