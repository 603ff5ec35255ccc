/** Upstream's object of what is taken of a range: the bits as one big number, the first its lowest. Written as JSON, read as protobuf too. */
import { describeMessages } from "#net/mod.ts";

const messages = describeMessages(`
Unknown
  2 raw bytes
RangeAllocation
  2 range string
  3 data bytes
`);
const magic = "k8s\0";

export function encodeRange(range: string, size: number, taken: Iterable<number>): Buffer {
  const bytes = Buffer.alloc(Math.ceil(size / 8));
  for (const bit of taken) {
    const at = bytes.length - 1 - (bit >> 3);
    bytes[at] = bytes[at]! | (1 << (bit & 7));
  }
  const start = bytes.findIndex((byte) => byte !== 0);
  const data = (start < 0 ? Buffer.alloc(0) : bytes.subarray(start)).toString("base64");
  return Buffer.from(JSON.stringify({ kind: "RangeAllocation", apiVersion: "v1", metadata: {}, range, data }));
}

/** Bits that are taken, from 0. */
export function decodeRange(value: Buffer): { range: string; taken: number[] } {
  const { range, data } = partsOf(value);
  const taken: number[] = [];
  for (let bit = 0; bit < data.length * 8; bit++) if (data[data.length - 1 - (bit >> 3)]! & (1 << (bit & 7))) taken.push(bit);
  return { range, taken };
}

function partsOf(value: Buffer): { range: string; data: Uint8Array } {
  if (value.toString("latin1", 0, magic.length) === magic) {
    const { raw } = messages.decode<{ raw: Uint8Array }>("Unknown", value.subarray(magic.length));
    return messages.decode("RangeAllocation", raw);
  }
  const { range = "", data = "" } = JSON.parse(value.toString()) as { range?: string; data?: string };
  return { range, data: Buffer.from(data, "base64") };
}
