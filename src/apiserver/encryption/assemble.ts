/** What of the store is sealed: as an encryption configuration says, and Secrets with this server's own key where it says nothing. */
import type { Catalog } from "#api/mod.ts";
import { type Clock, type Log, messageOf, type Random } from "#base/mod.ts";
import {
  aesCbc,
  aesGcm,
  firstOf,
  identity,
  Kms,
  type Marked,
  ownKeys,
  ownMark,
  ownOrPlain,
  type Store,
  sealedStore,
  secretbox,
  type Transformer,
} from "#store/mod.ts";
import type { Flags } from "../settings/flags.ts";
import { followFile } from "../settings/follow-file.ts";
import { groupResource, kmsTimeoutMs, readEncryption, socketOf } from "./check.ts";
import type { EncryptionSettings, KeySettings, ProviderSettings } from "./declaration.ts";

interface Parts {
  flags: Flags;
  /** 32 bytes: this server's own; absent: Secrets are not sealed unless the configuration says so. */
  ownKey?: Buffer;
  catalog: Catalog;
  clock: Clock;
  random: Random;
  log: Log;
}

/** By `secrets.`, `deployments.apps`, `*.apps`, `*.*`. */
interface Ways {
  byResource: ReadonlyMap<string, Transformer>;
  plugins: readonly Kms[];
}

export interface Encryption {
  store: Store;
  /** What is wrong with plugins; undefined when nothing is, and when there are none. */
  problem(): string | undefined;
  /** There is something to be asked about. */
  hasPlugins: boolean;
  close(): void;
}

/** How long values that are on their way may still need a plugin of before. */
const graceMs = 10_000;
const nothing: Ways = { byResource: new Map(), plugins: [] };

/** Rejects when the file cannot be used. */
export async function openEncryption(inner: Store, parts: Parts): Promise<Encryption> {
  const { flags, ownKey, clock, log } = parts;
  const file = flags["encryption-provider-config"];
  const isFollowed = flags["encryption-provider-config-automatic-reload"];
  if (isFollowed && !file) throw new Error("--encryption-provider-config-automatic-reload must be set with --encryption-provider-config");
  const own = ownKey && ownKeys([ownKey]);
  const secretsAlone = own && ownOrPlain(own, identity);
  const first = file ? readEncryption(file) : undefined;
  let text = first?.text;
  let ways = first ? await openWays(first.settings, own, parts) : nothing;
  const resourceOf = resourcesByKey(parts.catalog);

  const transformerOf = (key: string): Transformer | undefined => {
    const isSecret = key.startsWith("/registry/secrets/");
    if (ways.byResource.size > 0) {
      const found = resourceOf(key);
      const { group, resource } = found ?? { group: "", resource: "" };
      const way = found && (ways.byResource.get(`${resource}.${group}`) ?? ways.byResource.get(`*.${group}`) ?? ways.byResource.get("*.*"));
      if (way) return way;
    }
    // What was sealed once and is not configured any more is refused, and not shown as if it were an object.
    return isSecret && secretsAlone ? secretsAlone : identity;
  };
  const reload = async () => {
    try {
      const next = readEncryption(file!);
      if (next.text === text) return;
      const opened = await openWays(next.settings, own, parts);
      const problems = problemsOf(opened);
      if (problems) {
        closeWays(opened);
        throw new Error(problems);
      }
      const before = ways;
      [text, ways] = [next.text, opened];
      clock.after(graceMs, () => closeWays(before), { background: true });
      log.info("reloaded encryption config", { file });
    } catch (error) {
      log.error("failed to load new encryption config", { file, error: messageOf(error) });
    }
  };
  const stop = file && isFollowed ? followFile(file, clock, reload) : () => {};
  return {
    store: sealedStore(inner, transformerOf),
    problem: () => problemsOf(ways),
    get hasPlugins() {
      return Boolean(isFollowed) || ways.plugins.length > 0;
    },
    close() {
      stop();
      closeWays(ways);
    },
  };
}

const problemsOf = ({ plugins }: Ways): string | undefined =>
  plugins.flatMap(({ problem }, i) => (problem === undefined ? [] : `kms-provider-${i}: ${problem}`)).join(", ") || undefined;

