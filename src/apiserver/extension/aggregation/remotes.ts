/** The groups that other API servers serve, followed from the APIServices that lead to them, and requests passed on to them. */
import { type APIService, apiservices } from "#api/mod.ts";
import type { Clock, Random } from "#base/mod.ts";
import type { Exchange, Storage, User } from "../../contract.ts";
import { text } from "../../http/paths.ts";
import { relay } from "../../proxy/relay.ts";
import type { Answer, Call } from "../../request/call.ts";
import { ApiError, serviceUnavailable } from "../../request/errors.ts";
import { serviceAddress } from "../service-address.ts";
import { type FrontProxyIdentity, pathOf, type RemoteGroup, remoteGroupOf, tlsOf, userHeaders } from "./remote-group.ts";

interface Parts {
  storage: Storage;
  clock: Clock;
  random: Random;
  identity: FrontProxyIdentity | undefined;
}

const unavailable = () => text(503, "service unavailable\n");

export class Remotes {
  readonly #parts: Parts;
  /** By path: `/apis/metrics.k8s.io/v1beta1`. */
  readonly #byPath = new Map<string, RemoteGroup>();
  readonly #listeners = new Set<(name: string) => void>();
  readonly stop: () => void;
  /** Changes with every change of the groups. */
  revision = 0;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.stop = parts.storage.subscribe(apiservices, (type, object) => this.#changed(type, object as APIService));
  }

  all(): RemoteGroup[] {
    return [...this.#byPath.values()];
  }

  named(name: string): RemoteGroup | undefined {
    return this.all().find((each) => each.name === name);
  }

  /** Told the name of each APIService that changes. */
  onChange(run: (name: string) => void): void {
    this.#listeners.add(run);
  }

  /** Undefined: this server answers itself. */
  answer(call: Call): Promise<Answer> | undefined {
    if (this.#byPath.size === 0) return undefined;
    const remote = this.#servedAt(call.info.path);
    return remote && this.relay(remote, call);
  }

  #servedAt(path: string): RemoteGroup | undefined {
    const parts = path.split("/", 4);
    return this.#byPath.get(parts[1] === "api" ? `/api/${parts[2]}` : parts[1] === "apis" ? `/apis/${parts[2]}/${parts[3]}` : "");
  }

  /** Passes a request on as it came. */
  async relay(remote: RemoteGroup, { request, query, user, seat }: Call): Promise<Answer> {
    // From here on it is the other server who decides how much it takes.
    seat?.leave();
    if (!remote.available || !request.exchange) return unavailable();
    const exchange = request.exchange(query);
    try {
      await this.#pass(remote, exchange, user);
      return { kind: "taken", status: 200 };
    } catch (error) {
      if (error instanceof ApiError && !exchange.upgrade) return text(503, `${error.message}\n`);
      throw error;
    }
  }

  async #pass(remote: RemoteGroup, exchange: Exchange, user: User): Promise<void> {
    const { storage, clock, random, identity } = this.#parts;
    const { host, port } = serviceAddressOr(() => serviceAddress(storage, remote.service, (below) => random.int(below)));
    const target = { scheme: "https" as const, host, port, path: exchange.url, tls: tlsOf(remote, identity), headers: userHeaders(user) };
    await relay(exchange, target, clock);
  }

  #changed(type: "ADDED" | "MODIFIED" | "DELETED", object: APIService): void {
    const remote = type === "DELETED" ? undefined : remoteGroupOf(object);
    const before = this.named(object.metadata.name ?? "");
    if (before) this.#byPath.delete(pathOf(before));
    if (remote) this.#byPath.set(pathOf(remote), remote);
    if (!before && !remote) return;
    this.revision++;
    for (const run of this.#listeners) run(object.metadata.name ?? "");
  }
}

/** Upstream says no more to the client than that. */
function serviceAddressOr<T>(find: () => T): T {
  try {
    return find();
  } catch (error) {
    throw Object.assign(serviceUnavailable("service unavailable"), { cause: error });
  }
}
