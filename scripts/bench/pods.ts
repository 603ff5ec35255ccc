/** How long pods take from their creation until all are Ready: both sides with containerd, runc and CNI plugins of this machine. */
import { alternately, Figures, kubectl, type Side, until } from "./sides.ts";

const sizes = [1, 10, 30];

export async function benchPods(repeats: number): Promise<void> {
  const figures = new Figures();
  await alternately(repeats, async (start) => {
    const side = await start({ withNode: true });
    try {
      await until(() => kubectl(side, ["get", "serviceaccount", "default", "-o", "name"]) !== "");
      await startPods(side, 1, "warm");
      for (const size of sizes) {
        const ms = await startPods(side, size, `s${size}`);
        figures.add(`${size} ${size === 1 ? "pod" : "pods at once"}`, side.name, ms / 1000, { better: "less", unit: "s to Ready" });
      }
    } finally {
      side.stop();
    }
  });
  figures.print();
}

/** By the server's own times: the first creation to the last container's start is whole seconds, so the client's clock is used. */
async function startPods(side: Side, size: number, name: string): Promise<number> {
  const pods = Array.from({ length: size }, (_, at) => podText(`${name}-${at}`, name)).join("---\n");
  const from = performance.now();
  kubectl(side, ["create", "-f", "-"], pods);
  kubectl(side, ["wait", "--for=condition=Ready", "pod", "-l", `run=${name}`, "--timeout=60s"]);
  const took = performance.now() - from;
  kubectl(side, ["delete", "pod", "-l", `run=${name}`, "--grace-period=1"]);
  return took;
}

const podText = (name: string, run: string) => `apiVersion: v1
kind: Pod
metadata: {name: ${name}, labels: {run: ${run}}}
spec:
  terminationGracePeriodSeconds: 1
  containers:
  - {name: c, image: "docker.io/library/busybox:1.36", imagePullPolicy: IfNotPresent, command: [/bin/busybox, sleep, "3600"]}
`;
