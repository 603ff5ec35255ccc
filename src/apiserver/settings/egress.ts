/** The configuration of egress selectors. Connections of this server are direct: what says so is taken, a proxy is refused. */
import { type ConfigKind, type Infer, readConfig, readText, schema } from "#api/mod.ts";
import { messageOf } from "#base/mod.ts";

const { kind, list, ref, string, struct } = schema;
const at = (name: string) => `io.k8s.apiserver.v1beta1.${name}`;

const TLSConfig = struct(at("TLSConfig"), "How a proxy is known, and what it is shown.", {
  caBundle: string(0, { doc: "A file." }),
  clientKey: string(0, { doc: "A file." }),
  clientCert: string(0, { doc: "A file." }),
  tlsServerName: string(0, { doc: "The proxy's name." }),
});
const TCPTransport = struct(at("TCPTransport"), "A proxy at a URL.", {
  url: string(0, { doc: "http:// or https://." }),
  tlsConfig: ref(TLSConfig, 0, { pointer: true, doc: "Of https." }),
});
const UDSTransport = struct(at("UDSTransport"), "A proxy at a socket.", { udsName: string(0, { doc: "The socket's file." }) });
const Transport = struct(at("Transport"), "Where a proxy is.", {
  tcp: ref(TCPTransport, 0, { pointer: true, doc: "At a URL." }),
  uds: ref(UDSTransport, 0, { pointer: true, doc: "At a socket." }),
});
const Connection = struct(at("Connection"), "How is connected.", {
  proxyProtocol: string(0, { doc: "Direct, HTTPConnect or GRPC." }),
  transport: ref(Transport, 0, { pointer: true, doc: "Of a proxy." }),
});
const EgressSelection = struct(at("EgressSelection"), "What goes where.", {
  name: string(0, { doc: "controlplane, cluster or etcd." }),
  connection: ref(Connection, 0, { doc: "How is connected." }),
});
const EgressSelectorConfiguration = kind(at("EgressSelectorConfiguration"), "How the server connects to others.", {
  egressSelections: list(EgressSelection, 0, { doc: "By who is connected to." }),
});

const egressKind: ConfigKind<typeof EgressSelectorConfiguration> = {
  kind: "EgressSelectorConfiguration",
  versions: ["apiserver.k8s.io/v1beta1", "apiserver.k8s.io/v1alpha1"],
  schema: EgressSelectorConfiguration,
};

const names = ["cluster", "controlplane", "etcd"];
const protocols = ["Direct", "HTTPConnect", "GRPC"];

/** Throws what is wrong with it, or what it asks for that is not there. */
export function checkEgress(file: string): void {
  const seen = new Set<string>();
  for (const { name = "", connection = {} } of read(file).egressSelections ?? []) {
    const { proxyProtocol = "", transport } = connection;
    const quoted = (values: readonly string[]) => values.map((value) => JSON.stringify(value)).join(", ");
    const unsupported = (where: string, value: string, supported: readonly string[]) =>
      new Error(`service.connection${where}: Unsupported value: ${JSON.stringify(value)}: supported values: ${quoted(supported)}`);
    if (!protocols.includes(proxyProtocol)) throw unsupported(".protocol", proxyProtocol, protocols);
    const canonical = name.toLowerCase();
    if (!names.includes(canonical)) throw unsupported("", canonical, names);
    if (seen.has(canonical)) throw new Error(`service.connection[${seen.size}]: Duplicate value: ${JSON.stringify(canonical)}`);
    seen.add(canonical);
    if (proxyProtocol !== "Direct")
      throw new Error(`--egress-selector-config-file: ${canonical} by ${proxyProtocol}: there are no proxies here: connections are direct`);
    if (transport) throw new Error('service.connection.transport: Invalid value: "direct": config must be absent for direct connect');
  }
}

function read(file: string): Infer<typeof EgressSelectorConfiguration> {
  try {
    return readConfig(readText(file), egressKind);
  } catch (error) {
    throw new Error(`failed to read egress selector config: ${messageOf(error)}`, { cause: error });
  }
}
