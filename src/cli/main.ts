#!/usr/bin/env node
/** kubectl as a program: this process's streams, environment and signals. */

// Compiled code is kept between runs: a command starts in half the time. The launcher names the folder.
const { env } = process;
if (!env.NODE_COMPILE_CACHE) process.getBuiltinModule("node:module").enableCompileCache();
// Node would read them at each start, needed or not: the launcher put them aside.
if (env.SPOKE_EXTRA_CA_CERTS) env.NODE_EXTRA_CA_CERTS = env.SPOKE_EXTRA_CA_CERTS;
const { kubectl } = await import("./mod.ts");

const stop = new AbortController();
let interrupted = false;
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    if (interrupted) process.exit(130);
    interrupted = true;
    stop.abort();
  });
}
// A reader that went away (`| head`) is no failure of ours.
process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));

const code = await kubectl(process.argv.slice(2), {
  get stdin() {
    return process.stdin;
  },
  stdout: process.stdout,
  get stderr() {
    return process.stderr;
  },
  env,
  cwd: process.cwd(),
  signal: stop.signal,
});
// Kept-alive connections must not hold the program; what was written must still come out.
process.stdout.write("", () => process.stderr.write("", () => process.exit(code)));