const closeWays = ({ plugins }: Ways) => {
  for (const plugin of plugins) plugin.close();
};

async function openWays(settings: EncryptionSettings, own: Transformer | undefined, parts: Parts): Promise<Ways> {
  const plugins: Kms[] = [];
  const listed = new Map<string, Marked[]>();
  for (const { resources = [], providers = [] } of settings.resources ?? []) {
    const marked = providers.map((provider) => markedOf(provider, plugins, parts));
    for (const name of resources) {
      const { group, resource } = groupResource(name);
      const id = `${resource}.${group}`;
      listed.set(id, [...(listed.get(id) ?? []), ...marked]);
    }
  }
  // What this server sealed by itself before opens too, until it is written anew.
  const before: Marked[] = own ? [{ mark: ownMark, transformer: own }] : [];
  await Promise.all(plugins.map((plugin) => plugin.start()));
  return {
    plugins,
    byResource: new Map([...listed].map(([id, marked]) => [id, firstOf(withBefore(marked, before), "no matching prefix found")])),
  };
}

/** Before identity, which takes whatever it meets. */
function withBefore(marked: readonly Marked[], before: readonly Marked[]): Marked[] {
  const [first, ...rest] = marked as [Marked, ...Marked[]];
  return first.mark.length === 0
    ? [{ ...first, transformer: leaving(first.transformer, before) }, ...before, ...rest]
    : [first, ...before, ...rest];
}

/** Identity as the first: it writes as it is, and leaves to others what bears their mark. */
function leaving(first: Transformer, others: readonly Marked[]): Transformer {
  return {
    seal: (name, value) => first.seal(name, value),
    open(name, value) {
      if (others.some(({ mark }) => value.subarray(0, mark.length).equals(mark))) throw new Error("sealed by somebody else");
      return first.open(name, value);
    },
  };
}

function markedOf({ aesgcm, aescbc, secretbox: box, kms }: ProviderSettings, plugins: Kms[], { clock, random, log }: Parts): Marked {
  const keyed = (way: string, keys: KeySettings, make: (key: Buffer) => Transformer, none: string): Marked => {
    const each = keys.map(({ name = "", secret = "" }) => ({
      mark: Buffer.from(`${name}:`),
      transformer: make(Buffer.from(secret, "base64")),
    }));
    return { mark: Buffer.from(`k8s:enc:${way}:v1:`), transformer: firstOf(each, none) };
  };
  const noAes = "no matching key was found for the provided AES transformer";
  if (aesgcm) return keyed("aesgcm", aesgcm.keys ?? [], aesGcm, noAes);
  if (aescbc) return keyed("aescbc", aescbc.keys ?? [], aesCbc, noAes);
  if (box) return keyed("secretbox", box.keys ?? [], secretbox, "no matching key was found for the provided Secretbox transformer");
  if (!kms) return { mark: Buffer.alloc(0), transformer: identity };
  const plugin = new Kms({ name: kms.name ?? "", socket: socketOf(kms), timeoutMs: kmsTimeoutMs(kms), clock, random, log });
  plugins.push(plugin);
  return { mark: Buffer.from(`k8s:enc:kms:v2:${kms.name}:`), transformer: plugin };
}

/** Of a key of the store, whose object it holds; undefined for what is no object. */
function resourcesByKey(catalog: Catalog): (key: string) => { group: string; resource: string } | undefined {
  let known: Map<string, { group: string; resource: string }> | undefined;
  let revision = -1;
  return (key) => {
    if (!known || revision !== catalog.revision) {
      // Of groups that show the same objects, the first is where they are kept.
      known = new Map(
        catalog
          .all()
          .map(({ storagePrefix, group, resource }) => [storagePrefix, { group, resource }] as const)
          .toReversed(),
      );
      revision = catalog.revision;
    }
    const second = key.indexOf("/", "/registry/".length);
    const third = key.indexOf("/", second + 1);
    const short = known.get(key.slice(0, second + 1));
    if (short || third < 0) return short;
    const found = known.get(key.slice(0, third + 1));
    if (found) return found;
    // A custom kind whose definition has not been read yet.
    const [group = "", resource = ""] = key.slice("/registry/".length, third).split("/");
    return group.includes(".") ? { group, resource } : undefined;
  };
}
