/** gRPC over a unix socket or TCP, with messages described as data instead of generated code. */

import { isIP } from "node:net";
import { checkServerIdentity, type PeerCertificate } from "node:tls";
import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { Client, credentials, Metadata, type ServiceError } from "@grpc/grpc-js";

type Message = Record<string, unknown>;

interface MessageField {
  number: number;
  name: string;
  type: string;
  repeated: boolean;
  /** Value type of a `map<string,…>`. */
  mapValue?: string;
}

/** Encodes and decodes messages declared as text: a name, then indented lines `number field_name type`. */
export interface Messages {
  encode(name: string, value: Message): Buffer;
  decode<T>(name: string, bytes: Uint8Array): T;
}

/** Field names become camelCase. Absent scalars decode to their zero value, repeated fields to empty lists. An `id` is a uint64 that is no amount: hexadecimal text. */
export function describeMessages(text: string): Messages {
  const types = new Map<string, MessageField[]>();
  let current: MessageField[] = [];
  for (const line of text.split("\n")) {
    if (line.trim() === "") continue;
    if (!line.startsWith(" ")) {
      types.set(line.trim(), (current = []));
      continue;
    }
    const [number = "", name = "", ...rest] = line.trim().split(" ");
    const repeated = rest[0] === "repeated";
    const type = rest.at(-1) ?? "";
    const mapValue = /^map<string,(.+)>$/.exec(type)?.[1];
    const camel = name.replace(/_([a-z0-9])/g, (_, char: string) => char.toUpperCase());
    current.push({ number: Number(number), name: camel, type: mapValue ? "map" : type, repeated, ...(mapValue ? { mapValue } : {}) });
  }
  const fieldsOf = (name: string) => {
    const fields = types.get(name);
    if (!fields) throw new Error(`grpc: no message ${name} is declared`);
    return fields;
  };
  const write = (writer: BinaryWriter, name: string, value: Message) => {
    for (const field of fieldsOf(name)) {
      const item = value[field.name];
      if (item === undefined || item === null) continue;
      if (field.mapValue) {
        for (const [key, entry] of Object.entries(item as Message)) {
          writer.tag(field.number, WireType.LengthDelimited).fork();
          writeField(writer, { number: 1, type: "string" }, key);
          writeField(writer, { number: 2, type: field.mapValue }, entry);
          writer.join();
        }
      } else if (field.repeated) for (const each of item as unknown[]) writeField(writer, field, each);
      else if (!isZero(item)) writeField(writer, field, item);
    }
  };
  const writeField = (writer: BinaryWriter, field: { number: number; type: string }, item: unknown) => {
    switch (field.type) {
      case "string":
        return writer.tag(field.number, WireType.LengthDelimited).string(item as string);
      case "bytes":
        return writer
          .tag(field.number, WireType.LengthDelimited)
          .bytes(typeof item === "string" ? Buffer.from(item) : (item as Uint8Array));
      case "bool":
        return writer.tag(field.number, WireType.Varint).bool(item as boolean);
      case "int32":
      case "enum":
        return writer.tag(field.number, WireType.Varint).int32(item as number);
      case "uint32":
        return writer.tag(field.number, WireType.Varint).uint32(item as number);
      case "int64":
        return writer.tag(field.number, WireType.Varint).int64(BigInt(item as number));
      case "uint64":
        return writer.tag(field.number, WireType.Varint).uint64(BigInt(item as number));
      case "id":
        return writer.tag(field.number, WireType.Varint).uint64(BigInt(`0x${item as string}`));
      case "double":
        return writer.tag(field.number, WireType.Bit64).double(item as number);
      default:
        writer.tag(field.number, WireType.LengthDelimited).fork();
        write(writer, field.type, item as Message);
        return writer.join();
    }
  };
  const read = (reader: BinaryReader, name: string, end: number): Message => {
    const fields = fieldsOf(name);
    const out: Message = {};
    for (const field of fields) {
      const zero = field.mapValue ? {} : field.repeated ? [] : zeroOf(field.type);
      if (zero !== undefined) out[field.name] = zero;
    }
    while (reader.pos < end) {
      const [number, wire] = reader.tag();
      const field = fields.find((each) => each.number === number);
      if (!field) {
        reader.skip(wire, number);
        continue;
      }
      if (field.mapValue) {
        const stop = reader.uint32() + reader.pos;
        let key = "";
        let value: unknown = zeroOf(field.mapValue);
        while (reader.pos < stop) {
          const [part, partWire] = reader.tag();
          if (part === 1) key = reader.string();
          else if (part === 2) value = readField(reader, field.mapValue);
          else reader.skip(partWire, part);
        }
        (out[field.name] as Message)[key] = value;
      } else if (field.repeated && wire === WireType.LengthDelimited && isPackable(field.type)) {
        const stop = reader.uint32() + reader.pos;
        while (reader.pos < stop) (out[field.name] as unknown[]).push(readField(reader, field.type));
      } else if (field.repeated) (out[field.name] as unknown[]).push(readField(reader, field.type));
      else out[field.name] = readField(reader, field.type);
    }
    return out;
  };
  const readField = (reader: BinaryReader, type: string): unknown => {
    switch (type) {
      case "string":
        return reader.string();
      case "bytes":
        return reader.bytes();
      case "bool":
        return reader.bool();
      case "int32":
      case "enum":
        return reader.int32();
      case "uint32":
        return reader.uint32();
      case "int64":
        return Number(reader.int64());
      case "uint64":
        return Number(reader.uint64());
      case "id":
        return BigInt(reader.uint64()).toString(16);
      case "double":
        return reader.double();
      default: {
        const length = reader.uint32();
        return read(reader, type, reader.pos + length);
      }
    }
  };
  return {
    encode(name, value) {
      const writer = new BinaryWriter();
      write(writer, name, value);
      return Buffer.from(writer.finish());
    },
    decode: <T>(name: string, bytes: Uint8Array) => read(new BinaryReader(bytes), name, bytes.length) as T,
  };
}

