/** The server as it is run for real: who may come in, what they may do, what is completed and refused on the way. */
import type { Clock, Log, Random } from "#base/mod.ts";
import type { Store } from "#store/mod.ts";
import { encryptedStore } from "#store/mod.ts";
import { defaultIngressClass, defaultStorageClass, storageObjectInUseProtection } from "./admission/defaults-by-class.ts";
import { rbacEscalation } from "./admission/escalation.ts";
import { limitRanger } from "./admission/limit-ranger.ts";
import { namespaceLifecycle } from "./admission/namespace-lifecycle.ts";
import { nodeRestriction } from "./admission/node-restriction.ts";
import { defaultTolerationSeconds, priority, taintNodesByCondition } from "./admission/pod-defaults.ts";
import { podSecurity } from "./admission/pod-security.ts";
import { serviceAccountAdmission } from "./admission/service-account.ts";
import { certificateRequests, onePriorityDefault, runtimeClass, volumeClaimResize } from "./admission/small-rules.ts";
import { bootstrapTokenAuthenticator } from "./authn/bootstrap-tokens.ts";
import { frontProxyAuthenticator, signedBy } from "./authn/front-proxy.ts";
import { selfSubjectReview, tokenReview } from "./authn/reviews.ts";
import { ServiceAccountTokens } from "./authn/service-account-tokens.ts";
import { x509Authenticator } from "./authn/x509.ts";
import { aggregateRoles } from "./authz/aggregate-roles.ts";
import { NodeAuthorizer } from "./authz/node.ts";
import { privilegedGroup } from "./authz/privileged.ts";
import { Rbac } from "./authz/rbac.ts";
import { selfSubjectAccessReview, selfSubjectRulesReview, subjectAccessReview } from "./authz/reviews.ts";
import { publishAuthentication } from "./bootstrap/authentication-config.ts";
import { bootstrapRules, ensureFirstObjects } from "./bootstrap/first-objects.ts";
import { ensureKubernetesService, keepKubernetesService } from "./bootstrap/kubernetes-service.ts";
import type { Authenticator, Authorizer } from "./contract.ts";
import { json } from "./http/paths.ts";
import { connecters, type KubeletCredentials } from "./proxy/mod.ts";
import type { Answer } from "./request/call.ts";
import { fairnessPages } from "./request/fairness/dump.ts";
import { followFlowControl } from "./request/fairness/follow.ts";
import { type ApiServer, createApiServer } from "./server.ts";
import { allocateServices } from "./services/mod.ts";

export interface SecureOptions {
  store: Store;
  clock: Clock;
  random: Random;
  log: Log;
  /** PEM. */
  serviceAccountKey: { private: string; public: string };
  issuer: string;
  /** `10.96.0.0/16`; the first address is the API server's own. */
  serviceRange: string;
  apiServiceIp: string;
  /** Where pods reach this server. */
  advertise: { ip: string; port: number };
  /** How this server calls kubelets; absent: exec, logs and the like are refused. */
  kubelet?: KubeletCredentials;
  withoutController?: string[];
  /** PEM: who signs client certificates; published for extension servers. */
  clientCa?: string;
  /** PEM: who signs the certificates of authenticating proxies. */
  frontProxyCa?: string;
  /** 32 bytes: Secrets are sealed with it in the store. */
  encryptionKey?: Buffer;
}

