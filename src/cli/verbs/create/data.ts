/** `create configmap` and the secrets: files and literals as objects. */

import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import type { Session } from "../../connect/session.ts";
import { CliError } from "../../failure.ts";
import { bool, text, texts } from "../../input/flags.ts";
import { generator } from "../../input/generate.ts";
import type { KObject } from "../../print/values.ts";

const sourceFlags = [
  texts("from-file", "A file, or key=file, or a directory whose files become keys. May be repeated."),
  texts("from-literal", "key=value. May be repeated."),
  texts("from-env-file", "A file of key=val lines. May be repeated."),
  bool("append-hash", "Append a hash of the content to the name."),
];

interface Content {
  key: string;
  bytes: Buffer;
}

/** What --from-file, --from-literal and --from-env-file say, in order; keys must not repeat. */
function contents(session: Session, kind: "configmap" | "secret"): Content[] {
  const { flags, io } = session;
  const found: Content[] = [];
  const add = (key: string, bytes: Buffer) => {
    if (!/^[-._a-zA-Z0-9]+$/.test(key))
      throw new CliError(
        `${JSON.stringify(key)} is not a valid key name for a ${kind === "configmap" ? "ConfigMap" : "Secret"}: a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')`,
      );
    if (found.some((item) => item.key === key))
      throw new CliError(
        `cannot add key ${JSON.stringify(key)}, another key by that name already exists in ${kind === "configmap" ? "Data for ConfigMap" : "Data for Secret"} ${JSON.stringify(session.args[0])}`.replace(
          /in Data for (ConfigMap|Secret)/,
          kind === "configmap" ? "in Data for ConfigMap" : "in Data for Secret",
        ),
      );
    found.push({ key, bytes });
  };
  if (flags.list("from-env-file").length > 0 && (flags.list("from-file").length > 0 || flags.list("from-literal").length > 0))
    throw new CliError("from-env-file cannot be combined with from-file or from-literal");
  for (const source of flags.list("from-literal")) {
    const at = source.indexOf("=");
    if (at <= 0) throw new CliError(`invalid literal source ${source}, expected key=value`);
    const value = source.slice(at + 1);
    add(source.slice(0, at), Buffer.from(/^(["']).*\1$/s.test(value) && value.length > 1 ? value.slice(1, -1) : value));
  }
  for (const source of flags.list("from-file")) {
    const at = source.indexOf("=");
    const file = at < 0 ? source : source.slice(at + 1);
    const path = resolve(io.cwd, file);
    if (at === 0) throw new CliError(`key name for file path ${source.slice(1)} missing`);
    if (at > 0 && file === "") throw new CliError(`file path for key name ${source.slice(0, at)} missing`);
    if (!existsSync(path)) throw new CliError(`error reading ${file}: no such file or directory`);
    if (!statSync(path).isDirectory()) {
      add(at < 0 ? basename(file) : source.slice(0, at), readFileSync(path));
      continue;
    }
    if (at > 0) throw new CliError("cannot give a key name for a directory path");
    for (const entry of readdirSync(path).sort())
      if (statSync(join(path, entry)).isFile() && /^[-._a-zA-Z0-9]+$/.test(entry)) add(entry, readFileSync(join(path, entry)));
  }
  for (const file of flags.list("from-env-file")) {
    const path = resolve(io.cwd, file);
    if (!existsSync(path)) throw new CliError(`error reading ${file}: no such file or directory`);
    for (const raw of readFileSync(path, "utf8").split("\n")) {
      const line = raw.trimStart().replace(/\r$/, "");
      if (line === "" || line.startsWith("#")) continue;
      const at = line.indexOf("=");
      const key = at < 0 ? line : line.slice(0, at);
      add(key, Buffer.from(at < 0 ? (io.env[key] ?? "") : line.slice(at + 1)));
    }
  }
  return found;
}

function isText(bytes: Buffer): boolean {
  return Buffer.from(bytes.toString("utf8"), "utf8").equals(bytes);
}

async function hashed(object: KObject, append: boolean): Promise<KObject> {
  if (!append) return object;
  const { createHash } = await import("node:crypto");
  const { goJson } = await import("#codec/go-json.ts");
  const { kind, data, binaryData, type } = object;
  const text =
    kind === "ConfigMap"
      ? goJson({ kind, name: object.metadata.name, data: data ?? "", ...(binaryData ? { binaryData } : {}) })
      : goJson({ kind, type: type ?? "", name: object.metadata.name, data: data ?? "" });
  const hex = createHash("sha256").update(text).digest("hex").slice(0, 10);
  const readable = [...hex].map((digit) => ({ 0: "g", 1: "h", 3: "k", a: "m", e: "t" })[digit] ?? digit).join("");
  return { ...object, metadata: { ...object.metadata, name: `${object.metadata.name}-${readable}` } };
}

export const configMap = generator({
  failure: "failed to create configmap:",
  use: "create configmap NAME [--from-file=[key=]source] [--from-literal=key1=value1] [--dry-run=server|client|none]",
  long: "Create a config map from files, directories, or literal values.\n\n A single config map may hold several key and value pairs.",
  examples: "kubectl create configmap my-config --from-file=path/to/bar\nkubectl create configmap my-config --from-literal=key1=config1",
  flags: sourceFlags,
  build(session, name) {
    const found = contents(session, "configmap");
    const data = Object.fromEntries(found.filter(({ bytes }) => isText(bytes)).map(({ key, bytes }) => [key, bytes.toString("utf8")]));
    const binaryData = Object.fromEntries(
      found.filter(({ bytes }) => !isText(bytes)).map(({ key, bytes }) => [key, bytes.toString("base64")]),
    );
    const object = {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name },
      ...(Object.keys(data).length > 0 ? { data } : {}),
      ...(Object.keys(binaryData).length > 0 ? { binaryData } : {}),
    };
    return hashed(object, session.flags.bool("append-hash"));
  },
});

export const secretGeneric = generator({
  failure: "failed to create secret",
  use: "create secret generic NAME [--type=string] [--from-file=[key=]source] [--from-literal=key1=value1] [--dry-run=server|client|none]",
  long: "Create a secret from files, directories, or literal values.",
  flags: [...sourceFlags, text("type", "The type of secret to create.")],
  build(session, name) {
    const data = Object.fromEntries(contents(session, "secret").map(({ key, bytes }) => [key, bytes.toString("base64")]));
    const type = session.flags.text("type");
    const object = {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name },
      ...(Object.keys(data).length > 0 ? { data } : {}),
      ...(type ? { type } : {}),
    };
    return hashed(object, session.flags.bool("append-hash"));
  },
});

export const secretTls = generator({
  failure: "failed to create secret",
  use: "create secret tls NAME --cert=path/to/cert/file --key=path/to/key/file [--dry-run=server|client|none]",
  long: "Create a TLS secret from a public and private key pair.",
  flags: [
    text("cert", "Path to PEM encoded public key certificate."),
    text("key", "Path to private key associated with given certificate."),
    bool("append-hash", "Append a hash of the content to the name."),
  ],
  async build(session, name) {
    const { flags, io } = session;
    if (!flags.text("cert") || !flags.text("key")) throw new CliError("key and cert must be specified");
    const read = (file: string) => {
      try {
        return readFileSync(resolve(io.cwd, file));
      } catch {
        throw new CliError(`Cannot read file ${file}, open ${file}: no such file or directory`);
      }
    };
    const [cert, key] = [read(flags.text("cert")), read(flags.text("key"))];
    const { createPrivateKey, X509Certificate } = await import("node:crypto");
    try {
      if (!new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))) throw new Error("private key does not match public key");
    } catch (error) {
      throw new CliError(`tls: ${(error as Error).message}`);
    }
    const object = {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name },
      data: { "tls.crt": cert.toString("base64"), "tls.key": key.toString("base64") },
      type: "kubernetes.io/tls",
    };
    return hashed(object, flags.bool("append-hash"));
  },
});

