/** The credentials with which an image may be pulled for a pod: its own Secrets', the node's, and what providers say; in this order. */
import { type Pod, type Secret, serviceaccounts, type TokenRequest } from "#api/mod.ts";
import type { Clock, Log } from "#base/mod.ts";
import type { Client } from "#client/mod.ts";
import type { NodeMetrics } from "../metrics/node-metrics.ts";
import { nodeKeyring, secretsKeyring } from "./docker-config.ts";
import { type Credential, Keyring } from "./keyring.ts";
import { repositoryOf } from "./names.ts";
import type { ProviderConfig } from "./providers/config.ts";
import { Provider, type Puller } from "./providers/provider.ts";

export interface CredentialsOptions {
  client: Client;
  /** The kubelet's. */
  stateFolder: string;
  /** Absent: nobody is asked. */
  providers?: ProviderConfig;
  metrics: NodeMetrics;
  clock: Clock;
  log: Log;
}

export class PullCredentials {
  readonly #options: CredentialsOptions;
  readonly #providers: Provider[];

  constructor(options: CredentialsOptions) {
    this.#options = options;
    const { client, providers, ...tools } = options;
    tools.metrics.credentialConfigHash = providers?.hash;
    this.#providers = (providers?.providers ?? []).map(
      (words) =>
        new Provider(words, {
          ...tools,
          folder: providers!.binaries,
          account: (namespace, name) => client.get(serviceaccounts, { namespace, name }),
          token: (puller, audience, uid) => tokenFor(client, puller, audience, uid),
        }),
    );
  }

  /** Rejects when a Secret of the pod cannot be read. */
  async of(image: string, pod: Pod, secrets: readonly Secret[]): Promise<Credential[]> {
    const repository = repositoryOf(image);
    const own = secretsKeyring(secrets).lookup(repository);
    const node = (await nodeKeyring(this.#options.stateFolder)).lookup(repository);
    const { namespace = "", name = "", uid = "" } = pod.metadata;
    const puller: Puller = { namespace, name, uid, serviceAccount: pod.spec?.serviceAccountName ?? "" };
    const provided = new Keyring();
    for (const provider of this.#providers) {
      const { logins, source } = await provider.provide(repository, puller);
      provided.add(logins, source);
    }
    return [...own, ...node, ...provided.lookup(repository)];
  }
}

async function tokenFor(client: Client, { namespace, name, uid, serviceAccount }: Puller, audience: string, accountUid: string) {
  const body: TokenRequest = {
    apiVersion: "authentication.k8s.io/v1",
    kind: "TokenRequest",
    metadata: { uid: accountUid },
    spec: { audiences: [audience], boundObjectRef: { apiVersion: "v1", kind: "Pod", name, uid } },
  };
  const made = await client.createSub<TokenRequest>(serviceaccounts, { namespace, name: serviceAccount }, "token", body);
  return made.status?.token ?? "";
}