export async function createSecureApiServer(options: SecureOptions): Promise<ApiServer> {
  const { clock, random, log } = options;
  const rbac = new Rbac();
  const node = new NodeAuthorizer(bootstrapRules("system:node"));
  const authorizers: Authorizer[] = [privilegedGroup, node, rbac];
  let server: ApiServer | undefined;
  const audiences = [options.issuer];
  const tokens = new ServiceAccountTokens({
    privateKey: options.serviceAccountKey.private,
    publicKey: options.serviceAccountKey.public,
    issuer: options.issuer,
    audiences,
    clock,
    random,
    storage: () => server!.storage,
  });
  server = await createApiServer({
    store: options.encryptionKey ? encryptedStore(options.store, { keys: [options.encryptionKey] }) : options.store,
    clock,
    random,
    log,
    authenticators: [
      ...certificateAuthenticators(options.frontProxyCa),
      bootstrapTokenAuthenticator(() => server!.storage, clock),
      tokens.authenticator,
    ],
    authorizers,
    address: `${options.advertise.ip}:${options.advertise.port}`,
    withoutController: options.withoutController,
  });
  const { storage } = server;
  rbac.start(storage);
  node.start(storage);
  await ensureFirstObjects(storage, log);
  const stopFollowing = followFlowControl(storage, server.fairness, clock, log);
  const aggregation = aggregateRoles(storage, log);
  await aggregation.settled();
  const own = { serviceAddress: options.apiServiceIp, serviceRange: options.serviceRange, advertised: options.advertise };
  await ensureKubernetesService(storage, own.serviceRange, own.serviceAddress, own.advertised);
  const stopKeeping = keepKubernetesService(storage, own, clock, log);
  await publishAuthentication(storage, options.clientCa, options.frontProxyCa);
  const allocation = await allocateServices({ ...options, storage });
  server.writeHooks.set("services", allocation.hook);
  server.admission.push(
    namespaceLifecycle(storage),
    limitRanger(storage),
    serviceAccountAdmission(storage, random, clock),
    nodeRestriction(storage, authorizers),
    taintNodesByCondition,
    podSecurity(storage),
    priority(storage),
    onePriorityDefault(storage),
    defaultTolerationSeconds,
    defaultStorageClass(storage),
    storageObjectInUseProtection,
    volumeClaimResize(storage),
    runtimeClass(storage),
    certificateRequests(authorizers),
    defaultIngressClass(storage),
    rbacEscalation(rbac, authorizers),
  );
  for (const [key, handler] of [
    ["serviceaccounts/token", tokens.handler],
    ["tokenreviews.authentication.k8s.io", tokenReview(tokens, audiences)],
    ["selfsubjectreviews.authentication.k8s.io", selfSubjectReview(clock)],
    ["subjectaccessreviews.authorization.k8s.io", subjectAccessReview(authorizers)],
    ["localsubjectaccessreviews.authorization.k8s.io", subjectAccessReview(authorizers)],
    ["selfsubjectaccessreviews.authorization.k8s.io", selfSubjectAccessReview(authorizers)],
    ["selfsubjectrulesreviews.authorization.k8s.io", selfSubjectRulesReview(rbac)],
  ] as const)
    server.createHandlers.set(key, handler);
  const { configuration, keys } = tokens.discovery(`https://${options.advertise.ip}:${options.advertise.port}`);
  server.pathHandlers.set("/.well-known/openid-configuration", () => json(configuration));
  server.pathHandlers.set("/openid/v1/jwks", () => ({ ...json(keys), contentType: "application/jwk-set+json" }) as Answer);
  for (const [key, connecter] of connecters(storage, options.kubelet, clock, random)) server.connecters.set(key, connecter);
  const { close } = server;
  for (const [path, page] of fairnessPages(server.fairness, clock)) server.pathHandlers.set(path, page);
  server.close = async () => {
    stopFollowing();
    stopKeeping();
    aggregation.stop();
    allocation.stop();
    await close();
  };
  return server;
}

/** A certificate of the proxies' CA names a proxy, never a user. */
function certificateAuthenticators(frontProxyCa: string | undefined): Authenticator[] {
  if (!frontProxyCa) return [x509Authenticator];
  const isOfProxy = signedBy(frontProxyCa);
  return [
    frontProxyAuthenticator(isOfProxy, ["front-proxy-client"]),
    { authenticate: (credentials) => (isOfProxy(credentials.certificate) ? undefined : x509Authenticator.authenticate(credentials)) },
  ];
}
