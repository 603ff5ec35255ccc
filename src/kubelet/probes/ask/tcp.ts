/** A connection that is opened is well. */
import { connect } from "node:net";
import { type Clock, hostPort } from "#base/mod.ts";
import type { Outcome } from "../judge.ts";
import { dialError } from "./port-of.ts";

export function askTcp(host: string, port: number, timeoutMs: number, clock: Clock): Promise<Outcome> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (outcome: Outcome) => {
      timer.cancel();
      socket.destroy();
      resolve(outcome);
    };
    const timer = clock.after(timeoutMs, () => end({ ok: false, message: `dial tcp ${hostPort(host, port)}: i/o timeout` }));
    socket.once("connect", () => end({ ok: true }));
    socket.once("error", (error) => end({ ok: false, message: dialError(error, host, port) }));
  });
}
