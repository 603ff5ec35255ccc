/** For tests: a whole secure server over a memory store, and questions asked of it as anybody. */
import { generateKeyPairSync } from "node:crypto";
import { builtInKinds, type KubeObject, staticCatalog } from "#api/mod.ts";
import { seededRandom, silentLog, VirtualClock } from "#base/mod.ts";
import { createMemoryStore, type Store } from "#store/mod.ts";
import type { Credentials, User } from "./contract.ts";
import { createSecureApiServer, type SecureOptions } from "./secure.ts";
import type { ApiServer } from "./server.ts";

// biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every kind
type Any = any;

export interface Asked {
  status: number;
  message: string;
  object: Any;
}

export interface SecureFixture {
  server: ApiServer;
  store: Store;
  clock: VirtualClock;
  /** `METHOD path`; a body that is no text goes as JSON, the media type of patches is found from the word after `PATCH:`. */
  ask(user: User | string, method: string, path: string, body?: object | string): Promise<Asked>;
  admin(method: string, path: string, body?: object | string): Promise<Asked>;
  /** Asks with what a client sends, from a token to a certificate. */
  knock(credentials: Partial<Credentials>, path?: string, method?: string): Promise<Asked>;
  /** Puts an object into the store past admission, as the server itself. */
  put(object: KubeObject): Promise<KubeObject>;
  close(): Promise<void>;
}

const catalog = staticCatalog(builtInKinds);
const patchMedia: Record<string, string> = {
  json: "application/json-patch+json",
  merge: "application/merge-patch+json",
  strategic: "application/strategic-merge-patch+json",
  apply: "application/apply-patch+yaml",
};
/** Of the accounts' tokens. */
export const keys = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
  publicKeyEncoding: { type: "spki", format: "pem" },
});
export const administrator: User = { name: "admin", groups: ["system:masters", "system:authenticated"] };
export const nodeUser = (name: string): User => ({ name: `system:node:${name}`, groups: ["system:nodes", "system:authenticated"] });
export const plainUser = (name: string, ...groups: string[]): User => ({ name, groups: [...groups, "system:authenticated"] });

export async function secureFixture(options: Partial<SecureOptions> = {}): Promise<SecureFixture> {
  const clock = new VirtualClock();
  const store = options.store ?? (await createMemoryStore({ clock }));
  const server = await createSecureApiServer({
    store,
    clock,
    random: seededRandom(1),
    log: silentLog,
    serviceAccountKey: { private: keys.privateKey, public: keys.publicKey },
    issuer: "https://kubernetes.default.svc.cluster.local",
    serviceRanges: ["10.96.0.0/16"],
    advertise: { ip: "10.89.0.1", port: 6443 },
    ...options,
  });
  const ask: SecureFixture["ask"] = async (user, method, path, body) => {
    const [verb = "", kind = "merge"] = method.split(":");
    const who = typeof user === "string" ? plainUser(user) : user;
    const answer = await server.direct(who).request({
      method: verb as "GET",
      path,
      headers: { "content-type": verb === "PATCH" ? patchMedia[kind]! : "application/json" },
      ...(body === undefined ? {} : { body: Buffer.from(typeof body === "string" ? body : JSON.stringify(body)) }),
    });
    return { status: answer.status, message: (answer.object as Any)?.message ?? "", object: answer.object };
  };
  return {
    server,
    store,
    clock,
    ask,
    knock: async ({ headers = {}, ...credentials }, path = "/apis/authentication.k8s.io/v1/selfsubjectreviews", method = "POST") => {
      const body = () => Buffer.from("{}");
      const answer = await server.handle({
        method,
        url: path,
        headers: { "content-type": "application/json", ...headers },
        body,
        ...credentials,
      });
      const object = (answer as { object?: Any }).object;
      return { status: answer.status, message: object?.message ?? "", object };
    },
    put: (object) => server.storage.create(catalog.kind(object.apiVersion, object.kind)!, object),
    admin: (method, path, body) => ask(administrator, method, path, body),
    close: async () => {
      await server.close();
      if (!options.store) await store.close();
    },
  };
}
