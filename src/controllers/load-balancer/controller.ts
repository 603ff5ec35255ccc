/** Gives every Service of type LoadBalancer an address from the cluster's range, at once, and takes it back. */
import { type Service, services } from "#api/mod.ts";
import { isNotFound, keyOf, runController } from "#client/mod.ts";
import type { Context, Controller } from "../shared.ts";

/** `range`: an IPv4 range such as `10.89.100.0/24`. */
export function loadBalancerController(context: Context, range: string): Controller {
  const { client, clock, log } = context;
  const recorder = context.recorder("service-controller");
  const all = context.watch(services);
  const controller = runController({ name: "service-lb", clock, log, workers: 1, reconcile });
  all.onChange(({ type, object, old }) => {
    const concerns = (service: Service | undefined) =>
      service?.spec?.type === "LoadBalancer" || (service?.status?.loadBalancer?.ingress?.length ?? 0) > 0;
    if (type !== "deleted" && (concerns(object) || concerns(old))) controller.queue.add(keyOf(object));
  });

  async function reconcile(key: string): Promise<void> {
    await all.synced;
    const service = all.get(key);
    if (!service || service.metadata.deletionTimestamp) return;
    const wanted = service.spec?.type === "LoadBalancer" && !service.spec.loadBalancerClass;
    const current = service.status?.loadBalancer?.ingress?.[0]?.ip;
    if (wanted === Boolean(current)) return;
    let loadBalancer = {};
    if (wanted) {
      const taken = new Set(all.list().flatMap((each) => (each.status?.loadBalancer?.ingress ?? []).map((ingress) => ingress.ip)));
      const ip = pickAddress(range, taken, service.spec?.loadBalancerIP);
      if (!ip) {
        recorder.event(service, "Warning", "SyncLoadBalancerFailed", `Error syncing load balancer: no address is left in ${range}`);
        throw new Error(`no address is left in ${range}`);
      }
      loadBalancer = { ingress: [{ ip, ipMode: "VIP" }] };
    }
    try {
      await client.updateStatus(services, { ...service, apiVersion: "v1", kind: "Service", status: { ...service.status, loadBalancer } });
    } catch (error) {
      if (!isNotFound(error)) throw error;
      return;
    }
    if (wanted) recorder.event(service, "Normal", "EnsuredLoadBalancer", "Ensured load balancer");
  }

  return { close: () => controller.close() };
}

/** The asked-for address when it is in the range and free, else the lowest free one; network and broadcast are left out. */
export function pickAddress(range: string, taken: ReadonlySet<string | undefined>, asked?: string): string | undefined {
  const [base = "", bits = "32"] = range.split("/");
  const toNumber = (address: string) => address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
  const first = toNumber(base);
  const size = 2 ** (32 - Number(bits));
  if (asked && !taken.has(asked) && toNumber(asked) > first && toNumber(asked) < first + size - 1) return asked;
  for (let offset = 1; offset < size - 1; offset++) {
    const value = first + offset;
    const address = [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255].join(".");
    if (!taken.has(address)) return address;
  }
  return undefined;
}
