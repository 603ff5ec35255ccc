/** `port-forward`: local ports that lead into a pod. */
import { createServer, type Server, type Socket } from "node:net";
import type { Command } from "../../command.ts";
import type { Session } from "../../connect/session.ts";
import { CliError, messageFor, usageError } from "../../failure.ts";
import { duration, list } from "../../input/flags.ts";
import { type At, getObject } from "../../objects.ts";
import { podOf, podTarget } from "../../pods.ts";
import type { KObject } from "../../print/values.ts";
import { followFlag, followsWorkload, servingPod, unlessGone } from "./follow-workload.ts";

export const command: Command = {
  use: "port-forward TYPE/NAME [options] [LOCAL_PORT:]REMOTE_PORT [...[LOCAL_PORT_N:]REMOTE_PORT_N]",
  long: "Forward one or more local ports to a pod.\n\n A type and name such as deployment/mydeployment chooses one of its pods. The forwarding ends when the pod ends.",
  examples:
    "# Local 5000 and 6000 to the pod's\nkubectl port-forward pod/mypod 5000 6000\n\n# Local 8443 to the port named https of a service\nkubectl port-forward service/myservice 8443:https\n\n# A free local port, on all addresses\nkubectl port-forward --address 0.0.0.0 pod/mypod :5000",
  flags: [
    list("address", "Addresses to listen on (comma separated): IP addresses or localhost.", "localhost"),
    duration("pod-running-timeout", "How long to wait until a pod runs.", "1m0s"),
    followFlag,
  ],
  run,
};

interface Pair {
  local: number;
  remote: number;
}

async function run(session: Session): Promise<void> {
  const { flags, args, io } = session;
  if (args.length < 2) throw usageError("TYPE/NAME and list of ports are required for port-forward", session.command);
  const [name, ...specs] = args;
  const target = await podTarget(session, [name]);
  const object = await getObject(session, target);
  const pod = await podOf(session, target, flags.duration("pod-running-timeout"));
  if (pod.status?.phase !== "Running")
    throw new CliError(`unable to forward port because pod is not running. Current status=${pod.status?.phase}`);
  const pairs = specs.map((spec) => parsePair(spec, object, pod));
  const backend = new Backend(session, { target, object, pod, specs });
  const sockets = new Set<Socket>();
  const servers: Server[] = [];
  let fail: (error: Error) => void = () => {};
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  failed.catch(() => {});
  try {
    for (const [index, pair] of pairs.entries()) {
      const bound: Server[] = [];
      let { local } = pair;
      let problem: Error | undefined;
      for (const address of addresses(flags.list("address"))) {
        try {
          const server = await listen(address, local, (socket) => accept(session, backend, { index, local }, { socket, sockets, fail }));
          local = (server.address() as { port: number }).port;
          bound.push(server);
          session.line(`Forwarding from ${address.includes(":") ? `[${address}]` : address}:${local} -> ${pair.remote}`);
        } catch (error) {
          problem = error as Error;
        }
      }
      if (bound.length === 0) {
        const code = (problem as NodeJS.ErrnoException | undefined)?.code;
        const why =
          code === "EADDRINUSE"
            ? "bind: address already in use"
            : code === "EACCES"
              ? "bind: permission denied"
              : (problem?.message ?? "no address");
        session.err(
          `Unable to listen on port ${local}: Listeners failed to create with the following errors: [unable to create listener: Error listen tcp4 127.0.0.1:${local}: ${why}]\n`,
        );
        throw new CliError(`unable to listen on any of the requested ports: [{${pair.local} ${pair.remote}}]`);
      }
      servers.push(...bound);
    }
    await Promise.race([
      failed,
      new Promise<void>((resolve) =>
        io.signal?.aborted ? resolve() : io.signal?.addEventListener("abort", () => resolve(), { once: true }),
      ),
    ]);
  } finally {
    for (const server of servers) server.close();
    for (const socket of sockets) socket.destroy();
  }
}

interface Place {
  namespace: string;
  name: string;
  port: number;
}

/** Where connections go: the pod that was found, or, of a workload that is followed, the one that serves it now. */
class Backend {
  readonly follows: boolean;
  readonly #session: Session;
  readonly #how: { target: At; object: KObject; specs: string[] };
  #pod: KObject;

  constructor(session: Session, { pod, ...how }: { target: At; object: KObject; pod: KObject; specs: string[] }) {
    this.#session = session;
    this.#how = how;
    this.#pod = pod;
    this.follows = followsWorkload(session, how.object);
  }

