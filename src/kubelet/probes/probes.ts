/** Asks containers how they are: startup, readiness and liveness, by exec, HTTP, TCP or gRPC. */
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { connect } from "node:net";
import type { Container, Pod, Probe } from "#api/mod.ts";
import { type Clock, messageOf, type Random, type Timer } from "#base/mod.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { checkGrpcHealth } from "./ask/grpc.ts";
import { heldPorts, isListening, longestHoldMs } from "./listening.ts";

export type ProbeKind = "startup" | "readiness" | "liveness";
export type Outcome = { ok: true } | { ok: false; message: string };

export interface ProbeOptions {
  runtime: Runtime;
  clock: Clock;
  random: Random;
  /** Something that pods' status depends on has changed. */
  onChange(podUid: string): void;
  onFailure(pod: Pod, container: Container, kind: ProbeKind, message: string): void;
}

interface Worker {
  kind: ProbeKind;
  probe: Probe;
  timer: Timer | undefined;
  successes: number;
  failures: number;
  stopped: boolean;
}

interface Probed {
  podUid: string;
  pod: Pod;
  container: Container;
  ip: string;
  started: boolean;
  ready: boolean;
  condemned: "startup" | "liveness" | undefined;
  workers: Worker[];
  startedAtMs: number;
}

/** Results belong to a running container and are forgotten with it. */
export class Probes {
  readonly #options: ProbeOptions;
  #byId = new Map<string, Probed>();

  constructor(options: ProbeOptions) {
    this.#options = options;
  }

  /** Starts probing a container that runs; again with the same id only renews the pod. */
  watch(id: string, pod: Pod, container: Container, at: { ip: string; sandboxId: string; startedAtMs: number }): void {
    const { ip, startedAtMs } = at;
    const known = this.#byId.get(id);
    if (known) {
      known.pod = pod;
      known.ip = ip;
      return;
    }
    const { startupProbe, readinessProbe } = container;
    const probed: Probed = {
      podUid: pod.metadata.uid!,
      pod,
      container,
      ip,
      started: !startupProbe,
      ready: !startupProbe && !readinessProbe,
      condemned: undefined,
      workers: [],
      startedAtMs,
    };
    this.#byId.set(id, probed);
    const ports = heldPorts(container);
    if (ports.length > 0 && this.#options.clock.now() - startedAtMs < longestHoldMs) {
      probed.ready = false;
      void this.#hold(id, probed, at.sandboxId, ports);
      if (container.livenessProbe) this.#begin(id, probed, "liveness", container.livenessProbe);
      return;
    }
    if (startupProbe) this.#begin(id, probed, "startup", startupProbe);
    else this.#beginOthers(id, probed);
  }

  /** Stops probing containers that are not in this set. */
  keep(podUid: string, ids: ReadonlySet<string>): void {
    for (const [id, probed] of this.#byId) {
      if (probed.podUid !== podUid || ids.has(id)) continue;
      for (const worker of probed.workers) stop(worker);
      this.#byId.delete(id);
    }
  }

  /** Probes nobody any more: the pod is on its way out. Its containers count as not ready. */
  silence(podUid: string): void {
    for (const probed of this.#byId.values()) {
      if (probed.podUid !== podUid) continue;
      for (const worker of probed.workers) if (worker.kind !== "readiness") stop(worker);
    }
  }

