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
  allowedRoutes?: { namespaces?: Namespaces; kinds?: { group?: string; kind: string }[] };
}

export interface Namespaces {
  from?: string;
  selector?: LabelSelector;
}

export interface ListenerStatus {
  name: string;
  supportedKinds: { group: string; kind: string }[];
  attachedRoutes: number;
  conditions: Condition[];
}

/** Whose certificates clients must show. */
export interface FrontendTls {
  validation?: { caCertificateRefs?: ObjectReference[]; mode?: string };
}

export interface Gateway extends KubeObject {
  spec: {
    gatewayClassName: string;
    listeners?: Listener[];
    addresses?: { type?: string; value?: string }[];
    infrastructure?: { labels?: Record<string, string>; annotations?: Record<string, string>; parametersRef?: object };
    allowedListeners?: { namespaces?: Namespaces };
    tls?: {
      backend?: { clientCertificateRef?: ObjectReference };
      frontend?: { default?: FrontendTls; perPort?: { port: number; tls?: FrontendTls }[] };
    };
  };
  status?: {
    addresses?: { type?: string; value: string }[];
    conditions?: Condition[];
    listeners?: ListenerStatus[];
    attachedListenerSets?: number;
  };
}

/** Listeners that others than a Gateway's own user add to it. */
export interface ListenerSet extends KubeObject {
  spec: { parentRef: ObjectReference; listeners?: Listener[] };
  status?: { conditions?: Condition[]; listeners?: ListenerStatus[] };
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
  cors?: CorsFilter;
}

export interface CorsFilter {
  allowOrigins?: string[];
  allowCredentials?: boolean;
  allowMethods?: string[];
  allowHeaders?: string[];
  exposeHeaders?: string[];
  maxAge?: number;
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
  retry?: { codes?: number[]; attempts?: number; backoff?: string };
  sessionPersistence?: { sessionName?: string; absoluteTimeout?: string; type?: string; cookieConfig?: { lifetimeType?: string } };
}

export interface ParentStatus {
  parentRef: ParentReference;
  controllerName: string;
  conditions: Condition[];
}

/** A service, a method or both: of the path `/service/method`. */
export interface GrpcMatch {
  method?: { type?: string; service?: string; method?: string };
  headers?: NamedMatch[];
}
export interface GrpcRule extends Omit<HttpRule, "matches" | "timeouts"> {
  matches?: GrpcMatch[];
}
/** Of connections that are led on as they come. */
export interface StreamRule {
  name?: string;
  backendRefs?: BackendReference[];
}

export interface Route<Rule = unknown> extends KubeObject {
  spec: { parentRefs?: ParentReference[]; hostnames?: string[]; rules?: Rule[] };
  status?: { parents?: ParentStatus[] };
}
export type HttpRoute = Route<HttpRule>;
export type GrpcRoute = Route<GrpcRule>;
export type StreamRoute = Route<StreamRule>;

export interface PolicyStatus {
  ancestors?: { ancestorRef: ParentReference; controllerName: string; conditions: Condition[] }[];
}

export interface BackendTlsPolicy extends KubeObject {
  spec: {
    targetRefs?: (ObjectReference & { sectionName?: string })[];
    validation: {
      hostname: string;
      caCertificateRefs?: ObjectReference[];
      wellKnownCACertificates?: string;
      subjectAltNames?: { type: string; hostname?: string; uri?: string }[];
    };
    options?: Record<string, string>;
  };
  status?: PolicyStatus;
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
export const backendTlsPolicies = kindOf<BackendTlsPolicy>("BackendTLSPolicy", "backendtlspolicies");
export const listenerSets = kindOf<ListenerSet>("ListenerSet", "listenersets");
export const httpRoutes = kindOf<HttpRoute>("HTTPRoute", "httproutes");
export const grpcRoutes = kindOf<GrpcRoute>("GRPCRoute", "grpcroutes");
export const tlsRoutes = kindOf<StreamRoute>("TLSRoute", "tlsroutes");
export const tcpRoutes = kindOf<StreamRoute>("TCPRoute", "tcproutes");
export const udpRoutes = kindOf<StreamRoute>("UDPRoute", "udproutes");
/** Each where its definition is installed. */
export const otherRoutes = [grpcRoutes, tlsRoutes, tcpRoutes, udpRoutes] as const;
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
