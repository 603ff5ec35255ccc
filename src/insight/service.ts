/** Why nobody answers behind a Service or an Ingress. */
import type { EndpointSlice, Ingress, KubeObject, Pod, Service } from "#api/mod.ts";
import { condition, inNamespace, selectorOf } from "./common.ts";
import { type Facts, type Finding, seen, there, type Unseen } from "./finding.ts";
import { explainPod } from "./pod.ts";

export async function explainService(service: Service & KubeObject, facts: Facts): Promise<Finding[]> {
  const { namespace, name } = service.metadata;
  const selector = service.spec?.selector ?? {};
  const [slices, selected] = await Promise.all([
    facts.list<EndpointSlice & KubeObject>("endpointslices.discovery.k8s.io", {
      namespace,
      labelSelector: `kubernetes.io/service-name=${name}`,
    }),
    Object.keys(selector).length > 0 ? facts.list<Pod & KubeObject>("pods", { namespace, labelSelector: selectorOf(selector) }) : undefined,
  ]);
  const pods = seen(selected);
  const own = serviceFinding(service, seen(slices), pods);
  if (own.fine) return [own];
  const theirs = (await Promise.all(pods.slice(0, 5).map((pod) => explainPod(pod, facts)))).flat();
  return [own, ...theirs.filter(({ fine }) => !fine)];
}

export function serviceFinding(service: Service & KubeObject, slices: readonly EndpointSlice[], pods: readonly Pod[]): Finding {
  const { metadata, spec = {} } = service;
  const about = `service/${metadata.name}`;
  if (spec.type === "ExternalName")
    return {
      about,
      state: `is another name for ${spec.externalName}`,
      fine: true,
      because: ["only DNS answers for it; there are no endpoints"],
      todo: [],
    };
  const endpoints = slices.flatMap(({ endpoints: each }) => each ?? []);
  const ready = endpoints.filter(({ conditions }) => conditions?.ready !== false).length;
  const refusal = condition(service, "spoke.dev/AddressRefused")?.message;
  const waits =
    spec.type === "LoadBalancer" && !(service.status?.loadBalancer?.ingress ?? []).length
      ? [`its external address is ${refusal ? `refused: ${refusal}` : "still pending"}`]
      : [];
  const absent = missingPorts(service, pods);
  if (ready > 0 && absent.length === 0)
    return { about, state: `has ${ready} ready endpoint${ready === 1 ? "" : "s"}`, fine: waits.length === 0, because: waits, todo: [] };
  const selector = spec.selector ?? {};
  if (Object.keys(selector).length === 0)
    return {
      about,
      state: "has no endpoints",
      because: ["it has no selector: whoever made it also makes its EndpointSlices", ...waits],
      todo: ["make an EndpointSlice labelled kubernetes.io/service-name, or give it a selector"],
    };
  if (pods.length === 0)
    return {
      about,
      state: "has no endpoints: no pod has its labels",
      because: [`selector ${selectorOf(selector)} matches no pod in ${metadata.namespace}`],
      todo: [`compare with kubectl get pods${inNamespace(service)} --show-labels`],
    };
  if (absent.length > 0)
    return {
      about,
      state: "leads to ports that its pods do not have",
      because: absent,
      todo: ["name the container's port as targetPort says, or give targetPort a number"],
    };
  return {
    about,
    state: "has no ready endpoint",
    because: [`${pods.length} pod${pods.length === 1 ? " has" : "s have"} its labels, ${pods.filter(isReady).length} ready`],
    todo: [],
  };
}

const isReady = (pod: Pod) => condition(pod, "Ready")?.status === "True";