export const secretDockerRegistry = generator({
  failure: "failed to create secret",
  use: "create secret docker-registry NAME --docker-username=user --docker-password=password --docker-email=email [--docker-server=string] [--from-file=[key=]source] [--dry-run=server|client|none]",
  long: "Create a secret for use with Docker registries.",
  flags: [
    text("docker-username", "User name at the registry."),
    text("docker-password", "Password at the registry."),
    text("docker-email", "Email at the registry."),
    text("docker-server", "Server location of the registry.", "https://index.docker.io/v1/"),
    texts("from-file", "A docker config file to use as it is."),
    bool("append-hash", "Append a hash of the content to the name."),
  ],
  build(session, name) {
    const { flags, io } = session;
    const [file] = flags.list("from-file");
    let config: Buffer;
    if (file) config = readFileSync(resolve(io.cwd, file.slice(file.indexOf("=") + 1)));
    else {
      const [username, password, email] = [flags.text("docker-username"), flags.text("docker-password"), flags.text("docker-email")];
      if (!username || !password)
        throw new CliError("either --from-file or the combination of --docker-username, --docker-password and --docker-server is required");
      const auth = { username, password, ...(email ? { email } : {}), auth: Buffer.from(`${username}:${password}`).toString("base64") };
      config = Buffer.from(JSON.stringify({ auths: { [flags.text("docker-server")]: auth } }));
    }
    return hashed(
      {
        apiVersion: "v1",
        kind: "Secret",
        metadata: { name },
        data: { ".dockerconfigjson": config.toString("base64") },
        type: "kubernetes.io/dockerconfigjson",
      },
      flags.bool("append-hash"),
    );
  },
});