  started(id: string): boolean {
    return this.#byId.get(id)?.started ?? false;
  }
  ready(id: string): boolean {
    const probed = this.#byId.get(id);
    return probed !== undefined && probed.started && probed.ready;
  }
  condemned(podUid: string): Map<string, "startup" | "liveness"> {
    const out = new Map<string, "startup" | "liveness">();
    for (const [id, probed] of this.#byId) if (probed.podUid === podUid && probed.condemned) out.set(id, probed.condemned);
    return out;
  }
  close(): void {
    for (const probed of this.#byId.values()) for (const worker of probed.workers) stop(worker);
    this.#byId.clear();
  }

  /** Ready as soon as it listens, or after a second. */
  async #hold(id: string, probed: Probed, sandboxId: string, ports: readonly number[]): Promise<void> {
    const { clock, runtime } = this.#options;
    const end = clock.monotonic() + longestHoldMs;
    const pid = await runtime.sandboxPid(sandboxId).catch(() => undefined);
    for (
      let wait = 5;
      pid !== undefined && this.#byId.get(id) === probed && clock.monotonic() < end && !isListening(pid, ports);
      wait = Math.min(50, wait * 2)
    )
      await clock.sleep(wait);
    if (this.#byId.get(id) !== probed) return;
    probed.ready = true;
    this.#options.onChange(probed.podUid);
  }

  #beginOthers(id: string, probed: Probed): void {
    const { readinessProbe, livenessProbe } = probed.container;
    if (readinessProbe) this.#begin(id, probed, "readiness", readinessProbe);
    else probed.ready = true;
    if (livenessProbe) this.#begin(id, probed, "liveness", livenessProbe);
  }

  #begin(id: string, probed: Probed, kind: ProbeKind, probe: Probe): void {
    const worker: Worker = { kind, probe, timer: undefined, successes: 0, failures: 0, stopped: false };
    probed.workers.push(worker);
    const sinceStart = Math.max(0, this.#options.clock.now() - probed.startedAtMs);
    const delay = Math.max(0, (probe.initialDelaySeconds ?? 0) * 1000 - sinceStart);
    this.#arm(id, probed, worker, delay);
  }

  #arm(id: string, probed: Probed, worker: Worker, delayMs: number): void {
    worker.timer = this.#options.clock.after(
      delayMs,
      () => {
        void this.#run(id, probed, worker);
      },
      { background: true },
    );
  }

  async #run(id: string, probed: Probed, worker: Worker): Promise<void> {
    const timeoutMs = (worker.probe.timeoutSeconds || 1) * 1000;
    let outcome: Outcome;
    try {
      outcome = await this.#check(id, probed, worker.probe, timeoutMs);
    } catch (error) {
      outcome = { ok: false, message: messageOf(error) };
    }
    if (worker.stopped || this.#byId.get(id) !== probed) return;
    this.#judge(id, probed, worker, outcome);
    // A container that has not been ready yet is asked more often, so that it gets traffic as soon as it can take it.
    const eager =
      worker.kind !== "liveness" && !outcome.ok && !probed.ready
        ? Math.min(1000, (worker.probe.periodSeconds || 10) * 1000)
        : (worker.probe.periodSeconds || 10) * 1000;
    if (!worker.stopped) this.#arm(id, probed, worker, worker.kind === "readiness" ? eager : (worker.probe.periodSeconds || 10) * 1000);
  }

  #judge(id: string, probed: Probed, worker: Worker, outcome: Outcome): void {
    const { kind, probe } = worker;
    if (outcome.ok) {
      worker.failures = 0;
      worker.successes++;
    } else {
      worker.successes = 0;
      worker.failures++;
      this.#options.onFailure(probed.pod, probed.container, kind, outcome.message);
    }
    const passed = worker.successes >= (probe.successThreshold || 1);
    const failed = worker.failures >= (probe.failureThreshold || 3);
    if (kind === "readiness" && (passed || failed) && probed.ready !== passed) {
      probed.ready = passed;
      this.#options.onChange(probed.podUid);
    }
    if (kind === "startup" && passed) {
      stop(worker);
      probed.started = true;
      this.#beginOthers(id, probed);
      this.#options.onChange(probed.podUid);
    }
    if (kind !== "readiness" && failed && !probed.condemned) {
      probed.condemned = kind;
      this.#options.onChange(probed.podUid);
    }
  }

  #check(id: string, probed: Probed, probe: Probe, timeoutMs: number): Promise<Outcome> {
    if (probe.exec) return this.#exec(id, probe.exec.command ?? [], timeoutMs / 1000);
    if (probe.httpGet) return httpGet(probe.httpGet, probed, timeoutMs, this.#options.clock);
    if (probe.tcpSocket)
      return tcp(probe.tcpSocket.host || probed.ip, portOf(probe.tcpSocket.port, probed.container), timeoutMs, this.#options.clock);
    if (probe.grpc) return checkGrpcHealth(probed.ip, probe.grpc.port ?? 0, probe.grpc.service ?? "", timeoutMs);
    return Promise.resolve({ ok: true });
  }

  async #exec(id: string, command: readonly string[], timeoutSeconds: number): Promise<Outcome> {
    const { exitCode, stdout, stderr } = await this.#options.runtime.exec(id, command, timeoutSeconds);
    return exitCode === 0 ? { ok: true } : { ok: false, message: (stdout + stderr).slice(0, 10_240) };
  }
}

