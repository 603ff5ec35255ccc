/** Asks one probe's question. */
import type { Container, Probe } from "#api/mod.ts";
import type { Clock } from "#base/mod.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import type { Outcome } from "../judge.ts";
import { askExec } from "./exec.ts";
import { checkGrpcHealth } from "./grpc.ts";
import { httpGet } from "./http.ts";
import { portOf } from "./port-of.ts";
import { askTcp } from "./tcp.ts";

export interface AskInput {
  probe: Probe;
  id: string;
  ip: string;
  container: Container;
  runtime: Pick<Runtime, "exec">;
  clock: Clock;
}

export function ask({ probe, id, ip, container, runtime, clock }: AskInput): Promise<Outcome> {
  const timeoutMs = (probe.timeoutSeconds || 1) * 1000;
  const { exec, httpGet: http, tcpSocket, grpc } = probe;
  if (exec) return askExec(runtime, id, exec.command ?? [], timeoutMs / 1000);
  if (http) return httpGet(http, { ip, container }, timeoutMs, clock);
  if (tcpSocket) return askTcp(tcpSocket.host || ip, portOf(tcpSocket.port, container), timeoutMs, clock);
  if (grpc) return checkGrpcHealth(ip, grpc.port ?? 0, grpc.service ?? "", timeoutMs, clock);
  return Promise.resolve({ ok: true });
}
