/**
 * Measures Spoke side by side with upstream's own binaries, in one run and on one machine, and prints tables of ratios.
 *
 *     npm run bench start      zero → API ready → node Ready → Service answering
 *     npm run bench pods       one pod, 10, 30 at once, from created to Ready
 *     npm run bench api        requests per second of server CPU, latency, memory
 *     npm run bench schedule   pods bound per second of CPU, on 1000 nodes that are objects
 *     npm run bench ingress    requests per CPU-second beside Debian's nginx
 *     npm run bench controllers  a Deployment of 2,000 pods grown, rolled out and shrunk, on simulated nodes (ours only)
 *     npm run bench kubectl    one kubectl command on one object, beside upstream's kubectl on the same server
 *     npm run bench policy     1,000 NetworkPolicies and 1,000 pods compiled, and one changed pod (ours only)
 *
 * `--rows EXPRESSION`: of `api` and `schedule`, only the workloads that it matches.
 * `--repeats N` (2): every workload runs N times on each side, in the order A B B A. Needs the peer (`SPOKE_PEER`, by default
 * ../shared/peer beside this checkout, built by its `build`); without it only our own figures are printed, and that is said.
 */
import { parseArgs } from "node:util";
import { benchApi } from "./bench/api.ts";
import { benchControllers } from "./bench/controllers.ts";
import { benchIngress } from "./bench/ingress.ts";
import { benchKubectl } from "./bench/kubectl.ts";
import { benchPods } from "./bench/pods.ts";
import { benchPolicy } from "./bench/policy.ts";
import { benchSchedule } from "./bench/schedule.ts";
import { benchStart } from "./bench/start.ts";

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { repeats: { type: "string", default: "2" }, rows: { type: "string", default: "" } },
});
const kinds: Record<string, (repeats: number, rows: RegExp) => Promise<void>> = {
  start: benchStart,
  pods: benchPods,
  api: benchApi,
  schedule: benchSchedule,
  ingress: benchIngress,
  controllers: benchControllers,
  policy: benchPolicy,
  kubectl: benchKubectl,
};
const repeats = Number(values.repeats);
const kind = kinds[positionals[0] ?? ""];
if (!kind || !Number.isInteger(repeats) || repeats < 1) {
  console.error(`usage: npm run bench ${Object.keys(kinds).join("|")} [-- --repeats N] [--rows EXPRESSION]`);
  process.exit(2);
}
await kind(repeats, new RegExp(values.rows));
