/** A webhook for tests, in this process: HTTPS, an answer a path, and a note of every review that came. */
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { networkInterfaces } from "node:os";
import { testAuthority } from "../../src/serve/test-certificates.ts";

// biome-ignore lint/suspicious/noExplicitAny: reviews hold objects of every kind
export type Review = any;
export type Answer = Record<string, unknown> | "hang" | { raw: unknown; code?: number };

export interface WebhookServer {
  /** Base64, as configurations hold it. */
  caBundle: string;
  port: number;
  /** An address of this machine that Services may lead to; undefined: it has none but its own loopback. */
  host: string | undefined;
  url(path: string): string;
  /** What answers at a path: the response without its uid. */
  at(path: string, answer: (request: Review) => Answer): void;
  /** The requests of all reviews at a path, oldest first. */
  asked(path: string): Review[];
  close(): Promise<void>;
}

export async function webhookServer(...names: string[]): Promise<WebhookServer> {
  const authority = await testAuthority();
  const { cert, key } = await authority.serving("127.0.0.1", ...names);
  const answers = new Map<string, (request: Review) => Answer>();
  const seen = new Map<string, Review[]>();
  const server = createServer({ cert, key }, async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const path = request.url!.split("?")[0]!;
    const review = JSON.parse(Buffer.concat(parts).toString()) as Review;
    seen.set(path, [...(seen.get(path) ?? []), { ...review.request, review, url: request.url, host: request.headers.host }]);
    const answer = answers.get(path)?.(review.request);
    if (answer === "hang") return;
    if (!answer) return void response.writeHead(404).end("no such webhook");
    const body = "raw" in answer ? answer.raw : { ...review, request: undefined, response: { uid: review.request.uid, ...answer } };
    response.writeHead("raw" in answer ? ((answer.code as number) ?? 200) : 200, { "content-type": "application/json" });
    response.end(typeof body === "string" ? body : JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, "0.0.0.0", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    caBundle: Buffer.from(authority.ca).toString("base64"),
    port,
    host: ownAddress(),
    url: (path) => `https://127.0.0.1:${port}${path}`,
    at: (path, answer) => void answers.set(path, answer),
    asked: (path) => seen.get(path) ?? [],
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

/** Not loopback and not link-local: the API server calls neither for anybody. */
export const ownAddress = (): string | undefined =>
  Object.values(networkInterfaces())
    .flat()
    .find((each) => each && each.family === "IPv4" && !each.internal && !each.address.startsWith("169.254."))?.address;

export const patchOf = (...operations: object[]) => ({
  allowed: true,
  patchType: "JSONPatch",
  patch: Buffer.from(JSON.stringify(operations)).toString("base64"),
});