const isZero = (item: unknown) => item === "" || item === 0 || item === false;
const isPackable = (type: string) => ["int32", "int64", "uint32", "uint64", "bool", "enum", "double"].includes(type);

function zeroOf(type: string): unknown {
  if (type === "string") return "";
  if (type === "id") return "0";
  if (type === "bool") return false;
  if (type === "bytes") return new Uint8Array();
  return isPackable(type) ? 0 : undefined;
}

const codeNames = [
  ...["OK", "Canceled", "Unknown", "InvalidArgument", "DeadlineExceeded", "NotFound", "AlreadyExists", "PermissionDenied"],
  ...["ResourceExhausted", "FailedPrecondition", "Aborted", "OutOfRange", "Unimplemented", "Internal", "Unavailable", "DataLoss"],
  "Unauthenticated",
];

/** A refusal, with gRPC's code: 5 is NotFound, 4 DeadlineExceeded, 14 Unavailable. */
export class GrpcError extends Error {
  override name = "GrpcError";
  readonly code: number;
  readonly method: string;
  constructor(method: string, error: ServiceError) {
    super(error.details || error.message);
    this.code = error.code;
    this.method = method;
  }
  /** As Go's library prints it: users know pull errors by it. */
  get full(): string {
    return `rpc error: code = ${codeNames[this.code] ?? `Code(${this.code})`} desc = ${this.message}`;
  }
}

export interface CallOptions {
  timeoutMs?: number;
  signal?: AbortSignal;
  metadata?: Record<string, string>;
}

export interface GrpcClient {
  unary<T>(method: string, request: [name: string, value: object], response: string, options?: CallOptions): Promise<T>;
  serverStream<T>(method: string, request: [name: string, value: object], response: string, options?: CallOptions): AsyncIterable<T>;
  close(): void;
}

