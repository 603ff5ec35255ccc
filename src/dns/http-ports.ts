/** What tells of the process over HTTP: `/metrics`, `/health` and `/ready`, at the addresses where DNS is answered. */
import { createServer, type Server, type ServerResponse } from "node:http";
import { type Log, messageOf } from "#base/mod.ts";

/** Answers one path; undefined where the configuration has no such path at that port. */
export type Teller = (path: string, port: number) => { status: number; type: string; text: string } | undefined;

const mostConnections = 64;
const headMs = 10_000;

export class HttpPorts {
  readonly #addresses: readonly string[];
  readonly #tell: Teller;
  readonly #log: Log;
  readonly #open = new Map<number, Server[]>();

  constructor({ addresses, tell, log }: { addresses: readonly string[]; tell: Teller; log: Log }) {
    this.#addresses = addresses;
    this.#tell = tell;
    this.#log = log;
  }
  /** A port that somebody else has is no reason not to answer DNS: its problem is given back. */
  async set(ports: readonly number[]): Promise<string[]> {
    const problems: string[] = [];
    for (const port of [...this.#open.keys()]) if (!ports.includes(port)) await this.#close(port);
    for (const port of new Set(ports)) {
      if (this.#open.has(port)) continue;
      const servers: Server[] = [];
      this.#open.set(port, servers);
      try {
        for (const address of this.#addresses) servers.push(await this.#listen(address, port));
      } catch (error) {
        problems.push(`port ${port} cannot be opened: ${messageOf(error)}`);
        await this.#close(port);
      }
    }
    return problems;
  }
  async close(): Promise<void> {
    for (const port of [...this.#open.keys()]) await this.#close(port);
  }
  async #close(port: number): Promise<void> {
    const servers = this.#open.get(port) ?? [];
    this.#open.delete(port);
    for (const server of servers) {
      server.closeAllConnections();
      await new Promise<void>((done) => server.close(() => done()));
    }
  }
  #listen(address: string, port: number): Promise<Server> {
    const server = createServer({ headersTimeout: headMs, requestTimeout: headMs }, (request, response) => {
      const answer = this.#tell((request.url ?? "/").replace(/\?.*/, ""), port);
      if (answer) send(response, answer.status, answer.type, answer.text);
      else send(response, 404, "text/plain; charset=utf-8", "404 page not found\n");
    });
    server.maxConnections = mostConnections;
    return new Promise((done, fail) => {
      server.once("error", fail);
      server.listen({ host: address, port, reusePort: true }, () => {
        server.off("error", fail);
        server.on("error", (error) => this.#log.warn("dns: http port", { port, error: error.message }));
        done(server);
      });
    });
  }
}

function send(response: ServerResponse, status: number, type: string, text: string): void {
  response.writeHead(status, { "content-type": type });
  response.end(text);
}
