/** How the runtime is: asked again and again, and down only after thirty seconds of silence, as while it is being restarted. */
import type { NodeStatus } from "#api/mod.ts";
import { type Clock, type Log, messageOf } from "#base/mod.ts";
import type { Runtime, RuntimeStatus } from "../runtime/runtime.ts";

const awayMs = 30_000;
const answerMs = 5000;
const mostImages = 50;
const namesPerImage = 5;

export class RuntimeHealth {
  readonly #runtime: Runtime;
  readonly #clock: Clock;
  readonly #log: Log;
  #answeredAt: number | undefined;
  version = "unknown";
  images: NonNullable<NodeStatus["images"]> = [];
  /** What it said of itself last. */
  status: RuntimeStatus = { problems: [], handlers: [], supplementalGroupsPolicy: false };

  constructor(options: { runtime: Runtime; clock: Clock; log: Log }) {
    this.#runtime = options.runtime;
    this.#clock = options.clock;
    this.#log = options.log;
  }

  /** Never rejects, and never waits longer than a moment: a runtime that hangs must not silence the node. */
  async look(): Promise<void> {
    const over = new AbortController();
    const late = this.#clock.sleep(answerMs, over.signal).then(() => {
      throw new Error(`no answer within ${answerMs / 1000} s`);
    });
    try {
      const asked = Promise.all([this.#runtime.version(), this.#runtime.listImages(), this.#runtime.status()]);
      const [{ runtimeName, runtimeVersion }, images, status] = await Promise.race([asked, late]);
      this.#answeredAt = this.#clock.monotonic();
      this.status = status;
      this.version = `${runtimeName}://${runtimeVersion.replace(/^v/, "").split("~")[0]}`;
      this.images = images
        .map((image) => ({ names: [...image.repoDigests, ...image.repoTags].slice(0, namesPerImage), sizeBytes: image.size }))
        .filter((image) => image.names.length > 0)
        .sort((a, b) => b.sizeBytes - a.sizeBytes)
        .slice(0, mostImages);
    } catch (error) {
      this.#log.warn("kubelet: the runtime does not answer", { error: messageOf(error) });
    } finally {
      late.catch(() => {}); // the loser of the race
      over.abort();
    }
  }

  problems(): string[] {
    const { problems } = this.status;
    const of = (type: string) => problems.find((problem) => problem.type === type);
    const told = (what: string, problem: RuntimeStatus["problems"][number] | undefined) =>
      problem ? [`${what}: ${problem.type}=false reason:${problem.reason} message:${problem.message}`] : [];
    const isDown = this.#answeredAt === undefined || this.#clock.monotonic() - this.#answeredAt >= awayMs;
    if (isDown) return ["container runtime is down"];
    return [...told("container runtime not ready", of("RuntimeReady")), ...told("container runtime network not ready", of("NetworkReady"))];
  }
}
