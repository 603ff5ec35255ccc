/** Asks the node's own resolvers about names outside the cluster, one after another, within a bound. */
import { createSocket } from "node:dgram";
import { connect } from "node:net";
import type { Clock } from "#base/mod.ts";

export interface Forwarder {
  /** The answer as it came; rejects when no resolver answered in time. */
  ask(query: Buffer, stream: boolean): Promise<Buffer>;
}

const waitMs = 2000;
const mostUnderWay = 1000;

export function createForwarder(resolvers: readonly string[], clock: Clock): Forwarder {
  let underWay = 0;
  return {
    async ask(query, stream) {
      if (resolvers.length === 0) throw new Error("dns: this node has no resolver for names outside the cluster");
      if (underWay >= mostUnderWay) throw new Error(`dns: ${mostUnderWay} questions are under way already`);
      underWay++;
      try {
        let last: unknown;
        for (const resolver of resolvers) {
          try {
            return await (stream ? askTcp(resolver, query, clock) : askUdp(resolver, query, clock));
          } catch (error) {
            last = error;
          }
        }
        throw new Error(`dns: no answer from ${resolvers.join(", ")}`, { cause: last });
      } finally {
        underWay--;
      }
    },
  };
}

function askUdp(resolver: string, query: Buffer, clock: Clock): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = createSocket(resolver.includes(":") ? "udp6" : "udp4");
    const end = (error: Error | undefined, answer?: Buffer) => {
      timer.cancel();
      socket.close();
      if (answer) resolve(answer);
      else reject(error);
    };
    const timer = clock.after(waitMs, () => end(new Error(`${resolver} did not answer within ${waitMs} ms`)));
    socket.once("error", (error) => end(error));
    socket.on("message", (answer) => {
      if (answer.length >= 12 && answer[0] === query[0] && answer[1] === query[1]) end(undefined, answer);
    });
    socket.connect(53, resolver, () => socket.send(query));
  });
}

function askTcp(resolver: string, query: Buffer, clock: Clock): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: resolver, port: 53 });
    let pending: Buffer = Buffer.alloc(0);
    const end = (error: Error | undefined, answer?: Buffer) => {
      timer.cancel();
      socket.destroy();
      if (answer) resolve(answer);
      else reject(error);
    };
    const timer = clock.after(waitMs, () => end(new Error(`${resolver} did not answer within ${waitMs} ms`)));
    socket.once("error", (error) => end(error));
    socket.once("connect", () => {
      const framed = Buffer.alloc(query.length + 2);
      framed.writeUInt16BE(query.length);
      query.copy(framed, 2);
      socket.write(framed);
    });
    socket.on("data", (chunk: Buffer) => {
      pending = Buffer.concat([pending, chunk]);
      if (pending.length >= 2 && pending.length >= 2 + pending.readUInt16BE(0))
        end(undefined, pending.subarray(2, 2 + pending.readUInt16BE(0)));
    });
    socket.once("close", () => end(new Error(`${resolver} closed the connection`)));
  });
}
