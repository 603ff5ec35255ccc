/** Container logs as the runtime writes them: a line each, `TIME stdout|stderr F|P TEXT`. */
import { closeSync, existsSync, fstatSync, openSync, readSync } from "node:fs";

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

/** The text of the last `lines` lines, at most `bytes`; empty when there is no file. */
export function readTail(path: string, lines: number, bytes: number): string {
  if (!existsSync(path)) return "";
  const fd = openSync(path, "r");
  try {
    const { size } = fstatSync(fd);
    const length = Math.min(size, bytes * 4);
    const buffer = Buffer.alloc(length);
    readSync(fd, buffer, 0, length, size - length);
    const texts = splitLines(buffer).flatMap((line) => parseLogLine(line)?.text.toString() ?? []);
    return texts.slice(-lines).join("\n").slice(-bytes);
  } finally {
    closeSync(fd);
  }
}

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