  /** `index`: of the ports that were asked for. */
  async place(index: number): Promise<Place> {
    if (this.follows) await this.#renew();
    const { target, object, specs } = this.#how;
    const { namespace = target.namespace, name } = this.#pod.metadata;
    return { namespace, name, port: parsePair(specs[index]!, object, this.#pod).remote };
  }

  async #renew(): Promise<void> {
    const session = this.#session;
    const { namespace = "", name, uid } = this.#pod.metadata;
    const resource = await session.resource("pods");
    const live = await getObject(session, { resource, namespace, name }).catch(unlessGone);
    if (live && live.metadata.uid === uid && !live.metadata.deletionTimestamp && live.status?.phase === "Running") return;
    const { target, object } = this.#how;
    this.#pod = await servingPod(session, { at: target, object }, session.flags.duration("pod-running-timeout"));
    session.err(`Forwarding to pod/${this.#pod.metadata.name} from now on\n`);
  }
}

function accept(
  session: Session,
  backend: Backend,
  port: { index: number; local: number },
  at: { socket: Socket; sockets: Set<Socket>; fail(error: Error): void },
): void {
  const { socket, sockets } = at;
  sockets.add(socket);
  socket.on("close", () => sockets.delete(socket));
  socket.on("error", () => socket.destroy());
  session.line(`Handling connection for ${port.local}`);
  const forward = async () => {
    const place = await backend.place(port.index);
    const { tunnel } = await import("../../connect/port-tunnel.ts");
    await tunnel(session, place, place.port, socket).catch((error: unknown) => {
      session.err(`E error forwarding port ${place.port} to pod ${place.namespace}/${place.name}: ${messageFor(error)}\n`);
      if ((error as { reason?: string }).reason === "NotFound" && !backend.follows) at.fail(new CliError("lost connection to pod"));
      throw error;
    });
  };
  forward().catch((error: unknown) => {
    socket.destroy();
    if (backend.follows && error instanceof CliError) session.err(`E ${messageFor(error)}\n`);
  });
}

function addresses(given: string[]): string[] {
  return given.flatMap((address) => {
    if (address === "localhost") return ["127.0.0.1", "::1"];
    if (/^[\d.]+$|:/.test(address)) return [address];
    throw new CliError(`${address} is not a valid IP`);
  });
}

function listen(address: string, port: number, accept_: (socket: Socket) => void): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer(accept_);
    server.once("error", reject);
    server.listen({ host: address, port, ipv6Only: address.includes(":") }, () => resolve(server));
  });
}

/** `[local:]remote`, where remote may be a name and, for a service, is the service's port. */
function parsePair(spec: string, object: KObject, pod: KObject): Pair {
  const parts = spec.split(":");
  if (parts.length > 2) throw new CliError(`invalid port format '${spec}'`);
  const [local, remote] = parts.length === 1 ? [parts[0], parts[0]] : parts;
  const target = remotePort(remote, object, pod);
  const own = parts.length === 1 ? (/^\d+$/.test(local) ? Number(local) : target) : local === "" ? 0 : Number(local);
  if (!Number.isInteger(own) || own > 65535)
    throw new CliError(`error parsing local port '${local}': strconv.ParseUint: parsing ${JSON.stringify(local)}: invalid syntax`);
  return { local: own, remote: target };
}

interface NamedPort {
  name?: string;
  port: number;
  targetPort?: number | string;
  containerPort: number;
}

function remotePort(remote: string, object: KObject, pod: KObject): number {
  const containerPorts: NamedPort[] = (pod.spec.containers as { ports?: NamedPort[] }[]).flatMap((container) => container.ports ?? []);
  const byName = (name: string) => containerPorts.find((port) => port.name === name)?.containerPort;
  if (object.kind === "Service") {
    const ports: NamedPort[] = object.spec.ports ?? [];
    const found = ports.find((port) => port.name === remote || String(port.port) === remote);
    if (!found)
      throw new CliError(
        /^\d+$/.test(remote)
          ? `Service ${object.metadata.name} does not have a service port ${remote}`
          : `Service '${object.metadata.name}' does not have a named port '${remote}'`,
      );
    if (object.spec.clusterIP === "None") return found.port;
    const { targetPort = found.port } = found;
    if (typeof targetPort === "number") return targetPort === 0 ? found.port : targetPort;
    const resolved = byName(targetPort);
    if (resolved === undefined) throw new CliError(`Pod '${pod.metadata.name}' does not have a named port '${targetPort}'`);
    return resolved;
  }
  if (/^\d+$/.test(remote)) {
    if (Number(remote) === 0) throw new CliError("remote port must be > 0");
    return Number(remote);
  }
  const resolved = byName(remote);
  if (resolved === undefined) throw new CliError(`Pod '${pod.metadata.name}' does not have a named port '${remote}'`);
  return resolved;
}
