/** EncryptionConfiguration: which resources are sealed in the store, and how. */
import { type ConfigKind, type Infer, schema } from "#api/mod.ts";

const { duration, int32, kind, list, ref, string, struct } = schema;
const at = (name: string) => `io.k8s.apiserver.config.v1.${name}`;

const Key = struct(at("Key"), "A key with its name.", {
  name: string(0, { doc: "What stands before each value that it sealed." }),
  secret: string(0, { doc: "Base64." }),
});

const Keys = struct(at("AESConfiguration"), "Keys: the first seals, all open.", {
  keys: list(Key, 0, { doc: "In order." }),
});

const IdentityConfiguration = struct(at("IdentityConfiguration"), "As it is.", {});

const KMSConfiguration = struct(at("KMSConfiguration"), "A plugin that keeps the key.", {
  apiVersion: string(0, { doc: "v2." }),
  name: string(0, { doc: "What stands before each value." }),
  cachesize: int32(0, { pointer: true, doc: "Of v1." }),
  endpoint: string(0, { doc: "unix:///run/kms.sock." }),
  timeout: duration(0, { doc: "How long it may take; 3s." }),
});

const ProviderConfiguration = struct(at("ProviderConfiguration"), "One way of sealing.", {
  aesgcm: ref(Keys, 0, { pointer: true, doc: "AES-GCM." }),
  aescbc: ref(Keys, 0, { pointer: true, doc: "AES-CBC with PKCS#7 padding." }),
  secretbox: ref(Keys, 0, { pointer: true, doc: "XSalsa20 and Poly1305." }),
  identity: ref(IdentityConfiguration, 0, { pointer: true, doc: "Nothing is sealed." }),
  kms: ref(KMSConfiguration, 0, { pointer: true, doc: "A plugin." }),
});

const ResourceConfiguration = struct(at("ResourceConfiguration"), "Resources and how they are sealed.", {
  resources: list(string, 0, { doc: "secrets, deployments.apps, *.apps, *., *.*" }),
  providers: list(ProviderConfiguration, 0, { doc: "The first seals, all open." }),
});

const EncryptionConfiguration = kind(at("EncryptionConfiguration"), "Which resources are sealed in the store, and how.", {
  resources: list(ResourceConfiguration, 0, { doc: "The first that names a resource decides." }),
});

export type KeySettings = NonNullable<Infer<typeof Keys>["keys"]>;
export type KmsSettings = Infer<typeof KMSConfiguration>;
export type ProviderSettings = Infer<typeof ProviderConfiguration>;
export type EncryptionSettings = Infer<typeof EncryptionConfiguration>;

export const encryptionConfiguration: ConfigKind<typeof EncryptionConfiguration> = {
  kind: "EncryptionConfiguration",
  versions: ["apiserver.config.k8s.io/v1"],
  schema: EncryptionConfiguration,
};
