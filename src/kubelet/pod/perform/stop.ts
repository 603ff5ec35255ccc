/**
 * Stops containers in the background: each may take its grace period, and meanwhile the pod is looked at as usual. What is under
 * way is known here alone, and goes into the plan as a fact.
 */
import type { Container } from "#api/mod.ts";
import { messageOf } from "#base/mod.ts";
import type { Outcome, PodContext } from "../context.ts";
import { runHook } from "../hooks.ts";
import type { PodStep } from "../steps.ts";

type StopStep = Extract<PodStep, { do: "stopContainer" }>;

/** What is left of the grace period after a hook is never less. */
const leastSeconds = 2;

export class Stopping {
  readonly #at: PodContext;
  /** Container → until when it may take, milliseconds since 1970. */
  readonly until = new Map<string, number>();
  #hooks = new Map<string, Promise<void>>();

  constructor(at: PodContext) {
    this.#at = at;
  }

  get hooked(): ReadonlySet<string> {
    return new Set(this.#hooks.keys());
  }

  preStop(step: { id: string; name: string; graceSeconds: number }): Outcome {
    void this.#hook(step);
    return { changed: false };
  }

  stop(step: StopStep): Outcome {
    const { node } = this.#at;
    const isAgain = this.until.has(step.id);
    this.until.set(step.id, node.clock.now() + step.graceSeconds * 1000);
    if (!isAgain) {
      const isPlain = step.reason === "deleted" || step.reason === "finished" || step.reason === "failed";
      this.#at.tell("Normal", "Killing", isPlain ? `Stopping container ${step.name}` : step.why, step.name);
    }
    void this.#run(step, isAgain);
    return { changed: false };
  }

  async #run(step: StopStep, isAgain: boolean): Promise<void> {
    const { node, pod, uid } = this.#at;
    const began = node.clock.monotonic();
    try {
      if (!isAgain) await this.#hook(step);
      const spent = Math.floor((node.clock.monotonic() - began) / 1000);
      await node.runtime.stopContainer(step.id, Math.max(Math.min(leastSeconds, step.graceSeconds), step.graceSeconds - spent));
    } catch (error) {
      const name = `${pod.metadata.namespace}/${pod.metadata.name}`;
      node.log.warn("kubelet: a container did not stop", { pod: name, uid, container: step.name, error: messageOf(error) });
    } finally {
      await node.refresh().catch(() => {});
      this.until.delete(step.id);
      this.#hooks.delete(step.id);
      this.#at.wake();
    }
  }

  /** Runs once a container; who comes later waits for it. */
  #hook({ id, name, graceSeconds }: { id: string; name: string; graceSeconds: number }): Promise<void> {
    const { node, tell } = this.#at;
    const container = this.#at.find(name) as Container | undefined;
    const hook = container?.lifecycle?.preStop;
    if (!hook || graceSeconds <= 0) return Promise.resolve();
    let running = this.#hooks.get(id);
    if (!running) {
      const ip = this.#at.seen()?.sandboxes[0]?.ip ?? "";
      const { runtime, clock } = node;
      running = runHook({ hook, id, container: container!, ip, runtime, clock, timeoutMs: graceSeconds * 1000 }).catch((error) =>
        tell("Warning", "FailedPreStopHook", `PreStopHook failed: ${messageOf(error)}`, name),
      );
      this.#hooks.set(id, running);
    }
    return running;
  }
}
