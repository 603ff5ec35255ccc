/** Pages of what leads traffic and what holds it back. */
import { type KObject, selectorText } from "../print/values.ts";
import { longTime, type Outline } from "./outline.ts";
import { type Around, type Describer, page } from "./page.ts";

// biome-ignore lint/suspicious/noExplicitAny: parts of objects of several kinds, read field by field
type Part = any;

const ingress = page(async (out, object, around) => {
  const { spec, status = {}, metadata } = object;
  out.line(0, `Name:\t${metadata.name}`);
  out.pairs("Labels", metadata.labels);
  out.line(0, `Namespace:\t${metadata.namespace}`);
  const addresses = ((status.loadBalancer?.ingress ?? []) as Part[]).flatMap(({ ip, hostname }) => ip || hostname || []);
  out.line(0, `Address:\t${[...new Set(addresses)].sort().join(",")}`);
  out.line(0, `Ingress Class:\t${spec.ingressClassName ?? "<none>"}`);
  const fallback = spec.defaultBackend ? await backend(spec.defaultBackend, metadata.namespace, around) : "<default>";
  out.line(0, `Default backend:\t${fallback}`);
  if (spec.tls?.length) out.line(0, "TLS:");
  for (const { secretName, hosts = [] } of (spec.tls ?? []) as Part[])
    out.line(1, secretName ? `${secretName} terminates ${hosts.join(",")}` : `SNI routes ${hosts.join(",")}`);
  out.line(0, "Rules:\n  Host\tPath\tBackends");
  out.line(1, "----\t----\t--------");
  const rules = ((spec.rules ?? []) as Part[]).filter(({ http }) => http);
  for (const { host, http } of rules) {
    out.line(1, `${host || "*"}\t`);
    for (const path of http.paths ?? []) out.line(2, `\t${path.path ?? ""} \t${await backend(path.backend, metadata.namespace, around)}`);
  }
  if (rules.length === 0) out.line(1, `*\t*\t${fallback}`);
  out.annotations("Annotations", metadata.annotations);
  out.events(around.events);
});

async function backend({ service, resource }: Part, namespace: string | undefined, around: Around): Promise<string> {
  if (!service) {
    return resource ? `APIGroup: ${resource.apiGroup ?? "<none>"}, Kind: ${resource.kind}, Name: ${resource.name}` : "";
  }
  const text = `${service.name}:${service.port?.number || service.port?.name || ""}`;
  const found = await around.get("services", { namespace, name: service.name });
  if (!found) return `${text} (<error: services ${JSON.stringify(service.name)} not found>)`;
  const { number = 0, name = "" } = service.port ?? {};
  const port = ((found.spec.ports ?? []) as Part[]).find((each) =>
    number !== 0 ? each.port === number : name !== "" && each.name === name,
  );
  const slices = await around.list("endpointslices.discovery.k8s.io", {
    namespace,
    labelSelector: `kubernetes.io/service-name=${service.name}`,
  });
  return `${text} (${endpointText(slices, port?.name ?? "")})`;
}

const mostShown = 3;

function endpointText(slices: KObject[], portName: string): string {
  if (slices.length === 0) return "<none>";
  const all = slices.flatMap((slice: Part) =>
    (slice.ports ?? [])
      .filter((port: Part) => (port.name ?? "") === portName)
      .flatMap((port: Part) =>
        (slice.endpoints ?? [])
          .filter((endpoint: Part) => endpoint.conditions?.ready !== false)
          .map((endpoint: Part) =>
            endpoint.addresses[0].includes(":") ? `[${endpoint.addresses[0]}]:${port.port}` : `${endpoint.addresses[0]}:${port.port}`,
          ),
      ),
  );
  const shown = all.slice(0, mostShown).join(",");
  return all.length > mostShown ? `${shown} + ${all.length - mostShown} more...` : shown;
}

const ingressClass = page((out, object, around) => {
  out.line(0, `Name:\t${object.metadata.name}`);
  out.labels(object);
  out.line(0, `Controller:\t${object.spec.controller}`);
  const { parameters } = object.spec;
  if (parameters) {
    out.line(0, "Parameters:");
    if (parameters.apiGroup !== undefined) out.line(1, `APIGroup:\t${parameters.apiGroup}`);
    out.line(1, `Kind:\t${parameters.kind}`);
    out.line(1, `Name:\t${parameters.name}`);
  }
  out.events(around.events);
});

