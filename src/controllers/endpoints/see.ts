/** Keeps the older Endpoints in step with the pods that each Service selects. */
import { endpoints, type Service, services } from "#api/mod.ts";
import { keyOf, type Reconciler, reconciler, via } from "#client/mod.ts";
import { selectedPods, servicesOfPods } from "../selected-pods.ts";
import { triggerTimes } from "../trigger-times.ts";
import { planEndpoints, type SeenEndpoints } from "./plan.ts";

export function serviceEndpoints(): Reconciler {
  const times = triggerTimes();
  return reconciler<Service, SeenEndpoints>({
    name: "endpoints-controller",
    account: "endpoint-controller",
    component: "endpoint-controller",
    workers: 5,
    of: services,
    // What a user does to them is left alone until the Service or its pods change; what is removed is made anew.
    also: [
      servicesOfPods,
      via(
        endpoints,
        (each) => [keyOf(each)],
        ({ type }) => type === "deleted",
      ),
    ],
    see(key, caches) {
      const service = caches.get(services, key);
      const current = caches.get(endpoints, key);
      if (!service) {
        times.forget(key);
        return { service, pods: [], current };
      }
      const pods = selectedPods(service, caches);
      return pods && { service, pods, current, triggerTime: times.of(key, service, pods) };
    },
    plan: planEndpoints,
  });
}
