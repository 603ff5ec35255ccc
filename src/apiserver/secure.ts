/** The server as it is run for real: who may come in, what they may do, what is completed and refused on the way. */
import { type APIService, apiservices, builtInKinds, openCatalog, type Served } from "#api/mod.ts";
import type { Clock, Log, Random } from "#base/mod.ts";
import type { Store } from "#store/mod.ts";
import { admissionChain } from "./admission/chain.ts";
import { type AdmissionChoice, chosenPlugins } from "./admission/plugins.ts";
import { openAudit } from "./audit/assemble.ts";
import { type AuthenticationParts, openAuthentication, requestHeadersOf } from "./authn/assemble.ts";
import { forOwnAudiences, type TokenAuthenticator } from "./authn/bearer.ts";
import { bootstrapTokens } from "./authn/bootstrap-tokens.ts";
import { selfSubjectReview, tokenReview } from "./authn/reviews.ts";
import { ServiceAccountTokens, type TokenOptions } from "./authn/service-account-tokens.ts";
import { TokenKeys } from "./authn/token-keys.ts";
import { aggregateRoles } from "./authz/aggregate-roles.ts";
import { ConfiguredAuthorizers } from "./authz/configured/assemble.ts";
import { NodeAuthorizer } from "./authz/node.ts";
import { privilegedGroup } from "./authz/privileged.ts";
import { Rbac } from "./authz/rbac.ts";
import { selfSubjectAccessReview, selfSubjectRulesReview, subjectAccessReview } from "./authz/reviews.ts";
import { publishAuthentication } from "./bootstrap/authentication-config.ts";
import { bootstrapRules, ensureFirstObjects, keepFlowControl } from "./bootstrap/first-objects.ts";
import { ensureKubernetesService, keepKubernetesService } from "./bootstrap/kubernetes-service.ts";
import { serverLeases } from "./bootstrap/server-leases.ts";
import { ensureTokenTracking } from "./bootstrap/token-tracking.ts";
import { type Component, componentStatuses, neighbours } from "./component-statuses.ts";
import type { Authorizer, ComputedKind, CreateHandler } from "./contract.ts";
import { openEncryption } from "./encryption/assemble.ts";
import { aggregate } from "./extension/aggregation/aggregate.ts";
import type { FrontProxyIdentity } from "./extension/aggregation/remote-group.ts";
import { serveDefinitions } from "./extension/definitions.ts";
import { WebhookClient } from "./extension/webhook-client.ts";
import { webhookAdmission } from "./extension/webhooks/admission.ts";
import { json, zPages } from "./http/paths.ts";
import { AdmissionMetrics } from "./metrics/admission.ts";
import { apiServiceLines } from "./metrics/own.ts";
import { connecters, type KubeletCredentials } from "./proxy/mod.ts";
import { openRegistry, type Registry, type RegistryOptions } from "./registry.ts";
import type { Answer } from "./request/call.ts";
import { fairnessPages } from "./request/fairness/dump.ts";
import { Fairness } from "./request/fairness/fairness.ts";
import { followFlowControl } from "./request/fairness/follow.ts";
import { type ApiServer, type ServerParts, serve } from "./server.ts";
import { type AllocationOptions, allocateServices } from "./services/mod.ts";
import { readAdmissionConfig } from "./settings/admission-config.ts";
import { denyPrivileged } from "./settings/deny-privileged.ts";
import { checkEgress } from "./settings/egress.ts";
import { externalAddress } from "./settings/external-address.ts";
import { type Flags, readFlags, shownFlags } from "./settings/flags.ts";
import { kubeletText } from "./usage/kubelet-text.ts";
import { noPoints } from "./usage/points.ts";
import { startScraper } from "./usage/scrape.ts";
import { usageKinds } from "./usage/shown.ts";

/** What `spoke up` leaves as it is, and upstream's flags say otherwise. */
interface ServerSettings extends Pick<RegistryOptions, "historyMs" | "eventTtlSeconds">, Pick<AllocationOptions, "nodePorts"> {
  /** More of service account tokens. */
  tokens?: Pick<TokenOptions, "alsoIssuers" | "longestSeconds" | "extends" | "jwksUri">;
  /** False: tokens that machines join by are nobody's. */
  bootstrapTokens?: boolean;
  /** False: nobody may run containers with all rights of a node. */
  allowPrivileged?: boolean;
  /** Somebody else says where the API servers are. */
  withoutEndpoints?: boolean;
}

