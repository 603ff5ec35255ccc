/** Hands a connection over to the runtime's streaming server: the request goes on as it came, then bytes both ways. */
import type { Clock } from "#base/mod.ts";
import { askUpgrade, join, textOf, type UpgradeOffer } from "#net/mod.ts";

const notPassed = new Set(["host", "authorization"]);

/** Rejects before the client is answered when the runtime refuses. Resolves when the stream stands. */
export async function handOver({ request, socket: client, head }: UpgradeOffer, target: URL, clock: Clock): Promise<void> {
  const headers: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(request.headers)) if (value !== undefined && !notPassed.has(name)) headers[name] = value;
  const asked = await askUpgrade(
    {
      scheme: "http",
      host: target.hostname,
      port: Number(target.port),
      path: `${target.pathname}${target.search}`,
      method: request.method ?? "POST",
      headers,
    },
    clock,
  );
  if (!asked.switched) throw new Error(`the runtime answered ${asked.answer.statusCode}: ${(await textOf(asked.answer)).trim()}`);
  const { answer, socket: runtime } = asked;
  const lines = [`HTTP/1.1 101 ${answer.statusMessage || "Switching Protocols"}`];
  for (let i = 0; i < answer.rawHeaders.length; i += 2) lines.push(`${answer.rawHeaders[i]}: ${answer.rawHeaders[i + 1]}`);
  client.write(`${lines.join("\r\n")}\r\n\r\n`);
  if (asked.head.length > 0) client.write(asked.head);
  if (head.length > 0) runtime.write(head);
  void join(client, runtime, clock);
}
