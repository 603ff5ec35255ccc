/** Reads `/metrics/resource` of one kubelet, bounded in time and size. */
import { request } from "node:https";
import type { Clock } from "#base/mod.ts";
import type { Storage } from "../contract.ts";
import { type KubeletCredentials, kubeletAt } from "../proxy/mod.ts";

/** Shorter than the time between two looks. */
const answerMs = 9000;
/** 110 pods of ten containers are a quarter of it. */
const mostBytes = 4 * 1024 * 1024;

export function kubeletText(storage: Storage, kubelet: KubeletCredentials, clock: Clock) {
  return async (node: string, signal: AbortSignal): Promise<string> => {
    const { host, port, tls } = kubeletAt(storage, node, () => kubelet);
    return textAt({ host, port, ...tls, signal }, clock);
  };
}

function textAt(at: object, clock: Clock): Promise<string> {
  return new Promise((resolve, reject) => {
    const asking = request({ ...at, path: "/metrics/resource", agent: false }, (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on("data", (chunk: Buffer) => {
        size += chunk.length;
        if (size > mostBytes) asking.destroy(new Error(`the answer is longer than ${mostBytes} bytes`));
        chunks.push(chunk);
      });
      response.once("error", reject);
      response.once("end", () => {
        if (response.statusCode === 200) resolve(Buffer.concat(chunks).toString());
        else reject(new Error(`the answer is ${response.statusCode}`));
      });
    });
    const timer = clock.after(answerMs, () => asking.destroy(new Error(`no answer within ${answerMs} ms`)), { background: true });
    asking.once("close", () => timer.cancel());
    asking.once("error", reject);
    asking.end();
  });
}
