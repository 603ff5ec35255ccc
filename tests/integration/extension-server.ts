/** An API server of somebody else's, for tests: one kind of one group, known to nobody but by its front proxy's certificate. */
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { TLSSocket } from "node:tls";
import { testAuthority } from "../../src/serve/test-certificates.ts";
import { ownAddress } from "./webhook-server.ts";

export interface Heard {
  method: string;
  url: string;
  headers: Record<string, string | string[] | undefined>;
  proxy: string;
  body: string;
}

export interface ExtensionServer {
  caBundle: string;
  frontProxy: { cert: string; key: string };
  frontProxyCa: string;
  host: string | undefined;
  port: number;
  heard: Heard[];
  /** While true every answer is 503. */
  broken: boolean;
  /** Events for open watches. */
  tell(event: object): void;
  close(): Promise<void>;
}

const group = "wardle.example.com";
const root = `/apis/${group}/v1alpha1`;
const kind = {
  name: "flunders",
  singularName: "flunder",
  namespaced: true,
  kind: "Flunder",
  verbs: ["create", "delete", "get", "list", "watch"],
  shortNames: ["fl"],
};
const documents: Record<string, object> = {
  [root]: {
    kind: "APIResourceList",
    apiVersion: "v1",
    groupVersion: `${group}/v1alpha1`,
    resources: [kind, { name: "flunders/status", singularName: "", namespaced: true, kind: "Flunder", verbs: ["get"] }],
  },
  "/openapi/v3": { paths: { [root.slice(1)]: { serverRelativeURL: `/openapi/v3${root}?hash=ABC` } } },
  [`/openapi/v3${root}`]: { openapi: "3.0.0", info: { title: "wardle", version: "1" }, paths: {} },
  "/openapi/v2": {
    swagger: "2.0",
    info: { title: "wardle", version: "1" },
    paths: {
      [`${root}/flunders`]: { get: { responses: { 200: { description: "OK", schema: { $ref: "#/definitions/wardle.Flunder" } } } } },
      "/version/": {},
    },
    definitions: {
      "wardle.Flunder": {
        type: "object",
        properties: { metadata: { $ref: "#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta" } },
      },
      "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta": { type: "object" },
      unused: {},
    },
  },
};

/** `more`: what else is answered, by path and query, before anything of its own. */
export async function extensionServer(
  service: string,
  more: (path: string, query: URLSearchParams) => object | undefined = () => undefined,
): Promise<ExtensionServer> {
  const serving = await testAuthority();
  const front = await testAuthority();
  const watches = new Set<{ write(text: string): void }>();
  const { cert, key } = await serving.serving(service);
  const server: ExtensionServer = {
    caBundle: Buffer.from(serving.ca).toString("base64"),
    frontProxy: await front.client("front-proxy-client"),
    frontProxyCa: front.ca,
    host: ownAddress(),
    port: 0,
    heard: [],
    broken: false,
    tell: (event) => {
      for (const watch of watches) watch.write(`${JSON.stringify(event)}\n`);
    },
    close: () =>
      new Promise((resolve) => {
        https.closeAllConnections();
        https.close(() => resolve());
      }),
  };
  const https = createServer({ cert, key, ca: front.ca, requestCert: true, rejectUnauthorized: true }, async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const { method = "", url = "", headers } = request;
    const proxy = String((request.socket as TLSSocket).getPeerCertificate().subject.CN);
    server.heard.push({ method, url, headers, proxy, body: Buffer.concat(parts).toString() });
    const send = (code: number, object: object) => {
      response.writeHead(code, { "content-type": "application/json" });
      response.end(JSON.stringify(object));
    };
    const { pathname, searchParams } = new URL(url, "https://x");
    if (server.broken) return send(503, {});
    const own = more(pathname, searchParams);
    if (own) return send((own as { code?: number }).code ?? 200, own);
    if (documents[pathname]) return send(200, documents[pathname]);
    if (!pathname.startsWith(`${root}/`))
      return send(404, { kind: "Status", apiVersion: "v1", status: "Failure", code: 404, message: "not here" });
    if (searchParams.get("watch")) {
      response.writeHead(200, { "content-type": "application/json" }).flushHeaders();
      const watch = { write: (text: string) => void response.write(text) };
      watches.add(watch);
      return void response.once("close", () => watches.delete(watch));
    }
    if (method === "POST") return send(201, JSON.parse(server.heard.at(-1)!.body));
    send(200, {
      kind: "FlunderList",
      apiVersion: `${group}/v1alpha1`,
      metadata: { resourceVersion: "5" },
      items: [{ metadata: { name: "one", namespace: "default" } }],
    });
  });
  https.on("upgrade", (request, socket) => {
    server.heard.push({ method: request.method!, url: request.url!, headers: request.headers, proxy: "", body: "" });
    socket.write("HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: echo\r\n\r\n");
    socket.pipe(socket);
  });
  await new Promise<void>((resolve) => https.listen(0, "0.0.0.0", resolve));
  server.port = (https.address() as AddressInfo).port;
  return server;
}