export interface SecureOptions extends ServerSettings {
  /** `--authentication-config=/etc/authentication.yaml`, by upstream's names: see settings/flags.ts. */
  flags?: readonly string[];
  /** Flags of the process beside those, as `/flagz` shows them. */
  processFlags?: Readonly<Record<string, string>>;
  store: Store;
  /** What is served beside custom kinds; by default the built-in ones. */
  kinds?: readonly Served[];
  clock: Clock;
  random: Random;
  log: Log;
  /** PEM. `alsoTrusted`: public keys of before, whose tokens are still good. */
  serviceAccountKey: { private: string; public: string; alsoTrusted?: readonly string[] };
  issuer: string;
  /** `10.96.0.0/16`, and one of the other family where the cluster has two; the first address of the first is the API server's own. */
  serviceRanges: readonly string[];
  /** Where pods reach this server. */
  advertise: { ip: string; port: number };
  /** How this server calls kubelets; absent: exec, logs and the like are refused. */
  kubelet?: KubeletCredentials;
  withoutController?: string[];
  /** Whose health `componentstatuses` tells besides the store's; absent: that of upstream's two ports on this machine. */
  components?: readonly Component[];
  /** PEM: who signs client certificates; published for extension servers. */
  clientCa?: string;
  /** PEM: who signs the certificates of authenticating proxies. */
  frontProxyCa?: string;
  /** Who this server is when it calls extension API servers for its users; absent: nobody that they could know. */
  frontProxy?: FrontProxyIdentity;
  /** 32 bytes: Secrets are sealed with it in the store. */
  encryptionKey?: Buffer;
  /** Whether callers that nobody knows are let in as `system:anonymous`: everywhere (the default), nowhere, or on these paths only. */
  anonymous?: boolean | readonly string[];
  /** Which admission plugins run beside or instead of those that run by default. */
  admission?: AdmissionChoice;
}

export async function createSecureApiServer(options: SecureOptions): Promise<ApiServer> {
  const { clock, random, log } = options;
  const flags = readFlags(options.flags);
  if (flags["egress-selector-config-file"]) checkEgress(flags["egress-selector-config-file"]);
  const choice = admissionChoice(flags, options);
  const open = openCatalog(options.kinds ?? builtInKinds);
  const encryption = await openEncryption(options.store, { ...options, flags, ownKey: options.encryptionKey, catalog: open.catalog });
  const { store } = encryption;
  const registry = await openRegistry({ ...options, store, catalog: open.catalog });
  const { storage, lifetime } = registry;
  lifetime.add(() => encryption.close());
  const rbac = new Rbac();
  lifetime.add(rbac.start(storage));
  const node = new NodeAuthorizer(bootstrapRules("system:node"));
  lifetime.add(node.start(storage));
  const configured = new ConfiguredAuthorizers({ flags, node, rbac, clock, random, log });
  const authorizers: Authorizer[] = [privilegedGroup, configured];
  const { issuer, serviceAccountKey, advertise } = options;
  const audiences = flags["api-audiences"] ?? [issuer];
  const keys = new TokenKeys(serviceAccountKey);
  const tokens = new ServiceAccountTokens({ ...options.tokens, keys, issuer, audiences, clock, random, storage });
  const own = [tokens, ...(options.bootstrapTokens === false ? [] : [forOwnAudiences(bootstrapTokens(storage, clock), audiences)])];
  const issuers = [issuer, ...(options.tokens?.alsoIssuers ?? [])];
  const { authentication, audit } = await openFromFlags(registry, { ...options, flags, own, audiences, issuers, configured });
  await bootstrap(registry, options, flags);
  const converters = new WebhookClient({ storage, clock, random });
  lifetime.add(() => converters.close());
  await serveDefinitions(registry, open, (target, body, limits) => converters.post(target, body, limits));
  const fairness = new Fairness(clock);
  lifetime.add(followFlowControl(storage, fairness, clock, log));
  const allocation = await allocateServices({ ...options, storage });
  lifetime.add(() => allocation.stop());
  const address = externalAddress(flags["external-hostname"] || advertise.ip, advertise.port);
  const webhooks = webhookAdmission(registry, authorizers);
  lifetime.add(() => webhooks.stop());
  const aggregation = aggregate(registry, options.frontProxy);
  lifetime.add(() => aggregation.stop());
  await aggregation.settled();
  const times = new AdmissionMetrics(clock);
  const parts = { storage, clock, random, log, authorizers, rbac, catalog: registry.catalog, webhooks };
  const plugins = [...chosenPlugins(parts, choice), ...(options.allowPrivileged === false ? [denyPrivileged] : [])];
  return serve(registry, {
    authn: authentication,
    audit,
    authz: authorizers,
    admission: times.chain(admissionChain(plugins.map((plugin) => times.plugin(plugin)))),
    metrics: [
      webhooks.metrics,
      times.lines,
      () => apiServiceLines(storage.list(apiservices) as APIService[]),
      ...(audit ? [() => audit.lines()] : []),
    ],
    aggregation,
    subresources: {
      created: answeredAtOnce({ tokens, bearers: authentication.bearers, audiences, authorizers, configured, clock }),
      connected: connecters(storage, options.kubelet, clock, random),
    },
    computed: computedKinds(registry, options, store),
    hooks: new Map([["services", allocation.hook]]),
    paths: ownPaths({ options, flags, address, tokens, fairness, encryption }),
    limits: { fairness },
    withoutController: options.withoutController,
  });
}

interface PathParts {
  options: SecureOptions;
  flags: Flags;
  address: string;
  tokens: ServiceAccountTokens;
  fairness: Fairness;
  encryption: Awaited<ReturnType<typeof openEncryption>>;
}