const largestMessage = 64 * 1024 * 1024;

/** PEM. */
export interface GrpcTls {
  ca?: string;
  cert?: string;
  key?: string;
}

/** A unix socket by its path, or host and port; without `tls` in the clear. */
export type GrpcTarget = string | { address: string; tls?: GrpcTls };

const pem = (text: string | undefined) => (text === undefined ? null : Buffer.from(text));

function clientTo(target: GrpcTarget, options: object): Client {
  if (typeof target === "string") return new Client(`unix://${target}`, credentials.createInsecure(), options);
  const { address, tls } = target;
  const ip = address.replace(/:\d+$/, "").replace(/^\[|\]$/g, "");
  const byAddress = tls !== undefined && isIP(ip) !== 0;
  const checked = byAddress ? { checkServerIdentity: (_: string, cert: PeerCertificate) => checkServerIdentity(ip, cert) } : {};
  const channel = tls ? credentials.createSsl(pem(tls.ca), pem(tls.key), pem(tls.cert), checked) : credentials.createInsecure();
  return new Client(address, channel, {
    ...options,
    // TLS has no place for an address where the name goes, and the library would put it there: the certificate is checked for it all the same.
    ...(byAddress ? { "grpc.ssl_target_name_override": "localhost" } : {}),
    // A peer that is gone without a word is noticed within seconds.
    "grpc.keepalive_time_ms": 10_000,
    "grpc.keepalive_timeout_ms": 5000,
  });
}

/** Methods are full: `/runtime.v1.RuntimeService/Version`. */
export function grpcClient(target: GrpcTarget, messages: Messages): GrpcClient {
  const client = clientTo(target, {
    "grpc.max_receive_message_length": largestMessage,
    "grpc.max_send_message_length": largestMessage,
    "grpc.initial_reconnect_backoff_ms": 100,
    "grpc.max_reconnect_backoff_ms": 2000,
  });
  const encode = (name: string) => (value: object) => messages.encode(name, value as Message);
  const decode =
    <T>(name: string) =>
    (bytes: Buffer) =>
      messages.decode<T>(name, bytes);
  const deadline = (options: CallOptions | undefined) =>
    options?.timeoutMs ? { deadline: performance.timeOrigin + performance.now() + options.timeoutMs } : {};
  const metadataOf = (options: CallOptions | undefined) => {
    const metadata = new Metadata();
    for (const [key, value] of Object.entries(options?.metadata ?? {})) metadata.set(key, value);
    return metadata;
  };
  return {
    unary: <T>(method: string, [name, value]: [string, object], response: string, options?: CallOptions) =>
      new Promise<T>((resolve, reject) => {
        const call = client.makeUnaryRequest(
          method,
          encode(name),
          decode<T>(response),
          value,
          metadataOf(options),
          deadline(options),
          (error, answer) => {
            options?.signal?.removeEventListener("abort", cancel);
            if (error) reject(new GrpcError(method, error));
            else resolve(answer!);
          },
        );
        const cancel = () => call.cancel();
        if (options?.signal?.aborted) cancel();
        options?.signal?.addEventListener("abort", cancel, { once: true });
      }),
    async *serverStream<T>(method: string, [name, value]: [string, object], response: string, options?: CallOptions) {
      const call = client.makeServerStreamRequest(method, encode(name), decode<T>(response), value, metadataOf(options), deadline(options));
      const cancel = () => call.cancel();
      if (options?.signal?.aborted) cancel();
      options?.signal?.addEventListener("abort", cancel, { once: true });
      try {
        for await (const message of call) yield message as T;
      } catch (error) {
        if (!options?.signal?.aborted) throw new GrpcError(method, error as ServiceError);
      } finally {
        options?.signal?.removeEventListener("abort", cancel);
        call.cancel();
      }
    },
    close: () => client.close(),
  };
}
