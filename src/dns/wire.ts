/** Where things stand in a message of DNS, for those who patch it instead of reading all of it. */

export interface Section {
  type: number;
  nameAt: number;
  /** Of its time to live, four bytes; the length and the data follow. */
  ttlAt: number;
  dataAt: number;
  size: number;
}

export interface Layout {
  /** Behind the only question. */
  questionEnd: number;
  answers: Section[];
  authorities: Section[];
  additionals: Section[];
}

/** Undefined: it is no message, or has not one question. */
export function layoutOf(bytes: Buffer): Layout | undefined {
  if (bytes.length < 12 || bytes.readUInt16BE(4) !== 1) return undefined;
  const name = afterName(bytes, 12);
  if (name === undefined || name + 4 > bytes.length) return undefined;
  let at = name + 4;
  const layout: Layout = { questionEnd: at, answers: [], authorities: [], additionals: [] };
  const parts = [
    [layout.answers, bytes.readUInt16BE(6)],
    [layout.authorities, bytes.readUInt16BE(8)],
    [layout.additionals, bytes.readUInt16BE(10)],
  ] as const;
  for (const [list, count] of parts)
    for (let i = 0; i < count; i++) {
      const nameAt = at;
      const body = afterName(bytes, at);
      if (body === undefined || body + 10 > bytes.length) return undefined;
      const size = bytes.readUInt16BE(body + 8);
      at = body + 10 + size;
      if (at > bytes.length) return undefined;
      list.push({ type: bytes.readUInt16BE(body), nameAt, ttlAt: body + 4, dataAt: body + 10, size });
    }
  return layout;
}

/** A name ends with an empty label, or with a pointer to another one. */
function afterName(bytes: Buffer, at: number): number | undefined {
  while (at < bytes.length) {
    const length = bytes[at]!;
    if (length === 0) return at + 1;
    if (length >= 0xc0) return at + 2;
    at += length + 1;
  }
  return undefined;
}

const optType = 41;

/** Those that have a time to live; what OPT has in that place is none. */
export const withLife = ({ answers, authorities, additionals }: Layout): Section[] =>
  [...answers, ...authorities, ...additionals].filter(({ type }) => type !== optType);