/** Named target ports that no container of any selected pod declares. */
function missingPorts(service: Service, pods: readonly Pod[]): string[] {
  if (pods.length === 0) return [];
  const names = new Set(
    pods
      .flatMap((pod) => [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])])
      .flatMap(({ ports }) => (ports ?? []).map(({ name }) => name)),
  );
  return (service.spec?.ports ?? []).flatMap(({ port, targetPort }) =>
    typeof targetPort === "string" && !names.has(targetPort)
      ? [`port ${port} goes to "${targetPort}", which no container of its pods names`]
      : [],
  );
}

export async function explainIngress(ingress: Ingress & KubeObject, facts: Facts): Promise<Finding[]> {
  const { namespace } = ingress.metadata;
  const names = [...new Set(backendsOf(ingress).map(({ name }) => name))];
  const secrets = [...new Set((ingress.spec?.tls ?? []).flatMap(({ secretName }) => (secretName ? [secretName] : [])))];
  const [services, found, classes] = await Promise.all([
    Promise.all(names.map((name) => facts.get<Service & KubeObject>("services", { namespace, name }))),
    Promise.all(secrets.map((name) => facts.get("secrets", { namespace, name }))),
    facts.list("ingressclasses.networking.k8s.io", {}),
  ]);
  const own = ingressFinding(ingress, {
    services: new Map(names.map((name, i) => [name, services[i]!])),
    missingSecrets: secrets.filter((_, i) => found[i] === "gone"),
    classes: classes === "hidden" ? undefined : classes.map(({ metadata }) => metadata.name!),
  });
  const theirs = (
    await Promise.all(services.flatMap((service) => there(service) ?? []).map((service) => explainService(service, facts)))
  ).flat();
  return [own, ...theirs.filter(({ fine }) => !fine)];
}

export function ingressFinding(
  ingress: Ingress & KubeObject,
  {
    services,
    missingSecrets,
    classes,
  }: { services: ReadonlyMap<string, Service | Unseen>; missingSecrets: readonly string[]; classes: readonly string[] | undefined },
): Finding {
  const about = `ingress/${ingress.metadata.name}`;
  const because: string[] = [];
  const todo: string[] = [];
  const wanted = ingress.spec?.ingressClassName ?? ingress.metadata.annotations?.["kubernetes.io/ingress.class"];
  if (!wanted) because.push("it names no class, and no class was the default when it was made: no controller serves it");
  else if (ingress.spec?.ingressClassName && classes && !classes.includes(wanted))
    because.push(`there is no IngressClass ${wanted}: no controller serves it`);
  if (because.length > 0) todo.push(`name one of the classes that are there: ${classes?.join(", ") || "there is none"}`);
  for (const { name, port } of backendsOf(ingress)) {
    const service = services.get(name);
    if (service === "gone") because.push(`service/${name} does not exist`);
    const known = service && there(service);
    if (known && port !== undefined && !(known.spec?.ports ?? []).some((each) => each.port === port || each.name === port))
      because.push(`service/${name} has no port ${port}`);
  }
  for (const secret of missingSecrets) because.push(`secret/${secret} does not exist: its hosts get the default certificate`);
  const unique = [...new Set(because)];
  if (unique.length > 0) return { about, state: "does not serve all that it says", because: unique, todo };
  const addresses = (ingress.status?.loadBalancer?.ingress ?? []).map(({ ip, hostname }) => ip ?? hostname).join(", ");
  return addresses
    ? { about, state: `is served at ${addresses}`, fine: true, because: [], todo: [] }
    : {
        about,
        state: "has no address yet",
        because: [`the controller of class ${wanted} has not set one`],
        todo: ["look whether that controller runs"],
      };
}

function backendsOf(ingress: Ingress): { name: string; port: string | number | undefined }[] {
  const backends = [
    ingress.spec?.defaultBackend,
    ...(ingress.spec?.rules ?? []).flatMap(({ http }) => (http?.paths ?? []).map(({ backend }) => backend)),
  ];
  return backends.flatMap((backend) =>
    backend?.service ? [{ name: backend.service.name ?? "", port: backend.service.port?.name || backend.service.port?.number }] : [],
  );
}