const networkPolicy = page((out, object) => {
  const { spec, metadata } = object;
  out.head(object);
  out.line(0, `Created on:\t${goTime(metadata.creationTimestamp)}`);
  out.labels(object);
  out.line(0, "Spec:");
  const { podSelector = {}, policyTypes = [] } = spec;
  const everyPod = Object.keys(podSelector.matchLabels ?? {}).length + (podSelector.matchExpressions ?? []).length === 0;
  out.line(
    1,
    `PodSelector:     ${everyPod ? "<none> (Allowing the specific traffic to all pods in this namespace)" : selectorText(podSelector)}`,
  );
  for (const [type, word, side, peers, rules] of [
    ["Ingress", "ingress", "From", "from", spec.ingress],
    ["Egress", "egress", "To", "to", spec.egress],
  ] as const) {
    if (!policyTypes.includes(type)) out.line(1, `Not affecting ${word} traffic`);
    else {
      out.line(1, `Allowing ${word} traffic:`);
      policyRules(out, rules ?? [], { word, side, peers });
    }
  }
  out.line(1, `Policy Types: ${policyTypes.join(", ") || "<none>"}`);
});

function policyRules(out: Outline, rules: Part[], { word, side, peers }: { word: string; side: string; peers: string }): void {
  const pad = "    ";
  if (rules.length === 0) return out.line(0, `${pad}<none> (Selected pods are isolated for ${word} connectivity)`);
  for (const [i, rule] of rules.entries()) {
    if (!rule.ports?.length) out.line(0, `${pad}To Port: <any> (traffic allowed to all ports)`);
    for (const { port = "<nil>", endPort, protocol = "TCP" } of rule.ports ?? [])
      out.line(0, `${pad}${endPort === undefined ? `To Port: ${port}` : `To Port Range: ${port}-${endPort}`}/${protocol}`);
    if (!rule[peers]?.length) out.line(0, `${pad}${side}: <any> (traffic not restricted by ${side === "From" ? "source" : "destination"})`);
    for (const peer of rule[peers] ?? []) {
      out.line(0, `${pad}${side}:`);
      if (peer.namespaceSelector) out.line(1, `${pad}NamespaceSelector: ${selectorText(peer.namespaceSelector)}`);
      if (peer.podSelector) out.line(1, `${pad}PodSelector: ${selectorText(peer.podSelector)}`);
      if (!peer.namespaceSelector && !peer.podSelector && peer.ipBlock) {
        out.line(1, `${pad}IPBlock:`);
        out.line(2, `${pad}CIDR: ${peer.ipBlock.cidr}`);
        out.line(2, `${pad}Except: ${(peer.ipBlock.except ?? []).join(", ")}`);
      }
    }
    if (i < rules.length - 1) out.line(0, `${pad}----------`);
  }
}

/** A time as Go prints it without a format: `2006-01-02 15:04:05 +0000 UTC`. */
function goTime(timestamp: string | undefined): string {
  if (!timestamp) return "0001-01-01 00:00:00 +0000 UTC";
  return `${timestamp.slice(0, 10)} ${timestamp.slice(11, 19)} +0000 UTC`;
}

const serviceCidr = page((out, object, around) => {
  out.line(0, `Name:\t${object.metadata.name}`);
  out.labels(object);
  out.line(0, `CIDRs:\t${(object.spec?.cidrs ?? []).join(", ")}`);
  const conditions = (object.status?.conditions ?? []) as Part[];
  if (conditions.length > 0) {
    out.line(0, "Status:");
    out.line(0, "Conditions:");
    out.line(1, "Type\tStatus\tLastTransitionTime\tReason\tMessage");
    out.line(1, "----\t------\t------------------\t------\t-------");
  }
  for (const each of conditions)
    out.line(1, `${each.type}\t${each.status}\t${longTime(each.lastTransitionTime)}\t${each.reason ?? ""}\t${each.message ?? ""}`);
  out.events(around.events);
});

const ipAddress = page((out, object, around) => {
  out.line(0, `Name:\t${object.metadata.name}`);
  out.labels(object);
  const parent = object.spec?.parentRef;
  if (parent) {
    out.line(0, "Parent Reference:");
    for (const [title, field] of [
      ["Group", "group"],
      ["Resource", "resource"],
      ["Namespace", "namespace"],
      ["Name", "name"],
    ] as const)
      out.line(1, `${title}:\t${parent[field] ?? ""}`);
  }
  out.events(around.events);
});

export const networkingDescribers: Record<string, Describer> = {
  "Ingress.networking.k8s.io": ingress,
  "IngressClass.networking.k8s.io": ingressClass,
  "NetworkPolicy.networking.k8s.io": networkPolicy,
  "ServiceCIDR.networking.k8s.io": serviceCidr,
  "IPAddress.networking.k8s.io": ipAddress,
};
