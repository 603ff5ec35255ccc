/** Container logs as the runtime writes them: a line each, `TIME stdout|stderr F|P TEXT`. */
import { open } from "node:fs/promises";

export interface LogLine {
  time: string;
  stream: "stdout" | "stderr";
  /** False: the line goes on in the next entry. */
  whole: boolean;
  text: Buffer;
}

export function parseLogLine(line: Buffer): LogLine | undefined {
  const first = line.indexOf(32);
  const second = line.indexOf(32, first + 1);
  const third = line.indexOf(32, second + 1);
  if (first < 0 || second < 0 || third < 0) return undefined;
  const stream = line.toString("latin1", first + 1, second);
  if (stream !== "stdout" && stream !== "stderr") return undefined;
  return {
    time: line.toString("latin1", 0, first),
    stream,
    whole: line.toString("latin1", second + 1, third).split(":")[0] === "F",
    text: line.subarray(third + 1),
  };
}

/** The runtime writes lines longer than this in several entries. */
const longestEntry = 16 * 1024 + 128;

/** The end of the text: at most `lines` lines and `bytes` bytes; empty when there is no file. */
export async function readTail(path: string, lines: number, bytes: number): Promise<string> {
  const file = await open(path).catch(() => undefined);
  if (!file) return "";
  try {
    const { size } = await file.stat();
    // Enough for the bytes wanted after the first entry is left out, which may have been cut; entries of short lines are mostly time.
    const length = Math.min(size, bytes * 8 + 2 * longestEntry);
    const buffer = Buffer.alloc(length);
    await file.read(buffer, 0, length, size - length);
    const entries = splitLines(length < size ? buffer.subarray(buffer.indexOf(10) + 1) : buffer).flatMap(
      (line) => parseLogLine(line) ?? [],
    );
    let kept = entries.length;
    for (let found = 0; kept > 0 && (found += entries[kept - 1]!.whole ? 1 : 0) <= lines; ) kept--;
    const text = Buffer.concat(entries.slice(kept).flatMap((entry) => (entry.whole ? [entry.text, newline] : [entry.text])));
    return text.subarray(Math.max(0, text.length - bytes)).toString();
  } finally {
    await file.close();
  }
}

const newline = Buffer.from("\n");

export function splitLines(buffer: Buffer): Buffer[] {
  const out: Buffer[] = [];
  let start = 0;
  for (let end = buffer.indexOf(10, start); end >= 0; end = buffer.indexOf(10, start)) {
    out.push(buffer.subarray(start, end));
    start = end + 1;
  }
  if (start < buffer.length) out.push(buffer.subarray(start));
  return out;
}
