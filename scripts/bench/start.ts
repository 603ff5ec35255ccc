/** From nothing to an API server, a Ready node, and for ours a Service that answers. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { alternately, Figures, kubectl, type Side, until } from "./sides.ts";

const examples = join(import.meta.dirname, "../../examples/bootcamp");
const seconds = { better: "less", unit: "s" } as const;

export async function benchStart(repeats: number): Promise<void> {
  const figures = new Figures();
  await alternately(repeats, async (start) => {
    const from = performance.now();
    const passed = () => (performance.now() - from) / 1000;
    const side = await start({ withNode: true });
    try {
      figures.add("API ready", side.name, side.apiReady, seconds);
      figures.add("node Ready", side.name, side.nodeReady!, seconds);
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
