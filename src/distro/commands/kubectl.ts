/** `spoke kubectl …`: loads the cli room and nothing else, because it must start fast. */
import { kubectl } from "#cli/mod.ts";

export async function command(words: string[]): Promise<number> {
  const stop = new AbortController();
  let interrupts = 0;
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    process.on(name, () => {
      if (interrupts++ > 0) process.exit(130);
      stop.abort();
    });
  }
  const { stdin, stdout, stderr } = process;
  const env = { SPOKE_COMMAND: "spoke", ...process.env };
  return kubectl(words, { stdin, stdout, stderr, env, cwd: process.cwd(), signal: stop.signal });
}
