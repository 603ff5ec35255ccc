/** From nothing to an API server, a Ready node, and for ours a Service that answers. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { alternately, Figures, kubectl, type Side } from "./sides.ts";

const examples = join(import.meta.dirname, "../../examples/bootcamp");
const seconds = { better: "less", unit: "s" } as const;

export async function benchStart(repeats: number): Promise<void> {
  const figures = new Figures();
  await alternately(repeats, async (start) => {
    const from = performance.now();
    const passed = () => (performance.now() - from) / 1000;
    const side = start({ withNode: true });
    try {
      figures.add("API ready", side.name, side.apiReady, seconds);
      await until(
        () => kubectl(side, ["get", "nodes", "-o", "jsonpath={.items[*].status.conditions[?(@.type=='Ready')].status}"]) === "True",
      );
      figures.add("node Ready", side.name, passed(), seconds);
      if (side.name === "spoke") {
        await serviceAnswers(side);
        figures.add("Service answering through the API server's proxy", side.name, passed(), seconds);
      }
    } finally {
      side.stop();
    }
  });
  console.log(
    "Programs and images are on the machine already; upstream's side has no image of the example and no Service is asked there.\n",
  );
  figures.print();
}

async function serviceAnswers(side: Side): Promise<void> {
  for (const file of ["app.yml", "service.yml"]) kubectl(side, ["apply", "-f", "-"], readFileSync(join(examples, file), "utf8"));
  await until(() =>
    kubectl(side, ["get", "--raw", "/api/v1/namespaces/default/services/bootcamp-svc/proxy/"]).includes("Hello Kubernetes!"),
  );
}

/** Asks again until it is so; a refusal counts as not yet. A minute at most. */
export async function until(isSo: () => boolean): Promise<void> {
  const end = performance.now() + 60_000;
  for (;;) {
    try {
      if (isSo()) return;
    } catch (error) {
      if (performance.now() > end) throw error;
    }
    if (performance.now() > end) throw new Error("a minute has passed, and it is not so");
    await new Promise((done) => setTimeout(done, 20));
  }
}
