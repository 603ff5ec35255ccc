/** Fills Secrets of type `kubernetes.io/service-account-token`, and deletes those whose account is gone. */
import { type Secret, type ServiceAccount, secrets, serviceaccounts } from "#api/mod.ts";
import {
  type Change,
  type Client,
  index,
  keyOf,
  orUndefined,
  type Reconciler,
  reconciler,
  remove,
  type Step,
  update,
  via,
} from "#client/mod.ts";

const type = "kubernetes.io/service-account-token";
const nameKey = "kubernetes.io/service-account.name";
const uidKey = "kubernetes.io/service-account.uid";
const claim = "kubernetes.io/serviceaccount/";

export interface TokenSettings {
  /** PEM: put beside the token. */
  caCert: string;
  /** Signs with the key of service account tokens; absent: nothing is filled. */
  signToken?(payload: Record<string, unknown>): Promise<string>;
}

export interface SeenToken {
  /** Absent: it is gone. */
  secret: Secret | undefined;
  account: ServiceAccount | undefined;
  /** Accounts that list the Secret. */
  listed: readonly ServiceAccount[];
  key: string;
  /** Only when the Secret has none. */
  token?: string;
  caCert: string;
}

const accountOf = ({ metadata }: Secret) => `${metadata.namespace}/${metadata.annotations?.[nameKey] ?? ""}`;
const tokensOf = index<Secret>(secrets, (secret) => (secret.type === type ? [accountOf(secret)] : []));
const listing = index<ServiceAccount>(serviceaccounts, ({ metadata, secrets = [] }) =>
  secrets.map(({ name }) => `${metadata.namespace}/${name}`),
);

export function planToken({ secret, account, listed, key, token, caCert }: SeenToken): Step[] {
  if (!secret) return listed.map((each) => update(serviceaccounts, without(each, key)));
  if (secret.metadata.deletionTimestamp) return [];
  if (!account) return [remove(secrets, secret)];
  const base64 = (text: string) => Buffer.from(text).toString("base64");
  const ca = base64(caCert);
  const { data = {} } = secret;
  const wanted = {
    ...data,
    ...(caCert && data["ca.crt"] !== ca ? { "ca.crt": ca } : {}),
    ...(data.namespace ? {} : { namespace: base64(secret.metadata.namespace ?? "") }),
    ...(token === undefined ? {} : { token: base64(token) }),
  };
  if (Object.entries(wanted).every(([name, value]) => data[name] === value)) return [];
  const annotations = { ...secret.metadata.annotations, [nameKey]: account.metadata.name!, [uidKey]: account.metadata.uid! };
  return [update(secrets, { ...secret, metadata: { ...secret.metadata, annotations }, data: wanted })];
}

function without(account: ServiceAccount, key: string): ServiceAccount {
  const name = key.slice(key.indexOf("/") + 1);
  return { ...account, secrets: account.secrets?.filter((each) => each.name !== name) };
}

/** What the token says: without an end, good for as long as the Secret and the account are there. */
function payloadOf(secret: Secret, { metadata: { name, namespace, uid } }: ServiceAccount): Record<string, unknown> {
  return {
    iss: "kubernetes/serviceaccount",
    [`${claim}namespace`]: namespace,
    [`${claim}secret.name`]: secret.metadata.name,
    [`${claim}service-account.name`]: name,
    [`${claim}service-account.uid`]: uid,
    sub: `system:serviceaccount:${namespace}:${name}`,
  };
}

const isToken = ({ object }: Change<Secret>) => object.type === type;

export function accountTokens({ caCert, signToken }: TokenSettings): Reconciler | undefined {
  if (!signToken) return undefined;
  return reconciler<Secret, SeenToken>({
    name: "serviceaccount-token-controller",
    // Upstream has no role for it: it acts as the process.
    account: "system:kube-controller-manager",
    workers: 5,
    of: secrets,
    when: isToken,
    also: [via(serviceaccounts, (account, caches) => caches.by(tokensOf, keyOf(account)).map(keyOf))],
    async see(key, caches, { client }) {
      const secret = caches.get(secrets, key);
      const seen = { secret, key, caCert, account: undefined, listed: [] };
      if (!secret) return { ...seen, listed: caches.by(listing, key) };
      if (secret.type !== type) return undefined;
      const account = await accountFor(secret, caches.get(serviceaccounts, accountOf(secret)), client);
      const token = account && !secret.data?.token ? await signToken(payloadOf(secret, account)) : undefined;
      return { ...seen, account, ...(token ? { token } : {}) };
    },
    plan: planToken,
  });
}

/** The copy may not show it yet: a Secret is not deleted on its word. */
async function accountFor(secret: Secret, known: ServiceAccount | undefined, client: Client): Promise<ServiceAccount | undefined> {
  const uid = secret.metadata.annotations?.[uidKey];
  const fits = (account: ServiceAccount | undefined) => account !== undefined && (!uid || account.metadata.uid === uid);
  if (fits(known)) return known;
  const name = secret.metadata.annotations?.[nameKey] ?? "";
  const now = name ? await orUndefined(client.get(serviceaccounts, { namespace: secret.metadata.namespace!, name })) : undefined;
  return fits(now) ? now : undefined;
}