function stop(worker: Worker): void {
  worker.stopped = true;
  worker.timer?.cancel();
}

export function portOf(port: number | string | undefined, container: Pick<Container, "ports">): number {
  if (typeof port === "number") return port;
  const named = container.ports?.find((each) => each.name === port)?.containerPort;
  return named ?? Number.parseInt(port ?? "", 10);
}

interface HttpAction {
  path?: string;
  port?: number | string;
  host?: string;
  scheme?: string;
  httpHeaders?: { name?: string; value?: string }[];
}

export function httpGet(
  action: HttpAction,
  at: { ip: string; container: Pick<Container, "ports"> },
  timeoutMs: number,
  clock: Clock,
): Promise<Outcome> {
  const secure = action.scheme === "HTTPS";
  const host = action.host || at.ip;
  const port = portOf(action.port, at.container);
  const path = action.path?.startsWith("/") ? action.path : `/${action.path ?? ""}`;
  const url = `${secure ? "https" : "http"}://${host}:${port}${path}`;
  const headers: Record<string, string> = { "user-agent": "kube-probe/1.36", accept: "*/*" };
  for (const { name = "", value = "" } of action.httpHeaders ?? []) headers[name.toLowerCase()] = value;
  return new Promise((resolve) => {
    const send = secure ? httpsRequest : httpRequest;
    const request = send({ host, port, path, headers, agent: false, ...(secure ? { rejectUnauthorized: false } : {}) });
    const timer = clock.after(timeoutMs, () => {
      resolve({ ok: false, message: `Get "${url}": context deadline exceeded (Client.Timeout exceeded while awaiting headers)` });
      request.destroy();
    });
    request.once("error", (error) => {
      timer.cancel();
      resolve({ ok: false, message: `Get "${url}": ${dialError(error, host, port)}` });
    });
    request.once("response", (response) => {
      timer.cancel();
      response.resume();
      response.once("close", () => request.destroy());
      const code = response.statusCode ?? 0;
      resolve(code >= 200 && code < 400 ? { ok: true } : { ok: false, message: `HTTP probe failed with statuscode: ${code}` });
    });
    request.end();
  });
}

function dialError(error: Error & { code?: string }, host: string, port: number): string {
  if (error.code === "ECONNREFUSED") return `dial tcp ${host}:${port}: connect: connection refused`;
  if (error.code === "EHOSTUNREACH") return `dial tcp ${host}:${port}: connect: no route to host`;
  return error.message;
}

function tcp(host: string, port: number, timeoutMs: number, clock: Clock): Promise<Outcome> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (outcome: Outcome) => {
      timer.cancel();
      socket.destroy();
      resolve(outcome);
    };
    const timer = clock.after(timeoutMs, () => end({ ok: false, message: `dial tcp ${host}:${port}: i/o timeout` }));
    socket.once("connect", () => end({ ok: true }));
    socket.once("error", (error) => end({ ok: false, message: dialError(error, host, port) }));
  });
}
