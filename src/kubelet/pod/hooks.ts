/** Runs a postStart or preStop hook: a command in the container, an HTTP request to it, or a pause. */

import type { Container, LifecycleHandler } from "#api/mod.ts";
import type { Clock } from "#base/mod.ts";
import { httpGet } from "../probes/ask/http.ts";
import type { Runtime } from "../runtime/runtime.ts";

export interface HookInput {
  hook: LifecycleHandler;
  id: string;
  container: Container;
  ip: string;
  runtime: Runtime;
  clock: Clock;
  timeoutMs: number;
}

/** Rejects when the hook failed or took too long. */
export async function runHook({ hook, id, container, ip, runtime, clock, timeoutMs }: HookInput): Promise<void> {
  if (hook.exec) {
    const { exitCode, stdout, stderr } = await runtime.exec(id, hook.exec.command ?? [], Math.ceil(timeoutMs / 1000));
    if (exitCode !== 0)
      throw new Error(`command '${(hook.exec.command ?? []).join(" ")}' exited with ${exitCode}: ${(stdout + stderr).slice(0, 1024)}`);
  } else if (hook.httpGet) {
    const outcome = await httpGet(hook.httpGet, { ip, container }, timeoutMs, clock);
    if (!outcome.ok) throw new Error(outcome.message);
  } else if (hook.sleep) await clock.sleep(Math.min(timeoutMs, (hook.sleep.seconds ?? 0) * 1000));
}
