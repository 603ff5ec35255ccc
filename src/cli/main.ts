#!/usr/bin/env node
/** kubectl as a program: this process's streams, environment and signals. */
import { enableCompileCache } from "node:module";

// Compiled code is kept between runs: a command starts in half the time.
enableCompileCache();
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
process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));

const { stdin, stdout, stderr, env } = process;
process.exitCode = await kubectl(process.argv.slice(2), { stdin, stdout, stderr, env, cwd: process.cwd(), signal: stop.signal });
stdin.unref?.();
