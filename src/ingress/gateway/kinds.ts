/** What is read of the Gateway API's objects. Their schema is the definitions' that a user installs; these are shapes to read them by. */
import type { KubeObject, Resource } from "#api/mod.ts";

export const group = "gateway.networking.k8s.io";
/** What a GatewayClass names to be answered here. */
export const controllerName = "spoke.dev/gateway";

export interface Condition {
  type: string;
  status: string;
  reason: string;
  message: string;
  observedGeneration?: number;
  lastTransitionTime?: string;
}

export interface GatewayClass extends KubeObject {
  spec: { controllerName: string; parametersRef?: { group: string; kind: string; name: string } };
  status?: { conditions?: Condition[]; supportedFeatures?: { name: string }[] };
}

export interface ObjectReference {
  group?: string;
  kind?: string;
  namespace?: string;
  name: string;
}

export interface LabelSelector {
  matchLabels?: Record<string, string>;
  matchExpressions?: { key: string; operator: string; values?: string[] }[];
}

export interface Listener {
  name: string;
  hostname?: string;
  port: number;
  protocol: string;
  tls?: { mode?: string; certificateRefs?: ObjectReference[]; options?: Record<string, string> };
  allowedRoutes?: { namespaces?: { from?: string; selector?: LabelSelector }; kinds?: { group?: string; kind: string }[] };
}

export interface ListenerStatus {
  name: string;
  supportedKinds: { group: string; kind: string }[];
  attachedRoutes: number;
  conditions: Condition[];
}

export interface Gateway extends KubeObject {
  spec: {
    gatewayClassName: string;
    listeners?: Listener[];
    addresses?: { type?: string; value?: string }[];
    infrastructure?: { labels?: Record<string, string>; annotations?: Record<string, string>; parametersRef?: object };
    allowedListeners?: object;
    tls?: object;
  };
  status?: { addresses?: { type?: string; value: string }[]; conditions?: Condition[]; listeners?: ListenerStatus[] };
}

export interface ParentReference extends ObjectReference {
  sectionName?: string;
  port?: number;
}

export interface Named {
  name: string;
  value: string;
}
export interface NamedMatch extends Named {
  type?: string;
}

export interface HeaderChange {
  set?: Named[];
  add?: Named[];
  remove?: string[];
}
export interface PathModifier {
  type: string;
  replaceFullPath?: string;
  replacePrefixMatch?: string;
}

export interface Filter {
  type: string;
  requestHeaderModifier?: HeaderChange;
  responseHeaderModifier?: HeaderChange;
  requestRedirect?: { scheme?: string; hostname?: string; port?: number; statusCode?: number; path?: PathModifier };
  urlRewrite?: { hostname?: string; path?: PathModifier };
  requestMirror?: { backendRef: BackendReference; percent?: number; fraction?: { numerator: number; denominator?: number } };
}

export interface BackendReference extends ObjectReference {
  port?: number;
  weight?: number;
  filters?: Filter[];
}

export interface HttpMatch {
  path?: { type?: string; value?: string };
  headers?: NamedMatch[];
  queryParams?: NamedMatch[];
  method?: string;
}

export interface HttpRule {
  name?: string;
  matches?: HttpMatch[];
  filters?: Filter[];
  backendRefs?: BackendReference[];
  timeouts?: { request?: string; backendRequest?: string };
  retry?: object;
  sessionPersistence?: object;
}

export interface ParentStatus {
  parentRef: ParentReference;
  controllerName: string;
  conditions: Condition[];
}

export interface HttpRoute extends KubeObject {
  spec: { parentRefs?: ParentReference[]; hostnames?: string[]; rules?: HttpRule[] };
  status?: { parents?: ParentStatus[] };
}

export interface ReferenceGrant extends KubeObject {
  spec: {
    from: { group: string; kind: string; namespace: string }[];
    to: { group: string; kind: string; name?: string }[];
  };
}

/** As a client needs it: the server has the schema. */
function kindOf<T>(kind: string, resource: string, { namespaced = true, version = "v1" } = {}): Resource<T> {
  const known = { group, version, apiVersion: `${group}/${version}`, resource, kind, listKind: `${kind}List`, namespaced };
  return known as unknown as Resource<T>;
}

export const gatewayClasses = kindOf<GatewayClass>("GatewayClass", "gatewayclasses", { namespaced: false });
export const gateways = kindOf<Gateway>("Gateway", "gateways");
export const httpRoutes = kindOf<HttpRoute>("HTTPRoute", "httproutes");
export const referenceGrants = kindOf<ReferenceGrant>("ReferenceGrant", "referencegrants");
/** Before v1.5 of the Gateway API there was no other. */
export const referenceGrantsBeta = kindOf<ReferenceGrant>("ReferenceGrant", "referencegrants", { version: "v1beta1" });

/** In the order of the Gateway API's tie-breaks: the older one, then by name. */
export function byAge({ metadata: a }: KubeObject, { metadata: b }: KubeObject): number {
  const order = (x = "", y = "") => (x < y ? -1 : x > y ? 1 : 0);
  return order(a.creationTimestamp, b.creationTimestamp) || order(`${a.namespace}/${a.name}`, `${b.namespace}/${b.name}`);
}

export const keyOf = ({ metadata }: KubeObject): string =>
  metadata.namespace ? `${metadata.namespace}/${metadata.name}` : `${metadata.name}`;
