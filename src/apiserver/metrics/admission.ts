/** How long admission takes: all of it, and each plugin. */
import type { Clock } from "#base/mod.ts";
import type { Admission } from "../admission/chain.ts";
import type { AdmissionPlugin, Attributes } from "../contract.ts";
import { Histogram, histogramFamily, type Labels } from "./series.ts";

type Step = "admit" | "validate";
type Run = (attributes: Attributes) => Promise<void> | void | undefined;

const bounds = [0.005, 0.025, 0.1, 0.5, 1, 2.5];

export class AdmissionMetrics {
  readonly #clock: Clock;
  readonly #steps: [Labels, Histogram][] = [];
  readonly #plugins: [Labels, Histogram][] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  plugin(plugin: AdmissionPlugin): AdmissionPlugin {
    const { name, admit, validate } = plugin;
    return {
      name,
      matches: plugin.matches,
      ...(admit ? { admit: this.#timed(admit.bind(plugin), { name, type: "admit" }, this.#plugins) } : {}),
      ...(validate ? { validate: this.#timed(validate.bind(plugin), { name, type: "validate" }, this.#plugins) } : {}),
    };
  }

  chain(chain: Admission): Admission {
    const step = (type: Step) => this.#timed(chain[type].bind(chain), { type }, this.#steps) as Admission[Step];
    return { names: chain.names, admit: step("admit"), validate: step("validate") };
  }

  readonly lines = (): string[] => [
    ...histogramFamily(
      "apiserver_admission_step_admission_duration_seconds",
      "How long each step of admission took.",
      "STABLE",
      this.#steps,
    ),
    ...histogramFamily(
      "apiserver_admission_controller_admission_duration_seconds",
      "How long each admission plugin took.",
      "STABLE",
      this.#plugins,
    ),
  ];

  #timed(run: Run, labels: Labels, into: [Labels, Histogram][]): (attributes: Attributes) => Promise<void> | undefined {
    const clock = this.#clock;
    const known = new Map<string, Histogram>();
    const of = (operation: string, rejected: boolean): Histogram => {
      const key = rejected ? `${operation} rejected` : operation;
      let found = known.get(key);
      if (!found) {
        known.set(key, (found = new Histogram(bounds)));
        into.push([{ ...labels, operation, rejected }, found]);
      }
      return found;
    };
    return (attributes) => {
      const { operation } = attributes;
      const began = clock.monotonic();
      const done = (rejected: boolean) => of(operation, rejected).observe((clock.monotonic() - began) / 1000);
      let pending: Promise<void> | void | undefined;
      try {
        pending = run(attributes);
      } catch (error) {
        done(true);
        throw error;
      }
      if (!pending) return void done(false);
      return pending.then(
        () => done(false),
        (error) => {
          done(true);
          throw error;
        },
      );
    };
  }
}
