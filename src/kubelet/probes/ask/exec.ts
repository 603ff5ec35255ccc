/** A command in the container: exit code 0 is well. */
import type { Runtime } from "../../runtime/runtime.ts";
import type { Outcome } from "../judge.ts";

const mostOutput = 10_240;

export async function askExec(
  runtime: Pick<Runtime, "exec">,
  id: string,
  command: readonly string[],
  timeoutSeconds: number,
): Promise<Outcome> {
  const { exitCode, stdout, stderr } = await runtime.exec(id, command, timeoutSeconds);
  return exitCode === 0 ? { ok: true } : { ok: false, message: (stdout + stderr).slice(0, mostOutput) };
}