/** Paths off the resources, and what is looked at for readiness. */
function ownPaths({ options, flags, address, tokens, fairness, encryption }: PathParts): NonNullable<ServerParts["paths"]> {
  // Keys change while the server runs.
  const discovery = () => tokens.discovery(`https://${address}`);
  const { clock } = options;
  return {
    address,
    checks: encryption.hasPlugins ? new Map([["kms-providers", () => encryption.problem()]]) : undefined,
    handlers: new Map([
      ["/.well-known/openid-configuration", () => json(discovery().configuration)],
      ...fairnessPages(fairness, clock),
      ...zPages(clock, { ...options.processFlags, ...shownFlags(flags) }),
      ["/openid/v1/jwks", () => ({ ...json(discovery().keys), contentType: "application/jwk-set+json" }) as Answer],
    ]),
  };
}

/** Kinds that are made when they are asked for. */
const computedKinds = (registry: Registry, { clock, kubelet, components }: SecureOptions, store: Store): Map<string, ComputedKind> =>
  new Map([
    ...usageKinds({ storage: registry.storage, clock, points: followUsage(registry, kubelet) }),
    ["componentstatuses", componentStatuses(components ?? neighbours(clock), store)],
  ]);

interface Answering {
  tokens: ServiceAccountTokens;
  bearers: readonly TokenAuthenticator[];
  audiences: readonly string[];
  authorizers: readonly Authorizer[];
  configured: ConfiguredAuthorizers;
  clock: Clock;
}

/** POSTs that are answered and not stored. */
function answeredAtOnce({ tokens, bearers, audiences, authorizers, configured, clock }: Answering): Map<string, CreateHandler> {
  return new Map<string, CreateHandler>([
    ["serviceaccounts/token", tokens.handler],
    ["tokenreviews.authentication.k8s.io", tokenReview(bearers, audiences)],
    ["selfsubjectreviews.authentication.k8s.io", selfSubjectReview(clock)],
    ["subjectaccessreviews.authorization.k8s.io", subjectAccessReview(authorizers)],
    ["localsubjectaccessreviews.authorization.k8s.io", subjectAccessReview(authorizers)],
    ["selfsubjectaccessreviews.authorization.k8s.io", selfSubjectAccessReview(authorizers)],
    ["selfsubjectrulesreviews.authorization.k8s.io", selfSubjectRulesReview(configured)],
  ]);
}

const admissionChoice = (flags: Flags, { admission }: SecureOptions): AdmissionChoice => ({
  ...admission,
  config: {
    ...admission?.config,
    ...(flags["admission-control-config-file"] ? readAdmissionConfig(flags["admission-control-config-file"]) : {}),
  },
  enable: [...(admission?.enable ?? []), ...(flags["enable-admission-plugins"] ?? [])],
  disable: [...(admission?.disable ?? []), ...(flags["disable-admission-plugins"] ?? [])],
});

/** What flags and their files bring. Rejects, and ends the registry, when one of them cannot be used. */
async function openFromFlags({ lifetime }: Registry, parts: AuthenticationParts & { configured: ConfiguredAuthorizers }) {
  try {
    const authentication = await openAuthentication(parts);
    lifetime.add(() => authentication.close());
    lifetime.add(() => parts.configured.close());
    await parts.configured.start();
    const audit = await openAudit(parts.flags, parts);
    if (audit) lifetime.add(() => audit.close());
    return { authentication, audit };
  } catch (error) {
    await lifetime.close();
    throw error;
  }
}

/** What a cluster holds from its first moment, and what is looked after for as long as the server runs. */
async function bootstrap({ storage, lifetime, clock, log }: Registry, options: SecureOptions, flags: Flags): Promise<void> {
  await ensureFirstObjects(storage, log);
  lifetime.add(keepFlowControl(storage, clock, log));
  const aggregation = aggregateRoles(storage, log);
  lifetime.add(() => aggregation.stop());
  await aggregation.settled();
  const { store, serviceRanges, advertise: advertised, withoutEndpoints = false } = options;
  // A store that is this process's own has no other server.
  const alone = store.local !== undefined || withoutEndpoints;
  const own = { serviceRanges, advertised, withoutEndpoints, ...(alone ? {} : { leases: serverLeases(store) }) };
  await ensureKubernetesService(storage, own);
  lifetime.add(keepKubernetesService(storage, own, clock, log));
  await publishAuthentication(storage, options.clientCa, options.frontProxyCa, requestHeadersOf(flags));
  await ensureTokenTracking(storage, clock);
}

/** Without credentials for kubelets nothing is known of what anything uses. */
function followUsage({ storage, lifetime, clock, log }: Registry, kubelet: KubeletCredentials | undefined) {
  if (!kubelet) return () => noPoints;
  const scraper = startScraper({ storage, read: kubeletText(storage, kubelet, clock), clock, log });
  lifetime.add(() => scraper.stop());
  return scraper.points;
}
