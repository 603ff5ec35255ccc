/** An OpenID Connect issuer for tests, in this process: HTTPS, discovery, keys that can be changed, and documents by path. */
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { type JWTPayload, SignJWT } from "jose";
import { systemClock } from "#base/mod.ts";
import { testAuthority } from "../../src/serve/test-certificates.ts";

export interface OidcServer {
  url: string;
  /** PEM. */
  ca: string;
  /** Signed by the newest key; `iss` and an hour of life are filled in. */
  token(claims: JWTPayload, header?: { alg?: string; kid?: string }): Promise<string>;
  /** From now on another key signs; the old one is not published any more. */
  changeKey(): void;
  /** What answers at a path beside the issuer's own. */
  documents: Map<string, string>;
  /** Paths that were asked for, in order. */
  asked: string[];
  /** False: nothing is answered but 503. */
  isUp: boolean;
  close(): Promise<void>;
}

export async function oidcServer(path = ""): Promise<OidcServer> {
  const authority = await testAuthority();
  let [key, id] = [newKey(), 1];
  const documents = new Map<string, string>();
  const asked: string[] = [];
  const server = createServer(authority.server, (request, response) => {
    const at = request.url!;
    asked.push(at);
    const jwk = { ...key.publicKey.export({ format: "jwk" }), kid: `key-${id}`, use: "sig", alg: "ES256" };
    const discovery = JSON.stringify({ issuer: self.url, jwks_uri: `${self.url}/keys` });
    const body =
      documents.get(at) ??
      { [`${path}/.well-known/openid-configuration`]: discovery, [`${path}/keys`]: JSON.stringify({ keys: [{ kty: "odd" }, jwk] }) }[at];
    response.writeHead(self.isUp ? (body === undefined ? 404 : 200) : 503, { "content-type": "application/json" });
    response.end(self.isUp ? body : "down");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const self: OidcServer = {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}${path}`,
    ca: authority.ca,
    documents,
    asked,
    isUp: true,
    token(claims, { alg = "ES256", kid = `key-${id}` } = {}) {
      const now = Math.floor(systemClock.now() / 1000);
      return new SignJWT({ iss: self.url, exp: now + 3600, iat: now, ...claims }).setProtectedHeader({ alg, kid }).sign(key.privateKey);
    },
    changeKey() {
      [key, id] = [newKey(), id + 1];
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  return self;
}

const newKey = (): { privateKey: KeyObject; publicKey: KeyObject } => generateKeyPairSync("ec", { namedCurve: "P-256" });
