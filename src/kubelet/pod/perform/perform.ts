/** Carries out the steps of plans: an entry for each, so that a step without one does not compile. */
import type { Outcome, PodContext } from "../context.ts";
import type { PodStep } from "../steps.ts";
import { resize } from "./resize.ts";
import { createSandbox } from "./sandbox.ts";
import { startContainer } from "./start.ts";
import type { Stopping } from "./stop.ts";

type Perform<D extends PodStep["do"]> = (step: Extract<PodStep, { do: D }>, at: PodContext, stopping: Stopping) => Promise<Outcome>;

const perform: { [D in PodStep["do"]]: Perform<D> } = {
  createSandbox: (step, at) => createSandbox(step.attempt, at),
  startContainer: (step, at) => startContainer(step, at),
  preStop: async (step, _, stopping) => stopping.preStop(step),
  stopContainer: async (step, _, stopping) => stopping.stop(step),
  removeContainer: async ({ id }, { node }) => {
    await node.runtime.removeContainer(id);
    return { changed: true };
  },
  stopSandbox: async ({ id }, { node }) => {
    await node.runtime.stopSandbox(id);
    return { changed: true };
  },
  resize: (step, at) => resize(step, at),
  tell: async ({ type, reason, message, container }, { tell }) => {
    tell(type, reason, message, container);
    return { changed: false };
  },
};

export function performStep(step: PodStep, at: PodContext, stopping: Stopping): Promise<Outcome> {
  // The entry of a step's own word takes just that step: the compiler cannot follow it through the union.
  return (perform[step.do] as Perform<PodStep["do"]>)(step as never, at, stopping);
}
